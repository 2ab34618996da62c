"""Runs the app in this terminal, and says what became of it."""

from __future__ import annotations

import os
import sys
from typing import Any

from agent import settings
from agent.errors import UsageError
from agent.tui.desk import Options


def run(library: str | None, offline: bool, session: str | None, latest: bool) -> int:
    """Opens the app until the user quits; returns the exit code. Raises the error that ended it, if one did."""
    from agent.tui.app import CiteloomApp  # after the settings are known to be good

    app = CiteloomApp(Options(library, offline, session, latest))
    try:
        app.run()
    finally:
        is_over = app.desk.close()
    if app.crash:
        raise app.crash
    code = app.return_code or 0
    if not is_over:  # a thread is still in a library's own code, which does not survive an orderly end
        sys.stdout.flush()
        os._exit(code)
    return code


def keys(form: str) -> str | dict[str, Any]:
    """The table of keys with those of the user: text, markdown, json; or, for `check`, what is wrong with them."""
    from agent.tui import keyboard, keymap

    found = keymap.read(settings.load({}).keys)
    match form:
        case "json":
            return keyboard.to_dict(found.keymap)
        case "markdown":
            return keyboard.to_markdown(found.keymap)
        case "check":
            return "".join(f"{problem.text}; {problem.hint}\n" for problem in found.problems)
        case "text":
            return keyboard.to_text(found.keymap)
    raise UsageError(f"there is no format {form!r}", "choose one of text, markdown, json")
