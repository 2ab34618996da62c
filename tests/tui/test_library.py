"""The library screen: found, read, picked, asked, exported, removed and brought back."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from agent.tui.screens.export import ExportDialog
from agent.tui.screens.library import LibraryScreen
from agent.tui.screens.library_shelf import MOST_ASKED, written
from agent.tui.screens.source import SourceDialog
from agent.tui.widgets.paper import PaperPane
from agent.tui.widgets.papers import PapersHeader, PapersTable
from store import readers
from store.intake import Intake, Report
from store.library import Library
from tests.agent.conftest import SHELF, write_papers
from tests.tui.driving import house, running, screen_text, told, wait_for, write
from tests.tui.exercises_library import browsing, current, filtered, keys, said, screen

WriteJsonl = Callable[..., Path]
CATS = {
    "title": "Felines [bold]asleep[/bold]",
    "abstract": "Cats sleep for most of the day.\x1b[31m They hunt at [night](x). "
    + "They also purr. " * 40
    + "The end.",
    "authors": ["Ann Lee", "Bo Ek", "Cy Oz"],
    "date": "2024-02-11",
    "venue": "Journal of Cats",
    "identifiers": {"doi": "10.1000/cats"},
    "url": "https://example.org/cats",
    "variants": ["Cats sleep a lot, and hunt when it is dark."],
}
BANKS = {"title": "Banking", "abstract": "Banks lend money to those who have some.", "authors": ["Di Po"], "year": 1999}


def without_index(folder: Path, file: Path) -> Path:
    """A library whose papers are not indexed, which is quickly made."""
    folder.mkdir()
    with Library(folder) as made, made._writable() as catalogue:
        Intake(catalogue, Report()).take_file(str(file), readers.read(file), lambda _: None)
    return folder


def pane(app_screen: LibraryScreen) -> str:
    """All that the pane shows, scrolled or not."""
    parts = app_screen.query_one(PaperPane).query("Static")
    return "\n".join(str(part.render()) for part in parts)


# Finding


def test_a_list_gets_shorter_while_one_types_and_long_again_when_it_is_deleted(shelf_folder: Path) -> None:
    async def story() -> None:
        async with browsing(shelf_folder) as pilot:
            assert said(pilot) == f"{len(SHELF)} papers"
            await filtered(pilot, "proof lean", 1)
            assert keys(pilot) == ["lee2024balloon"]
            assert said(pilot).startswith(f"1 of {len(SHELF)} papers")
            await pilot.press("ctrl+u")
            await wait_for(pilot, lambda: len(keys(pilot)) == len(SHELF))

    asyncio.run(story())


def test_a_scope_that_is_not_finished_is_said_in_a_line_and_the_list_stays(shelf_folder: Path) -> None:
    async def story() -> None:
        async with browsing(shelf_folder) as pilot:
            await filtered(pilot, "robot", 2)
            listed = keys(pilot)
            screen(pilot).query_one("#filter", Input).insert_text_at_cursor(" year:20")  # at once: ` y` is a word
            await wait_for(pilot, lambda: "year:20 is no year" in said(pilot))
            assert keys(pilot) == listed
            await write(pilot, "24")
            await wait_for(pilot, lambda: said(pilot).startswith("2 of"))
            await pilot.press("backspace")
            await write(pilot, "3")
            await wait_for(pilot, lambda: keys(pilot) == [])
            assert "year:2023" in screen(pilot).text
            assert "no paper has all of these words" in screen_text(pilot)

    asyncio.run(story())


def test_enter_in_the_filter_line_ranks_by_relevance_and_the_next_word_filters_again(shelf_folder: Path) -> None:
    async def story() -> None:
        async with browsing(shelf_folder) as pilot:
            await filtered(pilot, "how do animals rest at night", 0)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "the most relevant" in said(pilot))
            assert keys(pilot)[0] == "lee2024sleep"
            assert current(pilot) == "lee2024sleep"
            assert screen(pilot).table.has_focus
            await filtered(pilot, "coral", 1)
            assert "the most relevant" not in said(pilot)

    asyncio.run(story())


def test_the_slash_command_filters(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            for words, number in (("robot", 2), ("year:2024 bird", 1)):  # the screen is made, and is there already
                house(pilot).chat.prompt.area.load_text(f"/papers {words}")
                await pilot.press("enter")
                await wait_for(pilot, lambda: isinstance(pilot.app.screen, LibraryScreen))
                await wait_for(pilot, lambda: len(keys(pilot)) == number)  # noqa: B023 - awaited within the round
                assert screen(pilot).table.has_focus
                await pilot.press("escape")
            assert pilot.app.screen is house(pilot).chat

    asyncio.run(story())


def test_more_papers_than_are_read_at_a_stretch_are_all_listed(tmp_path: Path) -> None:
    many = write_papers(
        tmp_path / "many.jsonl",
        {
            f"Paper {at}": f"Number {at} is about kites, which rise over hills and fall into the sea at night."
            for at in range(1200)
        },
    )
    folder = without_index(tmp_path / "library", many)

    async def story() -> None:
        async with browsing(folder, 1200) as pilot:
            await pilot.press("end")
            assert screen(pilot).table.cursor == 1199
            assert "Paper 1199" in screen_text(pilot)
            await filtered(pilot, "number 77", 11)
            await pilot.press("down")
            await wait_for(pilot, lambda: "Number 77" in pane(screen(pilot)))

    asyncio.run(story())


# Reading


def test_the_pane_shows_all_that_is_known_of_the_highlighted_paper_as_text(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    folder = without_index(tmp_path / "library", write_jsonl([BANKS, CATS]))

    async def story() -> None:
        async with browsing(folder, 2) as pilot:
            await pilot.press("j")
            await wait_for(pilot, lambda: "Felines" in pane(screen(pilot)))
            shown = pane(screen(pilot))
            for part in (
                "Felines [bold]asleep[/bold]",
                "Ann Lee, Bo Ek, Cy Oz",
                "2024-02-11 · Journal of Cats",
                "They hunt at [night](x).",
                "The end.",
                "doi  10.1000/cats",
                "https://example.org/cats",
                "papers.jsonl, line 2",
                "Cats sleep a lot, and hunt when it is dark.",
            ):
                assert part in shown
            assert "\x1b" not in shown + screen_text(pilot)
            await pilot.press("tab")
            focused = pilot.app.focused
            assert isinstance(focused, PaperPane)
            await pilot.press("j", "j")
            await wait_for(pilot, lambda: focused.scroll_offset.y > 0)
            assert current(pilot) == "lee2024felines"
            await pilot.press("escape")
            assert screen(pilot).table.has_focus

    asyncio.run(story())


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_list_and_paper_are_both_seen_in_every_size(shelf_folder: Path, size: tuple[int, int]) -> None:
    async def story() -> None:
        async with browsing(shelf_folder, size=size) as pilot:
            await wait_for(pilot, lambda: "Formal proofs are scarce" in screen_text(pilot))
            text = screen_text(pilot)
            for part in ("Filter", f"{len(SHELF)} papers", "Year", "Authors", "Title", "Quokka: Motion"):
                assert part in text
            table, side = screen(pilot).query_one(PapersTable).region, screen(pilot).query_one(PaperPane).region
            assert table.height >= 5
            assert (side.x >= table.right) if size[0] >= 110 else (side.y >= table.bottom)

    asyncio.run(story())


def test_enter_shows_the_paper_over_the_whole_screen(shelf_folder: Path) -> None:
    async def story() -> None:
        async with browsing(shelf_folder) as pilot:
            await pilot.click(PapersTable, offset=(30, 2), times=2)
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, SourceDialog))
            assert "Balloon" in screen_text(pilot)

    asyncio.run(story())


# Sorting and picking


def test_a_click_on_a_heading_sorts_and_another_one_turns_it_round(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    folder = without_index(tmp_path / "library", write_jsonl([CATS, BANKS]))

    async def story() -> None:
        async with browsing(folder, 2) as pilot:
            await pilot.click(PapersHeader, offset=(5, 0))
            await wait_for(pilot, lambda: keys(pilot) == ["po1999banking", "lee2024felines"])
            assert "Year ↑" in screen_text(pilot)
            assert current(pilot) == "lee2024felines"
            await pilot.click(PapersHeader, offset=(5, 0))
            await wait_for(pilot, lambda: keys(pilot) == ["lee2024felines", "po1999banking"])
            assert "Year ↓" in screen_text(pilot)

    asyncio.run(story())


def test_picks_survive_filtering_and_sorting_and_a_click_on_the_mark_picks(shelf_folder: Path) -> None:
    async def story() -> None:
        async with browsing(shelf_folder) as pilot:
            await pilot.press("space")
            await pilot.click(PapersTable, offset=(1, 2))
            picked = {keys(pilot)[0], keys(pilot)[2]}
            assert screen(pilot).picked == picked
            await filtered(pilot, "coral", 1)
            await pilot.press("escape", "space")
            assert said(pilot).startswith(f"1 of {len(SHELF)} papers, 3 picked")
            await filtered(pilot, "", len(SHELF))
            await pilot.press("escape", "s", "s", "s")
            await wait_for(pilot, lambda: keys(pilot)[0] == "lee2024survey")
            assert screen(pilot).picked == picked | {"lee2024coral"}
            assert len(re.findall("☑", screen_text(pilot))) == 3

    asyncio.run(story())


# Asking


def test_without_a_pick_the_scope_of_the_filter_is_asked_or_else_the_highlighted_paper(shelf_folder: Path) -> None:
    async def story() -> None:
        async with browsing(shelf_folder) as pilot:
            await filtered(pilot, "coral", 1)
            await pilot.press("escape", "c")
            assert str(house(pilot).chat.scope) == "key:lee2024coral"
            await pilot.press("f3")
            await filtered(pilot, "year:2024- author:lee", len(SHELF))
            await wait_for(pilot, lambda: screen(pilot).wanted.scope)
            await pilot.press("escape", "c")
            assert str(house(pilot).chat.scope) == "year:2024- author:lee"
            await wait_for(pilot, lambda: "/scope off" in told(pilot))

    asyncio.run(story())


def test_all_papers_picked_are_the_whole_library_and_too_many_are_refused(tmp_path: Path) -> None:
    number = MOST_ASKED + 2
    many = write_papers(
        tmp_path / "many.jsonl",
        {
            f"Paper {at}": f"Number {at} is about kites, which rise over hills and fall into the sea at night."
            for at in range(number)
        },
    )
    folder = without_index(tmp_path / "library", many)

    async def story() -> None:
        async with browsing(folder, number) as pilot:
            await pilot.press("A", "space", "c")
            await wait_for(pilot, lambda: f"{MOST_ASKED} are the most" in told(pilot))
            assert pilot.app.screen is screen(pilot)
            await pilot.press("down", "space")  # just as many as can be asked
            await pilot.press("c")
            assert len(house(pilot).chat.scope.conditions) == MOST_ASKED
            with Library(folder) as library:
                assert len(library.keys(house(pilot).chat.scope)) == MOST_ASKED
            await pilot.press("f3", "A", "c")
            assert not house(pilot).chat.scope

    asyncio.run(story())


# Exporting


def test_what_is_listed_is_exported_where_nothing_is_picked(shelf_folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "robots.jsonl"

    async def story() -> None:
        async with browsing(shelf_folder) as pilot:
            await filtered(pilot, "robot", 2)
            listed = keys(pilot)
            await pilot.press("escape", "ctrl+s")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, ExportDialog))
            pilot.app.screen.query_one(OptionList).highlighted = 3
            await wait_for(pilot, lambda: "robot" in screen_text(pilot))
            pilot.app.screen.query_one("#path", Input).value = str(target)
            await pilot.press("enter")
            await wait_for(pilot, target.exists)
            assert [json.loads(line)["key"] for line in target.read_text().splitlines()] == listed

    asyncio.run(story())


def test_exported_json_lines_are_read_back_as_the_same_papers(
    tmp_path: Path, write_jsonl: WriteJsonl, library: Library
) -> None:
    folder = without_index(tmp_path / "first", write_jsonl([CATS, BANKS]))
    with Library(folder) as first:
        papers = list(first.papers())
    (tmp_path / "out.jsonl").write_text(written(papers, "jsonl"), encoding="utf-8")
    library.add([tmp_path / "out.jsonl"])

    assert library.keys() == [paper.key for paper in papers]
    assert [paper.sha256 for paper in library.papers()] == [paper.sha256 for paper in papers]
    assert written(papers, "bib").count("@") == 2
