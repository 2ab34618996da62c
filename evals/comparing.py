"""Two runs over the same gold set against each other, question by question.

Every difference is of B less A. A score is compared over the questions where both runs have
it, with a bootstrap interval and a paired test whose p-values are corrected for the number of
scores. Costs have an interval and no test: the question is not whether two systems cost the
same, but how much more one costs, and every further test would make those of the scores weaker.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from agent.errors import EvalError
from evals.comparability import demand_comparable, finished, part_of, questions_of, warnings_on
from evals.metrics import statistics
from evals.metrics.statistics import Interval, Paired
from evals.records import Record
from evals.scoring import JUDGED
from evals.summary import RunData
from store.text import clean

MAIN_SCORES = ("citation_f1", "correct")
"""What decides a question: the first that both runs have."""
COSTS = {
    "words": "words",
    "calls": "calls",
    "prompt_tokens": "tokens",
    "completion_tokens": "tokens",
    "cost_usd": "USD",
    "first_token_ms": "ms",
    "total_ms": "ms",
}
"""The costs that are compared, and their units."""
SIGNIFICANT = 0.05
_SAME = 1e-9
"""Scores of one question that are no further apart are the same."""
_Pairs = Sequence[tuple[Record, Record]]


class Side(NamedTuple):
    """One of the two runs; `done` and `errors` count all of its questions, compared or not."""

    run: str
    system: str
    model: str
    done: int
    errors: int


class ScoreRow(NamedTuple):
    """A score in both runs: the means over the questions where both have it, and how they differ."""

    name: str
    a: float
    b: float
    paired: Paired
    p_holm: float

    @property
    def better(self) -> Literal["a", "b"] | None:
        """The run that is better; None where the interval holds 0 or the corrected p-value is not below 0.05."""
        _, low, high = self.paired.difference
        if self.p_holm >= SIGNIFICANT or low <= 0 <= high:
            return None
        return "b" if low > 0 else "a"


class DifferenceRow(NamedTuple):
    """Means over `n` questions, and their difference: of a cost, or of a kind's main score."""

    name: str
    n: int
    a: float
    b: float
    difference: Interval
    unit: str = ""
    """Empty for a score."""
    score: str = ""
    """Of a kind: which score."""


class CitedPaper(NamedTuple):
    """A paper that an answer cites."""

    key: str
    title: str
    standing: Literal["gold", "acceptable", "wrong"]


@dataclass(frozen=True, slots=True)
class Change:
    """A question that one of the runs did better, and the papers that the two answers cite."""

    id: str
    kind: str
    question: str
    score: str
    a: float
    b: float
    said: tuple[str, str]
    """For A and B: "answered", "abstained" or "error"."""
    only_a: tuple[CitedPaper, ...]
    only_b: tuple[CitedPaper, ...]
    both: tuple[CitedPaper, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison shows."""

    a: Side
    b: Side
    gold: str
    asked: int
    """Questions of the gold set."""
    compared: int
    entailment: str
    scores: tuple[ScoreRow, ...]
    costs: tuple[DifferenceRow, ...]
    kinds: tuple[DifferenceRow, ...]
    changes: tuple[Change, ...]
    """The greatest change first."""
    warnings: tuple[str, ...]
    seed: int

    @property
    def wins(self) -> tuple[Change, ...]:
        """The questions that B did better."""
        return tuple(change for change in self.changes if change.b > change.a)

    @property
    def losses(self) -> tuple[Change, ...]:
        """The questions that A did better."""
        return tuple(change for change in self.changes if change.b < change.a)


def compare(a: RunData, b: RunData, *, seed: int = 0) -> Comparison:
    """How run B differs from run A; raises `EvalError` where they cannot be held against each other."""
    demand_comparable(a, b)
    known = finished(b)
    pairs = [(first, known[name]) for name, first in finished(a).items() if name in known]
    if not pairs:
        raise EvalError("the two runs have no question in common yet", "let them go on: citeloom eval run GOLD")
    judged = bool(a.manifest.get("judge")) and bool(b.manifest.get("judge"))
    return Comparison(
        a=_side(a),
        b=_side(b),
        gold=clean(str(part_of(a.manifest, "gold").get("path", ""))),
        asked=questions_of(a, b),
        compared=len(pairs),
        entailment=clean(str(a.manifest.get("entailment") or "")),
        scores=_scores(pairs, () if judged else JUDGED, seed),
        costs=_costs(pairs, seed),
        kinds=_kinds(pairs, seed),
        changes=_changes(pairs, {**part_of(a.manifest, "titles"), **part_of(b.manifest, "titles")}),
        warnings=tuple(warnings_on(a, b, pairs)),
        seed=seed,
    )


def _scores(pairs: _Pairs, left_out: Sequence[str], seed: int) -> tuple[ScoreRow, ...]:
    """Every score that both runs have for some question, in the order in which records hold them."""
    names = dict.fromkeys(name for pair in pairs for record in pair for name in record.scores)
    rows = []
    for name in names:
        first, second = _values(pairs, "scores", name)
        if name not in left_out and (result := statistics.paired(first, second, seed=seed)):
            rows.append(ScoreRow(clean(name), _mean(first), _mean(second), result, result.p))
    adjusted = statistics.holm([row.paired.p for row in rows])
    return tuple(row._replace(p_holm=p) for row, p in zip(rows, adjusted, strict=True))


def _costs(pairs: _Pairs, seed: int) -> tuple[DifferenceRow, ...]:
    rows = (_difference(name, _values(pairs, "counts", name), seed) for name in COSTS)
    # What costs nothing in either run, as calls do in quote mode, is no row.
    return tuple(row._replace(unit=COSTS[row.name]) for row in rows if row and (row.a or row.b))


def _kinds(pairs: _Pairs, seed: int) -> tuple[DifferenceRow, ...]:
    """Each kind of question by the first main score that it has."""
    found = []
    for kind in dict.fromkeys(first.kind for first, _ in pairs):
        own = [pair for pair in pairs if pair[0].kind == kind]
        rows = ((score, _difference(clean(kind), _values(own, "scores", score), seed)) for score in MAIN_SCORES)
        found += [row._replace(score=score) for score, row in rows if row][:1]
    return tuple(found)


def _difference(name: str, values: tuple[list[float], list[float]], seed: int) -> DifferenceRow | None:
    first, second = values
    difference = statistics.mean([b - a for a, b in zip(first, second, strict=True)], seed=seed)
    return difference and DifferenceRow(name, len(first), _mean(first), _mean(second), difference)


def _changes(pairs: _Pairs, titles: Mapping[str, str]) -> tuple[Change, ...]:
    found = []
    for first, second in pairs:
        for score in MAIN_SCORES:
            a, b = first.scores.get(score), second.scores.get(score)
            if a is not None and b is not None:
                if abs(b - a) > _SAME:
                    found.append(_change(first, second, score, a, b, titles))
                break
    return tuple(sorted(found, key=lambda change: -round(abs(change.b - change.a), 9)))


def _change(first: Record, second: Record, score: str, a: float, b: float, titles: Mapping[str, str]) -> Change:
    known = {**titles, **_titles(first), **_titles(second)}
    gold, also = {*first.gold, *second.gold}, {*first.also, *second.also}

    def papers(keys: Sequence[str]) -> tuple[CitedPaper, ...]:
        return tuple(
            CitedPaper(
                clean(key),
                clean(str(known.get(key) or "")),
                "gold" if key in gold else "acceptable" if key in also else "wrong",
            )
            for key in keys
        )

    return Change(
        id=clean(first.id),
        kind=clean(first.kind),
        question=clean(first.question),
        score=score,
        a=a,
        b=b,
        said=(_said(first), _said(second)),
        only_a=papers([key for key in first.cited if key not in second.cited]),
        only_b=papers([key for key in second.cited if key not in first.cited]),
        both=papers([key for key in first.cited if key in second.cited]),
    )


def _titles(record: Record) -> dict[str, str]:
    return {paper["key"]: paper["title"] for paper in record.answer["references"]} if record.answer else {}


def _said(record: Record) -> str:
    return "error" if record.error is not None else "abstained" if record.abstained else "answered"


def _values(pairs: _Pairs, part: Literal["scores", "counts"], name: str) -> tuple[list[float], list[float]]:
    """What A and what B have, over the questions where both have it."""
    both = [tuple(getattr(record, part).get(name) for record in pair) for pair in pairs]
    known = [values for values in both if None not in values]
    return [a for a, _ in known], [b for _, b in known]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _side(data: RunData) -> Side:
    done = finished(data).values()
    return Side(
        run=clean(data.id),
        system=clean(str(data.manifest.get("system") or data.manifest.get("mode") or "")),
        model=clean(str(data.manifest.get("model") or "")),
        done=len(done),
        errors=sum(record.error is not None for record in done),
    )
