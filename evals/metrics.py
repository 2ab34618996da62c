"""Scores of answers against gold; pure functions.

An answer is the set of titles it cites; an empty set is an abstention.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Scored(NamedTuple):
    """Precision, recall and their harmonic mean, each from 0 to 1."""

    precision: float
    recall: float
    f1: float


def precision_recall(hits: int, given: int, wanted: int) -> Scored:
    """Of counts: hits / given, hits / wanted, and F1 = 2PR / (P + R); 0 where a divisor is 0."""
    precision = hits / given if given else 0.0
    recall = hits / wanted if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Scored(precision, recall, f1)


def citation_scores(cited: Sequence[frozenset[str]], gold: Sequence[frozenset[str]]) -> Scored:
    """Means over the answerable questions of each question's citation precision, recall and F1 (macro).

    An abstention on an answerable question scores 0; unanswerable ones (no gold) count
    in `abstention_scores` alone.
    """
    scored = [
        precision_recall(len(own & wanted), len(own), len(wanted))
        for own, wanted in zip(cited, gold, strict=True)
        if wanted
    ]
    count = len(scored)
    if not count:
        return Scored(0.0, 0.0, 0.0)
    return Scored(*(sum(values) / count for values in zip(*scored, strict=True)))


def abstention_scores(cited: Sequence[frozenset[str]], gold: Sequence[frozenset[str]]) -> Scored:
    """Of abstaining as a prediction of "the library does not answer": an empty gold set."""
    pairs = list(zip(cited, gold, strict=True))
    right = sum(not own and not wanted for own, wanted in pairs)
    return precision_recall(right, sum(not own for own, _ in pairs), sum(not wanted for _, wanted in pairs))
