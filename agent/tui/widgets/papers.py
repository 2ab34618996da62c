"""The list of papers: a line a paper, drawn only where it is seen, so that any number of them is quick.

`PapersHeader` stands above and is clicked to sort; `PapersTable` has the rows, the highlight
and the marks of what is picked. Both only show: the screen says what, and hears what was done.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from agent.tui.glyphs import Glyphs
from agent.tui.house import app_of
from agent.tui.screens.library_columns import GAP, Placed, fitted, placed
from agent.tui.screens.library_rows import Column, Row, Sorting

_QUIET: frozenset[Column] = frozenset({"year", "authors", "venue", "key", "source"})


def margin(glyphs: Glyphs) -> int:
    """The cells on the left: where the highlight is, and what is picked."""
    return len(glyphs.selected) + len(glyphs.checked) + GAP


class PapersTable(ScrollView, can_focus=True):
    """The rows. One is highlighted; any number is picked."""

    DEFAULT_CSS = """
    PapersTable { height: 1fr; background: $background; scrollbar-size-vertical: 1; overflow: hidden scroll; }
    PapersTable > .papers--row { background: $background; color: $foreground; }
    PapersTable > .papers--quiet { color: $muted; }
    PapersTable > .papers--hover { background: $hover; }
    PapersTable > .papers--current { background: $panel; }
    PapersTable:focus > .papers--current { background: $block-cursor-background; color: $block-cursor-foreground; }
    PapersTable:focus:nocolor > .papers--current { text-style: reverse; }
    PapersTable > .papers--picked { color: $cite; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "papers--row",
        "papers--quiet",
        "papers--hover",
        "papers--current",
        "papers--picked",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "first", show=False),
        Binding("end", "last", show=False),
    ]
    cursor: reactive[int] = reactive(0, always_update=True, repaint=False)
    _under_mouse: reactive[int | None] = reactive(None)

    class Highlighted(Message):
        """Another row is highlighted, or none (None)."""

        def __init__(self, key: str | None) -> None:
            super().__init__()
            self.key = key

    class Clicked(Message):
        """A row was clicked: on its mark, or twice."""

        def __init__(self, *, on_mark: bool, twice: bool) -> None:
            super().__init__()
            self.on_mark = on_mark
            self.twice = twice

    class Laid(Message):
        """The columns have other places than before."""

        def __init__(self, columns: Sequence[Placed]) -> None:
            super().__init__()
            self.columns = columns

    def __init__(self) -> None:
        super().__init__(id="papers-table")
        self.rows: Sequence[Row] = ()
        self.picked: Collection[str] = frozenset()
        self.columns: tuple[Placed, ...] = ()
        self._longest: Mapping[Column, int] = {}
        self._nothing = ""

    @property
    def current(self) -> Row | None:
        """The highlighted row."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    @property
    def room(self) -> Size:
        """What there is for rows, the scrollbar left out."""
        return self.scrollable_content_region.size

    def show(self, rows: Sequence[Row], longest: Mapping[Column, int], *, nothing: str = "") -> None:
        """Other rows; the paper that was highlighted stays so, or the row at its place is.

        `longest` says how much room the columns need, `nothing` is what stands there without rows.
        """
        before = self.current.key if self.current else None
        self.rows, self._longest, self._nothing = rows, longest, nothing
        at = next((at for at, row in enumerate(rows) if row.key == before), None)
        self._lay()
        self.cursor = min(self.cursor, max(len(rows) - 1, 0)) if at is None else at

    def go_to(self, key: str) -> None:
        """Highlights a paper, where it is listed."""
        at = next((at for at, row in enumerate(self.rows) if row.key == key), None)
        if at is not None:
            self.cursor = at

    def show_picked(self, picked: Collection[str]) -> None:
        """Marks other papers as picked."""
        self.picked = frozenset(picked)
        self.refresh()

    # Moving

    def validate_cursor(self, cursor: int) -> int:
        """Never outside of the rows."""
        return max(0, min(cursor, len(self.rows) - 1))

    def watch_cursor(self, before: int) -> None:
        """Shows the row, and says which one it is."""
        top, height = self.scroll_offset.y, self.room.height
        if self.cursor < top or height <= 0:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)
        self.refresh_line(before)
        self.refresh_line(self.cursor)
        self.post_message(self.Highlighted(self.current.key if self.current else None))

    def action_move(self, step: int) -> None:
        """Up or down by rows."""
        self.cursor += step

    def action_page(self, step: int) -> None:
        """Up or down by a page."""
        self.cursor += step * max(self.room.height - 1, 1)

    def action_first(self) -> None:
        """To the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """To the last row."""
        self.cursor = len(self.rows) - 1

    # The mouse

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Lights up the row under the mouse."""
        self._under_mouse = event.y + self.scroll_offset.y

    def on_leave(self) -> None:
        """No row is under the mouse."""
        self._under_mouse = None

    def on_click(self, event: events.Click) -> None:
        """Highlights the row; on its mark, picks it; twice, opens it."""
        at = event.y + self.scroll_offset.y
        if 0 <= at < len(self.rows):
            self.cursor = at
            self.post_message(self.Clicked(on_mark=event.x < margin(app_of(self).glyphs), twice=event.chain == 2))

    # Drawing

    def on_resize(self) -> None:
        """Other columns fit now."""
        self._lay()
        self.watch_cursor(self.cursor)

    def _lay(self) -> None:
        width = self.room.width
        self.virtual_size = Size(width, len(self.rows))
        columns = placed(width, self._longest, margin=margin(app_of(self).glyphs))
        if columns != self.columns:
            self.columns = columns
            self.post_message(self.Laid(columns))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A row as it is seen; the ground where there is none."""
        width = self.room.width
        at = y + self.scroll_offset.y
        if at >= len(self.rows):
            text = f"  {self._nothing}" if not self.rows and y == 1 else ""
            style = self.get_component_rich_style("papers--quiet")
            return Strip([Segment(fitted(text, width, app_of(self).glyphs.ellipsis), style)], width)
        ground = self.get_component_rich_style("papers--row")
        if at == self.cursor:
            ground = self.get_component_rich_style("papers--current")
        elif at == self._under_mouse:
            ground += Style(bgcolor=self.get_component_rich_style("papers--hover").bgcolor)
        return Strip(self._segments(self.rows[at], ground, is_current=at == self.cursor), width)

    def _segments(self, row: Row, ground: Style, *, is_current: bool) -> list[Segment]:
        glyphs = app_of(self).glyphs
        quiet = Style() if is_current else Style(color=self.get_component_rich_style("papers--quiet").color)
        is_picked = row.key in self.picked
        picked = self.get_component_rich_style("papers--picked")
        mark = Style(bold=True) if is_current else Style(color=picked.color, bold=True)
        pointer = glyphs.selected if is_current else glyphs.not_selected
        marks = fitted(f"{pointer}{glyphs.checked if is_picked else ''}", margin(glyphs), "")
        found = [Segment(marks, ground + mark)]
        for at, (column, _, width) in enumerate(self.columns):
            text = fitted(row.cell(column), width, glyphs.ellipsis)
            filled = text if at == len(self.columns) - 1 else text + " " * GAP
            found.append(Segment(filled, ground + quiet if column in _QUIET else ground))
        return found


class PapersHeader(Static):
    """The headings; a click on one sorts by it."""

    DEFAULT_CSS = """
    PapersHeader { height: 1; background: $panel; color: $foreground; }
    """

    class Chosen(Message):
        """A heading was clicked."""

        def __init__(self, column: Column) -> None:
            super().__init__()
            self.column = column

    def __init__(self) -> None:
        super().__init__(id="papers-header", markup=False)
        self._columns: Sequence[Placed] = ()

    def show(self, columns: Sequence[Placed], sorting: Sorting) -> None:
        """The headings of these columns; the one that sorts says which way round."""
        self._columns = columns
        glyphs = app_of(self).glyphs
        line = " " * margin(glyphs)
        for column in columns:
            mark = (
                f" {glyphs.up if not sorting.is_reversed else glyphs.down}" if column.column == sorting.column else ""
            )
            line += fitted(column.heading + mark, column.width, "") + " " * GAP
        self.update(Content(line.rstrip()))

    def on_click(self, event: events.Click) -> None:
        """Says which heading it was."""
        chosen = next((item for item in self._columns if item.start <= event.x < item.start + item.width + GAP), None)
        if chosen:
            self.post_message(self.Chosen(chosen.column))
