"""The command line: global options, the commands, and how a run ends.

Global options may stand before or after the command. Each command opens what it needs
and nothing more; heavy libraries are imported where they are used.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated

import typer

from agent.cli import diagnostics, output
from agent.cli.commands import asking, evaluating, papers, questions, screens, sessions, summaries, system
from agent.cli.diagnostics import Verbosity
from agent.cli.faces import Faces, ScreenOptions
from agent.cli.state import State
from agent.errors import ExitCode, UsageError

_EPILOG = (
    "Exit codes: 0 ok · 1 unexpected · 2 usage or configuration · 3 provider, key or network · "
    "4 timeout or budget · 5 library or input · 6 abstained (ask --strict) · 130 interrupted."
)
_FLAGS = frozenset({"-q", "--quiet", "-v", "--verbose", "--debug", "--no-input", "--offline"})
_WITH_VALUE = frozenset({"--library"})

app = typer.Typer(
    name="citeloom",
    help="Ask your library of papers; every answer is tied to the sentences that support it.",
    epilog=_EPILOG,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=False,
)
papers.register(app)
questions.register(app)
asking.register(app)
summaries.register(app)
sessions.register(app)
evaluating.register(app)
screens.register(app)
system.register(app)


@app.callback(invoke_without_command=True)
def citeloom(
    context: typer.Context,
    library: Annotated[str | None, typer.Option(help="Folder of the library.", metavar="DIR")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask; take the safe choice.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Use no network.")] = False,
    last: Annotated[bool, typer.Option("--continue", "-c", help="Open the screens with the latest session.")] = False,
    session: Annotated[str | None, typer.Option(help="Open the screens with this session.", metavar="ID")] = None,
    screens_anyway: Annotated[bool, typer.Option("--screens", hidden=True, help="Open them in a browser.")] = False,
    show_version: Annotated[bool, typer.Option("--version", "-V", help="Show the version.")] = False,
) -> None:
    """Sets what holds for every command."""
    Verbosity.quiet, Verbosity.verbose, Verbosity.debug = quiet, verbose, debug
    if show_version:
        from importlib.metadata import version  # a third of the time of --help

        output.write(f"citeloom {version('citeloom')}")
        raise typer.Exit
    faces: Faces | None = context.obj
    context.obj = State(library=library, no_input=no_input, offline=offline, faces=faces)
    if context.invoked_subcommand is not None:
        if last or session:
            raise UsageError("-c and --session before a command are for the screens", "write them behind `ask`")
    elif faces and (screens_anyway or (not no_input and sys.stdin.isatty() and sys.stdout.isatty())):
        raise typer.Exit(faces.open(ScreenOptions(library, offline, session, last)))
    else:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)


def main(arguments: Sequence[str] | None = None, faces: Faces | None = None) -> None:
    """Runs the command and ends the process with its exit code; without `faces` it has no screens to open."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    diagnostics.Interrupts.watch()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(_run(given, faces))


def _run(given: list[str], faces: Faces | None) -> int:
    try:
        code = app(args=_globals_first(given), prog_name="citeloom", standalone_mode=False, obj=faces)
        output.flush()
    except typer.TyperException as error:
        diagnostics.say_usage_error(error.format_message(), _usage_hint(given))
        return ExitCode.USAGE
    except output.OutputClosed:
        output.abandon()
        return 141
    except (KeyboardInterrupt, typer.Abort):
        return diagnostics.report_error(KeyboardInterrupt())
    except Exception as error:  # noqa: BLE001 - the edge of the program: every error becomes two lines and a code
        # What a Ctrl-C interrupts may make another error of it, as the import of a library written in C does.
        return diagnostics.report_error(KeyboardInterrupt() if diagnostics.Interrupts.seen else error)
    if code == ExitCode.INTERRUPTED:  # how Typer hands on a Ctrl-C
        return diagnostics.report_error(KeyboardInterrupt())
    return int(code) if isinstance(code, int) else ExitCode.OK


def _usage_hint(given: list[str]) -> str:
    """The global option that was perhaps meant, which a command itself does not know."""
    for item in given:
        name, known = item.split("=")[0], [*_FLAGS, *_WITH_VALUE]
        if name.startswith("--") and name not in known and (near := get_close_matches(name, known, n=1, cutoff=0.8)):
            return f"did you mean {near[0]}?"
    return "see `citeloom --help`, or `citeloom COMMAND --help`"


def _globals_first(given: list[str]) -> list[str]:
    """`given` with the global options moved to the front, so that they may stand anywhere."""
    front: list[str] = []
    rest: list[str] = []
    position = 0
    while position < len(given):
        item = given[position]
        if item == "--":
            return [*front, *rest, *given[position:]]
        takes_next = item in _WITH_VALUE and position + 1 < len(given)
        is_global = takes_next or item in _FLAGS or ("=" in item and item.split("=")[0] in _WITH_VALUE)
        chunk = given[position : position + (2 if takes_next else 1)]
        (front if is_global else rest).extend(chunk)
        position += len(chunk)
    return [*front, *rest]
