"""Whether support scores mean what they say, on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evals.metrics import calibration
from evals.metrics.calibration import BINS, Bin, Rated, reliability
from evals.metrics.statistics import FloatArray


def rated(*pairs: tuple[float, bool]) -> list[Rated]:
    return [Rated(*pair) for pair in pairs]


def error(citations: list[Rated]) -> float:
    return float(calibration.expected_error(np.array(calibration.row(citations))))


def test_each_stretch_has_its_citations_their_mean_score_and_their_share_of_right_ones() -> None:
    found = reliability(rated((0.92, True), (0.98, True), (0.94, False), (0.31, False)))

    assert found[0] == Bin(0.3, 0.4, 1, 0.31, 0.0)
    assert found[1] == pytest.approx((0.9, 1.0, 3, (0.92 + 0.98 + 0.94) / 3, 2 / 3))
    assert len(found) == 2


def test_the_expected_error_weighs_each_stretch_by_its_citations() -> None:
    # of the stretch at 0.6: mean 0.65, right 1/2, apart 0.15, weight 2/3; at 0.2: mean 0.2, right 1, apart 0.8, 1/3
    assert error(rated((0.6, True), (0.7 - 1e-12, False), (0.2, True))) == pytest.approx(0.15 * 2 / 3 + 0.8 / 3)


def test_scores_that_mean_what_they_say_have_no_error() -> None:
    assert error(rated((0.75, True), (0.75, True), (0.75, True), (0.75, False))) == pytest.approx(0)


def test_the_brier_score_is_the_mean_square() -> None:
    # (0.9 - 1)^2 = 0.01, (0.4 - 0)^2 = 0.16, (0.5 - 1)^2 = 0.25: 0.42 / 3
    sums = np.array(calibration.squared(rated((0.9, True), (0.4, False), (0.5, True))))

    assert calibration.brier(sums) == pytest.approx(0.14)


@pytest.mark.parametrize("tenth", range(BINS + 1))
def test_a_stretch_holds_its_lower_end_and_the_last_one_both(tenth: int) -> None:
    (found,) = reliability(rated((tenth / 10, True)))

    assert found.low == min(tenth, 9) / 10


def test_rows_of_several_answers_add_up_to_the_row_of_all() -> None:
    one, other = rated((0.9, True), (0.2, False)), rated((0.95, False))
    sums: FloatArray = np.array([calibration.row(one), calibration.row(other)])

    assert sums.sum(axis=0) == pytest.approx(np.array(calibration.row([*one, *other])))
    assert float(calibration.expected_error(sums.sum(axis=0))) == pytest.approx(error([*one, *other]))


def test_nothing_rated_has_no_stretch_and_no_error() -> None:
    assert reliability([]) == ()
    with np.errstate(invalid="ignore"):
        assert np.isnan(error([]))
