"""Gathers what a library holds on a topic: many searches, until they bring nothing new.

A paper bears on the topic by three things: its similarity to the topic, the share of the
topic's words that it holds (in all and within one sentence, weighted by rarity), and its
similarity to the core: the first papers that are surely about the topic. The constants were
set by reading the ranked papers of twenty topics over the seeds, thirteen that they cover and
seven that they do not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.summary import naming, variants
from agent.summary.values import Listener, Searched
from store import lexical, sentences
from store.embedding import Vector
from store.lexical import QueryWord
from store.library import Library
from store.paper import Hit, Paper
from store.scope import Scope
from store.text import clean, terms

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_PAPERS = 60
MOST_SEARCHES = 40
PATIENCE = 6
"""So many searches in a row that bring no new relevant paper end the gathering."""
NEAREST = 3
_HITS = 30
_PHRASES = 6
_LONGEST_QUERY = 400
_FULL_SIMILARITY = 0.6
"""A short topic and an abstract that is about nothing else are hardly ever closer."""
_COVERED = 0.6
"""The least first rating of a paper of the core; without such a paper the topic is not covered."""
_CORE_SHARE = 0.8
_CORE_SIZE = 8
_CORE_SIMILARITY = 0.25
"""A paper that holds a topic's words in passing is less similar to it than this."""
_BELONGS = 0.6
_BELONGS_SHARE = 0.7
"""A paper belongs if it is rated at least this, and this share of the best."""
_CLOSE_TO_CORE = 0.55
_KIN = 0.76
_KIN_NEEDS = 3
"""Papers of near kin belong without the topic's words, where so many papers of the core have all of them."""


@dataclass(frozen=True, slots=True)
class Relevant:
    """A paper that bears on the topic."""

    paper: Paper
    relevance: float
    """From 0 to 1."""
    in_its_words: bool
    """Whether it holds every word of the topic, in one of the ways to say it."""
    vector: Vector


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was gathered; no paper where the library does not cover the topic."""

    topic: str
    papers: tuple[Relevant, ...]
    """The most relevant first."""
    others: tuple[Paper, ...]
    """Found, looked at, and not relevant."""
    nearest: tuple[Paper, ...]
    variants: tuple[str, ...]
    """The topic as it was looked for: as it was given, and other ways to say it."""
    searches: int
    beyond_limit: int
    saturated: bool

    @property
    def looked_at(self) -> int:
        """How many papers were rated."""
        return len(self.papers) + len(self.others) + self.beyond_limit

    @property
    def has_full_match(self) -> bool:
        """Whether any paper holds every word of the topic."""
        return any(item.in_its_words for item in self.papers)


def gather(
    library: Library, topic: str, scope: Scope | None = None, *, listener: Listener = lambda _: None
) -> Gathered:
    """Gathers the papers on `topic` in `scope`.

    Raises `LibraryError` where the topic or the scope cannot be used.
    """
    topic = clean(topic)
    gathering = _Gathering(library, topic, scope, listener)
    nearest = gathering.begin()
    saturated = gathering.widen() if gathering.core is not None else True
    rated = gathering.relevant()
    kept = {item.paper.key for item in rated}
    return Gathered(
        topic=topic,
        papers=tuple(rated[:MOST_PAPERS]),
        others=tuple(paper for key, paper in sorted(gathering.seen.items()) if key not in kept),
        nearest=tuple(hit.paper for hit in nearest[:NEAREST]),
        variants=tuple(gathering.ways),
        searches=gathering.searches,
        beyond_limit=max(len(rated) - MOST_PAPERS, 0),
        saturated=saturated,
    )


class _Gathering:
    """The state of one gathering: what was seen, and how it is rated."""

    def __init__(self, library: Library, topic: str, scope: Scope | None, listener: Listener) -> None:
        self._library = library
        self._topic = topic
        self._scope = scope
        self._listener = listener
        self.seen: dict[str, Paper] = {}
        self.searches = 0
        self.core: Vector | None = None
        self.ways: dict[str, list[QueryWord]] = {}
        self._vectors: dict[str, Vector] = {}
        self._ratings: dict[str, _Rating] = {}
        self._least = _BELONGS
        self._admits_kin = False

    def begin(self) -> Sequence[Hit]:
        """Searches for the topic in every way to say it, and finds its core; returns the first search's hits."""
        first = self._search(self._topic, way=True)
        for way in variants.of(self._topic, [hit.paper for hit in first]):
            self._search(way, way=True)
        self._topics = self._library.embed(list(self.ways))
        self._rate()
        self._find_core()
        return first

    def widen(self) -> bool:
        """Searches with the relevant papers' own words; True if that came to bring nothing new."""
        known = len(self.relevant())
        dry = 0
        asked: set[str] = set(self.ways)
        while (query := self._next_query(asked)) and self.searches < MOST_SEARCHES:
            asked.add(query)
            self._search(query)
            self._rate()
            found = len(self.relevant())
            dry = 0 if found > known else dry + 1
            known = found
            self._listener(Searched(query, found))
            if dry == PATIENCE:
                return True
        return self.searches < MOST_SEARCHES

    def relevant(self) -> list[Relevant]:
        """The papers seen so far that bear on the topic, the most relevant first."""
        if self.core is None:
            return []
        found = [
            Relevant(paper, round(rating.total, 4), rating.has_all_words, self._vectors[key])
            for key, paper in self.seen.items()
            if self._belongs(rating := self._ratings[key])
        ]
        return sorted(found, key=lambda item: (-item.relevance, item.paper.key))

    def _belongs(self, rating: _Rating) -> bool:
        if rating.total >= self._least and rating.to_core >= _CLOSE_TO_CORE:
            return True
        return self._admits_kin and rating.to_core >= _KIN

    def _next_query(self, asked: set[str]) -> str | None:
        """The next of the relevant papers' own words: their characteristic terms, then their titles."""
        found = self.relevant()
        if len(asked) < len(self.ways) + _PHRASES:
            kept = {item.paper.key for item in found}
            inside = [naming.of_paper(item.paper) for item in found]
            outside = [naming.of_paper(paper) for key, paper in self.seen.items() if key not in kept]
            for term in naming.characteristic(inside, [outside])[: 4 * _PHRASES]:
                query = naming.shown(term, inside)
                if len(term) > 1 and query not in asked:
                    return query
        own = (_own_words(item.paper) for item in found)
        return next((words for words in own if words not in asked), None)

    def _search(self, query: str, *, way: bool = False) -> Sequence[Hit]:
        result = self._library.search(query, _HITS, self._scope)
        self.searches += 1
        if way:
            self.ways[query] = [_weighed(word) for word in result.words]
        for hit in result.hits:
            self.seen.setdefault(hit.paper.key, hit.paper)
        return result.hits

    def _rate(self) -> None:
        """Rates what was seen and not yet rated."""
        new = [paper for key, paper in self.seen.items() if key not in self._ratings]
        if not new:
            return
        self._vectors.update(_vectors(self._library, new))
        for paper in new:
            similarity = max(float(self._vectors[paper.key] @ topic) for topic in self._topics)
            whole, within = _coverage(paper, self.ways.values())
            self._ratings[paper.key] = _Rating(similarity, whole, within, self._to_core(paper.key))

    def _to_core(self, key: str) -> float:
        return 0.0 if self.core is None else float(self._vectors[key] @ self.core)

    def _find_core(self) -> None:
        """Sets the core's direction and the cut that follows from the best paper; rates all anew."""
        import numpy as np

        ranked = sorted(self._ratings, key=lambda key: (-round(self._ratings[key].first, 6), key))
        best = self._ratings[ranked[0]].first if ranked else 0.0
        least = max(_COVERED, _CORE_SHARE * best)
        core = [
            key
            for key in ranked[:_CORE_SIZE]
            if self._ratings[key].first >= least and self._ratings[key].similarity >= _CORE_SIMILARITY
        ]
        if not core:
            return
        direction = np.sum([self._vectors[key] for key in core], axis=0)
        self.core = direction / np.linalg.norm(direction)
        self._ratings = {
            key: _Rating(old.similarity, old.whole, old.within, self._to_core(key))
            for key, old in self._ratings.items()
        }
        self._least = max(_BELONGS, _BELONGS_SHARE * max(self._ratings[key].total for key in core))
        self._admits_kin = sum(self._ratings[key].has_all_words for key in core) >= _KIN_NEEDS


@dataclass(frozen=True, slots=True)
class _Rating:
    """How a paper bears on the topic; each from 0 to 1."""

    similarity: float
    whole: float
    """The share of the topic's words in title and abstract."""
    within: float
    """The same within one sentence, or the title."""
    to_core: float

    @property
    def first(self) -> float:
        """Without the core: similarity and words."""
        return (self._closeness + (self.whole + self.within) / 2) / 2

    @property
    def total(self) -> float:
        """With the core."""
        return (self._closeness + (self.whole + self.within) / 2 + self.to_core) / 3

    @property
    def has_all_words(self) -> bool:
        """Whether no word of the topic is missing."""
        return self.whole > 0.999

    @property
    def _closeness(self) -> float:
        return min(max(self.similarity, 0.0) / _FULL_SIMILARITY, 1.0)


def _weighed(word: QueryWord) -> QueryWord:
    """The word with log((N + 1) / (n + 0.5)) for its weight, n of N papers holding it.

    BM25's idf is nothing where most papers hold a word, and then a small library about one
    thing would not cover it.
    """
    return word._replace(idf=math.log1p(math.exp(word.idf)))


def _coverage(paper: Paper, ways: Iterable[list[QueryWord]]) -> tuple[float, float]:
    """The share of the topic that title and abstract hold, and that one sentence holds: the best way counts."""
    held = [set(terms(paper.title or "")), *(set(terms(item.text)) for item in sentences.split(paper.abstract))]
    everything = set[str]().union(*held)
    rated = [(lexical.coverage(words, everything), max(lexical.coverage(words, one) for one in held)) for words in ways]
    return max(rated, key=sum, default=(0.0, 0.0))


def _own_words(paper: Paper) -> str:
    """The title, or the first sentence where there is none to search with."""
    title = paper.title or ""
    has_words = any(char.isalnum() for char in title)
    return (title if has_words else sentences.split(paper.abstract)[0].text)[:_LONGEST_QUERY]


def _vectors(library: Library, papers: Sequence[Paper]) -> Mapping[str, Vector]:
    """The papers' vectors: as stored, or made now where the library has not indexed them yet."""
    stored = library.vectors([paper.key for paper in papers])
    missing = [paper for paper in papers if paper.key not in stored]
    if missing:
        made = library.embed([f"{paper.label}. {paper.abstract}" for paper in missing])
        stored.update(zip((paper.key for paper in missing), made, strict=True))
    return stored
