"""The diagnostics: what `citeloom doctor` says, what is to be known of this run, and no key."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest
from textual.pilot import Pilot

from agent import doctor, faultlog, settings
from agent.tui.messages import Told
from agent.tui.screens.diagnostics import DiagnosticsDialog
from store.library import Library
from tests.tui.driving import USUAL, Size, house, running, screen_text, told, wait_for

KEY = "zq7Distinctive-f3a9c1"


async def opened(pilot: Pilot[None]) -> DiagnosticsDialog:
    """The dialog, its checks done."""
    await pilot.press("f12")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsDialog))
    dialog = pilot.app.screen
    assert isinstance(dialog, DiagnosticsDialog)
    await wait_for(pilot, lambda: dialog.report)
    return dialog


def report(library: Path | None, size: Size = USUAL, notice: str = "") -> str:
    """All that the dialog says, after a notice."""
    found = []

    async def story() -> None:
        async with running(library, size=size) as pilot:
            await pilot.press("escape")
            if notice:
                house(pilot).post_message(Told(notice))
                await wait_for(pilot, lambda: notice in told(pilot))
            found.append((await opened(pilot)).report)

    asyncio.run(story())
    return found[0]


def test_it_says_what_doctor_says(shelf_folder: Path) -> None:
    said = report(shelf_folder)
    with Library(shelf_folder) as library:
        chosen = settings.load({"library": str(shelf_folder)})
        checks = doctor.run(lambda: chosen, offline=False, open_library=lambda: nullcontext(library))
    assert all(str(check) in said for check in checks)
    assert "textual " in said


def test_it_says_where_things_are_and_what_the_terminal_is(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-of-a-test")
    said = report(shelf_folder, (80, 24), "something went on")
    assert all(str(path) in said for path in doctor.places(shelf_folder).values())
    assert "80 x 24" in said
    assert "TERM=xterm-of-a-test" in said
    assert "citeloom-dark (setting: auto)" in said
    assert "information: something went on" in said


def test_it_says_where_the_last_error_is_kept(shelf_folder: Path) -> None:
    assert "Last error in the log\nnone" in report(shelf_folder)
    faultlog.keep(ValueError("an error of yesterday"))
    path = faultlog.keep(ValueError("an error of today"))
    assert path is not None
    line = path.read_text(encoding="utf-8").split("\n").index("ValueError: an error of today")
    said = report(shelf_folder)
    assert f"{path}:{line}\nValueError: an error of today" in said


def test_no_key_is_in_it(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://me:{KEY}@127.0.0.1:9/v1")
    faultlog.keep(ValueError(f"refused: {KEY}, and sk-another-key-of-somebody"))
    said = report(shelf_folder, notice=f"the endpoint says Bearer {KEY}x is wrong")
    assert KEY not in said
    assert "sk-another" not in said
    assert "refused: ***" in said
    assert "a key is set" in said


def test_a_library_that_is_damaged_is_said_with_what_to_do(shelf_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(shelf_folder, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "vectors")
    said = report(tmp_path / "copy")
    assert "BAD  library" in said
    assert "doctor --rebuild" in said


def test_an_empty_library_is_no_fault() -> None:
    said = report(None)
    assert "BAD" not in said
    assert "add papers" in said


def test_all_of_it_is_copied_with_y(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("PATH", "")  # no program that copies
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            dialog = await opened(pilot)
            assert "Copy: y  Close: Esc" in screen_text(pilot)
            await pilot.press("y")
            await wait_for(pilot, lambda: pilot.app.clipboard)
            assert pilot.app.clipboard == dialog.report
            await pilot.press("escape")
            await wait_for(pilot, lambda: pilot.app.screen is house(pilot).chat)

    asyncio.run(story())
