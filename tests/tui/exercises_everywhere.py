"""Exercises of what can be done everywhere, and of closing a dialog; registered by being imported."""

from __future__ import annotations

from pathlib import Path

from textual.command import CommandList
from textual.pilot import Pilot
from textual.theme import Theme
from textual.widgets import Input

from agent.tui.commands import places_of
from agent.tui.drafts import NEW
from agent.tui.house import Dialog
from agent.tui.screens.chat import ChatScreen
from tests.agent.conftest import RATE
from tests.tui.driving import ask, house, running, screen_text, told, wait_for, write
from tests.tui.exercises import exercise


async def command(pilot: Pilot[None], text: str) -> None:
    """Writes a slash command into the prompt, and sends it."""
    await write(pilot, text)
    await pilot.press("enter")


async def arrived(pilot: Pilot[None], place: str) -> None:
    """Waits until the screen on top is the one of a place."""
    await wait_for(pilot, lambda: place in places_of(pilot.app.screen))


@exercise("app.help")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await pilot.press("f1")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Dialog))
        await wait_for(pilot, lambda: "Whole source" in screen_text(pilot))
        await pilot.press("end")
        await wait_for(pilot, lambda: "Everywhere" in screen_text(pilot))
        assert "/quit" in screen_text(pilot)


@exercise("app.palette")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await pilot.press("ctrl+p")
        await wait_for(pilot, lambda: "Sessions (/sessions)" in screen_text(pilot))
        await write(pilot, "settings")
        found = pilot.app.screen.query_one(CommandList)
        await wait_for(pilot, lambda: found.highlighted_option and "Settings" in str(found.highlighted_option.prompt))
        await pilot.press("enter")
        await wait_for(pilot, lambda: "mode = auto" in screen_text(pilot))


@exercise("app.quit")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await write(pilot, "half a question")
        await pilot.press("ctrl+q")
        await wait_for(pilot, lambda: not pilot.app.is_running or pilot.app.return_code is not None)
        assert pilot.app.return_code == 0
        assert house(pilot).drafts.get(NEW).text == "half a question"


@exercise("go.chat")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        chat = house(pilot).chat
        await ask(pilot, RATE)
        await pilot.press("tab")
        assert not chat.prompt.area.has_focus
        await pilot.press("f2")
        await wait_for(pilot, lambda: chat.prompt.area.has_focus)
        await pilot.press("f3")
        await arrived(pilot, "library")
        await pilot.press("f2")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ChatScreen) and chat.prompt.area.has_focus)


@exercise("go.library")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await pilot.press("f3")
        await arrived(pilot, "library")
        await wait_for(pilot, lambda: "Coral Reefs under Heat" in screen_text(pilot))
        await pilot.press("f2")
        await command(pilot, "/papers grasping")
        await arrived(pilot, "library")
        await wait_for(
            pilot,
            lambda: ("Grasping in Clutter" in (text := screen_text(pilot))) and "Coral Reefs under Heat" not in text,
        )


@exercise("go.sessions")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await ask(pilot, RATE)
        await pilot.press("f5")
        await arrived(pilot, "sessions")
        await wait_for(pilot, lambda: "1 turn" in screen_text(pilot))


@exercise("go.summary")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await pilot.press("f8")
        await arrived(pilot, "summary")


@exercise("go.evals")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await pilot.press("f10")
        await arrived(pilot, "evals")


@exercise("app.theme")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        assert pilot.app.theme == "citeloom-dark"
        await command(pilot, "/theme light")
        await wait_for(pilot, lambda: pilot.app.theme == "citeloom-light")
        theme: Theme = pilot.app.current_theme
        assert not theme.dark
        await command(pilot, "/theme")  # the next one
        await wait_for(pilot, lambda: pilot.app.theme == "ansi-dark")
        await command(pilot, "/theme pink")
        await wait_for(pilot, lambda: "auto, dark, light" in told(pilot))
        assert pilot.app.theme == "ansi-dark"


@exercise("app.model")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await command(pilot, "/model")
        await wait_for(pilot, lambda: "no model is chosen" in told(pilot))
        await command(pilot, "/model owl-1")
        await wait_for(pilot, lambda: house(pilot).chat.status.mode == "model owl-1")
        assert "model owl-1" in told(pilot)


@exercise("app.mode")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await command(pilot, "/mode quote")
        await wait_for(pilot, lambda: "mode quote" in told(pilot))
        assert house(pilot).desk.settings.text("mode") == "quote"
        await command(pilot, "/mode")  # the next one
        await wait_for(pilot, lambda: "mode auto" in told(pilot))


@exercise("app.settings")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await command(pilot, "/settings")
        await wait_for(pilot, lambda: "mode = auto" in screen_text(pilot))
        assert isinstance(pilot.app.screen, Dialog)
        assert "default" in screen_text(pilot)


@exercise("dialog.close")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        for key in ("f1", "ctrl+t", "ctrl+r"):
            await pilot.press(key)
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, Dialog))
            if pilot.app.screen.query(Input):
                await write(pilot, "year")
            await pilot.press("escape")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        assert house(pilot).chat.prompt.area.has_focus
        assert not house(pilot).chat.scope
