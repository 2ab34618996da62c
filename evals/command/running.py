"""`eval run`: asks a gold set, shows how it goes, and prints the table at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import diagnostics
from agent.cli.state import of
from agent.errors import Stopped
from evals.command.preparing import Prepared, Wanted, prepare
from evals.command.reporting import FailUnder, Json, demand_names, limits_of, print_report
from evals.command.scorers import EntailmentOption, JudgeAddress, JudgeOption, Scoring

if TYPE_CHECKING:
    from evals.records import Record
    from evals.runfolder import RunFolder
    from evals.runner import Plan

_SHOWN = ("citation_f1", "fact_recall", "correct")
"""Scores whose running means the progress bar shows."""


def register(app: typer.Typer) -> None:
    """Hangs the command into the app."""
    app.command()(run)


def run(
    context: typer.Context,
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="Gold questions, JSON Lines.")],
    mode: Annotated[str | None, typer.Option(help="auto, model or quote.", metavar="MODE")] = None,
    model: Annotated[str | None, typer.Option(help="Model for model mode.", metavar="NAME")] = None,
    baseline: Annotated[
        str | None, typer.Option(help="Ask bm25, dense, fused or once, not the agent.", metavar="NAME")
    ] = None,
    count: Annotated[int, typer.Option("-k", help="Papers that a baseline's ranking cites.", min=1, max=100)] = 3,
    jobs: Annotated[int, typer.Option(help="Questions asked at a time.", min=1, max=64)] = 1,
    rate: Annotated[float | None, typer.Option(help="Questions begun a minute, at most.", min=0.01)] = None,
    judge: JudgeOption = None,
    judge_base_url: JudgeAddress = None,
    entailment: EntailmentOption = None,
    name: Annotated[str | None, typer.Option("--run", help="Name of the run; goes on with it if it is there.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Start anew, though a run like this is not finished.")] = False,
    sample: Annotated[int | None, typer.Option(help="Ask so many questions, drawn by the seed.", min=1)] = None,
    seed: Annotated[
        int, typer.Option(help="Seed of the sample and of the bootstrap intervals.", min=0, max=2**32 - 1)
    ] = 0,
    fail_under: FailUnder = None,
    json: Json = False,
) -> None:
    """Ask every question of a gold set, score the answers, and print the table.

    Run it again to go on with what was interrupted; no question is answered twice.
    """
    demand_names(limits_of(fail_under or []))
    scoring = Scoring(judge, judge_base_url, entailment)
    wanted = Wanted(gold, mode, model, baseline, count, jobs, rate, scoring, name, new, seed, sample)
    with asyncio.Runner() as loop, ExitStack() as stack:
        prepared = prepare(wanted, of(context), loop, stack)
        carry_out(loop, prepared)
    tell(prepared.folder, json=json, fail_under=fail_under or [])


def carry_out(loop: asyncio.Runner, prepared: Prepared) -> None:
    """Runs what is left of a run, which is locked meanwhile; shows how it goes.

    Raises `EvalError` where the run that is there is another one, and `Stopped` after Ctrl-C.
    """
    with prepared.folder.writing():
        _carry_out(loop, *prepared)


def tell(folder: RunFolder, *, json: bool, fail_under: list[str]) -> None:
    """Prints the table of a run that is done, and says how to see more of it."""
    print_report(folder, json=json, fail_under=fail_under)
    diagnostics.notice(f"run {folder.name}; every question: citeloom eval report {folder.name} -f html -o report.html")


def _carry_out(loop: asyncio.Runner, plan: Plan, folder: RunFolder, manifest: dict[str, Any]) -> None:
    """The manifest is there before the first question and says when all is done."""
    from evals.manifest import demand_same, now
    from evals.runner import Interrupted, run

    if folder.exists:
        wanted, manifest = manifest, folder.manifest()
        demand_same(manifest, wanted, folder.name)
        folder.mend(diagnostics.notice)
        for name in ("seed", "jobs"):
            if manifest[name] != wanted[name]:
                diagnostics.notice(f"the run was begun with --{name} {manifest[name]}, which its report goes by")
    else:
        folder.write_manifest(manifest)
    done = [record for record in folder.load().records if not plan.is_left(record)]

    async def work() -> None:
        running = asyncio.get_running_loop()
        with diagnostics.Interrupts.gently(lambda: running.call_soon_threadsafe(plan.stop.set)):
            await run(plan, folder)

    try:
        with _progress("asking" if plan.system else "scoring", len(plan.cases), done) as plan.on_record:
            loop.run(work())
    except Interrupted:
        kept = sum(not record.unjudged for record in folder.load().records)
        raise Stopped(
            f"stopped; {kept} of {len(plan.cases)} questions are kept in the run {folder.name}",
            "give the same command again to go on",
        ) from None
    failed = sum(map(plan.is_left, folder.load().records))
    if failed:
        diagnostics.notice(f"questions that ended in an error: {failed}; the same command asks them again")
    folder.write_manifest({**manifest, "finished": None if failed else now()})


@contextmanager
def _progress(name: str, total: int, done: list[Record]) -> Iterator[Callable[[Record], None]]:
    """A bar with the running scores on a terminal; nothing elsewhere or with `--quiet`."""
    records = list(done)
    with diagnostics.bar(name, total) as advance:
        advance(len(records), _running(records))

        def on_record(record: Record) -> None:
            records.append(record)
            advance(len(records), _running(records))

        yield on_record


def _running(records: list[Record]) -> str:
    """The means so far, and how many errors."""
    said = []
    for name in _SHOWN:
        values = [value for record in records if (value := record.scores.get(name)) is not None]
        if values:
            said.append(f"{name.replace('_', ' ')} {sum(values) / len(values):.2f}")
    errors = sum(record.error is not None for record in records)
    return "  ".join([*said, *([f"errors {errors}"] if errors else [])])
