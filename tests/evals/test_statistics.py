from __future__ import annotations

import math
import random

import numpy as np
import pytest
from scipy import stats

from evals.metrics import statistics
from evals.metrics.statistics import FloatArray, Interval

HALF = [0.0] * 10 + [1.0] * 10


def share(sums: FloatArray) -> FloatArray:
    return sums[..., 0] / sums[..., 1]


def uniform(count: int, seed: int = 1) -> list[float]:
    draw = random.Random(seed)
    return [draw.random() for _ in range(count)]


def test_the_interval_of_a_share_has_the_ends_of_the_binomial_distribution() -> None:
    # Of 20 values of which half are 1, a resample has k ones with probability C(20, k) / 2^20:
    # P(k <= 5) = 0.021 and P(k <= 6) = 0.058, so 2.5 % lie at 6 of 20, and 97.5 % at 14 of 20.
    assert statistics.mean(HALF) == Interval(0.5, 0.3, 0.7)


def test_the_interval_of_many_values_is_that_of_the_normal_distribution() -> None:
    values = uniform(3000)
    width = 1.96 * float(np.std(values)) / math.sqrt(len(values))
    interval = statistics.mean(values)
    assert interval is not None
    assert interval.value - interval.low == pytest.approx(width, rel=0.05)
    assert interval.high - interval.value == pytest.approx(width, rel=0.05)


def test_the_interval_of_a_mean_agrees_with_scipy() -> None:
    values = uniform(40)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(7)).confidence_interval
    interval = statistics.mean(values)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((theirs.low, theirs.high), abs=0.005)


def test_about_95_of_100_intervals_hold_the_true_mean() -> None:
    # 300 samples of 30: the share has a standard error of 0.013; at 30 the method itself falls about 0.02 short.
    held = 0
    for seed in range(300):
        interval = statistics.mean(uniform(30, seed), seed=seed)
        assert interval is not None
        held += interval.low <= 0.5 <= interval.high
    assert 0.89 <= held / 300 <= 0.985


def test_no_value_has_no_figure() -> None:
    assert statistics.mean([]) is None
    assert statistics.percentile([], 0.95) is None
    assert statistics.of_sums([], share) is None
    assert statistics.paired([], []) is None


@pytest.mark.parametrize("values", [[0.3], [1 / 3] * 7, [0.0, 0.0]], ids=["one value", "equal thirds", "zeros"])
def test_values_that_are_all_the_same_have_an_interval_of_no_width(values: list[float]) -> None:
    same = Interval(values[0], values[0], values[0])
    assert statistics.mean(values) == same
    assert statistics.percentile(values, 0.5) == same


def test_the_same_values_in_another_order_give_the_same_figures() -> None:
    values, others = uniform(50, 1), uniform(50, 2)
    order = list(range(50))
    random.Random(3).shuffle(order)
    moved, others_moved = [values[place] for place in order], [others[place] for place in order]
    assert statistics.mean(values) == statistics.mean(moved)
    assert statistics.percentile(values, 0.9) == statistics.percentile(moved, 0.9)
    assert statistics.paired(values, others) == statistics.paired(moved, others_moved)
    rows, rows_moved = zip(values, others, strict=True), zip(moved, others_moved, strict=True)
    assert statistics.of_sums(list(rows), share) == statistics.of_sums(list(rows_moved), share)


def test_the_seed_decides_what_is_drawn() -> None:
    values = uniform(50)
    assert statistics.mean(values, seed=1) == statistics.mean(values, seed=1)
    assert statistics.mean(values, seed=1) != statistics.mean(values, seed=2)


def test_a_percentile_lies_between_two_values_on_a_straight_line() -> None:
    # 0.95 of the way through four values is at place 0.95 * 3 = 2.85: 30 + 0.85 * 10.
    interval = statistics.percentile([40.0, 10.0, 30.0, 20.0], 0.95)
    assert interval is not None
    assert interval.value == pytest.approx(38.5)
    assert 10 <= interval.low <= interval.value <= interval.high <= 40


def test_the_interval_of_a_median_has_the_ends_that_the_binomial_distribution_gives() -> None:
    # The median of a resample of 1 ... 101 is at most m if at least 51 of its 101 values are:
    # at 0.025 and 0.975 that is m = 51 -+ 1.96 * sqrt(101) / 2 = 41.2 and 60.8, to the next value.
    interval = statistics.percentile([float(value) for value in range(1, 102)], 0.5)
    assert interval is not None
    assert interval.value == 51
    assert interval.low == pytest.approx(41, abs=1)
    assert interval.high == pytest.approx(61, abs=1)


def test_a_micro_figure_is_the_ratio_of_sums_and_not_the_mean_of_ratios() -> None:
    # (1 + 0) / (1 + 9) = 0.1, whereas the mean of 1 / 1 and 0 / 9 is 0.5.
    interval = statistics.of_sums([(1, 1), (0, 9)], share)
    assert interval is not None
    # A resample has the first row twice (1), once (0.1) or never (0): in 1/4, 1/2 and 1/4 of the cases.
    assert interval.value == pytest.approx(0.1)
    assert (interval.low, interval.high) == (0.0, 1.0)


def test_a_micro_figure_over_ones_is_the_mean() -> None:
    values = uniform(30)
    micro, macro = statistics.of_sums([(value, 1) for value in values], share), statistics.mean(values)
    assert micro is not None
    assert macro is not None
    assert micro.value == pytest.approx(macro.value)
    assert (micro.low, micro.high) == pytest.approx((macro.low, macro.high), abs=0.02)


def test_resamples_without_a_figure_are_left_out() -> None:
    # A quarter of the resamples of these two rows is 0 / 0, the others are 1 / 2 or 2 / 4.
    interval = statistics.of_sums([(0, 0), (1, 2)], share)
    assert interval == Interval(0.5, 0.5, 0.5)


def test_rows_that_have_no_figure_have_none() -> None:
    assert statistics.of_sums([(0, 0), (0, 0)], share) is None


def test_the_sign_flip_test_counts_all_ways_to_choose_the_signs() -> None:
    # 2, 1, 1 and 4 quarters, and a tie. Of the 16 sums of +-2 +-1 +-1 +-4 these are 6 or more away
    # from 0: 8, 6 (one 1 flipped) and 6 (the other), and their negatives: 6 / 16.
    found = statistics.paired([0.25, 0.5, 0.5, 0.0, 0.5], [0.75, 0.75, 0.25, 1.0, 0.5])
    assert found is not None
    assert found.p == pytest.approx(6 / 16)
    assert (found.n, found.wins, found.losses, found.ties) == (5, 3, 1, 1)
    assert found.difference.value == pytest.approx((0.5 + 0.25 - 0.25 + 1.0) / 5)


def test_five_wins_of_five_are_no_proof() -> None:
    # Only all plus and all minus are as far from 0: 2 of 32.
    found = statistics.paired([0.1, 0.2, 0.3, 0.4, 0.5], [0.2, 0.4, 0.6, 0.8, 1.0])
    assert found is not None
    assert found.p == pytest.approx(2 / 32)


def test_one_question_proves_nothing() -> None:
    found = statistics.paired([0.0], [1.0])
    assert found is not None
    assert (found.difference, found.p, found.wins) == (Interval(1.0, 1.0, 1.0), 1.0, 1)


def test_runs_that_are_the_same_do_not_differ() -> None:
    found = statistics.paired(HALF, HALF)
    assert found is not None
    assert (found.difference, found.p, found.ties) == (Interval(0.0, 0.0, 0.0), 1.0, 20)


def test_a_difference_of_rounding_is_a_tie() -> None:
    found = statistics.paired([0.3, 0.5], [0.1 + 0.2, 0.5])
    assert found is not None
    assert (found.wins, found.ties, found.difference.value) == (0, 2, 0.0)


def test_differences_that_cancel_out_have_a_p_value_of_1() -> None:
    found = statistics.paired([0.0] * 3, [0.1, 0.2, -0.1 - 0.2])
    assert found is not None
    assert found.p == 1.0


def test_swapping_the_runs_turns_the_difference_round_and_keeps_the_p_value() -> None:
    first, second = uniform(12, 1), uniform(12, 2)
    there, back = statistics.paired(first, second), statistics.paired(second, first)
    assert there is not None
    assert back is not None
    assert back.difference.value == pytest.approx(-there.difference.value)
    assert back.p == there.p
    assert (back.wins, back.losses) == (there.losses, there.wins)


@pytest.mark.parametrize("count", [13, 14, 16])
def test_the_p_value_agrees_with_scipy_counted_or_drawn(count: int) -> None:
    first, second = uniform(count, 5), [value + 0.15 for value in uniform(count, 6)]
    differences = np.subtract(second, first)
    exact = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=math.inf).pvalue
    found = statistics.paired(first, second)
    assert found is not None
    assert found.p == pytest.approx(exact, abs=1e-9 if count == 13 else 0.015)


def test_runs_that_do_not_differ_are_rarely_called_different() -> None:
    # 400 pairs of runs: 0.05 of them, with a standard error of 0.011.
    ps = [found.p for seed in range(400) if (found := statistics.paired(uniform(12, seed), uniform(12, 1000 + seed)))]
    assert len(ps) == 400
    assert 0.015 <= sum(p < 0.05 for p in ps) / 400 <= 0.085


def test_a_clear_difference_over_many_questions_is_found() -> None:
    found = statistics.paired(uniform(240, 1), [value + 0.2 for value in uniform(240, 2)])
    assert found is not None
    assert found.p == 1 / (statistics.RESAMPLES + 1)
    assert found.difference.low > 0


def test_runs_of_different_lengths_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="2 values cannot be paired with 1"):
        statistics.paired([0.0, 1.0], [1.0])


def test_holm_multiplies_the_smallest_by_all_and_never_falls() -> None:
    # Sorted: 0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1, which must not be below 0.06.
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_stays_a_probability() -> None:
    assert statistics.holm([0.6, 0.9]) == [1.0, 1.0]
    assert statistics.holm([]) == []
