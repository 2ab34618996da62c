"""BibTeX: an entry a paper, with the fields that its record has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.export import latex
from agent.export.entry import Entry
from agent.export.names import Name
from store.dates import MONTHS

_TYPES = {"journal": "article", "proceedings": "inproceedings", "preprint": "misc", "other": "misc"}
_VENUE_FIELDS = {"journal": "journal", "proceedings": "booktitle", "preprint": "howpublished", "other": "howpublished"}


def render(entries: Sequence[Entry]) -> str:
    """The entries as a BibTeX file in UTF-8, in the order given."""
    return "\n".join(_written(entry) for entry in entries)


def _written(entry: Entry) -> str:
    fields = "".join(f"  {name} = {value},\n" for name, value in _fields(entry))
    return f"@{_TYPES[entry.kind]}{{{entry.key},\n{fields}}}\n"


def _fields(entry: Entry) -> Iterator[tuple[str, str]]:
    if entry.title:
        yield "title", f"{{{{{latex.with_math(entry.title)}}}}}"
    if entry.authors:
        yield "author", f"{{{_authors(entry)}}}"
    if entry.venue:
        yield _VENUE_FIELDS[entry.kind], f"{{{latex.escaped(entry.venue)}}}"
    if entry.date:
        yield "year", f"{{{entry.date[0]}}}"
    if len(entry.date) > 1:
        yield "month", MONTHS[entry.date[1] - 1].lower()
    if len(entry.date) > 2:
        yield "day", f"{{{entry.date[2]}}}"
    if entry.arxiv:
        yield "eprint", f"{{{_raw(entry.arxiv)}}}"
        yield "archiveprefix", "{arXiv}"
    for name, value in (("doi", entry.doi), ("pmid", entry.pmid), ("url", entry.url)):
        if value:
            yield name, f"{{{_raw(value)}}}"
    if entry.keywords:
        yield "keywords", f"{{{', '.join(latex.escaped(word) for word in entry.keywords)}}}"


def _raw(value: str) -> str:
    """An identifier or address as styles want it: no escapes; what would end the field is percent-encoded."""
    return value.replace("\\", "%5C").replace("{", "%7B").replace("}", "%7D").replace(" ", "%20")


def _authors(entry: Entry) -> str:
    return " and ".join([*(_author(name) for name in entry.authors), *([] if entry.complete else ["others"])])


def _author(name: Name) -> str:
    if name.literal:
        return f"{{{latex.escaped(name.literal)}}}"
    family = " ".join(part for part in (name.particle, name.family) if part)
    return ", ".join(latex.escaped(part) for part in (family, name.suffix, name.given) if part)
