"""`sessions`, `check` and `export`: conversations on disk, shown, checked again, and taken elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import diagnostics, output
from agent.cli.state import of
from agent.errors import CheckFailed, SessionError, UsageError
from agent.settings import sessions_folder

if TYPE_CHECKING:
    from agent.sessions import Session, Sessions

LIST_SCHEMA = "citeloom.sessions/1"
SESSION_SCHEMA = "citeloom.session/1"
_sessions = typer.Typer(help="Conversations on disk.", rich_markup_mode=None, no_args_is_help=False)
_Name = Annotated[str, typer.Argument(metavar="SESSION", help="Id of a session, or its beginning.")]
_AnyName = Annotated[
    str | None, typer.Argument(metavar="[SESSION]", help="Id of a session, or its beginning; the latest without it.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Hangs the commands into the app."""
    app.add_typer(_sessions, name="sessions")
    app.command()(check)
    app.command()(export)
    _sessions.command()(export)


@_sessions.command("list")
def list_sessions(
    find: Annotated[str, typer.Option(help="Only those in which these words stand.", metavar="WORDS")] = "",
    json: _Json = False,
) -> None:
    """List the sessions, the last used first."""
    sessions = _all()
    found = sessions.search(find) if find else sessions.list()
    if json:
        rows = [
            {"id": one.id, "title": one.title, "created": one.created, "updated": one.updated, "turns": one.turns}
            for one in found
        ]
        output.write_json({"schema": LIST_SCHEMA, "sessions": rows}, compact=False)
        return
    for one in found:
        output.write(f"{one.id}  {one.updated[:16].replace('T', ' '):<16}  {one.turns:>3}  {one.title}")
    if not found:
        diagnostics.notice("there is no such session" if find else "there is no session yet; `citeloom ask` begins one")


@_sessions.command()
def show(
    name: _AnyName = None,
    turn: Annotated[int | None, typer.Option(help="Only this turn.", min=1)] = None,
    json: _Json = False,
) -> None:
    """Show a session as it was answered; asks no model."""
    from agent.cli.answers import write_answer

    session = _one(name)
    turns = [item for item in session.turns if turn in (None, item.number)]
    if turn and not turns:
        raise SessionError(f"the session {session.id} has no turn {turn}", f"it has {len(session.turns)}")
    if json:
        shown = [
            {
                "turn": item.number,
                "question": item.question,
                "started": item.started,
                "error": item.error,
                "stopped": item.stopped,
                "answer": item.answer.to_dict() if item.answer else None,
            }
            for item in turns
        ]
        content = {"schema": SESSION_SCHEMA, "id": session.id, "title": session.title, "turns": shown}
        output.write_json(content, compact=False)
        return
    output.write(f"{session.title}  ({session.id})\n")
    for item in turns:
        output.write(output.wrapped(f"{item.number}. {item.question}") + "\n")
        if item.answer:
            write_answer(item.answer)
        else:
            output.write(f"no answer: {item.error or ('stopped' if item.stopped else 'interrupted')}\n")


@_sessions.command()
def remove(names: Annotated[list[str], typer.Argument(metavar="SESSION...")]) -> None:
    """Remove sessions; `sessions restore` brings one back."""
    for name in names:
        if removed := _all().remove(name):
            output.write(f"removed {removed.id}  {removed.title}")


@_sessions.command()
def restore(name: _Name) -> None:
    """Bring back a session that was removed."""
    if found := _all().restore(name):
        output.write(f"restored {found.id}  {found.title}")


@_sessions.command()
def rename(name: _Name, title: Annotated[str, typer.Argument()]) -> None:
    """Give a session another title."""
    session = _one(name)
    session.rename(title)
    output.write(f"{session.id}  {session.title}")


@_sessions.command()
def undo(name: _AnyName = None) -> None:
    """Take back the last turn of a session; what it retrieved keeps its numbers."""
    turn = _one(name).undo()
    if turn is None:
        raise SessionError("there is no turn to take back", "see `citeloom sessions show`")
    output.write(f"taken back: {turn.question}")


def check(context: typer.Context, name: _AnyName = None, json: _Json = False) -> None:
    """Check every citation of a session against the library as it is now; end with code 5 where one fails."""
    from agent.sessions.check import check_session

    session = _one(name)
    with of(context).open_finished() as library:
        report = check_session(session, library)
    if json:
        output.write_json(report.to_dict(), compact=False)
    else:
        for row in report.rows:
            if not row.ok or row.note:
                output.write(f"turn {row.turn}  [{row.number}.{row.sentence}]  {row.key}: {row.verdict}")
                output.write(output.wrapped(f"“{row.quote}”", first="    ", rest="    "))
                for said in filter(None, (row.note, row.flaw)):
                    output.write(output.wrapped(said, first="    ", rest="    "))
        for said in report.damage:
            output.write(said)
        counted = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items() if count) or "none"
        output.write(f"{len(report.rows)} citations of {report.answers} answers: {counted}")
    if not report.ok:
        if report.damage and all(row.ok for row in report.rows):
            raise CheckFailed("the session's file is damaged; what can be read of it stands", "see the lines above")
        raise CheckFailed("not every citation stands any more", "ask again what the answers above asked")


def export(
    name: _AnyName = None,
    form: Annotated[
        str, typer.Option("--format", "-f", help="md, bib, ris, csl-json, html or json.", metavar="FORMAT")
    ] = "md",
    turn: Annotated[int | None, typer.Option(help="Only this turn.", min=1)] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List papers that were retrieved but not cited, too.")
    ] = False,
    target: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.", metavar="FILE")] = None,
) -> None:
    """Take a session elsewhere: Markdown with pandoc citations, BibTeX, RIS, CSL-JSON, HTML or JSON."""
    from agent import export as exporting

    if form not in exporting.FORMATS:
        raise UsageError(f"there is no format {form!r}", f"choose one of {', '.join(exporting.FORMATS)}")
    session = _one(name)
    answers = [item.answer for item in session.turns if item.answer and turn in (None, item.number)]
    if not answers:
        raise SessionError(f"the session {session.id} has no such answer to export", "see `citeloom sessions show`")
    more = tuple(paper for paper in session.evidence.papers if paper.abstract) if everything else ()
    output.write_to(target, exporting.render(answers, form, title=session.title, more=more))


def _all() -> Sessions:
    from agent.sessions import Sessions

    return Sessions(sessions_folder())


def _one(name: str | None) -> Session:
    """The session of this name, or the latest; says what is wrong with its file."""
    sessions = _all()
    found = sessions.open(name) if name else sessions.latest()
    if found is None:
        raise SessionError("there is no session yet", "ask something first: citeloom ask QUESTION")
    for text in found.notices:
        diagnostics.notice(text)
    return found
