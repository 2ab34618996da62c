"""One process at a time writes to a session; the others are told so, and miss nothing afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.errors import ExitCode, SessionError, exit_code_for
from agent.sessions import Session, Sessions, transcript
from store.library import Library
from tests.agent.test_session import OTHER, THIRD, ask, numbering, numbers
from tests.agent.test_session_files import ABSTAINED, asked, sessions
from tests.conftest import REPOSITORY

__all__ = ["asked", "sessions"]


@pytest.fixture
def in_another_process() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Runs Python code in a process of its own, until it has printed a line."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


BEGIN = """
import sys, time
from pathlib import Path
from agent.sessions import Session
session = Session(Path(sys.argv[1]))
print(session.begin("asked by another", "", "quote"), flush=True)
time.sleep(600)
"""
ASK_WITHOUT_END = """
import sys
from pathlib import Path
from agent.answer import Answer
from agent.sessions import Session
from store.paper import Paper
session = Session(Path(sys.argv[1]))
while True:
    number = session.begin("a question", "", "quote")
    session.evidence.add(Paper(f"key{number}", "A title", f"This is abstract {number}. " * 200))
    session.record("call", completion="word " * 5000)
    session.finish(Answer(question="a question", mode="quote", marked=f"answer {number}"))
    print(number, flush=True)
"""


def test_two_writers_do_not_mix_and_the_second_is_told_what_to_do(
    asked: Session, in_another_process: Callable[..., subprocess.Popen[str]]
) -> None:
    other = in_another_process(BEGIN, asked.path)
    assert other.stdout
    assert other.stdout.readline() == "3\n"
    before = asked.path.read_bytes()

    for write in (lambda: asked.begin("mine", "", "quote"), asked.undo, lambda: asked.rename("mine")):
        with pytest.raises(SessionError, match="in use by another process") as caught:
            write()
        assert "--fork" in caught.value.hint
        assert exit_code_for(caught.value) is ExitCode.LIBRARY
    assert asked.path.read_bytes() == before
    assert numbers(asked.fork().turns) == [1, 2]


def test_a_writer_that_is_killed_gives_the_session_back_with_its_question(
    sessions: Sessions, asked: Session, in_another_process: Callable[..., subprocess.Popen[str]]
) -> None:
    other = in_another_process(BEGIN, asked.path)
    assert other.stdout
    other.stdout.readline()
    other.send_signal(signal.SIGKILL)
    other.wait()

    assert asked.begin("mine", "", "quote") == 4
    asked.stop()
    left = sessions.open(asked.id).turns[2]
    assert left.question == "asked by another"
    assert left.is_open


def test_every_turn_that_was_reported_survives_a_kill_at_any_moment(
    sessions: Sessions, in_another_process: Callable[..., subprocess.Popen[str]]
) -> None:
    for reported in (1, 4, 9):
        path = sessions.create().path
        writer = in_another_process(ASK_WITHOUT_END, path)
        assert writer.stdout
        for _ in range(reported):
            last = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        last = max([last, *map(int, rest.split())])

        opened = sessions.open(path.stem)
        answers = {turn.number: turn.answer.marked for turn in opened.turns if turn.answer}
        assert last >= reported
        assert all(answers[number] == f"answer {number}" for number in range(1, last + 1))
        assert all(paper[0] == f"key{number}" for number, paper in numbering(opened).items())
        assert opened.damage == ()
        assert opened.begin("next", "", "quote") == len(opened.turns)
        opened.close()


def test_what_another_process_wrote_is_known_before_the_next_turn(
    sessions: Sessions, asked: Session, seed_library: Library
) -> None:
    other = sessions.open(asked.id)
    ask(other, seed_library, OTHER)
    ask(asked, seed_library, THIRD)

    again = sessions.open(asked.id)
    assert numbers(again.turns) == numbers(asked.turns) == [1, 2, 3, 4]
    assert numbering(again) == numbering(asked)
    assert numbering(other).items() <= numbering(again).items()


def test_a_turn_can_be_ended_in_another_thread_than_it_was_begun(sessions: Sessions) -> None:
    made = sessions.create()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(made.begin, "anything", "", "quote").result() == 1
    made.finish(ABSTAINED)

    assert sessions.open(made.id).begin("next", "", "quote") == 2


def test_a_session_that_was_removed_meanwhile_is_not_begun_anew(sessions: Sessions, asked: Session) -> None:
    sessions.remove(asked.id)

    with pytest.raises(SessionError, match="removed while it was open"):
        asked.begin(OTHER, "", "quote")
    assert not asked.path.exists()
    sessions.restore(asked.id)
    assert asked.begin(OTHER, "", "quote") == 3


def test_a_session_that_is_given_back_at_once_is_not_said_to_be_in_use(
    asked: Session, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript, "_PATIENCE", 60.0)
    other = sessions.open(asked.id)
    other.begin("anything", "", "quote")
    with ThreadPoolExecutor(1) as pool:
        renamed = pool.submit(asked.rename, "Mine")
        time.sleep(0.02)
        other.close()
        renamed.result()

    assert sessions.open(asked.id).title == "Mine"
