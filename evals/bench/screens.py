"""The terminal interface as it is used: on a pseudo-terminal, keys in, drawn text out.

First paint is from the start of the process to the status line. The echo of a key is from its
press to its sign on the screen, with the signs of a script that stands nowhere else. The
session of 500 turns is opened by its command, and drawn when its last question is.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import seeds
from agent import quoting
from agent.sessions import Sessions
from evals.bench.terminal import Terminal
from evals.corpora import questions as gold_questions
from store.library import Library
from store.scope import Scope

REPEATS = 7
KEYS = 60
TURNS = 500
ADDED = 1500
PAUSE = 0.08
"""Seconds between keys."""
_COMMAND = [sys.executable, "-m", "agent.entry"]
_PAINTED = "whole library"
_SIGNS = 0x13000
"""Where the signs begin that are typed: Egyptian hieroglyphs, which no paper here has."""
_LAST = "How do octopuses sleep?"
_WORD = "word "


def print_table() -> None:
    """Measures on the seeds, with a scripted model for the stream."""
    print("\n| in the terminal | budget | measured (median, most) |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as place, _endpoint() as address:
        home = Path(place)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("CITELOOM_", "OPENAI_"))},
            "CITELOOM_HOME": str(home),
            "TERM": "xterm-256color",
        }
        with Library(home / "data" / "library") as library:
            library.add([seeds.FOLDER])
            session = _long_session(library, Sessions(home / "data" / "sessions"))
        _row("first paint", "500 ms", [_first_paint(environment) for _ in range(REPEATS)])
        _row("a session of 500 turns opened", "1,000 ms", [_opened(environment, session) for _ in range(REPEATS)])
        _row("a page scrolled in it", "50 ms", _scrolled(environment, session))
        _row("a key's echo, nothing else going on", "50 ms", _echoes(environment, home, busy=False))
        model = {"CITELOOM_MODEL": "none", "CITELOOM_BASE_URL": address}
        echoes = _echoes({**environment, **model}, home, busy=True)
        _row(f"a key's echo while an answer streams and {ADDED:,} papers are added", "50 ms", echoes)


def _first_paint(environment: dict[str, str]) -> float:
    with Terminal(_COMMAND, environment) as terminal:
        return terminal.until(_PAINTED) - terminal.began


def _opened(environment: dict[str, str], session: str) -> float:
    with Terminal(_COMMAND, environment) as terminal:
        terminal.until("433 papers")
        terminal.send(f"/open {session}")
        terminal.until(session[-4:])
        pressed = terminal.send("\r")
        return terminal.until("octopuses") - pressed


def _scrolled(environment: dict[str, str], session: str) -> list[float]:
    """Seconds from Page Up to the first of what it draws, for pages that are made and those that are not."""
    with Terminal([*_COMMAND, "--session", session], environment) as terminal:
        terminal.until("octopuses")
        terminal.send("\t")
        terminal.rest(1.0)
        found = []
        for _ in range(KEYS):
            pressed = terminal.send("\x1b[5~")
            found.append(terminal.until("\x1b[") - pressed)
            terminal.rest(PAUSE)
        return found


def _echoes(environment: dict[str, str], home: Path, *, busy: bool) -> list[float]:
    with Terminal(_COMMAND, environment) as terminal:
        terminal.until("433 papers")
        if busy:
            terminal.send(f"/add {_listings(home)}\r")
            terminal.rest(0.5)
            terminal.send("What is process supervision?\r")
            terminal.until(_WORD.strip())
        found = []
        for number in range(KEYS):
            sign = chr(_SIGNS + number)
            pressed = terminal.send(sign)
            found.append(terminal.until(sign) - pressed)
            terminal.rest(PAUSE)
        return found


def _listings(home: Path) -> Path:
    """A file of many papers, each unlike the others."""
    path = home / "many.jsonl"
    rows = [
        {"title": f"Study number {n}", "abstract": f"We study the matter {n} in {n % 7 + 2} ways. " * 5}
        for n in range(ADDED)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _long_session(library: Library, sessions: Sessions) -> str:
    """A session of many turns, with the answers to some questions of the seeds again and again."""
    questions = [question.text for question in gold_questions("seeds") if question.gold][:25]
    session = sessions.create()
    for number in range(TURNS):
        question = _LAST if number == TURNS - 1 else questions[number % len(questions)]
        session.begin(question, "", "quote")
        session.finish(quoting.answer(library, question, Scope(), evidence=session.evidence))
    return session.id


def _row(name: str, budget: str, seconds: list[float]) -> None:
    print(f"| {name} | {budget} | {statistics.median(seconds) * 1000:,.0f} ms, {max(seconds) * 1000:,.0f} ms |")


@contextmanager
def _endpoint() -> Iterator[str]:
    """The address of a model that talks on and on, forty words a second."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Talker)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


class _Talker(BaseHTTPRequestHandler):
    """Streams words until nobody listens."""

    def do_POST(self) -> None:
        """Answers a chat completion."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for _ in range(4000):
                self._send(_WORD)
                time.sleep(1 / 40)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _send(self, text: str) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        frame = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "none", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(frame)}\n\n".encode())
        self.wfile.flush()
