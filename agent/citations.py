"""How citations and papers are written in an answer: marks are parsed and rendered; pure functions.

A model writes `[3.2]`: sentence 2 of paper 3 of the evidence. `[3.2, 5.1]` names two, `[3.2-4]`
three, `[3]` a paper without saying where in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from agent.answer import Citation
    from store.paper import Paper

_MARKUP = re.compile(r"([\\`*_\[\]<>&])")
_AT_LINE_START = re.compile(r"^([#+=~-]|\d+(?=[.)]))")
_PLACE = r"\d{1,4}(?:\.\d{1,4}(?:\s*[-–]\s*(?:\d{1,4}\.)?\d{1,4})?)?"
_BETWEEN = r"\s*(?:[,;&]|\band\b)\s*"
_OPEN, _CLOSE = r"[\[【［⟦〔]", r"[\]】］⟧〕]"
_MARK = re.compile(rf"{_OPEN}\s*(?P<places>{_PLACE}(?:{_BETWEEN}{_PLACE})*)\s*{_CLOSE}")
_LOOKS_LIKE_A_MARK = re.compile(rf"{_OPEN}\s*\w{{1,6}}\.\w{{1,6}}\s*{_CLOSE}")
_UNFINISHED_MARK = re.compile(rf"{_OPEN}[^\]】］⟧〕\n]{{0,80}}$")
_MOST_IN_A_RANGE = 5


class Place(NamedTuple):
    """What a mark points at: a paper's number, and a sentence of it unless the mark names the paper alone."""

    paper: int
    sentence: int | None

    def __str__(self) -> str:
        return f"{self.paper}.{self.sentence}" if self.sentence else f"{self.paper}"


class Mark(NamedTuple):
    """A mark in a text: where it stands, and what it points at."""

    start: int
    end: int
    places: tuple[Place, ...]


def find_marks(text: str) -> list[Mark]:
    """The marks of `text`, in order; brackets around a 0, as of an interval `[0, 1]`, are none.

    What only looks like a mark, `[ix.ix]`, is one that points at nothing.
    """
    found = [Mark(match.start(), match.end(), ()) for match in _LOOKS_LIKE_A_MARK.finditer(text)]
    for match in _MARK.finditer(text):
        places = tuple(place for piece in re.split(_BETWEEN, match["places"]) for place in _places(piece))
        found = [mark for mark in found if mark.start != match.start()]
        if all(place.paper and place.sentence != 0 for place in places):
            found.append(Mark(match.start(), match.end(), tuple(dict.fromkeys(places))))
    return sorted(found)


def without_unfinished_mark(text: str) -> str:
    """`text` up to a bracket at its end that may become a mark."""
    return _UNFINISHED_MARK.sub("", text)


def escaped(text: str) -> str:
    """`text` as Markdown that renders as `text`: nothing of a paper becomes markup or a citation mark."""
    within = _MARKUP.sub(r"\\\1", text)
    start = _AT_LINE_START.match(within)
    if not start:
        return within
    mark = start.end() if start[1].isdigit() else 0
    return f"{within[:mark]}\\{within[mark:]}"


def byline(paper: Paper) -> str:
    """Authors and year in brackets, as far as they are known: `(Lin et al., 2025)`."""
    known = [part for part in (_authors(paper.authors, paper.authors_complete), str(paper.year or "")) if part]
    return f"({', '.join(known)})" if known else ""


def mark(citation: Citation) -> str:
    """The mark of a citation: `[3.8]` is sentence 8 of paper 3."""
    return f"[{citation.number}.{citation.sentence}]"


def _places(piece: str) -> list[Place]:
    """`3.2` is one place, `3.2-4` and `3.2-3.4` are three; a range that is none keeps its ends."""
    ends = [part.strip().split(".") for part in re.split(r"[-–]", piece)]
    paper = int(ends[0][0])
    if len(ends[0]) == 1:
        return [Place(paper, None)]
    first = int(ends[0][1])
    if len(ends) == 1:
        return [Place(paper, first)]
    last_paper, last = (int(ends[1][0]), int(ends[1][1])) if len(ends[1]) == 2 else (paper, int(ends[1][0]))
    if last_paper == paper and first < last < first + _MOST_IN_A_RANGE:
        return [Place(paper, sentence) for sentence in range(first, last + 1)]
    return [Place(paper, first), Place(last_paper, last)]


def _authors(names: Sequence[str], complete: bool) -> str:
    if not names:
        return ""
    families = [name.split(",")[0] if "," in name else name.split()[-1] for name in names]
    if len(families) == 2 and complete:
        return f"{families[0]} and {families[1]}"
    return families[0] if len(families) == 1 and complete else f"{families[0]} et al."
