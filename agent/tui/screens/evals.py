"""The evals: the runs, the questions of one, and an answer against its gold."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import DataTable, Footer, Static

from agent import settings
from agent.evalruns import EvalRuns, Result, Run
from agent.tui.actions import Place, bindings
from agent.tui.house import Dialog, House, attempt, newest
from agent.tui.messages import Told
from agent.tui.screens import eval_rows
from agent.tui.screens.eval_rows import Column
from agent.tui.widgets.cited import CitedMarkdown
from store.text import printable

FOLDER = "evals"
"""Where the runs are, in the folder of the data."""


class Rows(DataTable[Text]):
    """A table of runs, or of the questions of one."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("runs")


class AnswerDialog(Dialog[str]):
    """An answer against its gold, and from there to the questions around it; closes with the id of the last one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("n", "go(1)", "Next question"),
        ("N", "go(-1)", "Question before"),
        ("f1", "keys", "Keys"),
    ]
    KEYS = "n  next question\nN  question before\nUp, Down, PgUp, PgDn  scroll\nEsc  close, back to its row"
    DEFAULT_CSS = """
    AnswerDialog {
        #answer-asked { height: auto; text-style: bold; margin-bottom: 1; }
        #answer-error { height: auto; color: $uncited; margin-bottom: 1; }
        .answer-text { padding: 0; margin: 0; background: transparent; }
        #answer-gold { height: auto; }
    }
    """

    def __init__(self, results: Sequence[Result], at: int) -> None:
        super().__init__()
        self.results = results
        self.at = at

    def compose(self) -> ComposeResult:
        """What became of the question, the question, the answer, the gold."""
        with Vertical(classes="dialog -large"):
            yield Static(id="answer-title", classes="dialog-title", markup=False)
            with VerticalScroll(id="answer-scroll"):
                yield Static(id="answer-asked", markup=False)
                yield Static(id="answer-error", markup=False)
                yield CitedMarkdown(classes="answer-text")
                yield Static(id="answer-gold", markup=False)
            yield Static("n next  N before  F1 keys  Close: Esc", classes="dialog-close", markup=False)

    def on_mount(self) -> None:
        """The keys scroll at once."""
        self.query_one("#answer-scroll").focus()
        newest(self, "answer", self._show)

    async def _show(self) -> None:
        result, glyphs = self.results[self.at], self.house.glyphs
        place = f"{self.at + 1} of {len(self.results)}"
        title = "  ".join(filter(None, (eval_rows.mark(result, glyphs), result.id, result.kind, place)))
        self.query_one("#answer-title", Static).update(Content(title))
        self.query_one("#answer-asked", Static).update(Content(result.question))
        error = self.query_one("#answer-error", Static)
        error.update(Content(f"Error: {printable(result.error or '')}"))
        error.display = result.error is not None
        text = self.query_one(CitedMarkdown)
        text.display = result.given is not None
        await text.update(printable(result.given.text).strip() or "(an empty answer)" if result.given else "")
        gold = self.query_one("#answer-gold", Static)
        gold.update(eval_rows.against_gold(result, await self._titles(result), glyphs))
        self.query_one("#answer-scroll").scroll_home(animate=False)

    async def _titles(self, result: Result) -> dict[str, str]:
        """The titles that the answer itself tells, and those that the library knows besides."""
        known = dict(result.given.titles) if result.given else {}
        wanted = [key for group in eval_rows.cited(result) for key in group if key not in known]
        if not wanted:
            return known
        found = self.house.desk.browsing.read(
            lambda library: {
                key: paper.label for key in wanted if library.exists and (paper := library.get(key)) is not None
            }
        )
        return known | (await attempt(self, found) or {})

    def action_go(self, by: int) -> None:
        """Shows the question so many further on; there is none behind the last, nor before the first."""
        if 0 <= self.at + by < len(self.results):
            self.at += by
            newest(self, "answer", self._show)

    def action_keys(self) -> None:
        """Says which keys there are."""
        from agent.tui.screens.help import TextDialog

        self.app.push_screen(TextDialog("Keys", self.KEYS))

    def action_dialog_close(self) -> None:
        """Closes the dialog, and says which question it showed."""
        self.dismiss(self.results[self.at].id)


class EvalsScreen(House):
    """Runs of evals, read from their files."""

    PLACES: tuple[Place, ...] = ("evals", "runs")
    WHAT = "See how well answers met the gold questions, run by run and question by question."
    BINDINGS = bindings("evals")
    DEFAULT_CSS = """
    EvalsScreen {
        #evals-head { height: auto; padding: 0 1; margin-bottom: 1; }
        #evals-rows { height: 1fr; background: $background; scrollbar-size-vertical: 1; }
        #evals-none { height: auto; padding: 0 1 1 1; color: $muted; display: none; }
        #evals-foot { height: auto; padding: 0 1; color: $muted; }
    }
    """

    class Read(Message):
        """The runs as they are in their files now."""

        def __init__(self, runs: tuple[Run, ...]) -> None:
            super().__init__()
            self.runs = runs

    def __init__(self) -> None:
        super().__init__()
        self.runs: tuple[Run, ...] = ()
        self.opened = ""
        """The id of the run whose questions are shown; empty where the runs are."""
        self.only_wrong = False
        self._reader = EvalRuns(settings.data_folder() / FOLDER)
        self._cursors: dict[str, str] = {}
        """The row under the cursor, for the runs and for each run."""

    def compose(self) -> ComposeResult:
        """What is shown, the table, what its numbers mean, and the keys."""
        with Vertical():
            yield Static(id="evals-head", markup=False)
            yield Static(id="evals-none", markup=False)
            yield Rows(id="evals-rows", cursor_type="row", header_height=2)
            yield Static(id="evals-foot", markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_screen_resume(self) -> None:
        """Reads the files: a run may have gone on meanwhile."""
        self.table.focus()
        self._read()

    def on_resize(self) -> None:
        """Fits the columns anew."""
        self.call_after_refresh(self._show)

    @property
    def table(self) -> Rows:
        """The table."""
        return self.query_one(Rows)

    @property
    def run_shown(self) -> Run | None:
        """The run whose questions are shown."""
        return next((run for run in self.runs if run.id == self.opened), None)

    @property
    def results(self) -> tuple[Result, ...]:
        """The questions that are listed."""
        run = self.run_shown
        return tuple(one for one in run.results if one.went_wrong or not self.only_wrong) if run else ()

    def _read(self) -> None:
        newest(self, "read", self._reading)

    async def _reading(self) -> None:
        runs = await attempt(self, self.house.desk.browsing.call(self._reader.list))
        if runs is not None:
            self.post_message(self.Read(runs))

    @on(Read)
    def _take(self, message: Read) -> None:
        self.runs = message.runs
        self._show()

    # Showing

    def _show(self) -> None:
        run = self.run_shown
        glyphs, now = self.house.glyphs, datetime.datetime.now(datetime.UTC).astimezone()
        if run:
            head = Content("\n").join([Content(f"Run {run.id}").stylize("bold"), eval_rows.summary(run, glyphs)])
            self._fill(eval_rows.of_results(self.results, glyphs), [one.id for one in self.results])
        else:
            self.opened = ""
            head = Content.assemble(("Evals", "bold"), (f"  {len(self.runs)}" if self.runs else "", "$muted"))
            self._fill(eval_rows.of_runs(self.runs, now, glyphs), [one.id for one in self.runs])
        self.query_one("#evals-head", Static).update(head)
        self.query_one("#evals-foot", Static).update(self._foot(run))
        self._say_nothing(run)

    def _foot(self, run: Run | None) -> str:
        if run is None:
            return eval_rows.ERRORS_COUNT if self.runs else ""
        asked, wrong = len(run.results), sum(one.went_wrong for one in run.results)
        shown = f"only the {wrong} of {asked} that went wrong" if self.only_wrong else f"{wrong} of {asked} went wrong"
        return f"{shown}: {eval_rows.WRONG_MEANS}\nall figures: citeloom eval report {run.id}"

    def _say_nothing(self, run: Run | None) -> None:
        """What stands in place of an empty table."""
        none = self.query_one("#evals-none", Static)
        if run:
            text = "Nothing went wrong." if self.only_wrong and run.results else "No question was asked yet."
        else:
            text = f"No runs yet; `citeloom eval run` makes them.\n\n{self._reader.folder}"
        none.update(Content(text))
        none.display = not self.table.row_count
        self.table.show_header = bool(self.table.row_count)

    def _fill(self, columns: list[Column], ids: list[str]) -> None:
        table, glyphs = self.table, self.house.glyphs
        shown = eval_rows.fitted(columns, self.size.width - 2)  # and the scrollbar
        with self.prevent(DataTable.RowHighlighted):  # the rows that the cursor passes meanwhile are nobody's choice
            table.clear(columns=True)
            for column in shown:
                table.add_column(column.heading(), width=column.width)
            for at, name in enumerate(ids):
                table.add_row(*(column.cell(at, glyphs) for column in shown), key=name)
            wanted = self._cursors.get(self.opened)
            table.move_cursor(row=ids.index(wanted) if wanted in ids else 0, animate=False)

    @on(DataTable.RowHighlighted)
    def _remember(self, event: DataTable.RowHighlighted) -> None:
        if event.row_key.value and event.row_key in event.data_table.rows:  # not of what was shown before
            self._cursors[self.opened] = event.row_key.value

    # What the registry offers

    def action_runs_open(self) -> None:
        """Opens the run, or the answer, under the cursor."""
        at = self.table.cursor_row
        if not self.table.row_count:
            return
        if not self.opened:
            self._open(self.runs[at])
        else:
            self.app.push_screen(AnswerDialog(self.results, at), self._return_to)

    def _return_to(self, name: str | None) -> None:
        """Leads to the question that was shown last."""
        self._cursors[self.opened] = name or ""
        self._show()

    @on(DataTable.RowSelected)
    def _clicked(self) -> None:
        self.action_runs_open()

    def _open(self, run: Run) -> None:
        if run.problem:
            self.post_message(Told(f"the run {run.id} cannot be read: {run.problem}", "", "error"))
            return
        self.opened = run.id
        self._show()

    def action_runs_failed(self) -> None:
        """Lists only the questions that went wrong, or all again."""
        if self.opened:
            self.only_wrong = not self.only_wrong
            self._show()
        else:
            self.post_message(Told("open a run to see what went wrong in it"))

    def action_evals_reload(self) -> None:
        """Reads the files again."""
        self._read()

    def action_evals_leave(self) -> None:
        """Back to the runs, then to the chat."""
        if self.opened:
            self.opened = ""
            self._show()
        else:
            self.house.action_go_chat()
