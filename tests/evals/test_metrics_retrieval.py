"""The measures of a ranking: by hand, and against ranx on real searches."""

from __future__ import annotations

import json
from math import fsum, log2
from pathlib import Path
from typing import Any

import pytest

from evals.metrics.retrieval import NAMES, retrieval_scores

RANX: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "scifact_ranx.json").read_text(encoding="utf-8"))


def test_a_ranking_by_hand() -> None:
    # gold a b c, found at ranks 2 and 5, c not at all.
    # nDCG: (1/log2(3) + 1/log2(6)) / (1/log2(2) + 1/log2(3) + 1/log2(4)); recall 2/3; RR 1/2; AP (1/2 + 2/5 + 0) / 3
    found = retrieval_scores(["x", "a", "y", "z", "b"], ["a", "b", "c"])

    assert found["ndcg@10"] == pytest.approx((1 / log2(3) + 1 / log2(6)) / (1 + 1 / log2(3) + 1 / 2))
    assert found["recall@10"] == found["recall@100"] == pytest.approx(2 / 3)
    assert found["mrr"] == pytest.approx(1 / 2)
    assert found["map"] == pytest.approx((1 / 2 + 2 / 5) / 3)
    assert tuple(found) == NAMES


def test_a_paper_at_rank_11_is_past_the_first_ten() -> None:
    found = retrieval_scores([*(f"x{place}" for place in range(10)), "a"], ["a"])

    assert (found["ndcg@10"], found["recall@10"], found["recall@100"]) == (0, 0, 1)
    assert found["mrr"] == pytest.approx(1 / 11)


def test_the_order_of_the_ranking_decides_and_not_the_names_of_the_papers() -> None:
    # trec_eval breaks ties by name; there is none to break
    keys = [f"k{place:03}" for place in range(100)]

    assert [retrieval_scores(order, ["k050"])["mrr"] for order in (keys, keys[::-1])] == pytest.approx([1 / 51, 1 / 50])


def test_a_paper_that_stands_twice_counts_where_it_stands_first() -> None:
    # a b: AP (1/1 + 2/2) / 2
    assert retrieval_scores(["a", "a", "b"], ["a", "b"])["map"] == 1


def test_an_empty_ranking_is_0_and_a_perfect_one_1() -> None:
    assert retrieval_scores([], ["a"]) == dict.fromkeys(NAMES, 0.0)
    assert retrieval_scores(["b", "a", "x"], ["a", "b"]) == dict.fromkeys(NAMES, 1.0)


def test_ranx_has_the_same_value_for_every_claim_of_scifact() -> None:
    for name, claim in RANX["claims"].items():
        found = retrieval_scores(claim["ranking"], claim["gold"])

        assert [found[measure] for measure in RANX["ranx"]["measures"]] == pytest.approx(claim["ranx"]), name


def test_ranx_has_the_same_means() -> None:
    found = [retrieval_scores(claim["ranking"], claim["gold"]) for claim in RANX["claims"].values()]

    means = [fsum(one[measure] for one in found) / len(found) for measure in RANX["ranx"]["measures"]]
    assert means == pytest.approx(RANX["ranx"]["means"])
    assert len(found) == 40
