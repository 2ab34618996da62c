"""The switcher of sessions: searched, opened, renamed, forked, deleted, and brought back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Footer, Input, OptionList, Static

from agent.errors import CiteloomError, UsageError
from agent.sessions.folder import Summary
from agent.tui.actions import Place, bindings
from agent.tui.drafts import Draft
from agent.tui.house import Dialog, attempt, newest, soon
from agent.tui.messages import Told
from agent.tui.screens.session_rows import Preview, SessionList, about, preview
from store.text import clean

if TYPE_CHECKING:
    from agent.sessions import Session

_TYPING = 0.15
"""Seconds without a key after which is searched."""
_RESTING = 0.1
"""Seconds on a session after which it is read for its preview."""


class Words(Input):
    """What to search for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "open"),
        Binding("down", "screen.to_list", "to the list"),
    ]


class SessionsDialog(Dialog[str]):
    """Asks which session to go on with; the result is its id, or None where the dialog was closed."""

    PLACES: tuple[Place, ...] = ("sessions",)
    WHAT = "Search your sessions by the words in them, and go on with one."
    BINDINGS: ClassVar[list[BindingType]] = bindings("sessions")
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high")]  # noqa: RUF012 - as Textual declares it
    SCOPED_CSS = False  # else the rules for ASCII, which begin at the app, mean nothing
    DEFAULT_CSS = """
    SessionsDialog {
        #sessions-title { text-style: bold; margin-bottom: 1; }
        #sessions-words { height: 1; margin-bottom: 1; padding: 0 1; border: none; border-left: outer $border-blurred; }
        #sessions-words:focus { border: none; border-left: outer $border; }
        #sessions { height: 1fr; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
        #sessions-none { height: auto; color: $muted; padding: 0 1; display: none; }
        #sessions-preview { height: 40%; padding: 0 1; margin-bottom: 1; scrollbar-size-vertical: 1; }
        #sessions-preview { border-top: solid $border-blurred; }
        &.-low #sessions-title, &.-low #sessions-words { margin: 0; }
        &.-low #sessions-preview { height: 4; padding: 0; margin: 0; }
    }
    App.-ascii #sessions-words { border-left: ascii $border-blurred; }
    App.-ascii #sessions-words:focus { border-left: ascii $border; }
    App.-ascii #sessions-preview { border-top: ascii $border-blurred; }
    """

    class Found(Message):
        """The sessions in which these words stand."""

        def __init__(self, words: str, sessions: Sequence[Summary]) -> None:
            super().__init__()
            self.words = words
            self.sessions = sessions

    class Read(Message):
        """A session was read for its preview; None where there is nothing to show."""

        def __init__(self, session: Summary, preview: Preview | None) -> None:
            super().__init__()
            self.session = session
            self.preview = preview

    class Chosen(Message):
        """The session with this id is wanted in the chat."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Changed(Message):
        """Sessions were changed; the cursor goes to the one with this id, if there is one."""

        def __init__(self, name: str = "") -> None:
            super().__init__()
            self.name = name

    def __init__(self, argument: str = "") -> None:
        """Searches for `argument` at first."""
        super().__init__()
        self._wanted = argument
        """The words that were searched for last."""
        self._found: str | None = None
        """The words whose sessions are listed."""
        self._opens = False
        """Whether the first session is to be opened as soon as it is found."""
        self._go_to = ""
        self._hidden: set[str] = set()
        """Sessions that are deleted, or about to be."""
        self._removed: list[tuple[Summary, bool]] = []
        """What was deleted, the last one last, and whether it was open in the chat."""
        self._one_by_one = asyncio.Lock()
        self._typing: Timer | None = None
        self._resting: Timer | None = None

    def compose(self) -> ComposeResult:
        """What to search for, what was found, what is in it, and the keys."""
        with Vertical(classes="dialog -large"):
            yield Static(Content("Sessions"), id="sessions-title", markup=False)
            yield Words(self._wanted, "Words in titles, questions and answers", id="sessions-words")
            yield Static(id="sessions-none", markup=False)
            yield SessionList(self._current)
            with VerticalScroll(id="sessions-preview", can_focus=False):
                yield Static(id="sessions-text", markup=False)
            yield Static("Close: Esc", classes="dialog-close", markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Ready to search at once."""
        self.words.focus()
        self._search()

    @property
    def words(self) -> Words:
        """What to search for."""
        return self.query_one(Words)

    @property
    def sessions(self) -> SessionList:
        """What was found."""
        return self.query_one(SessionList)

    @property
    def _current(self) -> str:
        """The id of the session in the chat, once there is one."""
        chat = self.house.chat
        return chat.session.id if hasattr(chat, "session") else ""

    # Searching

    @on(Input.Changed)
    def _typed(self) -> None:
        self._opens = False
        if self._typing:
            self._typing.stop()
        self._typing = self.set_timer(_TYPING, self._search)

    def _search(self) -> None:
        self._wanted = words = self.words.value.strip()
        newest(self, "find", partial(self._find, words))

    async def _find(self, words: str) -> None:
        desk = self.house.desk

        def listed() -> tuple[Summary, ...] | None:
            if words != self._wanted:  # somebody typed on while the room was busy
                return None
            return desk.sessions().search(words) if words else desk.sessions().list()

        found = await attempt(self, desk.browsing.call(listed))
        if found is not None:
            self.post_message(self.Found(words, found))

    @on(Found)
    def _show(self, message: Found) -> None:
        if message.words != self._wanted:
            return
        before, is_again = self.sessions.chosen, message.words == self._found
        sessions = [one for one in message.sessions if one.id not in self._hidden]
        ids = [one.id for one in sessions]
        wanted = self._go_to or (before.id if before and is_again else "")
        same_place = (self.sessions.highlighted or 0) if is_again else 0
        self._found, self._go_to = message.words, ""
        self.sessions.current = self._current
        self._fill(sessions, ids.index(wanted) if wanted in ids else same_place)
        if self._opens and sessions:
            self.action_sessions_open()
        self._opens = False

    def _fill(self, sessions: Sequence[Summary], at: int) -> None:
        self.sessions.show(sessions, at)
        count = f"  {len(sessions)} found" if self._found else f"  {len(sessions)}"
        self.query_one("#sessions-title", Static).update(Content.assemble("Sessions", (count, "not bold $muted")))
        none = self.query_one("#sessions-none", Static)
        none.update(
            Content(
                "In no session do all of these words stand."
                if self._found
                else "There is no session yet. What you ask in the chat is kept as one."
            )
        )
        none.display = not sessions
        if not sessions:
            self._rest()

    # The preview

    @on(OptionList.OptionHighlighted)
    def _rest(self) -> None:
        if self._resting:
            self._resting.stop()
        self._resting = self.set_timer(_RESTING, self._look)

    def _look(self) -> None:
        if one := self.sessions.chosen:
            newest(self, "look", partial(self._read, one))
        else:
            self._tell_of(Content(""))

    async def _read(self, one: Summary) -> None:
        def looked() -> Preview | None:
            return preview(one.path) if one == self.sessions.chosen else None  # else the cursor went on meanwhile

        try:
            found = await self.house.desk.browsing.call(looked)
        except CiteloomError:  # the line of the list says it, or the session was deleted elsewhere
            found = None
        self.post_message(self.Read(one, found))

    @on(Read)
    def _show_preview(self, message: Read) -> None:
        one = message.session
        if one == self.sessions.chosen:
            self._tell_of(about(one, message.preview, self.house.glyphs, is_current=one.id == self._current))

    def _tell_of(self, content: Content) -> None:
        self.query_one("#sessions-text", Static).update(content)
        self.query_one("#sessions-preview").scroll_home(animate=False)

    # What the registry offers

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - as Textual has it
        """The search needs no key while one writes in it, where the key means itself."""
        return action != "sessions_search" or not self.words.has_focus

    def action_to_list(self) -> None:
        """From the search to the list, even an empty one: what was deleted is brought back there."""
        self.sessions.focus()

    def action_sessions_search(self) -> None:
        """Back to the search."""
        self.words.focus()

    @on(Input.Submitted)
    def action_sessions_open(self) -> None:
        """Opens the session under the cursor; where the search still goes on, the first that it finds."""
        if self.words.value.strip() != self._found:
            self._opens = True
            self._search()
        elif one := self.sessions.chosen:
            self.post_message(self.Chosen(one.id))

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_sessions_open()

    @on(Chosen)
    def _leave(self, message: Chosen) -> None:
        if self.is_current:
            self.dismiss(None if message.name == self._current else message.name)

    def action_sessions_rename(self) -> None:
        """Asks for another title."""
        one = self.sessions.chosen
        if one is None:
            return
        from agent.tui.screens.asking import AskDialog

        def named(title: str | None) -> None:
            if title is not None:
                self._soon(partial(self._rename, one, title))

        hint = "empty: the beginning of the first question"
        self.app.push_screen(AskDialog("Title of the session", one.title, hint, may_be_empty=True), named)

    async def _rename(self, one: Summary, title: str) -> None:
        session = await self._opened(one)
        await self.house.desk.asking.call(lambda: session.rename(title))
        self.post_message(Told(f"the session is called: {session.title}"))
        self.post_message(self.Changed(one.id))

    def action_sessions_fork(self) -> None:
        """Goes on in a copy."""
        if one := self.sessions.chosen:
            self._soon(partial(self._fork, one))

    async def _fork(self, one: Summary) -> None:
        if self.house.chat.asked:
            raise UsageError("an answer is being made", "wait for it, or stop it with Esc in the chat")
        session = await self._opened(one)
        made = await self.house.desk.asking.call(session.fork)
        if not made.is_recorded:
            raise UsageError("there is nothing in this session to copy yet", "ask something in it first")
        self.post_message(Told(f"this is a copy; the original is {one.id}"))
        self.post_message(self.Chosen(made.id))

    def action_sessions_delete(self) -> None:
        """Deletes the session under the cursor; it can be brought back."""
        one = self.sessions.chosen
        if one is None:
            return
        self._hidden.add(one.id)
        self._fill([other for other in self.sessions.shown if other.id != one.id], self.sessions.highlighted or 0)
        self._outlive(partial(self._delete, one))

    async def _delete(self, one: Summary) -> None:
        chat, desk = self.house.chat, self.house.desk
        async with self._one_by_one:
            is_open = one.id == self._current
            try:
                if is_open and chat.asked:
                    raise UsageError("an answer is being made in this session", "wait for it, or stop it with Esc")
                await desk.asking.call(lambda: desk.sessions().remove(one.id))
            except CiteloomError:
                self._hidden.discard(one.id)
                self.post_message(self.Changed(one.id))
                raise
            self._removed.append((one, is_open))
            if is_open:
                unsent = Draft(chat.prompt.area.text, str(chat.scope))
                await chat.show_session(await desk.asking.call(lambda: desk.sessions().create()), unsent)
        chat.post_message(Told(f"deleted: {clean(one.title)}", "u brings it back"))
        self.post_message(self.Changed())

    def action_sessions_undo(self) -> None:
        """Brings back what was deleted last, then what was deleted before."""
        self._outlive(self._undo)

    async def _undo(self) -> None:
        chat, desk = self.house.chat, self.house.desk
        async with self._one_by_one:
            if not self._removed:
                raise UsageError(
                    "nothing was deleted since this list was opened", "`citeloom sessions restore ID` goes further back"
                )
            one, was_open = self._removed[-1]
            await desk.asking.call(lambda: desk.sessions().restore(one.id))
            self._removed.pop()
            self._hidden.discard(one.id)
            if was_open and not chat.session.is_recorded and not chat.asked:
                unsent = Draft(chat.prompt.area.text, str(chat.scope))
                await chat.show_session(await desk.asking.call(lambda: desk.sessions().open(one.id)), unsent)
        chat.post_message(Told(f"brought back: {clean(one.title)}"))
        self.post_message(self.Changed(one.id))

    @on(Changed)
    def _changed(self, message: Changed) -> None:
        self._go_to = message.name
        self._search()

    async def _opened(self, one: Summary) -> Session:
        """The session itself; the one in the chat is that very object, which knows what it wrote."""
        chat, desk = self.house.chat, self.house.desk
        if one.id == self._current:
            return chat.session
        return await desk.asking.call(lambda: desk.sessions().open(one.id))

    def _soon(self, work: Callable[[], Awaitable[object]]) -> None:
        soon(self, "session", work)

    def _outlive(self, work: Callable[[], Awaitable[object]]) -> None:
        """Has work done to its end even where the dialog is closed meanwhile: the chat must not be left half-way."""
        soon(self.house, "session", work)
