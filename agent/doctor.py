"""Whether this installation and its library are sound, for `citeloom doctor` and for the screens; and where things are.

What is wrong is what a check says; only an error that nobody foresaw is raised.
"""

from __future__ import annotations

import platform
import re
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from agent import faultlog, settings
from agent.errors import CiteloomError
from agent.settings import Settings
from store.embedding import BUILT_IN
from store.errors import LibraryError

if TYPE_CHECKING:
    from store.library import Library

_PACKAGES = (
    *("citeloom", "chromadb", "onnxruntime", "tokenizers", "typer"),
    *("openai", "langchain", "tiktoken", "textual"),
)
_SECRET = re.compile(r"\b(?:sk|pk|key)-[\w*.-]{4,}|(?<=Bearer )\S+", re.IGNORECASE)
_PASSWORD = re.compile(r"(?<=//)[^/@\s]+(?=@)")
_SHORTEST_KEY = 4
"""What is shorter hides nothing, and would be found in every text."""
_ENTRY = "--- "
"""What a traceback in the log begins with."""


class Check(NamedTuple):
    """One line of the checks."""

    name: str
    is_fine: bool
    said: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.is_fine else 'BAD '} {self.name}: {self.said}"


def run(
    load: Callable[[], Settings], *, offline: bool, open_library: Callable[[], AbstractContextManager[Library]]
) -> list[Check]:
    """All checks, in their order. It reads the index of the library and asks the embedder, but never a model."""
    return [
        _packages(),
        _sqlite(),
        _checked("settings", lambda: _settings(load())),
        _checked("model", lambda: _model(load(), offline)),
        _checked("embedder", lambda: _embedder(load())),
        _checked("library", lambda: _library(open_library)),
    ]


def places(library: Path) -> dict[str, Path]:
    """Where everything is kept, by name."""
    from agent.llm.prices import FILE as PRICES_FILE

    folder = settings.config_folder()
    return {
        "config": folder / settings.USER_FILE,
        "keys": folder / settings.KEYS_FILE,
        "prices": folder / PRICES_FILE,
        "library": library,
        "sessions": settings.sessions_folder(),
        "summaries": settings.summaries_folder(),
        "log": settings.log_folder(),
    }


def last_error() -> str:
    """The place of the last traceback in the log, and its last line; empty where there is none."""
    path = settings.log_folder() / faultlog.FILE
    place, said = 0, ""
    try:
        with path.open(encoding="utf-8", errors="replace") as log:
            for number, line in enumerate(log, 1):
                place = number if line.startswith(_ENTRY) else place
                said = line.strip() or said
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return f"{path}:{place}\n{said}" if said else ""


def redacted(text: str, key: str | None) -> str:
    """The text without the key, without what looks like one, and without a password in an address."""
    if key and len(key) >= _SHORTEST_KEY:
        text = text.replace(key, "***")
    return _PASSWORD.sub("***", _SECRET.sub("***", text))


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


def _settings(found: Settings) -> str:
    key = "a key is set" if found.api_key else "no key is set"
    choice = found.embedder
    endpoint = "" if choice.model == BUILT_IN else found.shown("embedding.base_url") or "the provider's own endpoint"
    told = [f"texts are sent to {endpoint}"] if endpoint else []
    told += [f"vectors are sent to {found.shown('vectors.server')}"] if found.server else []
    return f"{key}; " + ("; ".join(told) or "the library stays on this machine")


def _model(found: Settings, offline: bool) -> str:
    """Which model is asked and where it is; it is not asked here, since that may cost money."""
    from agent import modes

    said: list[str] = []
    chat = modes.chat(found, offline=offline, notice=said.append)
    if chat is None:
        return said[0] if said else "none, answers are quoted"
    price = "known" if chat.price else "not known"
    return f"{chat.choice.name}; questions and evidence are sent to {chat.choice.address}; its price is {price}"


def _embedder(found: Settings) -> str:
    from store.embedding import create

    embedder = create(found.embedder)
    return f"{embedder.name}, {len(embedder.embed(['Does it work?'])[0])} dimensions"


def _library(open_library: Callable[[], AbstractContextManager[Library]]) -> str:
    with open_library() as library:
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
