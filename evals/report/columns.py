"""Text in the columns of a terminal, where a letter may take two of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap


def size(text: str) -> int:
    """How many columns a text takes."""
    from rich.cells import cell_len  # rich is slow to import

    return cell_len(text)


def wrapped(text: str, width: int, label: str = "") -> list[str]:
    """`text` in lines of at most `width` columns, a label before the first and blanks before the others."""
    indent = size(label)
    per_letter = 2 if size(text) > len(text) else 1  # a text with wide letters is broken a little early
    lines = wrap(text, max((width - indent) // per_letter, 1), break_on_hyphens=False)
    return [f"{' ' * indent if place else label}{line}" for place, line in enumerate(lines)]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Rows under their heads, the first column to the left and the others to the right.

    Where `width` is too little for it, each row becomes a paragraph that names its figures.
    """
    lines = [heads, *rows]
    sizes = [max(size(line[place]) for line in lines) for place in range(len(heads))]
    gap = 2 if sum(sizes) + 2 * (len(sizes) - 1) <= width else 1
    if sum(sizes) + gap * (len(sizes) - 1) > width:
        return [part for row in rows for part in _paragraph(heads, row, width)]
    return [
        (" " * gap)
        .join(
            cell + " " * (wide - size(cell)) if not place else " " * (wide - size(cell)) + cell
            for place, (cell, wide) in enumerate(zip(line, sizes, strict=True))
        )
        .rstrip()
        for line in lines
    ]


def _paragraph(heads: Sequence[str], row: Sequence[str], width: int) -> list[str]:
    figures = ", ".join(f"{head} {cell}" for head, cell in zip(heads[1:], row[1:], strict=True))
    return [*wrapped(row[0], width), *wrapped(figures, width, "  ")]
