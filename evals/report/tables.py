"""Tables and figures of the page as HTML; what they are given is text, and stays text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from store.text import printable


def text(said: object) -> str:
    """Anything as text of a page: neither markup nor what a terminal or a reader's eye would be led astray by."""
    return escape(printable(str(said)))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> str:
    """A table that scrolls by itself where it is too wide; all but its first `texts` columns are numbers."""
    kinds = ["" if place < texts else ' class="number"' for place in range(len(heads))]
    head = "".join(f'<th scope="col"{kind}>{text(name)}</th>' for name, kind in zip(heads, kinds, strict=True))
    body = "\n".join(_row(row, kinds) for row in rows)
    return (
        f'<div class="wide" tabindex="0"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def listed(items: Iterable[str], kind: str = "ul", name: str = "") -> str:
    """A list of what is HTML already; empty where there is nothing in it."""
    body = "\n".join(f"<li>{item}</li>" for item in items)
    own = f' class="{name}"' if name else ""
    return f"<{kind}{own}>\n{body}\n</{kind}>" if body else ""


def captioned(name: str, title: str, reading: str, drawing: str, numbers: str) -> str:
    """A figure under its heading, with how to read it; `drawing` and `numbers`, which are folded away, are HTML."""
    folded = f"<details><summary>The numbers</summary>\n{numbers}\n</details>" if numbers else ""
    return (
        f'<figure id="figure-{name}">\n<h3>{text(title)}</h3>\n{drawing}\n'
        f"<figcaption>{text(reading)}</figcaption>\n{folded}\n</figure>"
    )


def _row(cells: Sequence[str], kinds: Sequence[str]) -> str:
    first, *rest = cells
    others = "".join(f"<td{kind}>{text(cell)}</td>" for cell, kind in zip(rest, kinds[1:], strict=True))
    return f'<tr><th scope="row"{kinds[0]}>{text(first)}</th>{others}</tr>'
