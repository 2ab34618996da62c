"""The exercises of reading: what the keys do while the transcript or the sources have the focus."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from store.scope import parse
from tests.agent.conftest import RATE, SOLVES
from tests.tui.driving import ask, house, running, screen_text, told, wait_for
from tests.tui.exercises import exercise
from tests.tui.talking import prompt_text, seen, stored

FAST = "How fast does Quokka plan a motion of a robot arm?"


@asynccontextmanager
async def reading(shelf: Path, *questions: str) -> AsyncIterator[Pilot[None]]:
    """The chat with these questions answered, the focus on the transcript."""
    async with running(shelf, size=(100, 24)) as pilot:
        for question in questions or (RATE,):
            await ask(pilot, question)
        await pilot.press("tab")
        yield pilot


def place(pilot: Pilot[None]) -> str:
    """The place of the selected citation."""
    stop = house(pilot).chat.stop
    return stop.place if stop else ""


@exercise("cite.next")
async def _(shelf: Path) -> None:
    async with reading(shelf) as pilot:
        await pilot.press("n")
        assert place(pilot) == "1.3"
        assert SOLVES in seen(pilot, house(pilot).chat.sources)


@exercise("cite.previous")
async def _(shelf: Path) -> None:
    async with reading(shelf, RATE, FAST) as pilot:
        await pilot.press("N")
        assert place(pilot) == "2.2"
        await pilot.press("N")
        assert place(pilot) == "1.3"


@exercise("cite.number")
async def _(shelf: Path) -> None:
    async with reading(shelf, FAST, RATE) as pilot:
        await pilot.press("2")
        assert place(pilot) == "2.3"
        for digit in "3456789":
            await pilot.press(digit)
            assert f"this answer has no source {digit}" in told(pilot)
        await pilot.press("1")
        assert place(pilot) == "2.3", "the first paper of this answer, since none has the number 1"


@exercise("cite.expand")
async def _(shelf: Path) -> None:
    async with reading(shelf) as pilot:
        await pilot.press("n", "enter")
        await wait_for(pilot, lambda: "Close: Esc" in screen_text(pilot))
        await pilot.press("escape")
        assert place(pilot) == "1.3"


@exercise("cite.open")
async def _(shelf: Path) -> None:
    async with reading(shelf) as pilot:
        await pilot.press("o")
        await wait_for(pilot, lambda: "no page is known of this paper" in told(pilot))


@exercise("cite.copy")
async def _(shelf: Path) -> None:
    async with reading(shelf) as pilot:
        await pilot.press("n", "y")
        await wait_for(pilot, lambda: told(pilot))
        assert "error" not in told(pilot)


@exercise("turn.copy")
async def _(shelf: Path) -> None:
    async with reading(shelf) as pilot:
        await pilot.press("Y")
        await wait_for(pilot, lambda: told(pilot))
        assert "error" not in told(pilot)


@exercise("turn.next")
async def _(shelf: Path) -> None:
    async with reading(shelf, RATE, FAST) as pilot:
        chat = house(pilot).chat
        await pilot.press("left_square_bracket", "left_square_bracket")
        await wait_for(pilot, lambda: chat.current_turn is chat.transcript.turns[0])
        await pilot.press("right_square_bracket")
        await wait_for(pilot, lambda: chat.current_turn is chat.transcript.turns[1])


@exercise("turn.previous")
async def _(shelf: Path) -> None:
    async with reading(shelf, RATE, FAST) as pilot:
        chat = house(pilot).chat
        await pilot.press("left_square_bracket")
        await wait_for(pilot, lambda: chat.current_turn is chat.transcript.turns[0])
        await pilot.press("n")
        assert place(pilot) == "1.3"


@exercise("turn.again")
async def _(shelf: Path) -> None:
    async with reading(shelf, RATE, FAST) as pilot:
        chat = house(pilot).chat
        await pilot.press("left_square_bracket")
        await wait_for(pilot, lambda: chat.current_turn is chat.transcript.turns[0])
        await pilot.press("r")
        await wait_for(pilot, lambda: len(chat.transcript.turns) == 3 and chat.asked is None)
        assert stored().turns[-1].question == RATE


@exercise("turn.edit")
async def _(shelf: Path) -> None:
    async with reading(shelf, RATE, FAST) as pilot:
        chat = house(pilot).chat
        first = chat.session.id
        await pilot.press("E")
        await wait_for(pilot, lambda: prompt_text(pilot) == FAST)
        assert [turn.question for turn in chat.transcript.turns] == [RATE]
        assert chat.session.parent == first
        await wait_for(pilot, lambda: chat.prompt.area.has_focus)


@exercise("turn.fork")
async def _(shelf: Path) -> None:
    async with reading(shelf, RATE, FAST) as pilot:
        chat = house(pilot).chat
        first = chat.session.id
        await pilot.press("left_square_bracket")
        await wait_for(pilot, lambda: chat.current_turn is chat.transcript.turns[0])
        await pilot.press("F")
        await wait_for(
            pilot, lambda: chat.session.id != first and [turn.question for turn in chat.transcript.turns] == [RATE]
        )


@exercise("turn.pager")
async def _(shelf: Path) -> None:
    async with reading(shelf) as pilot:
        await pilot.press("v")
        # A terminal that is not there cannot be handed over.
        await wait_for(pilot, lambda: "cannot take over" in told(pilot) or "there is no program" in told(pilot))


@exercise("scope.widen")
async def _(shelf: Path) -> None:
    async with reading(shelf) as pilot:
        chat = house(pilot).chat
        chat.set_scope(parse("year:2024- author:Lee"))
        await pilot.press("w")
        assert str(chat.scope) == "year:2024-"


@exercise("reading.add")
async def _(shelf: Path) -> None:
    async with reading(shelf) as pilot:
        await pilot.press("a")
        await wait_for(pilot, lambda: "Add a file or folder" in screen_text(pilot))
        await pilot.press("escape")
        assert house(pilot).screen is house(pilot).chat


@exercise("scroll.down")
async def _(shelf: Path) -> None:
    await _scrolls(shelf, "g", "j", 1)
    await _scrolls(shelf, "g", "down", 1)


@exercise("scroll.up")
async def _(shelf: Path) -> None:
    await _scrolls(shelf, "G", "k", -1)
    await _scrolls(shelf, "G", "up", -1)


@exercise("scroll.top")
async def _(shelf: Path) -> None:
    async with reading(shelf, RATE, FAST, RATE) as pilot:
        transcript = house(pilot).chat.transcript
        for key in ("g", "home"):
            await pilot.press("G")
            await wait_for(pilot, lambda: transcript.scroll_y == transcript.max_scroll_y > 0)
            await pilot.press(key)
            await wait_for(pilot, lambda: transcript.scroll_y == 0)


@exercise("scroll.end")
async def _(shelf: Path) -> None:
    async with reading(shelf, RATE, FAST, RATE) as pilot:
        transcript = house(pilot).chat.transcript
        for key in ("G", "end"):
            await pilot.press("g")
            await wait_for(pilot, lambda: transcript.scroll_y == 0 < transcript.max_scroll_y)
            await pilot.press(key)
            await wait_for(pilot, lambda: transcript.scroll_y == transcript.max_scroll_y)


@exercise("scroll.half_down")
async def _(shelf: Path) -> None:
    await _scrolls(shelf, "g", "ctrl+d", 5)


@exercise("scroll.half_up")
async def _(shelf: Path) -> None:
    await _scrolls(shelf, "G", "ctrl+u", -5)


async def _scrolls(shelf: Path, start: str, key: str, at_least: int) -> None:
    """A key scrolls in its direction, so far at least, in the transcript."""
    async with reading(shelf, RATE, FAST, RATE) as pilot:
        transcript = house(pilot).chat.transcript
        await wait_for(pilot, lambda: transcript.scroll_y == transcript.max_scroll_y > 0)
        await pilot.press(start)
        before = 0 if start == "g" else transcript.max_scroll_y
        await wait_for(pilot, lambda: transcript.scroll_y == before)
        await pilot.press(key)
        await wait_for(pilot, lambda: (transcript.scroll_y - before) / at_least >= 1)
