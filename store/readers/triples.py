"""Listings of three lines a paper: category and date, title and authors glued, abstract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from store import dates
from store.paper import Problem, Record
from store.readers.base import CleanAbstract
from store.readers.source import Line, TextSource
from store.text import clean

_HEADING = re.compile(rf"(?P<category>[A-Za-z][A-Za-z.-]{{0,18}}?){dates.PRINTED}(?P<code>Code)?")
_ET_AL = re.compile(r"\s+et al\.?$")
_TWO_INITIALS = re.compile(r"[A-Z]{2}")
_INITIAL = re.compile(r"[^\W\d_]\.(?:-?[^\W\d_]\.)*")
_PARTICLES = frozenset("van von der den de del della di da dos du la le bin ibn al el ter ten y e".split())
_INNER_CAPITAL = re.compile(r"(?:Mc|Mac|De|Di|Du|La|Le|Van|Fitz)(?=[A-Z])")
_BOUND_PREFIX = re.compile(r"(?:d['’]|al-|el-|l['’])(?=[^\W\d_])")
_GENERATION = re.compile(r"Jr\.?|Sr\.?|II|III|IV")
_APOSTROPHE_IN_NAME = re.compile(r"(?<![^\W\d_])[ODLdl]['’]$")
_MOST_NAME_PARTS = 5
_MOST_NAMES_AFTER_GLUE = 2
"""The listing prints three names at most; the first of them is glued to the title."""


class TriplesReader:
    """Reads listings of three lines a paper, with or without blank lines between."""

    name = "listing in triples"
    untitled = False

    def matches(self, source: TextSource) -> bool:
        """Whether the first filled line is a heading, and every third one after it about so."""
        filled = [line.strip() for line in source.head if line.strip()]
        if not filled or not _HEADING.fullmatch(filled[0]):
            return False
        return sum(bool(_HEADING.fullmatch(line)) for line in filled) * 5 >= len(filled)

    def read(self, source: TextSource) -> Iterator[Record | Problem]:
        """Yields one record a heading; what stands between two headings is its title and abstract."""
        heading: Line | None = None
        body: list[Line] = []
        for line in source.lines():
            if not line.text.strip():
                continue
            if _HEADING.fullmatch(line.text.strip()):
                if heading:
                    yield from _records(heading, body)
                heading, body = line, []
            elif heading:
                body.append(line)
            else:
                yield Problem(line.place, "text before the first heading of the listing")
        if heading:
            yield from _records(heading, body)


class Byline(NamedTuple):
    """A line of title and authors, taken apart."""

    title: str
    authors: tuple[str, ...]
    complete: bool
    affiliation: str | None


def split_byline(line: str) -> Byline:
    """Title, authors and affiliation of a line in which nothing parts title and first author.

    The names are taken from the right. The first of them begins at the leftmost capital
    inside a word from which on everything reads as a name, so that neither `AlgoVeri`
    nor `AIBohan Lyu` is cut in the wrong place.
    """
    rest, _, affiliation = line.rpartition(" · ") if " · " in line else (line, "", "")
    partial = _ET_AL.search(rest)
    rest = rest[: partial.start()] if partial else rest
    parts = rest.split(", ")
    names: list[str] = []
    while parts and len(names) <= _MOST_NAMES_AFTER_GLUE:
        last = parts.pop()
        if _is_name(last) and parts:
            names.insert(0, last)
            continue
        if (cut := _glue(last)) is not None:
            title = ", ".join([*parts, last[:cut]])
            authors = tuple(clean(name) for name in [last[cut:], *names])
            return Byline(clean(title), authors, partial is None, affiliation or None)
        break
    return Byline(clean(line), (), False, None)


def _glue(text: str) -> int | None:
    """Where in `text` the glued name begins."""
    for position in range(1, len(text)):
        inside_a_word = not text[position - 1].isspace() and text[position - 1] != "-"
        in_a_name = _APOSTROPHE_IN_NAME.search(text[:position])
        if inside_a_word and not in_a_name and text[position].isupper() and _is_name(text[position:]):
            return position
    return None


def _is_name(text: str) -> bool:
    parts = text.split()
    if not 1 <= len(parts) <= _MOST_NAME_PARTS or parts[-1] in _PARTICLES or not parts[0][:1].isupper():
        return False
    if len(parts) > 1 and _GENERATION.fullmatch(parts[-1]):
        parts = parts[:-1]
    first, *others = parts
    return (_is_name_part(first) or _TWO_INITIALS.fullmatch(first) is not None) and all(
        part in _PARTICLES or (len(part) == 1 and part.isupper()) or _is_name_part(_BOUND_PREFIX.sub("", part))
        for part in others
    )


def _is_name_part(part: str) -> bool:
    """Whether `part` is an initial, or capitalised with no other capital but after a hyphen or prefix."""
    if _INITIAL.fullmatch(part):
        return True
    pieces = [_INNER_CAPITAL.sub("", piece, count=1) for piece in re.split(r"[-'’]", part.rstrip("."))]
    pieces = [piece for piece in pieces if piece]
    if not pieces or len(part) < 2 or not all(piece.isalpha() for piece in pieces):
        return False
    return pieces[0][0].isupper() and all(piece[1:].islower() or len(piece) == 1 for piece in pieces)


def _records(heading: Line, body: list[Line]) -> Iterator[Record | Problem]:
    """The record of one heading; lines beyond title and abstract belong to a paper whose heading is missing."""
    if len(body) < 2:
        yield Problem(heading.place, "a heading without title and abstract")
        return
    yield _record(heading, body[0], body[1])
    if len(body) > 2:
        yield Problem(body[2].place, f"{len(body) - 2} lines without a heading")


def _record(heading: Line, titled: Line, printed: Line) -> Record | Problem:
    parsed = _HEADING.fullmatch(heading.text.strip())
    byline = split_byline(titled.text.strip())
    abstract = CleanAbstract(printed.text)
    if abstract.flaw:
        return Problem(heading.place, abstract.flaw)
    if not byline.authors or not parsed:
        return Problem(titled.place, "title and authors cannot be told apart")
    return Record(
        abstract=abstract.text,
        place=heading.place,
        title=byline.title,
        authors=byline.authors,
        authors_complete=byline.complete,
        date=dates.from_print(parsed["month"], parsed["day"], parsed["year"]),
        categories=(parsed["category"],),
        has_code=True if parsed["code"] else None,
        extra={"affiliation": byline.affiliation} if byline.affiliation else {},
        source_text=abstract.printed,
    )
