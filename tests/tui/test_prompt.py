"""The prompt: what sends, what never sends, the history, and slash commands as they are written."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from agent.tui.screens.choosing import ChooseDialog
from tests.agent.conftest import RATE, SOLVES
from tests.tui.driving import ask, house, running, screen_text, told, wait_for, write
from tests.tui.talking import last, prompt_text, seen, sessions

FAST = "How fast does Quokka plan a motion of a robot arm?"


def test_pasted_lines_are_never_sent(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            house(pilot).post_message(events.Paste("/quit\nand a second line\r\nand a third\n"))
            await wait_for(pilot, lambda: "third" in prompt_text(pilot))
            assert prompt_text(pilot).splitlines() == ["/quit", "and a second line", "and a third"]
            assert not chat.transcript.turns
            assert told(pilot) == ""
            assert "/quit" in seen(pilot, chat.prompt)

    asyncio.run(story())


@pytest.mark.parametrize(("submit", "sends", "breaks"), [("enter", "enter", "ctrl+j"), ("ctrl+j", "ctrl+j", "enter")])
def test_the_setting_submit_swaps_the_two_keys(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch, submit: str, sends: str, breaks: str
) -> None:
    monkeypatch.setenv("CITELOOM_SUBMIT", submit)

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await write(pilot, "What share of miniF2F")
            await pilot.press(breaks)
            await write(pilot, "does Zeppelin-7B solve?")
            assert prompt_text(pilot) == "What share of miniF2F\ndoes Zeppelin-7B solve?"
            assert not chat.transcript.turns
            await pilot.press(sends)
            await wait_for(pilot, lambda: chat.transcript.turns and chat.asked is None)
            assert prompt_text(pilot) == ""
            assert SOLVES in str(last(pilot).answer)

    asyncio.run(story())


def test_the_arrows_walk_the_history_at_the_edges_and_bring_the_draft_back(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(160, 30)) as pilot:
            area = house(pilot).chat.prompt.area
            await ask(pilot, RATE)
            await ask(pilot, FAST)
            await write(pilot, "a draft")
            await pilot.press("ctrl+j")
            await write(pilot, "of two lines")
            await pilot.press("up")
            assert prompt_text(pilot) == "a draft\nof two lines"
            await pilot.press("up")
            assert prompt_text(pilot) == FAST
            await pilot.press("up")
            assert prompt_text(pilot) == RATE
            await pilot.press("up", "up")
            assert prompt_text(pilot) == RATE
            await pilot.press("end", "down")
            assert prompt_text(pilot) == FAST
            await pilot.press("down")
            assert prompt_text(pilot) == "a draft\nof two lines"
            await pilot.press("down", "down")
            assert prompt_text(pilot) == "a draft\nof two lines"
            assert area.cursor_location[0] == 1

    asyncio.run(story())


def test_up_goes_through_the_rows_of_a_long_line_before_it_goes_to_the_history(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(60, 20)) as pilot:
            await ask(pilot, RATE)
            text = "a long question that takes more than one row of this narrow screen, and some more words"
            await write(pilot, text)
            await pilot.press("up")
            assert prompt_text(pilot) == text

    asyncio.run(story())


def test_questions_of_earlier_sessions_are_in_the_history_and_can_be_searched(shelf_folder: Path) -> None:
    session = sessions().create()
    for question in ("Who wrote of mice and mazes?", FAST):
        session.begin(question, "", "quote")
        session.stop()

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await wait_for(pilot, lambda: len(chat.prompt.area.earlier) == 2)
            await pilot.press("up")
            assert prompt_text(pilot) == FAST
            await pilot.press("ctrl+r")
            await wait_for(pilot, lambda: isinstance(house(pilot).screen, ChooseDialog))
            await write(pilot, "mazes")
            await wait_for(pilot, lambda: FAST not in screen_text(pilot))
            assert house(pilot).screen.query_one(Input).value == "mazes"
            await pilot.press("enter")
            await wait_for(pilot, lambda: prompt_text(pilot) == "Who wrote of mice and mazes?")
            assert chat.prompt.area.has_focus
            await pilot.press("ctrl+r")
            await wait_for(pilot, lambda: isinstance(house(pilot).screen, ChooseDialog))
            await pilot.press("escape")
            assert prompt_text(pilot) == "Who wrote of mice and mazes?"

    asyncio.run(story())


def test_slash_commands_are_hinted_and_completed(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(100, 40)) as pilot:
            chat = house(pilot).chat
            await write(pilot, "/")
            assert "/add [PATH] Add papers" in seen(pilot, chat.prompt)
            assert "more" in seen(pilot, chat.prompt)
            await write(pilot, "re")
            assert "/redo" in seen(pilot, chat.prompt)
            assert "/rename TITLE" in seen(pilot, chat.prompt)
            assert "/add" not in seen(pilot, chat.prompt)
            await pilot.press("tab")
            assert prompt_text(pilot) == "/re"
            assert chat.prompt.area.has_focus
            await write(pilot, "n")
            await pilot.press("tab")
            assert prompt_text(pilot) == "/rename "
            await write(pilot, "Provers")
            assert "/rename TITLE" in seen(pilot, chat.prompt)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "the session is called: Provers" in told(pilot))
            assert prompt_text(pilot) == ""
            assert "/rename" not in seen(pilot, chat.prompt)
            await write(pilot, "no command")
            await pilot.press("tab")
            assert chat.transcript.has_focus

    asyncio.run(story())


@pytest.mark.parametrize(
    ("text", "hint"),
    [("/hlep", "did you mean /help?"), ("/xyzzyx", "a blank before the slash asks it"), ("/etc/hosts", "slash")],
)
def test_an_unknown_command_stays_in_the_prompt_and_the_nearest_is_named(
    shelf_folder: Path, text: str, hint: str
) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await write(pilot, text)
            await pilot.press("enter")
            await wait_for(pilot, lambda: told(pilot))
            assert f"there is no command {text}" in told(pilot)
            assert hint in told(pilot)
            assert prompt_text(pilot) == text
            assert not house(pilot).chat.transcript.turns

    asyncio.run(story())


def test_a_blank_before_the_slash_makes_it_a_question(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await write(pilot, " /help")
            await pilot.press("enter")
            await wait_for(pilot, lambda: house(pilot).chat.transcript.turns and house(pilot).chat.asked is None)
            assert last(pilot).question == "/help"
            assert house(pilot).screen is house(pilot).chat

    asyncio.run(story())


def was_told(pilot: Pilot[None], text: str) -> bool:
    """Whether a notice says so."""
    return text in told(pilot)


def test_a_command_with_a_bad_argument_is_explained_and_changes_nothing(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            for text, complaint in (
                ("/fork two", "two is no number of a turn"),
                ("/fork 7", "has no turn 7 to fork at"),
                ("/scope year:soon", "soon"),
                ("/open nothing-there", "nothing-there"),
                ("/add nothing-there.bib", "there is no file"),
                ("/export nothing", "there is no format nothing"),
                ("/theme purple", "purple"),
            ):
                chat.prompt.area.load_text(text)
                await pilot.press("enter")
                await wait_for(pilot, partial(was_told, pilot, complaint))
            assert len(chat.transcript.turns) == 1
            assert len(sessions().list()) == 1
            assert not chat.scope

    asyncio.run(story())
