"""Where the command begins: the one place that knows both faces, the command line and the screens."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.cli.faces import ScreenOptions


class _Screens:
    """The screens, imported when they are wanted."""

    def open(self, options: ScreenOptions) -> int:
        from agent.tui.running import run

        return run(**options._asdict())

    def serve(
        self, arguments: Sequence[str], host: str, port: int, allow_remote: bool, say: Callable[[str], None]
    ) -> None:
        from agent.tui.serving import serve

        serve(arguments, host=host, port=port, allow_remote=allow_remote, announce=say)

    def keys(self, form: str) -> str | dict[str, Any]:
        from agent.tui.running import keys

        return keys(form)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and ends the process with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _replace_closed_streams()
    if not given and sys.stdin.isatty() and sys.stdout.isatty():
        sys.exit(_open())
    from agent.cli import app

    app.main(given, faces=_Screens())


def _replace_closed_streams() -> None:
    """Nothing is read from a stream that the caller has closed, nothing is said to it, and no file gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open until the process ends


def _open() -> int:
    """Opens the screens as they are most often: without the parser of commands, which takes its time."""
    from agent.cli.faces import ScreenOptions

    try:
        return _Screens().open(ScreenOptions())
    except Exception as error:  # noqa: BLE001 - the edge of the program: every error becomes two lines and a code
        from agent.cli import diagnostics

        return diagnostics.report_error(error)


if __name__ == "__main__":
    main()
