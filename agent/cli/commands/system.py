"""`doctor`, `config` and `completion`: the state of this installation."""

from __future__ import annotations

import platform
import sqlite3
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from agent import settings
from agent.cli import diagnostics, output
from agent.cli.state import State, of
from agent.errors import CiteloomError, SettingsError, UsageError
from store.embedding import BUILT_IN
from store.errors import LibraryError

if TYPE_CHECKING:
    from store.library import Library

DOCTOR_SCHEMA = "citeloom.doctor/1"
CONFIG_SCHEMA = "citeloom.config/1"
_PACKAGES = ("citeloom", "chromadb", "onnxruntime", "tokenizers", "typer", "openai", "langchain", "tiktoken")
_SHELLS = ("bash", "zsh", "fish")
_config = typer.Typer(help="Show and make settings.", rich_markup_mode=None, no_args_is_help=False)


class Check(NamedTuple):
    """One line of `doctor`."""

    name: str
    is_fine: bool
    said: str


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
    checks = [
        _packages(),
        _sqlite(),
        _checked("settings", lambda: _settings(state)),
        _checked("model", lambda: _model(state)),
        _checked("embedder", lambda: _embedder(state)),
    ]
    checks.append(_checked("library", lambda: _library(state)))
    if json:
        output.write_json({"schema": DOCTOR_SCHEMA, "checks": [check._asdict() for check in checks]}, compact=False)
    else:
        for check in checks:
            output.write(f"{'ok  ' if check.is_fine else 'BAD '} {check.name}: {check.said}")
    if not all(check.is_fine for check in checks):
        raise LibraryError("something is not as it should be", "see the lines marked BAD")


def _checked(name: str, probe: Callable[[], str]) -> Check:
    try:
        return Check(name, True, probe())
    except (CiteloomError, LibraryError) as error:
        return Check(name, False, f"{error.message}; {error.hint}")


def _packages() -> Check:
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            return Check("packages", False, f"{name} is not installed")
    return Check("packages", True, f"Python {platform.python_version()}, " + ", ".join(found))


def _sqlite() -> Check:
    with sqlite3.connect(":memory:") as connection:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    has_index = "ENABLE_FTS5" in options
    return Check("sqlite", has_index, f"{sqlite3.sqlite_version}" + ("" if has_index else " without FTS5"))


def _settings(state: State) -> str:
    found = state.settings()
    key = "a key is set" if found.api_key else "no key is set"
    choice = found.embedder
    endpoint = "" if choice.model == BUILT_IN else found.shown("embedding.base_url") or "the provider's own endpoint"
    told = [f"texts are sent to {endpoint}"] if endpoint else []
    told += [f"vectors are sent to {found.shown('vectors.server')}"] if found.server else []
    return f"{key}; " + ("; ".join(told) or "the library stays on this machine")


def _model(state: State) -> str:
    """Which model is asked and where it is; it is not asked here, since that may cost money."""
    from agent import modes

    said: list[str] = []
    chat = modes.chat(state.settings(), offline=state.offline, notice=said.append)
    if chat is None:
        return said[0] if said else "none, answers are quoted"
    price = "known" if chat.price else "not known"
    return f"{chat.choice.name}; questions and evidence are sent to {chat.choice.address}; its price is {price}"


def _embedder(state: State) -> str:
    from store.embedding import create

    embedder = create(state.settings().embedder)
    return f"{embedder.name}, {len(embedder.embed(['Does it work?'])[0])} dimensions"


def _library(state: State) -> str:
    with state.open() as library:
        if not library.exists:
            return f"none yet at {library.folder}; add papers with `citeloom add PATH`"
        return _state_of(library)


def _state_of(library: Library) -> str:
    flaw = library.check_index()
    if flaw:
        raise LibraryError(f"the vector index is damaged: {flaw}", "run `citeloom doctor --rebuild`")
    pending = library.pending()
    unfinished = f", {pending:,} not indexed yet (run `citeloom add` again)" if pending else ""
    return f"{library.folder}, {library.count():,} papers{unfinished}"


@_config.command("show")
def show_config(
    context: typer.Context,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show the settings in force."""
    found = of(context).settings()
    if json:
        values = {name: {"value": found.shown(name), "origin": value.origin} for name, value in found.values.items()}
        output.write_json(
            {"schema": CONFIG_SCHEMA, "settings": values, "has_api_key": bool(found.api_key)}, compact=False
        )
        return
    for name, value in found.values.items():
        text = found.shown(name) or (str(found.library) if name == "library" else '""')
        output.write(f"{name} = {text}" + (f"   <- {value.origin}" if origin else ""))
    output.write(f"api key = {'set, not shown' if found.api_key else 'not set'}")


@_config.command("path")
def show_paths(context: typer.Context) -> None:
    """Show where things are kept."""
    from agent.llm.prices import FILE as PRICES_FILE

    folder = settings.config_folder()
    for name, path in (
        ("config", folder / settings.USER_FILE),
        ("keys", folder / settings.KEYS_FILE),
        ("prices", folder / PRICES_FILE),
        ("library", of(context).settings().library),
        ("sessions", settings.sessions_folder()),
        ("summaries", settings.summaries_folder()),
        ("log", settings.log_folder()),
    ):
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

    sys.stdout.write(get_completion_script(prog_name="citeloom", complete_var="_CITELOOM_COMPLETE", shell=shell) + "\n")
