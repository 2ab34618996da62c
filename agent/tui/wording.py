"""Texts that leave the interface: what is copied. Pure."""

from __future__ import annotations

from agent.tui.stops import Stop
from store.paper import Paper


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
