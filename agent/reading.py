"""Which retrieved papers a model is shown, and how much of each: the likeliest whole, the others in part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.evidence import Evidence
from agent.llm import tokens
from agent.relevance import Candidate

ROOM = 2_300
"""Tokens of evidence in the first call: with the rules and the tools it stays under 3,500."""
_NO_FENCE = str.maketrans({"<": "‹", ">": "›"})
MOST_PAPERS = 8
_FROM_BEFORE = 3
"""Papers cited in the answer before, which a follow-up is likely to be about."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a model is shown: the text, the numbers of all papers in it, and of those that are in it whole."""

    text: str
    numbers: tuple[int, ...]
    whole: tuple[int, ...]


def first_evidence(
    evidence: Evidence, candidates: Sequence[Candidate], before: Sequence[int] = (), *, room: int = ROOM
) -> Shown:
    """The likeliest candidates, numbered in `evidence`, within `room` tokens, after the papers cited `before`."""
    ordered = sorted(candidates, key=lambda candidate: (-candidate.probability, candidate.hit.rank))[:MOST_PAPERS]
    best = {evidence.add(candidate.hit.paper): candidate.sentences[0].sentence.index for candidate in ordered}
    numbers = list(dict.fromkeys([*before[:_FROM_BEFORE], *best]))
    texts: list[str] = []
    shown: list[int] = []
    whole: list[int] = []
    for number in numbers:
        full = evidence.for_model(number)
        short = evidence.for_model(number, {best.get(number, 1)}) + "\n(in part; `read` shows the rest)"
        text = full if tokens.count(full) <= room else short
        cost = tokens.count(text)
        if cost > room and shown:
            continue
        room -= cost
        texts.append(text)
        shown.append(number)
        if text is full:
            whole.append(number)
    return Shown("\n\n".join(texts), tuple(shown), tuple(whole))


def whole_abstracts(evidence: Evidence, numbers: Sequence[int]) -> str:
    """The whole abstracts under these numbers, as a model reads them."""
    return "\n\n".join(evidence.for_model(number) for number in numbers)


def unfenced(text: str) -> str:
    """A question or a conversation on one line, in which nothing opens or ends a fence."""
    return " ".join(text.split()).translate(_NO_FENCE)


def fenced(text: str) -> str:
    """Evidence within the marks that tell a model where data begins and ends."""
    return f"<evidence>\n{text}\n</evidence>"
