"""How the citations of an answer meet the gold, and whether they stand; pure functions.

Papers are compared by their citation keys, to the letter: what resembles a key is another paper.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from evals.metrics.abstention import silence
from evals.metrics.statistics import FloatArray
from evals.resolving import Nugget
from store import sentences
from store.paper import Paper, Sentence


class Scored(NamedTuple):
    """Precision, recall and their harmonic mean, each from 0 to 1."""

    precision: float
    recall: float
    f1: float


class PaperCounts(NamedTuple):
    """Papers of one answer: cited, gold among them, acceptable (not gold) among them; and the gold papers there are."""

    cited: int
    right: int
    acceptable: int
    gold: int


def harmonic(precision: float, recall: float) -> float:
    """F1 = 2PR / (P + R), from 0 to 1; 0 where both are 0 (van Rijsbergen, Information Retrieval, 1979)."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def precision_recall(hits: int, given: int, wanted: int) -> Scored:
    """Of counts: hits / given, hits / wanted, and F1; 0 where a divisor is 0."""
    precision = hits / given if given else 0.0
    recall = hits / wanted if wanted else 0.0
    return Scored(precision, recall, harmonic(precision, recall))


def paper_counts(cited: Collection[str], gold: Collection[str], also: Collection[str] = ()) -> PaperCounts:
    """The counts of one answer; a paper counts once, however often it is cited."""
    papers, wanted = set(cited), set(gold)
    return PaperCounts(len(papers), len(papers & wanted), len((papers & set(also)) - wanted), len(wanted))


def strict(counts: PaperCounts) -> Scored:
    """Of one question: right / cited, right / gold, and F1; all 0 where nothing is cited."""
    return precision_recall(counts.right, counts.cited, counts.gold)


def with_acceptable(counts: PaperCounts) -> Scored:
    """The same with (right + acceptable) / cited for precision: acceptable papers are no errors, and never required."""
    precision = (counts.right + counts.acceptable) / counts.cited if counts.cited else 0.0
    recall = strict(counts).recall
    return Scored(precision, recall, harmonic(precision, recall))


def micro_precision(sums: FloatArray) -> FloatArray:
    """Σ right / Σ cited over all questions, from sums of `PaperCounts` in the last axis; nan where nothing is cited.

    Questions without gold have their part in Σ cited: what is cited where no paper answers is wrong.
    """
    return sums[..., 1] / sums[..., 0]


def micro_precision_also(sums: FloatArray) -> FloatArray:
    """Σ (right + acceptable) / Σ cited, of the same sums."""
    return (sums[..., 1] + sums[..., 2]) / sums[..., 0]


def micro_recall(sums: FloatArray) -> FloatArray:
    """Σ right / Σ gold, of the same sums; nan where there is no gold."""
    return sums[..., 1] / sums[..., 3]


def micro_f1(sums: FloatArray) -> FloatArray:
    """2 Σ right / (Σ cited + Σ gold), which is the harmonic mean of the strict micro precision and recall."""
    return 2 * sums[..., 1] / (sums[..., 0] + sums[..., 3])


def stored_sentence(citation: Mapping[str, Any], papers: Mapping[str, Paper]) -> Sentence | None:
    """The sentence that a citation names, as the library has it; None where the paper or the number is unknown."""
    paper = papers.get(citation["key"])
    stored = sentences.split(paper.abstract) if paper else ()
    number = citation["sentence"]
    return stored[number - 1] if 1 <= number <= len(stored) else None


def is_valid(citation: Mapping[str, Any], retrieved: Collection[str], papers: Mapping[str, Paper]) -> bool:
    """Whether the paper was retrieved for this answer and is in the library, and the sentence exists.

    Citation validity is the share of an answer's citations of which this is true (0 to 1).
    """
    return citation["key"] in retrieved and stored_sentence(citation, papers) is not None


def has_span(citation: Mapping[str, Any], papers: Mapping[str, Paper]) -> bool:
    """Whether the quotation is `abstract[start:end]` to the letter, of the same abstract, inside the named sentence.

    It is held against the stored abstract and its hash, never against what the answer says of
    itself. Span validity is the share of an answer's citations of which this is true (0 to 1).
    """
    sentence = stored_sentence(citation, papers)
    if sentence is None:
        return False
    paper, start, end = papers[citation["key"]], citation["start"], citation["end"]
    is_inside = sentence.start <= start < end <= sentence.end
    return bool(is_inside and paper.abstract[start:end] == citation["quote"] and paper.sha256 == citation["sha256"])


def covered(claims: Sequence[Mapping[str, Any]]) -> int:
    """How many claims have at least one citation; coverage is their share of all claims (0 to 1).

    A claim is a sentence of the answer as agent/claims.py cuts it: every sentence but those that
    state nothing, which are rules and blank lines, headings of up to 8 words, questions and
    lead-ins of up to 12 words ending in "?" or ":" (each without a number or a name), and plain
    statements of up to 30 words that the library does not say something. Its length is no reason
    to pass over it, and neither a neighbour nor a heading lends it a citation.
    """
    return sum(bool(claim["citations"]) for claim in claims)


def is_cited(fact: Nugget, claims: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every sentence that the fact lies in is cited; another sentence of its paper is none of them.

    Fact recall is the share of a question's facts of which this is true (0 to 1), of the vital
    ones alone where not all are vital.
    """
    places = {(one["key"], one["sentence"]) for claim in claims for one in claim["citations"]}
    return bool(fact.sentences) and all((fact.key, sentence) in places for sentence in fact.sentences)


def counted_facts(facts: Sequence[Nugget]) -> list[Nugget]:
    """The facts that fact recall is taken over: the vital ones, or all where none is vital."""
    return [fact for fact in facts if fact.vital] or list(facts)


def citation_scores(cited: Sequence[frozenset[str]], gold: Sequence[frozenset[str]]) -> Scored:
    """Means over the answerable questions of each question's citation precision, recall and F1 (macro).

    An answer is the set of papers it cites. An abstention on an answerable question scores 0;
    unanswerable ones (no gold) count in `abstention_scores` alone.
    """
    scored = [strict(paper_counts(own, wanted)) for own, wanted in zip(cited, gold, strict=True) if wanted]
    count = len(scored)
    if not count:
        return Scored(0.0, 0.0, 0.0)
    return Scored(*(sum(values) / count for values in zip(*scored, strict=True)))


def abstention_scores(cited: Sequence[frozenset[str]], gold: Sequence[frozenset[str]]) -> Scored:
    """Of abstaining, which is citing nothing, as a prediction of "the library does not answer": an empty gold set."""
    tallies = [silence(abstained=not own, answerable=bool(wanted)) for own, wanted in zip(cited, gold, strict=True)]
    return precision_recall(*(sum(column) for column in zip(*tallies, strict=True))) if tallies else Scored(0, 0, 0)
