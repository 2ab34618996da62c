"""A run as one HTML page: what was asked of what, warnings, figures, tables, and every question to be opened.

The page loads nothing and needs no script: questions are folded by `details`, and filtered by
radio buttons that the page's own style looks at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from evals.records import Record
from evals.report import numbers, sample_figures, score_figures
from evals.report.drawing import figure_table
from evals.report.outcome import MARKS, NAMES, RULE, outcome
from evals.report.page import page
from evals.report.question import Questions
from evals.report.tables import captioned, table, text
from evals.summary import Figure, RunData, Section, Summary

_MOST_KINDS = 24
"""Kinds beyond which there is no filter by kind: it would be longer than what it filters."""


def render(summary: Summary, data: RunData) -> str:
    """The whole page; the same summary and run give the same bytes."""
    kinds = list(dict.fromkeys(record.kind for record in data.records))
    blocks = [
        _head(summary),
        _warnings(summary.warnings),
        f'<h2>Figures</h2>\n<div class="figures">\n{_figures(summary, data)}\n</div>',
        f'<h2>Tables</h2>\n<div class="sections">\n{"".join(map(_section, summary.sections))}</div>',
        _by_kind(summary.by_kind),
        *_questions(data, kinds),
    ]
    return page(f"Eval run {summary.run}", "\n".join(block for block in blocks if block), _rules(data.records, kinds))


def _head(summary: Summary) -> str:
    items = "\n".join(
        f"<dt>{text(name)}</dt><dd>{text(said) or numbers.NOTHING}</dd>" for name, said in summary.head.items()
    )
    return f'<p>{text(numbers.progress(summary))}.</p>\n<dl class="head">\n{items}\n</dl>'


def _warnings(warnings: Sequence[str]) -> str:
    items = "\n".join(f"<li>{text(warning)}</li>" for warning in warnings)
    heading = '<section class="warnings">\n<h2>Before you read on</h2>'
    return f"{heading}\n<ul>\n{items}\n</ul>\n</section>" if items else ""


def _figures(summary: Summary, data: RunData) -> str:
    drawings = (
        score_figures.by_kind(summary),
        score_figures.abstention(summary),
        sample_figures.latency(data.records),
        sample_figures.calibration(summary),
    )
    return "\n".join(captioned(*drawing) for drawing in drawings)


def _section(section: Section) -> str:
    notes = [section.note, *(f"{one.name}: {one.note}" for one in section.figures if one.note)]
    said = "\n".join(f'<p class="soft">{text(note)}</p>' for note in notes if note)
    return f"<section>\n<h3>{text(section.title)}</h3>\n{figure_table(section.figures)}\n{said}\n</section>\n"


def _by_kind(by_kind: Mapping[str, Sequence[Figure]]) -> str:
    names = list(dict.fromkeys(figure.name for own in by_kind.values() for figure in own))
    rows = []
    for kind, own in by_kind.items():
        known = {figure.name: figure for figure in own}
        rows.append([kind, *(_cell(known.get(name)) for name in names)])
    return f"<h3>By kind, the 95 % interval below</h3>\n{table(('kind', *names), rows)}" if rows else ""


def _cell(figure: Figure | None) -> str:
    if figure is None or not numbers.is_known(figure.value):
        return numbers.NOTHING
    return f"{numbers.value(figure)}, n {figure.n:,}\n{numbers.interval(figure)}"


class _Choice(NamedTuple):
    """A radio button of a filter: the attribute that it looks at, the value that it lets through, and what it says."""

    attribute: str
    value: str
    said: str

    @property
    def id(self) -> str:
        return f"only-{self.attribute}-{self.value}"


def _questions(data: RunData, kinds: Sequence[str]) -> Iterator[str]:
    yield f'<h2>Questions</h2>\n<p class="soft">{text(RULE)}</p>'
    yield f'<div class="filters">\n{_filter("Went", _by_verdict(data.records))}'
    yield f"{_filter('Kind', _of_kinds(data.records, kinds))}\n</div>"
    writer = Questions(data.records, data.manifest.get("titles") or {})
    for number, record in enumerate(data.records, 1):
        yield writer.write(record, number, kinds.index(record.kind))
    yield '<p class="nothing">No question of this kind went so.</p>'


def _by_verdict(records: Sequence[Record]) -> list[_Choice]:
    counts = Counter(outcome(record).verdict for record in records)
    return [
        _Choice("verdict", verdict, f"{mark} {NAMES[verdict]} ({counts[verdict]})")
        for verdict, mark in MARKS.items()
        if counts[verdict]
    ]


def _of_kinds(records: Sequence[Record], kinds: Sequence[str]) -> list[_Choice]:
    counts = Counter(record.kind for record in records)
    known = [_Choice("kind", f"{place}", f"{kind} ({counts[kind]})") for place, kind in enumerate(kinds)]
    return known if len(kinds) <= _MOST_KINDS else []


def _filter(legend: str, choices: Sequence[_Choice]) -> str:
    if len(choices) < 2:
        return ""
    name = choices[0].attribute
    buttons = [f'<label><input type="radio" name="{name}" checked autocomplete="off">all</label>'] + [
        f'<label><input type="radio" name="{name}" id="{one.id}" autocomplete="off">{text(one.said)}</label>'
        for one in choices
    ]
    return f"<fieldset>\n<legend>{legend}</legend>\n{''.join(buttons)}\n</fieldset>"


def _rules(records: Sequence[Record], kinds: Sequence[str]) -> str:
    """The style by which the filters work: what does not match the chosen button is not displayed."""
    verdicts, of_kinds = _by_verdict(records), _of_kinds(records, kinds)
    rules = [
        f'main:has(#{one.id}:checked) .question:not([data-{one.attribute}="{one.value}"]) {{ display: none; }}'
        for choices in (verdicts, of_kinds)
        for one in choices
        if len(choices) > 1
    ]
    known = {(outcome(record).verdict, f"{kinds.index(record.kind)}") for record in records}
    rules += [
        f"main:has(#{verdict.id}:checked):has(#{kind.id}:checked) .nothing {{ display: block; }}"
        for verdict in verdicts
        for kind in of_kinds
        if (verdict.value, kind.value) not in known
    ]
    return "\n".join(["", *rules, ""])
