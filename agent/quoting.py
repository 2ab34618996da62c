"""Quote mode: an answer made of stored sentences, or an abstention; no model, no network."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Sequence

from agent import citations, contrast, events
from agent.answer import ABSTENTION, Answer, Citation, Claim, Disagreement, Reference
from agent.closeness import closeness
from agent.evidence import Evidence
from agent.relevance import Candidate, Reading, fitted_models, read
from agent.selection import best_set
from agent.signals import CANDIDATES, ReadSentence
from agent.watching import NOBODY, Watcher
from store.library import Library
from store.paper import Paper
from store.scope import Scope
from store.search import SearchResult

NEAREST = 3
"""How many papers an abstention shows."""
_SENTENCES_ALONE = 2
"""Sentences quoted from the only paper of an answer; where several are cited, one each."""
_SECOND_SENTENCE_SHARE = 0.5
"""A second sentence is quoted if it is at least this likely, compared with the first."""


def answer(
    library: Library,
    question: str,
    scope: Scope | None = None,
    *,
    most_papers: int | None = None,
    evidence: Evidence | None = None,
    watcher: Watcher = NOBODY,
) -> Answer:
    """Answers `question` by quoting, from as many papers as bear on it; abstains where none does.

    The papers that are cited are numbered in `evidence`. Raises `LibraryError` where the
    question or the scope cannot be used.
    """
    began = time.perf_counter()
    result, reading = consider(library, question, scope, watcher)
    retrieved = time.perf_counter()
    cited = best_set(reading.candidates)[:most_papers] if reading.answerable >= fitted_models().threshold else []
    numbered = Evidence() if evidence is None else evidence
    text, claims, references = _compose(cited, numbered)
    found = contrast.disagreements(reading.candidates, numbered, library.embed, question) if cited else ()
    return Answer(
        question=question,
        mode="quote",
        marked=text if cited else ABSTENTION,
        claims=claims,
        references=with_disagreeing(references, found, numbered),
        disagreements=found,
        nearest=() if cited else tuple(hit.paper for hit in result.hits[:NEAREST]),
        abstained=not cited,
        scope=str(scope or ""),
        timings=_timings(began, retrieved),
        warnings=_warnings(question),
    )


def with_disagreeing(
    references: Sequence[Reference], found: Sequence[Disagreement], evidence: Evidence
) -> tuple[Reference, ...]:
    """The references, and those that only a disagreement cites."""
    known = {reference.number for reference in references}
    numbers = dict.fromkeys(citation.number for item in found for citation in (item.one, item.other))
    more = (Reference(number, paper) for number in numbers if number not in known and (paper := evidence.paper(number)))
    return (*references, *more)


def consider(
    library: Library, question: str, scope: Scope | None = None, watcher: Watcher = NOBODY
) -> tuple[SearchResult, Reading]:
    """Searches, reads the first hits sentence by sentence, and rates them."""
    watcher.listener(events.Searching(question, str(scope or "")))
    result = library.search(question, CANDIDATES, scope)
    watcher.retrieved(result)
    return result, read(result, closeness(library, result), fitted_models())


def _compose(cited: Sequence[Candidate], evidence: Evidence) -> tuple[str, tuple[Claim, ...], tuple[Reference, ...]]:
    """Text, claims and references, a block a paper, the likeliest first."""
    claims: list[Claim] = []
    references: list[Reference] = []
    blocks: list[str] = []
    for candidate in cited:
        paper = candidate.hit.paper
        number = evidence.add(paper)
        references.append(Reference(number, paper, candidate.hit.variant))
        quoted = [
            citation
            for item in _to_quote(candidate, alone=len(cited) == 1)
            if (citation := evidence.cite(number, item.sentence.index, candidate.probability))
        ]
        claims.extend(Claim(citation.quote, "supported", (citation,)) for citation in quoted)
        blocks.append(_block(paper, quoted))
    return "\n\n".join(blocks), tuple(claims), tuple(references)


def _to_quote(candidate: Candidate, *, alone: bool) -> list[ReadSentence]:
    """The sentences to quote, in the order of the abstract."""
    first, *others = candidate.sentences
    chosen = [first]
    if alone:
        chosen += [
            item
            for item in others[: _SENTENCES_ALONE - 1]
            if item.probability >= _SECOND_SENTENCE_SHARE * first.probability
        ]
    return sorted(chosen, key=lambda item: item.sentence.index)


def _block(paper: Paper, quoted: Sequence[Citation]) -> str:
    who = citations.escaped(citations.byline(paper))
    heading = " ".join(part for part in (f"**{citations.escaped(paper.label)}**", who) if part)
    quotes = [f"> {citations.escaped(citation.quote)} {citations.mark(citation)}" for citation in quoted]
    return "\n>\n".join([f"{heading}\n\n{quotes[0]}", *quotes[1:]])


def _timings(began: float, retrieved: float) -> dict[str, float]:
    """Milliseconds since `began`; quoting has its first text when it has all of it."""
    total = round((time.perf_counter() - began) * 1000, 2)
    return {"retrieve_ms": round((retrieved - began) * 1000, 2), "first_token_ms": total, "total_ms": total}


def _warnings(question: str) -> tuple[str, ...]:
    letters = [char for char in question if char.isalpha()]
    foreign = sum(not unicodedata.name(char, "").startswith(("LATIN", "GREEK")) for char in letters)
    if foreign * 2 > len(letters):
        return ("the question is mostly in another script; the built-in search understands English best",)
    return ()
