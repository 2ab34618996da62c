"""Cited papers against gold ones, and citations against the stored papers, on cases worked out by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from evals.metrics import citations
from evals.metrics.citations import PaperCounts, has_span, is_cited, is_valid, paper_counts, strict, with_acceptable
from store.paper import Paper
from tests.evals.answers import ALPHA, BETA, PAPERS, cite, claim, fact


def test_precision_recall_and_f1_of_one_question_are_shares_of_papers() -> None:
    # cited a b c d, gold a b e: right 2; P = 2/4, R = 2/3, F1 = 2 * 1/2 * 2/3 / (1/2 + 2/3) = 4/7
    counts = paper_counts("abcd", "abe", "c")

    assert counts == PaperCounts(cited=4, right=2, acceptable=1, gold=3)
    assert strict(counts) == pytest.approx((0.5, 2 / 3, 4 / 7))


def test_acceptable_papers_raise_precision_and_are_never_required() -> None:
    # of the same: P = (2 + 1)/4, R = 2/3 still, F1 = 2 * 3/4 * 2/3 / (3/4 + 2/3) = 12/17
    assert with_acceptable(paper_counts("abcd", "abe", "c")) == pytest.approx((0.75, 2 / 3, 12 / 17))


def test_nothing_cited_and_nothing_right_are_0_and_no_division_by_0() -> None:
    assert strict(paper_counts("", "ab")) == (0, 0, 0)
    assert with_acceptable(paper_counts("x", "ab")) == (0, 0, 0)


def test_a_paper_counts_once_and_a_gold_one_is_never_acceptable_as_well() -> None:
    assert paper_counts(["a", "a", "b"], ["a"], ["a", "b"]) == (2, 1, 1, 1)


def test_micro_figures_are_of_sums_so_that_what_is_cited_in_vain_lowers_their_precision() -> None:
    # cited 2 + 1 + 3 (to an unanswerable question) = 6, right 2 + 0 + 0, acceptable 0 + 1 + 0, gold 4 + 1 + 0 = 5
    rows = np.array([PaperCounts(2, 2, 0, 4), PaperCounts(1, 0, 1, 1), PaperCounts(3, 0, 0, 0)], dtype=float)
    sums = rows.sum(axis=0)

    assert citations.micro_precision(sums) == pytest.approx(2 / 6)
    assert citations.micro_precision_also(sums) == pytest.approx(3 / 6)
    assert citations.micro_recall(sums) == pytest.approx(2 / 5)
    assert citations.micro_f1(sums) == pytest.approx(citations.harmonic(2 / 6, 2 / 5))
    assert citations.micro_f1(np.stack([sums, rows[0]])) == pytest.approx([4 / 11, 4 / 6])


@pytest.mark.parametrize(
    ("fields", "valid", "span"),
    [
        pytest.param({}, True, True, id="as-it-is-stored"),
        pytest.param({"key": "alpha2024b"}, False, False, id="another-key"),
        pytest.param({"key": "beta2024"}, True, False, id="another-paper"),
        pytest.param({"sentence": 4}, False, False, id="a-sentence-too-many"),
        pytest.param({"sentence": 0}, False, False, id="sentence-0"),
        pytest.param({"sentence": -1}, False, False, id="a-sentence-counted-from-the-end"),
        pytest.param({"sentence": 2}, True, False, id="the-sentence-beside-it"),
        pytest.param({"quote": "Alpha solves 41 puzzles."}, True, False, id="one-digit-changed"),
        pytest.param({"quote": "Alpha solves 40 puzzles. "}, True, False, id="one-blank-more"),
        pytest.param({"start": 1}, True, False, id="offset-moved"),
        pytest.param({"end": 4000}, True, False, id="end-past-the-abstract"),
        pytest.param({"start": 5, "end": 5, "quote": ""}, True, False, id="nothing-quoted"),
        pytest.param({"start": 6, "end": 12, "quote": "solves"}, True, True, id="a-part-of-the-sentence"),
        pytest.param({"sha256": "0" * 64}, True, False, id="another-abstract"),
    ],
)
def test_a_citation_stands_by_the_stored_paper_alone(fields: dict[str, Any], valid: bool, span: bool) -> None:
    citation = asdict(cite(ALPHA, 1)) | fields

    assert is_valid(citation, list(PAPERS), PAPERS) is valid
    assert has_span(citation, PAPERS) is span


def test_a_paper_that_was_never_retrieved_or_has_left_the_library_cannot_be_cited() -> None:
    citation = asdict(cite(ALPHA, 1))

    assert not is_valid(citation, [BETA.key], PAPERS)
    assert not is_valid(citation, [ALPHA.key], {BETA.key: BETA})
    assert not has_span(citation, {BETA.key: BETA})


def test_an_abstract_that_was_changed_after_the_answer_breaks_the_span_and_not_the_citation() -> None:
    edited = {ALPHA.key: Paper(ALPHA.key, "Alpha", ALPHA.abstract + " It is new.")}

    assert is_valid(asdict(cite(ALPHA, 1)), [ALPHA.key], edited)
    assert not has_span(asdict(cite(ALPHA, 1)), edited)


def test_a_claim_is_covered_by_its_own_citation_and_by_no_neighbour() -> None:
    claims = [asdict(claim("One.", cite(ALPHA, 1))), asdict(claim("Two.")), asdict(claim("Three.", invented=1))]

    assert citations.covered(claims) == 1


def test_a_fact_is_recalled_by_its_own_sentences_all_of_them() -> None:
    claims = [asdict(claim("It learns.", cite(ALPHA, 2)))]

    assert is_cited(fact(ALPHA, 2), claims)
    assert not is_cited(fact(ALPHA, 1), claims)
    assert not is_cited(fact(BETA, 2), claims)
    assert not is_cited(fact(ALPHA, 1, 2), claims)
    assert is_cited(fact(ALPHA, 1, 2), [*claims, asdict(claim("It solves.", cite(ALPHA, 1)))])


def test_facts_that_are_not_vital_count_only_where_none_is() -> None:
    vital, other = fact(ALPHA, 1), fact(ALPHA, 2, vital=False)

    assert citations.counted_facts([vital, other]) == [vital]
    assert citations.counted_facts([other]) == [other]
    assert citations.counted_facts([vital, fact(BETA, 1)]) == [vital, fact(BETA, 1)]


def test_the_macro_means_are_over_answerable_questions_and_abstention_is_over_all() -> None:
    # F1 of the two answerable ones: 1 and 0. Silent on two questions, rightly once; two are unanswerable:
    # P = R = F1 = 1/2
    cited = [frozenset("ab"), frozenset(), frozenset(), frozenset("x")]
    gold = [frozenset("ab"), frozenset("c"), frozenset(), frozenset()]

    assert citations.citation_scores(cited, gold) == (0.5, 0.5, 0.5)
    assert citations.abstention_scores(cited, gold) == (0.5, 0.5, 0.5)
    assert citations.citation_scores([], []) == citations.abstention_scores([], []) == (0, 0, 0)
