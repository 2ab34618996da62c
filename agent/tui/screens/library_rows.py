"""The rows of the library screen: papers in short, which of them are listed, and in which order. Pure.

    1 Row a paper    made once, when the library is read
    Filter           what was written in the filter line: words, and a scope
    Sorting          by which column, which way round

A word matches a paper that has a word which begins with it, so that a list only ever gets
shorter while one goes on typing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal, get_args

from agent.export import names
from store.paper import Paper
from store.scope import Scope, from_question
from store.text import fold, printable, words

Column = Literal["year", "authors", "title", "venue", "key", "source"]
COLUMNS: tuple[Column, ...] = get_args(Column)
_UNFINISHED_BRITISH = re.compile(r"(?<=[a-z]{3})is(?=(?:a|at|ati|atio|i|in)?$)")
"""Folding writes `-ise` as `-ize`, but only where the word is whole."""


@dataclass(frozen=True, slots=True)
class Row:
    """A paper in short."""

    key: str
    year: int | None
    authors: str
    title: str
    venue: str
    source: str
    """The name of the first file that it was read in."""
    text: str
    """Its folded words, with a blank before each."""

    def cell(self, column: Column) -> str:
        """What stands in a column."""
        return str(self.year or "") if column == "year" else str(getattr(self, column))


@dataclass(frozen=True, slots=True)
class Filter:
    """What was written in the filter line."""

    text: str = ""
    """The words without the scope."""
    scope: Scope = field(default_factory=Scope)

    def __bool__(self) -> bool:
        return bool(self.text or self.scope)


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column; None is the order in which the papers came, or were found."""

    column: Column | None = None
    is_reversed: bool = False

    def next(self, columns: Sequence[Column]) -> Sorting:
        """By the column after this one; after the last comes the order in which the papers came."""
        if self.column not in columns:
            return Sorting(columns[0]) if columns else Sorting()
        at = columns.index(self.column) + 1
        return Sorting(columns[at]) if at < len(columns) else Sorting()

    def by(self, column: Column) -> Sorting:
        """By a column; the other way round if it is this one already."""
        return Sorting(column, column == self.column and not self.is_reversed)


def row_of(paper: Paper) -> Row:
    """A paper as a row."""
    told = (paper.title or "", " ".join(paper.authors), paper.abstract, paper.key)
    return Row(
        key=_line(paper.key),
        year=paper.year,
        authors=_line(_short(paper)),
        title=_line(paper.label),
        venue=_line(paper.venue or ", ".join(paper.categories)),
        source=_line(PurePath(paper.sources[0].path).name if paper.sources else ""),
        text="".join(f" {word}" for word in words("\n".join(told))),
    )


def filter_of(text: str) -> Filter:
    """The filter that a line of text is. Raises `ScopeError` where a scope in it is not finished, or wrong."""
    return Filter(*from_question(text))


def matching(rows: Iterable[Row], text: str) -> list[Row]:
    """The rows in which a word begins with each of the words."""
    tests = [_test(word) for word in words(text)]
    return [row for row in rows if all(test(row.text) for test in tests)]


def listed(
    rows: Sequence[Row],
    text: str,
    *,
    keys: Collection[str] | None = None,
    found: Mapping[str, int] | None = None,
    sorting: Sorting,
) -> list[Row]:
    """The rows to show: those that match, or those that a search `found`, among `keys` if there are any."""
    if found is not None:
        chosen = sorted((row for row in rows if row.key in found), key=lambda row: found[row.key])
    else:
        chosen = matching((row for row in rows if row.key in keys) if keys is not None else rows, text)
    return in_order(chosen, sorting)


def in_order(rows: list[Row], sorting: Sorting) -> list[Row]:
    """The rows in order; those that have nothing in the column come last, whichever way round."""
    column = sorting.column
    if column is None:
        return rows[::-1] if sorting.is_reversed else rows
    told = [row for row in rows if row.cell(column)]
    silent = [row for row in rows if not row.cell(column)]
    return sorted(told, key=lambda row: _rank(row.cell(column)), reverse=sorting.is_reversed) + silent


def longest(rows: Sequence[Row]) -> dict[Column, int]:
    """How long the longest text of each column is; of those in which something stands."""
    found = {column: max((len(row.cell(column)) for row in rows), default=0) for column in COLUMNS}
    return {column: length for column, length in found.items() if length}


def _test(word: str) -> Callable[[str], bool]:
    """Whether a text has the word; what is written without blanks, such as Chinese, may stand within a word."""
    before = " " if word.isascii() else ""
    wanted = f"{before}{word}"
    other = before + _UNFINISHED_BRITISH.sub("iz", word)
    if other == wanted:
        return lambda text: wanted in text
    return lambda text: wanted in text or other in text


def _rank(cell: str) -> str:
    return fold(cell).lstrip(" \"'([“‘")


def _short(paper: Paper) -> str:
    """The family names of one or two authors, or of the first one with `et al.`."""
    families = [_family(name) for name in paper.authors[:2]]
    if len(paper.authors) > 2 or (families and not paper.authors_complete):
        return f"{families[0]} et al."
    return " and ".join(families)


def _family(name: str) -> str:
    parsed = names.parse(name)
    return parsed.literal or f"{parsed.particle} {parsed.family}".strip()


def _line(text: str) -> str:
    return " ".join(printable(text).split())
