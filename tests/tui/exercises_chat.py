"""The exercises of the chat and of the prompt: each carries its action out by key or slash command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from textual.pilot import Pilot

from tests.agent.conftest import RATE, SOLVES
from tests.tui.driving import ask, house, running, screen_text, told, wait_for, write
from tests.tui.exercises import exercise
from tests.tui.talking import prompt_text, sessions, stored

FAST = "How fast does Quokka plan a motion of a robot arm?"


async def command(pilot: Pilot[None], text: str) -> None:
    """Writes a slash command and sends it."""
    house(pilot).chat.prompt.area.focus()
    await write(pilot, text)
    await pilot.press("enter")


async def end_of(pilot: Pilot[None]) -> float:
    """Where the end of a transcript is that does not fit the screen; waits until it is scrolled to."""
    transcript = house(pilot).chat.transcript
    await wait_for(pilot, lambda: transcript.scroll_y == transcript.max_scroll_y > 0)
    return transcript.scroll_y


@exercise("answer.stop")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        chat = house(pilot).chat
        await ask(pilot, RATE)
        await pilot.press("tab", "n", "escape")
        assert chat.stop is None
        await pilot.press("escape")
        assert chat.prompt.area.has_focus


@exercise("session.new")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await ask(pilot, RATE)
        await pilot.press("ctrl+n")
        await wait_for(pilot, lambda: not house(pilot).chat.transcript.turns)
        await ask(pilot, RATE)
        assert len(sessions().list()) == 2


@exercise("session.open")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        chat = house(pilot).chat
        await ask(pilot, RATE)
        first = chat.session.id
        await pilot.press("ctrl+n")
        await wait_for(pilot, lambda: not chat.transcript.turns)
        await command(pilot, f"/open {first[-4:]}")
        await wait_for(pilot, lambda: len(chat.transcript.turns) == 1)
        assert chat.session.id == first


@exercise("session.rename")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await ask(pilot, RATE)
        await command(pilot, "/rename Provers")
        await wait_for(pilot, lambda: stored().title == "Provers")
        await command(pilot, "/rename")
        await wait_for(pilot, lambda: "Title of this session" in screen_text(pilot))
        await write(pilot, "Theorems")
        await pilot.press("enter")
        await wait_for(pilot, lambda: stored().title == "Theorems")


@exercise("session.fork")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        chat = house(pilot).chat
        await ask(pilot, RATE)
        await ask(pilot, FAST)
        first = chat.session.id
        await command(pilot, "/fork 1")
        await wait_for(pilot, lambda: chat.session.id != first and len(chat.transcript.turns) == 1)
        assert chat.session.parent == first


@exercise("session.undo")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await ask(pilot, RATE)
        await command(pilot, "/undo")
        await wait_for(pilot, lambda: not house(pilot).chat.transcript.turns)
        assert prompt_text(pilot) == RATE
        assert stored().turns == ()


@exercise("session.redo")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        chat = house(pilot).chat
        await ask(pilot, RATE)
        await command(pilot, "/undo")
        await wait_for(pilot, lambda: not chat.transcript.turns)
        chat.prompt.area.load_text("")
        await command(pilot, "/redo")
        await wait_for(pilot, lambda: len(chat.transcript.turns) == 1)
        assert len(stored().turns) == 1


@exercise("session.clear")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await ask(pilot, RATE)
        await command(pilot, "/clear")
        await wait_for(pilot, lambda: not house(pilot).chat.transcript.turns)
        assert len(stored().turns) == 1


@exercise("scope.edit")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        chat = house(pilot).chat
        await pilot.press("ctrl+t")
        await write(pilot, "year:2024-")
        await pilot.press("enter")
        await wait_for(pilot, lambda: "scope year:2024-" in screen_text(pilot))
        await command(pilot, "/scope author:Lee")
        await wait_for(pilot, lambda: str(chat.scope) == "author:Lee")
        await command(pilot, "/scope off")
        await wait_for(pilot, lambda: not chat.scope)


@exercise("papers.add")
async def _(shelf: Path) -> None:
    copy = Path(shutil.copytree(shelf, "a copy of the shelf"))
    row = {"title": "Kestrel", "abstract": "Kestrel is a drone that maps nine hectares of forest in one hour."}
    Path("more.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    async with running(copy) as pilot:
        await command(pilot, "/add more.jsonl")
        await wait_for(pilot, lambda: house(pilot).chat.status.papers == 15)
        assert "1 added" in told(pilot)


@exercise("chat.export")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await ask(pilot, RATE)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: house(pilot).screen is not house(pilot).chat)
        await pilot.press("enter")
        await wait_for(pilot, lambda: "written: " in told(pilot))
        await command(pilot, "/export bib out.bib")
        await wait_for(pilot, lambda: "out.bib" in told(pilot))
    (markdown,) = Path().glob("citeloom-*.md")
    assert SOLVES in markdown.read_text(encoding="utf-8")
    assert "@" in Path("out.bib").read_text(encoding="utf-8")


@exercise("answer.copy")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await ask(pilot, RATE)
        await command(pilot, "/copy")
        await wait_for(pilot, lambda: told(pilot))
        assert "error" not in told(pilot)


@exercise("answer.again")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        chat = house(pilot).chat
        await ask(pilot, RATE)
        await command(pilot, "/regen")
        await wait_for(pilot, lambda: len(chat.transcript.turns) == 2 and chat.asked is None)
        assert [turn.question for turn in stored().turns] == [RATE, RATE]


@exercise("tokens.show")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await command(pilot, "/tokens")
        await wait_for(pilot, lambda: "quote mode costs nothing" in told(pilot))


@exercise("sources.toggle")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        sources = house(pilot).chat.sources
        assert sources.region
        await pilot.press("f9")
        await wait_for(pilot, lambda: not sources.region)
        await command(pilot, "/sources")
        await wait_for(pilot, lambda: sources.region)


@exercise("prompt.send")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await write(pilot, RATE)
        await pilot.press("enter")
        await wait_for(pilot, lambda: house(pilot).chat.transcript.turns)
        assert prompt_text(pilot) == ""


@exercise("prompt.newline")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        for key in ("ctrl+j", "alt+enter", "shift+enter"):
            await pilot.press("a", key)
        assert prompt_text(pilot) == "a\na\na\n"
        assert not house(pilot).chat.transcript.turns


@exercise("prompt.complete")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await write(pilot, "/hel")
        await pilot.press("tab")
        assert prompt_text(pilot) == "/help "
        house(pilot).chat.prompt.area.load_text("")
        await pilot.press("tab")
        assert house(pilot).chat.transcript.has_focus


@exercise("prompt.earlier")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await ask(pilot, RATE)
        await ask(pilot, FAST)
        await pilot.press("up", "up")
        assert prompt_text(pilot) == RATE


@exercise("prompt.later")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await ask(pilot, RATE)
        await write(pilot, "draft")
        await pilot.press("up", "down")
        assert prompt_text(pilot) == "draft"


@exercise("prompt.history")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await ask(pilot, RATE)
        await ask(pilot, FAST)
        await pilot.press("ctrl+r")
        await wait_for(pilot, lambda: "Earlier questions" in screen_text(pilot))
        await write(pilot, "zeppelin")
        await pilot.press("enter")
        await wait_for(pilot, lambda: prompt_text(pilot) == RATE)


@exercise("prompt.editor")
async def _(shelf: Path) -> None:
    async with running(shelf) as pilot:
        await write(pilot, "a draft")
        await pilot.press("f4")
        # A terminal that is not there cannot be handed over; the draft stays.
        await wait_for(pilot, lambda: "cannot take over" in told(pilot) or "there is no program" in told(pilot))
        assert prompt_text(pilot) == "a draft"


@exercise("prompt.page_up")
async def _(shelf: Path) -> None:
    async with running(shelf, size=(60, 14)) as pilot:
        await ask(pilot, RATE)
        before = await end_of(pilot)
        await pilot.press("pageup")
        await wait_for(pilot, lambda: house(pilot).chat.transcript.scroll_y < before)
        assert house(pilot).chat.prompt.area.has_focus


@exercise("prompt.page_down")
async def _(shelf: Path) -> None:
    async with running(shelf, size=(60, 14)) as pilot:
        await ask(pilot, RATE)
        before = await end_of(pilot)
        await pilot.press("pageup")
        await wait_for(pilot, lambda: house(pilot).chat.transcript.scroll_y < before)
        await pilot.press("pagedown")
        await wait_for(pilot, lambda: house(pilot).chat.transcript.scroll_y == before)
        assert house(pilot).chat.prompt.area.has_focus
