"""A shelf of made-up papers with gold questions, and runs over it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals import gold
from evals.resolving import Case, resolve
from store.library import Library
from tests.agent.conftest import LATENCY, SHELF, SOLVES, shelf, shelf_folder

__all__ = ["shelf", "shelf_folder"]

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


@pytest.fixture
def shelf_gold(tmp_path: Path) -> Path:
    """The file of the shelf's gold questions."""
    return write_gold(tmp_path / "shelf-gold.jsonl", SHELF_GOLD)


@pytest.fixture
def cases(shelf: Library, shelf_gold: Path) -> tuple[Case, ...]:
    """The shelf's gold questions, resolved."""
    return resolve(gold.read(shelf_gold), shelf)
