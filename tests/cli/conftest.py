"""What the tests of the command share."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from fcntl import ioctl
from pathlib import Path
from typing import Self

import pytest

from agent.assistant import Assistant, Question
from agent.sessions import Sessions
from store.library import Library
from tests.agent.conftest import KEY, LATENCY, RATE, SHELF, SOLVES, Desk, by_turns, citing, write_papers
from tests.conftest import ENTRY, REPOSITORY
from tests.support.server import ScriptedServer

__all__ = ["KEY", "LATENCY", "RATE", "SHELF", "SOLVES"]
KITES = {"title": "Kites", "abstract": "We fly kites in strong wind and count how many of them come back in one piece."}
SLOWNESS = "How fast does Quokka plan a motion of a robot arm?"
COLUMNS, ROWS = 72, 40
_ON_TERMINAL = f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); {ENTRY}"
_PATIENCE = 180.0
_CODE = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")


def titles(folder: Path) -> list[str | None]:
    """The titles of the papers in the library at `folder`."""
    with Library(folder) as library:
        return [paper.title for paper in library.papers()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of one paper, made once, for copying only."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "kites.jsonl").write_text(json.dumps(KITES) + "\n", encoding="utf-8")
    with Library(folder / "shelf") as library:
        library.add([folder / "kites.jsonl"])
    return folder / "shelf"


@pytest.fixture
def shelf(tmp_path: Path, made: Path) -> Iterator[Path]:
    """The folder of a library of one paper, which is still there, whole, when the test is over."""
    folder = tmp_path / "shelf"
    shutil.copytree(made, folder)
    yield folder
    assert "Kites" in titles(folder)


# Model mode and sessions


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of made-up papers; made once, for reading only."""
    folder = tmp_path_factory.mktemp("papers")
    with Library(folder / "library") as made:
        made.add([write_papers(folder / "papers.jsonl", SHELF)])
    return folder / "library"


@pytest.fixture(scope="session")
def recorded(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a session: one question answered by quoting, another by a model; for copying only."""
    session = Sessions(tmp_path_factory.mktemp("recorded")).create()
    with Library(papers) as library, session:
        quoted = asyncio.run(Assistant(library).ask(Question(RATE), session=session))
        written = Desk(library, session=session).ask(by_turns(citing(LATENCY)), SLOWNESS).answer
    assert quoted.references
    assert written.references
    return session.path


@pytest.fixture
def conversation(recorded: Path, tmp_path: Path) -> Path:
    """The file of that session as the only one in the home of the test."""
    folder = sessions_of(tmp_path)
    folder.mkdir(parents=True, mode=0o700)
    return Path(shutil.copy2(recorded, folder))


def sessions_of(tmp_path: Path) -> Path:
    """The folder of the sessions of a test."""
    return tmp_path / "home" / "data" / "sessions"


def at(server: ScriptedServer, **more: str) -> dict[str, str]:
    """The environment in which the model of `server` is asked."""
    return {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY, **more}


def one_line(text: str) -> str:
    """`text` as if no line had been broken."""
    return " ".join(text.split())


def error_of(stderr: str) -> tuple[str, str]:
    """What happened and what to do, which are the last two lines; there is no traceback and no key."""
    assert "Traceback" not in stderr
    assert KEY not in stderr
    first, second = stderr.splitlines()[-2:]
    assert first.startswith("citeloom: error: ")
    assert second.startswith("hint: ")
    return first, second


# A terminal


class Terminal:
    """The command in a process of its own, on a terminal of its own."""

    def __init__(self, *arguments: str | Path, env: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *map(str, arguments)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(REPOSITORY), **env},
            start_new_session=True,
        )
        os.close(slave)
        self.raw = ""
        """All that was written to the terminal."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def type(self, keys: str) -> None:
        """Sends keys; `\\x03` is Ctrl-C."""
        os.write(self._master, keys.encode())

    def wait_for(self, words: str) -> None:
        """Waits until the words stand on the screen, however their line is broken."""
        self._read_until(lambda: words in one_line(self.screen))
        assert words in one_line(self.screen), self.raw

    def end(self) -> int:
        """Waits for the end of the process; returns its exit code."""
        self._read_until(lambda: False)
        return self._process.wait(_PATIENCE)

    @property
    def screen(self) -> str:
        """What a person sees who scrolls up: the last state of every line."""
        lines, row, column = [""], 0, 0
        for private, given, code, home, newline, text in _CODE.findall(self.raw):
            number = int(given or 1) if given.isdigit() or not given else 1
            if home:
                column = 0
            elif newline:
                row += 1
                lines += [""] * (row + 1 - len(lines))
            elif text:
                line = lines[row].ljust(column)
                lines[row] = line[:column] + text + line[column + len(text) :]
                column += len(text)
            elif code == "K":
                lines[row] = "" if number == 2 else lines[row][:column]
            elif code == "A":
                row = max(0, row - number)
            else:
                assert private or code == "m", f"this screen does not know {code}"
        return "\n".join(line.rstrip() for line in lines)

    def _read_until(self, is_enough: Callable[[], bool]) -> None:
        until = time.monotonic() + _PATIENCE
        pending = b""
        while not is_enough() and time.monotonic() < until:
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                block = os.read(self._master, 65536)
            except OSError:  # how Linux says that nobody has the other end open any more
                return
            if not block:
                return
            pending += block
            try:
                self.raw += pending.decode()
            except UnicodeDecodeError:  # a character was cut in two
                continue
            pending = b""
