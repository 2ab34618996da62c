"""Figures of a report, and how they are made of values: a mean, a ratio of sums or a percentile, with an interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from evals.metrics import statistics
from evals.metrics.statistics import FloatArray, Interval


class Figure(NamedTuple):
    """A number of a table. `low` and `high` bound its 95 % bootstrap interval; `n` is what it was taken over."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    unit: str = ""
    """Empty for a share from 0 to 1; else such as "ms", "words", "tokens", "USD"."""
    note: str = ""


class Section(NamedTuple):
    """Figures that belong together, under one heading, with a sentence on how to read them."""

    title: str
    figures: tuple[Figure, ...]
    note: str = ""


def mean(name: str, values: Sequence[float], *, seed: int, unit: str = "", note: str = "") -> Figure:
    """The mean of the values; without a value where there are none."""
    return _figure(name, statistics.mean(values, seed=seed), len(values), unit, note)


def ratio(
    name: str,
    rows: Sequence[Sequence[float]],
    of_sums: Callable[[FloatArray], FloatArray],
    *,
    seed: int,
    note: str = "",
) -> Figure:
    """What `of_sums` makes of the sums of the columns; n is the number of rows, which are questions."""
    return _figure(name, statistics.of_sums(rows, of_sums, seed=seed), len(rows), "", note)


def percentile(name: str, values: Sequence[float], share: float, *, seed: int, unit: str, note: str = "") -> Figure:
    """The value below which a share of the values lies."""
    return _figure(name, statistics.percentile(values, share, seed=seed), len(values), unit, note)


def total(name: str, value: float, n: int, unit: str, note: str = "") -> Figure:
    """A sum, which has no interval."""
    return Figure(name, value, n=n, unit=unit, note=note)


def _figure(name: str, interval: Interval | None, n: int, unit: str, note: str) -> Figure:
    value, low, high = interval or (None, None, None)
    return Figure(name, value, low, high, n, unit, note)
