"""How far a judge and the deterministic measures say the same; pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evals.records import Record


class Agreement(NamedTuple):
    """Two judgements of the same `n` things."""

    n: int
    raw: float | None
    """The share on which both say the same, from 0 to 1; None where there is nothing."""
    kappa: float | None
    """Cohen's kappa (Cohen, 1960): (raw - chance) / (1 - chance), at most 1; 0 is what chance gives.

    None where both say one and the same thing of everything: chance alone would agree.
    """


class Correlation(NamedTuple):
    """Two measures of the same `n` things."""

    n: int
    rho: float | None
    """Spearman's rank correlation, from -1 to 1; None where one of the two is constant."""


def agreement(one: Sequence[bool | None], other: Sequence[bool | None]) -> Agreement:
    """The agreement of two sequences of verdicts, pair by pair; a pair with a None is left out."""
    from sklearn.metrics import cohen_kappa_score

    pairs = [(left, right) for left, right in zip(one, other, strict=True) if left is not None and right is not None]
    if not pairs:
        return Agreement(0, None, None)
    raw = sum(left == right for left, right in pairs) / len(pairs)
    is_constant = len({verdict for pair in pairs for verdict in pair}) == 1
    kappa = None if is_constant else float(cohen_kappa_score(*zip(*pairs, strict=True)))
    return Agreement(len(pairs), raw, kappa)


def rank_correlation(one: Sequence[float | None], other: Sequence[float | None]) -> Correlation:
    """The correlation of two sequences of scores, pair by pair; a pair with a None is left out."""
    from scipy.stats import spearmanr

    pairs = [(left, right) for left, right in zip(one, other, strict=True) if left is not None and right is not None]
    columns = list(zip(*pairs, strict=True))
    if not columns or any(len(set(column)) == 1 for column in columns):
        return Correlation(len(pairs), None)
    return Correlation(len(pairs), float(spearmanr(*columns).statistic))


def with_support(records: Iterable[Record]) -> Agreement:
    """Verdicts of the run's entailment backend, against what the product itself calls supported, claim by claim."""
    found = [
        (verdict["entailed"], claim["support"] == "supported")
        for record in records
        for verdict, claim in zip(record.verdicts, record.claims, strict=True)
    ]
    return agreement([verdict for verdict, _ in found], [supported for _, supported in found])


def with_fact_recall(records: Iterable[Record]) -> Correlation:
    """The judge's nugget recall against fact recall, question by question."""
    scores = [(record.scores.get("nugget_recall"), record.scores.get("fact_recall")) for record in records]
    return rank_correlation([nuggets for nuggets, _ in scores], [facts for _, facts in scores])
