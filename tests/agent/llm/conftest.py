"""A model behind a scripted endpoint, and all that is said while it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool, tool

from agent import events
from agent.errors import CiteloomError
from agent.llm.budget import Budget, Limits
from agent.llm.calls import Calls, Chat, Cut
from agent.llm.models import ModelChoice
from agent.llm.prices import Price
from agent.watching import Watcher
from tests.support.replies import Reply, Text
from tests.support.server import Responder, ScriptedServer

KEY = "zq7Distinctive-f3a9c1"
"""Has nothing by which one could tell a key; what hides it must know it."""
RULES, QUESTION = "You answer from the evidence.", "What proves theorems?"
StopWhen = Callable[[events.Event | str], bool]


@tool
def search(query: str, scope: str = "") -> str:
    """Searches the library."""
    return f"{query} {scope}"


@dataclass
class Model:
    """A model that is asked through `Calls`, with its endpoint and everything that was told."""

    server: ScriptedServer
    chat: Chat
    budget: Budget
    told: list[events.Event] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """What `on_text` got; the same text twice in a row is kept once."""
    records: list[dict[str, Any]] = field(default_factory=list)
    was_cut_off: bool = False
    must_hang_up: bool = False
    hung_up: bool = False
    """Whether the endpoint noticed, while the program still ran, that nobody listens any more."""

    @property
    def requests(self) -> int:
        """How many requests reached the endpoint."""
        return len(self.server.requests)

    @property
    def notices(self) -> list[events.Notice]:
        """What the user was told about faults."""
        return [event for event in self.told if isinstance(event, events.Notice)]

    @property
    def failures(self) -> list[str]:
        """How the tries of the ledger ended; empty words for those that went well."""
        return [entry.failed for entry in self.budget.ledger]

    def ask(self, *, tools: Sequence[BaseTool] = (), stop_when: StopWhen | None = None, at_request: int = 0) -> str:
        """The text of the reply; the user stops as soon as `stop_when` holds or so many requests have come in."""
        return str(asyncio.run(self._reply(tools, stop_when or (lambda _: False), at_request)).text)

    def reply(self, *, tools: Sequence[BaseTool] = ()) -> AIMessage:
        """The reply itself."""
        return asyncio.run(self._reply(tools, lambda _: False, 0))

    def failure(self, **how: Any) -> CiteloomError:
        """The error with which a call ends that must end with one."""
        with pytest.raises(CiteloomError) as caught:
            self.ask(**how)
        return caught.value

    def cut(self, *, must_hang_up: bool = True, **how: Any) -> Cut:
        """How a reply was cut short that must be; waits until the endpoint has noticed, if it must."""
        self.must_hang_up = must_hang_up
        with pytest.raises(Cut) as caught:
            self.ask(**how)
        return caught.value

    async def _reply(self, tools: Sequence[BaseTool], stop_when: StopWhen, at_request: int) -> AIMessage:
        stop = asyncio.Event()

        def hear(said: events.Event | str) -> None:
            if stop_when(said):
                stop.set()

        def listen(event: events.Event) -> None:
            self.told.append(event)
            hear(event)

        def show(text: str) -> None:
            if self.shown[-1:] != [text]:
                self.shown.append(text)
            hear(text)

        async def stop_at_request() -> None:
            await asyncio.to_thread(self.server.wait_for_requests, at_request)
            stop.set()

        stopping = asyncio.ensure_future(stop_at_request()) if at_request else None
        watcher = Watcher(listen, lambda kind, **fields: self.records.append({"kind": kind, **fields}))
        calls = Calls(self.chat, self.budget, watcher=watcher, stop=stop)
        messages = [SystemMessage(RULES), HumanMessage(QUESTION)]
        try:
            return await calls.ask("answer", messages, tools=tools, on_text=show)
        except Cut:
            if self.must_hang_up:
                self.hung_up = await asyncio.to_thread(self.server.wait_for_abort)
            raise
        finally:
            self.was_cut_off = calls.was_cut_off
            if stopping is not None:
                await stopping
            await self.chat.aclose()


@contextmanager
def model_of(
    script: Iterable[Reply] | Responder,
    *,
    limits: Limits | None = None,
    price: Price | None = None,
    stall_seconds: float = 10.0,
    key: str = KEY,
) -> Iterator[Model]:
    """A model whose endpoint answers by script; waits between tries are short."""
    with ScriptedServer(script) as server:
        yield model_at(server, server.base_url, limits=limits, price=price, stall_seconds=stall_seconds, key=key)


def model_at(
    server: ScriptedServer,
    address: str,
    *,
    limits: Limits | None = None,
    price: Price | None = None,
    stall_seconds: float = 10.0,
    key: str = KEY,
) -> Model:
    """A model at any address; `server` is where its requests are counted."""
    chat = Chat(ModelChoice("scripted", address, key, stall_seconds), price, first_wait=0.001)
    return Model(server, chat, Budget(limits or Limits()))


def always(reply: Reply) -> Responder:
    """A script that never ends, so that one request too many is seen."""
    return lambda request: reply.refuses(request.body) or reply.given


@pytest.fixture(scope="session", autouse=True)
def _libraries_are_loaded() -> None:
    """Loads what the first call loads, which may take longer than a short silence of a test."""
    with model_of([Text("warm")]) as model:
        model.ask()
