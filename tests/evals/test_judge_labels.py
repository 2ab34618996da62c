"""What of a judge's reply counts as a label, and what does not."""

from __future__ import annotations

import pytest

from evals.judge.labels import labelled

GRADES = {"SUPPORTED": 1.0, "PARTLY": 0.5, "MISSING": 0.0}


def test_each_line_gives_its_thing_a_label() -> None:
    assert labelled("1: SUPPORTED\n2: PARTLY\n3: MISSING", 3, GRADES) == [1.0, 0.5, 0.0]


def test_the_numbers_count_and_not_the_order() -> None:
    assert labelled("3: MISSING\n1: SUPPORTED\n2: PARTLY", 3, GRADES) == [1.0, 0.5, 0.0]


@pytest.mark.parametrize(
    "line",
    ["1: SUPPORTED", "1. supported", "1) Supported.", "**1:** SUPPORTED", "- 1: **SUPPORTED**", "  1 : `SUPPORTED`  "],
)
def test_marks_around_a_number_and_a_label_do_not_matter(line: str) -> None:
    assert labelled(line, 2, GRADES) == [1.0, None]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I cannot tell.",
        "1: not SUPPORTED",
        "1: SUPPORTED, since the answer says so",
        "1: SUPPORTED or PARTLY",
        "1: UNSUPPORTED",
        "1: 1",
        "0: SUPPORTED",
        "2: SUPPORTED",
        "all: SUPPORTED",
        "1 SUPPORTED",
        "-: SUPPORTED",
        "{'1': 'SUPPORTED'}",
    ],
)
def test_anything_else_is_no_label(reply: str) -> None:
    assert labelled(reply, 1, GRADES) == [None]


def test_two_labels_that_differ_are_none_and_two_that_agree_are_one() -> None:
    assert labelled("1: SUPPORTED\n1: MISSING\n2: PARTLY\n2: PARTLY", 2, GRADES) == [None, 0.5]


def test_a_missing_line_leaves_its_thing_without_a_label() -> None:
    assert labelled("1: SUPPORTED\n3: MISSING", 3, GRADES) == [1.0, None, 0.0]


def test_a_single_thing_needs_no_number_and_one_of_several_does() -> None:
    assert labelled("SUPPORTED", 1, GRADES) == [1.0]
    assert labelled("SUPPORTED", 2, GRADES) == [None, None]


def test_words_before_and_after_the_labels_are_passed_over() -> None:
    assert labelled("Here are the labels:\n\n1: PARTLY\n\nHope this helps!", 1, GRADES) == [0.5]
