"""`eval list`, `report` and `compare`: what runs there are, what one came to, and how two differ."""

from __future__ import annotations

import math
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import diagnostics, output
from agent.cli.state import of
from agent.errors import CheckFailed, EvalError, UsageError
from evals.figures import Figure

if TYPE_CHECKING:
    from evals.runfolder import RunFolder
    from evals.summary import RunData

FailUnder = Annotated[
    list[str] | None,
    typer.Option("--fail-under", help="End with code 5 if a figure is lower, as f1=0.6.", metavar="NAME=VALUE"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Target = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.", metavar="FILE")]
_FORMATS = ("text", "md", "html", "json")
_ALIASES = {"f1": "citation_f1", "precision": "citation_precision", "recall": "citation_recall"}
_LESS_IS_BETTER = ("calibration_error", "brier")
_OF_SOME_RUNS = (
    "citation_f1_without_errors",
    *("abstention_precision", "abstention_recall", "abstention_f1"),
    *("nugget_recall", "nugget_recall_strict", "rubric"),
)
"""Figures that a run has where there were errors, unanswerable questions, or a judge."""
_MUST_BE_WHOLE = ("citation_validity", "span_validity")


def register(app: typer.Typer) -> None:
    """Hangs the commands into the app."""
    app.command("list")(list_runs)
    app.command()(report)
    app.command()(compare)
    app.command()(remove)


def list_runs(json: Json = False) -> None:
    """List the runs, the latest first."""
    from evals.runfolder import RunFolder, run_names

    runs = []
    for name in run_names():
        try:
            runs.append(RunFolder(name).load())
        except EvalError as error:
            diagnostics.notice(f"{name} is left out: {error.message}")
    if json:
        output.write_json({"schema": "citeloom.eval-list/1", "runs": [_listed(data) for data in runs]}, compact=False)
        return
    if not runs:
        diagnostics.notice("there is no run of evals yet; make one: citeloom eval run GOLD")
    for data in runs:
        row = _listed(data)
        state = "finished" if row["finished"] else "not finished"
        asked = f"{row['done']}/{row['questions']}"
        output.write(f"{data.id:<44} {asked:>9}  {state:<12}  {row['system']}  {row['model'] or ''}".rstrip())


def report(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run; the latest without it.")] = None,
    form: Annotated[str, typer.Option("--format", "-f", help="text, md, html or json.", metavar="FORMAT")] = "text",
    target: _Target = None,
    fail_under: FailUnder = None,
    json: Json = False,
) -> None:
    """Show what a run came to: a table, Markdown, JSON, or one HTML page with figures and every question."""
    from evals.runfolder import named

    print_report(named(run), form="json" if json else form, target=target, fail_under=fail_under or [])


def compare(
    one: Annotated[str, typer.Argument(metavar="A", help="A run.")],
    other: Annotated[str, typer.Argument(metavar="B", help="The run that is held against it.")],
    form: Annotated[str, typer.Option("--format", "-f", help="text, md or json.", metavar="FORMAT")] = "text",
    target: _Target = None,
    json: Json = False,
) -> None:
    """Show how run B differs from run A, question by question, and whether that could be chance."""
    from evals import comparing
    from evals.report import comparison
    from evals.runfolder import named

    form = _known("json" if json else form, tuple(name for name in _FORMATS if name != "html"))
    found = comparing.compare(named(one).load(), named(other).load())
    if form == "json":
        text = output.json_text(comparison.to_dict(found), compact=False)
    elif form == "md":
        text = comparison.markdown(found)
    else:
        text = comparison.terminal(found, output.width())
    output.write_to(target, text)


def remove(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a run with its answers and scores."""
    from evals.runfolder import named

    folder = named(run)
    if not yes:
        if of(context).no_input:
            raise UsageError(f"the run {folder.name} would be removed", "add --yes")
        typer.confirm(f"Remove the run {folder.name} with all its answers?", abort=True, err=True)
    folder.remove()
    diagnostics.notice(f"removed the run {folder.name}")


def print_report(
    folder: RunFolder,
    *,
    form: str = "text",
    target: Path | None = None,
    fail_under: list[str],
    json: bool = False,
) -> None:
    """Prints a run's report, and raises `CheckFailed` where it is not good enough.

    A citation that does not hold is always a failure: there must never be one.
    """
    from evals.report import html, markdown, terminal, to_dict
    from evals.summary import summarize

    form = _known("json" if json else form, _FORMATS)
    wanted = limits_of(fail_under)
    data = folder.load()
    summary = summarize(data, seed=int(data.manifest.get("seed") or 0))
    figures = {figure.name: figure for section in summary.sections for figure in section.figures}
    _demand_figures(wanted, figures)
    if form == "json":
        text = output.json_text(to_dict(summary), compact=False)
    elif form == "html":
        text = html.render(summary, data)
    elif form == "md":
        text = markdown.render(summary)
    else:
        text = terminal.render(summary, output.width())
    output.write_to(target, text)
    if target:
        diagnostics.notice(f"the report of {folder.name} is in {target}")
    _check(folder.name, figures, [*wanted, *((name, 1.0) for name in _MUST_BE_WHOLE if _has_value(figures.get(name)))])


def _check(run: str, figures: dict[str, Figure], wanted: list[tuple[str, float]]) -> None:
    for name, least in wanted:
        value = figures[name].value
        if value is None or not value >= least:  # nor is what is no number
            shown = "has no value" if value is None else f"is {value:.4g}"
            raise CheckFailed(
                f"{name} {shown}, under {least:g}",
                f"see the questions: citeloom eval report {run} -f html -o report.html",
            )


def limits_of(texts: list[str]) -> list[tuple[str, float]]:
    """The figures of `--fail-under` and their least values; a `UsageError` where a text names none."""
    found = []
    for text in texts:
        name, _, value = text.partition("=")
        try:
            least = float(value)
            if not math.isfinite(least):
                raise ValueError(value)
            found.append((_ALIASES.get(name.strip(), name.strip()), least))
        except ValueError:
            raise UsageError(f"--fail-under {text!r} sets no limit", "write it as f1=0.6") from None
    return found


def demand_names(wanted: list[tuple[str, float]]) -> None:
    """Raises `UsageError` for a figure that no run can have, before anything is asked."""
    from evals.summary import RunData, summarize

    if wanted:
        sections = summarize(RunData("", {}, ())).sections
        later = {name: Figure(name, None) for name in (*_OF_SOME_RUNS, *_LESS_IS_BETTER)}
        _demand_figures(wanted, {figure.name: figure for section in sections for figure in section.figures} | later)


def _demand_figures(wanted: list[tuple[str, float]], figures: dict[str, Figure]) -> None:
    """Raises `UsageError` unless there are such figures, and more of them is better."""
    for name, _ in wanted:
        figure = figures.get(name)
        if figure and (figure.unit or name in _LESS_IS_BETTER):
            raise UsageError(f"of {name} less is better, so it has no lowest value", "choose another figure, as f1=0.6")
        if figure is None:
            near = get_close_matches(name, [*figures, *_ALIASES], n=1)
            hint = f"did you mean {near[0]}?" if near else f"the figures are {', '.join(figures)}"
            raise UsageError(f"there is no figure {name!r}", hint)


def _has_value(figure: Figure | None) -> bool:
    return figure is not None and figure.value is not None


def _known(form: str, formats: tuple[str, ...]) -> str:
    if form not in formats:
        raise UsageError(f"there is no format {form!r}", f"choose one of {', '.join(formats)}")
    return form


def _listed(data: RunData) -> dict[str, object]:
    manifest = data.manifest
    return {
        "run": data.id,
        "gold": manifest["gold"]["path"],
        "system": manifest.get("system"),
        "model": manifest.get("model"),
        "questions": manifest["gold"]["questions"],
        "done": sum(not record.unjudged for record in data.records),
        "errors": sum(record.error is not None for record in data.records),
        "started": manifest.get("started"),
        "finished": manifest.get("finished"),
    }
