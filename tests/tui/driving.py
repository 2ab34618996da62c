"""Drives the real app in a terminal of a given size: keys in, screen out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from agent.tui.app import CiteloomApp
from agent.tui.desk import Options

PATIENCE = 300.0
Size = tuple[int, int]
USUAL: Size = (100, 30)
_NAMES = {" ": "space", "?": "question_mark", ".": "full_stop", "-": "minus", "/": "slash", ":": "colon", ",": "comma"}


@asynccontextmanager
async def running(library: Path | None = None, size: Size = USUAL, **options: Any) -> AsyncIterator[Pilot[None]]:
    """The app on a library, its first session open and its papers counted."""
    app = CiteloomApp(Options(str(library) if library else None, **options))
    try:
        async with app.run_test(size=size) as pilot:
            await wait_for(pilot, lambda: hasattr(app.chat, "session") and app.chat.status.papers is not None)
            yield pilot
    finally:
        app.desk.close()


def house(pilot: Pilot[None]) -> CiteloomApp:
    """The app that a pilot drives."""
    assert isinstance(pilot.app, CiteloomApp)
    return pilot.app


async def wait_for(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Waits until something holds; fails where it does not come to hold."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"it did not come to hold; on the screen:\n{screen_text(pilot)}"
        await pilot.pause(0.02)
    await pilot.pause()


async def write(pilot: Pilot[None], text: str) -> None:
    """Types text into what has the focus."""
    await pilot.press(*(_NAMES.get(char, char) for char in text))


async def ask(pilot: Pilot[None], question: str) -> None:
    """Asks in the chat, and waits for the answer."""
    chat = house(pilot).chat
    before = len(chat.transcript.turns)
    chat.prompt.area.focus()
    chat.prompt.area.load_text(question)
    await pilot.press("enter")
    await wait_for(pilot, lambda: len(chat.transcript.turns) > before and chat.asked is None)


def screen_text(pilot: Pilot[None]) -> str:
    """What stands on the screen, a line a row."""
    app = pilot.app
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip()[:width] for strip in strips[:height])


def told(pilot: Pilot[None]) -> str:
    """All notices so far."""
    return "\n".join(house(pilot).told)
