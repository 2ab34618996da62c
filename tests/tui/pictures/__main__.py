"""Makes the README's pictures: the real app on the seeds, without a key. `make pictures` runs it."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from textual.pilot import Pilot

import seeds
from agent.tui.screens.library import LibraryScreen
from agent.tui.screens.summary import SummaryScreen
from store.library import Library
from tests.tui.driving import ask, house, running, wait_for, write

SIZE = (112, 32)
FOLDER = Path(__file__).parent
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich's pictures name a font in the network; a reader's own will do."""


async def chat(pilot: Pilot[None]) -> None:
    """A question, its answer, and the sentence behind the second citation."""
    await ask(pilot, "What success rate does Goedel-Prover reach on miniF2F?")
    await pilot.press("tab", "n", "n")


async def library(pilot: Pilot[None]) -> None:
    """The papers of 2025 that one word finds, and all that is known of the first."""
    await pilot.press("f3")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, LibraryScreen))
    await pilot.press("slash")
    await write(pilot, "year:2025 prover")
    await pilot.pause(2.0)
    await pilot.press("escape")


async def summary(pilot: Pilot[None]) -> None:
    """A topic summary, at the first citation of its first section."""
    house(pilot).action_go_summary("autoformalization")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, SummaryScreen))
    screen = pilot.app.screen
    assert isinstance(screen, SummaryScreen)
    await wait_for(pilot, lambda: screen.summary is not None)
    await pilot.press("right_square_bracket", "n")


async def _all() -> None:
    for story in (chat, library, summary):
        async with running(size=SIZE) as pilot:
            await story(pilot)
            await pilot.pause(0.5)
            picture = _FONTS.sub("", pilot.app.export_screenshot(title="Citeloom"))
            (FOLDER / f"{story.__name__}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["CITELOOM_HOME"] = home
        with Library(Path(home) / "data" / "library") as made:
            made.add([seeds.FOLDER])
        asyncio.run(_all())
