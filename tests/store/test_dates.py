"""Dates: as precise as printed, never more."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import dates

FORMS = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?|--[0-9]{2}-[0-9]{2}")


@pytest.mark.parametrize(
    ("printed", "date"),
    [
        (("Feb", "11", "2025"), "2025-02-11"),
        (("Jun", "4", None), "--06-04"),
        (("Feb", "29", None), "--02-29"),
        (("Feb", "29", "2024"), "2024-02-29"),
        (("Feb", "29", "2023"), None),
        (("Jun", "31", None), None),
        (("Jun", "62", None), None),
        (("Jun", "4", "0000"), None),
    ],
)
def test_a_printed_date_is_read_as_far_as_it_goes(printed: tuple[str, str, str | None], date: str | None) -> None:
    assert dates.from_print(*printed) == date


@pytest.mark.parametrize("date", ["2025-02-11", "2025-02", "2025", "--06-04", "--02-29"])
def test_the_four_forms_stay_as_they_are(date: str) -> None:
    assert dates.normalise(date) == date


@pytest.mark.parametrize("value", ["2025-02-11T10:30:00Z", "2025-02-11 10:30", " 2025-02-11 "])
def test_the_time_of_day_is_dropped(value: str) -> None:
    assert dates.normalise(value) == "2025-02-11"


@pytest.mark.parametrize("value", ["", "soon", "2025-13", "2025-02-30", "0000", "--02-30", "--13-01", "20250211", "25"])
def test_what_is_no_date_is_none(value: str) -> None:
    assert dates.normalise(value) is None


@pytest.mark.parametrize("value", ["２０２５", "--０６-04", "٢٠٢٥-02"])
def test_digits_of_another_script_do_not_stay_in_a_date(value: str) -> None:
    date = dates.normalise(value)

    assert date is None or date.isascii()


@given(st.from_regex(r"-?-?[0-9]{2,4}(-[0-9]{2}){0,2}", fullmatch=True) | st.text(st.characters(max_codepoint=127)))
def test_a_date_has_one_of_four_forms_or_is_none(value: str) -> None:
    date = dates.normalise(value)

    assert date is None or FORMS.fullmatch(date)


@pytest.mark.parametrize(
    ("identifier", "date"),
    [
        ("2502.07640", "2025-02"),
        ("2502.07640v3", "2025-02"),
        ("0704.0001", "2007-04"),
        ("2513.00001", None),
        ("2500.00001", None),
        ("math/0211159", "2002-11"),
        ("", None),
    ],
)
def test_an_arxiv_identifier_states_year_and_month(identifier: str, date: str | None) -> None:
    assert dates.from_arxiv(identifier) == date


@pytest.mark.parametrize(("date", "year"), [("2025-02-11", 2025), ("2025", 2025), ("--06-04", None), (None, None)])
def test_the_year_is_known_only_where_the_date_has_one(date: str | None, year: int | None) -> None:
    assert dates.year_of(date) == year
