"""The session behind the chat: opened, begun, renamed, forked, undone; its scope, its draft, its exports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from agent.answer import Usage
from agent.errors import SessionError, UsageError
from agent.tui.drafts import NEW, Draft
from agent.tui.house import soon
from agent.tui.messages import Told
from agent.tui.screens.reading import Reading
from agent.tui.widgets.status import said
from agent.tui.wording import short
from store.scope import Scope, parse

if TYPE_CHECKING:
    from agent.sessions import Session, Turn
    from agent.tui.widgets.turn import TurnView

_HISTORY = 500
"""Earlier questions that the prompt goes back to."""


class Conversation(Reading):
    """The part of the chat that keeps a session. Sessions are read and written in the room for asking alone."""

    session: Session
    scope: Scope = Scope()
    asked: TurnView | None = None
    """The turn that is being answered."""
    serial: int = 0
    """The number of the question that was asked last; what is heard of others is too late."""
    stop_wanted: bool = False
    _is_from_new: bool = False
    """Whether the session had no file when it was shown: the draft of a new one is its own."""
    is_ready: bool = False
    """Whether the first session is open."""

    async def open_first(self) -> None:
        """Opens what the command line named, or begins a session."""
        desk, options = self.house.desk, self.house.desk.options
        self.session = await desk.asking.call(lambda: desk.sessions().create())
        if options.session:
            await self.open_session(options.session)
        elif options.latest:
            found = await desk.asking.call(lambda: desk.sessions().latest())
            if found is None:
                raise SessionError("there is no session to go on with", "ask something to begin one")
            await self.show_session(found)
        else:
            self._take_up(self.house.drafts.get(NEW), typed=self.prompt.area.text)

    async def open_session(self, name: str) -> None:
        """Opens a session by its id or the end of it."""
        desk = self.house.desk
        await self.show_session(await desk.asking.call(lambda: desk.sessions().open(name)))

    async def show_session(self, session: Session, draft: Draft | None = None) -> None:
        """Shows a session: all of its turns, its scope, and what was not sent."""
        self._demand_rest()
        typed = "" if self.is_ready else self.prompt.area.text
        if self.is_ready:
            self.keep_draft()
        self.session = session
        self.select(None)
        turns = session.turns
        await self.transcript.show(turns, [about(turn) for turn in turns])
        self.select(None)
        self._take_up(draft or self.house.drafts.get(session.id), typed)
        self.show_usage()
        for text in session.notices:
            self.post_message(Told(text, severity="warning"))
        self.prompt.area.focus()

    def keep_draft(self) -> None:
        """Keeps what is in the prompt, and the scope, for when the session is opened again."""
        text = self.prompt.area.text
        if not self.is_ready and not text:
            return
        name = self.session.id if self.is_ready and self.session.is_recorded else NEW
        try:
            self.house.drafts.set(name, Draft(text, str(self.scope)))
            if name != NEW and self._is_from_new:
                self.house.drafts.set(NEW, Draft())
        except OSError as error:
            self.post_message(Told(f"the draft is not kept: {error.strerror}", severity="warning"))

    async def fill_history(self) -> None:
        """Gives the prompt the questions of all sessions."""
        desk = self.house.desk
        questions = await desk.browsing.call(lambda: desk.sessions().questions(_HISTORY))
        known = self.prompt.area.earlier
        self.prompt.area.earlier = [*known, *(text for text in questions if text not in known)]

    def set_scope(self, scope: Scope) -> None:
        """Narrows or widens the chat from now on."""
        self.scope = scope
        self.status.scope = short(scope)

    def about_now(self, scope: Scope) -> str:
        """What stands over a question that is asked now."""
        return self.house.glyphs.separator.join(
            f" {part} " for part in ("now", self.status.mode, f"scope {short(scope)}" if scope else "") if part
        ).strip()

    def show_usage(self) -> None:
        """Adds up what the session has cost."""
        self.status.session_usage = sum(
            (turn.answer.usage for turn in self.session.turns if turn.answer), start=Usage()
        )

    # What the registry offers

    def action_session_new(self) -> None:
        """Begins a session; the one before is kept."""
        self._soon(self._new)

    async def _new(self) -> None:
        self._demand_rest()
        desk = self.house.desk
        text = "" if self.session.is_recorded else self.prompt.area.text
        made = await desk.asking.call(lambda: desk.sessions().create())
        await self.show_session(made, Draft(text, str(self.scope)))

    def action_session_open(self, argument: str = "") -> None:
        """Opens a session by its id, or the switcher."""
        if argument:
            self._soon(partial(self.open_session, argument))
        else:
            self.house.action_go_sessions()

    def action_session_rename(self, argument: str = "") -> None:
        """Gives the session a title."""
        if argument:
            self._soon(partial(self._rename, argument))
            return
        from agent.tui.screens.asking import AskDialog

        self.app.push_screen(AskDialog("Title of this session", self.session.title), self._titled)

    def _titled(self, title: str | None) -> None:
        if title:
            self._soon(partial(self._rename, title))

    async def _rename(self, title: str) -> None:
        session = self.session
        await self.house.desk.asking.call(lambda: session.rename(title))
        self.post_message(Told(f"the session is called: {session.title}"))

    def action_session_fork(self, argument: str = "") -> None:
        """Goes on in a copy, of all turns or of those up to a number."""
        if argument and not argument.isdigit():
            raise UsageError(f"{argument} is no number of a turn", "write it as in: /fork 2")
        self._soon(partial(self._fork, int(argument) if argument else None))

    def action_turn_fork(self) -> None:
        """Goes on in a copy of the turns up to the current one."""
        turn = self.current_turn
        if turn and turn.number is not None:
            self._soon(partial(self._fork, turn.number))

    def action_turn_edit(self) -> None:
        """Goes on in a copy of the turns before the current one, its question in the prompt."""
        turn = self.current_turn
        if turn and turn.number is not None:
            self._soon(partial(self._fork_before, turn.number, turn.question))

    async def _fork(self, at_turn: int | None) -> None:
        self._demand_rest()
        session = self.session
        made = await self.house.desk.asking.call(lambda: session.fork(at_turn))
        await self.show_session(made, Draft(scope=str(self.scope)))
        self.post_message(Told(f"this is a copy; the original is {session.id}"))

    async def _fork_before(self, number: int, question: str) -> None:
        self._demand_rest()
        desk, session = self.house.desk, self.session
        before = [turn.number for turn in session.turns if turn.number < number and not turn.is_open]
        made = await desk.asking.call(lambda: session.fork(before[-1]) if before else desk.sessions().create())
        await self.show_session(made, Draft(question, str(self.scope)))
        self.post_message(Told(f"this is a copy up to that question; the original is {session.id}"))

    def action_session_undo(self) -> None:
        """Takes the last turn back; /redo brings it again."""
        self._soon(self._undo)

    async def _undo(self) -> None:
        self._demand_rest()
        session = self.session
        turn = await self.house.desk.asking.call(session.undo)
        if turn is None:
            self.post_message(Told("there is no turn to take back"))
            return
        await self._show_again(Draft(self.prompt.area.text or turn.question, str(self.scope)))
        self.post_message(Told("the last turn is taken back; /redo brings it again"))

    def action_session_redo(self) -> None:
        """Brings back the turn that was taken back."""
        self._soon(self._redo)

    async def _redo(self) -> None:
        self._demand_rest()
        session = self.session
        turn = await self.house.desk.asking.call(session.redo)
        if turn is None:
            self.post_message(Told("there is no turn to bring back"))
            return
        text = self.prompt.area.text
        await self._show_again(Draft("" if text == turn.question else text, str(self.scope)))

    async def _show_again(self, draft: Draft) -> None:
        await self.show_session(self.session, draft)

    def action_session_clear(self) -> None:
        """Takes the turns out of sight; they stay in the session."""
        self._demand_rest()
        self.select(None)
        self._soon(partial(self.transcript.show, (), ()))

    def action_scope_edit(self, argument: str = "") -> None:
        """Sets the scope; `off` takes it away."""
        if argument:
            self._set_scope(argument)
            return
        from agent.tui.screens.asking import AskDialog

        hint = 'year:2024- author:"Chi Jin" venue: category: source: key:   (empty: the whole library)'
        self.app.push_screen(AskDialog("Scope", str(self.scope), hint, check=parse, may_be_empty=True), self._scoped)

    def _scoped(self, text: str | None) -> None:
        if text is not None:
            self._set_scope(text or "off")

    def _set_scope(self, text: str) -> None:
        self.set_scope(Scope() if text == "off" else parse(text))
        self.post_message(Told(f"scope: {short(self.scope)}" if self.scope else "the whole library is asked"))

    def action_scope_widen(self) -> None:
        """Takes the last condition of the scope away."""
        if not self.scope:
            self.post_message(Told("the whole library is asked already"))
            return
        self.set_scope(Scope(self.scope.conditions[:-1]))
        self.post_message(Told(f"scope: {short(self.scope) or 'the whole library'}", "r asks again"))

    def action_papers_add(self, argument: str = "") -> None:
        """Adds papers from a file or a folder, in the background."""
        self.house.add_papers(argument)

    def action_reading_add(self) -> None:
        """Adds papers."""
        self.house.add_papers("")

    def action_turn_again(self) -> None:
        """Asks the current turn's question again."""
        if turn := self.current_turn:
            self._soon(partial(self.ask, turn.question))

    def action_answer_again(self) -> None:
        """Asks the last question again, in the mode, scope and library of now; both answers stay."""
        turns = self.transcript.turns
        if turns:
            self._soon(partial(self.ask, turns[-1].question))
        else:
            self.post_message(Told("there is no question to ask again"))

    def action_tokens_show(self) -> None:
        """Says what the last answer and the session have cost."""
        answer, session = self.status.answer_usage, self.status.session_usage
        if not session.calls:
            self.post_message(Told("no model was asked in this session; quote mode costs nothing"))
            return
        self.post_message(
            Told(
                f"last answer: {answer.calls} calls, {said(answer)}", f"session: {session.calls} calls, {said(session)}"
            )
        )

    def action_chat_export(self, argument: str = "") -> None:
        """Exports the session: asks for format and file, or takes them as given."""
        answers = [turn.answer for turn in self.session.turns if turn.answer]
        if not answers:
            self.post_message(Told("there is no answer to export yet"))
            return
        self.house.export(answers, self.session.title, self.session.id, argument)

    def _soon(self, work: Callable[[], Awaitable[object]]) -> None:
        soon(self, "session", work)

    def _demand_rest(self) -> None:
        """Raises `UsageError` while an answer is being made: it belongs to the session as it is."""
        if self.asked:
            raise UsageError("an answer is being made", "wait for it, or stop it with Esc")

    def _take_up(self, draft: Draft, typed: str = "") -> None:
        """Shows a draft and its scope; what was typed before it could be shown follows it."""
        self._is_from_new = not self.session.is_recorded
        self.prompt.area.replace_text("\n".join(part for part in (draft.text, typed) if part))
        self.set_scope(parse(draft.scope))


def about(turn: Turn) -> str:
    """What stands over a kept turn: its number, when it was asked, how, and of which papers."""
    asked = turn.started[:16].replace("T", " ")
    model = turn.answer.model if turn.answer else None
    parts = [
        str(turn.number),
        f"{asked} UTC",
        f"model {model}" if model else f"{turn.mode} mode",
        f"scope {short(parse(turn.scope))}" if turn.scope else "",
    ]
    return "  ".join(part for part in parts if part)
