"""Checks a gold set that a user wrote: what keeps it from being used, and what is perhaps a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.gold import Flaw, Question, content, parse, short
from evals.resolving import Case, Papers, resolved
from store import sentences
from store.paper import Paper
from store.text import title_key


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: flaws keep a gold set from being used, doubts are likely mistakes."""

    questions: tuple[Question, ...]
    flaws: tuple[Flaw, ...]
    doubts: tuple[Flaw, ...]


def check(path: Path, papers: Papers | None) -> Checked:
    """Everything that is wrong with a gold file, by itself and, with `papers`, against a library."""
    questions, flaws = parse(content(path))
    cases: list[Case] = []
    if papers:
        cases, misfits = resolved(questions, papers)
        flaws = [*flaws, *misfits]
    doubts = (*_doubts(questions), *_doubtful_facts(cases, papers.by_key if papers else {}))
    return Checked(tuple(questions), tuple(flaws), doubts)


def _doubts(questions: Sequence[Question]) -> Iterator[Flaw]:
    has_facts = any(question.facts for question in questions)
    kinds = Counter(question.kind for question in questions)
    once = {kind for kind, count in kinds.items() if count == 1} if max(kinds.values(), default=0) > 1 else set()
    first_asked: dict[str, str] = {}
    for question in questions:
        if (first := first_asked.setdefault(title_key(question.text), question.id)) != question.id:
            yield Flaw(question.id, f"it asks the same as {first}")
        if question.also and not question.gold:
            yield Flaw(question.id, f"no paper answers it, and {len(question.also)} may be cited; does one answer?")
        with_fact = {fact.paper for fact in question.facts}
        bare = [name for name in question.gold if name not in with_fact]
        if has_facts and bare:
            more = f" and {len(bare) - 1} more" if len(bare) > 1 else ""
            yield Flaw(question.id, f"there is no fact of {short(bare[0])}{more}")
        if question.kind in once:
            yield Flaw(question.id, f"it is the only one of the kind {short(question.kind)}")


def _doubtful_facts(cases: Sequence[Case], papers: Mapping[str, Paper]) -> Iterator[Flaw]:
    for case in cases:
        for fact in case.facts:
            within = [item for item in sentences.split(papers[fact.key].abstract) if item.index in fact.sentences]
            if not within or (fact.start, fact.end) != (within[0].start, within[-1].end):
                yield Flaw(case.question.id, f"a fact is a part of a sentence only: {short(fact.text)}")
            elif len(within) > 1:
                yield Flaw(case.question.id, f"a fact is {len(within)} sentences, not one: {short(fact.text)}")
