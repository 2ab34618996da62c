"""How a question went, in a word, and the cited papers against the gold ones."""

from __future__ import annotations

from typing import Literal, NamedTuple

from evals.records import Record
from evals.report.numbers import count

Verdict = Literal["right", "partly", "wrong", "error", "open"]
MARKS: dict[Verdict, str] = {"right": "✓", "partly": "◐", "wrong": "✗", "error": "!", "open": "○"}
NAMES: dict[Verdict, str] = {
    "right": "right",
    "partly": "partly right",
    "wrong": "wrong",
    "error": "error",
    "open": "no gold",
}
RULE = (
    "Right: every gold paper is cited and no paper that is neither gold nor acceptable, or the answer is silent where "
    "no paper answers. Partly right: at least one gold paper is cited. Wrong: none is, or the answer is silent where "
    "papers answer, or it is not where none does. No gold: answerable, with nothing to hold the citations against. "
    "The score called correct asks for less: a gold paper is cited, and at most half of the cited papers are neither "
    "gold nor acceptable."
)


class Papers(NamedTuple):
    """Keys of papers, in the order of the gold set or of the answer."""

    hit: tuple[str, ...]
    """Gold and cited."""
    missed: tuple[str, ...]
    """Gold and not cited."""
    accepted: tuple[str, ...]
    """Acceptable and cited."""
    extra: tuple[str, ...]
    """Cited, and neither gold nor acceptable."""


class Outcome(NamedTuple):
    """The verdict on an answer's citations, and why in a sentence."""

    verdict: Verdict
    why: str


def papers(record: Record) -> Papers:
    """The papers that the answer cites against those that it should and may cite."""
    cited = record.cited
    return Papers(
        hit=tuple(key for key in record.gold if key in cited),
        missed=tuple(key for key in record.gold if key not in cited),
        accepted=tuple(key for key in cited if key in record.also and key not in record.gold),
        extra=tuple(key for key in cited if key not in record.gold and key not in record.also),
    )


def outcome(record: Record) -> Outcome:
    """The verdict by `RULE`; it looks at cited papers alone, whatever the scores say."""
    if record.error is not None or record.answer is None:
        return Outcome("error", "There is no answer: an error counts as 0 in every score")
    if not record.answerable:
        if record.abstained:
            return Outcome("right", "Rightly silent: no paper answers this")
        return Outcome("wrong", "Answered, although no paper answers this")
    if record.abstained:
        known = f"{count(len(record.gold), 'gold paper')} would answer" if record.gold else "there is an answer"
        return Outcome("wrong", f"Silent, although {known}")
    if not record.gold:
        return Outcome("open", "There are no gold papers to hold the citations against")
    return _of_citations(papers(record))


def _of_citations(found: Papers) -> Outcome:
    of_all = f"{len(found.hit)} of {count(len(found.hit) + len(found.missed), 'gold paper')} cited"
    wrong = f", and {count(len(found.extra), 'paper that is', 'papers that are')} not gold" if found.extra else ""
    if not found.hit:
        return Outcome("wrong", f"{of_all}{wrong}")
    return Outcome("partly" if found.missed or found.extra else "right", f"{of_all}{wrong}")
