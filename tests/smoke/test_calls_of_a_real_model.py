"""Single calls of a model that nobody here wrote: streaming, usage, cancellation, tools, and a prompt too long."""

from __future__ import annotations

import asyncio
import itertools
import json
import urllib.request
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool

from agent.errors import ContextTooLong
from agent.llm.budget import Budget, Limits
from agent.llm.calls import Calls, Chat, Cut
from agent.watching import Watcher
from tests.smoke.conftest import connected
from tests.smoke.server import CONTEXT, LONGEST_REPLY, MODEL

PROMPT = "Lean is a proof assistant in which mathematicians"
Json = dict[str, Any]


def _calls(chat: Chat, records: list[Json] | None = None, stop: asyncio.Event | None = None) -> Calls:
    def record(kind: str, **fields: Any) -> None:
        if records is not None:
            records.append({"type": kind, **fields})

    return Calls(chat, Budget(Limits()), watcher=Watcher(record=record), stop=stop)


def _said_by(endpoint: str, path: str, body: Json | None = None) -> Json:
    """What the endpoint itself says, without any code of ours."""
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{endpoint}/{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        content = json.load(reply)
    assert isinstance(content, dict)
    return content


def _is_beginning(parts: Sequence[str]) -> bool:
    return all(after.startswith(before) for before, after in itertools.pairwise(parts))


def test_text_comes_in_parts_and_ends_as_reply_and_transcript_have_it(endpoint: str) -> None:
    heard: list[str] = []
    records: list[Json] = []

    async def run() -> str:
        async with connected(endpoint) as chat:
            reply = await _calls(chat, records).ask("answer", [HumanMessage(PROMPT)], on_text=heard.append)
            assert chat.streams
        return str(reply.text)

    text = asyncio.run(run())

    assert len(heard) > 3
    assert heard[0] != text
    assert _is_beginning(heard)
    assert heard[-1].strip() == text.strip() == records[0]["completion"].strip()
    assert records[0]["failed"] == ""


def test_usage_is_what_the_server_itself_counts(endpoint: str) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 1}
    expected = _said_by(endpoint, "chat/completions", body)["usage"]

    async def run() -> Calls:
        async with connected(endpoint) as chat:
            calls = _calls(chat)
            await calls.ask("answer", [HumanMessage(PROMPT)])
        return calls

    calls = asyncio.run(run())
    spent = calls.budget.spent

    assert not spent.is_estimate
    assert spent.prompt_tokens == expected["prompt_tokens"]
    assert 0 < spent.completion_tokens <= LONGEST_REPLY
    assert calls.was_cut_off == (spent.completion_tokens == LONGEST_REPLY)


def test_a_call_stopped_at_its_first_text_keeps_it_and_the_next_call_is_answered(endpoint: str) -> None:
    heard: list[str] = []
    records: list[Json] = []

    async def run() -> tuple[Cut, str]:
        stop = asyncio.Event()

        def hear(text: str) -> None:
            heard.append(text)
            stop.set()

        async with connected(endpoint) as chat:
            with pytest.raises(Cut) as cut:
                await _calls(chat, records, stop).ask("answer", [HumanMessage(PROMPT)], on_text=hear)
            reply = await _calls(chat).ask("answer", [HumanMessage(PROMPT)])
        return cut.value, str(reply.text)

    cut, whole = asyncio.run(run())

    assert cut.reason == "stopped"
    assert cut.text.strip()
    assert [cut.text.strip()] == [text.strip() for text in heard]
    assert records[0]["completion"].strip() == cut.text.strip()
    assert records[0]["failed"] == "stopped"
    assert len(whole) > len(cut.text)


def test_two_calls_at_once_both_get_their_replies(endpoint: str) -> None:
    async def run() -> list[str]:
        async with connected(endpoint) as chat:
            asked = [_calls(chat).ask("answer", [HumanMessage(f"{PROMPT} {more}")]) for more in ("write", "check")]
            return [str(reply.text) for reply in await asyncio.gather(*asked)]

    assert all(text.strip() for text in asyncio.run(run()))


def test_a_reply_that_is_not_streamed_is_understood_too(endpoint: str) -> None:
    heard: list[str] = []

    async def run() -> tuple[str, Calls]:
        async with connected(endpoint) as chat:
            chat.streams = False
            calls = _calls(chat)
            reply = await calls.ask("answer", [HumanMessage(PROMPT)], on_text=heard.append)
        return str(reply.text), calls

    text, calls = asyncio.run(run())

    assert heard == [text]
    assert calls.budget.spent.completion_tokens > 0
    assert not calls.budget.spent.is_estimate


def test_tools_may_be_offered_to_a_model_that_uses_none(endpoint: str) -> None:
    @tool
    async def search(query: str) -> str:
        """Find further papers."""
        return f"nothing on {query}"

    async def run() -> tuple[Any, Chat]:
        async with connected(endpoint) as chat:
            return await _calls(chat).ask("answer", [HumanMessage(PROMPT)], tools=[search]), chat

    reply, chat = asyncio.run(run())

    assert str(reply.text).strip()
    assert reply.tool_calls == []
    assert chat.takes_tools


def test_a_prompt_longer_than_the_context_is_called_so(endpoint: str) -> None:
    async def run() -> None:
        async with connected(endpoint) as chat:
            await _calls(chat).ask("answer", [HumanMessage(f"{PROMPT} " * CONTEXT)])

    with pytest.raises(ContextTooLong) as raised:
        asyncio.run(run())
    assert raised.value.tries == 1


def test_a_server_of_one_model_answers_to_any_name(endpoint: str) -> None:
    assert [model["id"] for model in _said_by(endpoint, "models")["data"]] == [MODEL]

    async def run() -> str:
        async with connected(endpoint, "some-other-name") as chat:
            return str((await _calls(chat).ask("answer", [HumanMessage(PROMPT)])).text)

    assert asyncio.run(run()).strip()
