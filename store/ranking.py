"""Fusing two rankings; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import NamedTuple


class Fused(NamedTuple):
    """A paper's place in the fused ranking; a rank is None where a list lacks the paper."""

    paper: int
    score: float
    lexical: float
    dense: float
    lexical_rank: int | None
    dense_rank: int | None


def fuse(
    lexical: Mapping[int, float], dense: Mapping[int, float], order: Mapping[int, str], nearest: Set[int]
) -> list[Fused]:
    """The mean of two absolute scores, best first: BM25 as a share of its bound, and cosine similarity.

    Neither is stretched to the other list's range, so a query whose words stand nowhere is
    decided by similarity, and one that names a rare word by that word; on SciFact's train
    claims this beats min-max, max-norm and reciprocal rank fusion (evals/bench/README.md).
    A paper that `lexical` or `dense` lacks scores 0 there. `nearest` are the papers of `dense` that the dense
    ranking found itself; the others have a similarity but no rank. Ties go by `order` (the citation keys), never
    by chance.
    """
    lexical_ranks = {paper: rank for rank, paper in enumerate(_by_score(lexical, order), 1)}
    dense_ranks = {
        paper: rank for rank, paper in enumerate(_by_score({paper: dense[paper] for paper in nearest}, order), 1)
    }
    fused = [
        Fused(
            paper,
            (lexical.get(paper, 0.0) + max(dense.get(paper, 0.0), 0.0)) / 2,
            lexical.get(paper, 0.0),
            dense.get(paper, 0.0),
            lexical_ranks.get(paper),
            dense_ranks.get(paper),
        )
        for paper in lexical.keys() | dense.keys()
    ]
    return sorted(fused, key=lambda item: (-round(item.score, 9), order[item.paper]))


def _by_score(scores: Mapping[int, float], order: Mapping[int, str]) -> list[int]:
    return sorted(scores, key=lambda paper: (-round(scores[paper], 9), order[paper]))
