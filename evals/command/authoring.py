"""`eval check` and `eval new`: gold sets that a user writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import diagnostics, output
from agent.cli.state import of
from agent.errors import EvalError, UsageError
from evals import authoring, checking
from evals.authoring import Draft, one_paper
from evals.command.dialogue import Dialogue, tell_added, warn_of_twin
from evals.gold import short
from evals.report.numbers import count
from evals.resolving import Papers
from store.text import clean

if TYPE_CHECKING:
    from evals.gold import Question

CHECK_SCHEMA = "citeloom.eval-check/1"
_DOUBTS_SHOWN = 20
_KIND_HELP = f"Its kind: {', '.join(checking.USUAL_KINDS)} or any other word; guessed without it."
_Gold = Annotated[Path, typer.Argument(metavar="GOLD", help="File of questions, JSON Lines.")]


def register(app: typer.Typer) -> None:
    """Hangs the commands into the app."""
    app.command()(check)
    app.command()(new)


def check(
    context: typer.Context,
    path: _Gold,
    alone: Annotated[bool, typer.Option("--alone", help="Check the file by itself, without a library.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a gold set by itself and against the library; end with code 5 where something is wrong."""
    if alone:
        checked = checking.check(path, None)
    else:
        with of(context).open() as library:
            checked = checking.check(path, Papers(library.papers()))
    counts = _counts(checked.questions)
    if json:
        said = (("flaws", checked.flaws), ("doubts", checked.doubts))
        found = {name: [{"place": clean(place), "reason": clean(why)} for place, why in items] for name, items in said}
        output.write_json({"schema": CHECK_SCHEMA, "path": clean(str(path)), **counts, **found}, compact=False)
    else:
        for flaw in checked.flaws:
            output.write(clean(str(flaw)))
        shown = checked.doubts if diagnostics.Verbosity.verbose else checked.doubts[:_DOUBTS_SHOWN]
        for doubt in shown:
            diagnostics.notice(f"perhaps a mistake: {doubt}")
        if hidden := len(checked.doubts) - len(shown):
            diagnostics.notice(f"and {hidden} more; -v names them all")
    if checked.flaws:
        raise EvalError(f"{count(len(checked.flaws), 'flaw')} in {path}", "each is named above with its place")
    if not json:
        output.write(_told(counts))


def new(
    context: typer.Context,
    path: _Gold,
    question: Annotated[str | None, typer.Option(help="Add this question, and ask nothing.", metavar="TEXT")] = None,
    kind: Annotated[str | None, typer.Option(help=_KIND_HELP, metavar="WORD")] = None,
    paper: Annotated[list[str] | None, typer.Option(help="A paper that answers it.", metavar="KEY")] = None,
    also: Annotated[list[str] | None, typer.Option(help="A paper that may be cited, too.", metavar="KEY")] = None,
    sentence: Annotated[list[str] | None, typer.Option(help="A sentence that answers it.", metavar="KEY.N")] = None,
    unanswerable: Annotated[bool, typer.Option("--unanswerable", help="No paper answers it.")] = False,
    name: Annotated[str | None, typer.Option("--id", help="Its id; a free one without it.", metavar="ID")] = None,
    prefix: Annotated[str, typer.Option(help="What new ids begin with.", metavar="TEXT")] = "",
) -> None:
    """Write a gold set: ask questions, mark the papers and sentences that answer them."""
    state = of(context)
    if question is None:
        if any((kind, paper, also, sentence, unanswerable, name)):
            raise UsageError("there are options for a question, and no question", "add --question TEXT")
        if state.no_input:
            raise UsageError("without questions being asked there is none to add", "add --question TEXT")
    known = authoring.standing(path)
    with state.open_finished() as library:
        papers = Papers(library.papers())
        if question is None:
            Dialogue(path, library, papers, prefix).run()
            return
        draft = authoring.Draft(question, kind or "")
        if near := checking.meant_kind(draft.chosen_kind, {other.kind for other in known}):
            hint = f"did you mean {near}? Without --question you are asked, and can keep it"
            raise UsageError(f"the kind {short(draft.chosen_kind)} may be a mistake", hint)
        _mark(draft, papers, paper or [], also or [], sentence or [])
        if unanswerable == bool(draft.gold) or (unanswerable and draft.also):
            said = "it is unanswerable, and there are papers for it" if unanswerable else "no paper answers it"
            raise UsageError(said, "name papers with --paper or --sentence, or say --unanswerable")
        draft.unanswerable = unanswerable
        warn_of_twin(known, draft.text)
        tell_added(authoring.append(path, draft.question(papers, clean(name or "")), prefix))


def _mark(draft: Draft, papers: Papers, gold: list[str], also: list[str], places: list[str]) -> None:
    for name in gold:
        draft.add_gold(one_paper(papers, name))
    for place in places:
        name, _, number = place.rpartition(".")
        if not number.isdecimal():
            raise UsageError(f"{short(place)} names no sentence", "write the key of its paper, a dot and its number")
        draft.add_gold(one_paper(papers, name), int(number))
    for name in also:
        if (paper := one_paper(papers, name)).key in draft.gold:
            raise UsageError(f"{paper.key} cannot answer and be acceptable only", "leave one of them out")
        draft.add_also(paper)


def _counts(questions: Sequence[Question]) -> dict[str, Any]:
    return {
        "questions": len(questions),
        "kinds": dict(Counter(clean(question.kind) for question in questions).most_common()),
        "gold": len({name for question in questions for name in question.gold}),
        "facts": sum(len(question.facts) for question in questions),
        "unanswerable": sum(not question.answerable for question in questions),
    }


def _told(counts: Mapping[str, Any]) -> str:
    kinds = ", ".join(f"{number} {kind}" for kind, number in counts["kinds"].items())
    rest = f"{count(counts['gold'], 'gold paper')}, {count(counts['facts'], 'fact')}"
    return f"{count(counts['questions'], 'question')} ({kinds}); {rest}, {counts['unanswerable']} unanswerable"
