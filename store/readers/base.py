"""What every reader is, and what all of them share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from store.paper import Problem, Record
from store.readers.source import TextSource
from store.text import clean

MIN_ABSTRACT_WORDS = 8
"""Fewer words than this are a caption or a crumb, not an abstract."""


class Reader(Protocol):
    """Reads one format."""

    name: str
    untitled: bool
    """Whether the format knows no titles."""

    def matches(self, source: TextSource) -> bool:
        """Whether the beginning of the file is in this format."""
        ...

    def read(self, source: TextSource) -> Iterator[Record | Problem]:
        """The records and problems of the file, in order; a bad record is a Problem, never an exception."""
        ...


class CleanAbstract:
    """An abstract cleaned for storing, the printed text where that differs, or the reason to refuse it."""

    def __init__(self, printed: str) -> None:
        self.text = clean(printed)
        printed = printed.encode("utf-8", "replace").decode()  # JSON may hold halves of characters
        self.printed = printed if self.text != printed.strip() else None
        short = len(self.text.split()) < MIN_ABSTRACT_WORDS and len(self.text) < 4 * MIN_ABSTRACT_WORDS
        has_words = any(char.isalnum() for char in self.text)
        self.flaw = "no abstract" if not has_words else "too short to be an abstract" if short else None
