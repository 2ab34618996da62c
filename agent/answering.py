"""Model mode: retrieve, let the model read and write, check every claim, mend once, and give the answer."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent import contrast, events
from agent.answer import ABSTENTION, Answer, Claim, Disagreement, Reference
from agent.errors import BudgetExceeded, ContextTooLong, ModelUnavailable
from agent.evidence import Evidence
from agent.live import LiveText
from agent.llm.calls import Calls, Cut
from agent.quoting import NEAREST, consider, with_disagreeing
from agent.reading import ROOM, Shown, fenced, first_evidence, unfenced
from agent.relevance import Reading
from agent.repair import failed, repair
from agent.verification import Judged, Verifier, write
from agent.watching import NOBODY, Watcher
from prompts import Rendered, load
from store.library import Library
from store.scope import Scope
from store.search import SearchResult

if TYPE_CHECKING:
    from agent.loop import Desk

PROMPT = "answer"
_SAYS_NOTHING = re.compile(re.escape(ABSTENTION.rstrip(".")), re.IGNORECASE)
_STATED = re.compile(r"Disagreement:\s*", re.IGNORECASE)
_CUT_REASONS = {
    "stopped": "stopped before it was finished",
    "seconds": "the limit of seconds was reached before it was finished",
    "tokens": "the limit of tokens was reached before it was finished",
}


@dataclass(frozen=True, slots=True)
class Task:
    """A question as it is answered: how it was put, what is looked for, where, and what came before."""

    question: str
    asked: str
    scope: Scope
    evidence: Evidence
    cited_before: tuple[int, ...] = ()


@dataclass(slots=True)
class _Draft:
    """What the model has written, and what is to be said about it."""

    text: str
    warnings: list[str]
    stopped: bool = False
    may_mend: bool = True
    abstains: bool = False


async def answer(library: Library, task: Task, calls: Calls, watcher: Watcher = NOBODY) -> Answer:
    """The model's answer, every claim checked.

    Raises `ModelUnavailable` and `BudgetExceeded` where there is no text at all to show.
    """
    began = time.perf_counter()
    result, reading = consider(library, task.asked, task.scope, watcher)
    retrieved = time.perf_counter()
    verifier = Verifier(task.evidence, library.embed)
    live = LiveText(verifier, watcher.listener)
    draft = await _draft(library, task, calls, reading, watcher, live)
    judged = live.finish(draft.text)
    wrong = failed(judged)
    if wrong and draft.may_mend and not _abstains(draft.text, judged):
        draft.text = await _mended(calls, verifier, task, draft, judged, watcher.listener)
        judged = verifier.judge(draft.text)
    timings = {
        "retrieve_ms": _ms(retrieved - began),
        "first_token_ms": _ms((calls.first_token_at or retrieved) - began),
        "model_ms": _ms(sum(entry.seconds for entry in calls.budget.ledger)),
        "total_ms": _ms(time.perf_counter() - began),
    }
    draft.abstains = not draft.stopped and _abstains(draft.text, judged)
    found: tuple[Disagreement, ...] = ()
    if not draft.abstains:
        by_code = contrast.disagreements(reading.candidates, task.evidence, library.embed, task.asked)
        found = (*by_code, *_stated_disagreements(judged))
    return _finished(task, draft, judged, (result, found), calls, timings)


async def _draft(
    library: Library, task: Task, calls: Calls, reading: Reading, watcher: Watcher, live: LiveText
) -> _Draft:
    """What the model writes; where the prompt is too long for it, once more with half of the evidence."""
    from agent import loop  # langchain takes two seconds to import

    desk = loop.Desk(library, task.scope, task.evidence, watcher)
    known = len(task.evidence)
    for room in (ROOM, ROOM // 3):
        shown = first_evidence(task.evidence, reading.candidates, task.cited_before, room=room)
        if room == ROOM:
            _tell(watcher.listener, shown, known)
        rendered = load(PROMPT).render(
            abstention=ABSTENTION, evidence=fenced(shown.text), question=unfenced(task.asked)
        )
        try:
            text, limited = await _written(calls, desk, live, rendered)
        except ContextTooLong:
            if room != ROOM:
                raise
            watcher.listener(events.Notice("the evidence is too long for this model; asking again with less of it"))
            continue
        except Cut as cut:
            if not cut.text and cut.reason == "stopped":
                raise
            if not cut.text:
                raise BudgetExceeded(
                    cut.reason, f"the limit of {cut.reason} was reached before there was any text"
                ) from cut
            return _Draft(cut.text, [_CUT_REASONS[cut.reason]], stopped=cut.reason == "stopped", may_mend=False)
        if not text.strip():
            raise BudgetExceeded("calls", "the model looked further and further, and wrote no answer")
        warnings = ["a limit was reached: answered from what had been found by then"] if limited else []
        if calls.was_cut_off:
            warnings.append("the model's reply was cut off at its own limit of length")
        return _Draft(text, warnings)
    raise AssertionError("the last try returns or raises")


async def _written(calls: Calls, desk: Desk, live: LiveText, rendered: Rendered) -> tuple[str, bool]:
    """What the model writes, and whether a limit kept it from looking further.

    Where it used up a limit by looking, it is asked once more for an answer from what it was
    shown first.
    """
    from agent import loop

    try:
        text, limited = await loop.run(calls, desk, live, rendered, PROMPT)
    except BudgetExceeded:
        if not calls.budget.ledger:
            raise
        text, limited = "", True
    if text.strip():
        return text, limited
    live.restart("the model is asked for an answer from what there is")
    return await calls.reply_to(loop.STEP, PROMPT, rendered, live.update), True


def _tell(listener: events.Listener, shown: Shown, known: int) -> None:
    listener(events.Found(shown.numbers, tuple(number for number in shown.numbers if number > known)))
    listener(events.Reading(shown.numbers))


async def _mended(
    calls: Calls,
    verifier: Verifier,
    task: Task,
    draft: _Draft,
    judged: Sequence[Judged],
    listener: events.Listener,
) -> str:
    """The text after the one repair call; as it was where that call fails, which is said."""
    listener(events.Repairing(tuple(item.claim for item in failed(judged) if item.claim)))
    try:
        return await repair(calls, verifier, task.evidence, task.asked, draft.text, judged)
    except (ModelUnavailable, BudgetExceeded) as error:
        draft.warnings.append(f"the claims that failed the check could not be mended: {error.message}")
    except Cut as cut:
        draft.stopped = draft.stopped or cut.reason == "stopped"
        draft.warnings.append("the claims that failed the check were not mended")
    return draft.text


def _finished(
    task: Task,
    draft: _Draft,
    judged: Sequence[Judged],
    searched: tuple[SearchResult, tuple[Disagreement, ...]],
    calls: Calls,
    timings: dict[str, float],
) -> Answer:
    result, found = searched
    abstained = draft.abstains
    claims = () if abstained else tuple(item.claim for item in judged if item.claim)
    if claims and not any(claim.citations for claim in claims):
        draft.warnings.append("no claim of this answer is tied to a paper; take it for the model's own words")
    says_more = any(item.piece.kind == "gap" and not _SAYS_NOTHING.search(item.piece.words) for item in judged)
    return Answer(
        question=task.question,
        mode="model",
        marked=ABSTENTION if abstained and not says_more else write(draft.text, judged).strip(),
        claims=claims,
        references=with_disagreeing(references(task.evidence, claims), found, task.evidence),
        disagreements=found,
        nearest=tuple(hit.paper for hit in result.hits[:NEAREST]) if abstained else (),
        abstained=abstained,
        stopped=draft.stopped,
        model=calls.chat.choice.name,
        asked=task.asked if task.asked != task.question else None,
        scope=str(task.scope),
        prompts=_prompts(calls),
        usage=calls.budget.spent,
        timings=timings,
        warnings=tuple(draft.warnings),
    )


def references(evidence: Evidence, claims: Sequence[Claim]) -> tuple[Reference, ...]:
    """The papers that the claims cite, in the order of their numbers."""
    numbers = sorted({citation.number for claim in claims for citation in claim.citations})
    return tuple(Reference(number, paper) for number in numbers if (paper := evidence.paper(number)))


def _stated_disagreements(judged: Sequence[Judged]) -> tuple[Disagreement, ...]:
    """The claims in which the model says that two papers disagree, where each side is a sentence that holds."""
    claims = [item.claim for item in judged if item.claim and _STATED.match(item.claim.text)]
    return tuple(
        Disagreement(*claim.citations, reason="the model says that these disagree")
        for claim in claims
        if claim.support == "supported"
        and len({citation.number for citation in claim.citations}) == 2
        and len(claim.citations) == 2
    )


def _abstains(text: str, judged: Sequence[Judged]) -> bool:
    """Whether the text says that the library does not answer, and cites nothing."""
    claims = [item.claim for item in judged if item.claim]
    if any(claim.citations for claim in claims):
        return False
    return not claims or bool(_SAYS_NOTHING.search(text))


def _prompts(calls: Calls) -> dict[str, str]:
    steps = {entry.step for entry in calls.budget.ledger}
    return {name: load(name).sha256 for name in ("rewrite", PROMPT, "repair") if name in steps}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
