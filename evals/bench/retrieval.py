"""Retrieval quality on SciFact's train claims: each ranking alone, fused, and other fusions.

A claim's relevant papers are those that its authors cited for it. Measures are ir-measures'
(trec_eval's definitions); runs carry scores made from ranks, so that ties cannot matter.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import ir_measures
from ir_measures import Qrel, R, ScoredDoc, nDCG

from store import lexical
from store.catalogue import Catalogue
from store.embedding import Matrix
from store.library import Library
from store.paper import Hit
from store.scope import Scope
from store.vectors import Vectors

DEPTH = 100
MEASURES = (nDCG @ 10, R @ 10, R @ 100)
Scores = dict[str, float]


class Claim(NamedTuple):
    """A claim, the keys of the papers cited for it, both rankings, and what a search says of their union."""

    id: str
    relevant: frozenset[str]
    lexical: Scores
    dense: Scores
    hits: tuple[Hit, ...]


def print_tables(folder: Path, *, compare_fusions: bool) -> None:
    """Adds the corpus to a library of its own and prints the tables."""
    with tempfile.TemporaryDirectory() as place:
        with Library(Path(place)) as library:
            library.add([folder / "corpus.jsonl"])
            catalogue = Catalogue(Path(place), read_only=True)
            claims = _claims(folder / "claims_train.jsonl", library, catalogue)
            count = library.count()
        print(f"\nSciFact, {len(claims)} train claims, {count} papers\n")
        print("| ranking | nDCG@10 | Recall@10 | Recall@100 |\n|---|---|---|---|")
        _print_row("lexical alone", claims, lambda claim: claim.lexical)
        _print_row("dense alone", claims, lambda claim: claim.dense)
        _print_row("fused", claims, _searched)
        if compare_fusions:
            for name, blend in _others().items():
                _print_row(name, claims, blend)


def _claims(path: Path, library: Library, catalogue: Catalogue) -> list[Claim]:
    own_ids = _own_ids(library)
    keys = {row["id"]: row["key"] for row in catalogue.rows("SELECT id, key FROM papers")}
    vectors = Vectors(library.folder, library_id=catalogue.fact("library_id") or "")
    held = catalogue.count()
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        relevant = frozenset(own_ids[str(cited)] for cited in fields["cited_doc_ids"] if str(cited) in own_ids)
        if not relevant:
            continue
        words = lexical.query_words(catalogue, fields["claim"])
        by_words = {keys[paper]: score for paper, score in lexical.rank(catalogue, words, DEPTH, Scope())}
        vector: Matrix = library.embed([fields["claim"]])[0]
        nearest = {keys[part.paper]: similarity for part, similarity in vectors.nearest(vector, DEPTH, held=held)}
        found.append(
            Claim(str(fields["id"]), relevant, by_words, nearest, library.search(fields["claim"], 2 * DEPTH).hits)
        )
    return found


def _own_ids(library: Library) -> dict[str, str]:
    """SciFact's document ids and the keys of their papers."""
    return {
        value: paper.key
        for paper in library.papers()
        for name, value in paper.identifiers.items()
        if name.startswith("scifact")
    }


def _searched(claim: Claim) -> Scores:
    """What `citeloom search` says."""
    return {hit.paper.key: 1.0 / hit.rank for hit in claim.hits}


def _weighted(claim: Claim, weight: float) -> Scores:
    return {hit.paper.key: (1 - weight) * hit.lexical_score + weight * hit.similarity for hit in claim.hits}


def _others() -> dict[str, Callable[[Claim], Scores]]:
    return {
        "reciprocal rank fusion, k = 60": lambda claim: _reciprocal(claim, 60),
        "reciprocal rank fusion, k = 10": lambda claim: _reciprocal(claim, 10),
        "min-max, dense 0.4": lambda claim: _blend(_min_max(claim.lexical), _min_max(claim.dense), 0.4),
        "min-max, dense 0.5": lambda claim: _blend(_min_max(claim.lexical), _min_max(claim.dense), 0.5),
        "max-norm, dense 0.6": lambda claim: _blend(_max_norm(claim.lexical), _max_norm(claim.dense), 0.6),
        "as fused, dense 0.4": lambda claim: _weighted(claim, 0.4),
        "as fused, dense 0.6": lambda claim: _weighted(claim, 0.6),
    }


def _blend(words: Scores, meaning: Scores, weight: float) -> Scores:
    papers = words.keys() | meaning.keys()
    return {paper: (1 - weight) * words.get(paper, 0.0) + weight * meaning.get(paper, 0.0) for paper in papers}


def _min_max(scores: Scores) -> Scores:
    low, high = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
    return {paper: (score - low) / (high - low) if high > low else 1.0 for paper, score in scores.items()}


def _max_norm(scores: Scores) -> Scores:
    high = max(scores.values(), default=1.0) or 1.0
    return {paper: score / high for paper, score in scores.items()}


def _reciprocal(claim: Claim, k: int) -> Scores:
    total: Scores = {}
    for scores in (claim.lexical, claim.dense):
        for rank, paper in enumerate(sorted(scores, key=lambda paper: (-scores[paper], paper)), 1):
            total[paper] = total.get(paper, 0.0) + 1 / (k + rank)
    return total


def _print_row(name: str, claims: list[Claim], ranking: Callable[[Claim], Scores]) -> None:
    judged = [Qrel(claim.id, paper, 1) for claim in claims for paper in claim.relevant]
    run = []
    for claim in claims:
        scores = ranking(claim)
        ranked = sorted(scores, key=lambda paper: (-scores[paper], paper))[:DEPTH]
        run += [ScoredDoc(claim.id, paper, 1.0 / rank) for rank, paper in enumerate(ranked, 1)]
    values = ir_measures.calc_aggregate(MEASURES, judged, run)
    print(f"| {name} | " + " | ".join(f"{values[measure]:.4f}" for measure in MEASURES) + " |")
