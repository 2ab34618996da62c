"""The themes over the years as an SVG: stacked bars, told apart by pattern and label as well as by colour; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from agent.summary.values import Summary

UNDATED = "no year"
_WIDTH, _PLOT_HEIGHT, _LEFT, _TOP = 720, 220, 44, 16
_LEGEND_ROW = 24
_SMALLEST_LABELLED = 14
_MOST_TICKS = 5
_PATTERNS = (
    "",
    '<path d="M0 8L8 0M-2 2L2 -2M6 10L10 6"/>',
    '<circle cx="4" cy="4" r="1.6"/>',
    '<path d="M0 4H8"/>',
    '<path d="M4 0V8"/>',
    '<path d="M0 0L8 8M-2 6L2 10M6 -2L10 2"/>',
    '<path d="M0 4H8M4 0V8"/>',
    '<path d="M0 0L8 8M0 8L8 0"/>',
    '<path d="M0 2H4M4 6H8"/>',
)
"""What is drawn over the colour of each theme, in a square of 8 by 8."""


def columns(summary: Summary) -> list[tuple[str, list[int]]]:
    """A label and the number of papers of each theme, for every known year and for the papers without one."""
    papers = summary.papers
    years = [*summary.timeline, *([None] if any(paper.year is None for paper in papers.values()) else [])]
    return [
        (
            UNDATED if year is None else str(year),
            [sum(papers[number].year == year for number in section.papers) for section in summary.sections],
        )
        for year in years
    ]


def themes_over_years(summary: Summary) -> str:
    """An `svg` element with title, description, axis and legend."""
    bars = columns(summary)
    height = _TOP + _PLOT_HEIGHT + 32 + _LEGEND_ROW * len(summary.sections)
    parts = [
        f'<svg class="figure" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="figure-title figure-text">',
        '<title id="figure-title">Papers of each theme, by year</title>',
        f'<desc id="figure-text">{escape(_described(summary, bars))}</desc>',
        f"<defs>{''.join(_patterns(len(summary.sections)))}</defs>",
        *_axis(bars),
        *_bars(summary, bars),
        *_legend(summary),
        "</svg>",
    ]
    return "\n".join(parts)


def _described(summary: Summary, bars: Sequence[tuple[str, list[int]]]) -> str:
    told = []
    for label, counts in bars:
        named = [f"{section.title} {count}" for section, count in zip(summary.sections, counts, strict=True) if count]
        told.append(f"{label}: {'; '.join(named)}.")
    return " ".join(told)


def _patterns(count: int) -> Iterator[str]:
    for at in range(count):
        drawn = _PATTERNS[at % len(_PATTERNS)]
        yield (
            f'<pattern id="theme-{at}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<rect width="8" height="8" class="fill-{at}"/><g class="stroke">{drawn}</g></pattern>'
        )


def _axis(bars: Sequence[tuple[str, list[int]]]) -> Iterator[str]:
    most = _most(bars)
    step = max(1, -(-most // _MOST_TICKS))
    for value in range(0, most + 1, step):
        y = _y(value, most)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{value}</text>'


def _bars(summary: Summary, bars: Sequence[tuple[str, list[int]]]) -> Iterator[str]:
    most = _most(bars)
    slot = (_WIDTH - _LEFT) / max(len(bars), 1)
    width = round(min(slot * 0.7, 96), 1)
    for at, (label, counts) in enumerate(bars):
        middle = round(_LEFT + slot * (at + 0.5), 1)
        below = 0
        for theme, (section, count) in enumerate(zip(summary.sections, counts, strict=True)):
            if not count:
                continue
            top, bottom = _y(below + count, most), _y(below, most)
            told = escape(f"{label}, {section.title}: {count}")
            yield (
                f'<g><title>{told}</title><rect class="bar" x="{round(middle - width / 2, 1)}" y="{top}" '
                f'width="{width}" height="{round(bottom - top, 1)}" fill="url(#theme-{theme})"/>'
            )
            if bottom - top >= _SMALLEST_LABELLED:
                centre = round((top + bottom) / 2 + 4, 1)
                yield f'<text class="count" x="{middle}" y="{centre}" text-anchor="middle">{theme + 1}: {count}</text>'
            yield "</g>"
            below += count
        yield f'<text x="{middle}" y="{_TOP + _PLOT_HEIGHT + 18}" text-anchor="middle">{escape(label)}</text>'


def _legend(summary: Summary) -> Iterator[str]:
    for at, section in enumerate(summary.sections):
        y = _TOP + _PLOT_HEIGHT + 36 + _LEGEND_ROW * at
        yield f'<rect class="bar" x="{_LEFT}" y="{y}" width="28" height="16" fill="url(#theme-{at})"/>'
        name = escape(f"{at + 1}: {section.title} ({len(section.papers)})")
        yield f'<text x="{_LEFT + 36}" y="{y + 12}">{name}</text>'


def _most(bars: Sequence[tuple[str, list[int]]]) -> int:
    return max((sum(counts) for _, counts in bars), default=1) or 1


def _y(value: int, most: int) -> float:
    return round(_TOP + _PLOT_HEIGHT * (1 - value / most), 1)
