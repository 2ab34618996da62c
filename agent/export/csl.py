"""CSL-JSON, which pandoc, Zotero and every citeproc read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent.export.entry import Entry
from agent.export.names import Name

_OTHERS = {"literal": "others"}
"""Stands for the authors that a source does not name, as pandoc writes BibTeX's `and others`; it prints "et al."."""

_TYPES = {"journal": "article-journal", "proceedings": "paper-conference", "preprint": "article", "other": "article"}


def render(entries: Sequence[Entry]) -> str:
    """The entries as a CSL-JSON file, in the order given."""
    return json.dumps([item(entry) for entry in entries], ensure_ascii=False, indent=2) + "\n"


def item(entry: Entry) -> dict[str, Any]:
    """The CSL item of a paper; titles and names are plain text."""
    fields: dict[str, Any] = {
        "id": entry.key,
        "type": _TYPES[entry.kind],
        "title": entry.title,
        "author": _authors(entry),
        "issued": {"date-parts": [list(entry.date)]} if entry.date else None,
        "container-title": entry.venue,
        "archive": "arXiv" if entry.arxiv else "",
        "number": f"arXiv:{entry.arxiv}" if entry.arxiv else "",
        "DOI": entry.doi,
        "PMID": entry.pmid,
        "URL": entry.url,
        "keyword": ", ".join(entry.keywords),
    }
    return {name: value for name, value in fields.items() if value}


def _authors(entry: Entry) -> list[dict[str, str]]:
    named = [_author(name) for name in entry.authors]
    return named if entry.complete or not named else [*named, _OTHERS]


def _author(name: Name) -> dict[str, str]:
    parts = {
        "literal": name.literal,
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {part: value for part, value in parts.items() if value}
