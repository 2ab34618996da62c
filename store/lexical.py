"""Lexical ranking: BM25 by FTS5 over folded text, as a share of what the query could reach.

A share says the same in every library and for every query: 1 would be a paper that holds
each word of the query without end, 0 one that holds none.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from store.catalogue import Catalogue
from store.scope import Scope, to_sql
from store.text import content_words, stem

TITLE_WEIGHT = 2.0
"""Weight of a title's words beside the abstract's; 1, 2 and 3 were compared (evals/bench/README.md)."""
K1 = 1.2
"""FTS5's own k1; with it, BM25 of a word tends to idf * (k1 + 1)."""
MOST_WORDS = 48
"""The rarest words of a long question are enough."""
_LARGE_LIBRARY = 10_000
_COMMON_SHARE = 0.1
_COMMON_PAPERS = 5_000
"""In a large library a word that a tenth of the papers hold, or so many, costs time and tells little."""


class QueryWord(NamedTuple):
    """A word of a query, its stem, and how much it tells: BM25's idf over the abstracts."""

    word: str
    stem: str
    idf: float


def query_words(catalogue: Catalogue, query: str) -> list[QueryWord]:
    """The words of `query` worth looking for, in order; at most `MOST_WORDS`, the rarest kept."""
    total = max(catalogue.count(), 1)
    found = []
    for word in content_words(query):
        stemmed = stem(word)
        held = int(catalogue.value("SELECT doc FROM vocabulary WHERE term = ? AND col = 'abstract'", (stemmed,)) or 0)
        found.append(QueryWord(word, stemmed, max(math.log((total - held + 0.5) / (held + 0.5)), 1e-6)))
    if len(found) > MOST_WORDS:
        rarest = sorted(found, key=lambda item: -item.idf)[:MOST_WORDS]
        found = [item for item in found if item in rarest]
    if total > _LARGE_LIBRARY:
        most = min(total * _COMMON_SHARE, _COMMON_PAPERS)
        least_idf = math.log((total - most + 0.5) / (most + 0.5))
        telling = [item for item in found if item.idf > least_idf]
        found = telling if len(telling) >= 2 else found
    return found


def rank(catalogue: Catalogue, query: list[QueryWord], limit: int, scope: Scope) -> list[tuple[int, float]]:
    """(paper id, score) of the `limit` best papers that share a word with the query, best first.

    The score is BM25 divided by its upper bound, sum of idf * (k1 + 1), so from 0 to 1.
    (BM25: Robertson and Zaragoza, 2009; FTS5's variant keeps idf above 0.)
    """
    if not query:
        return []
    match = "{title abstract variants} : (" + " OR ".join(f'"{item.word}"' for item in query) + ")"
    condition, parameters = to_sql(scope)
    within = f"AND rowid IN (SELECT id FROM papers WHERE {condition})" if scope else ""
    rows = catalogue.rows(
        f"SELECT rowid, bm25(lexicon, {TITLE_WEIGHT}, 1.0, 1.0, 0.0, 0.0, 0.0) AS cost FROM lexicon "
        f"WHERE lexicon MATCH ? {within} ORDER BY cost, rowid LIMIT ?",
        [match, *(parameters if scope else []), limit],
    )
    bound = sum(item.idf for item in query) * (K1 + 1)
    return [(row["rowid"], min(-row["cost"] / bound, 1.0)) for row in rows]


def coverage(query: list[QueryWord], stems: set[str]) -> float:
    """How much of the query's idf the words in `stems` hold, from 0 to 1."""
    total = sum(item.idf for item in query)
    return sum(item.idf for item in query if item.stem in stems) / total if total else 0.0
