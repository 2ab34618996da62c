"""`eval score`: scores the answers of a finished run anew, as a run of its own."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.state import State, of
from agent.errors import UsageError
from evals.command.preparing import Prepared, folder_for
from evals.command.reporting import FailUnder, Json, demand_names, limits_of
from evals.command.running import carry_out, tell
from evals.command.scorers import EntailmentOption, JudgeAddress, JudgeOption, Scoring, scorers

if TYPE_CHECKING:
    from evals.runfolder import RunFolder


def register(app: typer.Typer) -> None:
    """Hangs the command into the app."""
    app.command()(score)


def score(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run that is finished.")],
    judge: JudgeOption = None,
    judge_base_url: JudgeAddress = None,
    entailment: EntailmentOption = None,
    name: Annotated[
        str | None, typer.Option("--run", help="Name of the new run; goes on with it if it is there.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Answers scored at a time.", min=1, max=64)] = 1,
    fail_under: FailUnder = None,
    json: Json = False,
) -> None:
    """Score the answers of a run anew, by another judge or backend; nothing is asked again of what answered.

    It makes a new run, and leaves RUN as it is. Give it again to go on with what was interrupted.
    """
    from evals.runfolder import named

    demand_names(limits_of(fail_under or []))
    scoring = Scoring(judge, judge_base_url, entailment)
    scoring.check()
    source = named(run)
    if name == source.name:
        raise UsageError(f"--run {name} names the run whose answers are scored", "give the new run another name")
    with asyncio.Runner() as loop, ExitStack() as stack:
        prepared = _prepare(source, scoring, jobs, name, of(context), loop, stack)
        carry_out(loop, prepared)
    tell(prepared.folder, json=json, fail_under=fail_under or [])


def _prepare(
    source: RunFolder,
    scoring: Scoring,
    jobs: int,
    name: str | None,
    state: State,
    loop: asyncio.Runner,
    stack: ExitStack,
) -> Prepared:
    """Checks that the run can be scored, and opens what scores it; `stack` closes it."""
    from evals import manifest, rescoring, runner

    data = source.load()
    rescoring.demand_finished(data)
    cases = rescoring.cases(data, rescoring.gold_of(data))
    library = stack.enter_context(state.open())
    papers = {paper.key: paper for paper in library.papers()}
    rescoring.demand_library(data, papers.values())
    chosen = state.settings()
    entailment, judge = scorers(scoring, library, chosen, state, loop, stack)
    embedder = {"embedding.model": chosen.shown("embedding.model")} if scoring.backend == "support" else {}
    described = manifest.rescored(
        data.manifest,
        data.id,
        data.records,
        entailment=entailment.name,
        judge=judge.manifest() if judge else None,
        scored_by={**manifest.scoring_versions(), **embedder},
    )
    plan = runner.Plan(
        cases,
        None,
        papers,
        entailment,
        judge=judge,
        entailment_is_model=scoring.backend == "judge",
        jobs=jobs,
        given=rescoring.unscored(data),
    )
    fresh = partial(manifest.scored_name, described["answers_of"]["run"])
    return Prepared(plan, folder_for(described, name, fresh, another="--run NAME"), described)
