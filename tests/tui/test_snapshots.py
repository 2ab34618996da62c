"""The main screens, cell by cell: see `snapshots.py` for what the letters mean."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.tui.driving import USUAL, Size
from tests.tui.snapshots import FOLDER, at, matches

CITATION = "chat-citation"
ONCE = ("chat-empty", "chat-abstention", "chat-model", "library", "help", "summary", "sessions", "evals", "welcome")
SIZES: tuple[Size, ...] = ((100, 30), (80, 24), (60, 20))
LOOKS = {
    "light": {"CITELOOM_THEME": "light"},
    "no-colour": {"NO_COLOR": "1"},
    "ascii": {"CITELOOM_ASCII": "yes"},
}


@pytest.fixture(autouse=True)
def _short_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of the test is the current one: paths on the screen are the same everywhere."""
    monkeypatch.setenv("CITELOOM_HOME", "home")


@pytest.mark.parametrize("name", ONCE)
def test_a_screen_is_as_it_was(name: str, shelf_folder: Path) -> None:
    look_at(name, shelf_folder, USUAL, name)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_citation_is_shown_at_every_size(size: Size, shelf_folder: Path) -> None:
    look_at(CITATION, shelf_folder, size, f"{CITATION}-{size[0]}x{size[1]}")


@pytest.mark.parametrize("look", LOOKS)
def test_a_citation_is_shown_in_every_look(look: str, shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in LOOKS[look].items():
        monkeypatch.setenv(variable, value)
    look_at(CITATION, shelf_folder, USUAL, f"{CITATION}-{look}")


def test_no_snapshot_is_left_over() -> None:
    made = {
        *ONCE,
        *(f"{CITATION}-{width}x{height}" for width, height in SIZES),
        *(f"{CITATION}-{look}" for look in LOOKS),
    }
    assert {path.stem for path in FOLDER.iterdir()} == made


def look_at(name: str, shelf: Path, size: Size, snapshot: str) -> None:
    """Goes to a scene, and compares it."""

    async def story() -> None:
        async with at(name, shelf, size) as pilot:
            matches(snapshot, pilot)

    asyncio.run(story())
