"""Sessions in the chat: resumed whole, begun, forked, undone, and never in the way of another process."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agent import quoting
from agent.answer import Answer
from agent.sessions import Session
from agent.tui.screens.chat import ChatScreen
from store.library import Library
from store.scope import parse
from tests.agent.conftest import LATENCY, RATE, SOLVES
from tests.support.replies import Text
from tests.tui.driving import ask, house, running, told, wait_for, write
from tests.tui.talking import last, prompt_text, scripted, seen, sessions, stored, under

FAST = "How fast does Quokka plan a motion of a robot arm?"


def kept(folder: Path, *questions: str) -> Session:
    """A session with these turns, written as an answer writes them; all quote what the first is answered with."""
    session = sessions().create()
    answers: dict[str, Answer] = {}
    with Library(folder) as library:
        for question in questions:
            session.begin(question, "", "quote")
            asked = question.partition(": ")[2] or question
            if asked not in answers:
                answers[asked] = quoting.answer(library, asked, evidence=session.evidence)
            session.finish(answers[asked])
    return session


def numbered(turns: int) -> list[str]:
    """So many questions with one answer."""
    return [f"question {number}: {RATE}" for number in range(1, turns + 1)]


def test_a_resumed_session_is_shown_whole_its_older_turns_as_one_scrolls_up(shelf_folder: Path) -> None:
    session = kept(shelf_folder, *numbered(60))

    async def story() -> None:
        async with running(shelf_folder, session=session.id[-4:]) as pilot:
            chat = house(pilot).chat
            await wait_for(pilot, lambda: chat.transcript.turns)
            assert chat.session.id == session.id
            assert "question 60:" in seen(pilot, chat.transcript)
            made, older = len(chat.transcript.turns), chat.transcript.older
            assert made + older == 60
            assert made < 60
            assert last(pilot).answer == session.turns[-1].answer

            await pilot.press("tab", "g")
            await wait_for(pilot, lambda: len(chat.transcript.turns) > made)
            now = len(chat.transcript.turns)
            first = f"question {61 - made}:"
            await wait_for(pilot, lambda: first in seen(pilot, chat.transcript))  # the view stays where it was
            assert now + chat.transcript.older == 60
            while older := chat.transcript.older:
                await pilot.press("g")
                await wait_for(pilot, lambda: chat.transcript.older < older)
                # Turns that are mounted push the view down: before that there is nothing to go up from.
                await wait_for(pilot, lambda: chat.transcript.scroll_y > 1 or not chat.transcript.older)
            await pilot.press("g")
            await wait_for(pilot, lambda: "question 1:" in seen(pilot, chat.transcript))
            assert [turn.number for turn in chat.transcript.turns] == list(range(1, 61))
            assert "earlier turns" not in seen(pilot, chat.transcript)
            await pilot.press("G")
            await wait_for(pilot, lambda: "question 60:" in seen(pilot, chat.transcript))

    asyncio.run(story())


def is_at(chat: ChatScreen, number: int) -> bool:
    """Whether the turn with this number is the one that is read."""
    return chat.current_turn is not None and chat.current_turn.number == number


def test_going_back_turn_by_turn_makes_the_older_turns(shelf_folder: Path) -> None:
    session = kept(shelf_folder, *numbered(15))

    async def story() -> None:
        async with running(shelf_folder, session=session.id) as pilot:
            chat = house(pilot).chat
            await wait_for(pilot, lambda: chat.transcript.turns)
            await pilot.press("tab")
            for number in range(14, 0, -1):
                await pilot.press("left_square_bracket")
                await wait_for(pilot, partial(is_at, chat, number))
            assert f"question 1: {RATE}" in seen(pilot, chat.transcript)
            await pilot.press("right_square_bracket")
            await wait_for(pilot, lambda: chat.current_turn and chat.current_turn.number == 2)

    asyncio.run(story())


def test_the_latest_session_goes_on_with_its_numbers(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, RATE)
        async with running(shelf_folder, latest=True) as pilot:
            chat = house(pilot).chat
            await wait_for(pilot, lambda: chat.transcript.turns)
            assert SOLVES in seen(pilot, last(pilot))
            assert "quote mode" in seen(pilot, last(pilot))
            await ask(pilot, FAST)
            assert f"{LATENCY}. [2.2]" in seen(pilot, last(pilot))
            assert [turn.number for turn in stored().turns] == [1, 2]
            assert len(sessions().list()) == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    ("options", "said"), [({"latest": True}, "no session to go on"), ({"session": "zzzz"}, "zzzz")]
)
def test_a_session_that_is_not_there_is_explained_and_a_new_one_is_ready(
    shelf_folder: Path, options: dict[str, Any], said: str
) -> None:
    async def story() -> None:
        async with running(shelf_folder, **options) as pilot:
            await wait_for(pilot, lambda: said in told(pilot))
            await ask(pilot, RATE)
            assert SOLVES in str(last(pilot).answer)

    asyncio.run(story())


def test_undo_and_redo_keep_the_draft_and_the_scope(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            chat.set_scope(parse("year:2024-"))
            await ask(pilot, RATE)
            await ask(pilot, FAST)
            chat.prompt.area.load_text("a draft")
            chat.action_session_undo()
            await wait_for(pilot, lambda: len(chat.transcript.turns) == 1)
            assert prompt_text(pilot) == "a draft"
            assert str(chat.scope) == "year:2024-"
            assert "/redo brings it again" in told(pilot)
            chat.action_session_redo()
            await wait_for(pilot, lambda: len(chat.transcript.turns) == 2)
            assert (prompt_text(pilot), str(chat.scope)) == ("a draft", "year:2024-")
            assert [turn.question for turn in stored().turns] == [RATE, FAST]

            chat.prompt.area.load_text("/undo")
            await pilot.press("enter")
            await wait_for(pilot, lambda: len(chat.transcript.turns) == 1 and prompt_text(pilot) == FAST)
            chat.prompt.area.load_text("/redo")
            await pilot.press("enter")
            await wait_for(pilot, lambda: len(chat.transcript.turns) == 2)
            chat.prompt.area.load_text("/redo")
            await pilot.press("enter")
            await wait_for(pilot, lambda: "there is no turn to bring back" in told(pilot))

    asyncio.run(story())


def test_a_fork_leaves_the_original_alone_and_is_told_of(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            await ask(pilot, FAST)
            original = chat.session.id
            chat.set_scope(parse("year:2024-"))
            await write(pilot, "/fork 1")
            await pilot.press("enter")
            await wait_for(pilot, lambda: chat.session.id != original and len(chat.transcript.turns) == 1)
            assert f"the original is {original}" in told(pilot)
            assert str(chat.scope) == "year:2024-"
            await ask(pilot, FAST)
            assert [turn.question for turn in sessions().open(original).turns] == [RATE, FAST]
            assert sessions().open(chat.session.id).parent == original

    asyncio.run(story())


def test_a_new_session_keeps_the_scope_and_the_old_one_its_draft(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            original = chat.session.id
            chat.set_scope(parse("year:2024-"))
            await write(pilot, "for later")
            await pilot.press("ctrl+n")
            await wait_for(pilot, lambda: not chat.transcript.turns and prompt_text(pilot) == "")
            assert str(chat.scope) == "year:2024-"
            await write(pilot, f"/open {original[-4:]}")
            await pilot.press("enter")
            await wait_for(pilot, lambda: chat.transcript.turns and prompt_text(pilot) == "for later")
            await pilot.press("ctrl+a")
            chat.prompt.area.load_text("/rename Provers and motions")
            await pilot.press("enter")
            await wait_for(pilot, lambda: stored().title == "Provers and motions")

    asyncio.run(story())


def test_a_session_in_use_by_another_process_is_named_and_the_question_can_be_asked_again(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            other = stored()
            other.begin("somebody else's question", "", "quote")
            await ask(pilot, FAST)
            assert "is in use by another process" in under(last(pilot))
            assert "Traceback" not in under(last(pilot))
            other.stop()
            await pilot.press("tab", "r")
            await wait_for(pilot, lambda: len(chat.transcript.turns) == 3 and chat.asked is None)
            assert LATENCY in str(last(pilot).answer)
            assert [turn.question for turn in stored().turns] == [RATE, "somebody else's question", FAST]

    asyncio.run(story())


def test_a_cleared_view_comes_back_when_the_session_is_opened_again(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            await write(pilot, "/clear")
            await pilot.press("enter")
            await wait_for(pilot, lambda: not chat.transcript.turns)
            await ask(pilot, FAST)
            assert [turn.number for turn in chat.transcript.turns] == [2]
            await write(pilot, f"/open {chat.session.id}")
            await pilot.press("enter")
            await wait_for(pilot, lambda: len(chat.transcript.turns) == 2)

    asyncio.run(story())


def test_a_damaged_session_is_shown_as_far_as_it_can_be_read(shelf_folder: Path) -> None:
    session = kept(shelf_folder, *numbered(3))
    lines = session.path.read_bytes().splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if b'"question 2:' in line)
    session.path.write_bytes(b"".join([*lines[:at], b"{not json\n", *lines[at + 1 :]]) + b'{"type":"ques')

    async def story() -> None:
        async with running(shelf_folder, latest=True) as pilot:
            chat = house(pilot).chat
            await wait_for(pilot, lambda: chat.transcript.turns)
            await wait_for(pilot, lambda: "cannot be read" in told(pilot) and "was cut short" in told(pilot))
            assert "question 3:" in seen(pilot, chat.transcript)
            await ask(pilot, FAST)
            assert LATENCY in str(last(pilot).answer)

    asyncio.run(story())


BUSY = [
    "/undo",
    "/fork",
    "/new",
    "/clear",
]


@pytest.mark.parametrize("command", BUSY)
def test_while_an_answer_is_made_the_session_cannot_be_changed_under_it(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await write(pilot, RATE)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "asking the model" in seen(pilot, chat.status))
            await write(pilot, command)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "an answer is being made" in told(pilot))
            assert chat.asked is not None
            assert [turn.question for turn in stored().turns] == [RATE]
            assert len(sessions().list()) == 1
            await pilot.press("escape")
            await wait_for(pilot, lambda: chat.asked is None)
            assert "unexpected" not in told(pilot)

    with scripted(monkeypatch, [Text("too late", delay=300.0)]):
        asyncio.run(story())


def test_numbers_of_papers_stay_what_they_are_in_a_fork(shelf_folder: Path) -> None:
    session = kept(shelf_folder, FAST, RATE)

    async def story() -> None:
        async with running(shelf_folder, session=session.id) as pilot:
            chat = house(pilot).chat
            await wait_for(pilot, lambda: chat.transcript.turns)
            await pilot.press("tab", "F")
            await wait_for(pilot, lambda: chat.session.id != session.id and len(chat.transcript.turns) == 2)
            await wait_for(pilot, lambda: f"{SOLVES}. [2.3]" in seen(pilot, last(pilot)))
            await wait_for(pilot, lambda: chat.prompt.area.has_focus)
            await pilot.press("tab", "E")
            await wait_for(pilot, lambda: prompt_text(pilot) == RATE)
            assert [turn.question for turn in chat.transcript.turns] == [FAST]
            await pilot.press("enter")
            await wait_for(pilot, lambda: len(chat.transcript.turns) == 2 and chat.asked is None)
            assert f"{SOLVES}. [2.3]" in seen(pilot, last(pilot))

    asyncio.run(story())
