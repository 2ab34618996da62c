"""Whether an answer is silent where it should be, and only there; pure functions.

"Positive" is that no paper answers the question. An error is not an abstention: it predicts nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from evals.metrics.statistics import FloatArray

MOST_WRONG = 0.5
"""An answer is not correct where more than this share of the papers that it cites is neither gold nor acceptable."""


class Silence(NamedTuple):
    """One question as counts of 0 or 1: rightly silent, silent, unanswerable."""

    right: int
    abstained: int
    unanswerable: int


class Answered(NamedTuple):
    """One question as counts of 0 or 1: answered and correct, answered."""

    correct: int
    answered: int


def silence(*, abstained: bool, answerable: bool) -> Silence:
    """The counts of one question."""
    return Silence(int(abstained and not answerable), int(abstained), int(not answerable))


def precision(sums: FloatArray) -> FloatArray:
    """Rightly silent / silent, from sums of `Silence` in the last axis; nan where it was never silent."""
    return sums[..., 0] / sums[..., 1]


def recall(sums: FloatArray) -> FloatArray:
    """Rightly silent / unanswerable, of the same sums; nan where every question is answerable."""
    return sums[..., 0] / sums[..., 2]


def f1(sums: FloatArray) -> FloatArray:
    """2 · rightly silent / (silent + unanswerable), of the same sums: the harmonic mean of the two."""
    return 2 * sums[..., 0] / (sums[..., 1] + sums[..., 2])


def is_correct(*, cited: int, right: int, acceptable: int) -> bool:
    """Whether an answer to an answerable question is correct: a gold paper is cited, and half of the papers may be.

    Counts of papers. LitQA2 has choices to compare with; citations take their place here.
    """
    return right > 0 and cited - right - acceptable <= MOST_WRONG * cited


def answered(*, correct: bool, abstained: bool) -> Answered:
    """The counts of one question; what is no abstention was answered, an error (never correct) too."""
    return Answered(int(correct and not abstained), int(not abstained))


def precision_over_answered(sums: FloatArray) -> FloatArray:
    """Answered correctly / answered, from sums of `Answered` in the last axis; nan where nothing was answered.

    LitQA2's precision (Skarlinski et al., arXiv:2409.13740), beside its accuracy, which is
    correct / all. Two things are stricter here: an unanswerable question that was answered counts
    as answered and wrong, and so does an error. In accuracy a right abstention counts as correct.
    """
    return sums[..., 0] / sums[..., 1]
