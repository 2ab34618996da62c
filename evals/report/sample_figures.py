"""Two figures of many values: how long answers took, and how often citations of some support score are right."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

from evals.records import Record
from evals.report import numbers, svg
from evals.report.drawing import BELOW, Drawing
from evals.report.tables import table
from evals.summary import Bin, Summary

_LEFT, _RIGHT = 46, svg.WIDTH - 14
_FAR = 5
"""How often the median the slowest answer may take before the axis becomes logarithmic."""
_NARROW = 90
"""Room that the label of a percentile takes."""
_SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
_NAMED = {"p50": 0.5, "p95": 0.95}
_COUNT_HEIGHT = 50
_Z = 1.959964
"""The 97.5th percentile of the normal distribution."""


def latency(records: Sequence[Record]) -> Drawing:
    """The share of answers that were there within a time, with the median and the 95th percentile."""
    name, title = "latency", "Time to the answer"
    whole, first = _times(records, "total_ms"), _times(records, "first_token_ms")
    if not whole:
        return Drawing(name, title, "No answer of this run has a time.")
    curves = {"whole answer": whole} | ({"first words": first} if first and first != whole else {})
    across, up = _time_scale(curves.values()), svg.Scale(0, 1, 224, 26)
    label = "milliseconds" + (", on a logarithmic axis" if across.is_log else "")
    ticks = [(value, f"{value:,.0f}" if value >= 1 else f"{value:g}") for value in across.ticks(4)]
    parts = [
        *svg.bottom_axis(across, up.start, up.end, label, ticks),
        *svg.left_axis(up, _LEFT, _RIGHT, "share of answers there by then", svg.shares(up)),
    ]
    for place, (curve, times) in enumerate(curves.items()):
        parts += [svg.path(f"line{place}", _steps(times, across, up)), *svg.key(place, curve, 50 + 110 * place, 6)]
    named = {said: (_percentile(whole, share), share) for said, share in _NAMED.items()}
    for value, share in named.values():
        parts += [svg.line("guide", across.at(value), up.start, across.at(value), up.at(share))]
    for said, (value, share) in named.items():
        parts += _point_of_time(across, up, value, share, f"{said} {value:,.0f} ms")
    rows = [
        [f"p{share * 100:.0f}", *(numbers.number(_percentile(times, share), "ms") for times in curves.values())]
        for share in _SHARES
    ]
    reading = f"{numbers.count(len(whole), 'answer')}. The further left a curve climbs, the sooner answers are there."
    drawn = svg.frame(name, title, "; ".join(f"{row[0]} {row[1]} ms" for row in rows), up.start + BELOW, parts)
    return Drawing(name, title, reading, drawn, table(["percentile", *(f"{curve}, ms" for curve in curves)], rows))


def calibration(summary: Summary) -> Drawing:
    """How often a citation of some support score is right, against that score; below, how many there are."""
    name, title = "calibration", "How far the support score can be trusted"
    bins = [one for one in summary.calibration if one.n]
    if not bins:
        reading = f"No citation has a score to hold against anything. {summary.calibration_note}"
        return Drawing(name, title, reading.strip())
    across, up, base = svg.Scale(0, 1, _LEFT, _RIGHT), svg.Scale(0, 1, 234, 10), 312
    parts = [
        *svg.bottom_axis(across, base, up.end, "support score, mean of the bin", svg.shares(across)),
        *svg.left_axis(up, _LEFT, _RIGHT, "share that is right", svg.shares(up)),
        svg.path("curve", [(across.start, up.start), (across.end, up.end)]),
        svg.line("axis", across.start, up.start, across.end, up.start),
    ]
    most = max(one.n for one in bins)
    for one in bins:
        parts += [*_point(one, across, up), *_column(one, across, base, _COUNT_HEIGHT * one.n / most)]
    reading = (
        f"{summary.calibration_note} On the diagonal the score is the chance to be right; above it, the score is too "
        "careful, below it, too sure. Whiskers take the citations, which the bars count, for independent."
    )
    said = "; ".join(f"mean score {one.mean_score:.3f}: {one.right:.3f} of {one.n:,} right" for one in bins)
    heads = ("scores", "n", "mean", "right", "95 % (Wilson)")
    drawn = svg.frame(name, title, said, base + BELOW, parts)
    return Drawing(name, title, reading.strip(), drawn, table(heads, [_row(one) for one in bins], texts=0))


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % score interval of a share of `n` (E. B. Wilson, JASA 22, 1927), as if the `n` were independent."""
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _times(records: Sequence[Record], name: str) -> list[float]:
    given = (record.counts.get(name) for record in records if record.answer is not None)
    return sorted(value for value in given if numbers.is_known(value))


def _time_scale(curves: Collection[Sequence[float]]) -> svg.Scale:
    """From 0 to the slowest, or from the fastest where few answers are so slow that they would hide the others."""
    fastest, slowest = min(times[0] for times in curves), max(times[-1] for times in curves)
    median = min(_percentile(times, 0.5) for times in curves)
    if slowest > _FAR * median and fastest > 0:
        return svg.Scale(fastest * 0.9, slowest * 1.1, _LEFT, _RIGHT, is_log=True)
    return svg.Scale(0, max(slowest * 1.05, 1), _LEFT, _RIGHT)


def _percentile(times: Sequence[float], share: float) -> float:
    """Linear between the two nearest of the sorted times, as `numpy.percentile` has it by default."""
    place = share * (len(times) - 1)
    below = math.floor(place)
    above = min(below + 1, len(times) - 1)
    return times[below] + (times[above] - times[below]) * (place - below)


def _steps(times: Sequence[float], across: svg.Scale, up: svg.Scale) -> list[tuple[float, float]]:
    """The cumulative curve: a step up at each time."""
    points = [(across.start, up.start)]
    for place, value in enumerate(times):
        points += [(across.at(value), up.at(place / len(times))), (across.at(value), up.at((place + 1) / len(times)))]
    return [*points, (across.end, up.end)]


def _point_of_time(across: svg.Scale, up: svg.Scale, value: float, share: float, said: str) -> Iterator[str]:
    """A percentile on the curve, and its label on the side that has room."""
    x, y = across.at(value), up.at(share)
    has_room = x < across.end - _NARROW
    yield svg.dot("mark0", x, y)
    yield svg.text(x + (8 if has_room else -8), y + 16, said, "tag" if has_room else "tag end")


def _point(one: Bin, across: svg.Scale, up: svg.Scale) -> Iterator[str]:
    x, (low, high) = across.at(one.mean_score), wilson(one.right, one.n)
    yield svg.whisker(x, up.at(low), x, up.at(high))
    yield svg.dot("mark0", x, up.at(one.right))


def _column(one: Bin, across: svg.Scale, base: float, height: float) -> Iterator[str]:
    left, right = across.at(one.low), across.at(one.high)
    yield svg.bar("mark1", left + 1, base - max(height, 1), max(right - left - 2, 1), max(height, 1))
    yield svg.text((left + right) / 2, base - height - 5, f"{one.n:,}", "tag small middle")


def _row(one: Bin) -> list[str]:
    low, high = wilson(one.right, one.n)
    shares = f"{one.mean_score:.3f}", f"{one.right:.3f}", f"{low:.3f} to {high:.3f}"
    return [f"{one.low:.2f} to {one.high:.2f}", f"{one.n:,}", *shares]
