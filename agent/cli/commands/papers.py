"""`add` and `papers`: what the library holds."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import diagnostics, output
from agent.cli.state import of
from agent.errors import UsageError
from store.errors import InputError
from store.scope import parse

if TYPE_CHECKING:
    from store.intake import Report
    from store.paper import Paper


ADD_SCHEMA = "citeloom.add/1"
PAPER_SCHEMA = "citeloom.paper/1"
PAPERS_SCHEMA = "citeloom.papers/1"
_PROBLEMS_SHOWN = 20
_papers = typer.Typer(help="List, show and remove papers.", rich_markup_mode=None, no_args_is_help=False)


def register(app: typer.Typer) -> None:
    """Hangs the commands into the app."""
    app.command()(add)
    app.add_typer(_papers, name="papers")


def add(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(help="Files or folders of papers; - reads standard input.")],
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait for another process that is writing.")] = True,
) -> None:
    """Add papers to the library, or bring them up to date."""
    library = of(context).open()
    with _as_files(paths) as (files, names), diagnostics.progress() as progress:
        report = library.add(files, names=names, progress=progress, wait=wait)
    _say(report)
    counts = _counts(report)
    if json:
        output.write_json({"schema": ADD_SCHEMA, **counts}, compact=False)
    else:
        output.write(_summary(report))
    if report.problems and not report.papers:
        raise InputError("no paper could be read", "see the lines above for the reasons")


@contextmanager
def _as_files(paths: list[str]) -> Iterator[tuple[list[Path], dict[Path, str]]]:
    """The paths to read and their names; standard input is kept in a file first, since readers look twice.

    It is named after its content: two pipes are two sources, the same one again is the same source.
    """
    if "-" not in paths:
        yield [Path(path) for path in paths], {}
        return
    if sys.stdin.isatty():
        raise UsageError("standard input is a terminal", "pipe papers in, or name a file")
    with tempfile.TemporaryDirectory() as folder:
        piped = Path(folder).resolve() / "standard-input.txt"
        digest = hashlib.sha256()
        with piped.open("wb") as file:
            while block := sys.stdin.buffer.read(1 << 20):
                digest.update(block)
                file.write(block)
        yield (
            [piped if path == "-" else Path(path) for path in paths],
            {piped: f"standard input {digest.hexdigest()[:12]}"},
        )


def _counts(report: Report) -> dict[str, object]:
    return {
        "papers": report.papers,
        "added": len(report.added),
        "updated": len(report.updated),
        "unchanged": len(report.unchanged),
        "merged": report.merged,
        "failed": len(report.problems),
        "embedded": report.embedded,
        "seconds": round(report.seconds, 2),
        "problems": [
            {"path": path, "place": problem.place, "reason": problem.reason} for path, problem in report.problems
        ],
        "notes": report.notes,
    }


def _summary(report: Report) -> str:
    added, updated, unchanged = len(report.added), len(report.updated), len(report.unchanged)
    return (
        f"{report.papers} papers: {added} added, {updated} updated, {unchanged} unchanged; "
        f"{report.merged} merged, {len(report.problems)} failed, {report.seconds:.1f} s"
    )


def _say(report: Report) -> None:
    for note in report.notes:
        diagnostics.notice(note)
    shown = report.problems if diagnostics.Verbosity.verbose else report.problems[:_PROBLEMS_SHOWN]
    for path, problem in shown:
        diagnostics.notice(
            f"{path}, {problem.place}: {problem.reason}" + (f" ({problem.hint})" if problem.hint else "")
        )
    if hidden := len(report.problems) - len(shown):
        diagnostics.notice(f"and {hidden} more; -v names them all")


@_papers.command("list")
def list_papers(
    context: typer.Context,
    scope: Annotated[str, typer.Option(help='Only these, as in: year:2024- author:"Chi Jin".')] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line; `add` reads it back.")] = False,
) -> None:
    """List the papers of the library."""
    with of(context).open() as library:
        papers = library.papers(parse(scope))
        if jsonl:
            for paper in papers:
                output.write_json(paper.to_dict(), compact=True)
        elif json:
            content = {"schema": PAPERS_SCHEMA, "papers": [paper.to_dict() for paper in papers]}
            output.write_json(content, compact=False)
        else:
            output.write_papers(papers)


@_papers.command("show")
def show_paper(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="Citation key.")],
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show all that the library knows of one paper."""
    with of(context).open() as library:
        paper = library.get(key)
        if paper is None:
            raise InputError(f"there is no paper {key} in the library", _near(key, library.papers()))
        if json:
            output.write_json({"schema": PAPER_SCHEMA, **paper.to_dict()}, compact=False)
        else:
            output.write_paper(paper)


@_papers.command("remove")
def remove_papers(
    context: typer.Context,
    keys: Annotated[list[str], typer.Argument(help="Citation keys.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove papers; their keys are never given to others."""
    state = of(context)
    if not yes:
        if state.no_input or not sys.stdin.isatty():
            raise UsageError("removing papers needs a yes", "run it again with --yes")
        typer.confirm(f"Remove {len(keys)} papers?", abort=True, err=True)
    with state.open() as library:
        for paper in library.remove(list(dict.fromkeys(keys))):
            output.write(f"removed {paper.key}  {paper.label}")


def _near(key: str, papers: Iterator[Paper]) -> str:
    import difflib

    near = difflib.get_close_matches(key, [paper.key for paper in papers], n=1)
    return f"did you mean {near[0]}?" if near else "see `citeloom papers list`"
