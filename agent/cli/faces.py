"""What the command line asks of the screens, which it does not know: whoever starts both hands them over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol


class ScreenOptions(NamedTuple):
    """What the command line said that holds for the screens."""

    library: str | None = None
    offline: bool = False
    session: str | None = None
    latest: bool = False


class Faces(Protocol):
    """The screens."""

    def open(self, options: ScreenOptions) -> int:
        """Opens them in this terminal until the user quits; returns the exit code."""
        ...

    def serve(
        self, arguments: Sequence[str], host: str, port: int, allow_remote: bool, say: Callable[[str], None]
    ) -> None:
        """Serves them to a browser until it is interrupted; each of them is run with `arguments`."""
        ...

    def keys(self, form: str) -> str | dict[str, Any]:
        """The table of keys as `text`, `markdown`, or, for `json`, as data; `check` gives what is wrong with it."""
        ...
