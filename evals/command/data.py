"""`eval datasets` and `eval convert`: public sets as papers for a library and gold for its questions."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import diagnostics, output

if TYPE_CHECKING:
    from evals.adapters.base import Dataset
    from evals.adapters.converting import Counts
    from evals.gold import Flaw

DATASETS_SCHEMA = "citeloom.eval-datasets/1"
CONVERT_SCHEMA = "citeloom.eval-convert/1"
_SHOWN = 20
"""Records left out that are named; the others are counted."""


def register(app: typer.Typer) -> None:
    """Hangs the commands into the app."""
    app.command()(datasets)
    app.command()(convert)


def datasets(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List the public sets that `convert` reads, and the files that each wants."""
    from evals.adapters import DATASETS

    if json:
        content = {"schema": DATASETS_SCHEMA, "datasets": [_described(dataset) for dataset in DATASETS]}
        output.write_json(content, compact=False)
        return
    for dataset in DATASETS:
        output.write(f"{dataset.name}\n" + output.wrapped(dataset.says, first="    ", rest="    "))
        for wanted in dataset.wanted:
            optional = "" if wanted.required else ", if you have them"
            output.write(
                output.wrapped(f"{wanted.what}{optional}: {', '.join(wanted.patterns)}", first="    - ", rest="      ")
            )
        if dataset.note:
            output.write(output.wrapped(dataset.note, first="    ", rest="    "))
        output.write()


def convert(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="The set; `datasets` lists them.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Its files, or the folder they are in.")],
    target: Annotated[Path, typer.Option("--output", "-o", help="Write into this folder.", metavar="DIR")],
    force: Annotated[bool, typer.Option("--force", help="Write over an earlier conversion.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Convert a public set: DIR/papers.jsonl for `citeloom add`, DIR/gold.jsonl for `citeloom eval run`."""
    from evals.adapters import named
    from evals.adapters.converting import GOLD, PAPERS
    from evals.adapters.converting import convert as make

    left_out = _LeftOut()
    counts = make(form, paths, target, force=force, on_flaw=left_out.hear)
    left_out.end()
    papers = target / PAPERS if counts.papers else None
    if json:
        written = {"papers": str(papers) if papers else None, "gold": str(target / GOLD)}
        output.write_json({"schema": CONVERT_SCHEMA, "written": written, "counts": _counted(counts)}, compact=False)
    else:
        for line in _summary(counts):
            output.write(line)
    if note := named(form).note:
        diagnostics.notice(note)
    if papers:
        library = f"citeloom --library {shlex.quote(str(target / 'library'))}"
        diagnostics.notice(f"make a library of it alone: {library} add {shlex.quote(str(papers))}")
        diagnostics.notice(f"then ask it: {library} eval run {shlex.quote(str(target / GOLD))}")


class _LeftOut:
    """Names what is left out while it is found, up to a number of them."""

    def __init__(self) -> None:
        self._count = 0

    def hear(self, flaw: Flaw) -> None:
        """Hears of one."""
        diagnostics.Interrupts.heed()
        self._count += 1
        if self._count <= _SHOWN or diagnostics.Verbosity.verbose:
            diagnostics.notice(f"left out: {flaw}")

    def end(self) -> None:
        """Says how many were not named."""
        if self._count > _SHOWN and not diagnostics.Verbosity.verbose:
            diagnostics.notice(f"and {self._count - _SHOWN:,} more; -v names them all")


def _summary(counts: Counts) -> list[str]:
    return [
        f"{counts.papers:,} papers, {counts.questions:,} questions"
        f" ({counts.unanswerable:,} unanswerable), {counts.facts:,} facts",
        *(f"left out: {number:,} × {reason}" for reason, number in sorted(counts.left_out.items())),
    ]


def _counted(counts: Counts) -> dict[str, object]:
    return {
        "papers": counts.papers,
        "questions": counts.questions,
        "unanswerable": counts.unanswerable,
        "facts": counts.facts,
        "left_out": dict(sorted(counts.left_out.items())),
    }


def _described(dataset: Dataset) -> dict[str, object]:
    return {
        "name": dataset.name,
        "says": dataset.says,
        "note": dataset.note,
        "files": [
            {
                "what": wanted.what,
                "called": list(wanted.patterns),
                "required": wanted.required,
                "several": wanted.several,
            }
            for wanted in dataset.wanted
        ],
    }
