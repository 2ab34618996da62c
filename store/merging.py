"""All records of one paper made into one paper; no fact is thrown away.

The result is a pure function of the records in the order in which the library got them,
so a paper can be made again whenever a source changes or goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from store.paper import Paper, Record, Source
from store.text import abstract_key, title_key, word_overlap

SAME_TEXT_OVERLAP = 0.8
"""Two wordings with this word overlap are one abstract, whatever else resembles it."""
REVISION_OVERLAP = 0.4
"""A later revision of an abstract shares about half of its words (0.48 and 0.64 seen);
unrelated abstracts of one field share a quarter at most (0.23 seen)."""
REVISION_MARGIN = 0.15
"""How much better than the second-best a revision must fit."""
TITLE_TWINS_OVERLAP = 0.5
"""Below this, records with one title but conflicting identifiers are two papers."""


class Identity(NamedTuple):
    """One thing by which a record can be recognised: a kind (`doi`, `arxiv`, `title`, `abstract`) and a value."""

    kind: str
    value: str


def identities(record: Record, path: str) -> list[Identity]:
    """What identifies the record, the surest first. A source's own id counts within its file only."""
    found = []
    if doi := record.identifiers.get("doi"):
        found.append(Identity("doi", doi.lower()))
    if arxiv := record.identifiers.get("arxiv"):
        found.append(Identity("arxiv", re.sub(r"v\d+$", "", arxiv.lower())))
    own = {kind: value for kind, value in record.identifiers.items() if kind not in ("doi", "arxiv")}
    found.extend(Identity(f"{kind} in {path}", value) for kind, value in own.items())
    if title := title_key(record.title):
        found.append(Identity("title", title))
    found.append(Identity("abstract", abstract_key(record.abstract)))
    return found


def is_same_titled_paper(record: Record, other: Paper) -> bool:
    """Whether a record with the title of `other` is that paper, and not another with a common title."""
    conflict = any(
        other.identifiers.get(kind, value).lower() != value.lower() for kind, value in record.identifiers.items()
    )
    return not conflict or word_overlap(record.abstract, other.abstract) >= TITLE_TWINS_OVERLAP


def closest_revision(abstract: str, candidates: Sequence[tuple[int, str]]) -> int | None:
    """The id of the candidate of which `abstract` is another wording, if one stands out.

    `candidates` are (id, abstract) pairs. Used only where one side has no title: two
    papers with titles of their own may have abstracts that are nearly the same.
    """
    overlaps = sorted(((word_overlap(abstract, text), -number) for number, text in candidates), reverse=True)
    if not overlaps:
        return None
    best, number = overlaps[0]
    second = overlaps[1][0] if len(overlaps) > 1 else 0.0
    stands_out = best >= REVISION_OVERLAP and best - second >= REVISION_MARGIN
    return -number if stands_out or (best >= SAME_TEXT_OVERLAP and best > second) else None


def merge(key: str, listings: Sequence[tuple[Record, Source]]) -> Paper:
    """The paper that these records describe. A titled listing's wording is its abstract."""
    records = [record for record, _ in listings]
    main = next((record for record in records if record.title), records[0])
    records = [main, *(record for record in records if record is not main)]
    authors = max(records, key=lambda record: (bool(record.authors) and record.authors_complete, len(record.authors)))
    return Paper(
        key=key,
        title=main.title,
        abstract=main.abstract,
        authors=authors.authors,
        authors_complete=authors.authors_complete,
        author_count=max((record.author_count for record in records if record.author_count), default=None),
        date=_most_precise(record.date for record in records),
        venue=next((record.venue for record in records if record.venue), None),
        categories=tuple(dict.fromkeys(name for record in records for name in record.categories)),
        identifiers=_united([*record.identifiers.items()] for record in records),
        url=next((record.url for record in records if record.url), None),
        has_code=_any_known(record.has_code for record in records),
        extra=_united([*record.extra.items()] for record in records) | _passed_over(records),
        variants=_variants(main.abstract, records),
        sources=tuple(source for _, source in listings),
    )


def _variants(abstract: str, records: Sequence[Record]) -> tuple[str, ...]:
    seen = {abstract_key(abstract)}
    variants = []
    for record in records:
        for text in (record.abstract, *record.variants):
            if (known := abstract_key(text)) not in seen:
                seen.add(known)
                variants.append(text)
    return tuple(variants)


def _most_precise(found: Iterable[str | None]) -> str | None:
    """The date that says most: a full one before a month, a year, and a day without a year."""
    known = [date for date in found if date]
    return max(known, key=lambda date: (not date.startswith("--"), len(date)), default=None)


def _passed_over(records: Sequence[Record]) -> dict[str, str]:
    """What other listings say differently where a paper has room for one value: `venue2`, `url2`, `title2`."""
    tables = (
        [(name, value) for name in ("title", "venue", "url") if (value := getattr(record, name))] for record in records
    )
    return {name: value for name, value in _united(tables).items() if name[-1].isdigit()}


def _any_known(flags: Iterable[bool | None]) -> bool | None:
    known = [flag for flag in flags if flag is not None]
    return any(known) if known else None


def _united(tables: Iterable[list[tuple[str, str]]]) -> dict[str, str]:
    """All entries; where two sources differ under one name, the later one gets a number."""
    united: dict[str, str] = {}
    held: dict[str, set[str]] = {}
    for table in tables:
        for name, value in table:
            values = held.setdefault(name, set())
            if value not in values:
                values.add(value)
                united[name if len(values) == 1 else f"{name}{len(values)}"] = value
    return united
