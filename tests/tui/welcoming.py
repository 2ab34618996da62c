"""Drives the first steps: opens them, fills in a line, reads what is said and what is kept."""

from __future__ import annotations

import tomllib

from textual.pilot import Pilot
from textual.widgets import Input

from agent import settings
from agent.tui.screens.welcome import WelcomeScreen
from tests.tui.driving import screen_text, wait_for, write


def is_open(pilot: Pilot[None]) -> bool:
    return isinstance(pilot.app.screen, WelcomeScreen)


def flat(pilot: Pilot[None]) -> str:
    """The words on the screen, without frames and line ends."""
    return " ".join(screen_text(pilot).replace("│", " ").replace("|", " ").split())


async def open_setup(pilot: Pilot[None]) -> WelcomeScreen:
    """As `/setup` does; over an empty library it is open already."""
    if not is_open(pilot):
        await write(pilot, "/setup")
        await pilot.press("enter")
    await wait_for(pilot, lambda: is_open(pilot))
    screen = pilot.app.screen
    assert isinstance(screen, WelcomeScreen)
    return screen


async def fill(pilot: Pilot[None], name: str, text: str) -> None:
    line = pilot.app.screen.query_one(f"#{name}", Input)
    line.value = text
    line.focus()
    await pilot.pause()


async def said(pilot: Pilot[None], words: str) -> None:
    await wait_for(pilot, lambda: words in flat(pilot))


def written() -> dict[str, object]:
    """What is in config.toml."""
    path = settings.config_folder() / settings.USER_FILE
    return dict(tomllib.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
