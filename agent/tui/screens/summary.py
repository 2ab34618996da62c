"""The topic summary: an outline, one section of it to read, and the sources of that section."""

from __future__ import annotations

from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Input, Static

from agent import events
from agent.errors import CiteloomError, Stopped
from agent.summary.rendering import FORMATS, render
from agent.summary.values import Planned, Searched, SectionDone, SectionStarted, Summary
from agent.tui.actions import Place, bindings
from agent.tui.house import explained, soon
from agent.tui.messages import Told
from agent.tui.screens import summary_words as words
from agent.tui.screens.summary_layout import LAYOUT
from agent.tui.screens.summary_pages import OVERVIEW, after, of_abstention, of_summary, planned
from agent.tui.screens.summary_reading import Said, SummaryReading
from agent.tui.screens.summary_run import Ended, Heard, Run
from agent.tui.widgets.cited import CitedMarkdown
from agent.tui.widgets.outline import Outline
from agent.tui.widgets.sources import SourcesPane
from agent.tui.widgets.status import StatusLine, said
from agent.tui.wording import short
from store.errors import LibraryError
from store.scope import Scope, from_question
from store.text import clean, printable


class SummaryScreen(SummaryReading):
    """A summary, while it is made and when it is there. The screen is kept while others are shown."""

    PLACES: tuple[Place, ...] = ("summary",)
    WHAT = "Summarise what the library says on a topic, and walk through the sentences behind every claim."
    BINDINGS = bindings("summary")
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (72, "-folded"), (112, "-open")]  # noqa: RUF012 - as Textual declares it
    SCOPED_CSS = False
    DEFAULT_CSS = LAYOUT

    run: Run | None = None
    """The summary that is being made."""
    wanted: str = ""
    """The topic as it was written, scope and all, of the summary that is made or shown."""
    scope: Scope = Scope()
    why: Told | None = None
    """Why the summary that is shown is not finished."""

    def compose(self) -> ComposeResult:
        """The topic on top; outline, section and sources; what goes on, and the keys."""
        with Horizontal(id="topic-line"):
            yield Static("Topic", id="topic-name", markup=False)
            yield Input(id="topic", compact=True, placeholder="such as: process reward models year:2024-")
            yield Static(id="topic-scope", markup=False)
        yield Static(id="topic-said", markup=False)
        with Horizontal(id="summary-body"):
            yield Outline()
            with VerticalScroll(id="section", can_focus=True):
                yield Static(id="section-head", markup=False)
                yield Said(id="section-said", markup=False)
                yield CitedMarkdown(classes="section-text")
            yield SourcesPane(id="summary-sources")
        yield StatusLine()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Nothing to read yet."""
        self._show_state()

    def on_screen_resume(self) -> None:
        """Says how a summary would be made now."""
        self._show_terms()

    def on_unmount(self) -> None:
        """Stops what is being made; its finished parts are kept."""
        if self.run:
            self.run.stop()

    @property
    def status(self) -> StatusLine:
        """The status line."""
        return self.query_one(StatusLine)

    @property
    def topic(self) -> Input:
        """Where the topic is written."""
        return self.query_one("#topic", Input)

    # Beginning and ending

    def begin(self, topic: str) -> None:
        """Begins a summary, in the scope of the chat and of the words in `topic`; the one before is stopped.

        Raises what is wrong with the topic, before anything is begun.
        """
        from store.search import check_question

        text, own = from_question(clean(topic))
        check_question(text)
        self.call_later(self._begin, text, self.house.chat.scope & own, topic)  # not before the screen is made

    async def _begin(self, text: str, scope: Scope, wanted: str) -> None:
        self._say("")
        if self.run and not self.run.stopping and (self.run.topic, self.run.scope) == (text, scope):
            self.post_message(Told("this summary is being made", "Esc stops it"))
            return
        if self.run:
            self.run.stop()
        self.run = Run(self.house.desk, text, scope, self.post_message)
        self.wanted, self.scope, self.summary, self.why = wanted, scope, None, None
        self.topic.value = wanted
        self.shown, self.selected = OVERVIEW, None
        self.status.begin()
        self._tell("opening the library" if self.status.papers is None else "gathering papers", "gathering papers")
        self._show_terms()
        await self.show_pages(())
        self._show_state()
        self.section.focus()
        soon(self, "summary", partial(self._await, self.run))

    async def _await(self, run: Run) -> None:
        """Waits for the outcome; all that is drawn comes by messages."""
        try:
            summary = await run.outcome()
        except Exception as error:  # noqa: BLE001 - the edge of a worker: every error becomes a notice
            self.post_message(Ended(run, None, error))
        else:
            self.post_message(Ended(run, summary))

    @on(Ended)
    async def _ended(self, message: Ended) -> None:
        if message.run is not self.run:
            return
        self.run = None
        self.status.end()
        self._tell("", "")
        if message.summary:
            await self._finish(message.summary)
        else:
            self._fail(message.run, message.why)
        self._show_state()

    async def _finish(self, summary: Summary) -> None:
        self.summary = summary
        self.status.other = said(summary.usage) if summary.usage.calls else ""
        await self.show_pages((of_abstention(summary),) if summary.abstained else of_summary(summary))
        if self not in self.app.screen_stack:
            self.post_message(Told(f"the summary is there: {summary.topic}", "/topic shows it"))

    def _fail(self, run: Run, error: Exception | None) -> None:
        if isinstance(error, Stopped):
            told = Told(f"stopped; {run.done} of {run.total} parts are finished and kept" if run.total else "stopped")
        else:
            told = explained(error or Stopped("the summary was not finished", "begin it again"))
        self.why = told
        self.post_message(Told(told.text, told.hint, told.severity))
        self.show_said()

    # What is heard while it is made

    @on(Heard)
    async def _heard(self, message: Heard) -> None:
        run, event = message.run, message.event
        if run is not self.run or run.stopping:
            return
        run.count(event)
        match event:
            case Searched():
                self._tell(f"gathering: {run.relevant} papers", "gathering papers")
                self.show_said()
            case Planned():
                await self.show_pages(planned(event))
                self._show_state()
                if self.section.has_focus:
                    self.outline.focus()
            case SectionStarted() | SectionDone():
                self._tell(f"{run.done} of {run.total} parts, {event.title}", f"{run.done} of {run.total}")
                await self.show_pages(after(self.pages, event, run.papers))
            case events.Asking(step, tokens):
                far = f"{run.done} of {run.total} parts, " if run.total else ""
                self.status.stage = f"{far}asking the model ({step}, {tokens:,} tokens)"
            case events.Spent(usage):
                self.status.other = said(usage)
            case events.Notice(text, hint) if run.notices == 1:  # the others are notes of the summary
                self.post_message(Told(text, hint, "warning"))

    def _tell(self, stage: str, beside: str) -> None:
        """Says how far it is: in the status line here, and in that of the chat."""
        mine = self.status.other
        self.house.say_beside("summary", f"summary: {beside}" if beside else "")
        self.status.other, self.status.stage = mine, stage

    # What is shown

    def said(self) -> Content:
        """What stands where the shown page has no text: progress, the reason of a failure, or what is nearest."""
        if self.summary and self.summary.abstained:
            return words.card(self.summary, self.house.glyphs)
        if self.run:
            return words.progress(self.run, self.page)
        return words.failure(self.why, may_go_on=bool(self.pages)) if self.why else words.EMPTY

    def _show_state(self) -> None:
        """Hides what there is nothing for, and says what stands in the place of the text."""
        is_abstained = bool(self.summary and self.summary.abstained)
        self.set_class(not self.pages or is_abstained, "-bare")
        self.set_class(not self.pages, "-empty")
        self.set_class(is_abstained, "-abstained")
        self.show_said()

    def _show_terms(self) -> None:
        """Says in which mode, of how many papers, and in which scope."""
        chat = self.house.chat
        self.status.mode, self.status.papers = chat.status.mode, chat.status.papers
        scope = self.scope if self.wanted else self.house.chat.scope
        self.status.scope = short(scope)
        chip = self.query_one("#topic-scope", Static)
        chip.update(Content(printable(f"scope {short(scope)}")))
        chip.display = bool(scope)

    def _say(self, text: str) -> None:
        line = self.query_one("#topic-said", Static)
        line.update(Content(printable(text)))
        line.display = bool(text)

    # What the registry offers

    @on(Input.Submitted, "#topic")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self.begin(event.value)
        except (CiteloomError, LibraryError) as error:
            self._say(f"{error.message}; {error.hint}")

    def action_summary_topic(self) -> None:
        """To the line of the topic, all of it selected, so that another is written over it."""
        self.topic.focus()
        self.topic.select_all()

    def action_summary_stop(self) -> None:
        """Leaves the line of the topic, lets go of a source, stops the summary, or goes back, in this order."""
        if self.topic.has_focus and self.wanted:
            self._say("")
            self.topic.value = self.wanted
            (self.outline if self.outline.display else self.section).focus()
        elif self.selected is not None:
            self.select(None)
        elif self.run and not self.run.stopping:
            self.run.stop()
            self._tell("stopping", "stopping")
            self.show_said()
        else:
            self.house.action_go_chat()

    def action_summary_export(self) -> None:
        """Exports the summary: asks for format and file."""
        summary = self.summary
        if summary is None:
            self.post_message(Told("there is no summary to export yet"))
            return
        self.house.export_as(FORMATS, lambda form: render(summary, form), words.stem(summary.topic))
