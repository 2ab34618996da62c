"""The chat: transcript, prompt, sources and status; questions go out from here, and events come in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Footer

from agent import events
from agent.errors import CiteloomError, Stopped
from agent.tui import commands
from agent.tui.actions import Place, bindings
from agent.tui.house import attempt, explained, soon
from agent.tui.messages import Heard, LibraryChanged, Told
from agent.tui.screens.conversation import Conversation
from agent.tui.widgets.prompt import Prompt, PromptArea
from agent.tui.widgets.sources import SourcesPane
from agent.tui.widgets.status import StatusLine
from agent.tui.widgets.transcript import Transcript
from agent.tui.widgets.turn import TurnView
from store.errors import LibraryError
from store.scope import Scope, from_question

if TYPE_CHECKING:
    from agent.answer import Answer


class TakenBack(Message):
    """An answer was stopped before there was any of it."""

    def __init__(self, serial: int, text: str) -> None:
        super().__init__()
        self.serial = serial
        self.text = text


class ChatScreen(Conversation):
    """Questions and answers."""

    PLACES: tuple[Place, ...] = ("chat", "prompt", "reading")
    BINDINGS = bindings("chat")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-medium"), (140, "-wide")]  # noqa: RUF012 - as Textual declares it

    def compose(self) -> ComposeResult:
        """Talk on the left, sources on the right; under both what goes on, and the keys."""
        with Horizontal(id="body"):
            with Vertical(id="talk"):
                yield Transcript()
                yield Prompt(id="prompt-box")
            yield SourcesPane(id="sources")
        yield StatusLine()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Ready to write at once; the library and the session come when they are there."""
        self.prompt.area.focus()
        self.show_mode()
        soon(self, "opening", self._begin)

    async def _begin(self) -> None:
        await attempt(self, self.open_first())
        self.is_ready = True
        await attempt(self, self.count_papers())
        if self.status.papers == 0:
            self.house.offer_first_steps()
        await attempt(self, self.fill_history())
        await attempt(self, self.house.desk.warm())

    def show_mode(self) -> None:
        """Says in the status line how questions are answered."""
        chosen = self.house.desk.settings
        mode, model = chosen.text("mode"), chosen.text("model")
        self.status.mode = f"model {model}" if mode != "quote" and model else "quote mode"

    async def count_papers(self) -> None:
        """Says in the status line how many papers there are."""
        desk = self.house.desk
        self.status.papers = await desk.browsing.read(lambda library: library.count() if library.exists else 0)

    @on(LibraryChanged)
    def _recount(self) -> None:
        soon(self, "count", self.count_papers)

    # Asking

    @on(PromptArea.Sent)
    async def _sent(self, message: PromptArea.Sent) -> None:
        try:
            command = commands.parse(message.text.rstrip())
            if command:
                self.prompt.area.taken(message.text)
                await self.house.carry_out(command.action, command.argument)
                return
            await self.ask(message.text)
        except (CiteloomError, LibraryError) as error:
            self.post_message(explained(error))

    @on(PromptArea.PageWanted)
    def _page_wanted(self, message: PromptArea.PageWanted) -> None:
        self.transcript.scroll_relative(y=message.step * self.transcript.size.height, animate=False)

    @on(PromptArea.HistoryWanted)
    def _history_wanted(self) -> None:
        from agent.tui.screens.choosing import ChooseDialog

        def take(text: str | None) -> None:
            if text is not None:
                self.prompt.area.replace_text(text)

        self.app.push_screen(ChooseDialog("Earlier questions", self.prompt.area.earlier), take)

    @on(PromptArea.EditorWanted)
    def _editor_wanted(self) -> None:
        from agent.tui import outside

        try:
            self.prompt.area.replace_text(outside.edit(self.app, self.prompt.area.text))
        except CiteloomError as error:
            self.post_message(explained(error))

    async def ask(self, text: str) -> None:
        """Asks a question in the session and its scope; raises what is wrong with it before anything is sent."""
        if self.asked:
            self.post_message(Told("an answer is being made", "wait for it, or stop it with Esc"))
            return
        if not self.is_ready:
            self.post_message(Told("the session is being opened", "send it once more"))
            return
        from store.search import check_question

        question, own = from_question(text)
        check_question(question)
        scope = self.scope & own
        self.prompt.area.taken(text)
        text = text.strip()
        self.prompt.area.remember(text)
        self.serial += 1
        view = TurnView(text, self.about_now(scope))
        self.asked = view
        self.status.begin()
        self.status.stage = "opening the library" if self.status.papers is None else "asking"
        await self.transcript.add(view)
        self.select(None)
        soon(self, "answer", partial(self._answer, self.serial, text, question, scope))

    async def _answer(self, serial: int, text: str, words: str, scope: Scope) -> None:
        """Waits for an answer in the room for asking; all that is drawn comes by messages."""
        from agent.assistant import Question

        def listen(event: events.Event) -> None:
            if not isinstance(event, events.Failed):  # it is raised as well
                self.post_message(Heard(serial, event))

        try:
            await self.house.desk.ask(Question(words, scope), self.session, listen)
        except Stopped:
            self.post_message(TakenBack(serial, text))
        except (CiteloomError, LibraryError) as error:
            self.post_message(Heard(serial, events.Failed(error.message, error.hint)))
        except Exception as error:  # noqa: BLE001 - the edge of a worker: every error becomes a notice
            told = explained(error)
            self.post_message(Heard(serial, events.Failed(told.text, told.hint)))

    @on(Heard)
    async def _heard(self, message: Heard) -> None:
        view = self.asked
        if view is None or message.serial != self.serial or not view.is_attached:
            return
        match message.event:
            case events.Delta(text):
                self.status.stage = "writing"
                await view.add(text)
            case events.Restarted():
                await view.restart()
                self.select(None)
            case events.Verified(claim):
                view.verified(claim, self.session.evidence.papers)
                self.show_stops(view)
            case events.Notice(text, hint):
                view.tell(f"{text} ({hint})" if hint else text)
            case events.Spent(usage):
                self.status.answer_usage = usage
            case events.Done(answer):
                await self._done(view, answer)
            case events.Failed(message=failure, hint=hint):
                await view.fail(failure, hint)
                self._over()
            case event:
                self.status.stage = events.spoken(event) or self.status.stage

    async def _done(self, view: TurnView, answer: Answer) -> None:
        turns = self.session.turns
        number = turns[-1].number if turns and turns[-1].answer else None
        if self.stop_wanted and not answer.stopped and number is not None and answer.mode == "quote":
            self.post_message(TakenBack(self.serial, view.question))
            return
        await view.finish(answer, number)
        self.status.answer_usage = answer.usage
        self._over()
        self.show_stops(view)
        self.house.ring(answer)

    @on(TakenBack)
    async def _taken_back(self, message: TakenBack) -> None:
        """The question was stopped before there was any answer: it returns to the prompt, and the turn is undone."""
        view, self.asked = self.asked, None
        if view is None or message.serial != self.serial:
            return
        session = self.session
        await attempt(self, self.house.desk.asking.call(session.undo))
        await view.remove()
        is_free = not self.prompt.area.text.strip()
        if is_free:
            self.prompt.area.replace_text(message.text)
        self._over()
        self.post_message(Told(f"stopped; the question is {'back in the prompt' if is_free else 'in the history'}"))

    def _over(self) -> None:
        self.asked, self.stop_wanted = None, False
        self.status.end()
        self.show_usage()

    def action_answer_stop(self) -> None:
        """Lets go of a selected citation, stops the answer, or goes back to the prompt, in this order."""
        if self.selected is not None and not self.prompt.area.has_focus:
            self.select(None)
        elif self.has_class("-narrow") and self.has_class("-sources"):
            self.remove_class("-sources")
        elif self.asked:
            self.stop_wanted = True
            self.status.stage = "stopping"
            self.house.desk.stop()
        else:
            self.prompt.area.focus()
