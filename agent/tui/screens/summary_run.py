"""A summary being made in its room, and what is heard of it on the way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textual.message import Message

from agent import events, settings
from agent.errors import Stopped
from agent.summary.values import Planned, Searched, SectionDone, Summary
from agent.tui.desk import Desk
from store.paper import Paper
from store.scope import Scope

if TYPE_CHECKING:
    from agent.llm.calls import Chat
    from agent.summary.writing import ModelWriter


class Heard(Message):
    """An event of a summary that is being made."""

    def __init__(self, run: Run, event: object) -> None:
        super().__init__()
        self.run = run
        self.event = event


class Ended(Message):
    """A summary is there, or it will not be: then `why` says what happened."""

    def __init__(self, run: Run, summary: Summary | None, why: Exception | None = None) -> None:
        super().__init__()
        self.run = run
        self.summary = summary
        self.why = why


class Run:
    """One summary, from its topic to its end. It is stopped between two steps, and its finished parts are kept."""

    def __init__(self, desk: Desk, topic: str, scope: Scope, tell: Callable[[Message], object]) -> None:
        """`tell` takes what is heard, in the room's thread."""
        self.topic = topic
        self.scope = scope
        self.stopping = False
        self.searches = 0
        self.relevant = 0
        """Papers that bear on the topic, as far as is known."""
        self.done = 0
        self.total = 0
        """Parts that are there, and all parts."""
        self.papers: Mapping[int, Paper] = {}
        """The papers under their numbers, once they are gathered."""
        self.notices = 0
        self._desk = desk
        self._settings = desk.settings
        self._tell = tell
        self._wanted = threading.Event()
        self._stop: asyncio.Event | None = None

    async def outcome(self) -> Summary:
        """The summary, made in the room. Raises what went wrong, `Stopped` among it."""
        made = await self._desk.summarizing.run(self._settled)
        if isinstance(made, Exception):
            raise made
        return made

    def count(self, event: object) -> None:
        """Takes note of an event; for the thread that draws."""
        match event:
            case Searched(_, relevant):
                self.searches, self.relevant = self.searches + 1, relevant
            case Planned(titles, papers):
                self.total, self.papers = len(titles), papers
            case SectionDone():
                self.done += 1
            case events.Notice():
                self.notices += 1

    def stop(self) -> None:
        """Stops it at the next step, or in the middle of a model's reply."""
        self.stopping = True
        self._wanted.set()
        self._desk.summarizing.soon(lambda: self._stop.set() if self._stop else None)

    async def _settled(self) -> Summary | Exception:
        """The summary, or what went wrong: after a quit nobody awaits it, and asyncio would print what was raised."""
        try:
            return await self._make()
        except Exception as error:  # noqa: BLE001 - it is raised again where it is awaited
            return error

    async def _make(self) -> Summary:
        from agent.summary.making import summarize

        self._heed()
        self._stop = asyncio.Event()
        chat = self._desk.new_chat()
        try:
            return await summarize(
                self._desk.summarizing.library,
                self.topic,
                self.scope,
                writer=self._writer(chat) if chat else None,
                listener=self._hear,
                work_folder=settings.summaries_folder(),
            )
        finally:
            if chat:
                await chat.aclose()

    def _writer(self, chat: Chat) -> ModelWriter:
        from agent import modes
        from agent.summary.writing import ModelWriter
        from agent.watching import Watcher

        may_quote = self._settings.text("mode") == "auto"
        limits = modes.limits(self._settings)
        return ModelWriter(chat, limits, may_quote_instead=may_quote, watcher=Watcher(self._hear), stop=self._stop)

    def _hear(self, event: object) -> None:
        self._heed()
        self._tell(Heard(self, event))

    def _heed(self) -> None:
        """Ends the work where that is wanted: quoting never waits for anything that could be told to stop."""
        if self._wanted.is_set():
            raise Stopped("stopped before the summary was finished", "begin it again to go on")
