"""The screen of summaries, driven."""

from __future__ import annotations

from textual.pilot import Pilot

from agent.tui.screens.summary import SummaryScreen
from tests.tui.driving import house, wait_for


def summaries(pilot: Pilot[None]) -> SummaryScreen:
    """The screen, shown or not."""
    screen = house(pilot).get_screen("summary")
    assert isinstance(screen, SummaryScreen)
    return screen


async def begun(pilot: Pilot[None], topic: str) -> SummaryScreen:
    """The screen, a topic written and sent as a user would."""
    await pilot.press("f8")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, SummaryScreen))
    screen = summaries(pilot)
    await wait_for(pilot, lambda: screen.is_mounted and screen.query("#topic"))
    screen.action_summary_topic()
    screen.topic.value = topic
    await pilot.press("enter")
    return screen


async def made(pilot: Pilot[None], topic: str) -> SummaryScreen:
    """The screen with a finished summary."""
    screen = await begun(pilot, topic)
    await wait_for(pilot, lambda: screen.summary and screen.run is None)
    return screen
