"""A shelf of made-up papers with gold questions, and runs over it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals import gold
from evals.resolving import Case, resolve
from store.library import Library
from tests.agent.conftest import LATENCY, SHELF, SOLVES, write_papers

ZEPPELIN, QUOKKA, BALLOON = list(SHELF)[:3]
SHELF_GOLD: list[dict[str, Any]] = [
    {
        "id": "g1",
        "question": "What share of the problems of miniF2F does Zeppelin-7B solve?",
        "kind": "fact",
        "gold": [ZEPPELIN],
        "facts": [{"paper": ZEPPELIN, "sentence": f"{SOLVES}."}],
    },
    {
        "id": "g2",
        "question": "How fast does Quokka plan a motion of a robot arm?",
        "kind": "fact",
        "gold": [QUOKKA],
        "also": ["Grasping in Clutter"],
        "facts": [{"paper": QUOKKA, "sentence": f"{LATENCY}."}],
    },
    {
        "id": "g3",
        "question": "Which systems prove problems of miniF2F?",
        "kind": "synthesis",
        "gold": [ZEPPELIN, BALLOON],
        "facts": [
            {"paper": ZEPPELIN, "sentence": f"{SOLVES}."},
            {"paper": BALLOON, "sentence": "Balloon proves 44.1% of the problems of miniF2F."},
        ],
    },
    {"id": "g4", "question": "Which enzyme breaks down PET plastic fastest?", "kind": "unanswerable", "gold": []},
    {
        "id": "g5",
        "question": "What does sleep do for the recall of a maze?",
        "kind": "fact",
        "gold": ["Sleep and Memory in Mice"],
    },
    {
        "id": "g6",
        "question": "How many species does the recognizer of birds name?",
        "kind": "fact",
        "gold": ["Speech Recognition for Birds"],
    },
]


def write_gold(path: Path, questions: list[dict[str, Any]]) -> Path:
    """Gold questions as a file."""
    path.write_text("".join(json.dumps(question) + "\n" for question in questions), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def shelf_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of made-up papers; made once, for reading only."""
    folder = tmp_path_factory.mktemp("shelf")
    with Library(folder / "library") as made:
        made.add([write_papers(folder / "papers.jsonl", SHELF)])
    return folder / "library"


@pytest.fixture
def shelf(shelf_folder: Path) -> Iterator[Library]:
    """The made-up papers as a library, for reading only."""
    with Library(shelf_folder) as opened:
        yield opened


@pytest.fixture
def shelf_gold(tmp_path: Path) -> Path:
    """The file of the shelf's gold questions."""
    return write_gold(tmp_path / "shelf-gold.jsonl", SHELF_GOLD)


@pytest.fixture
def cases(shelf: Library, shelf_gold: Path) -> tuple[Case, ...]:
    """The shelf's gold questions, resolved."""
    return resolve(gold.read(shelf_gold), shelf)
