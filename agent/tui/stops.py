"""What the reader can stop at, walking through an answer: every cited sentence, or the nearest papers.

Pure: answers in, stops out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from agent.answer import Answer, Citation, Claim, Support
from store.paper import Paper

_WORST: tuple[Support, ...] = ("uncited", "weak", "supported")


@dataclass(frozen=True, slots=True)
class Stop:
    """A cited sentence with the claims that rest on it; or a paper alone, where nothing is cited."""

    paper: Paper
    citation: Citation | None = None
    claims: tuple[Claim, ...] = ()
    note: str = ""
    """Why the sentence is shown, where it is not for a claim."""

    @property
    def place(self) -> str:
        """`3.8` for sentence 8 of paper 3; empty where nothing is cited."""
        return f"{self.citation.number}.{self.citation.sentence}" if self.citation else ""

    @property
    def number(self) -> int | None:
        """The paper's number in the session."""
        return self.citation.number if self.citation else None

    @property
    def support(self) -> Support | None:
        """The worst support among its claims."""
        found = {claim.support for claim in self.claims}
        return next((support for support in _WORST if support in found), None)


def stops(answer: Answer) -> tuple[Stop, ...]:
    """The stops of an answer, in reading order; the nearest papers of an abstention."""
    if answer.abstained:
        return tuple(
            Stop(paper, note="one of the nearest papers; it does not answer the question") for paper in answer.nearest
        )
    held = {(item.number, item.paper.key): item.paper for item in answer.references}

    def paper_of(citation: Citation) -> Paper | None:
        return held.get((citation.number, citation.key))

    cited = of_claims(answer.claims, paper_of)
    places = {stop.place for stop in cited}
    sides = [(side, item.reason) for item in answer.disagreements for side in (item.one, item.other)]
    further = (
        Stop(paper, side, (), f"the papers may disagree: {reason}")
        for side, reason in sides
        if (paper := paper_of(side))
    )
    return (*cited, *(stop for stop in further if stop.place not in places))


def of_claims(claims: Iterable[Claim], paper_of: Callable[[Citation], Paper | None]) -> tuple[Stop, ...]:
    """The sentences that claims cite, each once, in the order in which they come; none whose paper is not known."""
    found: dict[tuple[int, int, str], list[Claim]] = {}
    firsts: dict[tuple[int, int, str], Citation] = {}
    for claim in claims:
        for citation in claim.citations:
            place = (citation.number, citation.sentence, citation.key)
            firsts.setdefault(place, citation)
            found.setdefault(place, []).append(claim)
    made = ((paper_of(citation), citation, tuple(found[place])) for place, citation in firsts.items())
    return tuple(Stop(paper, citation, resting) for paper, citation, resting in made if paper)


def by_number(found: Sequence[Stop], digit: int, current: int | None) -> int | None:
    """The position of the stop that a digit means, after `current` where that is one of the same paper.

    It is the paper with that number, or, where no paper of the answer has it, the paper at that place.
    """
    keys = list(dict.fromkeys(stop.paper.key for stop in found))
    meant = {stop.paper.key for stop in found if stop.number == digit} or set(keys[digit - 1 : digit])
    positions = [at for at, stop in enumerate(found) if stop.paper.key in meant]
    if not positions:
        return None
    later = [at for at in positions if current is not None and at > current]
    return later[0] if later and found[current or 0].paper.key in meant else positions[0]
