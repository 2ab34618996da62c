"""The library screen: papers that come and go while it lists them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.widgets import Input

from agent.tui.screens.asking import AskDialog
from store.library import Library
from tests.agent.conftest import SHELF, write_papers
from tests.tui.driving import house, running, screen_text, told, wait_for
from tests.tui.exercises_library import browsing, copied, current, filtered, keys, screen

KITES = {"Robots on Kites": "A robot flies a kite over hills by day and by night. It rises to 900 metres in any wind."}


def everything(folder: Path) -> list[dict[str, object]]:
    with Library(folder) as library:
        return [paper.to_dict() for paper in library.papers()]


def test_a_library_that_is_not_there_says_how_to_fill_it_and_then_lists_what_was_added(tmp_path: Path) -> None:
    papers = write_papers(tmp_path / "papers.jsonl", dict(list(SHELF.items())[:2]))

    async def story() -> None:
        async with running(tmp_path / "library") as pilot:
            house(pilot).go("library")
            await wait_for(pilot, lambda: "There are no papers here yet" in screen_text(pilot))
            assert "Ctrl+O adds a file" in screen_text(pilot)
            await pilot.press("ctrl+o")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, AskDialog))
            pilot.app.screen.query_one(Input).value = str(papers)
            await pilot.press("enter")
            await wait_for(pilot, lambda: len(keys(pilot)) == 2)
            await wait_for(pilot, lambda: screen(pilot).table.has_focus)
            assert "There are no papers" not in screen_text(pilot)

    asyncio.run(story())


def test_highlight_filter_and_picks_stay_when_papers_are_added(shelf_folder: Path) -> None:
    async def story(folder: Path) -> None:
        more = write_papers(folder.parent / "more.jsonl", KITES)
        async with browsing(folder) as pilot:
            await filtered(pilot, "robot", 2)
            await pilot.press("escape", "down", "space")
            chosen = current(pilot)
            house(pilot).add_papers(str(more))
            await wait_for(pilot, lambda: len(keys(pilot)) == 3)
            assert current(pilot) == chosen
            assert screen(pilot).picked == {chosen}

    with copied(shelf_folder) as folder:
        asyncio.run(story(folder))


def test_papers_that_another_process_added_are_listed_when_the_screen_comes_back(shelf_folder: Path) -> None:
    async def story(folder: Path) -> None:
        more = write_papers(folder.parent / "more.jsonl", KITES)
        async with browsing(folder) as pilot:
            await pilot.press("escape")
            with Library(folder) as other:
                await asyncio.to_thread(other.add, [more])
            await pilot.press("f3")
            await wait_for(pilot, lambda: len(keys(pilot)) == len(SHELF) + 1)

    with copied(shelf_folder) as folder:
        asyncio.run(story(folder))


def test_removed_papers_come_back_whole_at_their_places_and_picked_as_they_were(shelf_folder: Path) -> None:
    async def story(folder: Path) -> None:
        before = everything(folder)
        async with browsing(folder) as pilot:
            listed = keys(pilot)
            await pilot.press("down", "space", "down", "space", "delete")
            await wait_for(pilot, lambda: "2 papers are removed" in told(pilot))
            assert keys(pilot) == [key for key in listed if key not in listed[1:3]]
            assert not screen(pilot).picked
            assert len(everything(folder)) == len(SHELF) - 2
            await pilot.press("x")
            await wait_for(pilot, lambda: len(keys(pilot)) == len(SHELF) - 3)
            await pilot.press("ctrl+z", "ctrl+z")
            await wait_for(pilot, lambda: keys(pilot) == listed)
            await wait_for(pilot, lambda: screen(pilot).picked == set(listed[1:3]))
            assert current(pilot) == listed[1]
            await wait_for(pilot, lambda: "2 papers are back" in told(pilot))
            await pilot.press("ctrl+z")
            await wait_for(pilot, lambda: "nothing was removed" in told(pilot))
        assert everything(folder) == before
        with Library(folder) as library:
            assert library.check_index() is None

    with copied(shelf_folder) as folder:
        asyncio.run(story(folder))


def test_a_removal_that_fails_is_told_and_the_list_shows_what_there_is(shelf_folder: Path) -> None:
    async def story(folder: Path) -> None:
        async with browsing(folder) as pilot:
            gone = keys(pilot)[0]
            with Library(folder) as other:
                other.remove([gone])
            await pilot.press("x")  # it is not there any more
            await wait_for(pilot, lambda: f"there is no paper {gone}" in told(pilot))
            await wait_for(pilot, lambda: gone not in keys(pilot))
            assert len(keys(pilot)) == len(SHELF) - 1
            await pilot.press("ctrl+z")
            await wait_for(pilot, lambda: "nothing was removed" in told(pilot))

    with copied(shelf_folder) as folder:
        asyncio.run(story(folder))
