"""The colours of the HTML report, in both schemes."""

from __future__ import annotations

import pytest

from evals.report.page import DARK, LIGHT


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_marks_stand_out_from_what_is_behind_them(colours: dict[str, str]) -> None:
    for ink in ("ink", "soft", "link", "right", "partly", "wrong"):
        assert contrast(colours[ink], colours["paper"]) >= 4.5, ink
    assert contrast(colours["ink"], colours["note"]) >= 4.5
    for mark in ("mark0", "mark1", "curve", "soft"):
        assert contrast(colours[mark], colours["paper"]) >= 3, mark


def test_both_schemes_have_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours from 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
