"""Numbers as a report prints them, the same in every format; a figure that has no value is a dash, never 0."""

from __future__ import annotations

import math
from typing import TypeGuard

from evals.summary import Figure, Summary
from store.text import clean

NOTHING = "–"


def is_known(value: float | None) -> TypeGuard[float]:
    """Whether there is a value, and it is a number."""
    return value is not None and math.isfinite(value)


def number(value: float | None, unit: str = "") -> str:
    """A value without its unit: shares with three digits, milliseconds and tokens whole, money with four digits."""
    return _printed(value, _digits(unit, value))


def value(figure: Figure) -> str:
    """The value with its unit."""
    shown = _printed(figure.value, _digits(figure.unit, *_ends(figure)))
    unit = clean(figure.unit)
    if shown == "1" and unit.endswith("s") and unit != "ms":
        unit = unit[:-1]
    return f"{shown} {unit}" if unit and shown != NOTHING else shown


def interval(figure: Figure) -> str:
    """The two ends of the interval; empty where there is none."""
    if not all(map(is_known, _ends(figure))):
        return ""
    digits = _digits(figure.unit, *_ends(figure))
    return f"{_printed(figure.low, digits)} to {_printed(figure.high, digits)}"


def count(many: int, one: str, more: str = "") -> str:
    """`1 error`, `2 errors`."""
    return f"{many:,} {one if many == 1 else more or one + 's'}"


def progress(summary: Summary) -> str:
    """How many questions were asked, and how many of them ended in an error."""
    asked = f"{summary.done:,} of {count(summary.asked, 'question')} asked"
    return f"{asked}, {count(summary.errors, 'error')}"


def find(summary: Summary, name: str) -> Figure | None:
    """The figure of this name, in whatever section it stands."""
    return next((one for section in summary.sections for one in section.figures if one.name == name), None)


def _ends(figure: Figure) -> tuple[float | None, ...]:
    return figure.value, figure.low, figure.high


def _digits(unit: str, *values: float | None) -> int:
    """How many digits numbers of a unit have after the point; none where all are whole, as counts are."""
    if unit in ("", "USD"):
        return 4 if unit else 3
    is_whole = all(value == int(value) for value in values if is_known(value))
    return 0 if is_whole or unit in ("ms", "tokens") else 1


def _printed(value: float | None, digits: int) -> str:
    return f"{value:,.{digits}f}" if is_known(value) else NOTHING
