"""JSON Lines: our own export, BEIR, SciFact, arXiv listings, and whatever names its fields alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from store import dates
from store.paper import Problem, Record
from store.readers.base import CleanAbstract
from store.readers.source import Line, TextSource
from store.text import clean

_OBJECT = re.compile(r'\s*\{\s*"')
_ARXIV_ID = re.compile(
    r"(?:arxiv:|https?://arxiv\.org/(?:abs|pdf)/)?"
    r"((?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?)",
    re.IGNORECASE,
)
_SAFE_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:.+-]{0,63}")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?\s*(10\.\d{4,9}/\S+)", re.IGNORECASE)
_OWN_ID_FIELDS = {
    "_id": "beir",
    "doc_id": "scifact",
    "corpus_id": "corpus",
    "paperId": "semanticscholar",
    "pmid": "pmid",
}
_FACTS_KEPT = ("comment", "comments", "listed", "journal_ref", "journal-ref")


class JsonLinesReader:
    """Reads one JSON object a line; which dialect it is shows in its field names."""

    name = "JSON Lines"
    untitled = False

    def matches(self, source: TextSource) -> bool:
        """Whether the first filled line begins a JSON object."""
        first = next((line for line in source.head if line.strip()), "")
        return bool(_OBJECT.match(first)) and (source.suffix in (".jsonl", ".ndjson") or _has_known_fields(first))

    def read(self, source: TextSource) -> Iterator[Record | Problem]:
        """Yields one record a line."""
        for line in source.lines():
            if not line.text.strip():
                continue
            yield _parse(line)


def _has_known_fields(line: str) -> bool:
    return any(f'"{name}"' in line for name in ("abstract", "text", "title"))


def _parse(line: Line) -> Record | Problem:
    try:
        fields = json.loads(line.text)
    except (ValueError, RecursionError) as error:
        return Problem(line.place, f"not valid JSON: {str(error)[:80]}", "the line may be cut off")
    if not isinstance(fields, dict):
        return Problem(line.place, "not a JSON object")
    nested = fields.get("metadata")  # where BEIR's corpora keep what is not text
    return _record({**nested, **fields} if isinstance(nested, dict) else fields, line.place)


def _record(fields: Mapping[str, Any], place: str) -> Record | Problem:
    printed = _text(fields.get("abstract")) or _text(fields.get("text")) or _text(fields.get("summary"))
    abstract = CleanAbstract(printed)
    title = clean(_text(fields.get("title"))) or None
    if abstract.flaw:
        return Problem(place, abstract.flaw + (f": {title[:80]}" if title else ""))
    identifiers = _identifiers(fields)
    complete = fields.get("authors_complete")
    count = fields.get("author_count")
    code = fields.get("has_code")
    return Record(
        abstract=abstract.text,
        place=place,
        title=title,
        authors=_authors(fields.get("authors")),
        authors_complete=complete if isinstance(complete, bool) else True,
        author_count=count if isinstance(count, int) and not isinstance(count, bool) else None,
        date=_date(fields, identifiers),
        venue=_line(fields, "venue") or _line(fields, "journal"),
        categories=_names(fields.get("categories")),
        identifiers=identifiers,
        url=_line(fields, "url"),
        has_code=code if isinstance(code, bool) else None,
        extra=_extra(fields),
        source_text=abstract.printed,
        variants=_texts(fields.get("variants")),
        wanted_key=key if _SAFE_KEY.fullmatch(key := _line(fields, "key") or "") else None,
    )


def _text(value: object) -> str:
    """A field's text; a list of sentences, as SciFact has it, is joined."""
    if isinstance(value, list):
        return " ".join(part.strip() for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _line(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return clean(value) or None if isinstance(value, str) else None


def _authors(value: object) -> tuple[str, ...]:
    """Names from a list of names or of objects with a name, or from one text as listings print it."""
    if isinstance(value, str):
        return tuple(name for part in _parted(value) if (name := clean(part)))
    if not isinstance(value, list):
        return ()
    names = [part.get("name") if isinstance(part, dict) else part for part in value]
    return tuple(text for name in names if isinstance(name, str) and (text := clean(name)))


def _parted(names: str) -> list[str]:
    """Names that stand in one text: by semicolons, by `and` (`Lin, Yong and Jin, Chi`), or by commas."""
    if ";" in names:
        return names.split(";")
    by_and = re.split(r",?\s+and\s+", names)
    if len(by_and) > 1 and all(part.count(",") == 1 for part in by_and):
        return by_and
    return [name for part in by_and for name in re.split(r",\s+", part)]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for part in value if (text := clean(_text(part)))) if isinstance(value, list) else ()


def _names(value: object) -> tuple[str, ...]:
    parts = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(text for part in parts if isinstance(part, str) and (text := clean(part)))


def _identifiers(fields: Mapping[str, Any]) -> dict[str, str]:
    given = fields.get("identifiers")
    found = _named_texts(given)
    for kind, form in (("doi", _DOI), ("arxiv", _ARXIV_ID)):
        if kind in found and (bare := form.fullmatch(found[kind])):
            found[kind] = bare[1]
    for name, kind in _OWN_ID_FIELDS.items():
        if own := _scalar(fields.get(name)):
            found.setdefault(kind, own)
    doi = _DOI.fullmatch(_line(fields, "doi") or "")
    if doi:
        found.setdefault("doi", doi[1])
    for name in ("arxiv_id", "arxiv", "id"):
        own = _scalar(fields.get(name))
        if arxiv := _ARXIV_ID.fullmatch(own):
            found.setdefault("arxiv", arxiv[1])
        elif own:
            found.setdefault("id", own)
    return found


def _scalar(value: object) -> str:
    """A text or a number as text; nothing for whatever else stands there."""
    return clean(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _named_texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {clean(str(name)): text for name, given in value.items() if (text := _scalar(given))}


def _date(fields: Mapping[str, Any], identifiers: Mapping[str, str]) -> str | None:
    """The most precise date that the record states; an arXiv identifier states year and month."""
    for name in ("date", "published", "publication_date", "year"):
        value = fields.get(name)
        stated = isinstance(value, str | int) and not isinstance(value, bool) and dates.normalise(str(value))
        if stated:
            return stated
    return dates.from_arxiv(identifiers.get("arxiv", ""))


def _extra(fields: Mapping[str, Any]) -> dict[str, str]:
    return _named_texts(fields.get("extra")) | {name: text for name in _FACTS_KEPT if (text := _line(fields, name))}
