"""Where the command begins: the one place that knows both faces, the command line and the screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agent.cli import app
from agent.cli.faces import Faces, ScreenOptions


class _Screens(Faces):
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
    app.main(arguments, faces=_Screens())


if __name__ == "__main__":
    main()
