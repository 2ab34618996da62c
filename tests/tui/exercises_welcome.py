"""Exercises of the first steps and of the diagnostics; registered by being imported."""

from __future__ import annotations

from pathlib import Path

from agent.tui.screens.diagnostics import DiagnosticsDialog
from agent.tui.screens.welcome import WelcomeScreen
from tests.tui.driving import house, running, screen_text, wait_for, write
from tests.tui.exercises import exercise


@exercise("app.setup")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await write(pilot, "/setup")
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, WelcomeScreen))
        assert "Try the demo" in screen_text(pilot)
        await pilot.press("escape")
        await wait_for(pilot, lambda: pilot.app.screen is house(pilot).chat)


@exercise("app.diagnostics")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await pilot.press("f12")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsDialog))
        await wait_for(pilot, lambda: "ok   packages: Python" in screen_text(pilot))
        await wait_for(pilot, lambda: str(shelf)[:40] in screen_text(pilot))
