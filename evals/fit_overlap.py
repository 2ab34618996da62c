"""How well word overlap tells entailment on SciFact, and at which threshold.

usage: python -m evals.fit_overlap [--data DIR]

DIR holds scifact/corpus.jsonl and scifact/claims_train.jsonl (../shared/data unless told).
Needs scikit-learn (extra `dev`); a minute, most of it for the built-in embedder.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, precision_score, recall_score
from sklearn.model_selection import GroupKFold

from evals.entailment import THRESHOLD, Passage, overlap
from evals.fit_support import Pair, load_pairs
from store import embedding

FOLDS = 5
THRESHOLDS = [round(0.05 * step, 2) for step in range(4, 20)]
NOTHING_SHARED = -1.0
"""The share of a claim that is not entailed at any threshold, since one of its numbers is missing."""
Truth = NDArray[np.bool_]
Shares = NDArray[np.float64]


class Figures(NamedTuple):
    """Shares from 0 to 1; positive is "entailed"."""

    balanced_accuracy: float
    """The mean of the share of true pairs that pass and the share of false pairs that do not."""
    precision: float
    recall: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what each threshold does, and what the best one of four fifths does on the rest."""
    parser = argparse.ArgumentParser(prog="python -m evals.fit_overlap")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    built_in = embedding.create(embedding.EmbedderChoice())
    report(pairs_of(load_pairs(parser.parse_args(arguments).data / "scifact", built_in.embed)))


def pairs_of(pairs: Sequence[Pair]) -> list[Pair]:
    """Without further sentences of abstracts that support the claim: many of those support it in part."""
    return [pair for pair in pairs if pair.kind != "other sentence"]


def shares_of(pairs: Sequence[Pair]) -> Shares:
    """How much of each claim stands in its sentences."""
    found = [overlap(tuple(Passage(one.title, one.sentence) for one in pair.cited), pair.claim) for pair in pairs]
    return np.array([NOTHING_SHARED if share is None else share for share in found])


def figures(shares: Shares, truth: Truth, threshold: float) -> Figures:
    """What a threshold does."""
    passed = shares >= threshold
    return Figures(
        float(balanced_accuracy_score(truth, passed)),
        float(precision_score(truth, passed, zero_division=0.0)),
        float(recall_score(truth, passed, zero_division=0.0)),
    )


def best_threshold(shares: Shares, truth: Truth) -> float:
    """The threshold of the highest balanced accuracy; the highest of several."""
    return max(THRESHOLDS, key=lambda level: (round(figures(shares, truth, level).balanced_accuracy, 6), level))


def held_out(shares: Shares, truth: Truth, groups: Sequence[str]) -> list[tuple[float, Figures]]:
    """For each fold the threshold that the others choose, and what it does there; no group is divided."""
    folds = GroupKFold(FOLDS).split(shares, truth, groups)
    chosen = [(best_threshold(shares[seen], truth[seen]), held) for seen, held in folds]
    return [(level, figures(shares[held], truth[held], level)) for level, held in chosen]


def report(pairs: Sequence[Pair]) -> None:
    """Prints the tables."""
    shares = shares_of(pairs)
    kinds = np.array([pair.kind for pair in pairs])
    truth: Truth = kinds == "support"
    print(f"{len(pairs)} pairs, {truth.sum()} of them entailed; groups: {len({pair.group for pair in pairs})}")
    print("threshold   balanced accuracy   precision   recall   passed: contradict, no evidence")
    for level in THRESHOLDS:
        one = figures(shares, truth, level)
        passed = [(shares[kinds == kind] >= level).mean() for kind in ("contradict", "no evidence")]
        mark = "*" if level == THRESHOLD else " "
        print(f"{level:.2f}{mark}       {_row(one)}      {passed[0]:.3f}, {passed[1]:.3f}")
    found = held_out(shares, truth, [pair.group for pair in pairs])
    for number, (level, one) in enumerate(found, 1):
        print(f"fold {number}, threshold {level:.2f}: {_row(one)}")
    means = Figures(*(float(np.mean(column)) for column in zip(*(one for _, one in found), strict=True)))
    print(f"mean of {FOLDS} folds:          {_row(means)}")
    print(f"the best threshold of all pairs: {best_threshold(shares, truth):.2f}")


def _row(one: Figures) -> str:
    return f"{one.balanced_accuracy:.3f}               {one.precision:.3f}       {one.recall:.3f}"


if __name__ == "__main__":
    main()
