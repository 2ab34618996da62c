"""How sure a figure is: bootstrap intervals, a paired test between two runs, and its correction for many scores.

What comes out depends on the values and the seed alone, not on the order of the questions:
every sample is sorted before it is drawn from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
RESAMPLES = 9999
CONFIDENCE = 0.95
_DRAWN_AT_ONCE = 500_000
"""Numbers that one batch of resamples may hold (4 MB): small batches stay in the cache."""
_ROUNDING = 1e-9
"""Differences below this share of the largest value are rounding, and count as none."""


class Interval(NamedTuple):
    """A figure and the ends of its 95 % interval, in the unit of the values."""

    value: float
    low: float
    high: float


class Paired(NamedTuple):
    """Two runs over the same `n` questions; the difference is of the second less the first."""

    n: int
    difference: Interval
    p: float
    """Of the two-sided sign-flip test, from 0 to 1."""
    wins: int
    """Questions where the second has more."""
    losses: int
    ties: int


def mean(values: Sequence[float], *, seed: int = 0) -> Interval | None:
    """The arithmetic mean with its percentile bootstrap interval; None where there is no value.

    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13: the 2.5th and the
    97.5th percentile of the means of samples drawn from the values with replacement. One value,
    or values that are all the same, have an interval of no width.
    """
    sample = np.sort(np.asarray(values, dtype=np.float64))
    if not sample.size:
        return None
    return _interval(sample, math.fsum(sample) / sample.size, lambda drawn: drawn.mean(axis=-1), seed)


def percentile(values: Sequence[float], share: float, *, seed: int = 0) -> Interval | None:
    """The value below which a share (0 to 1) of the values lies, with its bootstrap interval as `mean` has it.

    Between two values it lies on the straight line from one to the other (numpy's "linear").
    """
    sample = np.sort(np.asarray(values, dtype=np.float64))
    if not sample.size:
        return None
    return _interval(sample, float(np.quantile(sample, share)), lambda drawn: np.quantile(drawn, share, axis=-1), seed)


def of_sums(
    rows: Sequence[Sequence[float]], ratio: Callable[[FloatArray], FloatArray], *, seed: int = 0
) -> Interval | None:
    """A micro figure, computed from the sums of columns, with its bootstrap interval over the rows (questions).

    `ratio` maps sums of shape (..., columns) to figures of shape (...), and gives nan where there
    is none, as for 0 of 0; resamples without a figure are left out. None where there is no row,
    or the rows themselves have no figure.
    """
    table = np.asarray(sorted(tuple(row) for row in rows), dtype=np.float64)
    if not table.size:
        return None
    value = _quiet(ratio, table.sum(axis=0))
    if np.isnan(value):
        return None
    return _interval(table, float(value), lambda drawn: _quiet(ratio, drawn.sum(axis=-2)), seed)


def paired(a: Sequence[float], b: Sequence[float], *, seed: int = 0) -> Paired | None:
    """How the second of two runs differs from the first over the same questions; None where there is no question.

    The interval is that of the mean difference (see `mean`). The test is Fisher's randomization
    test for pairs (The Design of Experiments, 1935, section 21): were the runs alike, each
    difference could as well have the other sign, so p is the share of all ways to choose the
    signs whose mean is at least as far from 0 as the one that was seen. All ways are counted
    where there are fewer than `RESAMPLES` of them; else that many are drawn, and the one that
    was seen is counted too. Raises ValueError where the runs have not the same length.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"{first.size} values cannot be paired with {second.size}")
    if not first.size:
        return None
    differences = np.sort(second - first)
    largest = max(np.abs(first).max(), np.abs(second).max())
    differences[np.abs(differences) <= _ROUNDING * largest] = 0.0
    difference = mean(differences.tolist(), seed=seed)
    assert difference is not None
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    p = _sign_flip(differences[differences != 0], seed)
    return Paired(differences.size, difference, p, wins, losses, differences.size - wins - losses)


def holm(ps: Sequence[float]) -> list[float]:
    """Each p-value made fit to stand beside the others, in their order (Holm, Scand. J. Statistics 6, 1979).

    The k-th smallest of m is multiplied by m - k + 1, is at least as large as the one before it
    and at most 1. Then the chance that any of the m is below 0.05 where no difference is real is
    at most 0.05.
    """
    adjusted = [0.0] * len(ps)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        largest = max(largest, min(1.0, (len(ps) - place) * ps[index]))
        adjusted[index] = largest
    return adjusted


def _interval(sample: FloatArray, value: float, statistic: Callable[[FloatArray], FloatArray], seed: int) -> Interval:
    """The interval of a statistic that maps drawn samples of shape (count, *sample.shape) to shape (count,).

    scipy.stats.bootstrap gives the same, but refuses one value and resamples that have no figure.
    """
    if (sample == sample[0]).all():  # the mean of equal values would be off by a rounding
        return Interval(value, value, value)
    rng = np.random.default_rng(seed)
    drawn = np.concatenate(
        [statistic(sample[rng.integers(0, len(sample), (count, len(sample)))]) for count in _batches(sample.size)]
    )
    tail = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(drawn, (tail, 1 - tail))
    return Interval(value, float(low), float(high))


def _sign_flip(differences: FloatArray, seed: int) -> float:
    """The p-value of `paired`, of differences that are not 0: those stay what they are under any sign.

    scipy.stats.permutation_test gives the same, but takes 0.5 s for 240 questions and refuses one.
    """
    rounding = _ROUNDING * np.abs(differences).sum()  # a sum in another order is the same sum
    seen = abs(math.fsum(differences)) - rounding
    if 2**differences.size <= RESAMPLES:
        ways = np.arange(2**differences.size)[:, None] >> np.arange(differences.size) & 1
        return float((np.abs((1 - 2.0 * ways) @ differences) >= seen).mean())
    rng = np.random.default_rng(seed)
    total = differences.sum()
    as_far = 0
    for count in _batches(differences.size):
        flipped = rng.integers(0, 2, size=(count, differences.size), dtype=np.int8)
        as_far += int((np.abs(total - 2.0 * (flipped @ differences)) >= seen).sum())
    return (as_far + 1) / (RESAMPLES + 1)


def _batches(size: int) -> list[int]:
    """How many samples of a size to draw at once, until there are `RESAMPLES`."""
    most = max(1, _DRAWN_AT_ONCE // size)
    whole, rest = divmod(RESAMPLES, most)
    return [most] * whole + ([rest] if rest else [])


def _quiet(ratio: Callable[[FloatArray], FloatArray], sums: FloatArray) -> Any:
    """What `ratio` gives, its 0 / 0 without a warning."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return ratio(sums)
