"""Asks a system the questions of a gold set, scores each answer, and keeps every one as soon as it is there.

Questions that a run has answered are never asked again; those that ended in an error are.
Where a judge fails, the answers stay and are judged when the run goes on. A plan whose answers
are all given asks nothing: it only scores (see evals/rescoring.py).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.errors import CiteloomError, ModelUnavailable
from evals.entailment import Entailment
from evals.judge import Judge
from evals.judge.asking import OF_ONE_PROMPT
from evals.records import Record
from evals.resolving import Case
from evals.runfolder import RunFolder
from evals.scoring import failed, scored
from evals.systems import System
from store.errors import LibraryError
from store.paper import Paper

_TITLES = 10
"""Papers of a ranking whose titles a record keeps: those that a report shows."""
FAILURES_IN_A_ROW = 5
"""So many failures of a model one after the other end a run: the endpoint is gone, not a question hard."""


@dataclass(slots=True)
class Plan:
    """What is asked, of whom, and how it is scored."""

    cases: Sequence[Case]
    system: System | None
    """None where every question has its answer among those that are given."""
    papers: Mapping[str, Paper]
    entailment: Entailment
    judge: Judge | None = None
    entailment_is_model: bool = False
    """Whether the entailment backend is the judge, so that scoring can fail."""
    jobs: int = 1
    rate: float | None = None
    """Questions begun a minute, at most."""
    given: Mapping[str, Record] = field(default_factory=dict)
    """Answers to begin with, by the ids of their questions, unjudged; those in the run's folder come before them."""
    on_record: Callable[[Record], None] = lambda _: None
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def is_left(self, record: Record | None) -> bool:
        """Whether a question with this record is still to be asked or judged; None is one without any."""
        if record is not None and record.unjudged:
            return True
        return self.system is not None and (record is None or record.error is not None)


class Interrupted(Exception):
    """The user stopped the run; what was finished is kept."""


async def run(plan: Plan, folder: RunFolder) -> None:
    """Asks what is left to ask, `jobs` questions at a time, and judges what is left to judge.

    Raises `Interrupted` when `stop` is set, and what a judge or, five times in a row, the
    model raised; every record that was finished by then is in the folder.
    """
    known = {**plan.given, **{record.id: record for record in folder.load().records}}
    left = [case for case in plan.cases if plan.is_left(known.get(case.question.id))]
    work = _Work(plan, folder, known, iter(left))
    workers = [asyncio.create_task(work.go_on()) for _ in range(min(plan.jobs, len(left)))]
    stopping = asyncio.create_task(plan.stop.wait())
    try:
        pending: set[asyncio.Task[object]] = set(workers)
        while pending and not plan.stop.is_set():
            done, pending = await asyncio.wait({*pending, stopping}, return_when=asyncio.FIRST_COMPLETED)
            pending.discard(stopping)
            for task in done - {stopping}:
                task.result()
    finally:
        for task in (*workers, stopping):
            task.cancel()
        await asyncio.gather(*workers, stopping, return_exceptions=True)
    if plan.stop.is_set():
        raise Interrupted


class _Work:
    """The questions that are left, shared by the workers of a run."""

    def __init__(self, plan: Plan, folder: RunFolder, known: Mapping[str, Record], left: Iterator[Case]) -> None:
        self._plan = plan
        self._folder = folder
        self._known = known
        self._left = left
        self._next_start = 0.0
        self._failures = 0

    async def go_on(self) -> None:
        """Takes one question after the other until none is left."""
        for case in self._left:
            if self._plan.stop.is_set():
                return
            known = self._known.get(case.question.id)
            if known is not None and known.unjudged:
                await self._judged(case, known)
            elif self._plan.system:
                await self._wait_for_turn()
                await self._asked(case, self._plan.system)
            await asyncio.sleep(0)  # lets a Ctrl-C be heard between questions that never wait

    async def _asked(self, case: Case, system: System) -> None:
        record = Record.of(case)
        began = time.perf_counter()
        try:
            attempt = await system.answer(case.question.text)
        except (CiteloomError, LibraryError) as error:
            await self._judged(case, replace(record, error=error.message, seconds=_since(began)))
            is_of_endpoint = isinstance(error, ModelUnavailable) and error.kind not in OF_ONE_PROMPT
            self._failures = self._failures + 1 if is_of_endpoint else 0
            if self._failures >= FAILURES_IN_A_ROW:
                raise
            return
        self._failures = 0
        answered = replace(
            record,
            answer=attempt.answer.to_dict(),
            ranking=attempt.ranking,
            titles={key: self._plan.papers[key].label for key in attempt.ranking[:_TITLES]},
            retrieved=attempt.retrieved,
            seconds=_since(began),
        )
        if self._plan.judge or self._plan.entailment_is_model:
            answered = replace(answered, unjudged=True)
            self._folder.append(answered)
        await self._judged(case, answered)

    async def _judged(self, case: Case, record: Record) -> None:
        """Scores a record; what a judge adds is there or the record stays unjudged."""
        plan = self._plan
        sitting = plan.judge.sitting() if plan.judge else None  # the record's own, so that its usage is, too
        backend = sitting.entailment if sitting and plan.entailment_is_model else plan.entailment
        done = failed(record) if record.error is not None else await scored(record, plan.papers, backend)
        if sitting:
            rubric = case.question.rubric
            said = {**await sitting.judge(done, rubric), "criteria": [one.criterion for one in rubric]}
            scores = {"nugget_recall": said.get("nugget_recall"), "rubric": said.get("rubric_score")}
            done = replace(done, judged=said).with_scores(scores, {})
        self._keep(replace(done, unjudged=False))

    def _keep(self, record: Record) -> None:
        self._folder.append(record)
        self._plan.on_record(record)

    async def _wait_for_turn(self) -> None:
        """Waits until the next question may begin."""
        if not self._plan.rate:
            return
        now = time.monotonic()
        start = max(now, self._next_start)
        self._next_start = start + 60.0 / self._plan.rate
        await asyncio.sleep(start - now)


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 3)
