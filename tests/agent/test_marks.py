"""Marks in a model's text: every way to write one, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.citations import Place, find_marks, without_unfinished_mark

ALPHABET = "[]【】0123456789., ;&-–and\nx\\٣²"


def places(text: str) -> list[str]:
    return [str(place) for mark in find_marks(text) for place in mark.places]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So it is [3.2].", ["3.2"]),
        ("So it is [3].", ["3"]),
        ("So it is [3.2, 5.1].", ["3.2", "5.1"]),
        ("So it is [3.2; 5.1].", ["3.2", "5.1"]),
        ("So it is [3.2 and 5.1].", ["3.2", "5.1"]),
        ("So it is [3.2 & 5.1].", ["3.2", "5.1"]),
        ("So it is [3.2][5.1].", ["3.2", "5.1"]),
        ("So it is [3.2-4].", ["3.2", "3.3", "3.4"]),
        ("So it is [3.2–3.4].", ["3.2", "3.3", "3.4"]),
        ("So it is [3.2, 5.1-2].", ["3.2", "5.1", "5.2"]),
        ("So it is [3.2, 3.2].", ["3.2"]),
        ("So it is 【3.2】.", ["3.2"]),
        ("So it is [ 3.2 ].", ["3.2"]),
        ("So it is [3, 5].", ["3", "5"]),
        ("So it is [9.9].", ["9.9"]),
        ("So it is [[3.2]](x).", ["3.2"]),
    ],
)
def test_a_mark_names_the_places_that_it_says(text: str, expected: list[str]) -> None:
    assert places(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("x in [0, 1]", "[0]", "[0.5]", "[3.0]", "[1.1, 0.2]", "[-1, 1]", "[a]", "[]", "[3.2", "3.2]", "[3.2.1]"),
        *("(3.2)", "[12345]", "[3.2 to see]", "[Lee 2024]", "[^1]", "[1e5]", "[3,]"),
    ],
)
def test_an_interval_and_other_brackets_are_no_marks(text: str) -> None:
    assert find_marks(text) == []


@pytest.mark.parametrize(
    ("text", "expected"), [("[3.4-2]", ["3.4", "3.2"]), ("[3.2-99]", ["3.2", "3.99"]), ("[3.2-4.1]", ["3.2", "4.1"])]
)
def test_a_range_that_is_none_keeps_its_ends(text: str, expected: list[str]) -> None:
    assert places(text) == expected


def test_a_mark_knows_where_it_stands() -> None:
    text = "One [1.2], two 【3】."

    assert [text[mark.start : mark.end] for mark in find_marks(text)] == ["[1.2]", "【3】"]


def test_a_place_is_written_as_a_model_writes_it() -> None:
    assert (str(Place(3, 2)), str(Place(3, None))) == ("3.2", "3")


@pytest.mark.parametrize("text", ["It is [", "It is [3", "It is [3.2, ", "It is 【3"])
def test_a_bracket_that_may_become_a_mark_is_held_back(text: str) -> None:
    assert without_unfinished_mark(text) == "It is "


@pytest.mark.parametrize("text", ["It is [3.2]", "It is [3.2] so", "It is [so\nit", "", "It is [" + "so " * 40])
def test_what_is_no_unfinished_mark_is_not_held_back(text: str) -> None:
    assert without_unfinished_mark(text) == text


@settings(max_examples=300)
@given(st.text(alphabet=ALPHABET, max_size=40))
def test_marks_stand_in_order_and_name_places_that_can_be(text: str) -> None:
    position = 0
    for mark in find_marks(text):
        assert position <= mark.start < mark.end <= len(text)
        assert text[mark.start] in "[【"
        assert text[mark.end - 1] in "]】"
        assert mark.places
        assert all(place.paper >= 1 and (place.sentence is None or place.sentence >= 1) for place in mark.places)
        position = mark.end
