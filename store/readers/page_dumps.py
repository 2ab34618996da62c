"""Text dumps of paper pages: labelled abstracts, daily pages, and bare title-abstract pairs.

LabelledReader     `Abstract:` and the text on one line; no titles
DailyPageReader    page header, then title / abstract / optional metadata, parted by blank lines
AlternatingReader  banner lines, then title and abstract in turn, no blank lines
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from store import dates
from store.paper import Problem, Record
from store.readers.base import CleanAbstract
from store.readers.source import Line, TextSource
from store.text import clean

_LABEL = re.compile(r"Abstract\s*[:.]\s*(?=\S)", re.IGNORECASE)
_BANNER = re.compile(r"Get trending papers in your email inbox.*", re.IGNORECASE)
_HEADER = re.compile(r"new|Subscribe|Daily Papers|by\s?\w+ and the research community", re.IGNORECASE)
_PAGE_DATE = re.compile(rf"{dates.PRINTED}")
_LISTED_DATE = re.compile(rf"{dates.PRINTED}(?: (?P<comments>\d+))?")
_AUTHOR_COUNT = re.compile(r"•\s*(\d[\d,]*) authors?")
_SEPARATOR = "·"
_TITLE_AT_MOST = 300
_ABSTRACT_AT_LEAST = 160
_HEADER_LINES = 15


class LabelledReader:
    """Reads lines that begin with `Abstract:`; they have no titles."""

    name = "labelled abstracts"
    untitled = True

    def matches(self, source: TextSource) -> bool:
        """Whether most of the lines carry the label."""
        filled = [line for line in source.head if line.strip()]
        return bool(filled) and sum(bool(_LABEL.match(line)) for line in filled) * 2 > len(filled)

    def read(self, source: TextSource) -> Iterator[Record | Problem]:
        """Yields one record a labelled line."""
        for line in source.lines():
            if not line.text.strip():
                continue
            label = _LABEL.match(line.text)
            if not label:
                yield Problem(line.place, "a line without the label `Abstract:`")
                continue
            yield _record(line.place, None, line.text[label.end() :])


class DailyPageReader:
    """Reads pages of a daily list: blocks parted by blank lines, some followed by metadata."""

    name = "daily page"
    untitled = False

    def matches(self, source: TextSource) -> bool:
        """Whether the page's header is there and blank lines part its blocks."""
        top = source.head[:_HEADER_LINES]
        return any(_BANNER.fullmatch(line.strip()) for line in top) and any(not line.strip() for line in top)

    def read(self, source: TextSource) -> Iterator[Record | Problem]:
        """Yields one record for each title with an abstract; the date below belongs to the one above."""
        waiting: Record | None = None
        title: Line | None = None
        for block in _blocks(source):
            if any(line.text.strip() == _SEPARATOR for line in block):
                if title:
                    yield Problem(title.place, "a title without an abstract")
                    title = None
                if waiting:
                    yield _with_listing(waiting, block)
                else:
                    yield Problem(block[0].place, "metadata that follow no abstract")
                waiting = None
                continue
            for line in block:
                if title is None or len(line.text) < _ABSTRACT_AT_LEAST:
                    if title is not None:
                        yield Problem(title.place, "a title without an abstract")
                        title = None
                    if waiting:
                        yield waiting
                        waiting = None
                    if len(line.text) > _TITLE_AT_MOST:
                        yield Problem(line.place, "an abstract without a title")
                    else:
                        title = line
                    continue
                record = _record(title.place, title.text, line.text)
                title = None
                if isinstance(record, Record):
                    waiting = record
                else:
                    yield record
        if waiting:
            yield waiting
        if title:
            yield Problem(title.place, "a title without an abstract")


class AlternatingReader:
    """Reads pages whose only structure is that title and abstract take turns."""

    name = "alternating lines"
    untitled = False

    def matches(self, source: TextSource) -> bool:
        """Whether a banner stands on top, or short and long lines take turns, with no blank line."""
        lines = source.head
        if any(not line.strip() for line in lines):
            return False
        if lines and _BANNER.fullmatch(lines[0].strip()):
            return True
        turns = sum(
            len(title) <= _TITLE_AT_MOST and len(abstract) >= max(_ABSTRACT_AT_LEAST, 2 * len(title))
            for title, abstract in itertools.pairwise(lines)
        )
        return turns >= 2 and turns * 5 >= 2 * len(lines)

    def read(self, source: TextSource) -> Iterator[Record | Problem]:
        """Yields one record a pair; a line out of turn is a Problem and does not shift the others."""
        title: Line | None = None
        below_banner = False
        for line in source.lines():
            text = line.text.strip()
            if title is None and _BANNER.fullmatch(text):
                below_banner = True
                continue
            if not text:
                continue
            if title is None and len(text) > _TITLE_AT_MOST:
                yield Problem(line.place, "an abstract without a title")
            elif title is None:
                # The page's button is glued to the first title below the banner.
                title = Line(line.number, text.removeprefix("Subscribe") or text if below_banner else text)
                below_banner = False
            elif len(text) < _ABSTRACT_AT_LEAST:
                yield Problem(title.place, "a title without an abstract")
                title = line
            else:
                yield _record(title.place, title.text, text)
                title = None
        if title:
            yield Problem(title.place, "a title without an abstract")


def _record(place: str, title: str | None, printed: str) -> Record | Problem:
    abstract = CleanAbstract(printed)
    if abstract.flaw:
        return Problem(place, abstract.flaw)
    return Record(
        abstract=abstract.text,
        place=place,
        title=clean(title) or None if title else None,
        source_text=abstract.printed,
    )


def _blocks(source: TextSource) -> Iterator[list[Line]]:
    """The blocks of a page below its header, blank lines taken out."""
    block: list[Line] = []
    in_header = True
    for line in source.lines():
        text = line.text.strip()
        if in_header:
            header = _HEADER.fullmatch(text) or _BANNER.fullmatch(text) or _PAGE_DATE.fullmatch(text)
            if not text or (header and line.number <= _HEADER_LINES):
                continue
            in_header = False
        if text:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _with_listing(record: Record, block: list[Line]) -> Record:
    """`record` with what the lines below it say: author count or organisation, date, comments."""
    extra: dict[str, str] = {}
    count: int | None = None
    date: str | None = None
    for line in block:
        text = clean(line.text)
        if text == _SEPARATOR:
            continue
        if authors := _AUTHOR_COUNT.fullmatch(text):
            count = int(authors[1].replace(",", ""))
        elif (listed := _LISTED_DATE.fullmatch(text)) and date is None:
            date = dates.from_print(listed["month"], listed["day"], listed["year"])
            if listed["comments"]:
                extra["comments"] = listed["comments"]
        else:
            _, _, organisation = text.partition(" ")
            extra["organisation"] = organisation or text
    return Record(
        abstract=record.abstract,
        place=record.place,
        title=record.title,
        author_count=count,
        date=date,
        extra=extra,
        source_text=record.source_text,
    )
