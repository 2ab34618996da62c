"""The evidence of a conversation: retrieved papers under numbers that never change.

A citation can be made here and nowhere else, so that none exists for a paper that was not
retrieved, or for a sentence that is not stored.
"""

from __future__ import annotations

from agent.answer import Citation
from store import sentences
from store.paper import Paper


class Evidence:
    """Papers numbered from 1 in the order in which they came to be used."""

    def __init__(self) -> None:
        self._papers: list[Paper] = []

    def add(self, paper: Paper) -> int:
        """The paper's number: a new one, or the one that it has."""
        for number, known in enumerate(self._papers, 1):
            if known.key == paper.key:
                return number
        self._papers.append(paper)
        return len(self._papers)

    def paper(self, number: int) -> Paper | None:
        """The paper under `number`, if there is one."""
        return self._papers[number - 1] if 1 <= number <= len(self._papers) else None

    def cite(self, number: int, sentence: int, support_score: float) -> Citation | None:
        """The citation of a sentence, both counted from 1; None if there is no such paper or sentence."""
        paper = self.paper(number)
        stored = sentences.split(paper.abstract) if paper else ()
        if paper is None or not 1 <= sentence <= len(stored):
            return None
        cited = stored[sentence - 1]
        return Citation(
            number=number,
            key=paper.key,
            sentence=sentence,
            start=cited.start,
            end=cited.end,
            quote=cited.text,
            sha256=paper.sha256,
            support_score=round(support_score, 4),
        )
