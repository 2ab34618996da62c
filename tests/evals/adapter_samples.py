"""What the tests of the adapters share: the files of the sets, and a conversion with all that came of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from evals import gold
from evals.adapters.converting import Counts, convert
from evals.gold import Flaw, Question

DATA = Path(__file__).parent / "data"


class Converted(NamedTuple):
    """What a conversion gave: its counts, the questions by id, the papers by key, and what was left out."""

    counts: Counts
    questions: dict[str, Question]
    papers: dict[str, dict[str, Any]]
    flaws: list[Flaw]


def converted(name: str, *paths: Path) -> Converted:
    """Converts a set's files into a folder beside the test."""
    flaws: list[Flaw] = []
    target = Path("converted")
    counts = convert(name, paths, target, force=True, on_flaw=flaws.append)
    questions = {question.id: question for question in gold.read(target / "gold.jsonl").questions}
    file = target / "papers.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    return Converted(counts, questions, {row["key"]: row for row in rows}, flaws)


def copied(name: str) -> Path:
    """A set's files, copied beside the test so that it may break them."""
    return Path(shutil.copytree(DATA / name, Path(name)))


def append(path: Path, *lines: str) -> None:
    """Lines more for a file."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
