"""The parts that figures are drawn of: scales, axes, and the frame that says to a screen reader what is seen.

Lengths are units of a view box that is `WIDTH` wide, about a pixel each on a phone. Colours are
classes of the page's style, so that both colour schemes and paper have their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from evals.report.tables import text as shown

WIDTH = 360
_TICK_LENGTH = 4
_NICE = (1, 2, 2.5, 5, 10)


class Scale(NamedTuple):
    """Maps values from `low` to `high` to places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """The place of a value; one outside the scale is put at its end."""
        inside = min(max(value, self.low), self.high)
        share = self._measure(inside) - self._measure(self.low)
        return self.start + (self.end - self.start) * share / (self._measure(self.high) - self._measure(self.low))

    def ticks(self, most: int = 5) -> list[float]:
        """Round values within the scale, `most` or a few more."""
        if self.is_log:
            sets = [self._powers(digits) for digits in ((1, 2, 5), (1, 3), (1,))]
            return next((ticks for ticks in sets if len(ticks) <= most + 1), sets[-1])
        rough = (self.high - self.low) / most
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(nice * unit for nice in _NICE if nice * unit >= rough)
        first = math.ceil(self.low / step)
        return [place * step for place in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _powers(self, digits: Sequence[int]) -> list[float]:
        """Powers of ten times these digits within the scale."""
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        found = [digit * 10.0**power for power in powers for digit in digits]
        return [value for value in found if self.low <= value <= self.high]

    def _measure(self, value: float) -> float:
        return math.log10(value) if self.is_log else value


def frame(name: str, title: str, description: str, height: float, parts: Iterable[str]) -> str:
    """The whole drawing; `name` is its id on the page, `description` says in words what it shows."""
    body = "\n".join(parts)
    return (
        f'<svg id="{name}" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{name}-title {name}-desc">\n'
        f'<title id="{name}-title">{shown(title)}</title>\n<desc id="{name}-desc">{shown(description)}</desc>\n'
        f"{body}\n</svg>"
    )


def bottom_axis(scale: Scale, y: float, top: float, label: str, ticks: Sequence[tuple[float, str]]) -> Iterator[str]:
    """A horizontal axis at height `y`, its grid lines up to `top`, and what it measures."""
    for value, said in ticks:
        x = scale.at(value)
        yield line("grid", x, top, x, y)
        yield line("axis", x, y, x, y + _TICK_LENGTH)
        yield text(x, y + 15, said, "tick middle")
    yield line("axis", scale.start, y, scale.end, y)
    yield text((scale.start + scale.end) / 2, y + 32, label, "label middle")


def left_axis(scale: Scale, x: float, right: float, label: str, ticks: Sequence[tuple[float, str]]) -> Iterator[str]:
    """A vertical axis at `x`, its grid lines as far as `right`, and what it measures."""
    for value, said in ticks:
        y = scale.at(value)
        yield line("grid", x, y, right, y)
        yield line("axis", x - _TICK_LENGTH, y, x, y)
        yield text(x - 7, y + 4, said, "tick end")
    yield line("axis", x, scale.start, x, scale.end)
    middle = (scale.start + scale.end) / 2
    yield f'<text class="label middle" transform="translate(11 {middle:g}) rotate(-90)">{shown(label)}</text>'


def shares(scale: Scale) -> list[tuple[float, str]]:
    """The ticks of a scale from 0 to 1."""
    return [(value, f"{value:.1f}") for value in scale.ticks()]


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line."""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def path(kind: str, points: Iterable[tuple[float, float]]) -> str:
    """A line through points."""
    return f'<path class="{kind}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'


def bar(kind: str, x: float, y: float, width: float, height: float) -> str:
    """A filled rectangle."""
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def dot(kind: str, x: float, y: float, radius: float = 4.5) -> str:
    """A filled circle."""
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>'


def key(place: int, said: str, x: float, y: float) -> Iterator[str]:
    """What the colour of a series stands for."""
    yield bar(f"mark{place}", x, y, 10, 10)
    yield text(x + 15, y + 9, said, "tick")


def whisker(x1: float, y1: float, x2: float, y2: float) -> str:
    """The interval of a figure, level or upright, with a stroke at either end; a halo parts it from what lies below."""
    across, up = (0, 3) if y1 == y2 else (3, 0)
    ends = [f"M{x - across:.1f} {y - up:.1f} L{x + across:.1f} {y + up:.1f}" for x, y in ((x1, y1), (x2, y2))]
    drawn = " ".join([f"M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}", *ends])
    return f'<path class="halo" d="{drawn}"/><path class="whisker" d="{drawn}"/>'


def text(x: float, y: float, said: str, kind: str) -> str:
    """A line of text; `kind` says how it is set and which of its ends is at `x`."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{shown(said)}</text>'
