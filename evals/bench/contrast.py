"""How sure a found disagreement is: on SciFact's claims, and on the gold questions, whose pairs are printed to be read.

A claim and a sentence that its authors marked as contradicting it should be found; one that
supports it should not, nor the sentences of other papers that are nearest to it by meaning.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agent import contrast, quoting
from agent.evidence import Evidence
from evals import corpora
from store import embedding
from store.embedding import Vector

NEAREST = 10
"""Sentences of papers that a claim does not cite, taken as not contradicting it."""
LEVELS = (0.0, 0.45, 0.55, 0.65, 0.75, 0.85)
OTHER = "OTHER PAPER"


class Pair(NamedTuple):
    """A claim, a sentence, what the sentence is to it, and their cosine."""

    claim: str
    sentence: str
    kind: str
    cosine: float


def print_claims(folder: Path) -> None:
    """Prints what the rule finds among the claims of SciFact in `folder`, at several least cosines."""
    claims = [json.loads(line) for line in (folder / "claims_train.jsonl").read_text(encoding="utf-8").splitlines()]
    pairs = list(_pairs(claims, _abstracts(folder, claims)))
    counts = Counter(pair.kind for pair in pairs)
    divided = sum(len({one["label"] for own in claim["evidence"].values() for one in own}) > 1 for claim in claims)
    found = [pair for pair in pairs if contrast.opposition(contrast.told(pair.claim), contrast.told(pair.sentence))]
    print(f"\nSciFact, pairs: {dict(counts)}; claims that one abstract supports and another contradicts: {divided}\n")
    print(
        "| least cosine | contradicting | supporting | other papers | precision | recall |\n|---|---|---|---|---|---|"
    )
    for level in LEVELS:
        kinds = Counter(pair.kind for pair in found if pair.cosine >= level)
        right, every = kinds["CONTRADICT"], kinds.total()
        share = f"{right / every:.2f}" if every else "-"
        mark = "**" if level == contrast.CLOSE else ""
        print(
            f"| {mark}{level}{mark} | {right} | {kinds['SUPPORT']} | {kinds[OTHER]} | {share} "
            f"| {right / counts['CONTRADICT']:.3f} |"
        )


def print_questions() -> None:
    """Prints every pair that the gold questions bring up, and how long looking for it takes."""
    for corpus in corpora.CORPORA:
        with tempfile.TemporaryDirectory() as place, corpora.build_library(corpus, Path(place)) as library:
            questions = corpora.questions(corpus)
            told, took = 0, []
            for question in questions:
                _, reading = quoting.consider(library, question.text)
                began = time.perf_counter()
                found = contrast.disagreements(reading.candidates, Evidence(), library.embed, question.text)
                took.append(1000 * (time.perf_counter() - began))
                told += bool(found)
                for pair in found:
                    print(f"\n{question.id}: {question.text}\n  {pair.reason}")
                    print(f"  {pair.one.key}: {pair.one.quote}\n  {pair.other.key}: {pair.other.quote}")
            print(f"\n{corpus}: {told} of {len(questions)} questions bring up a pair; p50 {np.median(took):.1f} ms")


def _abstracts(folder: Path, claims: list[dict[str, Any]]) -> dict[int, list[str]]:
    """The sentences of each cited abstract."""
    cited = {key for claim in claims for key in claim["cited_doc_ids"]}
    lines = (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    papers = (json.loads(line) for line in lines)
    return {
        paper["doc_id"]: [text.strip() for text in paper["abstract"]] for paper in papers if paper["doc_id"] in cited
    }


def _pairs(claims: list[dict[str, Any]], abstracts: dict[int, list[str]]) -> Iterator[Pair]:
    stored = [(key, text) for key, sentences in sorted(abstracts.items()) for text in sentences if text]
    vectors = _embedded({text for _, text in stored} | {claim["claim"] for claim in claims})
    matrix = np.array([vectors[text] for _, text in stored])
    for claim in claims:
        own = vectors[claim["claim"]]
        for key, evidence in claim["evidence"].items():
            for one in evidence:
                for text in filter(None, (abstracts[int(key)][at] for at in one["sentences"])):
                    yield Pair(claim["claim"], text, one["label"], float(vectors[text] @ own))
        similar = matrix @ own
        others = (at for at in np.argsort(-similar, kind="stable") if stored[at][0] not in claim["cited_doc_ids"])
        for _, at in zip(range(NEAREST), others, strict=False):
            yield Pair(claim["claim"], stored[at][1], OTHER, float(similar[at]))


def _embedded(texts: set[str]) -> dict[str, Vector]:
    built_in = embedding.create(embedding.EmbedderChoice())
    ordered = sorted(texts, key=lambda text: (len(text), text))
    found: dict[str, Vector] = {}
    for at in range(0, len(ordered), built_in.batch_size):
        batch = ordered[at : at + built_in.batch_size]
        found.update(zip(batch, built_in.embed(batch), strict=True))
    return found
