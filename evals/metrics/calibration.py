"""Whether support scores mean what they say: of citations rated 0.8, are 80 % right? Pure functions.

A rated citation is its support score (0 to 1) and whether it is right; who says so is the
caller's to state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evals.metrics.statistics import FloatArray

BINS = 10
_COLUMNS = 3


class Bin(NamedTuple):
    """Citations whose support score lies in one stretch: how many, their mean score, and how many of them are right."""

    low: float
    high: float
    n: int
    mean_score: float
    right: float
    """Their share, from 0 to 1."""


class Rated(NamedTuple):
    """A citation's support score, and whether it is right."""

    score: float
    right: bool


def reliability(rated: Sequence[Rated]) -> tuple[Bin, ...]:
    """Ten stretches of equal width, those without a citation left out; each holds its lower end, the last both ends.

    The points of a reliability diagram (DeGroot and Fienberg, The Statistician 32, 1983).
    """
    sums = row(rated)
    found = []
    for place in range(BINS):
        n, score, right = sums[_COLUMNS * place : _COLUMNS * (place + 1)]
        if n:
            found.append(Bin(place / BINS, (place + 1) / BINS, int(n), score / n, right / n))
    return tuple(found)


def row(rated: Sequence[Rated]) -> tuple[float, ...]:
    """For each stretch in turn: citations, the sum of their scores, how many are right. Rows add up."""
    sums = [0.0] * (_COLUMNS * BINS)
    for score, right in rated:
        first = _COLUMNS * min(max(int(score * BINS), 0), BINS - 1)
        sums[first] += 1
        sums[first + 1] += score
        sums[first + 2] += right
    return tuple(sums)


def expected_error(sums: FloatArray) -> FloatArray:
    """Expected calibration error, Σ n_b / N · |mean score_b - share right_b|, from 0 (best) to 1, of sums of `row`.

    Naeini, Cooper and Hauskrecht, AAAI 2015. In a small sample it is above 0 even for scores
    that are right; nan where there is no citation.
    """
    stretches = sums.reshape(*sums.shape[:-1], BINS, _COLUMNS)
    apart = abs(stretches[..., 1] - stretches[..., 2])  # n_b times the difference of the two means
    found: FloatArray = apart.sum(axis=-1) / stretches[..., 0].sum(axis=-1)
    return found


def squared(rated: Sequence[Rated]) -> tuple[float, float]:
    """The sum of (score - right)², with right as 1 or 0, and the number of citations. Rows add up."""
    return sum((score - right) ** 2 for score, right in rated), float(len(rated))


def brier(sums: FloatArray) -> FloatArray:
    """Brier score, the mean of (score - right)², from 0 (best) to 1, of sums of `squared`.

    Brier, Monthly Weather Review 78, 1950; nan where there is no citation.
    """
    return sums[..., 0] / sums[..., 1]
