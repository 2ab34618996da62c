"""Checks a gold set that a user wrote: what keeps it from being used, and what is perhaps a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.gold import UNANSWERABLE, Flaw, Question, content, parse, short
from evals.resolving import Case, Papers, resolved
from store import sentences
from store.paper import Paper
from store.text import title_key

USUAL_KINDS = ("fact", "comparison", "synthesis", "topic", "paraphrase", UNANSWERABLE)
"""What questions are mostly called; a user may take any other word."""
_QUERY_SETS = ("inline_acl", "inline_nonacl", "manual_acl", "manual_iclr")
_KNOWN_KINDS = (
    *USUAL_KINDS,
    *("question", "claim", "retrieval", "yes-no", "yesno", "factoid", "list", "summary"),
    *(f"{name}{breadth}" for name in _QUERY_SETS for breadth in ("", " broad", " specific")),
)
"""The usual kinds, and those that the adapters write."""
_LONGEST_KIND = 40
_NEAR = 0.75
"""Share of letters that two kinds have in common (`difflib`) from which one may be the other, misspelt: `fcat`."""


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


def meant_kind(kind: str, used: Collection[str] = ()) -> str | None:
    """The known kind, or the one of `used`, that `kind` may be, misspelt; None if it is one itself, or like none."""
    if kind in _KNOWN_KINDS or kind in used or len(kind) > _LONGEST_KIND:
        return None
    import difflib

    others = {other.casefold(): other for other in (*used, *_KNOWN_KINDS)}
    near = difflib.get_close_matches(kind.casefold(), others, n=1, cutoff=_NEAR)
    return others[near[0]] if near else None


def _doubts(questions: Sequence[Question]) -> Iterator[Flaw]:
    has_facts = any(question.facts for question in questions)
    kinds = Counter(question.kind for question in questions)
    often = [kind for kind, count in kinds.items() if count > 1]
    only_also = [question for question in questions if question.also and not question.gold]
    if len(only_also) > 1:
        said = f"{len(only_also):,} questions, the first {only_also[0].id}"  # one by one, a converted set has hundreds
        yield Flaw("", f"{said}, have papers that may be cited and none that answers; does one answer?")
    first_asked: dict[str, str] = {}
    for question in questions:
        if (first := first_asked.setdefault(title_key(question.text), question.id)) != question.id:
            yield Flaw(question.id, f"it asks the same as {first}")
        if [question] == only_also:
            yield Flaw(question.id, f"no paper answers it, and {len(question.also)} may be cited; does one answer?")
        with_fact = {fact.paper for fact in question.facts}
        bare = [name for name in question.gold if name not in with_fact]
        if has_facts and bare:
            more = f" and {len(bare) - 1} more" if len(bare) > 1 else ""
            yield Flaw(question.id, f"there is no fact of {short(bare[0])}{more}")
        if kinds[question.kind] == 1 and (near := meant_kind(question.kind, often)):
            yield Flaw(question.id, f"it is the only one of the kind {short(question.kind)}; is {short(near)} meant?")


def _doubtful_facts(cases: Sequence[Case], papers: Mapping[str, Paper]) -> Iterator[Flaw]:
    for case in cases:
        for fact in case.facts:
            within = [item for item in sentences.split(papers[fact.key].abstract) if item.index in fact.sentences]
            if not within or (fact.start, fact.end) != (within[0].start, within[-1].end):
                yield Flaw(case.question.id, f"a fact is a part of a sentence only: {short(fact.text)}")
            elif len(within) > 1:
                yield Flaw(case.question.id, f"a fact is {len(within)} sentences, not one: {short(fact.text)}")
