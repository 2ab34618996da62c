"""Copying: what arrives where, byte by byte, and nothing claimed that is not known."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
from textual.app import App

from agent.errors import CiteloomError
from agent.tui import copying
from agent.tui.copying import TERMINAL_LIMIT, Copied, copy

TEXT = "Müller et al. — “naïve” β-sheets, 例, 🙂\n  second line\twith a tab\r\nand a last one\n"
NEEDS = {
    "pbcopy": {},
    "wl-copy": {"WAYLAND_DISPLAY": "wayland-0"},
    "xclip": {"DISPLAY": ":0"},
    "xsel": {"DISPLAY": ":0"},
    "clip.exe": {},
}
ARGUMENTS = {
    "pbcopy": "",
    "wl-copy": "--type text/plain",
    "xclip": "-selection clipboard",
    "xsel": "-ib",
    "clip.exe": "",
}
FAILS = "/bin/cat > /dev/null; exit 1"
REFUSES = "exit 1"


class Desk:
    """A machine with the tools that a test puts there."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "data"
        self.file = self.folder / "copied.txt"
        self.tools = home / "tools"
        self.tools.mkdir()
        self.home = home
        self.sent: list[str] = []

    def install(self, name: str, script: str) -> None:
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def install_storing(self, name: str) -> None:
        """A tool that keeps its arguments, its locale and its input."""
        stem = shlex.quote(str(self.home / name))
        self.install(name, f'echo "$*" > {stem}.arguments; echo "$LC_ALL" > {stem}.locale; /bin/cat > {stem}.input')

    def stored(self, name: str, what: str = "input") -> bytes:
        return (self.home / f"{name}.{what}").read_bytes()

    def ran(self, name: str) -> bool:
        return (self.home / f"{name}.arguments").exists()

    def copy(self, text: str = TEXT, **variables: str) -> Copied:
        return copy(text, by_terminal=self.sent.append, environment=self.environment(variables), folder=self.folder)

    def copy_in_browser(self, **variables: str) -> Copied:
        environment = self.environment(variables)
        return copy(TEXT, by_terminal=self.sent.append, environment=environment, folder=self.folder, in_browser=True)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        return {"TERM": "xterm-256color", **variables, "PATH": str(self.tools)}


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool of a test has the time that it needs; a machine may be slow."""
    monkeypatch.setattr(copying, "_PATIENCE", 60.0)


@pytest.fixture
def _little_patience(_patience: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test whose tool takes too long."""
    monkeypatch.setattr(copying, "_PATIENCE", 5.0)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def soon(true: Callable[[], bool]) -> bool:
    """Whether it comes true; a machine may be slow."""
    for _ in range(6000):
        if true():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("name", [name for name in NEEDS if name != "clip.exe"])
def test_a_tool_gets_every_byte_as_utf_8(desk: Desk, name: str) -> None:
    desk.install_storing(name)
    assert desk.copy(**NEEDS[name]) == Copied("tool", name)
    assert desk.stored(name) == TEXT.encode("utf-8")
    assert desk.sent == []
    assert not desk.folder.exists()


def test_clip_exe_gets_utf_16_with_a_byte_order_mark(desk: Desk) -> None:
    desk.install_storing("clip.exe")
    assert desk.copy() == Copied("tool", "clip.exe")
    assert desk.stored("clip.exe") == b"\xff\xfe" + TEXT.encode("utf-16-le")


@pytest.mark.parametrize("name", list(ARGUMENTS))
def test_a_tool_is_told_which_clipboard_is_meant(desk: Desk, name: str) -> None:
    desk.install_storing(name)
    desk.copy(**NEEDS[name])
    assert desk.stored(name, "arguments").decode().strip() == ARGUMENTS[name]


def test_pbcopy_takes_the_text_for_utf_8_in_any_locale(desk: Desk) -> None:
    desk.install_storing("pbcopy")
    desk.copy(LC_ALL="C")
    assert desk.stored("pbcopy", "locale") == b"en_US.UTF-8\n"


@pytest.mark.parametrize("text", ["one word", "a line\n", "\n", "two\n\n", " "])
def test_neither_an_end_of_line_nor_a_blank_is_added_or_lost(desk: Desk, text: str) -> None:
    desk.install_storing("xclip")
    desk.copy(text, DISPLAY=":0")
    assert desk.stored("xclip") == text.encode()


@pytest.mark.parametrize(
    ("text", "rest"), [("a\0b\0", "ab"), ("half \ud83d a pair", "half ? a pair")], ids=["nul", "half a pair"]
)
def test_what_no_clipboard_can_hold_does_not_cut_the_text(desk: Desk, text: str, rest: str) -> None:
    desk.install_storing("xclip")
    desk.copy(text, DISPLAY=":0")
    desk.copy(text)
    desk.copy(text, TERM="dumb")
    assert desk.stored("xclip") == rest.encode()
    assert desk.sent == [rest]
    assert desk.file.read_bytes() == rest.encode()


@pytest.mark.parametrize("name", ["wl-copy", "xclip", "xsel"])
def test_a_tool_without_its_display_is_not_run(desk: Desk, name: str) -> None:
    desk.install_storing(name)
    assert desk.copy().way == "terminal"
    assert desk.copy(**dict.fromkeys(NEEDS[name], "")).way == "terminal"
    assert not desk.ran(name)


def test_the_first_tool_that_works_is_the_only_one_that_gets_the_text(desk: Desk) -> None:
    for name in NEEDS:
        desk.install_storing(name)
    desk.install("pbcopy", FAILS)
    assert desk.copy(WAYLAND_DISPLAY="wayland-0", DISPLAY=":0") == Copied("tool", "wl-copy")
    assert [name for name in NEEDS if desk.ran(name)] == ["wl-copy"]


@pytest.mark.parametrize("script", [FAILS, REFUSES, "kill -9 $$"], ids=["fails", "refuses", "dies"])
@pytest.mark.parametrize("size", [1, 40], ids=["short", "long"])
def test_a_tool_that_fails_is_not_believed(desk: Desk, script: str, size: int) -> None:
    desk.install("xclip", script)
    assert desk.copy(TEXT * size, DISPLAY=":0").way == "terminal"
    assert desk.sent == [TEXT * size]


def test_a_tool_that_is_no_program_of_this_machine_is_passed_over(desk: Desk) -> None:
    (desk.tools / "clip.exe").write_bytes(b"MZ\x90\0not for this machine")
    (desk.tools / "clip.exe").chmod(0o755)
    assert desk.copy().way == "terminal"


def test_a_tool_in_the_current_folder_is_not_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.install_storing("pbcopy")
    monkeypatch.chdir(desk.tools)
    made = copy(TEXT, by_terminal=desk.sent.append, environment={"PATH": f".{os.pathsep}"}, folder=desk.folder)
    assert made.way == "terminal"
    assert not desk.ran("pbcopy")


def test_without_a_path_there_is_no_tool(desk: Desk) -> None:
    assert copy(TEXT, by_terminal=desk.sent.append, environment={"DISPLAY": ":0"}, folder=desk.folder).way == "terminal"


@pytest.mark.usefixtures("_little_patience")
def test_a_tool_that_hangs_is_ended_with_all_it_started_and_the_next_one_is_asked(desk: Desk) -> None:
    pipe = desk.home / "open while any of it lives"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    desk.install("wl-copy", f"exec 3> {shlex.quote(str(pipe))}; echo begun >&3; /bin/sleep 600 & wait")
    desk.install_storing("xclip")
    text = TEXT * 3000  # more than a pipe holds
    try:
        assert desk.copy(text, WAYLAND_DISPLAY="wayland-0", DISPLAY=":0") == Copied("tool", "xclip")
        assert os.read(reader, 100) == b"begun\n"

        def closed() -> bool:
            try:
                return os.read(reader, 100) == b""
            except BlockingIOError:
                return False

        assert soon(closed)
    finally:
        os.close(reader)
    assert desk.stored("xclip") == text.encode()


@pytest.mark.usefixtures("_little_patience")
def test_a_tool_that_ends_well_without_taking_all_of_the_text_is_not_believed(desk: Desk) -> None:
    desk.install("xclip", "exec 4<&0; ( exec 0<&4; exec /bin/sleep 600 ) & exit 0")  # its input stays open, unread
    text = TEXT * 3000
    assert desk.copy(text, DISPLAY=":0") == Copied("file", str(desk.file))
    assert desk.file.read_bytes() == text.encode()


def test_a_tool_that_stays_in_the_background_is_neither_waited_for_nor_ended(desk: Desk) -> None:
    gate, done, stored = (desk.home / name for name in ("gate", "done", "stored"))
    serve = f"while [ ! -e {shlex.quote(str(gate))} ]; do /bin/sleep 0.02; done; echo served > {shlex.quote(str(done))}"
    desk.install("xclip", f"/bin/cat > {shlex.quote(str(stored))}; ( {serve} ) & exit 0")
    assert desk.copy(DISPLAY=":0") == Copied("tool", "xclip")
    assert stored.read_bytes() == TEXT.encode()
    assert not done.exists()
    gate.touch()
    assert soon(done.exists)


def test_a_tool_has_a_session_of_its_own_and_no_terminal_to_write_to(desk: Desk) -> None:
    report = desk.home / "report"
    if not Path("/proc/self/fd").exists():
        pytest.skip("this system does not show what a program's output is")
    program = (
        "import os, sys; sys.stdin.read()\n"
        "seen = [os.getsid(0) == os.getppid(), *map(os.readlink, ('/proc/self/fd/1', '/proc/self/fd/2'))]\n"
        "open(sys.argv[1], 'w').write(repr(seen))"
    )
    command = shlex.join([sys.executable, "-c", program, str(report)])
    desk.install("xclip", f"{command}; exit $?")  # the shell stays, and is the parent
    assert desk.copy(DISPLAY=":0").way == "tool"
    assert report.read_text(encoding="utf-8") == "[True, '/dev/null', '/dev/null']"


@pytest.mark.parametrize("variable", ["SSH_CONNECTION", "SSH_TTY"])
def test_over_ssh_the_terminal_is_asked_because_the_tools_are_of_another_machine(desk: Desk, variable: str) -> None:
    for name in NEEDS:
        desk.install_storing(name)
    made = desk.copy(DISPLAY="localhost:10", WAYLAND_DISPLAY="wayland-0", **{variable: "there"})
    assert made == Copied("terminal", "terminal")
    assert not [name for name in NEEDS if desk.ran(name)]
    assert desk.sent == [TEXT]


@pytest.mark.parametrize("terminal", ["xterm-256color", "dumb", "linux"])
def test_in_a_browser_the_browser_is_asked_whatever_the_servers_terminal_is(desk: Desk, terminal: str) -> None:
    for name in NEEDS:
        desk.install_storing(name)
    made = desk.copy_in_browser(DISPLAY=":0", WAYLAND_DISPLAY="wayland-0", TERM=terminal)
    assert made == Copied("terminal", "browser")
    assert not [name for name in NEEDS if desk.ran(name)]
    assert desk.sent == [TEXT]


@pytest.mark.parametrize("terminal", ["dumb", "linux"])
def test_a_terminal_without_a_clipboard_gets_nothing_and_the_text_goes_to_the_file(desk: Desk, terminal: str) -> None:
    assert desk.copy(TERM=terminal) == Copied("file", str(desk.file))
    assert desk.sent == []
    assert desk.file.read_bytes() == TEXT.encode()


@pytest.mark.parametrize("character", ["a", "é", "例", "🙂"])
def test_text_too_long_for_a_terminal_goes_to_the_file(desk: Desk, character: str) -> None:
    size = len(character.encode())
    longest = character * (TERMINAL_LIMIT // size) + "a" * (TERMINAL_LIMIT % size)
    assert desk.copy(longest).way == "terminal"
    assert desk.copy(longest + "a") == Copied("file", str(desk.file))
    assert desk.sent == [longest]
    assert desk.file.read_bytes() == (longest + "a").encode()


def test_a_tool_takes_text_that_is_too_long_for_a_terminal(desk: Desk) -> None:
    desk.install_storing("xclip")
    text = "例" * TERMINAL_LIMIT
    assert desk.copy(text, DISPLAY=":0").way == "tool"
    assert desk.stored("xclip") == text.encode()


def test_a_terminal_that_is_gone_leaves_the_file(desk: Desk) -> None:
    def gone(text: str) -> None:
        raise BrokenPipeError(text)

    assert copy(TEXT, by_terminal=gone, environment={}, folder=desk.folder) == Copied("file", str(desk.file))


def test_the_file_and_its_folder_are_for_their_owner_alone(desk: Desk) -> None:
    copy(TEXT, by_terminal=None, environment={}, folder=desk.folder)
    assert desk.file.stat().st_mode & 0o777 == 0o600
    assert desk.folder.stat().st_mode & 0o777 == 0o700
    desk.file.chmod(0o644)
    copy("again", by_terminal=None, environment={}, folder=desk.folder)
    assert desk.file.stat().st_mode & 0o777 == 0o600
    assert desk.file.read_bytes() == b"again"
    assert os.listdir(desk.folder) == ["copied.txt"]


def test_the_file_takes_the_place_of_a_link_and_does_not_write_through_it(desk: Desk) -> None:
    desk.folder.mkdir()
    elsewhere = desk.home / "elsewhere"
    elsewhere.write_bytes(b"kept")
    desk.file.symlink_to(elsewhere)
    copy(TEXT, by_terminal=None, environment={}, folder=desk.folder)
    assert elsewhere.read_bytes() == b"kept"
    assert desk.file.read_bytes() == TEXT.encode()


def test_where_nothing_works_the_error_says_what_to_do(desk: Desk) -> None:
    desk.folder.write_bytes(b"a file in the folder's place")
    with pytest.raises(CiteloomError) as caught:
        copy(TEXT, by_terminal=None, environment={}, folder=desk.folder)
    assert str(desk.file) in caught.value.message
    assert TEXT not in caught.value.message
    assert caught.value.hint


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(desk: Desk) -> None:
    desk.file.mkdir(parents=True)
    with pytest.raises(CiteloomError):
        copy(TEXT, by_terminal=None, environment={}, folder=desk.folder)
    assert os.listdir(desk.folder) == ["copied.txt"]


def test_what_is_said_claims_no_more_than_is_known() -> None:
    assert Copied("tool", "xclip").said == "Copied with xclip"
    assert Copied("terminal", "terminal").said == "Sent to the terminal; some terminals ignore this"
    assert Copied("terminal", "browser").said == "Sent to the browser; some browsers ignore this"
    assert Copied("file", "/a/copied.txt").said == "The clipboard could not be reached; the text is in /a/copied.txt"


def test_it_works_from_a_thread_of_a_running_app(desk: Desk) -> None:
    async def run() -> tuple[Copied, str]:
        app: App[None] = App()
        async with app.run_test():
            send = partial(app.call_from_thread, app.copy_to_clipboard)
            made = await asyncio.to_thread(copy, TEXT, by_terminal=send, environment={}, folder=desk.folder)
            return made, app.clipboard

    assert asyncio.run(run()) == (Copied("terminal", "terminal"), TEXT)


def test_it_loads_nothing_heavy() -> None:
    code = "import sys, agent.tui.copying; print([n for n in ('textual', 'chromadb', 'openai') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"
