"""Copying text to the user's clipboard, and saying truly how far it got.

There are three ways, tried in this order:

1. A tool of the desktop, where the program runs on the user's own machine. Only its exit code 0
   counts as success.
2. An escape sequence (OSC 52) to the terminal. It reaches the user's machine from anywhere, but
   no terminal says whether it took the text.
3. A file that only its owner can read.
"""

from __future__ import annotations

import codecs
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from agent.errors import CiteloomError

FILE = "copied.txt"
TERMINAL_LIMIT = 74_000
"""Bytes that are sent to a terminal at most: many drop a sequence over 100 KB, and base64 makes text a third longer."""

_PATIENCE = 2.0
"""Seconds that a tool has."""
_REMOTE = ("SSH_CONNECTION", "SSH_TTY")
_DEAF_TERMINALS = ("dumb", "linux")
"""They have no clipboard; the Linux console even prints parts of a sequence that it does not know."""


class _Tool(NamedTuple):
    """A command that takes the text on its standard input."""

    command: tuple[str, ...]
    display: str = ""
    """The variable without which it cannot work."""

    @property
    def name(self) -> str:
        return self.command[0]

    def encoded(self, text: str) -> bytes:
        if self.name == "clip.exe":  # takes anything else for the code page of the console
            return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
        return text.encode()

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        if self.name == "pbcopy":  # in any other locale it takes the bytes for Mac Roman
            return {**given, "LC_ALL": "en_US.UTF-8"}
        return dict(given)


_TOOLS = (
    _Tool(("pbcopy",)),
    _Tool(("wl-copy", "--type", "text/plain"), "WAYLAND_DISPLAY"),  # it would guess a type that few programs paste
    _Tool(("xclip", "-selection", "clipboard"), "DISPLAY"),
    _Tool(("xsel", "-ib"), "DISPLAY"),
    _Tool(("clip.exe",)),
)


@dataclass(frozen=True, slots=True)
class Copied:
    """Where the text went."""

    way: Literal["tool", "terminal", "file"]
    detail: str
    """The tool's name; `terminal` or `browser`; the file's path."""

    @property
    def said(self) -> str:
        """One sentence for the user that claims no more than is known. It is plain text, never markup."""
        if self.way == "tool":
            return f"Copied with {self.detail}"
        if self.way == "terminal":
            return f"Sent to the {self.detail}; some {self.detail}s ignore this"
        return f"The clipboard could not be reached; the text is in {self.detail}"


def copy(
    text: str,
    *,
    by_terminal: Callable[[str], None] | None,
    environment: Mapping[str, str],
    folder: Path,
    in_browser: bool = False,
) -> Copied:
    """Copies `text` by the best way there is. It waits up to two seconds for each tool: call it in a worker thread.

    `by_terminal` gets the text, not the sequence, and is called in the same thread: pass
    `partial(app.call_from_thread, app.copy_to_clipboard)`, or None where there is no terminal.
    `environment` is that of the program; `folder` is where the file is written. In a browser the
    desktop of this machine may be somebody else's, so no tool is run. A NUL is left out, since
    clipboards end at it. Raises CiteloomError where not even the file can be written.
    """
    text = text.replace("\0", "").encode(errors="replace").decode()  # half a surrogate pair has no encoding
    if not in_browser:
        for tool, path in _tools(environment):
            if _taken(tool, path, text, environment):
                return Copied("tool", tool.name)
    hears = in_browser or environment.get("TERM", "") not in _DEAF_TERMINALS
    if by_terminal and hears and len(text.encode()) <= TERMINAL_LIMIT:
        with suppress(OSError):  # the terminal is gone
            by_terminal(text)
            return Copied("terminal", "browser" if in_browser else "terminal")
    return Copied("file", str(_written(text, folder)))


def _tools(environment: Mapping[str, str]) -> Iterator[tuple[_Tool, str]]:
    """The tools that can work here, with their paths; none where the clipboard would be another machine's."""
    if any(environment.get(name) for name in _REMOTE):
        return
    for tool in _TOOLS:
        if tool.display and not environment.get(tool.display):
            continue
        path = shutil.which(tool.name, path=environment.get("PATH", ""))
        if path and os.path.isabs(path):  # never one that lies in the current folder
            yield tool, path


def _taken(tool: _Tool, path: str, text: str, environment: Mapping[str, str]) -> bool:
    """Whether the tool said in time that it has the text.

    Some stay in the background to serve the text. They get no pipe that somebody would wait for,
    and a session of their own, so that closing the terminal does not end them.
    """
    try:
        process = subprocess.Popen(
            [path, *tool.command[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=tool.environment(environment),
            start_new_session=True,
        )
    except OSError:  # it is not for this machine, or may not be run
        return False
    with process:
        try:
            process.communicate(tool.encoded(text), timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            _end(process)
            return False
    return process.returncode == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a tool and what it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _written(text: str, folder: Path) -> Path:
    """Writes the file, whole or not at all; nobody else can read it at any moment."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".new")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode())
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise CiteloomError(
            f"the text could not be copied: there is no clipboard here, and {path} cannot be written: {error.strerror}",
            "free some space, or check the folder's permissions",
        ) from error
    return path
