"""Gold questions and the libraries that they are asked of.

A gold file has one JSON object a line: id, question, kind, `gold` (titles of every paper
that answers), `also` (titles that may be cited too), `facts` (title and exact sentence).
A question that the library does not answer has no gold.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import seeds
from store.library import Library

FOLDER = Path(__file__).parent
CORPORA = ("seeds", "arxiv-reasoning", "arxiv-mixed")


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence of a gold paper that carries the answer."""

    title: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with every paper that answers it; `gold` is empty where none does."""

    id: str
    text: str
    kind: str
    gold: frozenset[str]
    also: frozenset[str]
    facts: tuple[Fact, ...]


def load(corpus: str) -> list[Question]:
    """The gold questions of one of `CORPORA`."""
    text = (FOLDER / "gold" / f"{corpus}.jsonl").read_text(encoding="utf-8")
    return [_question(json.loads(line)) for line in text.splitlines()]


def _question(fields: dict[str, object]) -> Question:
    def titles(name: str) -> frozenset[str]:
        value = fields[name]
        return frozenset(str(title) for title in value) if isinstance(value, list) else frozenset()

    facts = fields["facts"]
    return Question(
        id=str(fields["id"]),
        text=str(fields["question"]),
        kind=str(fields["kind"]),
        gold=titles("gold"),
        also=titles("also"),
        facts=tuple(Fact(fact["title"], fact["sentence"]) for fact in facts) if isinstance(facts, list) else (),
    )


def build_library(corpus: str, folder: Path) -> Library:
    """A library of one of `CORPORA` in `folder`, made if it is not there."""
    library = Library(folder)
    if not library.exists:
        library.add([seeds.FOLDER if corpus == "seeds" else FOLDER / "data" / f"{corpus}.jsonl.gz"])
    return library
