"""Abstention and what is right of the answered, on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evals.metrics import abstention
from evals.metrics.abstention import is_correct
from evals.metrics.statistics import FloatArray


def sums(*rows: tuple[int, ...]) -> FloatArray:
    return np.array([sum(column) for column in zip(*rows, strict=True)], dtype=np.float64)


def test_an_abstention_is_right_where_no_paper_answers() -> None:
    # 3 unanswerable, silent on 2 of them and on 2 of 3 answerable: P = 2/4, R = 2/3, F1 = 2 * 2 / (4 + 3) = 4/7
    asked = [(True, False), (True, False), (False, False), (True, True), (True, True), (False, True)]
    found = sums(*(abstention.silence(abstained=silent, answerable=can) for silent, can in asked))

    assert tuple(found) == (2, 4, 3)
    assert abstention.precision(found) == pytest.approx(1 / 2)
    assert abstention.recall(found) == pytest.approx(2 / 3)
    assert abstention.f1(found) == pytest.approx(4 / 7)


def test_never_silent_has_no_precision_and_a_recall_and_f1_of_0() -> None:
    found = sums(abstention.silence(abstained=False, answerable=False))

    with np.errstate(invalid="ignore"):
        assert np.isnan(abstention.precision(found))
    assert abstention.recall(found) == abstention.f1(found) == 0


def test_precision_is_over_the_answered_and_errors_are_answered_and_wrong() -> None:
    # right, right, wrong, an error (not correct, not silent), a right abstention: 2 of 4 answered
    asked = [(True, False), (True, False), (False, False), (False, False), (True, True)]
    found = sums(*(abstention.answered(correct=correct, abstained=silent) for correct, silent in asked))

    assert tuple(found) == (2, 4)
    assert abstention.precision_over_answered(found) == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("cited", "right", "acceptable", "correct"),
    [
        pytest.param(1, 1, 0, True, id="the-gold-paper"),
        pytest.param(2, 1, 0, True, id="half-of-them"),
        pytest.param(3, 1, 0, False, id="one-of-three"),
        pytest.param(3, 1, 1, True, id="acceptable-ones-help"),
        pytest.param(2, 0, 2, False, id="acceptable-ones-alone-do-not-answer"),
        pytest.param(0, 0, 0, False, id="nothing-cited"),
    ],
)
def test_a_correct_answer_cites_gold_and_not_mostly_something_else(
    cited: int, right: int, acceptable: int, correct: bool
) -> None:
    assert is_correct(cited=cited, right=right, acceptable=acceptable) is correct
