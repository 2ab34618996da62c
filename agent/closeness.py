"""How close the first hits of a search are to its question, in meaning: sentence by sentence, and word by word."""

from __future__ import annotations

from dataclasses import dataclass

from agent.alignment import Alignment, alignment
from agent.signals import CANDIDATES, sentences_to_read
from store.embedding import Vector
from store.library import Library
from store.search import SearchResult


@dataclass(frozen=True, slots=True)
class Closeness:
    """What a model that reads the first `CANDIDATES` hits makes of them."""

    similarities: Vector
    """Cosine of sentence and question, one a sentence that is read, hit by hit."""
    alignments: tuple[Alignment, ...]
    """One a hit, with its title and all sentences that are read."""


def closeness(library: Library, result: SearchResult) -> Closeness:
    """Reads the question and the first hits' titles and sentences, all in one pass of the embedder."""
    cut = [[item.text for item in sentences_to_read(hit, result.words)] for hit in result.hits[:CANDIDATES]]
    titles = [hit.paper.title or "" for hit in result.hits[:CANDIDATES]]
    vectors, words = library.read([result.query, *titles, *(text for own in cut for text in own)])
    asked, titled, rest = words[0], words[1 : 1 + len(titles)], words[1 + len(titles) :]
    alignments = []
    for title, own in zip(titled, cut, strict=True):
        alignments.append(alignment(asked, [title, *rest[: len(own)]], result.words))
        rest = rest[len(own) :]
    return Closeness(vectors[1 + len(titles) :] @ vectors[0], tuple(alignments))
