"""From the options of `eval run` to what is run: gold, library, system, backend, judge, and the run's folder."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from agent.cli import diagnostics
from agent.cli.state import State
from agent.errors import EvalError, UsageError

if TYPE_CHECKING:
    from agent.llm.calls import Chat
    from agent.settings import Settings
    from evals.entailment import Entailment
    from evals.judge import Judge
    from evals.resolving import Case
    from evals.runfolder import RunFolder
    from evals.runner import Plan
    from evals.systems import Ranking, System
    from store.library import Library

ENTAILMENT = ("overlap", "support", "judge")
BASELINES = ("bm25", "dense", "fused", "once")
JUDGE_KEY = "OPENAI_JUDGE_API_KEY"
"""Where the key for `--judge-base-url` is looked for."""


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
    judge: str | None
    judge_base_url: str | None
    entailment: str | None
    name: str | None
    new: bool
    seed: int
    sample: int | None

    @property
    def backend(self) -> str:
        """What decides about entailment: the judge where there is one, if nothing else is said."""
        return self.entailment or ("judge" if self.judge else "overlap")

    def check(self) -> None:
        """Raises `UsageError` where the options cannot be meant together."""
        _choose("--baseline", self.baseline, BASELINES)
        _choose("--entailment", self.entailment, ENTAILMENT)
        if self.baseline and self.mode:
            raise UsageError("--baseline and --mode name two things to ask", "give one of them")
        if self.judge_base_url and not self.judge:
            raise UsageError("--judge-base-url is the address of a judge", "name the judge with --judge MODEL")
        if self.entailment == "judge" and not self.judge:
            raise UsageError("--entailment judge needs a judge", "name it with --judge MODEL")


class Prepared(NamedTuple):
    """A run that can begin, or go on."""

    plan: Plan
    folder: RunFolder
    manifest: dict[str, Any]


def prepare(wanted: Wanted, state: State, loop: asyncio.Runner, stack: ExitStack) -> Prepared:
    """Opens and checks everything that a run needs; `stack` closes it."""
    from evals import gold, manifest, runner
    from evals.resolving import resolve

    wanted.check()
    chosen = state.settings({"mode": wanted.mode, "model": wanted.model})
    asked = gold.read(wanted.gold)
    library = stack.enter_context(state.open_finished())
    _demand_index(library)
    cases = _sampled(resolve(asked, library), wanted)
    papers = {paper.key: paper for paper in library.papers()}
    chat = _chat(wanted, chosen, state)
    judge = _judge(wanted, chosen, state)
    for one in (chat, judge.chat if judge else None):
        if one:
            stack.callback(_close, loop, one)
            _ = one.model  # says now, and not after the first answer, that there is no key
    system = _system(wanted, library, chat, chosen)
    entailment = _entailment(wanted.backend, library, judge)
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
        entailment_is_model=wanted.backend == "judge",
        jobs=wanted.jobs,
        rate=wanted.rate,
    )
    return Prepared(plan, _folder(wanted, described), described)


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


def _close(loop: asyncio.Runner, chat: Chat) -> None:
    loop.run(chat.aclose())


def _folder(wanted: Wanted, described: dict[str, Any]) -> RunFolder:
    """The run that is named, the unfinished one that is the same, or a new one."""
    from evals import manifest
    from evals.runfolder import RunFolder, run_names

    names = run_names()
    if wanted.name:
        folder = RunFolder(wanted.name)
        if folder.exists:
            if wanted.new:
                raise UsageError(f"there is a run {wanted.name} already", "leave --new out, or give another --run")
            manifest.demand_same(folder.manifest(), described, wanted.name)
        return folder
    for name in () if wanted.new else names:
        known = RunFolder(name).manifest()
        if known.get("finished") is not None:
            continue
        differs = manifest.difference(known, described)
        if not differs:
            diagnostics.notice(f"going on with the run {name}; --new starts another")
            return RunFolder(name)
        if known["system"] == described["system"] and known["gold"].get("path") == str(wanted.gold):
            diagnostics.notice(f"the run {name} is not finished and not gone on with: it has {differs}")
    return RunFolder(manifest.fresh_name(wanted.gold, described["system"], names))


def _chat(wanted: Wanted, chosen: Settings, state: State) -> Chat | None:
    """The model that is asked; None where nothing is asked of one."""
    from agent import modes

    if wanted.baseline in ("bm25", "dense", "fused"):
        return None
    chat = modes.chat(chosen, offline=state.offline, notice=diagnostics.notice)
    if wanted.baseline == "once" and chat is None:
        raise UsageError("the baseline once asks a model, and none is chosen", "give --model NAME")
    return chat


def _judge(wanted: Wanted, chosen: Settings, state: State) -> Judge | None:
    if wanted.judge is None:
        return None
    from agent.llm.calls import Chat
    from agent.llm.models import ModelChoice
    from agent.llm.prices import price_of
    from agent.settings import Value, check, config_folder, data_folder
    from evals.judge import Judge

    main = chosen.text("base_url") or None
    address = wanted.judge_base_url or main
    check("base_url", Value(address or "", "--judge-base-url"))
    key = chosen.api_key if address == main else os.environ.get(JUDGE_KEY)  # a key goes to its own endpoint alone
    choice = ModelChoice(wanted.judge, address, key, chosen.number("limits.silence"))
    if key is None and address != main and not choice.is_local:
        diagnostics.notice(f"no key is sent to the judge at {choice.host}; {JUDGE_KEY} sets one")
    if state.offline and not choice.is_local:
        raise UsageError(f"--offline excludes the judge at {choice.host}", "leave --offline or --judge out")
    chat = Chat(choice, price_of(choice, config_folder()))
    return Judge(chat, data_folder() / "judge-cache.sqlite3", notice=diagnostics.notice)


def _system(wanted: Wanted, library: Library, chat: Chat | None, chosen: Settings) -> System:
    from agent import modes
    from evals import systems

    limits = modes.limits(chosen)
    if wanted.baseline == "once" and chat:
        return systems.AskOnce(library, chat, limits)
    if wanted.baseline:
        return systems.FirstPapers(library, cast("Ranking", wanted.baseline), wanted.papers_cited)
    return systems.Agent(library, chat, limits)


def _entailment(name: str, library: Library, judge: Judge | None) -> Entailment:
    from evals.entailment import Overlap, Support

    if name == "judge" and judge:
        return judge.entailment
    return Support(library.embed) if name == "support" else Overlap()


def _choose(option: str, given: str | None, known: tuple[str, ...]) -> None:
    if given is not None and given not in known:
        raise UsageError(f"{option} is {given!r}", f"choose one of {', '.join(known)}")
