"""Runs made by hand for the tests of comparisons: one paper g that is gold, one paper o that may be cited too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evals.comparing import Comparison, compare
from evals.records import Record
from evals.summary import RunData

GOLD = {"path": "gold.jsonl", "sha256": "a" * 64, "questions": 3}
LIBRARY = {"papers": 40, "sha256": "b" * 64}
JUDGE: Mapping[str, Any] = {
    "model": "judge-1",
    "address": "http://localhost/v1",
    "prompts": {"judge/nuggets": "c" * 64},
}
HOSTILE = "\x1b[31m\x9b2Jred\u202e | <script>alert(1)</script> `code`\n# [x](http://example.org) *y*"


def record(name: str, f1: float | None = None, *cited: str, **fields: Any) -> Record:
    """A question and an answer that cites these papers; one that cites nothing abstains."""
    claims = [{"text": "It holds.", "citations": [{"key": key, "sentence": 1} for key in cited]}] if cited else []
    references = [{"key": key, "title": f"A paper on {key}"} for key in cited]
    given: dict[str, Any] = {
        "kind": "fact",
        "question": f"What about {name}?",
        "answerable": True,
        "gold": ("g",),
        "also": ("o",),
        "facts": (),
        "answer": {"abstained": not cited, "claims": claims, "references": references},
        "scores": {"citation_f1": f1, "correct": None if f1 is None else float(f1 > 0.5)},
        **fields,
    }
    return Record(id=name, **given)


def run(name: str, records: Iterable[Record], **manifest: Any) -> RunData:
    """A run of these records, with what its manifest has in place of the usual."""
    known = {"gold": GOLD, "library": LIBRARY, "system": "quote", "entailment": "overlap/1", "judge": None, "jobs": 1}
    return RunData(name, {**known, **manifest}, tuple(records))


def pair(a: Iterable[float | None], b: Iterable[float | None], score: str = "citation_f1") -> Comparison:
    """Two runs that have nothing but one score for each question."""
    first, second = (
        [record(f"q{place}", scores={score: value}) for place, value in enumerate(values)] for values in (a, b)
    )
    gold = {**GOLD, "questions": len(first)}
    return compare(run("one", first, gold=gold), run("two", second, gold=gold))


def three(f1: float = 1.0) -> list[Record]:
    """As many answers as the gold set has questions."""
    return [record(name, f1, "g") for name in ("q1", "q2", "q3")]
