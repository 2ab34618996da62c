"""RIS, as reference managers and screening tools import it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.export.entry import Entry
from agent.export.names import Name

LINE_END = "\r\n"
"""What the format asks for, on every system."""
_TYPES = {"journal": "JOUR", "proceedings": "CPAPER", "preprint": "GEN", "other": "GEN"}


def render(entries: Sequence[Entry]) -> str:
    """The entries as RIS records, in the order given; every value is one line."""
    return "".join(_written(entry) for entry in entries)


def _written(entry: Entry) -> str:
    lines = [f"{tag}  - {value}" for tag, value in _tags(entry) if value]
    return LINE_END.join([f"TY  - {_TYPES[entry.kind]}", *lines, "ER  - ", "", ""])


def _tags(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "ID", entry.key
    for name in entry.authors:
        yield "AU", _author(name)
    yield "TI", entry.title
    yield "T2", entry.venue
    if entry.date:
        yield "PY", f"{entry.date[0]}"
        yield "DA", _date(entry.date)
    yield "DO", entry.doi
    yield "AN", f"arXiv:{entry.arxiv}" if entry.arxiv else f"PMID:{entry.pmid}" if entry.pmid else ""
    yield "UR", entry.url
    for word in entry.keywords:
        yield "KW", word
    yield "AB", entry.abstract
    if entry.authors and not entry.complete:
        yield "N1", "The source names the first authors only."


def _date(date: tuple[int, ...]) -> str:
    """`2025/02/11/`: three slashes, whatever is unknown between them."""
    year, month, day = [str(date[0]), *(f"{part:02d}" for part in date[1:]), "", ""][:3]
    return f"{year}/{month}/{day}/"


def _author(name: Name) -> str:
    if name.literal:
        return name.literal
    family = " ".join(part for part in (name.particle, name.family) if part)
    return ", ".join(part for part in (family, name.given, name.suffix) if part)
