"""The user's own editor and pager, for which the app steps aside."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from textual.app import App, SuspendNotSupported

from agent.errors import UsageError
from store.text import printable

_EDITORS = ("VISUAL", "EDITOR")
_FALLBACK_EDITORS = ("nano", "vi")


def edit(app: App[None], text: str) -> str:
    """`text` as the user left it in $VISUAL or $EDITOR. Raises `UsageError` where no editor can be run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "question.md"
        path.write_text(text, encoding="utf-8")
        _run(app, [*_editor(os.environ), str(path)])
        return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")


def page(app: App[None], text: str) -> None:
    """Shows `text` in $PAGER. Raises `UsageError` where no pager can be run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.md"
        path.write_text(printable(text), encoding="utf-8")
        _run(app, [*shlex.split(os.environ.get("PAGER") or "less"), str(path)])


def _run(app: App[None], command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        raise UsageError(f"there is no program {command[0]}", "set EDITOR or PAGER to one that there is")
    try:
        with app.suspend():
            done = subprocess.run(command, check=False)
    except SuspendNotSupported as error:
        raise UsageError("other programs cannot take over the screen here", "use the prompt itself") from error
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be run: {error.strerror}", "set EDITOR or PAGER to another") from error
    if done.returncode:
        raise UsageError(f"{command[0]} ended with code {done.returncode}", "the text is as it was")


def _editor(environment: Mapping[str, str]) -> list[str]:
    chosen = next((environment[name] for name in _EDITORS if environment.get(name)), None)
    if chosen:
        return shlex.split(chosen)
    return [next((name for name in _FALLBACK_EDITORS if shutil.which(name)), _FALLBACK_EDITORS[-1])]
