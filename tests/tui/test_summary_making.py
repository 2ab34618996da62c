"""Summaries while they are made: read as they come, stopped, taken up again, with the chat beside them."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from agent import settings
from agent.tui.screens.summary import SummaryScreen
from tests.cli.test_summarize import FINISHED, NAMES, TOPIC, Author
from tests.support.replies import Reply, Request, Status
from tests.tui.driving import ask, house, running, screen_text, told, wait_for, write
from tests.tui.summaries import begun, made
from tests.tui.talking import scripted, seen

SHELF_TOPIC = "miniF2F"


class SlowAuthor(Author):
    """A model that does not answer for all sections but two, until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self._may_go_on = threading.Event()

    def __call__(self, request: Request) -> Reply:
        theme = re.search(r"(?m)^Theme of this section: (.+)$", request.prompt)
        reply = super().__call__(request)
        if theme and theme[1] not in FINISHED:
            self._may_go_on.wait()
        return reply

    def hurry(self) -> None:
        self._may_go_on.set()


@pytest.fixture
def author(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowAuthor]:
    """A model that writes two sections of a summary of the seeds, and hangs at the others."""
    made = SlowAuthor()
    with scripted(monkeypatch, made):
        try:
            yield made
        finally:
            made.hurry()


def states(screen: SummaryScreen) -> dict[str, str]:
    """How far each part is."""
    return {page.title: page.state for page in screen.pages}


def says(pilot: Pilot[None], widget: Widget, text: str) -> bool:
    """Whether a text is seen in a widget."""
    return text in seen(pilot, widget)


@pytest.mark.usefixtures("author")
def test_finished_sections_can_be_read_while_the_model_writes_the_others(seed_folder: Path) -> None:
    async def story() -> None:
        async with running(seed_folder) as pilot:
            screen = await begun(pilot, TOPIC)
            await wait_for(pilot, lambda: screen.run and screen.run.done == len(FINISHED))
            await wait_for(pilot, lambda: list(states(screen).values()).count("writing") == len(NAMES) - len(FINISHED))
            assert [page.title for page in screen.pages] == ["Overview", *NAMES, "Comparison", "Open questions"]
            assert {title for title, state in states(screen).items() if state == "done"} == FINISHED
            assert states(screen)["Overview"] == states(screen)["Comparison"] == "waiting"
            for part in (screen.section, screen.status):
                await wait_for(pilot, partial(says, pilot, part, "2 of 8 parts"))
            await pilot.press("n")
            assert screen.page
            assert screen.page.title in FINISHED
            assert screen.stop
            await wait_for(pilot, partial(says, pilot, screen.section, f"[{screen.stop.place}]"))
            await wait_for(pilot, partial(says, pilot, screen.sources, "citation 1 of"))

            await pilot.press("escape", "escape")
            await wait_for(pilot, lambda: screen.run is None)
            await wait_for(pilot, lambda: "stopped; 2 of 8 parts are finished and kept" in told(pilot))
            assert screen.page.title in seen(pilot, screen.section)  # what is finished stays to be read

    asyncio.run(story())


def test_the_chat_is_usable_meanwhile_and_a_stopped_summary_is_taken_up_where_it_was(
    seed_folder: Path, author: SlowAuthor
) -> None:
    async def story() -> None:
        async with running(seed_folder) as pilot:
            chat = house(pilot).chat
            screen = await begun(pilot, TOPIC)
            await wait_for(pilot, lambda: screen.run and screen.run.done == len(FINISHED))
            await pilot.press("f2")
            assert chat.status.other == "summary: 2 of 8"
            await write(pilot, "/mode quote")
            await pilot.press("enter")
            await ask(pilot, "What is autoformalization?")
            assert chat.transcript.turns[-1].answer

            await pilot.press("f8", "escape")
            await wait_for(pilot, lambda: screen.run is None)
            assert chat.status.other == ""
            kept = settings.summaries_folder().glob("*/part-*.json")
            assert {json.loads(path.read_text(encoding="utf-8"))["title"] for path in kept} == FINISHED

            house(pilot).action_app_mode("auto")
            await pilot.press("slash", "enter")
            await wait_for(pilot, lambda: list(states(screen).values()).count("writing") == len(NAMES) - len(FINISHED))
            assert {title for title, state in states(screen).items() if state == "kept"} == FINISHED
            await wait_for(pilot, partial(says, pilot, screen.status, "model scripted"))
            await pilot.press("f2")
            author.hurry()
            await wait_for(pilot, lambda: f"the summary is there: {TOPIC}" in told(pilot))
            assert screen.summary
            assert screen.summary.model == "scripted"
            assert chat.status.other == ""
            assert author.outlines == 1
            assert sorted(author.sections) == sorted([*NAMES, *set(NAMES) - FINISHED])
            await pilot.press("f8")
            await wait_for(pilot, lambda: "22 papers of the library" in screen_text(pilot))
            await pilot.press("n")
            assert screen.stop

    asyncio.run(story())


@pytest.mark.usefixtures("author")
def test_another_topic_takes_the_place_of_the_one_that_is_being_made(seed_folder: Path) -> None:
    async def story() -> None:
        async with running(seed_folder) as pilot:
            screen = await begun(pilot, TOPIC)
            await wait_for(pilot, lambda: screen.run and screen.run.done == len(FINISHED))
            await begun(pilot, TOPIC)
            await wait_for(pilot, lambda: "this summary is being made" in told(pilot))
            await begun(pilot, "zebra stripes of the savanna")
            await wait_for(pilot, lambda: screen.summary)
            assert screen.summary
            assert screen.summary.abstained
            await wait_for(pilot, lambda: "zebra" in screen_text(pilot).splitlines()[0])

    asyncio.run(story())


def test_a_model_that_refuses_the_key_is_told_once_and_noted_in_the_summary(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        with scripted(monkeypatch, lambda _: Status(401)):
            async with running(shelf_folder) as pilot:
                screen = await made(pilot, SHELF_TOPIC)
                assert told(pilot).count("(401)") == 1
                assert screen.summary
                assert len(screen.summary.warnings) > 1
                await wait_for(pilot, partial(says, pilot, screen.section, screen.summary.warnings[0]))
                assert screen.pages[0].text.count("Note: ") == len(screen.summary.warnings)

    asyncio.run(story())


@pytest.mark.usefixtures("author")
def test_quitting_in_the_middle_keeps_the_finished_parts_and_prints_nothing(
    seed_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with running(seed_folder) as pilot:
            screen = await begun(pilot, TOPIC)
            await wait_for(pilot, lambda: screen.run and screen.run.done == len(FINISHED))
            await pilot.press("ctrl+q")

    asyncio.run(story())
    assert len(list(settings.summaries_folder().glob("*/part-*.json"))) == len(FINISHED)
    gc.collect()  # which is when asyncio tells of what nobody took
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
