"""Walking through citations: keys, digits, the mouse, and the sentence in the abstract that stands out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from agent.tui.widgets.cited import CitedParagraph
from tests.agent.conftest import LATENCY, RATE, SOLVES, TRAINING, by_turns, place_of
from tests.support.replies import Reply, Request, Text
from tests.tui.driving import ask, house, running, screen_text, told, wait_for, write
from tests.tui.talking import last, scripted, seen, under

FAST = "How fast does Quokka plan a motion of a robot arm?"
BOTH = f"{RATE} {FAST}"


def three(request: Request) -> Reply:
    """Three claims that cite two sentences of one paper and one of another."""
    solves, training, latency = (place_of(request, words) for words in (SOLVES, TRAINING, LATENCY))
    return Text(f"{SOLVES} [{solves}]. {LATENCY} [{latency}]. {TRAINING} [{training}].")


def source(pilot: Pilot[None], name: str) -> str:
    """A part of the sources pane, as it was given to be shown."""
    return str(house(pilot).chat.sources.query_one(f"#source-{name}", Static).visual)


async def the_cited_sentence_stands_out(pilot: Pilot[None]) -> None:
    """It is the stored sentence byte for byte, within the whole abstract."""
    stop = house(pilot).chat.stop
    assert stop is not None
    assert stop.citation is not None
    abstract = stop.paper.abstract
    assert source(pilot, "sentence") == stop.citation.quote == abstract[stop.citation.start : stop.citation.end]
    before, sentence, after = (source(pilot, name) for name in ("before", "sentence", "after"))
    assert " ".join(part for part in (before, sentence, after) if part) == abstract
    title, pane = stop.paper.title, house(pilot).chat.sources
    assert title
    await wait_for(pilot, lambda: sentence in seen(pilot, pane) and title in seen(pilot, pane))


def test_n_walks_through_all_turns_as_one_chain_and_back(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, BOTH)
            await ask(pilot, BOTH)
            await pilot.press("tab", "left_square_bracket")
            walked = []
            for _ in range(6):
                await pilot.press("n")
                assert chat.stop is not None
                assert chat.selected_turn is not None
                walked.append((chat.transcript.turns.index(chat.selected_turn), chat.stop.place))
                await the_cited_sentence_stands_out(pilot)
                assert f"citation {len(walked) if len(walked) < 4 else len(walked) - 3} of 3" in seen(
                    pilot, chat.sources
                )
            one, other, training = (place for _, place in walked[:3])
            assert walked == [(turn, place) for turn in (0, 1) for place in (one, other, training)]
            assert one.split(".")[0] == training.split(".")[0] != other.split(".")[0]

            await pilot.press("n")
            assert "this is the last citation" in told(pilot)
            assert chat.stop is not None
            assert chat.stop.place == training
            await pilot.press("N", "N", "N")
            assert chat.current_turn is chat.transcript.turns[0]
            await pilot.press("N", "N", "N")
            assert "this is the first citation" in told(pilot)

    with scripted(monkeypatch, by_turns(three, three)):
        asyncio.run(story())


def test_digits_go_to_a_paper_and_through_its_sentences(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, BOTH)
            await pilot.press("tab", "n")
            assert chat.stop is not None
            digit = chat.stop.place.split(".")[0]
            assert (chat.selected, chat.stop.place) == (0, f"{digit}.3")
            await pilot.press(digit)
            assert (chat.selected, chat.stop.place) == (2, f"{digit}.4")
            await pilot.press(digit)
            assert chat.selected == 0
            await the_cited_sentence_stands_out(pilot)
            await pilot.press("9")
            assert "this answer has no source 9" in told(pilot)
            assert chat.selected == 0

    with scripted(monkeypatch, by_turns(three)):
        asyncio.run(story())


def test_esc_lets_go_of_the_citation_and_then_leads_to_the_prompt(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            await pilot.press("tab", "n")
            assert chat.stop is not None
            await pilot.press("escape")
            assert chat.stop is None
            assert chat.transcript.has_focus
            await pilot.press("escape")
            assert chat.prompt.area.has_focus
            await pilot.press("escape", "escape")
            assert house(pilot).is_running

    asyncio.run(story())


def test_the_whole_source_opens_over_the_chat_and_esc_closes_only_that(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            await pilot.press("tab", "enter")
            dialog = house(pilot).screen
            assert dialog is not chat
            assert f"{SOLVES}." in str(dialog.query_one("#source-sentence", Static).visual)
            assert "Ann Lee" in screen_text(pilot)
            assert "sha256" in str(dialog.query_one("#source-more", Static).visual)
            await pilot.press("y")
            await wait_for(pilot, lambda: told(pilot))
            await pilot.press("escape")
            assert house(pilot).screen is chat
            assert chat.stop is not None

    asyncio.run(story())


def test_a_narrow_screen_opens_the_drawer_and_esc_closes_it(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(60, 20)) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            assert not chat.sources.region
            await pilot.press("tab", "n")
            await wait_for(pilot, lambda: chat.sources.region.width == 60)
            await the_cited_sentence_stands_out(pilot)
            await pilot.press("escape")
            await wait_for(pilot, lambda: not chat.sources.region)
            assert chat.transcript.has_focus
            await pilot.press("f9")
            await wait_for(pilot, lambda: chat.sources.region)
            await pilot.press("f9")
            await wait_for(pilot, lambda: not chat.sources.region)

            await pilot.press("n")
            await pilot.resize_terminal(100, 30)
            await wait_for(pilot, lambda: chat.sources.region.x > 30)
            await the_cited_sentence_stands_out(pilot)
            await pilot.press("f9")
            await wait_for(pilot, lambda: not chat.sources.region)
            await pilot.press("f9")
            await wait_for(pilot, lambda: chat.sources.region)

    asyncio.run(story())


def test_esc_closes_a_drawer_that_shows_no_citation(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(60, 20)) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            await pilot.press("f9")
            await wait_for(pilot, lambda: chat.sources.region)
            await pilot.press("escape")
            await wait_for(pilot, lambda: not chat.sources.region)

    asyncio.run(story())


def row_with(pilot: Pilot[None], text: str, column: int) -> int:
    """The first row of the screen in which the text stands at this column or a little behind it."""
    rows = screen_text(pilot).splitlines()
    return next(at for at, row in enumerate(rows) if text in row[column : column + 10])


async def click_mark(pilot: Pilot[None], mark: str) -> None:
    """Clicks on the first such mark that is on the screen."""
    paragraph = next(found for found in last(pilot).query(CitedParagraph) if mark in found._content.plain)
    rows = screen_text(pilot).splitlines()
    row = next(at for at in range(paragraph.region.y, paragraph.region.bottom) if mark in rows[at])
    column = rows[row].index(mark) + 1
    await pilot.click(paragraph, offset=(column - paragraph.region.x, row - paragraph.region.y))
    await pilot.pause()


def test_a_click_on_a_mark_selects_its_sentence(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(100, 40)) as pilot:
            await ask(pilot, BOTH)
            stops = last(pilot).stops
            assert len(stops) == 3
            for stop in reversed(stops):
                await click_mark(pilot, f"[{stop.place}]")
                assert house(pilot).chat.stop == stop
                await the_cited_sentence_stands_out(pilot)

    with scripted(monkeypatch, by_turns(three)):
        asyncio.run(story())


@pytest.mark.parametrize("column", [0, 60], ids=["references", "sources"])
def test_a_click_on_a_paper_selects_its_first_sentence(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch, column: int
) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(100, 40)) as pilot:
            chat = house(pilot).chat
            await ask(pilot, BOTH)
            for number in (2, 1):
                await pilot.click(offset=(column + 9, row_with(pilot, f"[{number}] ", column)))
                await pilot.pause()
                assert chat.stop is not None
                assert chat.stop.number == number
                chat.select(last(pilot))

    with scripted(monkeypatch, by_turns(three)):
        asyncio.run(story())


def test_a_click_on_a_nearest_paper_shows_it(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(100, 40)) as pilot:
            chat = house(pilot).chat
            await ask(pilot, "Who won the chess olympiad of 1924 in Paris?")
            rows = screen_text(pilot).splitlines()
            at = next(at for at, row in enumerate(rows) if "• Curricula" in row[:58])
            await pilot.click(offset=(12, at))
            await pilot.pause()
            assert chat.stop is not None
            assert chat.stop.paper.title == "Curricula for Theorem Provers"

    asyncio.run(story())


def test_the_selected_mark_stands_out_among_the_others(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, BOTH)
            await pilot.press("tab", "n")
            chat = house(pilot).chat
            assert chat.stop is not None
            (paragraph,) = last(pilot).query(CitedParagraph)
            looks = {stop.place: _style_at(paragraph, f"[{stop.place}]") for stop in last(pilot).stops}
            assert looks[chat.stop.place] not in [look for place, look in looks.items() if place != chat.stop.place]
            assert len(set(looks.values())) == 2

    with scripted(monkeypatch, by_turns(three)):
        asyncio.run(story())


def _style_at(paragraph: CitedParagraph, mark: str) -> str:
    at = paragraph._content.plain.index(mark) + 1
    return str(
        [span.style for span in paragraph._content.spans if span.start <= at < span.end and isinstance(span.style, str)]
    )


def test_with_nothing_to_walk_through_every_key_says_so(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await pilot.press("tab")
            for key in "nN1oyYrEFvw":
                await pilot.press(key)
            await pilot.press("enter", "right_square_bracket", "left_square_bracket", "g", "G", "ctrl+d", "ctrl+u")
            assert "there is no citation yet" in told(pilot)
            assert "this answer has no source 1" in told(pilot)
            assert "there is no citation to choose" in told(pilot)
            assert "there is no answer to copy" in told(pilot)
            assert "unexpected" not in told(pilot)
            assert "error" not in told(pilot)

    asyncio.run(story())


def test_a_failed_turn_is_passed_over_by_the_walk(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            await ask(pilot, f"{RATE} year:1999")
            assert "no paper" in under(last(pilot))
            await pilot.press("tab", "n")
            assert chat.stop is not None
            assert chat.stop.place == "1.3"

    asyncio.run(story())


def test_copy_with_a_number_copies_that_turn(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, RATE)
            await ask(pilot, FAST)
            await write(pilot, "/copy 1")
            await pilot.press("enter")
            await wait_for(pilot, lambda: told(pilot))
            assert SOLVES in house(pilot).clipboard
            assert LATENCY not in house(pilot).clipboard

    asyncio.run(story())
