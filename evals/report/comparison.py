"""A comparison of two runs: text for a terminal, Markdown, and JSON (schema citeloom.eval-compare/1).

A run is called better only where chance is ruled out as far as that goes; the rule is printed
below the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from evals.comparing import SIGNIFICANT, Change, CitedPaper, Comparison, DifferenceRow, ScoreRow, Side
from evals.metrics.statistics import CONFIDENCE, RESAMPLES, Interval
from evals.report import columns
from evals.report.markdown import escaped
from evals.report.numbers import NOTHING, count, number
from store.text import printable

SCHEMA = "citeloom.eval-compare/1"
_NARROWEST = 40
_WIDTH_FOR_TALLIES = 96
_TEXTS = ("score", "cost", "kind")
"""Heads of the columns that hold no figures."""
_SHOWN = 10
"""Questions that a terminal shows of those that one run did better."""
_HOW_TO_READ = (
    "Each score is a mean over the questions where both runs have it. The interval is the 95 % bootstrap interval of "
    "the mean difference, p is of the paired sign-flip test, p Holm is p corrected for the number of scores. A run is "
    "called better only where the interval leaves out 0 and p Holm is below 0.05."
)
_ON_TALLIES = " The last column counts the questions where B has more than A, less, or the same."
_ON_COSTS = "Means over the questions where both runs have the cost; an interval and no test."
_ON_KINDS = "No test: each kind has few questions, and of several kinds one soon differs by chance."


class _Table(NamedTuple):
    title: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str


def terminal(comparison: Comparison, width: int) -> str:
    """The comparison in lines of at most `width` columns (40 at least); ends without a line end."""
    width = max(width, _NARROWEST)
    blocks = [
        [line for text in _head(comparison) for line in columns.wrapped(text, width)],
        [line for warning in comparison.warnings for line in columns.wrapped(warning, width, "Warning: ")],
        [line for text in _verdicts(comparison) for line in columns.wrapped(text, width)],
    ]
    for title, heads, rows, note in _tables(comparison, tallies=width >= _WIDTH_FOR_TALLIES):
        blocks.append([title, *columns.table(heads, rows, width), *columns.wrapped(note, width)])
    for title, changes in _changed(comparison):
        blocks.append(columns.wrapped(title, width))
        blocks += [list(_change_lines(change, width)) for change in changes[:_SHOWN]]
        if len(changes) > _SHOWN:
            blocks.append(columns.wrapped(f"{len(changes) - _SHOWN} more: see --format md", width))
    return printable("\n\n".join("\n".join(block) for block in blocks if block))


def markdown(comparison: Comparison) -> str:
    """The comparison as Markdown, with every question that one run did better."""
    blocks = [
        f"# {escaped(comparison.a.run)} against {escaped(comparison.b.run)}",
        _bullets(_head(comparison)),
        _bullets(f"Warning: {warning}" for warning in comparison.warnings),
        _bullets(_verdicts(comparison)),
    ]
    for title, heads, rows, note in _tables(comparison, tallies=True):
        blocks += [f"## {title}", _markdown_table(heads, rows), escaped(note)]
    for title, changes in _changed(comparison):
        blocks += [f"## {escaped(title)}", "\n".join(map(_change_item, changes))]
    return "\n\n".join(block for block in blocks if block) + "\n"


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """The comparison for other programs; fields may be added, none renamed. Differences are of B less A."""
    return {
        "schema": SCHEMA,
        "a": comparison.a._asdict(),
        "b": comparison.b._asdict(),
        "gold": comparison.gold,
        "asked": comparison.asked,
        "compared": comparison.compared,
        "entailment": comparison.entailment,
        "seed": comparison.seed,
        "resamples": RESAMPLES,
        "confidence": CONFIDENCE,
        "significant": SIGNIFICANT,
        "warnings": list(comparison.warnings),
        "scores": [_score_dict(row) for row in comparison.scores],
        "costs": [_difference_dict(row, "unit") for row in comparison.costs],
        "kinds": [_difference_dict(row, "score") for row in comparison.kinds],
        "wins": [_change_dict(change) for change in comparison.wins],
        "losses": [_change_dict(change) for change in comparison.losses],
    }


def _head(comparison: Comparison) -> list[str]:
    scored = f"Entailment: {comparison.entailment}. " if comparison.entailment else ""
    return [
        f"A: {_side(comparison.a)}",
        f"B: {_side(comparison.b)}",
        f"Gold set: {comparison.gold or NOTHING}, {comparison.compared:,} of"
        f" {count(comparison.asked, 'question')} compared. {scored}Every difference is B less A.",
    ]


def _side(side: Side) -> str:
    asked = ", ".join(dict.fromkeys(part for part in (side.system, side.model) if part))
    done = f"{count(side.done, 'question')}, {count(side.errors, 'error')}"
    return f"{side.run}{f' ({asked})' if asked else ''}, {done}"


def _verdicts(comparison: Comparison) -> list[str]:
    """Which run is better by what, in plain words."""
    by = {side: [row.name for row in comparison.scores if row.better == side] for side in ("b", "a", None)}
    told = [f"{side.upper()} is better by {', '.join(by[side])}." for side in ("b", "a") if by[side]]
    if by[None]:
        told.append(f"No difference that could not be chance: {', '.join(by[None])}.")
    return told or ["The two runs have no score in common."]


def _tables(comparison: Comparison, *, tallies: bool) -> Iterator[_Table]:
    figures = ("A", "B", "B - A", "95 % interval")
    if comparison.scores:
        more, note = (("more/less/same",), _HOW_TO_READ + _ON_TALLIES) if tallies else ((), _HOW_TO_READ)
        rows = [_score_cells(row, tallies=tallies) for row in comparison.scores]
        yield _Table("Scores", ("score", *figures, "p", "p Holm", "n", *more), rows, note)
    if comparison.costs:
        yield _Table("Costs", ("cost", *figures, "n"), [_cost_cells(row) for row in comparison.costs], _ON_COSTS)
    if comparison.kinds:
        kinds = [_kind_cells(row) for row in comparison.kinds]
        yield _Table("By kind", ("kind", "score", *figures, "n"), kinds, _ON_KINDS)


def _score_cells(row: ScoreRow, *, tallies: bool) -> tuple[str, ...]:
    one = row.paired
    more = (f"{one.wins}/{one.losses}/{one.ties}",) if tallies else ()
    return (
        row.name,
        number(row.a),
        number(row.b),
        *_signed(one.difference),
        _p(one.p),
        _p(row.p_holm),
        f"{one.n:,}",
        *more,
    )


def _cost_cells(row: DifferenceRow) -> tuple[str, ...]:
    name = row.name if row.name.endswith((row.unit, f"_{row.unit.lower()}")) else f"{row.name}, {row.unit}"
    return (name, number(row.a, row.unit), number(row.b, row.unit), *_signed(row.difference, row.unit), f"{row.n:,}")


def _kind_cells(row: DifferenceRow) -> tuple[str, ...]:
    return (row.name, row.score, number(row.a), number(row.b), *_signed(row.difference), f"{row.n:,}")


def _signed(difference: Interval, unit: str = "") -> tuple[str, str]:
    """A difference and its interval, all with their sign."""
    value, low, high = (f"{'-' if end < 0 else '+' if end else ''}{number(abs(end), unit)}" for end in difference)
    return value, f"{low} to {high}"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "<0.001"


def _changed(comparison: Comparison) -> list[tuple[str, Sequence[Change]]]:
    """The questions that B and that A did better, each under its heading."""
    both = (("B", comparison.wins), ("A", comparison.losses))
    return [(f"{letter} did better on {count(len(found), 'question')}", found) for letter, found in both]


def _change_lines(change: Change, width: int) -> Iterator[str]:
    yield from columns.wrapped(_change_head(change), width)
    yield from columns.wrapped(change.question, width, "  ")
    for label, papers in _papers(change):
        for place, paper in enumerate(papers):
            yield from columns.wrapped(_paper(paper), width, f"  {'' if place else label:8}")


def _change_item(change: Change) -> str:
    lines = [f"- {escaped(_change_head(change))}: {escaped(change.question)}"]
    for label, papers in _papers(change):
        lines += [f"  - {label}: {escaped(_paper(paper))}" for paper in papers]
    return "\n".join(lines)


def _change_head(change: Change) -> str:
    a, b = (
        letter if word == "answered" else f"{letter} ({word})" for letter, word in zip("AB", change.said, strict=True)
    )
    return f"{change.id} ({change.kind}), {change.score}: {a} {number(change.a)}, {b} {number(change.b)}"


def _papers(change: Change) -> list[tuple[str, tuple[CitedPaper, ...]]]:
    """The cited papers under their labels, as far as there are any."""
    parts = (("only A", change.only_a), ("only B", change.only_b), ("both", change.both))
    return [(label, papers) for label, papers in parts if papers]


def _paper(paper: CitedPaper) -> str:
    return f"{paper.standing}: {paper.title} ({paper.key})" if paper.title else f"{paper.standing}: {paper.key}"


def _markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; what is not a figure may hold anything, and is escaped."""
    rule = ["---" if head in _TEXTS else "---:" for head in heads]
    cells = [[escaped(cell) if head in _TEXTS else cell for head, cell in zip(heads, row, strict=True)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, rule, *cells))


def _bullets(lines: Sequence[str] | Iterator[str]) -> str:
    return "\n".join(f"- {escaped(line)}" for line in lines)


def _score_dict(row: ScoreRow) -> dict[str, Any]:
    one = row.paired
    return {
        "name": row.name,
        "n": one.n,
        "a": row.a,
        "b": row.b,
        **_interval_dict(one.difference),
        "p": one.p,
        "p_holm": row.p_holm,
        "wins": one.wins,
        "losses": one.losses,
        "ties": one.ties,
        "better": row.better,
    }


def _difference_dict(row: DifferenceRow, more: str) -> dict[str, Any]:
    ends = _interval_dict(row.difference)
    return {"name": row.name, more: getattr(row, more), "n": row.n, "a": row.a, "b": row.b, **ends}


def _interval_dict(difference: Interval) -> dict[str, float]:
    return {"difference": difference.value, "low": difference.low, "high": difference.high}


def _change_dict(change: Change) -> dict[str, Any]:
    return {
        **{name: getattr(change, name) for name in ("id", "kind", "question", "score", "a", "b")},
        "said": {"a": change.said[0], "b": change.said[1]},
        **{name: [paper._asdict() for paper in getattr(change, name)] for name in ("only_a", "only_b", "both")},
    }
