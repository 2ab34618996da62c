"""Texts of the interface: what is copied, and scopes in short. Pure."""

from __future__ import annotations

from agent.tui.stops import Stop
from store.paper import Paper
from store.scope import Scope


def reference(paper: Paper) -> str:
    """A paper in a line: authors, year, title, venue, address."""
    people = ", ".join(paper.authors) + ("" if paper.authors_complete else " et al.")
    year = f" ({paper.year})" if paper.year else ""
    parts = [f"{people}{year}".strip(), paper.title or "(untitled)", paper.venue or "", paper.url or ""]
    return ". ".join(part.rstrip(".") for part in parts if part) + f" [{paper.key}]"


def quotation(stop: Stop) -> str:
    """The cited sentence, byte for byte as it is stored, and its reference."""
    told = reference(stop.paper)
    return f"“{stop.citation.quote}”\n{told}\n" if stop.citation else f"{told}\n"


def short(scope: Scope) -> str:
    """A scope for a line: papers that are named one by one are only counted."""
    keys = [value for name, value in scope.conditions if name == "key"]
    if len(keys) < 2:
        return str(scope)
    others = Scope(tuple(pair for pair in scope.conditions if pair[0] != "key"))
    return " ".join(part for part in (f"{len(keys)} picked papers", str(others)) if part)
