"""Drafts: what was written and not sent comes back, and what was sent does not."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from agent import settings
from agent.tui.drafts import NEW, Draft, Drafts
from store.scope import parse
from tests.agent.conftest import RATE, SOLVES, by_turns
from tests.support.replies import Reply, Text
from tests.tui.driving import ask, house, running, wait_for, write
from tests.tui.talking import last, prompt_text, running_anyhow, scripted, seen, stored, under
from tests.tui.test_chat_model import half


def drafts() -> Drafts:
    """The file of drafts, as another process would see it."""
    return Drafts(settings.data_folder() / "drafts.json")


def test_a_draft_and_its_scope_come_back_when_the_app_is_opened_again(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            house(pilot).chat.set_scope(parse("year:2024-"))
            await write(pilot, "half a question")
            await pilot.press("ctrl+q")
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            assert prompt_text(pilot) == "half a question"
            assert "scope year:2024-" in seen(pilot, chat.status)
            chat.prompt.area.load_text("")
            await ask(pilot, RATE)
            await write(pilot, "and then")
            await pilot.press("ctrl+q")
        async with running(shelf_folder, latest=True) as pilot:
            await wait_for(pilot, lambda: house(pilot).chat.transcript.turns)
            assert prompt_text(pilot) == "and then"
            assert str(house(pilot).chat.scope) == "year:2024-"

    asyncio.run(story())


def test_a_draft_that_was_sent_does_not_come_back(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await write(pilot, RATE)
            await pilot.press("ctrl+q")
        async with running(shelf_folder) as pilot:
            assert prompt_text(pilot) == RATE
            await pilot.press("enter")
            await wait_for(pilot, lambda: house(pilot).chat.transcript.turns and house(pilot).chat.asked is None)
            await pilot.press("ctrl+q")
        async with running(shelf_folder) as pilot:
            assert prompt_text(pilot) == ""

    asyncio.run(story())


def test_going_on_with_a_session_leaves_the_draft_of_a_new_one(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, RATE)
        async with running(shelf_folder) as pilot:
            await write(pilot, "a draft of a new session")
            await pilot.press("ctrl+q")
        async with running(shelf_folder, latest=True) as pilot:
            await wait_for(pilot, lambda: house(pilot).chat.transcript.turns)
            await pilot.press("ctrl+q")
        async with running(shelf_folder) as pilot:
            assert prompt_text(pilot) == "a draft of a new session"

    asyncio.run(story())


def test_a_new_session_out_of_an_empty_one_does_not_lose_the_draft(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await write(pilot, "half a question")
            before = house(pilot).chat.session
            await pilot.press("ctrl+n")
            await wait_for(pilot, lambda: house(pilot).chat.session is not before)
            await pilot.pause()
            assert prompt_text(pilot) == "half a question"

    asyncio.run(story())


def test_a_question_that_is_sent_before_the_session_is_open_is_answered_or_kept(shelf_folder: Path) -> None:
    slow = threading.Event()
    outcome: list[bool] = []

    async def story() -> None:
        async with running_anyhow(shelf_folder, slow) as pilot:
            chat = house(pilot).chat
            await write(pilot, RATE)
            await pilot.press("enter")
            slow.set()
            await wait_for(pilot, lambda: chat.status.papers is not None and chat.asked is None)
            outcome.append(prompt_text(pilot) == RATE or SOLVES in str(last(pilot).answer))

    with suppress(AttributeError):  # what an app that ends raises once more; it is told by the outcome
        asyncio.run(story())
    assert outcome == [True]


def test_quitting_before_the_session_is_open_keeps_the_draft(shelf_folder: Path) -> None:
    slow = threading.Event()

    async def story() -> None:
        async with running_anyhow(shelf_folder, slow) as pilot:
            await write(pilot, "typed at once")
            await pilot.press("ctrl+q")
            slow.set()

    with suppress(AttributeError):  # what an app that ends raises once more; it is told by the draft
        asyncio.run(story())
    assert drafts().get(NEW).text == "typed at once"


def test_what_is_typed_before_the_session_is_open_is_not_lost(shelf_folder: Path) -> None:
    slow = threading.Event()
    drafts().set(NEW, Draft("an old draft"))

    async def story() -> None:
        async with running_anyhow(shelf_folder, slow) as pilot:
            await write(pilot, "typed at once")
            slow.set()
            await wait_for(pilot, lambda: house(pilot).chat.status.papers is not None)
            assert "typed at once" in prompt_text(pilot)

    asyncio.run(story())


def test_quitting_in_the_middle_of_an_answer_loses_nothing(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await write(pilot, RATE)
            await pilot.press("enter")
            await wait_for(pilot, lambda: chat.asked and "And moreover" in seen(pilot, chat.asked))
            await write(pilot, "and then")
            await pilot.press("ctrl+q")
        (turn,) = stored().turns
        assert turn.question == RATE
        assert turn.stopped
        assert turn.answer
        assert SOLVES in turn.answer.marked
        async with running(shelf_folder, latest=True) as pilot:
            await wait_for(pilot, lambda: house(pilot).chat.transcript.turns)
            assert SOLVES in seen(pilot, last(pilot))
            assert "stopped; this is what there was" in under(last(pilot))
            assert prompt_text(pilot) == "and then"

    with scripted(monkeypatch, by_turns(half)):
        asyncio.run(story())


@pytest.mark.parametrize("reply", [Text("too late", delay=300.0)], ids=["silent"])
def test_quitting_before_there_is_any_text_keeps_the_question(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await write(pilot, RATE)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "asking the model" in seen(pilot, chat.status))
            await pilot.press("ctrl+q")
        (turn,) = stored().turns
        assert turn.question == RATE
        assert turn.stopped
        async with running(shelf_folder, latest=True) as pilot:
            await wait_for(pilot, lambda: house(pilot).chat.transcript.turns)
            assert "stopped before there was any text" in under(last(pilot))
            assert "no citation" not in under(last(pilot))
            await pilot.press("tab", "E")
            await wait_for(pilot, lambda: prompt_text(pilot) == RATE)

    with scripted(monkeypatch, [reply]):
        asyncio.run(story())


def test_a_turn_that_a_killed_process_left_open_is_shown_as_interrupted(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, RATE)
        session = stored()
        session.begin("How fast is Quokka?", "", "quote")
        session.close()
        async with running(shelf_folder, latest=True) as pilot:
            await wait_for(pilot, lambda: len(house(pilot).chat.transcript.turns) == 2)
            assert "interrupted before there was an answer; ask again" in under(last(pilot))
            await pilot.press("tab", "r")
            await wait_for(pilot, lambda: len(house(pilot).chat.transcript.turns) == 3 and last(pilot).answer)

    asyncio.run(story())


@pytest.mark.parametrize(
    "content", ["", "[1, 2]", '{"new": {"text": 3}}', '{"new": {"text": "x", "scope": "year:no"}}']
)
def test_a_damaged_file_of_drafts_does_not_keep_the_chat_from_opening(shelf_folder: Path, content: str) -> None:
    path = drafts().path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, RATE)
            assert SOLVES in str(last(pilot).answer)

    asyncio.run(story())
