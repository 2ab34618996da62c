"""A run as plain text for a terminal: warnings before figures, no colour, no line wider than the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evals.report import numbers
from evals.report.columns import size, table, wrapped
from evals.summary import Figure, Section, Summary
from store.text import clean

_NARROWEST = 40
_INDENT = "  "
_HEADS = ("", "value", "95 % interval", "n")
_BY_KIND = "By kind: value and n, the 95 % interval below"


def render(summary: Summary, width: int) -> str:
    """The report in lines of at most `width` columns (40 at least); ends without a line end."""
    width = max(width, _NARROWEST)
    blocks = [
        _head(summary, width),
        [line for warning in summary.warnings for line in wrapped(clean(warning), width, "Warning: ")],
        *(_section(section, width) for section in summary.sections),
        *_by_kind(summary.by_kind, width),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _head(summary: Summary, width: int) -> list[str]:
    lines = wrapped(f"Run {clean(summary.run)}: {numbers.progress(summary)}", width)
    room = max(map(size, summary.head), default=0)
    for name, text in summary.head.items():
        lines += wrapped(clean(text), width, f"{_INDENT}{_padded(name, room)}{_INDENT}")
    return lines


def _section(section: Section, width: int) -> list[str]:
    rows = [(one.name, numbers.value(one), numbers.interval(one), f"{one.n:,}") for one in section.figures]
    lines = [section.title, *(f"{_INDENT}{line}" for line in table(_HEADS, rows, width - len(_INDENT)))]
    for note in (section.note, *(f"{one.name}: {one.note}" for one in section.figures if one.note)):
        lines += wrapped(clean(note), width, _INDENT)
    return lines


def _by_kind(by_kind: Mapping[str, Sequence[Figure]], width: int) -> Iterator[list[str]]:
    """A row a kind and a column a figure, as many tables as the columns need; in the narrowest, a line a figure."""
    names = list(dict.fromkeys(figure.name for figures in by_kind.values() for figure in figures))
    figures = {(kind, figure.name): figure for kind, own in by_kind.items() for figure in own}
    kinds = {kind: wrapped(clean(kind), width // 4) for kind in by_kind}
    first = max((size(line) for lines in kinds.values() for line in lines), default=0)
    cell = max([*map(size, names), *(size(line) for figure in figures.values() for line in _cell(figure))], default=0)
    fit = max((width - len(_INDENT) - first) // (cell + len(_INDENT)), 1)
    for start in range(0, len(names), fit):
        part = names[start : start + fit]
        lines = [*wrapped(_BY_KIND, width), *_lines([""], [[name] for name in part], first, cell)]
        for kind, shown in kinds.items():
            lines += _lines(shown, [_cell(figures.get((kind, name))) for name in part], first, cell)
        yield lines


def _lines(first: Sequence[str], cells: Sequence[Sequence[str]], left: int, right: int) -> Iterator[str]:
    """The lines of one row, each of whose cells may have several."""
    for place in range(max(map(len, (first, *cells)))):
        name, *others = [cell[place] if place < len(cell) else "" for cell in (first, *cells)]
        padded = [_padded(name, left), *(" " * (right - size(other)) + other for other in others)]
        yield f"{_INDENT}{_INDENT.join(padded)}".rstrip()


def _cell(figure: Figure | None) -> list[str]:
    if figure is None or not numbers.is_known(figure.value):
        return [numbers.NOTHING]
    lines = [f"{numbers.value(figure)} n={figure.n:,}", numbers.interval(figure)]
    return [line for line in lines if line]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - size(text))
