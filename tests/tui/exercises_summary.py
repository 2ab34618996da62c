"""Exercises of the place "summary"; registered by being imported."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from agent.tui.screens.chat import ChatScreen
from agent.tui.screens.export import ExportDialog
from agent.tui.screens.source import SourceDialog
from tests.tui.driving import house, running, screen_text, told, wait_for, write
from tests.tui.exercises import exercise
from tests.tui.summaries import made, summaries

TOPIC = "miniF2F"


@asynccontextmanager
async def summarized(shelf: Path) -> AsyncIterator[Pilot[None]]:
    """The app with a finished summary of the shelf on top."""
    async with running(shelf) as pilot:
        await made(pilot, TOPIC)
        yield pilot


@exercise("summary.topic")
async def _(shelf: Path) -> None:
    async with summarized(shelf) as pilot:
        screen = summaries(pilot)
        await pilot.press("slash")
        assert screen.topic.has_focus
        await write(pilot, "reefs")
        assert screen.topic.value == "reefs"  # what stood there was selected
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.summary and screen.summary.topic == "reefs")


@exercise("summary.next")
async def _(shelf: Path) -> None:
    async with summarized(shelf) as pilot:
        await pilot.press("right_square_bracket")
        assert summaries(pilot).shown == "theme-1"
        assert "Zeppelin: Open Provers" in screen_text(pilot)


@exercise("summary.previous")
async def _(shelf: Path) -> None:
    async with summarized(shelf) as pilot:
        await pilot.press("right_square_bracket", "left_square_bracket")
        assert summaries(pilot).shown == "overview"
        await pilot.press("left_square_bracket")
        await wait_for(pilot, lambda: "this is the first section" in told(pilot))


@exercise("summary.cite_next")
async def _(shelf: Path) -> None:
    async with summarized(shelf) as pilot:
        screen = summaries(pilot)
        await pilot.press("n")
        assert screen.stop
        assert screen.stop.citation
        first = screen.stop
        await pilot.press("n")
        assert screen.stop != first


@exercise("summary.cite_previous")
async def _(shelf: Path) -> None:
    async with summarized(shelf) as pilot:
        screen = summaries(pilot)
        await pilot.press("n")
        first = screen.stop
        await pilot.press("n", "N")
        assert screen.stop == first


@exercise("summary.expand")
async def _(shelf: Path) -> None:
    async with summarized(shelf) as pilot:
        await pilot.press("n", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, SourceDialog))
        await pilot.press("escape")
        assert pilot.app.screen is summaries(pilot)


@exercise("summary.open")
async def _(shelf: Path) -> None:
    async with summarized(shelf) as pilot:
        await pilot.press("n", "o")
        await wait_for(pilot, lambda: "no page is known of this paper" in told(pilot))


@exercise("summary.copy")
async def _(shelf: Path) -> None:
    async with summarized(shelf) as pilot:
        await pilot.press("n", "y")
        stop = summaries(pilot).stop
        await wait_for(pilot, lambda: told(pilot))
        assert stop
        assert stop.citation
        if pilot.app.clipboard:  # else another way was found, and the notice names it
            assert f"“{stop.citation.quote}”" in pilot.app.clipboard


@exercise("summary.export")
async def _(shelf: Path) -> None:
    async with summarized(shelf) as pilot:
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ExportDialog))
        await pilot.press("enter")
        await wait_for(pilot, lambda: "written: " in told(pilot))
        assert Path("citeloom-minif2f.md").read_text(encoding="utf-8").startswith(f"# {TOPIC}\n")


@exercise("summary.stop")
async def _(shelf: Path) -> None:
    async with summarized(shelf) as pilot:
        screen = summaries(pilot)
        await pilot.press("n", "escape")
        assert screen.stop is None
        await pilot.press("escape")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        assert house(pilot).chat.prompt.area.has_focus
