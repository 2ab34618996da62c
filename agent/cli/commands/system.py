"""`doctor`, `config` and `completion`: the state of this installation."""

from __future__ import annotations

from typing import Annotated

import typer

from agent import doctor as checking
from agent import settings
from agent.cli import diagnostics, output
from agent.cli.state import of
from agent.errors import SettingsError, UsageError
from store.errors import LibraryError

DOCTOR_SCHEMA = "citeloom.doctor/1"
CONFIG_SCHEMA = "citeloom.config/1"
_SHELLS = ("bash", "zsh", "fish")
_config = typer.Typer(help="Show and make settings.", rich_markup_mode=None, no_args_is_help=False)


def register(app: typer.Typer) -> None:
    """Hangs the commands into the app."""
    app.command()(doctor)
    app.add_typer(_config, name="config")
    app.command()(completion)


def doctor(
    context: typer.Context,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Index the library anew with the embedder in force.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Check this installation and the library; mend the index with --rebuild."""
    state = of(context)
    if rebuild:
        with state.open() as library, diagnostics.progress() as progress:
            diagnostics.notice(f"indexed {library.rebuild(progress=progress):,} texts anew")
    checks = checking.run(state.settings, offline=state.offline, open_library=state.open)
    if json:
        output.write_json({"schema": DOCTOR_SCHEMA, "checks": [check._asdict() for check in checks]}, compact=False)
    else:
        for check in checks:
            output.write(str(check))
    if not all(check.is_fine for check in checks):
        raise LibraryError("something is not as it should be", "see the lines marked BAD")


@_config.command("show")
def show_config(
    context: typer.Context,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show the settings in force."""
    found = of(context).settings()
    if json:
        values = {name: {"value": value.text, "origin": value.origin} for name, value in found.listed.items()}
        output.write_json(
            {"schema": CONFIG_SCHEMA, "settings": values, "has_api_key": bool(found.api_key)}, compact=False
        )
        return
    for name, value in found.listed.items():
        text = value.text or (str(found.library) if name == "library" else '""')
        output.write(f"{name} = {text}" + (f"   <- {value.origin}" if origin else ""))
    output.write(f"api key = {'set, not shown' if found.api_key else 'not set'}")


@_config.command("path")
def show_paths(context: typer.Context) -> None:
    """Show where things are kept."""
    for name, path in checking.places(of(context).settings().library).items():
        output.write(f"{name:<9} {path}")


@_config.command("init")
def make_config() -> None:
    """Write a config.toml that names every setting."""
    path = settings.config_folder() / settings.USER_FILE
    if path.exists():
        raise SettingsError(f"{path} is there already", "edit it, or move it away first")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(settings.template(), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}", "check the folder's permissions") from error
    output.write(str(path))


def completion(shell: Annotated[str, typer.Argument(help="bash, zsh or fish.")]) -> None:
    """Print the completion script of a shell."""
    if shell not in _SHELLS:
        raise UsageError(f"there is no completion for {shell}", f"choose one of {', '.join(_SHELLS)}")
    from typer._completion_shared import get_completion_script  # Typer has no public door to it

    output.put(get_completion_script(prog_name="citeloom", complete_var="_CITELOOM_COMPLETE", shell=shell) + "\n")
