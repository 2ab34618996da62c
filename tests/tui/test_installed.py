"""The command as it is installed, in a real terminal: tmux holds it, keys go in, the screen is read back."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent import settings
from agent.sessions import Sessions
from agent.tui.drafts import NEW, Drafts
from tests.agent.conftest import RATE, SOLVES
from tests.conftest import REPOSITORY
from tests.support.replies import Stall
from tests.support.server import ScriptedServer

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
PATIENCE = 300.0
COLUMNS, ROWS = 80, 24
READY = "14 papers"
CRASHING = """
import sys
from agent.entry import main
from agent.tui import app

class Crashing(app.CiteloomApp):
    async def on_key(self, event):
        raise ZeroDivisionError("a key that nobody foresaw")

app.CiteloomApp = Crashing
main(sys.argv[1:])
"""
PAINTED = """
import sys
from agent.tui.app import CiteloomApp
from agent.tui.desk import Options

HEAVY = ("chromadb", "langchain", "langchain_core", "langchain_openai", "openai", "onnxruntime", "numpy", "sklearn")

class Painted(CiteloomApp):
    def _display(self, screen, renderable):
        super()._display(screen, renderable)
        if screen is not None and screen.query("Prompt") and not hasattr(self, "found"):
            self.found = [name for name in HEAVY if name in sys.modules]
            self.exit()

made = Painted(Options(sys.argv[1]))
made.run(headless=True)
print("heavy:", " ".join(made.found))
made.desk.close()
"""


class Pane:
    """A shell in a terminal of 80 columns and 24 lines; tmux is its own server, which ends with it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._socket = f"citeloom-{os.getpid()}-{time.monotonic_ns()}"
        given = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PS1": "$ ", "LANG": "C.UTF-8", **environment}
        given = {name: value for name, value in given.items() if name not in ("TMUX", "COLUMNS", "LINES", "TERM")}
        command = ["-f", os.devnull, "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "sh"]
        self._tmux(*command, env={**given, "TERM": "xterm-256color"}, cwd=folder)

    def _tmux(self, *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments], capture_output=True, text=True, env=env, cwd=cwd, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self) -> None:
        """Ends the server of this pane alone."""
        self._tmux("kill-server")

    def run(self, *arguments: str | Path) -> None:
        """Runs Python with these arguments in the shell; `END CODE` follows when it has ended."""
        command = shlex.join([sys.executable, *map(str, arguments)])
        self.write(f"clear; {command}; echo END $?")
        self.press("Enter")

    def write(self, text: str) -> None:
        """Types text."""
        self._tmux("send-keys", "-l", "--", text)

    def press(self, *keys: str) -> None:
        """Presses keys, as tmux names them."""
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        """Gives the terminal another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    @property
    def screen(self) -> str:
        """What is on the screen."""
        return self._tmux("capture-pane", "-p")

    def flag(self, name: str) -> str:
        """What tmux knows of the terminal, such as `alternate_on`."""
        return self._tmux("display-message", "-p", f"#{{{name}}}").strip()

    def wait_for(self, condition: str | Callable[[], object]) -> None:
        """Waits until words are on the screen, or something holds."""
        end = time.monotonic() + PATIENCE
        while not (condition in self.screen if isinstance(condition, str) else condition()):
            assert time.monotonic() < end, f"it did not come: {condition}; on the screen:\n{self.screen}"
            time.sleep(0.05)

    def code(self) -> int:
        """Waits for the end of what was run; returns its exit code."""
        self.wait_for(lambda: re.search(r"(?m)^END \d+$", self.screen))
        found = re.search(r"(?m)^END (\d+)$", self.screen)
        assert found
        return int(found[1])

    def process(self) -> int:
        """The process that runs in the shell."""
        shell = self.flag("pane_pid")
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", shell], capture_output=True, text=True, check=True)
        return int(found.stdout.split()[0])

    def assert_restored(self) -> None:
        """The terminal is as a shell needs it: its own screen, a cursor, echo, whole lines, no mouse, plain paste."""
        assert self.flag("alternate_on") == "0"
        assert self.flag("cursor_flag") == "1"
        assert [self.flag(f"mouse_{kind}_flag") for kind in ("any", "button", "standard", "all", "sgr")] == ["0"] * 5
        self.write("clear; stty -a")
        self.press("Enter")
        self.wait_for("icanon")
        modes = set(self.screen.split())
        assert {"echo", "icanon", "isig", "icrnl", "opost", "ixon"} <= modes
        self.write("clear; echo plain $((40 + 2))")
        self.press("Enter")
        self.wait_for("plain 42")


@pytest.fixture
def pane(tmp_path: Path) -> Iterator[Pane]:
    """A terminal in the folder of the test."""
    made = Pane(tmp_path)
    yield made
    made.close()


def citeloom(library: Path, *arguments: str) -> list[str]:
    """The command that opens the screens."""
    return ["-m", "agent.entry", "--library", str(library), *arguments]


def only_session() -> Path:
    """The file of the one session that there is."""
    (path,) = settings.sessions_folder().glob("*.jsonl")
    return path


def test_one_asks_walks_resizes_quits_and_goes_on_in_a_real_terminal(pane: Pane, shelf_folder: Path) -> None:
    pane.run(*citeloom(shelf_folder))
    pane.wait_for(READY)
    assert pane.flag("alternate_on") == "1"
    pane.write(RATE)
    pane.press("Enter")
    pane.wait_for("[1.3]")
    pane.press("Tab")
    pane.wait_for("n next")  # keys that come at once all go to where the focus was
    pane.press("n")
    pane.wait_for("supported")
    pane.wait_for(lambda: SOLVES.replace(" ", "") in re.sub(r"[\s│▌]", "", columns_after(pane.screen, "│")))
    pane.press("Escape")  # lets go of the citation
    pane.press("Escape")  # goes to the prompt
    pane.press("Escape")  # and never out
    pane.press("C-c")
    pane.write("a draft")
    pane.wait_for("a draft")

    pane.resize(60, 20)
    pane.wait_for(lambda: pane.flag("pane_width") == "60" and READY in pane.screen)
    pane.wait_for("a draft")
    pane.resize(120, 40)
    pane.wait_for(lambda: len(max(pane.screen.splitlines(), key=len)) > 100)
    pane.press("C-q")
    assert pane.code() == 0
    assert "Traceback" not in pane.screen
    pane.assert_restored()

    pane.run(*citeloom(shelf_folder, "--continue"))
    pane.wait_for("[1.3]")
    pane.wait_for("a draft")
    pane.press("C-q")
    assert pane.code() == 0


def columns_after(screen: str, line: str) -> str:
    """What stands right of the last upright line of each row."""
    return "\n".join(row.rpartition(line)[2] if line in row else "" for row in screen.splitlines())


def test_sigterm_restores_the_terminal_and_keeps_the_draft(pane: Pane, shelf_folder: Path) -> None:
    pane.run(*citeloom(shelf_folder))
    pane.wait_for(READY)
    pane.write("half a question")
    pane.wait_for("half a question")
    os.kill(pane.process(), signal.SIGTERM)
    assert pane.code() == 143
    assert "Traceback" not in pane.screen
    pane.assert_restored()
    assert Drafts(settings.data_folder() / "drafts.json").get(NEW).text == "half a question"


def test_a_crash_is_two_lines_on_a_restored_terminal(pane: Pane, tmp_path: Path, shelf_folder: Path) -> None:
    script = tmp_path / "crashing.py"
    script.write_text(CRASHING, encoding="utf-8")
    pane.run(script, "--library", str(shelf_folder))
    pane.wait_for(READY)
    pane.press("C-g")  # no other widget takes it
    assert pane.code() == 1
    said = pane.screen.replace("\n", "")
    assert "citeloom: error: unexpected ZeroDivisionError: a key that nobody foresaw" in said
    assert said.count("hint: the traceback is in ") == 1
    assert "Traceback" not in said
    assert "╭" not in said
    log = (settings.log_folder() / "errors.log").read_text(encoding="utf-8")
    assert "ZeroDivisionError: a key that nobody foresaw" in log
    pane.assert_restored()


def test_what_is_wrong_with_the_settings_is_said_before_the_terminal_is_taken(pane: Pane, shelf_folder: Path) -> None:
    folder = settings.config_folder()
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('theme = "pink"\n', encoding="utf-8")
    pane.run(*citeloom(shelf_folder))
    assert pane.code() == 2
    assert "citeloom: error: theme is 'pink'" in pane.screen


def test_keys_that_clash_are_told_when_the_screens_open(pane: Pane, shelf_folder: Path) -> None:
    folder = settings.config_folder()
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[keys]\n"cite.nxt" = "m"\n', encoding="utf-8")
    pane.run(*citeloom(shelf_folder))
    pane.wait_for(READY)
    pane.press("F12")  # which says it again, and longer than a notice stays
    pane.wait_for("packages: Python")
    pane.press("End")
    pane.wait_for("did you mean cite.next?")
    pane.press("Escape")
    pane.press("C-q")
    assert pane.code() == 0


def test_after_kill_9_in_the_middle_of_an_answer_the_question_is_there(tmp_path: Path, shelf_folder: Path) -> None:
    long = Stall("Zeppelin-7B solves 57.6% of the problems, and it goes on.")
    with ScriptedServer([long], keep_alive=False) as server:
        pane = Pane(
            tmp_path, CITELOOM_BASE_URL=server.base_url, CITELOOM_MODEL="owl-1", OPENAI_API_KEY="sk-of-this-test"
        )
        try:
            pane.run(*citeloom(shelf_folder))
            pane.wait_for(READY)
            pane.write(RATE)
            pane.press("Enter")
            pane.wait_for("Zeppelin-7B solves")
            os.kill(pane.process(), signal.SIGKILL)
            pane.wait_for("Killed")  # said by the shell, wherever the cursor was left
        finally:
            pane.close()
    (turn,) = Sessions(settings.sessions_folder()).open(only_session().stem).turns
    assert turn.question == RATE
    assert turn.is_open

    pane = Pane(tmp_path)
    try:
        pane.run(*citeloom(shelf_folder, "--continue"))
        pane.wait_for("interrupted before there was an answer")
        pane.wait_for("Zeppelin-7B solve?")
        pane.press("C-q")
        assert pane.code() == 0
    finally:
        pane.close()


def test_without_a_terminal_there_is_a_short_help_and_code_2(shelf_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, *citeloom(shelf_folder)],
        input="",
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Usage: citeloom" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 60


def test_nothing_heavy_is_imported_before_the_first_frame(shelf_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PAINTED, str(shelf_folder)],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
        timeout=PATIENCE,
    )
    assert done.stdout.splitlines()[-1:] == ["heavy: "], done.stderr
