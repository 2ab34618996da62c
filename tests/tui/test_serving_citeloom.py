"""`citeloom serve`, the installed command: the chat in a real browser, typed into and looked at."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.agent.conftest import RATE
from tests.tui import browser
from tests.tui.browser import PATIENCE, Browser, colours, wait

pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="Chromium is not installed")
_FEW_COLOURS = 5


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[str]:
    """The address at which the command serves."""
    said = folder / "said"
    with said.open("wb") as err:
        command = [sys.executable, "-P", "-m", "agent.entry", *arguments, "serve", "--port", "0"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=err, env=os.environ, cwd=folder)
    try:
        yield wait(
            lambda: next(iter(re.findall(r"http://[\d.]+:\d+", said.read_text())), None),
            lambda: f"an address in {said.read_text()!r}",
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def test_a_question_typed_in_the_browser_is_answered_and_its_sentence_shown(shelf_folder: Path, tmp_path: Path) -> None:
    with served(tmp_path, "--library", str(shelf_folder)) as address, Browser(tmp_path / "profile") as page:
        page.open(address)
        page.wait_for("14 papers")
        page.type(RATE)
        page.press("Enter")
        page.wait_for("57.6%")
        page.press("Tab")
        page.wait_for("n next")  # the footer: the transcript has the focus
        page.type("n")
        page.wait_for("supported")

        assert colours(page.screenshot()) > _FEW_COLOURS
