"""Puts prompts to a judge: each question's judging within its own limits, from the cache where it was asked before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agent import events
from agent.answer import Usage
from agent.errors import BudgetExceeded, ModelUnavailable
from agent.llm.budget import Budget, Limits
from agent.llm.calls import Calls, Chat, Cut
from agent.reading import unfenced
from agent.watching import Watcher
from evals.judge.cache import Replies, key_of
from prompts import load
from store.text import clean

LIMITS = Limits(calls=400, tokens=600_000, seconds=900.0)
"""Of the judging of one question: an answer of thirty claims with four citations each stays under it."""
JOBS = 4
OF_ONE_PROMPT = ("refusal", "empty", "context")
"""Faults that say something of what was asked, and not of the endpoint."""


def data(text: str) -> str:
    """Text of others on one line, in which nothing opens or ends a fence."""
    return unfenced(clean(text))


def numbered(texts: Sequence[str]) -> str:
    """Texts of others, one a line, each after its number from 1."""
    return "\n".join(f"{number}: {data(text)}" for number, text in enumerate(texts, 1))


class Asker:
    """A judge's model and its cache; at most `jobs` calls run at a time."""

    def __init__(
        self, chat: Chat, cache: Path | None, *, limits: Limits, jobs: int, notice: Callable[[str], None]
    ) -> None:
        self.chat = chat
        self.limits = limits
        self.notice = notice
        self.known = Replies(cache, notice) if cache else None
        self.turns = asyncio.Semaphore(jobs)


class Asking:
    """What is asked for one question, within a budget of its own."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._calls = Calls(asker.chat, Budget(asker.limits), watcher=Watcher(self._heard))
        self._told: set[str] = set()
        self.cached = 0
        """How many replies came from the cache."""

    @property
    def spent(self) -> Usage:
        """What the requests took that were made, those that failed among them."""
        return self._calls.budget.spent

    async def replies(self, prompt: str, values: Sequence[Mapping[str, str]]) -> list[str | None]:
        """The raw replies to a prompt with each of `values`, in order.

        None where the model refused, had nothing to say or took no prompt so long, and where a
        limit of this question is reached; the user is told. Raises `ModelUnavailable` where
        the endpoint fails, having ended the calls that were still running.
        """
        running = [asyncio.ensure_future(self._reply(prompt, one)) for one in values]
        try:
            return await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _reply(self, prompt: str, values: Mapping[str, str]) -> str | None:
        asker = self._asker
        loaded = load(prompt)
        key = key_of(asker.chat.choice, loaded, loaded.render(**values))
        if asker.known and (known := asker.known.get(key)) is not None:
            self.cached += 1
            return known
        async with asker.turns:
            reply, problem = await self._complete(prompt, values)
        if problem:
            self._tell(problem)
        elif asker.known:
            asker.known.put(key, reply)
        return None if problem else reply

    async def _complete(self, prompt: str, values: Mapping[str, str]) -> tuple[str, str]:
        """The reply, and why there is none that can be used."""
        try:
            return await self._calls.complete(prompt, prompt, **values), ""
        except BudgetExceeded as error:
            return "", error.message
        except Cut as cut:
            return "", f"the limit of {cut.reason} was reached"
        except ModelUnavailable as error:
            if error.kind not in OF_ONE_PROMPT:
                raise
            return "", error.message

    def _tell(self, reason: str) -> None:
        """Says, once for each reason, why something has no verdict."""
        if reason not in self._told:
            self._told.add(reason)
            self._asker.notice(f"the judge leaves something unscored: {reason}")

    def _heard(self, event: events.Event) -> None:
        if isinstance(event, events.Notice):
            self._asker.notice(event.text)
