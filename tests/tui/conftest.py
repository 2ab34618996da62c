"""What the tests of the screens share: a terminal like any other, and a wait that a busy machine cannot cut short."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import pytest
import textual.app
import textual.pilot
from textual._context import active_app
from textual._wait import wait_for_idle

from tests.agent.conftest import shelf_folder

__all__ = ["shelf_folder"]

_LONGEST = 30.0
_ROUNDS = 3
"""Turns of the loop, one after the other, in which there is nothing to do."""
_FRAMES = 40
"""Looks after which a screen may be drawn on: one of a few cells is laid out anew for ever."""
_PAUSE = 0.005
_OF_THE_TERMINAL = ("SSH_", "TEXTUAL_")


@pytest.fixture(autouse=True)
def _any_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's terminal and desktop decide nothing."""
    for name in list(os.environ):
        if name.startswith(_OF_THE_TERMINAL) or name in ("DISPLAY", "WAYLAND_DISPLAY", "COLORFGBG"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture(autouse=True)
def _rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot goes on when the app has nothing left to do, not when it is denied the processor."""
    for module in (textual.app, textual.pilot):
        monkeypatch.setattr(module, "wait_for_idle", _until_at_rest)


async def _until_at_rest(*least_and_most: float) -> None:
    """Textual's own wait takes a process that gets no processor for idle; after it, all that can go on has gone on."""
    await wait_for_idle(*least_and_most)
    loop: Any = asyncio.get_running_loop()
    end = time.monotonic() + _LONGEST
    quiet, frames = 0, 0
    while quiet < _ROUNDS and time.monotonic() < end:
        await asyncio.sleep(0)
        is_drawing = frames < _FRAMES and _is_drawing()
        if loop._ready or is_drawing or _has_messages():
            quiet, frames = 0, frames + is_drawing
            await asyncio.sleep(0 if loop._ready else _PAUSE)
        else:
            quiet += 1


def _has_messages() -> bool:
    """Whether a widget has not handled a message yet."""
    app = active_app.get(None)
    return app is not None and any(pump.message_queue_size for pump in (app, *app._registry) if pump.is_running)


def _is_drawing() -> bool:
    """Whether the screen is still to be laid out or drawn."""
    app = active_app.get(None)
    return bool(app and app.is_running and app.screen_stack and app.screen._update_timer._active.is_set())
