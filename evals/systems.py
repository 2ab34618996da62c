"""What is asked the questions of a run: the agent in either mode, and the baselines that it has to beat.

bm25, dense, fused    the first papers of one ranking, each with a sentence; they never abstain
once                  the first papers of the fused ranking and one call of a model; nothing checked or mended
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

from agent import claims
from agent.answer import ABSTENTION, Answer, Citation, Claim
from agent.answering import references
from agent.assistant import Assistant, Question
from agent.citations import Place, mark
from agent.errors import BudgetExceeded
from agent.evidence import Evidence
from agent.llm.budget import Budget, Limits
from agent.llm.calls import Calls, Chat, Cut
from agent.reading import fenced, unfenced
from agent.verification import NO_MARK, NO_SENTENCE
from prompts import load
from store.library import Library
from store.paper import Hit

DEPTH = 100
"""How much of a ranking is kept for the measures of retrieval."""
PAPERS_CITED = 3
"""Papers that a ranking cites as its answer, if nothing else is said."""
PAPERS_READ = 8
"""Papers that the one call of `once` is shown: as many as the agent considers."""
Ranking = Literal["bm25", "dense", "fused"]


class Attempt(NamedTuple):
    """An answer, the ranking that it rests on, and everything that was retrieved for it, as keys."""

    answer: Answer
    ranking: tuple[str, ...]
    retrieved: tuple[str, ...]


class System(Protocol):
    """Answers questions; `name` says what it is."""

    name: str

    async def answer(self, question: str) -> Attempt:
        """The answer to one question; raises what kept it from answering."""
        ...


class Agent:
    """Citeloom itself, as `ask` answers without a session."""

    def __init__(self, library: Library, chat: Chat | None, limits: Limits) -> None:
        self.name = "model" if chat else "quote"
        self._library = library
        self._assistant = Assistant(library, chat, mode=self.name, limits=limits)

    async def answer(self, question: str) -> Attempt:
        """The assistant's answer; the ranking is that of its first search, followed further down."""
        searches: list[dict[str, Any]] = []

        def record(kind: str, **fields: Any) -> None:
            if kind == "retrieval":
                searches.append(fields)

        answer = await self._assistant.ask(Question(question), record=record)
        keys = [hit["key"] for search in searches for hit in search["hits"]]
        first = searches[0]["query"] if searches else question
        return Attempt(answer, tuple(self._library.rank(first, DEPTH)), tuple(dict.fromkeys(keys)))


class FirstPapers:
    """The first papers of one ranking, each quoted with its sentence nearest to the question."""

    def __init__(self, library: Library, ranking: Ranking, count: int = PAPERS_CITED) -> None:
        self.name: str = ranking
        self._library = library
        self._ranking = ranking
        self._count = count

    async def answer(self, question: str) -> Attempt:
        """An answer that quotes the first papers; it abstains only where the ranking finds none."""
        began = time.perf_counter()
        hits = ranked(self._library, question, self._ranking)
        found = time.perf_counter()
        evidence = Evidence()
        cited = [self._citation(evidence, question, hit) for hit in hits[: self._count]]
        claims = tuple(Claim(citation.quote, "supported", (citation,)) for citation in cited)
        took = _ms(time.perf_counter() - began)
        answer = Answer(
            question=question,
            mode="quote",
            marked="\n\n".join(f"> {claim.text} {mark(claim.citations[0])}" for claim in claims) or ABSTENTION,
            claims=claims,
            references=references(evidence, claims),
            abstained=not claims,
            timings={"retrieve_ms": _ms(found - began), "first_token_ms": took, "total_ms": took},
        )
        return Attempt(answer, _keys(hits), _keys(hits[: self._count]))

    def _citation(self, evidence: Evidence, question: str, hit: Hit) -> Citation:
        """By words the sentence that holds most of them, otherwise the one nearest by meaning."""
        number = evidence.add(hit.paper)
        index = hit.sentence.index
        if self._ranking != "bm25":
            stored = evidence.sentences(number)
            vectors = self._library.embed([question, *(item.text for item in stored)])
            index = stored[int((vectors[1:] @ vectors[0]).argmax())].index
        score = {"bm25": hit.lexical_score, "dense": max(hit.similarity, 0.0), "fused": hit.score}[self._ranking]
        citation = evidence.cite(number, index, score)
        if citation is None:
            raise KeyError(index)  # it was counted from the stored sentences
        return citation


class AskOnce:
    """Retrieve, then ask a model once: the plain chain, whose marks are resolved and nothing else is done."""

    name = "once"

    def __init__(self, library: Library, chat: Chat, limits: Limits, count: int = PAPERS_READ) -> None:
        self._library = library
        self._chat = chat
        self._limits = limits
        self._count = count

    async def answer(self, question: str) -> Attempt:
        """The model's answer as it stands; claims are shown as supported where a mark resolves, unchecked."""
        began = time.perf_counter()
        hits = ranked(self._library, question, "fused")
        evidence = Evidence([hit.paper for hit in hits[: self._count]])
        found = time.perf_counter()
        calls = Calls(self._chat, Budget(self._limits))
        shown = "\n\n".join(evidence.for_model(number) for number in range(1, len(evidence) + 1))
        prompt = load("baseline").render(abstention=ABSTENTION, evidence=fenced(shown), question=unfenced(question))
        try:
            text = await calls.reply_to("answer", "baseline", prompt)
        except Cut as cut:  # a limit; nobody stops this by hand
            raise BudgetExceeded(cut.reason, f"the limit of {cut.reason} was reached") from cut
        stated = tuple(_claim(evidence, piece) for piece in claims.cut(text) if piece.kind == "claim")
        abstained = ABSTENTION.rstrip(".").casefold() in text.casefold() and not any(one.citations for one in stated)
        kept = () if abstained else stated
        answer = Answer(
            question=question,
            mode="model",
            marked=ABSTENTION if abstained else text,
            claims=kept,
            references=references(evidence, kept),
            abstained=abstained,
            model=self._chat.choice.name,
            prompts={"baseline": load("baseline").sha256},
            usage=calls.budget.spent,
            timings={
                "retrieve_ms": _ms(found - began),
                "first_token_ms": _ms((calls.first_token_at or found) - began),
                "total_ms": _ms(time.perf_counter() - began),
            },
        )
        return Attempt(answer, _keys(hits), _keys(hits[: self._count]))


def ranked(library: Library, question: str, ranking: Ranking) -> list[Hit]:
    """The first `DEPTH` papers for a question in one of the rankings, best first."""
    if ranking == "fused":
        return list(library.search(question, DEPTH).hits)
    rank: Callable[[Hit], int | None] = (
        (lambda hit: hit.lexical_rank) if ranking == "bm25" else (lambda hit: hit.dense_rank)
    )
    both = library.search(question, 2 * DEPTH).hits  # the union of the two lists, which are of this depth
    placed = [(place, hit) for hit in both if (place := rank(hit)) is not None]
    return [hit for _, hit in sorted(placed, key=lambda item: item[0])][:DEPTH]


def _claim(evidence: Evidence, piece: claims.Piece) -> Claim:
    cited: dict[Place, Citation] = {}
    for place in piece.places:
        found = evidence.cite(place.paper, place.sentence or 1, 0.0, chosen_by_code=place.sentence is None)
        if found:
            cited[place] = found
    problems = tuple(f"[{place}] {NO_SENTENCE}" for place in piece.places if place not in cited)
    if cited:
        return Claim(piece.words, "supported", tuple(dict.fromkeys(cited.values())), problems)
    return Claim(piece.words, "uncited", (), problems or (NO_MARK,))


def _keys(hits: list[Hit]) -> tuple[str, ...]:
    return tuple(hit.paper.key for hit in hits)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
