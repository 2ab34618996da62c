"""The first steps: three ways to begin, none of them needed; what failed is not kept, and a key is never shown."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import tomllib
from pathlib import Path

import pytest
from textual.widgets import Input

import seeds
from agent import settings
from agent.tui.screens.asking import AskDialog
from agent.tui.screens.welcome import OLLAMA, QUESTION
from tests.agent.conftest import RATE
from tests.tui.driving import Size, ask, house, running, screen_text, told, wait_for, write
from tests.tui.welcoming import fill, flat, is_open, open_setup, said, written

KEY = "zq7Distinctive-f3a9c1"


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=["80x24", "200x50"])
def test_an_empty_library_is_met_by_three_ways_and_three_tips(size: Size) -> None:
    async def story() -> None:
        async with running(size=size) as pilot:
            await wait_for(pilot, lambda: is_open(pilot))
            shown = flat(pilot)
            for words in (
                *("1 Try the demo", "2 Use a key for OpenAI", "3 Use a local endpoint", "4 Add a file or folder"),
                *("Ollama :11434", "llama.cpp :8080", "LM Studio :1234", "vLLM :8000", OLLAMA, "Not now", "Close: Esc"),
                *("n walks through its citations", "narrows your questions", "Quote mode needs no key"),
            ):
                assert words in shown

    asyncio.run(story())


def test_a_small_terminal_shows_each_way_when_it_is_reached() -> None:
    async def story() -> None:
        async with running(size=(60, 20)) as pilot:
            await wait_for(pilot, lambda: is_open(pilot))
            screen = pilot.app.screen
            for _ in screen.focus_chain:
                await pilot.press("down")
                await wait_for(
                    pilot,
                    lambda: screen.focused and screen.query_one("#ways").region.contains_region(screen.focused.region),
                )

    asyncio.run(story())


def test_a_library_with_papers_opens_on_the_chat(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            assert not is_open(pilot)

    asyncio.run(story())


@pytest.mark.parametrize("keys", [("escape",), ("up", "enter")], ids=["Esc", "Not now"])
def test_who_wants_none_of_it_asks_and_is_answered_with_quotations(shelf_folder: Path, keys: tuple[str, ...]) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await open_setup(pilot)
            await pilot.press(*keys)
            await wait_for(pilot, lambda: not is_open(pilot))
            await ask(pilot, RATE)
            assert "57.6%" in screen_text(pilot)
            assert "error" not in told(pilot)

    asyncio.run(story())


def test_it_is_offered_once_and_comes_again_when_it_is_wanted() -> None:
    async def story() -> None:
        async with running() as pilot:
            await wait_for(pilot, lambda: is_open(pilot))
            await pilot.press("escape")
            await house(pilot).chat.count_papers()
            await pilot.pause()
            assert not is_open(pilot)
            await open_setup(pilot)

    asyncio.run(story())


def test_a_number_leads_to_its_way_but_is_a_number_in_a_line() -> None:
    async def story() -> None:
        async with running() as pilot:
            screen = await open_setup(pilot)
            await pilot.press("2")
            assert screen.query_one("#key").has_focus
            await pilot.press("3")
            assert screen.query_one("#key", Input).value == "3"
            await pilot.press("up", "3")
            assert screen.query_one("#address").has_focus

    asyncio.run(story())


def test_ones_own_papers_are_added_by_their_path() -> None:
    async def story() -> None:
        async with running() as pilot:
            await open_setup(pilot)
            await pilot.press("4")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, AskDialog))
            await pilot.press("escape")
            await wait_for(pilot, lambda: pilot.app.screen is house(pilot).chat)

    asyncio.run(story())


def first_page_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the demo one of few papers, which are soon read; the question that it proposes is about one of them."""
    folder.mkdir()
    shutil.copy(min(seeds.FOLDER.glob("*.txt"), key=lambda path: path.stat().st_size), folder)
    monkeypatch.setattr(seeds, "FOLDER", folder)


def test_the_demo_adds_its_papers_and_puts_a_question_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first_page_alone(tmp_path / "few", monkeypatch)

    async def story() -> None:
        async with running() as pilot:
            await open_setup(pilot)
            gate = threading.Event()
            before = asyncio.ensure_future(house(pilot).desk.adding.call(gate.wait))  # the room is busy so far
            await pilot.press("1")
            await said(pilot, "adding the papers of the demo")
            gate.set()
            await before
            await wait_for(pilot, lambda: not is_open(pilot))
            chat = house(pilot).chat
            await wait_for(pilot, lambda: chat.status.papers)
            assert chat.prompt.area.text == QUESTION
            assert chat.prompt.area.has_focus
            assert not chat.transcript.turns
            assert "demo" not in chat.status.other
            await pilot.press("enter")
            await wait_for(pilot, lambda: chat.transcript.turns and chat.asked is None)
            assert "Goedel-Prover" in screen_text(pilot)

    asyncio.run(story())


def test_the_demo_goes_on_without_its_dialog_and_leaves_what_is_written_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_page_alone(tmp_path / "few", monkeypatch)

    async def story() -> None:
        async with running() as pilot:
            await open_setup(pilot)
            chat = house(pilot).chat
            gate = threading.Event()
            before = asyncio.ensure_future(house(pilot).desk.adding.call(gate.wait))  # the room is busy so far
            await pilot.press("1", "1", "escape")
            await wait_for(pilot, lambda: not is_open(pilot))
            await write(pilot, "my own question")
            await wait_for(pilot, lambda: "the demo:" in chat.status.other)
            gate.set()
            await before
            await wait_for(pilot, lambda: "the demo is there" in told(pilot))
            await wait_for(pilot, lambda: chat.status.papers)
            assert chat.prompt.area.text == "my own question"
            assert QUESTION in told(pilot)
            assert told(pilot).count("the demo is there") == 1

    asyncio.run(story())


def test_a_key_is_kept_for_its_owner_alone_and_never_shown(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await open_setup(pilot)
            await pilot.press("2")
            await write(pilot, KEY)
            assert KEY not in flat(pilot)
            await pilot.press("shift+home", "ctrl+c", "ctrl+x")  # the whole line, to the clipboard
            assert KEY not in pilot.app.clipboard
            await fill(pilot, "key", KEY)
            await fill(pilot, "key-model", "gpt-of-a-test")
            await pilot.press("enter")
            await wait_for(pilot, lambda: not is_open(pilot))
            kept = settings.config_folder() / settings.KEYS_FILE
            assert tomllib.loads(kept.read_text(encoding="utf-8")) == {"openai_api_key": KEY}
            assert os.stat(kept).st_mode & 0o077 == 0
            assert written() == {"model": "gpt-of-a-test"}
            assert house(pilot).desk.settings.api_key == KEY
            assert house(pilot).chat.status.mode == "model gpt-of-a-test"
            assert "api.openai.com" in told(pilot)
            assert KEY not in told(pilot) + screen_text(pilot)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("key", "model", "words"),
    [
        ("", "gpt-of-a-test", "there is no key"),
        (KEY, "", "no model is named"),
        (f"{KEY} {KEY}", "gpt-of-a-test", "the key has blanks"),
    ],
    ids=["no key", "no model", "a blank inside"],
)
def test_what_is_missing_is_said_and_nothing_is_kept(shelf_folder: Path, key: str, model: str, words: str) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await open_setup(pilot)
            await fill(pilot, "key-model", model)
            await fill(pilot, "key", key)
            await pilot.press("enter")
            await said(pilot, words)
            assert is_open(pilot)
            assert KEY not in flat(pilot)
            assert not written()
            assert not (settings.config_folder() / settings.KEYS_FILE).exists()

    asyncio.run(story())


def test_a_key_that_is_set_need_not_be_given_again(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await open_setup(pilot)
            await fill(pilot, "key-model", "gpt-of-a-test")
            await pilot.press("enter")
            await wait_for(pilot, lambda: not is_open(pilot))
            assert written() == {"model": "gpt-of-a-test"}
            assert not (settings.config_folder() / settings.KEYS_FILE).exists()

    asyncio.run(story())


def test_what_overrules_the_choice_the_next_time_is_said(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELOOM_MODEL", "another")
    monkeypatch.setenv("OPENAI_API_KEY", "another-key")

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await open_setup(pilot)
            await fill(pilot, "key", KEY)
            await fill(pilot, "key-model", "gpt-of-a-test")
            await pilot.press("enter")
            await wait_for(pilot, lambda: not is_open(pilot))
            assert house(pilot).chat.status.mode == "model gpt-of-a-test"
            await wait_for(pilot, lambda: "OPENAI_API_KEY is set" in told(pilot))
            assert "CITELOOM_MODEL overrules it" in told(pilot)

    asyncio.run(story())


def test_with_an_empty_library_papers_come_next() -> None:
    async def story() -> None:
        async with running() as pilot:
            await open_setup(pilot)
            await fill(pilot, "key", KEY)
            await fill(pilot, "key-model", "gpt-of-a-test")
            await pilot.press("enter")
            await said(pilot, "now add papers")
            assert is_open(pilot)
            assert pilot.app.screen.query_one("#way-demo").has_focus
            assert pilot.app.screen.query_one("#key", Input).value == ""

    asyncio.run(story())


def test_in_ascii_mode_no_other_character_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELOOM_ASCII", "yes")

    async def story() -> None:
        async with running(size=(80, 24)) as pilot:
            await open_setup(pilot)
            await pilot.press("2")
            await write(pilot, "abc")
            assert "***" in screen_text(pilot)
            box = pilot.app.screen.query_one("#first-steps").region
            rows = screen_text(pilot).split("\n")[box.y : box.bottom]
            assert "".join(row[box.x : box.right] for row in rows).isascii()

    asyncio.run(story())
