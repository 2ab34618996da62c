"""What the screens know of a run of evals: its questions, their answers and scores, and the means of these."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

_FIRST = ("citation_f1", "correct", "fact_recall", "ndcg@10", "coverage", "alce_recall")
"""The scores that decide, the one that decides most first."""


class Mean(NamedTuple):
    """The mean of a score over `n` questions."""

    name: str
    value: float
    n: int


class Fact(NamedTuple):
    """What a gold paper says to the question, and in which sentences of its abstract."""

    key: str
    sentences: tuple[int | None, ...]
    text: str
    vital: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What there was of an answer: its Markdown, what its claims cite, and the papers that it knows, by key."""

    text: str
    places: tuple[tuple[str, int | None], ...]
    """Key and sentence of each citation."""
    titles: Mapping[str, str]
    numbers: Mapping[str, int | None]
    """Those of the marks."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The cited papers, each once."""
        return tuple(dict.fromkeys(key for key, _ in self.places))


@dataclass(frozen=True, slots=True)
class Result:
    """A question of a run, and how its answer met the gold; `also` may be cited, too."""

    id: str
    kind: str
    question: str
    gold: tuple[str, ...]
    also: tuple[str, ...]
    answerable: bool
    facts: tuple[Fact, ...]
    scores: Mapping[str, float | None]
    given: Given | None
    error: str | None
    seconds: float | None

    @property
    def deciding(self) -> float | None:
        """The score that says whether the question went right: the first that it has, in their order."""
        values = (self.scores[name] for name in ordered(self.scores))
        return next((value for value in values if value is not None), None)

    @property
    def went_wrong(self) -> bool:
        """Whether there was an error, or the deciding score is below 1."""
        return self.error is not None or (self.deciding is not None and self.deciding < 1)


@dataclass(frozen=True, slots=True)
class Run:
    """A run: what was asked of whom, and what came of it so far. Times are UTC, as they were written."""

    id: str
    gold: str = ""
    """The file of the gold questions."""
    questions: int = 0
    """How many there are to be asked."""
    mode: str = ""
    """Which system was asked: quote, model, or a baseline."""
    model: str = ""
    started: str = ""
    finished: str = ""
    results: tuple[Result, ...] = ()
    damaged: int = 0
    """Lines that cannot be read."""
    problem: str = ""
    """Why nothing is known of the run, where nothing is."""

    @property
    def errors(self) -> int:
        """How many questions ended in an error."""
        return sum(result.error is not None for result in self.results)

    @property
    def means(self) -> tuple[Mean, ...]:
        """The mean of each score over the questions that have it, in their order.

        A question that ended in an error counts as 0 in every one that it could have.
        """
        found = []
        for name in ordered(name for result in self.results for name in result.scores):
            values = [value for result in self.results if (value := _counted(result, name)) is not None]
            if values:
                found.append(Mean(name, math.fsum(values) / len(values), len(values)))
        return tuple(found)


def ordered(names: Iterable[str]) -> list[str]:
    """Each score once: those that decide, then the others as they come."""
    return sorted(dict.fromkeys(names), key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))


def _counted(result: Result, name: str) -> float | None:
    """A score as it goes into the mean; after an error 0, unless the question cannot have the score."""
    if result.error is None:
        return result.scores.get(name)
    return None if name in result.scores and result.scores[name] is None else 0.0
