"""The evidence of a conversation: retrieved papers under numbers that never change.

A citation can be made here and nowhere else, so that none exists for a paper that was not
retrieved, or for a sentence that is not stored.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from agent.answer import Citation
from agent.citations import byline
from store import sentences
from store.paper import Paper, Sentence

_UNMARKED = str.maketrans({"[": "(", "]": ")", "【": "(", "】": ")", "<": "‹", ">": "›"})
"""What could pass for a citation mark or for the end of the evidence, made harmless for the model."""


class Evidence:
    """Papers numbered from 1 in the order in which they came to be used."""

    def __init__(self, papers: Sequence[Paper] = ()) -> None:
        self._papers: list[Paper] = list(papers)

    def __len__(self) -> int:
        return len(self._papers)

    @property
    def papers(self) -> tuple[Paper, ...]:
        """All papers, in the order of their numbers."""
        return tuple(self._papers)

    def add(self, paper: Paper) -> int:
        """The paper's number: a new one, or the one that it has.

        A paper whose abstract has changed since it was numbered gets a number of its own, so
        that what was cited stays what it was.
        """
        for number, known in enumerate(self._papers, 1):
            if known.key == paper.key and known.sha256 == paper.sha256:
                return number
        self._papers.append(paper)
        return len(self._papers)

    def paper(self, number: int) -> Paper | None:
        """The paper under `number`, if there is one."""
        return self._papers[number - 1] if 1 <= number <= len(self._papers) else None

    def sentences(self, number: int) -> tuple[Sentence, ...]:
        """The sentences of the paper under `number`; none if there is no such paper."""
        paper = self.paper(number)
        return sentences.split(paper.abstract) if paper else ()

    def cite(
        self, number: int, sentence: int, support_score: float, *, chosen_by_code: bool = False
    ) -> Citation | None:
        """The citation of a sentence, both counted from 1; None if there is no such paper or sentence."""
        paper = self.paper(number)
        stored = self.sentences(number)
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
            chosen_by_code=chosen_by_code,
        )

    def for_model(self, number: int, only: Collection[int] | None = None) -> str:
        """The paper as a model reads it: number, title and byline, then a line a sentence under its own number.

        `only` names the sentences to show; all of them without it. Brackets and angles of the
        text are replaced, so that nothing in it passes for a mark or ends the evidence.
        """
        paper = self.paper(number)
        if paper is None:
            return ""
        shown = [item for item in self.sentences(number) if only is None or item.index in only]
        lines = [f"[{number}] {f'{paper.label} {byline(paper)}'.strip().translate(_UNMARKED)}"]
        lines += [f"{number}.{item.index} {' '.join(item.text.split()).translate(_UNMARKED)}" for item in shown]
        return "\n".join(lines)
