"""Fusing two rankings: mean scores, ranks of both lists, ties by key."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.ranking import Fused, fuse

KEYS = {1: "delta", 2: "charlie", 3: "bravo", 4: "alpha"}
SCORES = st.dictionaries(st.sampled_from(sorted(KEYS)), st.sampled_from([0.0, 0.25, 0.5, 1.0]))


def fused(lexical: Mapping[int, float], dense: Mapping[int, float]) -> list[Fused]:
    """Both lists fused, where the dense ranking found all of its papers itself."""
    return fuse(lexical, dense, KEYS, dense.keys())


def test_the_score_is_the_mean_of_both() -> None:
    [first, second] = fused({1: 0.8, 2: 0.1}, {1: 0.4, 2: 0.3})

    assert (first.paper, second.paper) == (1, 2)
    assert (first.score, second.score) == pytest.approx((0.6, 0.2))


def test_a_paper_that_a_list_lacks_has_no_rank_there() -> None:
    by_paper = {item.paper: item for item in fused({1: 0.8}, {2: 0.3})}

    assert (by_paper[1].lexical_rank, by_paper[1].dense_rank) == (1, None)
    assert (by_paper[2].lexical_rank, by_paper[2].dense_rank) == (None, 1)


def test_ranks_count_from_one_in_each_list() -> None:
    by_paper = {item.paper: item for item in fused({1: 0.1, 2: 0.9, 3: 0.5}, {1: 0.9, 3: 0.1})}

    assert [by_paper[paper].lexical_rank for paper in (2, 3, 1)] == [1, 2, 3]
    assert [by_paper[paper].dense_rank for paper in (1, 3)] == [1, 2]


def test_a_similarity_that_the_dense_ranking_did_not_find_counts_but_has_no_rank() -> None:
    by_paper = {item.paper: item for item in fuse({1: 0.2, 2: 0.1}, {1: 0.9, 2: 0.5}, KEYS, {2})}

    assert by_paper[1].score == pytest.approx(0.55)
    assert (by_paper[1].dense_rank, by_paper[2].dense_rank) == (None, 1)


def test_equal_scores_are_ordered_by_key() -> None:
    assert [item.paper for item in fused(dict.fromkeys(KEYS, 0.5), dict.fromkeys(KEYS, 0.5))] == [4, 3, 2, 1]


def test_a_difference_below_what_a_machine_can_tell_is_a_tie() -> None:
    assert [item.paper for item in fused({1: 0.5 + 1e-12, 4: 0.5}, {})] == [4, 1]


def test_a_similarity_below_zero_takes_nothing_away() -> None:
    by_paper = {item.paper: item for item in fused({1: 0.5}, {1: -0.4, 2: -0.1})}

    assert by_paper[1].score == pytest.approx(0.25)
    assert by_paper[2].score == 0.0


def test_two_empty_lists_give_an_empty_one() -> None:
    assert fused({}, {}) == []


@given(SCORES, SCORES, st.randoms())
def test_the_result_does_not_depend_on_the_order_of_the_lists(
    lexical: dict[int, float], dense: dict[int, float], random: Random
) -> None:
    items = list(lexical.items())
    random.shuffle(items)

    assert fused(dict(items), dict(reversed(dense.items()))) == fused(lexical, dense)


@given(SCORES, SCORES)
def test_every_paper_of_either_list_comes_once_best_first(lexical: dict[int, float], dense: dict[int, float]) -> None:
    found = fused(lexical, dense)

    assert sorted(item.paper for item in found) == sorted(lexical.keys() | dense.keys())
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    assert all(0.0 <= item.score <= 1.0 for item in found)
