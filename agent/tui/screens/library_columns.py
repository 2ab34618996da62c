"""Which columns the list of papers has in a given width, and how wide each of them is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from agent.tui.screens.library_rows import Column

GAP = 2
"""Blanks between two columns."""
_SORTED = " v"
"""Behind a heading: the mark that says which way it sorts."""
_LEAST_TITLE = ((90, 56), (74, 40), (0, 26))
"""From which width on the title keeps how much, before another column is shown."""
_WIDTHS: dict[Column, int] = {"year": 4, "authors": 18, "key": 22, "venue": 18, "source": 18}
"""Of the columns beside the title, those that matter most first, where what stands in them is so long."""
_ORDER: tuple[Column, ...] = ("year", "authors", "title", "venue", "key", "source")
_HEADINGS: dict[Column, str] = {
    "year": "Year",
    "authors": "Authors",
    "title": "Title",
    "venue": "Venue",
    "key": "Key",
    "source": "Read in",
}


class Placed(NamedTuple):
    """A column with its place in the line."""

    column: Column
    start: int
    width: int

    @property
    def heading(self) -> str:
        """What stands over it."""
        return _HEADINGS[self.column]


def placed(width: int, longest: Mapping[Column, int], *, margin: int) -> tuple[Placed, ...]:
    """The columns that fit into `width` behind a `margin`, from left to right; the title takes what is left.

    `longest` is the longest text of each column in which anything stands.
    """
    left = width - margin
    room = left - next(least for start, least in _LEAST_TITLE if width >= start)
    chosen: dict[Column, int] = {}
    for column, most in _WIDTHS.items():
        wanted = max(min(most, longest.get(column, 0)), len(_HEADINGS[column]) + len(_SORTED))
        if column not in longest:
            continue
        if wanted + GAP > room:
            break
        chosen[column] = wanted
        room -= wanted + GAP
    chosen["title"] = max(left - sum(taken + GAP for taken in chosen.values()), 1)
    found, start = [], margin
    for column in _ORDER:
        if column in chosen:
            found.append(Placed(column, start, chosen[column]))
            start += chosen[column] + GAP
    return tuple(found)


def fitted(text: str, width: int, ellipsis: str) -> str:
    """`text` in just so many cells: filled with blanks, or cut with an ellipsis."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    if width <= len(ellipsis):
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - len(ellipsis)).rstrip() + ellipsis, width)
