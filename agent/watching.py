"""Who is told while an answer is made: a listener for the screen, and a record for the transcript."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from agent import events
from store.search import SearchResult


class Record(Protocol):
    """Where a step is written down, as a kind and plain JSON values."""

    def __call__(self, kind: str, **fields: Any) -> None:
        """Takes a record of some kind."""
        ...


def forget(kind: str, **fields: Any) -> None:
    """A record that keeps nothing."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A listener and a record."""

    listener: events.Listener = events.ignore
    record: Record = forget

    def retrieved(self, result: SearchResult) -> None:
        """Writes down what a search found: ids, ranks and scores."""
        self.record(
            "retrieval",
            query=result.query,
            scope=str(result.scope),
            hits=[
                {
                    "key": hit.paper.key,
                    "rank": hit.rank,
                    "score": round(hit.score, 6),
                    "lexical_rank": hit.lexical_rank,
                    "dense_rank": hit.dense_rank,
                }
                for hit in result.hits
            ],
        )


NOBODY = Watcher()
