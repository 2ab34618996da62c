"""From the options of `eval run` to what is run: gold, library, system, backend, judge, and the run's folder."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from agent.cli import diagnostics
from agent.cli.state import State
from agent.errors import EvalError, UsageError
from evals.command.scorers import Scoring, choose, hold, scorers

if TYPE_CHECKING:
    from agent.llm.calls import Chat
    from agent.settings import Settings
    from evals.resolving import Case
    from evals.runfolder import RunFolder
    from evals.runner import Plan
    from evals.systems import Ranking, System
    from store.library import Library

BASELINES = ("bm25", "dense", "fused", "once")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options of `eval run` say."""

    gold: Path
    mode: str | None
    model: str | None
    baseline: str | None
    papers_cited: int
    jobs: int
    rate: float | None
    scoring: Scoring
    name: str | None
    new: bool
    seed: int
    sample: int | None

    def check(self) -> None:
        """Raises `UsageError` where the options cannot be meant together."""
        choose("--baseline", self.baseline, BASELINES)
        if self.baseline and self.mode:
            raise UsageError("--baseline and --mode name two things to ask", "give one of them")
        self.scoring.check()


class Prepared(NamedTuple):
    """A run that can begin, or go on."""

    plan: Plan
    folder: RunFolder
    manifest: dict[str, Any]


def prepare(wanted: Wanted, state: State, loop: asyncio.Runner, stack: ExitStack) -> Prepared:
    """Opens and checks everything that a run needs; `stack` closes it."""
    from evals import gold, manifest, runner
    from evals.resolving import resolve
    from evals.runfolder import RunFolder

    wanted.check()
    chosen = state.settings({"mode": wanted.mode, "model": wanted.model})
    asked = gold.read(wanted.gold)
    library = stack.enter_context(state.open_finished())
    _demand_index(library)
    cases = _sampled(resolve(asked, library), wanted)
    papers = {paper.key: paper for paper in library.papers()}
    chat = _chat(wanted, chosen, state)
    if chat:
        hold(chat, loop, stack)
    entailment, judge = scorers(wanted.scoring, library, chosen, state, loop, stack)
    system = _system(wanted, library, chat, chosen)
    described = manifest.build(
        asked,
        cases,
        papers,
        chosen,
        system=system.name,
        choice=chat.choice if chat else None,
        papers_cited=wanted.papers_cited if wanted.baseline and wanted.baseline != "once" else None,
        entailment=entailment.name,
        judge=judge.manifest() if judge else None,
        seed=wanted.seed,
        jobs=wanted.jobs,
    )
    plan = runner.Plan(
        cases,
        system,
        papers,
        entailment,
        judge=judge,
        entailment_is_model=wanted.scoring.backend == "judge",
        jobs=wanted.jobs,
        rate=wanted.rate,
    )
    if wanted.new and wanted.name and RunFolder(wanted.name).exists:
        raise UsageError(f"there is a run {wanted.name} already", "leave --new out, or give another --run")
    fresh = partial(manifest.fresh_name, wanted.gold, described["system"])
    folder = folder_for(described, wanted.name, fresh, another="" if wanted.new else "--new")
    return Prepared(plan, folder, described)


def folder_for(
    described: Mapping[str, Any], name: str | None, fresh: Callable[[Collection[str]], str], *, another: str
) -> RunFolder:
    """The run that is named, the unfinished one that is the same, or a new one, which `fresh` names.

    `another` is the option that starts another where one like it is not finished; where it is
    empty, that is what is done.
    """
    from evals import manifest
    from evals.runfolder import MANIFEST, RESULTS, RunFolder, run_names, runs_folder

    if name:
        return RunFolder(name)
    for known_name in run_names() if another else ():
        known = RunFolder(known_name).manifest()
        if known.get("finished") is not None:
            continue
        differs = manifest.difference(known, described)
        if not differs:
            diagnostics.notice(f"going on with the run {known_name}; {another} starts another")
            return RunFolder(known_name)
        if _origin(known) == _origin(described):
            diagnostics.notice(f"the run {known_name} is not finished and not gone on with: it has {differs}")
    # Results whose manifest is lost must not become those of a new run.
    taken = {path.parent.name for file in (MANIFEST, RESULTS) for path in runs_folder().glob(f"*/{file}")}
    return RunFolder(fresh(taken))


def _origin(described: Mapping[str, Any]) -> tuple[object, ...]:
    """What a user has in mind as the same run."""
    return (described["system"], described["gold"]["path"], (described.get("answers_of") or {}).get("run"))


def _demand_index(library: Library) -> None:
    """Refuses a library of which a part is found by words alone: its figures would be those of another library."""
    if pending := library.pending():
        raise EvalError(
            f"{pending:,} texts of the library are not indexed yet",
            "let `citeloom add` finish, or run it again, and then this",
        )


def _sampled(cases: Sequence[Case], wanted: Wanted) -> Sequence[Case]:
    """All questions, or as many as are wanted, drawn by the seed; in the order of the gold set."""
    if wanted.sample is None or wanted.sample >= len(cases):
        return cases
    drawn = set(random.Random(wanted.seed).sample(range(len(cases)), wanted.sample))
    return [case for place, case in enumerate(cases) if place in drawn]


def _chat(wanted: Wanted, chosen: Settings, state: State) -> Chat | None:
    """The model that is asked; None where nothing is asked of one."""
    from agent import modes

    if wanted.baseline in ("bm25", "dense", "fused"):
        return None
    chat = modes.chat(chosen, offline=state.offline, notice=diagnostics.notice)
    if wanted.baseline == "once" and chat is None:
        raise UsageError("the baseline once asks a model, and none is chosen", "give --model NAME")
    return chat


def _system(wanted: Wanted, library: Library, chat: Chat | None, chosen: Settings) -> System:
    from agent import modes
    from evals import systems

    limits = modes.limits(chosen)
    if wanted.baseline == "once" and chat:
        return systems.AskOnce(library, chat, limits)
    if wanted.baseline:
        return systems.FirstPapers(library, cast("Ranking", wanted.baseline), wanted.papers_cited)
    return systems.Agent(library, chat, limits)
