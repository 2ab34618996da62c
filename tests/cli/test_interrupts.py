"""Ctrl-C at the worst moments: it is told as what it is, and no turn of a session is left open."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import RATE, error_of
from tests.conftest import REPOSITORY, Citeloom, Run

MAKES_ANOTHER_ERROR_OF_IT = """
import signal
from agent.cli.app import main
class Faces:
    def open(self, options):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("initialization of a module failed")
main(["--screens"], faces=Faces())
"""
PRESSED = """
import signal, sys
from agent.cli.app import main
first, presses, writes = int(sys.argv[1]), int(sys.argv[2]), 0
def press(event, arguments):
    global writes
    if event == "open" and str(arguments[0]).endswith(".jsonl") and arguments[1] == "a":
        writes += 1
        for _ in range(presses if writes >= first else 0):
            signal.raise_signal(signal.SIGINT)
sys.addaudithook(press)
main(sys.argv[3:])
"""


def run(code: str, *arguments: object) -> Run:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        text=True,
        check=False,
        timeout=300,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def test_an_interrupt_of_which_a_library_makes_another_error_is_told_as_an_interrupt() -> None:
    done = run(MAKES_ANOTHER_ERROR_OF_IT)

    assert done.code == 130
    assert error_of(done.err)[0] == "citeloom: error: interrupted"


@pytest.mark.parametrize("first", [2, 3], ids=["the search", "the answer"])
@pytest.mark.parametrize("presses", [2, 3])
def test_no_turn_is_left_open_by_ctrl_c_pressed_again_and_again_while_it_is_written(
    citeloom: Citeloom, papers: Path, first: int, presses: int
) -> None:
    done = run(PRESSED, first, presses, "ask", RATE, "--library", papers)
    shown = citeloom("sessions", "show", "--json").json["turns"]

    assert done.code == 130
    assert error_of(done.err)[0] == "citeloom: error: interrupted"
    assert [(turn["question"], turn["stopped"], turn["answer"]) for turn in shown] == [(RATE, True, None)]
