"""Hybrid search over one library: lexical and dense rankings, fused, with the best sentence of each hit."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from store import indexing, lexical, sentences
from store.catalogue import Catalogue
from store.embedding import Matrix, ReadingEmbedder, Vector, WordVectors
from store.errors import EmptyScope, ScopeError
from store.lexical import QueryWord
from store.paper import Hit, Paper, Sentence
from store.ranking import Fused, fuse
from store.scope import Scope, to_sql
from store.text import clean, terms
from store.vectors import PartId, Vectors, VectorsDamaged

DEPTH = 100
"""How many papers each ranking gives to the fusion."""
MOST_CHARACTERS = 4000
"""The longest question that is looked for."""
_OVERFETCH = 1000
_EXACT_AT_MOST = 20_000
"""A scope of no more papers than this is compared one by one."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found: hits, best first, and what it took."""

    query: str
    scope: Scope
    hits: tuple[Hit, ...]
    words: tuple[QueryWord, ...]
    """The words that the lexical ranking looked for."""
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds: lexical_ms, dense_ms, total_ms."""


class _Ranked(NamedTuple):
    """The query as it was looked for, its words, the papers that both rankings found, best first, and the time."""

    query: str
    words: list[QueryWord]
    papers: list[Fused]
    timings: dict[str, float]


class Searcher:
    """Searches a catalogue and its vector index; notices when another process has changed them."""

    def __init__(
        self, catalogue: Catalogue, vectors: Vectors, embedder: ReadingEmbedder, notice: Callable[[str], None]
    ) -> None:
        self._catalogue = catalogue
        self._vectors = vectors
        self._embedder = embedder
        self._notice = notice
        self._generation = -1  # whatever another part of this process opened is older than we know
        self._index_is_unusable = False

    def search(self, query: str, count: int, scope: Scope) -> SearchResult:
        """The `count` best papers for `query` within `scope`."""
        began = time.perf_counter()
        found = self._ranked(query, scope)
        hits = self._hits(found.papers[:count], found.words)
        timings = {**found.timings, "total_ms": _ms(time.perf_counter() - began)}
        return SearchResult(found.query, scope, hits, tuple(found.words), timings)

    def rank(self, query: str, count: int, scope: Scope) -> list[str]:
        """The keys of the `count` best papers, as `search` orders them, without reading their abstracts."""
        best = self._ranked(query, scope).papers[:count]
        keys = self._keys(item.paper for item in best)
        return [keys[item.paper] for item in best if item.paper in keys]

    def _ranked(self, query: str, scope: Scope) -> _Ranked:
        query = clean(query)
        check_question(query)
        if scope:
            check_scope(self._catalogue, scope)
        began = time.perf_counter()
        words = lexical.query_words(self._catalogue, query)
        by_words = dict(lexical.rank(self._catalogue, words, DEPTH, scope))
        worded = time.perf_counter()
        vector = self.embed([query])[0]
        nearest = self._nearest_papers(vector, scope)
        by_meaning = nearest | self._similarities([paper for paper in by_words if paper not in nearest], vector)
        dense = time.perf_counter()
        order = self._keys(by_words.keys() | by_meaning.keys())
        fused = fuse(
            {paper: score for paper, score in by_words.items() if paper in order},
            {paper: score for paper, score in by_meaning.items() if paper in order},
            order,
            nearest.keys() & order.keys(),
        )
        return _Ranked(query, words, fused, {"lexical_ms": _ms(worded - began), "dense_ms": _ms(dense - worded)})

    def embed(self, texts: list[str]) -> Vector:
        """Unit vectors of `texts`, one a row, by the library's own embedder."""
        return self._embedder.embed(texts)

    def read(self, texts: list[str]) -> tuple[Matrix, list[WordVectors]]:
        """What `embed` returns, and the words of each text."""
        return self._embedder.read(texts)

    def _nearest_papers(self, vector: Vector, scope: Scope) -> dict[int, float]:
        """Cosine similarity of the nearest papers, the closest of each one's texts counting."""
        nearest = self._nearest_in(scope, vector) if scope else self._nearest(vector, DEPTH)
        found: dict[int, float] = {}
        for part, similarity in nearest:
            found[part.paper] = max(found.get(part.paper, -1.0), similarity)
        return dict(sorted(found.items(), key=lambda item: -item[1])[:DEPTH])

    def _similarities(self, papers: list[int], vector: Vector) -> dict[int, float]:
        """Cosine similarity of each of `papers`, the closest of its texts counting."""
        if not papers:
            return {}
        marks = ",".join("?" * len(papers))
        rows = self._catalogue.rows(
            f"SELECT paper_id, part, vector FROM parts WHERE vector IS NOT NULL AND paper_id IN ({marks})", papers
        )
        found: dict[int, float] = {}
        for part, similarity in self._exact(rows, vector):
            found[part.paper] = max(found.get(part.paper, -1.0), similarity)
        return found

    def _nearest(self, vector: Vector, count: int) -> list[tuple[PartId, float]]:
        generation = self._catalogue.generation()
        if generation != self._generation:
            self._vectors.reopen()
            self._generation = generation
            self._index_is_unusable = False
        if not self._index_is_unusable:
            try:
                return self._vectors.nearest(vector, count, held=indexing.held(self._catalogue))
            except VectorsDamaged as error:
                self._index_is_unusable = True
                self._notice(f"the vector index cannot be used ({error}); comparing paper by paper instead")
        rows = self._catalogue.rows("SELECT paper_id, part, vector FROM parts WHERE vector IS NOT NULL")
        return sorted(self._exact(rows, vector), key=lambda item: -item[1])[:count]

    def _nearest_in(self, scope: Scope, vector: Vector) -> list[tuple[PartId, float]]:
        """The nearest texts of the papers in `scope`: one by one if they are few, else from the index."""
        condition, parameters = to_sql(scope)
        inside = {row["id"] for row in self._catalogue.rows(f"SELECT id FROM papers WHERE {condition}", parameters)}
        if len(inside) > _EXACT_AT_MOST:
            return [item for item in self._nearest(vector, _OVERFETCH) if item[0].paper in inside]
        rows = self._catalogue.rows(
            "SELECT paper_id, part, vector FROM parts WHERE vector IS NOT NULL "
            f"AND paper_id IN (SELECT id FROM papers WHERE {condition})",
            parameters,
        )
        return sorted(self._exact(rows, vector), key=lambda item: -item[1])[: 2 * DEPTH]

    def _exact(self, rows: list[sqlite3.Row], vector: Vector) -> list[tuple[PartId, float]]:
        if not rows:
            return []
        similarities = indexing.unpacked(row["vector"] for row in rows) @ vector
        parts = (PartId(row["paper_id"], row["part"]) for row in rows)
        return list(zip(parts, (float(value) for value in similarities), strict=True))

    def _keys(self, papers: Iterable[int]) -> dict[int, str]:
        """Citation keys, for breaking ties; a vector whose paper is gone drops out here."""
        ids = list(papers)
        marks = ",".join("?" * len(ids))
        return {
            row["id"]: row["key"]
            for row in self._catalogue.rows(f"SELECT id, key FROM papers WHERE id IN ({marks})", ids)
        }

    def _hits(self, fused: list[Fused], words: list[QueryWord]) -> tuple[Hit, ...]:
        papers = self._catalogue.papers([item.paper for item in fused])
        hits: list[Hit] = []
        for item in fused:
            paper = papers.get(item.paper)
            if paper is None:  # removed since it was found
                continue
            sentence, variant = best_sentence(paper, words)
            hits.append(
                Hit(
                    rank=len(hits) + 1,
                    paper=paper,
                    score=item.score,
                    lexical_rank=item.lexical_rank,
                    dense_rank=item.dense_rank,
                    lexical_score=item.lexical,
                    similarity=item.dense,
                    sentence=sentence,
                    variant=variant,
                )
            )
        return tuple(hits)


def check_scope(catalogue: Catalogue, scope: Scope) -> None:
    """Refuses a scope in which there is no paper."""
    condition, parameters = to_sql(scope)
    if not catalogue.value(f"SELECT EXISTS (SELECT 1 FROM papers WHERE {condition})", parameters):
        raise EmptyScope(f"no paper in the library is in the scope {scope}", "widen the scope, or add papers")


def check_question(query: str) -> None:
    """Refuses a question in which there is nothing to look for, or too much."""
    if not any(char.isalnum() for char in query):
        raise ScopeError("the question is empty", "ask in words, for example: what is process supervision?")
    if len(query) > MOST_CHARACTERS:
        raise ScopeError(
            f"the question has {len(query):,} characters; {MOST_CHARACTERS:,} are the most",
            "ask a shorter question",
        )


def best_sentence(paper: Paper, words: list[QueryWord]) -> tuple[Sentence, str | None]:
    """The sentence of the abstract that holds most of the query, and a sentence of another wording that holds more."""
    best = max(sentences.split(paper.abstract), key=lambda item: (_held(item.text, words), -item.index))
    other = max(
        (sentence.text for text in paper.variants for sentence in sentences.split(text)),
        key=lambda text: _held(text, words),
        default="",
    )
    return best, other if other and _held(other, words) > _held(best.text, words) else None


def _held(sentence: str, words: list[QueryWord]) -> float:
    return round(lexical.coverage(words, set(terms(sentence))), 6)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
