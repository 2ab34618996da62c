"""`keys` and `serve`: what the command line says of the screens, and how it serves them to a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from agent.cli import diagnostics, output
from agent.cli.faces import Faces
from agent.cli.state import State, of
from agent.errors import UsageError


def register(app: typer.Typer) -> None:
    """Hangs the commands into the app."""
    app.command()(keys)
    app.command()(serve)


def keys(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
    form: Annotated[str, typer.Option("--format", "-f", help="text, markdown or json.", metavar="FORMAT")] = "text",
    check: Annotated[bool, typer.Option("--check", help="Say what is wrong with your own keys.")] = False,
) -> None:
    """List the keys and slash commands of the screens, your own keys among them."""
    faces = _faces(of(context))
    if check:
        if problems := str(faces.keys("check")):
            output.write(problems.rstrip())
            raise UsageError("some of your keys cannot be used as they are", "mend [keys] in the file that is named")
        return
    table = faces.keys("json" if json else form)
    if isinstance(table, dict):
        output.write_json(table, compact=False)
    else:
        output.write(table.rstrip())


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at; 0 takes a free one.", min=0, max=65535)] = 8400,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let other machines in; there is no password.")
    ] = False,
) -> None:
    """Serve the screens to a browser on this machine."""
    state = of(context)
    arguments = [*(["--library", state.library] if state.library else []), *(["--offline"] if state.offline else [])]
    state.settings()  # what is wrong with them is said here, and not in the browser
    _faces(state).serve(arguments, host, port, allow_remote, diagnostics.notice)


def _faces(state: State) -> Faces:
    if state.faces is None:
        raise UsageError("there are no screens here", "run the installed command, citeloom")
    return state.faces
