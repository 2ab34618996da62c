"""The switcher of sessions, driven by keys."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input

from agent.sessions import Session
from agent.tui.glyphs import ASCII, UNICODE
from agent.tui.screens.asking import AskDialog
from agent.tui.screens.chat import ChatScreen
from agent.tui.screens.session_rows import SessionList, preview, row, when
from agent.tui.screens.sessions import SessionsDialog
from tests.agent.conftest import RATE
from tests.tui.driving import Size, ask, house, running, screen_text, told, wait_for, write
from tests.tui.exercises_sessions import dialog, go_to, kept, listed, sessions, switcher

BIRDS, MICE, REEFS = "How do birds sing?", "How do mice sleep?", "Why do reefs bleach?"
Story = Callable[[Pilot[None]], Coroutine[Any, Any, None]]


def play(library: Path, story: Story, size: Size = (100, 30)) -> None:
    async def scene() -> None:
        async with running(library, size) as pilot:
            await story(pilot)

    asyncio.run(scene())


def test_one_can_type_at_once_and_words_of_answers_are_found(shelf_folder: Path) -> None:
    birds = kept(BIRDS, answer="Wrens use 240 syllables.")
    kept(MICE)

    async def story(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await wait_for(pilot, lambda: len(listed(pilot)) == 2)
        assert isinstance(pilot.app.focused, Input)
        await write(pilot, "SYLLABLES wrens")
        await wait_for(pilot, lambda: listed(pilot) == [birds])
        assert "1 found" in screen_text(pilot)
        await pilot.press(*["backspace"] * 20)
        await wait_for(pilot, lambda: len(listed(pilot)) == 2)

    play(shelf_folder, story)


def test_enter_behind_fast_typing_opens_what_was_typed_and_not_what_stood_there_before(shelf_folder: Path) -> None:
    birds = kept(BIRDS)
    kept(MICE)

    async def story(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await wait_for(pilot, lambda: len(listed(pilot)) == 2)
        dialog(pilot).words.value = "birds"
        await pilot.press("enter")
        await wait_for(pilot, lambda: house(pilot).chat.session.id == birds)

    play(shelf_folder, story)


def test_a_new_search_begins_at_the_session_that_was_used_last(shelf_folder: Path) -> None:
    old, new = kept(BIRDS), kept("Do birds dream?")

    async def story(pilot: Pilot[None]) -> None:
        await switcher(pilot, old, new)
        await go_to(pilot, old)
        await pilot.press("slash")
        await write(pilot, "birds")
        await wait_for(pilot, lambda: "2 found" in screen_text(pilot))
        chosen = dialog(pilot).sessions.chosen
        assert chosen is not None
        assert chosen.id == new

    play(shelf_folder, story)


def test_a_click_opens_a_session(shelf_folder: Path) -> None:
    old, new = kept(BIRDS), kept(MICE)

    async def story(pilot: Pilot[None]) -> None:
        await switcher(pilot, old, new)
        await pilot.click(SessionList, offset=(8, listed(pilot).index(old)))
        await wait_for(pilot, lambda: house(pilot).chat.session.id == old)

    play(shelf_folder, story)


def test_the_words_behind_the_slash_command_are_searched_for(shelf_folder: Path) -> None:
    birds = kept(BIRDS)
    kept(MICE)

    async def story(pilot: Pilot[None]) -> None:
        await write(pilot, "/sessions birds")
        await pilot.press("enter")
        await wait_for(pilot, lambda: listed(pilot) == [birds])
        assert dialog(pilot).words.value == "birds"

    play(shelf_folder, story)


def test_nothing_found_and_nothing_there_are_said(shelf_folder: Path) -> None:
    async def story(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await wait_for(pilot, lambda: "There is no session yet" in screen_text(pilot))
        await write(pilot, "zeppelin")
        await wait_for(pilot, lambda: "In no session do all of these words stand" in screen_text(pilot))
        await pilot.press("enter")
        assert dialog(pilot).is_current

    play(shelf_folder, story)


def test_the_preview_shows_the_first_and_the_last_question_and_how_they_were_answered(shelf_folder: Path) -> None:
    kept(BIRDS, REEFS, MICE, answer="[bold]In dialects[/bold].\x1b[31m")

    async def story(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await wait_for(pilot, lambda: MICE in screen_text(pilot))
        shown = screen_text(pilot)
        assert f"first  {BIRDS}" in shown
        assert f"last  {MICE}" in shown
        assert shown.count("[bold]In dialects[/bold].") == 2
        assert "UTC" in shown

    play(shelf_folder, story)


def test_the_session_in_the_chat_is_marked_and_choosing_it_changes_nothing(shelf_folder: Path) -> None:
    other = kept(BIRDS)

    async def story(pilot: Pilot[None]) -> None:
        await ask(pilot, RATE)
        session = house(pilot).chat.session
        await switcher(pilot, session.id, other)
        marked = [line for line in screen_text(pilot).splitlines() if UNICODE.current in line]
        assert len(marked) == 1
        assert RATE[:30] in marked[0]
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        assert house(pilot).chat.session is session

    play(shelf_folder, story)


def test_escape_changes_nothing(shelf_folder: Path) -> None:
    name = kept(BIRDS)

    async def story(pilot: Pilot[None]) -> None:
        session = house(pilot).chat.session
        await switcher(pilot, name)
        await pilot.press("escape")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        assert house(pilot).chat.session is session

    play(shelf_folder, story)


def test_several_deleted_sessions_come_back_the_last_one_first(shelf_folder: Path) -> None:
    first, second, third = kept(BIRDS), kept(MICE), kept(REEFS)

    async def story(pilot: Pilot[None]) -> None:
        await switcher(pilot, first, second, third)
        order = listed(pilot)
        await pilot.press("x", "delete")
        await wait_for(pilot, lambda: [one.id for one in sessions().list()] == order[2:])
        await pilot.press("u")
        await wait_for(pilot, lambda: listed(pilot) == order[1:])
        await pilot.press("u")
        await wait_for(pilot, lambda: listed(pilot) == order)
        await pilot.press("u")
        await wait_for(pilot, lambda: "nothing was deleted" in told(pilot))
        assert [one.id for one in sessions().list()] == order

    play(shelf_folder, story)


def test_deleting_the_session_in_the_chat_begins_a_new_one_and_keeps_what_is_written(shelf_folder: Path) -> None:
    async def story(pilot: Pilot[None]) -> None:
        await ask(pilot, RATE)
        chat = house(pilot).chat
        name = chat.session.id
        chat.prompt.area.load_text("and what else")
        await switcher(pilot, name)
        await pilot.press("x")
        await wait_for(pilot, lambda: chat.session.id != name and not chat.transcript.turns)
        assert chat.prompt.area.text == "and what else"
        assert dialog(pilot).is_current
        await pilot.press("escape")
        await ask(pilot, RATE)
        assert len(sessions().list()) == 1

    play(shelf_folder, story)


def test_undo_opens_the_deleted_session_again_where_it_was_open(shelf_folder: Path) -> None:
    async def story(pilot: Pilot[None]) -> None:
        await ask(pilot, RATE)
        chat = house(pilot).chat
        name = chat.session.id
        await switcher(pilot, name)
        await pilot.press("x")
        await wait_for(pilot, lambda: chat.session.id != name and not listed(pilot))
        await pilot.press("u")
        await wait_for(pilot, lambda: chat.session.id == name and len(chat.transcript.turns) == 1)
        await wait_for(pilot, lambda: listed(pilot) == [name])

    play(shelf_folder, story)


def test_the_last_session_comes_back_with_the_same_key_though_the_list_is_empty(shelf_folder: Path) -> None:
    name = kept(BIRDS)

    async def story(pilot: Pilot[None]) -> None:
        await switcher(pilot, name)
        await pilot.press("x")
        await wait_for(pilot, lambda: not sessions().list())
        await pilot.press("u")
        await wait_for(pilot, lambda: listed(pilot) == [name])

    play(shelf_folder, story)


def test_a_session_that_another_process_uses_is_not_deleted_and_that_is_said(shelf_folder: Path) -> None:
    name = kept(BIRDS)
    with sessions().open(name) as used:
        used.begin(MICE, "", "quote")

        async def story(pilot: Pilot[None]) -> None:
            await switcher(pilot, name)
            await pilot.press("x")
            await wait_for(pilot, lambda: "in use by another process" in told(pilot))
            await wait_for(pilot, lambda: listed(pilot) == [name])

        play(shelf_folder, story)
    assert [one.id for one in sessions().list()] == [name]


def test_a_session_without_an_answer_is_not_forked_and_that_is_said(shelf_folder: Path) -> None:
    with sessions().create() as session:
        session.begin(BIRDS, "", "quote")

    async def story(pilot: Pilot[None]) -> None:
        await switcher(pilot, session.id)
        await pilot.press("f")
        await wait_for(pilot, lambda: "nothing in this session to copy" in told(pilot))
        assert dialog(pilot).is_current

    play(shelf_folder, story)


def test_a_title_for_the_session_in_the_chat_is_known_to_the_chat(shelf_folder: Path) -> None:
    async def story(pilot: Pilot[None]) -> None:
        await ask(pilot, RATE)
        session = house(pilot).chat.session
        await switcher(pilot, session.id)
        await pilot.press("r")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, AskDialog))
        await pilot.press("ctrl+u", *"Provers", "enter")
        await wait_for(pilot, lambda: session.title == "Provers")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, SessionsDialog))
        await pilot.press("escape")
        await ask(pilot, RATE)
        assert Session(session.path).title == "Provers"

    play(shelf_folder, story)


def test_a_damaged_session_does_not_hide_the_others(shelf_folder: Path) -> None:
    good, newer = kept(BIRDS), kept(MICE)
    path = sessions().open(newer).path
    path.write_bytes(path.read_bytes().replace(b"citeloom.session/1", b"citeloom.session/9"))

    async def story(pilot: Pilot[None]) -> None:
        await switcher(pilot, good, newer)
        await go_to(pilot, newer)
        await wait_for(pilot, lambda: "written by a newer Citeloom" in screen_text(pilot))
        await pilot.press("enter")
        await wait_for(pilot, lambda: "upgrade Citeloom" in told(pilot))

    play(shelf_folder, story)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 50)], ids=["narrow", "usual", "wide"])
def test_list_preview_and_keys_are_on_the_screen_at_every_size(size: Size, shelf_folder: Path) -> None:
    names = [kept(f"{BIRDS} ({number})") for number in range(12)]

    async def story(pilot: Pilot[None]) -> None:
        await switcher(pilot, *names)
        chosen = dialog(pilot).sessions.chosen
        assert chosen is not None
        await wait_for(pilot, lambda: f"{chosen.id} {UNICODE.separator}" in screen_text(pilot))
        lines = screen_text(pilot).splitlines()
        assert any(line.rstrip(" │▁▂▃▄▅▆▇█").endswith(chosen.id[-4:]) for line in lines)
        for word in ("open", "search", "rename", "fork", "delete", "bring back"):
            assert word in lines[-1]
        assert "Close: Esc" in screen_text(pilot)

    play(shelf_folder, story, size)


def test_in_ascii_mode_nothing_of_the_switcher_is_anything_else(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELOOM_ASCII", "yes")
    name = kept(f"{BIRDS} And what do they mean by it, if they mean anything by it at all, in spring?")

    async def story(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await wait_for(pilot, lambda: f"{name} -" in screen_text(pilot))
        *shown, _keys = screen_text(pilot).splitlines()
        assert {char for line in shown for char in line if not char.isascii()} <= {"…"}  # of the title, cut by the core

    play(shelf_folder, story)


def test_a_line_is_as_wide_as_the_list_whatever_is_in_the_title() -> None:
    one = sessions().list()
    assert not one
    kept("音乐如何影响记忆和睡眠质量以及更多的问题在这里被提出来" * 2)
    found = sessions().list()[0]
    now = datetime.datetime.now(datetime.UTC)
    for glyphs in (UNICODE, ASCII):
        for room in (40, 56, 90):
            assert cell_len(row(found, room, glyphs, now, is_current=True)) == room


def test_times_are_the_readers_own_and_short() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=9))
    now = datetime.datetime(2026, 11, 21, 8, 0, tzinfo=zone)
    assert when("2026-11-20T22:30:00.000Z", now) == "today 07:30"
    assert when("2026-11-20T10:00:00.000Z", now) == "20 Nov 19:00"
    assert when("2025-01-02T10:00:00.000Z", now) == "2025-01-02"
    assert when("", now) == ""


def test_a_preview_of_one_question_has_it_once_and_of_none_is_none(tmp_path: Path) -> None:
    seen = preview(sessions().open(kept(BIRDS)).path)
    assert seen is not None
    assert seen.first is seen.last
    path = tmp_path / "20261121-1043-aaaa.jsonl"
    path.write_bytes(b"")
    assert preview(path) is None
