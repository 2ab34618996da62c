"""Two figures of scores: a bar for each kind of question, and how well silence is kept for what nothing answers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from evals.report import columns, numbers, svg
from evals.report.drawing import BELOW, FIGURE_COLUMNS, Drawing, figure_table, row, told
from evals.report.tables import table
from evals.summary import Figure, Summary

_LEFT, _RIGHT = 104, svg.WIDTH - 14
_BAR, _STEP = 11, 14
_SCORES = ("citation_f1", "correct")
"""Scores that are drawn side by side for each kind."""
_MOST_KINDS = 20
"""Kinds that are drawn; the table below the figure has all of them."""
_LABEL_COLUMNS = 15
_LEVELS = (0.2, 0.4, 0.6, 0.8)
_CURVE_POINTS = 32


def by_kind(summary: Summary) -> Drawing:
    """A bar with its interval for each kind of question and each of its first scores."""
    name, title = "score-by-kind", "Score by kind of question"
    names = _drawn_scores(summary)
    if not names:
        return Drawing(name, title, "No kind of question has a score yet.")
    kinds = {kind: {one.name: one for one in summary.by_kind[kind]} for kind in list(summary.by_kind)[:_MOST_KINDS]}
    said = [f"{kind}: {', '.join(told(own.get(score), score) for score in names)}" for kind, own in kinds.items()]
    left_out = len(summary.by_kind) - len(kinds)
    reading = (
        "Longer is better. A thin line spans the 95 % interval; a dash stands where a kind cannot have the score."
        + (f" The numbers have {numbers.count(left_out, 'kind')} more." if left_out else "")
    )
    rows = [[kind, *row(one)] for kind, figures in summary.by_kind.items() for one in figures]
    heads = ("kind", "score", *FIGURE_COLUMNS[1:])
    height, parts = _bars(kinds, names)
    return Drawing(
        name, title, reading, svg.frame(name, title, ". ".join(said), height, parts), table(heads, rows, texts=2)
    )


def abstention(summary: Summary) -> Drawing:
    """Precision of abstention against its recall, between curves of equal F1."""
    name, title = "abstention", "Silence where nothing answers"
    found = [numbers.find(summary, f"abstention_{part}") for part in ("precision", "recall", "f1")]
    precision, recall, _ = found
    if precision is None or recall is None:
        return Drawing(name, title, "This run has no figures of abstention.")
    known = figure_table([one for one in found if one is not None])
    if not (numbers.is_known(precision.value) and numbers.is_known(recall.value)):
        reading = "There is no point to draw: the run has no unanswerable question, or no answer that is silent."
        return Drawing(name, title, reading, "", known)
    across, up = svg.Scale(0, 1, 46, svg.WIDTH - 50), svg.Scale(0, 1, 274, 10)
    parts = [
        *svg.bottom_axis(across, up.start, up.end, "recall: silent, of those that nothing answers", svg.shares(across)),
        *svg.left_axis(up, across.start, across.end, "precision: rightly silent, of all silent", svg.shares(up)),
        *_curves(across, up),
        *_cross(across, up, recall, precision),
        svg.dot("mark0", across.at(recall.value), up.at(precision.value), 6),
    ]
    reading = (
        "The nearer to the upper right corner, the better. The cross spans the 95 % intervals; along a dashed curve F1 "
        "stays the same."
    )
    said = f"{told(precision, 'precision')}; {told(recall, 'recall')}"
    return Drawing(name, title, reading, svg.frame(name, title, said, up.start + BELOW, parts), known)


def _drawn_scores(summary: Summary) -> list[str]:
    """Those of `_SCORES` that some kind has a value of."""
    known = {one.name for figures in summary.by_kind.values() for one in figures if numbers.is_known(one.value)}
    return [name for name in _SCORES if name in known]


def _bars(kinds: dict[str, dict[str, Figure]], names: list[str]) -> tuple[float, list[str]]:
    """The height of the drawing by kind, and its parts."""
    top = 8 + 16 * len(names)
    step = _STEP * len(names) + 12
    bottom = top + step * len(kinds)
    scale = svg.Scale(0, 1, _LEFT, _RIGHT)
    label = "mean score, 0 to 1, with its 95 % interval"
    parts = [*svg.bottom_axis(scale, bottom, top, label, svg.shares(scale))]
    for place, score in enumerate(names):
        parts += svg.key(place, score, _LEFT, 4 + 16 * place)
    for place, (kind, own) in enumerate(kinds.items()):
        y = top + step * place + 6
        parts.append(svg.text(_LEFT - 6, y + step / 2 - 2, _cut(kind), "tick end"))
        for below, score in enumerate(names):
            parts += _bar(scale, y + _STEP * below, own.get(score), f"mark{below}")
    return bottom + BELOW, parts


def _bar(scale: svg.Scale, y: float, figure: Figure | None, kind: str) -> Iterator[str]:
    if figure is None or not numbers.is_known(figure.value):
        yield svg.text(scale.start + 4, y + 9, numbers.NOTHING, "tick")
        return
    yield svg.bar(kind, scale.start, y, max(scale.at(figure.value) - scale.start, 1), _BAR)
    if numbers.is_known(figure.low) and numbers.is_known(figure.high):
        yield svg.whisker(scale.at(figure.low), y + _BAR / 2, scale.at(figure.high), y + _BAR / 2)


def _curves(across: svg.Scale, up: svg.Scale) -> Iterator[str]:
    """Where F1 = 2PR / (P + R) has one value: P = F1 · R / (2R - F1), from the recall at which P is 1."""
    for level in _LEVELS:
        least = level / (2 - level)
        # Closer together where the curve is steep, which is at its beginning.
        recalls = [least ** (1 - place / (_CURVE_POINTS - 1)) for place in range(_CURVE_POINTS)]
        yield svg.path("curve", [(across.at(each), up.at(level * each / (2 * each - level))) for each in recalls])
        yield svg.text(across.end + 4, up.at(least) + 4, f"F1 {level}", "tick")


def _cross(across: svg.Scale, up: svg.Scale, recall: Figure, precision: Figure) -> Iterator[str]:
    """The intervals of both, through the point."""
    x, y = across.at(recall.value or 0), up.at(precision.value or 0)
    if numbers.is_known(recall.low) and numbers.is_known(recall.high):
        yield svg.whisker(across.at(recall.low), y, across.at(recall.high), y)
    if numbers.is_known(precision.low) and numbers.is_known(precision.high):
        yield svg.whisker(x, up.at(precision.low), x, up.at(precision.high))


def _cut(kind: str) -> str:
    """The beginning of a kind's name, where there is no room for more of it."""
    letters = [*itertools.takewhile(lambda end: columns.size(kind[:end]) < _LABEL_COLUMNS, range(1, len(kind) + 1))]
    return kind if columns.size(kind) <= _LABEL_COLUMNS else f"{kind[: len(letters)]}…"
