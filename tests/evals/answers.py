"""Made-up papers, and records of answers that cite them, for tests of metrics and scores."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent.answer import ABSTENTION, Answer, Citation, Claim, Disagreement, Mode, Usage
from agent.verification import NO_SENTENCE
from evals.entailment import Entailment, Overlap
from evals.records import Record
from evals.resolving import Nugget
from evals.scoring import scored
from store import sentences
from store.paper import Paper

ALPHA = Paper("alpha2024", "Alpha", "Alpha solves 40 puzzles. It learns from 12 games. Its code is open.")
BETA = Paper("beta2024", "Beta", "Beta solves 55 puzzles. It never learns.")
GAMMA = Paper("gamma2023", "Gamma", "Gamma plays chess. Gamma needs 8 processors.")
DELTA = Paper("delta2022", "Delta", "Delta sorts mail. It reads 30 languages.")
PAPERS: Mapping[str, Paper] = {paper.key: paper for paper in (ALPHA, BETA, GAMMA, DELTA)}


def cite(paper: Paper, number: int, score: float = 0.9) -> Citation:
    """A true citation of a sentence."""
    sentence = sentences.split(paper.abstract)[number - 1]
    return Citation(
        1, paper.key, number, sentence.start, sentence.end, sentence.text, paper.sha256, support_score=score
    )


def quote(paper: Paper, number: int, score: float = 0.9) -> Claim:
    """A claim that is the sentence which it cites."""
    citation = cite(paper, number, score)
    return Claim(citation.quote, "supported", (citation,))


def claim(text: str, *citations: Citation, invented: int = 0) -> Claim:
    """A claim; `invented` of its marks named nothing."""
    problems = tuple(f"[9.{number}] {NO_SENTENCE}" for number in range(1, invented + 1))
    return Claim(text, "supported" if citations else "uncited", citations, problems)


def fact(paper: Paper, *numbers: int, vital: bool = True) -> Nugget:
    """A fact that lies in these sentences of a paper."""
    held = [sentences.split(paper.abstract)[number - 1] for number in numbers]
    start, end = held[0].start, held[-1].end
    return Nugget(paper.key, numbers, start, end, paper.abstract[start:end], vital)


def asked(
    name: str = "q",
    gold: Sequence[Paper] = (),
    also: Sequence[Paper] = (),
    facts: Sequence[Nugget] = (),
    *,
    answerable: bool | None = None,
    kind: str = "fact",
) -> Record:
    """A question that has no answer yet."""
    return Record(
        id=name,
        kind=kind,
        question=f"What of {name}?",
        answerable=bool(gold) if answerable is None else answerable,
        gold=tuple(paper.key for paper in gold),
        also=tuple(paper.key for paper in also),
        facts=tuple(facts),
    )


def answered(
    record: Record,
    *claims: Claim,
    mode: Mode = "model",
    retrieved: Sequence[str] = tuple(PAPERS),
    ranking: Sequence[str] = (),
    text: str | None = None,
    disagreements: Sequence[Disagreement] = (),
    usage: Usage | None = None,
    **timings: float,
) -> Record:
    """The record with an answer that makes these claims."""
    answer = Answer(
        question=record.question,
        mode=mode,
        marked=" ".join(one.text for one in claims) if text is None else text,
        claims=claims,
        disagreements=tuple(disagreements),
        usage=usage or Usage(),
        timings=timings,
    )
    return replace(record, answer=answer.to_dict(), retrieved=tuple(retrieved), ranking=tuple(ranking))


def silent(record: Record, *, mode: Mode = "model", ranking: Sequence[str] = ()) -> Record:
    """The record with an abstention."""
    answer = Answer(record.question, mode, ABSTENTION, abstained=True)
    return replace(record, answer=answer.to_dict(), retrieved=tuple(PAPERS), ranking=tuple(ranking))


def broken(record: Record) -> Record:
    """The record of a question that ended in an error."""
    return replace(record, error="the model cannot be reached")


def score(record: Record, papers: Mapping[str, Paper] = PAPERS, backend: Entailment | None = None) -> Record:
    """The record with its scores, entailment by words unless another backend is given."""
    return asyncio.run(scored(record, papers, backend or Overlap()))


def changed(record: Record, **fields: Any) -> Record:
    """The record with fields of the first citation of its answer set to something else."""
    answer = {**(record.answer or {})}
    first, *claims = answer["claims"]
    one, *others = first["citations"]
    answer["claims"] = [{**first, "citations": [{**one, **fields}, *others]}, *claims]
    return replace(record, answer=answer)
