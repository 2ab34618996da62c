"""The three libraries that we develop on, each with its gold questions."""

from __future__ import annotations

from pathlib import Path

import seeds
from evals import gold
from evals.gold import Question
from store.library import Library

CORPORA = ("seeds", "arxiv-mixed", "arxiv-reasoning")
_DATA = Path(__file__).parent / "data"


def questions(corpus: str) -> tuple[Question, ...]:
    """The gold questions of one of `CORPORA`."""
    return gold.read(gold.FOLDER / f"{corpus}.jsonl").questions


def build_library(corpus: str, folder: Path) -> Library:
    """A library of one of `CORPORA` in `folder`, made if it is not there."""
    library = Library(folder)
    if not library.exists:
        library.add([seeds.FOLDER if corpus == "seeds" else _DATA / f"{corpus}.jsonl.gz"])
    return library
