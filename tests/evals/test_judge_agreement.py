"""Agreement of a judge with the deterministic measures, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from evals.judge.agreement import agreement, rank_correlation, with_fact_recall, with_support
from evals.records import Record

YES, NO = True, False


def record(**fields: Any) -> Record:
    return Record("q", "fact", "A question?", True, ("key",), (), (), **fields)


def test_kappa_is_what_is_left_of_the_agreement_after_chance() -> None:
    # 2 x yes/yes, 1 x yes/no, 1 x no/yes, 1 x no/no: raw 3/5. Both say yes in 3 of 5:
    # chance 9/25 + 4/25 = 13/25; kappa = (15/25 - 13/25) / (12/25) = 1/6.
    found = agreement([YES, YES, YES, NO, NO], [YES, YES, NO, YES, NO])

    assert found.n == 5
    assert found.raw == pytest.approx(0.6)
    assert found.kappa == pytest.approx(1 / 6)


def test_full_agreement_is_1_and_full_disagreement_is_below_0() -> None:
    assert agreement([YES, NO], [YES, NO]) == (2, 1.0, 1.0)
    # raw 0, chance 1/2: (0 - 1/2) / (1/2) = -1.
    assert agreement([YES, NO], [NO, YES]) == (2, 0.0, -1.0)


def test_one_that_always_says_the_same_agrees_by_chance_alone() -> None:
    # raw 3/4, chance 1 * 3/4: kappa 0, however high the raw agreement.
    assert agreement([YES] * 4, [YES, YES, YES, NO]) == (4, 0.75, 0.0)


def test_two_that_say_one_thing_of_everything_have_no_kappa() -> None:
    assert agreement([YES, YES], [YES, YES]) == (2, 1.0, None)


def test_what_one_of_the_two_could_not_judge_is_left_out() -> None:
    assert agreement([YES, None, NO, YES], [YES, YES, NO, None]) == (2, 1.0, 1.0)
    assert agreement([None], [YES]) == (0, None, None)
    assert agreement([], []) == (0, None, None)


def test_rho_is_by_ranks() -> None:
    # Ranks 1 2 3 4 against 1 3 2 4: rho = 1 - 6 * (0 + 1 + 1 + 0) / (4 * 15) = 0.8.
    found = rank_correlation([0.1, 0.2, 0.3, 0.9], [0.0, 0.6, 0.5, 1.0])

    assert found.n == 4
    assert found.rho == pytest.approx(0.8)


def test_equal_scores_share_their_rank() -> None:
    # Ranks 1.5 1.5 3 against 1 2 3: Pearson of these is 1.5 / sqrt(1.5 * 2).
    assert rank_correlation([0.0, 0.0, 1.0], [0.1, 0.2, 0.3]).rho == pytest.approx(1.5 / 3**0.5)


@pytest.mark.parametrize("scores", [[], [1.0], [0.5, 0.5, 0.5], [None, None, 1.0]])
def test_a_constant_score_has_no_correlation(scores: list[float | None]) -> None:
    other = [0.1, 0.2, 0.3][: len(scores)]

    assert rank_correlation(scores, other).rho is None
    assert rank_correlation(other, scores).rho is None
    assert rank_correlation(scores, other).n == len([score for score in scores if score is not None])


def test_the_records_of_a_run_have_both_sides() -> None:
    def answer(*supports: str) -> dict[str, Any]:
        return {"abstained": False, "claims": [{"support": support, "citations": []} for support in supports]}

    said: list[dict[str, Any]] = [{"entailed": one, "citations": []} for one in (True, False, None)]
    records = [
        record(
            answer=answer("supported", "weak", "weak"), verdicts=said, scores={"nugget_recall": 1, "fact_recall": 1}
        ),
        record(answer=answer("supported"), verdicts=said[1:2], scores={"nugget_recall": 0.5, "fact_recall": 0}),
        record(error="gone", scores={"fact_recall": 0.0}),
    ]

    # Verdicts yes no no against yes no yes; the one without a verdict is left out.
    claims = with_support(records)
    assert claims.n == 3
    assert claims.raw == pytest.approx(2 / 3)
    questions = with_fact_recall(records)
    assert questions.n == 2
    assert questions.rho == pytest.approx(1.0)
