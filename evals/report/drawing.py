"""What the figures of the page are made of: the values that they share, and how one is told in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evals.report import numbers
from evals.report.tables import table
from evals.summary import Figure

BELOW = 38
"""Room for the numbers and the name of the axis at the bottom of a drawing."""
FIGURE_COLUMNS = ("", "value", "95 % interval", "n")


class Drawing(NamedTuple):
    """A figure of the page: an id, its heading and how to read it as text; the drawing and its numbers as HTML."""

    name: str
    title: str
    reading: str
    drawing: str = ""
    numbers: str = ""


def told(figure: Figure | None, name: str) -> str:
    """A figure in words, as in `recall 0.804 (0.686 to 0.902; n 51)`."""
    if figure is None or not numbers.is_known(figure.value):
        return f"{name} has no value"
    ends = [interval] if (interval := numbers.interval(figure)) else []
    return f"{name} {numbers.value(figure)} ({'; '.join([*ends, f'n {figure.n:,}'])})"


def row(figure: Figure) -> list[str]:
    """A figure's cells under `FIGURE_COLUMNS`."""
    return [figure.name, numbers.value(figure), numbers.interval(figure), f"{figure.n:,}"]


def figure_table(figures: Sequence[Figure]) -> str:
    """Figures as a table of the page."""
    return table(FIGURE_COLUMNS, [row(figure) for figure in figures])
