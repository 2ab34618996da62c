"""How citations and papers are written in an answer; pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from store.paper import Paper

_MARKUP = re.compile(r"([\\`*_\[\]<>&])")
_AT_LINE_START = re.compile(r"^([#+=~-]|\d+(?=[.)]))")


def escaped(text: str) -> str:
    """`text` as Markdown that renders as `text`: nothing of a paper becomes markup or a citation mark."""
    within = _MARKUP.sub(r"\\\1", text)
    start = _AT_LINE_START.match(within)
    if not start:
        return within
    mark = start.end() if start[1].isdigit() else 0
    return f"{within[:mark]}\\{within[mark:]}"


def byline(paper: Paper) -> str:
    """Authors and year in brackets, as far as they are known: `(Lin et al., 2025)`."""
    known = [part for part in (_authors(paper.authors, paper.authors_complete), str(paper.year or "")) if part]
    return f"({', '.join(known)})" if known else ""


def marks(numbers: Sequence[int]) -> str:
    """The marks of one claim: `[1]` or `[1][3]`."""
    return "".join(f"[{number}]" for number in numbers)


def _authors(names: Sequence[str], complete: bool) -> str:
    if not names:
        return ""
    families = [name.split(",")[0] if "," in name else name.split()[-1] for name in names]
    if len(families) == 2 and complete:
        return f"{families[0]} and {families[1]}"
    return families[0] if len(families) == 1 and complete else f"{families[0]} et al."
