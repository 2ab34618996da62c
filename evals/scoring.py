"""Scores one question: what was answered, held against the gold and against the stored papers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from agent.verification import NO_SENTENCE
from evals.entailment import Entailment, Passage, judge_claims
from evals.metrics import alce
from evals.metrics.abstention import is_correct
from evals.metrics.citations import (
    PaperCounts,
    counted_facts,
    covered,
    has_span,
    is_cited,
    is_valid,
    paper_counts,
    stored_sentence,
    strict,
    with_acceptable,
)
from evals.metrics.retrieval import NAMES, retrieval_scores
from evals.records import Record
from store.paper import Paper

OF_PAPERS = ("citation_f1", "citation_precision", "citation_recall", "citation_f1_also", "citation_precision_also")
OF_CLAIMS = ("citation_validity", "span_validity", "coverage", "alce_recall", "alce_precision")
SCORES = (*OF_PAPERS, "fact_recall", "correct", *OF_CLAIMS, *NAMES)
"""The names of all scores that need no judge, in the order in which they are told."""
JUDGED = ("nugget_recall", "rubric")
"""The scores that only a judge gives; scoring anew leaves them as they are."""
_MARK = re.compile(r"\[\d+\]")
_USAGE = ("calls", "prompt_tokens", "completion_tokens", "cost_usd")
_TIMES = ("first_token_ms", "total_ms")
Scores = dict[str, float | None]


class _Read(NamedTuple):
    """What an entailment backend says of an answer: a verdict a claim, and what ALCE's shares are made of."""

    verdicts: tuple[Mapping[str, Any], ...]
    counts: alce.Counts


async def scored(record: Record, papers: Mapping[str, Paper], entailment: Entailment) -> Record:
    """The record with its scores, counts and verdicts; what a judge gave it stays.

    `papers` are those of the library that was asked, by key. Raises what a backend that asks a
    model raises.
    """
    if record.error is not None or record.answer is None:
        return failed(record)
    read = await _read(record, papers, entailment)
    counts = {**_counts(record, papers), **_alce_counts(read.counts), **_costs(record.answer)}
    scores = {
        **_of_papers(record, counts),
        **_of_claims(counts, read.counts),
        **(retrieval_scores(record.ranking, record.gold) if record.gold else dict.fromkeys(NAMES)),
    }
    return replace(record, scores={**scores, **_judged(record)}, counts=counts, verdicts=read.verdicts)


def failed(record: Record) -> Record:
    """The record of a question that ended in an error: 0 in every score that an answer to it could have had.

    An answer to an unanswerable question should have had no claims, so that its only score is
    whether it is correct.
    """
    zero = {
        **dict.fromkeys((*OF_PAPERS, *NAMES), bool(record.gold)),
        "fact_recall": bool(record.facts),
        "correct": bool(record.gold) or not record.answerable,
        **dict.fromkeys(OF_CLAIMS, record.answerable),
    }
    scores: Scores = {name: 0.0 if zero[name] else None for name in SCORES}
    counts = {"cited": 0, "right": 0, "acceptable": 0, "gold": len(record.gold)}
    counts |= {"facts": len(counted_facts(record.facts)), "facts_cited": 0}
    return replace(record, scores={**scores, **_judged(record)}, counts=counts, verdicts=())


def _judged(record: Record) -> Scores:
    return {name: record.scores[name] for name in JUDGED if name in record.scores}


def _counts(record: Record, papers: Mapping[str, Paper]) -> dict[str, float]:
    """Counts of papers, facts, citations and claims; every citation that is shown is checked, in a disagreement too."""
    claims = record.claims
    shown = [one for claim in claims for one in claim["citations"]]
    shown += [item[side] for item in (record.answer or {}).get("disagreements", ()) for side in ("one", "other")]
    facts = counted_facts(record.facts)
    return {
        **_paper_counts(record)._asdict(),
        "facts": len(facts),
        "facts_cited": sum(is_cited(fact, claims) for fact in facts),
        "citations": len(shown),
        "valid": sum(is_valid(one, record.retrieved, papers) for one in shown),
        "spans": sum(has_span(one, papers) for one in shown),
        "claims": len(claims),
        "covered": covered(claims),
        "invented_marks": sum(_invented(claim) for claim in claims),
    }


def _paper_counts(record: Record) -> PaperCounts:
    """An abstention cites nothing, whatever stands in it."""
    return paper_counts(record.cited if record.answered else (), record.gold, record.also)


def _of_papers(record: Record, counts: Mapping[str, float]) -> Scores:
    """The scores that need gold; an abstention has 0 where papers answer."""
    scores: Scores = dict.fromkeys((*OF_PAPERS, "fact_recall", "correct"))
    if record.gold:
        found = _paper_counts(record)
        exact, lenient = strict(found), with_acceptable(found)
        values = (exact.f1, exact.precision, exact.recall, lenient.f1, lenient.precision)
        scores |= dict(zip(OF_PAPERS, values, strict=True))
        scores["correct"] = float(
            record.answered and is_correct(cited=found.cited, right=found.right, acceptable=found.acceptable)
        )
    elif not record.answerable:
        scores["correct"] = float(record.abstained)
    if record.facts:
        scores["fact_recall"] = counts["facts_cited"] / counts["facts"]
    return scores


def _of_claims(counts: Mapping[str, float], entailed: alce.Counts) -> Scores:
    """The scores of what an answer says, whatever the gold: None for an answer that says nothing."""
    return {
        "citation_validity": counts["valid"] / counts["citations"] if counts["citations"] else None,
        "span_validity": counts["spans"] / counts["citations"] if counts["citations"] else None,
        "coverage": counts["covered"] / counts["claims"] if counts["claims"] else None,
        "alce_recall": entailed.recall,
        "alce_precision": entailed.precision,
    }


async def _read(record: Record, papers: Mapping[str, Paper], entailment: Entailment) -> _Read:
    """The verdict of each claim on the stored sentences that it cites, never on what the answer quotes.

    A citation that is not valid has no text, and is to ALCE what an invented mark is: out of range.
    """
    claims = record.claims
    passages = [[_passage(one, record.retrieved, papers) for one in claim["citations"]] for claim in claims]
    known = [tuple(passage for passage in own if passage) for own in passages]
    asked = [(claim["text"], own) for claim, own in zip(claims, known, strict=True)]
    found = await judge_claims(asked, entailment)
    counted, told, out_of_range = [], [], 0
    for claim, own, verdict in zip(claims, passages, found, strict=True):
        outside = own.count(None) + _invented(claim)
        out_of_range += outside
        counted.append(alce.with_invented(verdict) if outside else verdict)
        distinct = dict.fromkeys(passage for passage in own if passage)
        correct = dict(zip(distinct, verdict.citations, strict=True))
        citations = [correct[passage] if passage else False for passage in own]
        told.append({"entailed": verdict.entailed, "citations": citations})
    return _Read(tuple(told), alce.counts(counted, out_of_range))


def _passage(citation: Mapping[str, Any], retrieved: Sequence[str], papers: Mapping[str, Paper]) -> Passage | None:
    sentence = stored_sentence(citation, papers)
    if sentence is None or not is_valid(citation, retrieved, papers):
        return None
    return Passage(papers[citation["key"]].title or "", sentence.text)


def _invented(claim: Mapping[str, Any]) -> int:
    """Marks that the model wrote and that resolved to nothing; they were never shown."""
    return sum(problem.endswith(NO_SENTENCE) for problem in claim["problems"])


def _alce_counts(entailed: alce.Counts) -> dict[str, float]:
    return {f"alce_{name}": value for name, value in entailed._asdict().items()}


def _costs(answer: Mapping[str, Any]) -> dict[str, float]:
    """Words of the answer without its marks (none of an abstention), and what it took; what is unknown is left out."""
    usage, timings = answer.get("usage", {}), answer.get("timings", {})
    costs = {name: usage[name] for name in _USAGE if usage.get(name) is not None}
    costs |= {name: timings[name] for name in _TIMES if timings.get(name) is not None}
    if answer["abstained"]:
        return costs
    words = _MARK.sub(" ", answer["text"]).split()
    return {"words": sum(any(map(str.isalnum, word)) for word in words), **costs}
