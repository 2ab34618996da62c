"""The exercises of the library screen, and how it is driven."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from agent.tui.screens.asking import AskDialog
from agent.tui.screens.export import ExportDialog
from agent.tui.screens.library import LibraryScreen
from agent.tui.screens.library_rows import filter_of
from agent.tui.screens.source import SourceDialog
from tests.agent.conftest import SHELF, write_papers
from tests.tui.driving import USUAL, Size, house, running, told, wait_for, write
from tests.tui.exercises import exercise


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """A copy of a library, to be changed."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        yield Path(shutil.copytree(folder, Path(made) / "library"))


def screen(pilot: Pilot[None]) -> LibraryScreen:
    """The library screen, whatever is over it."""
    found = house(pilot).get_screen("library")
    assert isinstance(found, LibraryScreen)
    return found


def keys(pilot: Pilot[None]) -> list[str]:
    """The keys of the papers that are listed, in order."""
    return [row.key for row in screen(pilot).table.rows]


def said(pilot: Pilot[None]) -> str:
    """The line under the filter line."""
    return str(screen(pilot).query_one("#library-said").render())


@asynccontextmanager
async def browsing(folder: Path, number: int = len(SHELF), size: Size = USUAL) -> AsyncIterator[Pilot[None]]:
    """The app on its library screen, so many papers listed."""
    async with running(folder, size) as pilot:
        await pilot.press("f3")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, LibraryScreen) and len(keys(pilot)) == number)
        yield pilot


async def filtered(pilot: Pilot[None], text: str, number: int) -> None:
    """Writes in the filter line, and waits until so many papers are listed for the whole of it."""
    await pilot.press("slash")
    screen(pilot).query_one("#filter", Input).value = ""
    await write(pilot, text)
    await wait_for(pilot, lambda: screen(pilot).wanted == filter_of(text) and len(keys(pilot)) == number)


def current(pilot: Pilot[None]) -> str:
    """The key of the highlighted paper."""
    row = screen(pilot).table.current
    assert row
    return row.key


@exercise("library.add")
async def _(shelf: Path) -> None:
    with copied(shelf) as folder:
        more = write_papers(folder.parent / "more.jsonl", {"Kites": "Kites rise in wind. Ours rises to 900 metres."})
        async with browsing(folder) as pilot:
            await pilot.press("ctrl+o")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, AskDialog))
            pilot.app.screen.query_one(Input).value = str(more)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "lee2024kites" in keys(pilot))


@exercise("library.export")
async def _(shelf: Path) -> None:
    target = Path("refs.bib").absolute()
    async with browsing(shelf) as pilot:
        await pilot.press("space", "ctrl+s")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ExportDialog))
        pilot.app.screen.query_one("#path", Input).value = str(target)
        await pilot.press("enter")
        await wait_for(pilot, target.exists)
        assert target.read_text(encoding="utf-8").count("@") == 1
        assert current(pilot) in target.read_text(encoding="utf-8")


@exercise("library.undo")
async def _(shelf: Path) -> None:
    with copied(shelf) as folder:
        async with browsing(folder) as pilot:
            before = keys(pilot)
            await pilot.press("x")
            await wait_for(pilot, lambda: len(keys(pilot)) == len(SHELF) - 1)
            await pilot.press("ctrl+z")
            await wait_for(pilot, lambda: keys(pilot) == before)


@exercise("library.leave")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        await pilot.press("slash", "escape")
        assert screen(pilot).table.has_focus
        await pilot.press("escape")
        assert pilot.app.screen is house(pilot).chat


@exercise("papers.filter")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        await filtered(pilot, "coral", 1)
        assert keys(pilot) == ["lee2024coral"]


@exercise("papers.open")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, SourceDialog))


@exercise("papers.pick")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        await pilot.press("space")
        assert screen(pilot).picked == {keys(pilot)[0]}
        assert "1 picked" in said(pilot)
        await pilot.press("space")
        assert not screen(pilot).picked


@exercise("papers.pick_all")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        await pilot.press("A")
        assert screen(pilot).picked == set(keys(pilot))
        await pilot.press("A")
        assert not screen(pilot).picked


@exercise("papers.scope")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        await pilot.press("space", "down", "space", "c")
        await wait_for(pilot, lambda: pilot.app.screen is house(pilot).chat)
        assert str(house(pilot).chat.scope) == f"key:{keys(pilot)[0]} key:{keys(pilot)[1]}"


@exercise("papers.sort")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        while screen(pilot).sorting.column != "title":
            await pilot.press("s")
        await wait_for(pilot, lambda: keys(pilot)[0] == "lee2024survey")  # "A Survey …"


@exercise("papers.reverse")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        before = keys(pilot)
        await pilot.press("S")
        await wait_for(pilot, lambda: keys(pilot) == before[::-1])
        assert "the last added first" in said(pilot)


@exercise("papers.remove")
async def _(shelf: Path) -> None:
    with copied(shelf) as folder:
        async with browsing(folder) as pilot:
            gone = keys(pilot)[0]
            await pilot.press("x")
            await wait_for(pilot, lambda: len(keys(pilot)) == len(SHELF) - 1)
            assert gone not in keys(pilot)
            await wait_for(pilot, lambda: "Ctrl+Z brings it back" in told(pilot))


@exercise("papers.url")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        await pilot.press("o")
        await wait_for(pilot, lambda: "no page is known of this paper" in told(pilot))


@exercise("papers.copy")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        before = told(pilot)
        await pilot.press("y")
        await wait_for(pilot, lambda: told(pilot) != before)
        if pilot.app.clipboard:  # else another way was found, and the notice names it
            assert f"[{current(pilot)}]" in pilot.app.clipboard


@exercise("papers.down")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        await pilot.press("j", "j")
        assert screen(pilot).table.cursor == 2


@exercise("papers.up")
async def _(shelf: Path) -> None:
    async with browsing(shelf) as pilot:
        await pilot.press("j", "j", "k")
        assert screen(pilot).table.cursor == 1
