"""What all screens work with: the settings, the rooms, the sessions and the model.

Made before the first paint, so nothing here is opened, read or imported before it is used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from agent import settings
from agent.settings import Settings
from agent.tui.rooms import Room

if TYPE_CHECKING:
    from agent import events
    from agent.answer import Answer
    from agent.assistant import Question
    from agent.llm.calls import Chat
    from agent.sessions import Session, Sessions
    from store.library import Library

_T = TypeVar("_T")
Teller = Callable[[str, str], None]
"""Takes what happened and what to do, from any thread."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said."""

    library: str | None = None
    offline: bool = False
    session: str | None = None
    latest: bool = False
    """Whether to go on with the latest session."""


class Desk:
    """Settings, rooms, sessions and model of one run of the interface."""

    def __init__(self, options: Options | None = None, tell: Teller = lambda _text, _hint: None) -> None:
        """Raises `SettingsError` where the settings cannot be used."""
        self.options = options or Options()
        self.tell = tell
        self._flags = {"library": self.options.library} if self.options.library is not None else {}
        self.settings: Settings = settings.load(self._flags)
        self.asking = Room("asking", self.open_library)
        self.browsing = Room("browsing", self.open_library)
        self.adding = Room("adding", self.open_library)
        self.summarizing = Room("summarizing", self.open_library)
        self._chat: Chat | None = None
        self._has_chat = False
        self._stop: asyncio.Event | None = None
        self.is_closing = False
        """Whether what goes on in the background should come to its end."""

    @property
    def rooms(self) -> tuple[Room, ...]:
        """Every room."""
        return (self.asking, self.browsing, self.adding, self.summarizing)

    def open_library(self) -> Library:
        """A library of one's own, for use in the thread that opens it."""
        from agent import opening

        return opening.library(self.settings, offline=self.options.offline, notice=lambda text: self.tell(text, ""))

    def sessions(self) -> Sessions:
        """The folder of sessions."""
        from agent.sessions import Sessions

        return Sessions(settings.sessions_folder())

    def change(self, name: str, text: str) -> None:
        """Sets a setting for this run; raises `SettingsError` and changes nothing where it cannot be."""
        self.settings = settings.load({**self._flags, name: text})
        self._flags[name] = text
        self._forget_chat()

    def reload(self) -> None:
        """Reads the settings again, after a file of them was written."""
        self.settings = settings.load(self._flags)
        self._forget_chat()

    def new_chat(self) -> Chat | None:
        """A chat of one's own with the model of the settings, to be closed by the caller; None where answers quote."""
        from agent import modes

        return modes.chat(self.settings, offline=self.options.offline, notice=lambda _text: None)

    async def ask(self, question: Question, session: Session, listener: events.Listener) -> Answer:
        """The answer, made in the room for asking; `listener` is told there, in that room's thread."""
        from agent import modes
        from agent.assistant import Assistant

        async def answer() -> Answer:
            stop = self._stop = asyncio.Event()
            if not self._has_chat:
                self._chat, self._has_chat = self.new_chat(), True
            mode, limits = self.settings.text("mode"), modes.limits(self.settings)
            assistant = Assistant(self.asking.library, self._chat, mode=mode, limits=limits)
            try:
                return await assistant.ask(question, session=session, listener=listener, stop=stop)
            finally:
                self._stop = None

        return await self.asking.run(answer)

    async def warm(self) -> None:
        """Has everything ready that the first question needs; nothing where that would ask an endpoint."""
        from store.embedding import BUILT_IN

        if self.settings.text("embedding.model") != BUILT_IN:
            return
        await self.asking.read(lambda library: library.embed(["a question"]) if library.exists else None)

    def stop(self) -> None:
        """Stops the answer that is being made, if any; what there is of it is kept."""
        self.asking.soon(lambda: self._stop.set() if self._stop else None)

    def close(self) -> bool:
        """Stops what is going on, and lets go of every file; whether all of it came to its end."""
        self.is_closing = True
        self.stop()
        self._forget_chat()
        ended = [room.close() for room in self.rooms]  # every one, whatever became of the others
        return all(ended)

    def _forget_chat(self) -> None:
        chat, self._chat, self._has_chat = self._chat, None, False
        if chat:
            self.asking.soon(lambda: asyncio.ensure_future(chat.aclose()))
