"""What an adapter of a public set is, and what all of them share.

An adapter turns the files of a set, as they are published, into papers that `citeloom add` reads and
questions with gold. Both are streamed; what cannot be used is a `Flaw` in the same stream, its reason one
of a few fixed wordings, so that reasons can be counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evals.adapters.files import Item, heads, text_of
from evals.gold import Flaw, Question
from store.readers.base import CleanAbstract
from store.text import clean

Files = Mapping[str, tuple[Path, ...]]
"""The files of a set by the part that they play in it; a part that has none holds an empty tuple."""
Paper = dict[str, Any]
"""A paper as a line of JSON Lines holds it; its abstract is, to the letter, what a library will store."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that an adapter reads."""

    role: str
    """Which part it plays in the set, in one word."""
    what: str
    """What is in it, for people."""
    patterns: tuple[str, ...]
    """How it is called where the set is published, as globs, folders among them."""
    fits: Callable[[Path], bool]
    """Whether a file holds this, by its beginning."""
    required: bool = True
    several: bool = False
    """Whether more than one may be read together."""
    usual: str = ""
    """Which one is meant where a folder has several."""


class Papers(Protocol):
    """Reads the papers of a set."""

    def __call__(self, files: Files, /) -> Iterator[Paper | Flaw]:
        """The papers, streamed; a set that ships no abstracts has none."""
        ...


class Questions(Protocol):
    """Reads the questions of a set."""

    def __call__(self, files: Files, /) -> Iterator[Question | Flaw]:
        """The questions, streamed; their facts stand to the letter in the abstracts that `Papers` gives."""
        ...


@dataclass(frozen=True, slots=True)
class Dataset:
    """A public set that can be converted."""

    name: str
    says: str
    """What it asks, in one line."""
    wanted: tuple[Wanted, ...]
    papers: Papers
    questions: Questions
    note: str = ""
    """What its user should know of the conversion."""


def having(*fields: str) -> Callable[[Path], bool]:
    """A test for files whose first records have all of these fields."""
    return lambda path: any(fields_of.keys() >= set(fields) for fields_of in heads(path))


def name_of(dataset: str, number: object) -> str:
    """The name of a paper that a set knows by a number of its own; empty where there is no number.

    It is the paper's key in a library, and an identifier too, for where two records become one paper.
    """
    own = text_of(number)
    return f"{dataset}-{own}" if own else ""


def paper(
    place: str,
    name: str,
    *,
    title: object,
    abstract: object,
    identifiers: Mapping[str, str] | None = None,
    year: object = None,
) -> Paper | Flaw:
    """The paper of one record, or why it is none; `name` is what gold calls it."""
    if not name:
        return Flaw(place, "a paper without an id")
    cleaned = CleanAbstract(clean(abstract) if isinstance(abstract, str) else "")
    if cleaned.flaw:
        return Flaw(place, "a paper whose abstract is missing or too short")
    fields = {
        "key": name,
        "title": clean(title) if isinstance(title, str) else "",
        "abstract": cleaned.text,
        "identifiers": {name.partition("-")[0]: name, **(identifiers or {})},
        "year": text_of(year),
    }
    return {key: value for key, value in fields.items() if value}


def names_of(item: Paper) -> set[str]:
    """Everything by which gold may call a paper."""
    identifiers: Mapping[str, str] = item["identifiers"]
    return {*identifiers.values(), *(f"{kind}:{value}" for kind, value in identifiers.items())}


def objects(items: Iterable[Item | Flaw]) -> Iterator[Item | Flaw]:
    """The records that are JSON objects; each other one is a flaw."""
    for item in items:
        if isinstance(item, Flaw) or isinstance(item.value, dict):
            yield item
        else:
            yield Flaw(item.place, "it is no JSON object")
