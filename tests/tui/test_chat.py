"""Quote mode in the chat: what is asked, what is shown for it, and what is kept."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from agent.answer import ABSTENTION, Answer
from agent.tui.widgets.turn import TurnView
from store.library import Library
from store.scope import parse
from tests.agent.conftest import LATENCY, RATE, SOLVES
from tests.tui.driving import ask, house, running, screen_text, told, wait_for, write
from tests.tui.talking import last, prompt_text, running_anyhow, seen, stored, under

FAST = "How fast does Quokka plan a motion of a robot arm?"
MICE = "key:lee2024sleep"
NOTHING = "Who won the chess olympiad of 1924 in Paris?"


def test_a_question_is_answered_with_its_sentence_and_the_session_keeps_it(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            assert chat.prompt.area.has_focus
            await write(pilot, RATE)
            await pilot.press("enter")
            await wait_for(pilot, lambda: chat.transcript.turns and last(pilot).answer)

            assert RATE in seen(pilot, last(pilot))
            assert f"{SOLVES}. [1.3]" in seen(pilot, last(pilot))
            assert "[1] Zeppelin: Open Provers" in seen(pilot, chat.sources)
            assert chat.prompt.area.has_focus
            assert prompt_text(pilot) == ""
            assert "14 papers" in seen(pilot, chat.status)
            assert "quote mode" in seen(pilot, chat.status)
            (turn,) = stored().turns
            assert turn.question == RATE
            assert turn.answer == last(pilot).answer

    asyncio.run(story())


def test_a_follow_up_is_understood_by_the_question_before_it(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, "What does Balloon learn from?")
            await ask(pilot, "And what share of miniF2F does it prove?")
            answer = last(pilot).answer
            assert answer
            assert answer.asked
            assert "Balloon" in answer.asked
            assert "Balloon proves 44.1%" in answer.marked
            assert [turn.number for turn in house(pilot).chat.transcript.turns] == [1, 2]

    asyncio.run(story())


def test_an_abstention_says_what_was_looked_for_and_its_keys_lead_on(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(100, 40)) as pilot:
            chat = house(pilot).chat
            chat.set_scope(parse("year:2024- author:Lee"))
            await ask(pilot, NOTHING)

            card = under(last(pilot))
            assert card.startswith(ABSTENTION)
            assert f"Searched within year:2024- author:Lee for: {NOTHING}" in card
            assert "Nearest papers, which do not answer it:" in card
            assert card.count("• ") == 3
            assert ABSTENTION in seen(pilot, last(pilot))
            assert ABSTENTION not in seen(pilot, last(pilot).markdown)

            await pilot.press("tab", "n")
            assert chat.stop is not None
            assert chat.stop.citation is None
            assert "one of the nearest papers; it does not answer the question" in seen(pilot, chat.sources)
            assert "supported" not in seen(pilot, chat.sources)

            await pilot.press("w")
            assert str(chat.scope) == "year:2024-"
            await pilot.press("w")
            await pilot.press("w")
            assert not chat.scope
            assert "the whole library is asked already" in told(pilot)

            await pilot.press("a")
            await wait_for(pilot, lambda: "Add a file or folder" in screen_text(pilot))
            await pilot.press("escape")
            assert house(pilot).screen is chat

    asyncio.run(story())


def test_a_scope_without_papers_is_explained_and_can_be_widened(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            chat.set_scope(parse("year:1999"))
            await ask(pilot, RATE)
            assert "no paper in the library is in the scope year:1999" in under(last(pilot))
            await pilot.press("tab", "w", "r")
            await wait_for(pilot, lambda: len(chat.transcript.turns) == 2 and chat.asked is None)
            assert SOLVES in str(last(pilot).answer)

    asyncio.run(story())


def test_asking_again_leaves_both_answers_and_uses_the_scope_of_now(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            chat.set_scope(parse(MICE))
            await ask(pilot, RATE)
            first = last(pilot).answer
            assert first
            assert first.abstained
            await pilot.press("tab", "w", "r")
            await wait_for(pilot, lambda: len(chat.transcript.turns) == 2 and chat.asked is None)
            again = last(pilot).answer
            assert again
            assert not again.abstained
            assert again.scope == ""
            assert [turn.scope for turn in stored().turns] == [MICE, ""]

    asyncio.run(story())


def test_scope_words_in_a_question_narrow_that_question_alone(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, f"{RATE} {MICE}")
            assert f"scope {MICE}" in seen(pilot, last(pilot))
            assert last(pilot).question == f"{RATE} {MICE}"
            assert stored().turns[0].scope == MICE
            assert not chat.scope
            assert "whole library" in seen(pilot, chat.status)
            await ask(pilot, RATE)
            assert SOLVES in str(last(pilot).answer)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("???", "the question is empty"), ("year:2024-", "the question is empty"), ("what year:soon", "soon")],
    ids=["no-word", "scope-alone", "bad-scope"],
)
def test_a_question_that_cannot_be_asked_stays_in_the_prompt_and_is_explained(
    shelf_folder: Path, text: str, complaint: str
) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            chat.prompt.area.load_text(text)
            await pilot.press("enter")
            await wait_for(pilot, lambda: told(pilot))
            assert complaint in told(pilot)
            assert prompt_text(pilot) == text
            assert not chat.transcript.turns
            assert not chat.session.is_recorded

    asyncio.run(story())


def test_an_empty_prompt_is_never_sent(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await pilot.press("enter", "space", "space", "enter", "ctrl+j", "enter")
            await pilot.pause(0.1)
            assert not house(pilot).chat.transcript.turns
            assert told(pilot) == ""

    asyncio.run(story())


def test_the_turn_is_in_the_file_before_it_is_drawn_as_done(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_file: list[Answer | None] = []
    real = TurnView.finish

    async def finish(view: TurnView, answer: Answer, number: int | None) -> None:
        in_file.append(stored().turns[-1].answer)
        assert view.is_open
        await real(view, answer, number)

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, RATE)
            await ask(pilot, NOTHING)
            assert in_file == [turn.answer for turn in house(pilot).chat.transcript.turns]
            assert None not in in_file

    monkeypatch.setattr(TurnView, "finish", finish)
    asyncio.run(story())


def test_an_answer_that_cannot_be_kept_is_shown_and_that_is_said(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            chat.session.path.unlink()
            await ask(pilot, FAST)
            assert "was removed while it was open" in under(last(pilot))
            assert "citeloom sessions restore" in under(last(pilot))
            assert chat.asked is None
            await pilot.press("ctrl+n")
            await wait_for(pilot, lambda: not chat.transcript.turns)
            await ask(pilot, FAST)
            assert LATENCY in str(last(pilot).answer)

    asyncio.run(story())


def test_a_library_that_cannot_be_opened_is_explained_under_the_question(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "papers.db").write_bytes(b"this is no database" * 100)

    async def story() -> None:
        async with running_anyhow(tmp_path / "broken") as pilot:
            await wait_for(pilot, lambda: "error" in told(pilot))
            await ask(pilot, RATE)
            assert last(pilot).has_class("failed")
            assert under(last(pilot)).startswith("✗ ")
            assert "\n" in under(last(pilot))
            assert stored().turns[0].error

    asyncio.run(story())


def test_a_notice_of_the_answer_stands_under_it(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, "強化学習は数学の証明にどのように使われますか")
            assert "mostly in another script" in under(last(pilot))
            assert under(last(pilot)).count("mostly in another script") == 1

    asyncio.run(story())


def test_papers_that_are_added_are_counted_and_asked_at_once(shelf_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shelf_folder, tmp_path / "copy"))
    abstract = "Kestrel is a drone that maps forests. Kestrel maps nine hectares of forest in one hour."
    (tmp_path / "more papers.jsonl").write_text(json.dumps({"title": "Kestrel", "abstract": abstract}) + "\n")

    async def story() -> None:
        async with running(folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, "How many hectares of forest does Kestrel map in one hour?")
            chat.prompt.area.load_text("/add 'more papers.jsonl'")
            await pilot.press("enter")
            await wait_for(pilot, lambda: chat.status.papers == 15)
            assert "more papers.jsonl: 1 papers, 1 added" in told(pilot)
            await ask(pilot, "How many hectares of forest does Kestrel map in one hour?")
            assert "Kestrel maps nine hectares" in str(last(pilot).answer)

    asyncio.run(story())
    with Library(folder) as library:
        assert library.count() == 15


def test_a_stop_that_comes_after_the_quoted_answer_changes_nothing(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            await pilot.press("escape", "escape")
            assert len(chat.transcript.turns) == 1
            assert chat.prompt.area.has_focus
            assert chat.status.stage == ""
            assert told(pilot) == ""
            assert stored().turns[0].answer == last(pilot).answer

    asyncio.run(story())
