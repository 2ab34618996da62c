"""The library: a filter line, the list of papers, and the highlighted paper with all that is known of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Footer, Input, Static

from agent.tui.actions import Place, bindings
from agent.tui.house import newest
from agent.tui.screens.library_listing import DEBOUNCE, Listed, Read, Refused
from agent.tui.screens.library_rows import Column, Sorting
from agent.tui.screens.library_shelf import Shelf
from agent.tui.widgets.paper import PaperPane
from agent.tui.widgets.papers import PapersHeader, PapersTable
from agent.tui.widgets.status import StatusLine
from store.paper import Paper

_PLACEHOLDER = "words, or year:2024- author:Lin venue: category: source: key:"
_NOTHING = """There are no papers here yet.

{key} adds a file, or a folder with all of its files."""
_SETTLED = 0.05
"""Seconds on a row after which its paper is read."""


class Shown(Message):
    """The paper of the highlighted row."""

    def __init__(self, paper: Paper | None) -> None:
        super().__init__()
        self.paper = paper


class FilterLine(Input):
    """The filter line; Down goes on to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "app.focus('papers-table')", show=False)]


class Papers(Container):
    """The list and the paper beside it: what can be done with papers can be done in both."""

    BINDINGS = bindings("papers")


class LibraryScreen(Shelf):
    """All papers."""

    PLACES: tuple[Place, ...] = ("library", "papers")
    WHAT = "Find papers, read them, pick those to ask, and add or remove some."
    BINDINGS = bindings("library")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012 - as Textual declares it
    SCOPED_CSS = False  # it looks up to the app
    DEFAULT_CSS = """
    LibraryScreen #filter-bar { height: 1; background: $panel; padding: 0 1; }
    LibraryScreen #filter-label { width: auto; color: $muted; }
    LibraryScreen #filter, LibraryScreen #filter:focus { width: 1fr; background: $panel; }
    LibraryScreen #library-said { height: 1; padding: 0 1; color: $muted; text-wrap: nowrap; text-overflow: ellipsis; }
    LibraryScreen #library-said.-refused { color: $weak; }
    LibraryScreen Papers { height: 1fr; layout: vertical; }
    LibraryScreen #papers-list { height: 1fr; }
    LibraryScreen PaperPane { height: 42%; border-top: solid $border-blurred; }
    LibraryScreen PaperPane:focus { border-top: heavy $border; }
    LibraryScreen.-wide Papers { layout: horizontal; }
    LibraryScreen.-wide #papers-list { width: 1fr; }
    LibraryScreen.-wide PaperPane {
        height: 1fr; width: 40%; max-width: 90; border-top: none; border-left: solid $border-blurred;
    }
    LibraryScreen.-wide PaperPane:focus { border-top: none; border-left: heavy $border; }
    App.-ascii LibraryScreen PaperPane { border-top: ascii $border-blurred; }
    App.-ascii LibraryScreen PaperPane:focus { border-top: ascii $border; }
    App.-ascii LibraryScreen.-wide PaperPane { border-top: none; border-left: ascii $border-blurred; }
    App.-ascii LibraryScreen.-wide PaperPane:focus { border-top: none; border-left: ascii $border; }
    LibraryScreen #nothing { height: 1fr; padding: 2 4; display: none; }
    LibraryScreen.-empty #nothing { display: block; }
    LibraryScreen.-empty Papers, LibraryScreen.-empty #filter-bar, LibraryScreen.-empty #library-said { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._first_text = ""
        self._refused = ""
        self._longest: Mapping[Column, int] = {}

    def compose(self) -> ComposeResult:
        """Filter line, counts, list and paper; under them what goes on, and the keys."""
        with Horizontal(id="filter-bar"):
            yield Static("Filter  ", id="filter-label", markup=False)
            yield FilterLine(self._first_text, _PLACEHOLDER, id="filter", compact=True)
        yield Static("reading the library", id="library-said", markup=False)
        with Papers():
            with Vertical(id="papers-list"):
                yield PapersHeader()
                yield PapersTable()
            yield PaperPane()
        yield Static(id="nothing", markup=False)
        yield StatusLine()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Ready to go through the papers; they come as they are read."""
        self.table.focus()
        self.reload()

    def on_screen_resume(self) -> None:
        """Takes over what the chat says of itself, and looks whether there are other papers than before."""
        chat, status = self.house.chat.status, self.query_one(StatusLine)
        status.mode, status.scope = chat.mode, chat.scope
        if self.total is not None:
            self.catch_up()

    def filter(self, text: str) -> None:
        """Filters the list, as if the text had been written in the filter line."""
        self._first_text = text
        if self.is_mounted:
            self.query_one("#filter", Input).value = text
            self.table.focus()

    @property
    def text(self) -> str:
        """What stands in the filter line."""
        return self.query_one("#filter", Input).value

    @property
    def table(self) -> PapersTable:
        """The list."""
        return self.query_one(PapersTable)

    # What the workers bring

    @on(Read)
    def _read_some(self, message: Read) -> None:
        self.rows, self.total = message.rows, message.total
        self._longest = message.longest
        was_empty = self.has_class("-empty")
        self.set_class(message.total == 0, "-empty")
        if message.total == 0:
            self._say_nothing()
        elif was_empty:
            self.call_after_refresh(self.table.focus)
        self.refilter()

    @on(Listed)
    def _list(self, message: Listed) -> None:
        is_other = message.found != self.found or message.wanted != self.wanted
        self.wanted, self.found, self._refused = message.wanted, message.found, ""
        nothing = "no paper is in this scope"
        if self.wanted.text:
            nothing = "no paper has all of these words; Enter in the filter line looks for what they mean"
        before = self.table.current
        self.table.show(message.rows, self._longest, nothing=nothing)
        if is_other and (self.found is not None or (before and self.table.current != before)):
            self.table.cursor = 0
        if self.wanting:
            self.table.go_to(self.wanting)
            self.wanting = ""
        self.show_picked()

    @on(Refused)
    def _refuse(self, message: Refused) -> None:
        self._refused = message.text
        self._say()

    @on(Shown)
    def _show(self, message: Shown) -> None:
        self.query_one(PaperPane).show(message.paper)

    @on(PapersTable.Highlighted)
    def _highlighted(self, message: PapersTable.Highlighted) -> None:
        newest(self, "details", partial(self._look_up, message.key))

    async def _look_up(self, key: str | None) -> None:
        await asyncio.sleep(_SETTLED)
        papers = await self.papers_of([key]) if key else []
        self.post_message(Shown(papers[0] if papers else None))

    # The filter line, and sorting

    @on(Input.Changed, "#filter")
    def _typed(self) -> None:
        self.refilter(DEBOUNCE)

    @on(Input.Submitted, "#filter")
    def _entered(self) -> None:
        if any(char.isalnum() for char in self.text):
            self.query_one("#library-said", Static).update(Content("searching"))
            self.rank()
        self.table.focus()

    @on(PapersTable.Laid)
    def _lay_header(self) -> None:
        self.query_one(PapersHeader).show(self.table.columns, self.sorting)

    @on(PapersHeader.Chosen)
    def _sort_by(self, message: PapersHeader.Chosen) -> None:
        self._sort(self.sorting.by(message.column))

    def _sort(self, sorting: Sorting) -> None:
        self.sorting = sorting
        self._lay_header()
        self.refilter()

    def action_papers_sort(self) -> None:
        """Sorts by the next column that is seen; after the last one as the papers came."""
        seen: Sequence[Column] = [item.column for item in self.table.columns]
        self._sort(self.sorting.next(seen))

    def action_papers_reverse(self) -> None:
        """Turns the order round."""
        self._sort(Sorting(self.sorting.column, not self.sorting.is_reversed))

    # Going about

    def action_papers_filter(self) -> None:
        """To the filter line."""
        self.query_one("#filter").focus()

    def action_papers_down(self) -> None:
        """A line down."""
        self.table.action_move(1)

    def action_papers_up(self) -> None:
        """A line up."""
        self.table.action_move(-1)

    def action_library_leave(self) -> None:
        """From the filter line or the paper to the list; from there back to the chat."""
        if self.has_class("-empty") or self.table.has_focus or self.focused is None:
            self.house.action_go_chat()
        else:
            self.table.focus()

    @on(PapersTable.Clicked)
    def _clicked(self, message: PapersTable.Clicked) -> None:
        if message.on_mark:
            self.action_papers_pick()
        elif message.twice:
            self.action_papers_open()

    # What is said

    def show_picked(self) -> None:
        """Marks what is picked, and counts."""
        self.table.show_picked(self.picked)
        self._say()

    def _say(self) -> None:
        said = self.query_one("#library-said", Static)
        said.set_class(bool(self._refused), "-refused")
        said.update(Content(self._refused or self._counts()))

    def _counts(self) -> str:
        separator = f" {self.house.glyphs.separator} "
        number, total = len(self.table.rows), self.total or 0
        counts = [f"{number:,} of {total:,} papers" if self.wanted or number != total else f"{total:,} papers"]
        if self.found is not None:
            counts[0] += ", the most relevant"
        elif self.sorting == Sorting(is_reversed=True):
            counts[0] += ", the last added first"
        if self.picked:
            counts[0] += f", {len(self.picked):,} picked"
        if len(self.rows) < total:
            counts.append(f"{len(self.rows):,} are read so far")
        elif self.wanted.text and self.found is None:
            counts.append("Enter ranks by relevance")
        return separator.join(counts)

    def _say_nothing(self) -> None:
        self.query_one("#nothing", Static).update(Content(_NOTHING.format(key=self.key_of("library.add"))))
