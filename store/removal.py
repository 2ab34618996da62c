"""A paper that was taken out, kept as it was, so that it can be brought back whole.

A paper is made of what its sources said of it. These records come back as they were, not
the paper alone: so the next `add` of the same files finds nothing new, and nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from store.catalogue import Catalogue
from store.paper import Paper


class Listing(NamedTuple):
    """A row of the table `sources`: what one source said of the paper."""

    path: str
    place: str
    record: str
    record_hash: bytes


class Part(NamedTuple):
    """A row of the table `parts`: a text of the paper, and its vector if it had one."""

    part: int
    text_hash: str
    vector: bytes | None


@dataclass(frozen=True, slots=True)
class Removed:
    """A paper that was taken out of a library, and all that the library knew of it."""

    paper: Paper
    library_id: str
    paper_id: int
    """It says where the paper stood among the others."""
    listings: tuple[Listing, ...]
    parts: tuple[Part, ...]


def copied(catalogue: Catalogue, paper_id: int) -> Removed:
    """All that the catalogue holds of a paper; call it in the transaction that removes the paper."""
    listings = catalogue.rows(
        "SELECT path, place, record, record_hash FROM sources WHERE paper_id = ? ORDER BY id", (paper_id,)
    )
    parts = catalogue.rows("SELECT part, text_hash, vector FROM parts WHERE paper_id = ? ORDER BY part", (paper_id,))
    return Removed(
        catalogue.papers([paper_id])[paper_id],
        catalogue.fact("library_id") or "",
        paper_id,
        tuple(Listing(*row) for row in listings),
        tuple(Part(*row) for row in parts),
    )
