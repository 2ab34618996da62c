"""A chat with a scripted model, and what a reader sees of a widget."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from agent import settings
from agent.sessions import Session, Sessions
from agent.tui.app import CiteloomApp
from agent.tui.desk import Options
from agent.tui.widgets.turn import TurnView
from tests.agent.conftest import KEY
from tests.support.replies import Reply
from tests.support.server import Responder, ScriptedServer
from tests.tui.driving import PATIENCE, USUAL, house

_WITHOUT_FRAMES = str.maketrans(dict.fromkeys("▌│╭╮╰╯─━┃▊▎▁▂▃▄▅▆▇█", " "))


@contextmanager
def scripted(
    monkeypatch: pytest.MonkeyPatch, script: list[Reply] | Responder, **chosen: str
) -> Iterator[ScriptedServer]:
    """An endpoint that the settings name; `chosen` are other settings, such as `mode`."""
    with ScriptedServer(script, keep_alive=False) as server:
        monkeypatch.setenv("CITELOOM_MODEL", "scripted")
        monkeypatch.setenv("CITELOOM_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        for name, text in chosen.items():
            monkeypatch.setenv(f"CITELOOM_{name.upper()}", text)
        yield server


@asynccontextmanager
async def running_anyhow(library: Path, slow: threading.Event | None = None) -> AsyncIterator[Pilot[None]]:
    """The app as it starts, nothing waited for. With `slow` its first session is not open before that is set.

    Notices are drawn as on a real screen, which tests otherwise leave out.
    """
    app = CiteloomApp(Options(str(library)))
    waiting = asyncio.ensure_future(app.desk.asking.call(lambda: slow.wait(PATIENCE))) if slow else None
    try:
        async with app.run_test(size=USUAL, notifications=True) as pilot:
            yield pilot
            if waiting:
                await waiting
    finally:
        app.desk.close()


def seen(pilot: Pilot[None], widget: Widget) -> str:
    """What stands on the screen inside a widget: its rows without frames and scrollbars, joined by blanks."""
    app = pilot.app
    region = widget.region.intersection(app.screen.region)
    strips = app.screen._compositor.render_strips()[region.y : region.bottom]
    rows = " ".join(strip.crop(region.x, region.right).text for strip in strips)
    return " ".join(rows.translate(_WITHOUT_FRAMES).split())


def last(pilot: Pilot[None]) -> TurnView:
    """The last turn of the transcript."""
    return house(pilot).chat.transcript.turns[-1]


def prompt_text(pilot: Pilot[None]) -> str:
    """What stands in the prompt."""
    return house(pilot).chat.prompt.area.text


def under(turn: TurnView) -> str:
    """The lines under an answer."""
    return str(turn.query_one(".turn-under", Static).visual)


def sessions() -> Sessions:
    """The folder of sessions, as another process would see it."""
    return Sessions(settings.sessions_folder())


def stored() -> Session:
    """The latest session, read from its file anew."""
    found = sessions().latest()
    assert found is not None
    return found
