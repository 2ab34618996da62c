"""The values of the store: a record as a source gives it, a paper as the library holds it.

Record   what one source says of one paper; no key yet
Problem  what a reader could not make sense of, with its place and the reason
Paper    all records of one paper merged, with a citation key that never changes
Hit      a paper found by a search, with its scores and its best sentence
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from anyascii import anyascii

from store import dates
from store.text import STOPWORDS

_NAME_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
_KEY_PART_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Record:
    """One source's description of one paper, cleaned; what it does not say is None or empty."""

    abstract: str
    place: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    authors_complete: bool = True
    """False where the source lists the first authors only ("et al.")."""
    author_count: int | None = None
    date: str | None = None
    venue: str | None = None
    categories: tuple[str, ...] = ()
    identifiers: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    has_code: bool | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    """Facts that have no field of their own, such as an affiliation or a comment."""
    source_text: str | None = None
    """The abstract as the source printed it, where cleaning changed it."""
    variants: tuple[str, ...] = ()
    """Other wordings that the source gives beside `abstract`, as our own export does."""
    wanted_key: str | None = None
    """The key under which another library exported the paper."""

    def to_json(self) -> str:
        """The record as canonical JSON, without its place: equal records, equal text."""
        content = {name: value for name in _CONTENT if (value := getattr(self, name))}
        if self.has_code is not None:
            content["has_code"] = self.has_code
        content["authors_complete"] = self.authors_complete
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, place: str) -> Record:
        """The record that `to_json` wrote."""
        content = json.loads(text)
        for name in ("authors", "categories", "variants"):
            content[name] = tuple(content.get(name, ()))
        return cls(place=place, **content)


_CONTENT = tuple(item.name for item in fields(Record) if item.name != "place")


@dataclass(frozen=True, slots=True)
class Problem:
    """A piece of a file that could not be read; it never becomes a paper."""

    place: str
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a paper was read: a file and a place in it."""

    path: str
    place: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of the library; `abstract` is what quotations are cut from, byte for byte."""

    key: str
    title: str | None
    abstract: str
    authors: tuple[str, ...] = ()
    authors_complete: bool = True
    author_count: int | None = None
    date: str | None = None
    venue: str | None = None
    categories: tuple[str, ...] = ()
    identifiers: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    has_code: bool | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    variants: tuple[str, ...] = ()
    """Other wordings of the abstract that some source gives."""
    sources: tuple[Source, ...] = ()

    @property
    def year(self) -> int | None:
        """The year of publication, where a source states it."""
        return dates.year_of(self.date)

    @property
    def sha256(self) -> str:
        """Hash of the abstract's UTF-8 bytes; a citation carries it."""
        return text_hash(self.abstract)

    @property
    def label(self) -> str:
        """The title, or the beginning of an abstract that has none."""
        return self.title or f"(untitled) {self.abstract[:60].rstrip()}…"

    def to_dict(self) -> dict[str, Any]:
        """The paper's JSON form, which `papers list --jsonl` prints and `add` reads back."""
        return {
            "key": self.key,
            "title": self.title,
            "abstract": self.abstract,
            "authors": list(self.authors),
            "authors_complete": self.authors_complete,
            "author_count": self.author_count,
            "year": self.year,
            "date": self.date,
            "venue": self.venue,
            "categories": list(self.categories),
            "identifiers": dict(self.identifiers),
            "url": self.url,
            "has_code": self.has_code,
            "extra": dict(self.extra),
            "variants": list(self.variants),
            "sources": [{"path": source.path, "place": source.place} for source in self.sources],
            "sha256": self.sha256,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Paper:
        """The paper that `to_dict` wrote; what follows from its other fields is ignored."""
        known = {item.name: content[item.name] for item in fields(cls) if item.name in content}
        for name in ("authors", "categories", "variants"):
            known[name] = tuple(known.get(name, ()))
        known["sources"] = tuple(Source(**source) for source in known.get("sources", ()))
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an abstract: numbered from 1, `text == abstract[start:end]`, in characters."""

    index: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that a search found. Ranks count from 1 and are None in a list that lacks the paper."""

    rank: int
    paper: Paper
    score: float
    """Fused score: 1 is the best that both rankings could say, 0 the worst."""
    lexical_rank: int | None
    dense_rank: int | None
    lexical_score: float
    """BM25 as a share of what the query could reach, from 0 to 1; 0 where the words did not find it."""
    similarity: float
    """Cosine of query and paper, the closest of its texts counting."""
    sentence: Sentence
    variant: str | None = None
    """A sentence of another wording, where that one answers the query better."""


def text_hash(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of `text`, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def key_stem(authors: tuple[str, ...], date: str | None, title: str | None, abstract: str) -> str:
    """The citation key before any letter is added: `lin2025goedel`, unknown parts left out."""
    year = dates.year_of(date)
    name = _surname(authors[0]) if authors else ""
    return f"{name}{year or ''}{_first_word(title or abstract)}" or "paper"


def _surname(author: str) -> str:
    family = author.split(",")[0] if "," in author else author
    parts = [part for part in (_ascii(part) for part in family.split()) if part and part not in _NAME_SUFFIXES]
    return parts[-1] if parts else ""


def _first_word(title: str) -> str:
    candidates = [_ascii(part) for part in re.split(r"[\s/:,;\u2010-\u2015-]+", title)]
    meaningful = [part for part in candidates if len(part) > 1 and part not in STOPWORDS]
    return next(iter(meaningful or [part for part in candidates if part]), "")


def _ascii(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", anyascii(text).lower())[:_KEY_PART_LENGTH]
