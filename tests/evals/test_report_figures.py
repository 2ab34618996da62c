"""The figures of the HTML report: what is drawn where, and what is said where there is nothing to draw."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from evals.records import Record
from evals.report.drawing import Drawing
from evals.report.sample_figures import calibration, latency, wilson
from evals.report.score_figures import abstention, by_kind
from evals.report.svg import Scale
from evals.summary import Bin, Figure, Section, Summary
from tests.evals import report_samples as samples


def of_class(drawing: str, name: str) -> list[ElementTree.Element]:
    """The shapes of a class, in the order in which they are drawn."""
    return [each for each in ElementTree.fromstring(drawing).iter() if name in each.get("class", "").split()]


def place(shape: ElementTree.Element, *names: str) -> tuple[float, ...]:
    """Numbers that a shape has as attributes."""
    return tuple(float(shape.get(name, "nan")) for name in names)


def timed(*milliseconds: float) -> list[Record]:
    """Answers that took so long."""
    return [replace(samples.right(), counts={"total_ms": each}) for each in milliseconds]


def test_a_scale_puts_its_ends_at_its_ends_and_what_is_outside_too() -> None:
    scale = Scale(0, 10, 100, 200)

    assert [scale.at(value) for value in (0, 5, 10, 12, -1)] == [100, 150, 200, 200, 100]
    assert scale.ticks() == [0, 2, 4, 6, 8, 10]


def test_a_logarithmic_scale_has_as_much_room_for_each_factor() -> None:
    scale = Scale(10, 1000, 0, 200, is_log=True)

    assert scale.at(100) == pytest.approx(100)
    assert scale.ticks() == pytest.approx([10, 30, 100, 300, 1000])


@pytest.mark.parametrize("high", [0.3, 1, 7, 99, 1234, 60000, 1e7], ids=str)
def test_a_scale_has_a_handful_of_ticks(high: float) -> None:
    assert 3 <= len(Scale(0, high, 0, 1).ticks()) <= 6
    assert 2 <= len(Scale(high / 1000, high, 0, 1, is_log=True).ticks()) <= 7


def test_wilson_s_interval_is_that_of_the_published_formula() -> None:
    # Brown, Cai and DasGupta, Statistical Science 16 (2001): centre (X + z²/2) / (n + z²); here X = 8, n = 10.
    low, high = wilson(0.8, 10)

    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0.0, 5)[0] == pytest.approx(0)
    assert wilson(1.0, 5)[1] == pytest.approx(1)


def test_a_bar_is_as_long_as_its_score_and_its_whisker_spans_the_interval() -> None:
    figures = (Figure("citation_f1", 0.5, 0.25, 0.75, 40), Figure("correct", 1.0, 1.0, 1.0, 40))

    drawn = by_kind(samples.summary(by_kind={"fact": figures}))

    (_, f1), (_, correct) = (of_class(drawn.drawing, name) for name in ("mark0", "mark1"))
    (full,) = place(correct, "width")
    (x, width) = place(f1, "x", "width")
    assert width == pytest.approx(full / 2, abs=0.1)
    ends = [float(each) for each in re.findall(r"[ML]([\d.]+)", of_class(drawn.drawing, "whisker")[0].get("d", ""))]
    assert (min(ends), max(ends)) == pytest.approx((x + full / 4, x + 3 * full / 4), abs=0.1)


def test_a_kind_that_cannot_have_a_score_has_a_dash_and_no_bar() -> None:
    drawn = by_kind(samples.summary())

    assert len(of_class(drawn.drawing, "mark0")) == 1 + 5  # the key, and the kinds with gold
    assert len(of_class(drawn.drawing, "mark1")) == 1 + 6
    assert [each.text for each in of_class(drawn.drawing, "tick")].count("–") == 1
    assert "unanswerable: citation_f1 has no value, correct 0.804" in drawn.drawing


def test_kinds_that_are_not_drawn_are_counted_and_stand_in_the_numbers() -> None:
    many = {f"kind {number}": (Figure("correct", 0.5, 0.4, 0.6, 2),) for number in range(30)}

    drawn = by_kind(samples.summary(by_kind=many))

    assert "kind 29" not in drawn.drawing
    assert "10 kinds more" in drawn.reading
    assert "kind 29" in drawn.numbers


def test_the_long_name_of_a_kind_is_cut_in_the_drawing_and_whole_in_the_numbers() -> None:
    name = "a kind of question with a long name"

    drawn = by_kind(samples.summary(by_kind={name: (Figure("correct", 0.5, 0.4, 0.6, 2),)}))

    assert of_class(drawn.drawing, "end")[0].text == "a kind of ques…"
    assert name in drawn.numbers


def test_abstention_is_a_point_at_its_recall_and_precision_between_curves_of_f1() -> None:
    drawn = abstention(samples.summary())

    (point,) = of_class(drawn.drawing, "mark0")
    # From 46 to 310 across, from 274 up to 10.
    assert place(point, "cx", "cy") == pytest.approx((46 + 264 * 0.8039, 274 - 264 * 0.87), abs=0.1)
    assert len(of_class(drawn.drawing, "whisker")) == 2
    curves = of_class(drawn.drawing, "curve")
    assert len(curves) == 4
    for level, curve in zip((0.2, 0.4, 0.6, 0.8), curves, strict=True):
        for x, y in re.findall(r"([\d.]+) ([\d.]+)", curve.get("d", ""))[::8]:
            recall, precision = (float(x) - 46) / 264, (274 - float(y)) / 264
            assert 2 * recall * precision / (recall + precision) == pytest.approx(level, abs=0.01)


@pytest.mark.parametrize(
    "figures",
    [(), (Figure("abstention_precision", None, n=0), Figure("abstention_recall", 0.0, 0.0, 0.0, 9))],
    ids=["no figures", "never silent"],
)
def test_without_abstentions_there_is_a_sentence_and_no_point(figures: tuple[Figure, ...]) -> None:
    drawn = abstention(samples.summary(sections=(Section("Abstention", figures),)))

    assert drawn.drawing == ""
    assert drawn.reading


def test_the_curve_of_latency_steps_up_at_each_time_and_names_two_percentiles() -> None:
    times = [120.0, 80.0, 100.0, 160.0, 90.0]

    drawn = latency(timed(*times))

    said = [each.text for each in of_class(drawn.drawing, "tag")]
    assert said == [f"p50 {np.percentile(times, 50):,.0f} ms", f"p95 {np.percentile(times, 95):,.0f} ms"]
    heights = [float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", of_class(drawn.drawing, "line0")[0].get("d", ""))]
    assert sorted(set(heights), reverse=True) == pytest.approx([224 - 198 * step / 5 for step in range(6)], abs=0.1)
    assert "logarithmic" not in drawn.drawing


def test_an_answer_that_took_very_long_makes_the_axis_logarithmic() -> None:
    assert "logarithmic" in latency(timed(80, 90, 100, 5000)).drawing


def test_first_words_have_a_curve_of_their_own_where_they_came_sooner() -> None:
    sooner = [replace(each, counts={**each.counts, "first_token_ms": 20.0}) for each in timed(80, 90)]

    assert len(of_class(latency(sooner).drawing, "line1")) == 1
    assert len(of_class(latency(timed(80, 90)).drawing, "line1")) == 0


def test_an_error_has_no_part_in_latency() -> None:
    drawn = latency([replace(samples.failed(), counts={"total_ms": 9.0}), *timed(100)])

    assert drawn.reading.startswith("1 answer.")
    assert latency([samples.failed()]).drawing == ""


def test_calibration_has_a_point_a_bin_above_a_bar_of_its_citations() -> None:
    bins = (Bin(0.2, 0.3, 10, 0.25, 0.5), Bin(0.9, 1.0, 40, 0.95, 1.0), Bin(0.5, 0.6, 0, 0.0, 0.0))

    drawn = calibration(samples.summary(calibration=bins))

    points = [place(each, "cx", "cy") for each in of_class(drawn.drawing, "mark0")]
    # From 46 to 346 across, from 234 up to 10.
    assert points == [pytest.approx((46 + 300 * 0.25, 234 - 224 * 0.5)), pytest.approx((46 + 300 * 0.95, 10))]
    low, high = (place(each, "height")[0] for each in of_class(drawn.drawing, "mark1"))
    assert high == pytest.approx(4 * low, abs=0.1)
    assert "no human judgement" in drawn.reading
    assert "0.25 to 0.3" not in drawn.numbers


def test_without_rated_citations_calibration_says_so() -> None:
    drawn = calibration(samples.summary(calibration=(), calibration_note="Nothing is rated."))

    assert drawn.drawing == ""
    assert "Nothing is rated." in drawn.reading


@pytest.mark.parametrize("make", [by_kind, abstention, calibration], ids=["kinds", "abstention", "calibration"])
def test_a_drawing_tells_a_screen_reader_its_title_and_its_numbers(make: Callable[[Summary], Drawing]) -> None:
    drawn = make(samples.summary())

    top = ElementTree.fromstring(drawn.drawing)
    assert top.get("role") == "img"
    named = (top.get("aria-labelledby") or "").split()
    texts = [each.text or "" for each in top if each.get("id") in named]
    assert texts[0] == drawn.title
    assert re.search(r"\d\.\d{3}", texts[1])
