"""A run as Markdown, and several runs as one table, as it stands in a README."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from evals.report import numbers
from evals.summary import Figure, Summary
from store.text import clean

_MARKUP = re.compile(
    r"[\\`*\[\]<>|~$&]|(?<![^\W_])_|_(?![^\W_])|(?<![^\W_])[@#]|^[-+=](?=\s|[-+=]|$)|^\d+(?=[.)])"
    r"|(?<=http):(?=//)|(?<=https):(?=//)|(?<=ftp):(?=//)|(?<=www)\.",
    re.IGNORECASE,
)
"""What GitHub's Markdown would take for markup, an address, somebody's name, or the number of an issue."""
TABLES = (
    ("citation_f1", "citation_precision", "citation_recall", "citation_f1_also", "micro_f1", "fact_recall"),
    ("citation_validity", "span_validity", "coverage", "alce_recall", "alce_precision", "invented_marks"),
    ("accuracy", "precision_over_answered", "abstention_precision", "abstention_recall", "abstention_f1"),
    ("ndcg@10", "recall@10", "recall@100", "mrr", "map"),
    ("nugget_recall", "nugget_recall_strict", "rubric"),
    ("words", "calls", "prompt_tokens", "completion_tokens", "latency_p50", "latency_p95"),
)
"""The figures of each table that holds runs against each other."""


def render(summary: Summary) -> str:
    """One run: its head, its warnings, a table a section, and the table by kind."""
    blocks = [
        f"# Run {escaped(summary.run)}",
        f"{numbers.progress(summary)}.",
        _bullets(f"{escaped(name)}: {escaped(text) or numbers.NOTHING}" for name, text in summary.head.items()),
        _bullets(f"**Warning:** {escaped(warning)}" for warning in summary.warnings),
    ]
    for section in summary.sections:
        blocks += [f"## {escaped(section.title)}", _figures(section.figures), escaped(section.note)]
        blocks.append(_bullets(f"{escaped(one.name)}: {escaped(one.note)}" for one in section.figures if one.note))
    if summary.by_kind:
        blocks += ["## By kind", _by_kind(summary.by_kind)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def render_table(summaries: Sequence[Summary], names: Sequence[str]) -> str:
    """Several runs side by side: a table for each of `TABLES` with one row a run, which `names` names.

    n stands in the head of a column where it is the same for all runs, else in the cells. A
    figure that no run has a value of is left out.
    """
    return "\n".join(part for figures in TABLES for part in _side_by_side(summaries, names, figures))


def escaped(text: str) -> str:
    """`text` as Markdown that renders as `text` in one line, within a table too."""
    return _MARKUP.sub(lambda found: f"{found[0]}\\" if found[0].isdecimal() else f"\\{found[0]}", clean(text))


def _side_by_side(summaries: Sequence[Summary], names: Sequence[str], figures: Sequence[str]) -> Iterator[str]:
    columns = {figure: [numbers.find(summary, figure) for summary in summaries] for figure in figures}
    known = {figure: cells for figure, cells in columns.items() if any(map(_has_value, cells))}
    if not known:
        return
    sizes = {figure: _common(cells) for figure, cells in known.items()}
    heads = [escaped(name) + (f" (n = {size:,})" if size is not None else "") for name, size in sizes.items()]
    rows = [
        [escaped(name), *(_cell(cells[place], with_n=sizes[figure] is None) for figure, cells in known.items())]
        for place, name in enumerate(names)
    ]
    yield _table(["", *heads], rows) + "\n"


def _common(figures: Sequence[Figure | None]) -> int | None:
    """The n of all these figures that have a value; None where it differs."""
    sizes = {figure.n for figure in figures if figure is not None and _has_value(figure)}
    return sizes.pop() if len(sizes) == 1 else None


def _has_value(figure: Figure | None) -> bool:
    return figure is not None and numbers.is_known(figure.value)


def _figures(figures: Sequence[Figure]) -> str:
    rows = [[escaped(one.name), numbers.value(one), numbers.interval(one), f"{one.n:,}"] for one in figures]
    return _table(["", "value", "95 % interval", "n"], rows)


def _by_kind(by_kind: Mapping[str, Sequence[Figure]]) -> str:
    names = list(dict.fromkeys(figure.name for figures in by_kind.values() for figure in figures))
    rows = []
    for kind, figures in by_kind.items():
        own = {figure.name: figure for figure in figures}
        rows.append([escaped(kind), *(_cell(own.get(name), with_n=True) for name in names)])
    return _table(["kind", *map(escaped, names)], rows)


def _cell(figure: Figure | None, *, with_n: bool) -> str:
    """`0.720 [0.680, 0.760]`, and n if asked for."""
    if figure is None or not numbers.is_known(figure.value):
        return numbers.NOTHING
    ends = numbers.interval(figure).replace(" to ", ", ")
    said = f"{numbers.value(figure)} [{ends}]" if ends else numbers.value(figure)
    return f"{said} n = {figure.n:,}" if with_n else said


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is to the left and whose others are to the right."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def _bullets(lines: Iterator[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
