"""The screen of summaries: what is shown while one is made and after, every claim a step from its sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from agent.answer import Citation, Claim
from agent.summary.rendering import FORMATS, render
from agent.summary.values import NOT_COVERED, Block, Planned, Section, SectionDone, SectionStarted
from agent.tui.screens.export import ExportDialog
from agent.tui.screens.summary import SummaryScreen
from agent.tui.screens.summary_pages import Page, after, planned
from agent.tui.screens.summary_words import stem
from store.library import Library
from store.scope import parse
from tests.cli.test_summarize import TOPIC
from tests.conftest import Citeloom
from tests.tui.driving import Size, house, running, screen_text, told, wait_for, write
from tests.tui.summaries import begun, made, summaries
from tests.tui.talking import seen

SHELF_TOPIC = "miniF2F"
PARTS = ["Overview", "Comparison", "Timeline", "Open questions", "Coverage"]
CLAIM = Claim("Ours is fast.", "supported", (Citation(1, "lee", 1, 0, 13, "Ours is fast.", "", 0.9),))


def outline(screen: SummaryScreen) -> list[str]:
    """The lines of the outline."""
    return [str(option.prompt) for option in screen.outline.options]


def marks(screen: SummaryScreen) -> list[str]:
    """The places that every claim of the summary cites, in reading order, each once a page."""
    return [stop.place for page in screen.pages for stop in page.stops]


def begins_in(pilot: Pilot[None], widget: Widget, text: str) -> bool:
    """Whether the first word of a text is seen in a widget."""
    return text.split()[0] in seen(pilot, widget)


def shows(pilot: Pilot[None], screen: SummaryScreen, page: Page) -> bool:
    """Whether a page is what is read."""
    return screen.page == page and screen.markdown.source == page.text and page.title in seen(pilot, screen.section)


# When it is there


def test_a_summary_has_all_parts_and_each_is_shown_when_it_is_highlighted(seed_folder: Path) -> None:
    async def story() -> None:
        async with running(seed_folder) as pilot:
            screen = await made(pilot, TOPIC)
            assert screen.summary
            titles = [page.title for page in screen.pages]
            assert [title for title in titles if title in PARTS] == PARTS
            assert [title for title in titles if title not in PARTS] == [part.title for part in screen.summary.sections]
            assert screen.outline.has_focus
            for page in screen.pages:
                assert page.text
                await wait_for(pilot, partial(shows, pilot, screen, page))
                await pilot.press("down")
            assert "22 papers of the library bear on this topic" in screen.pages[0].text
            assert outline(screen)[1] == f" 5 {titles[1]}"
            assert "quote mode" in seen(pilot, screen.status)

    asyncio.run(story())


def test_walking_leads_through_every_cited_sentence_of_all_sections_and_back(seed_folder: Path) -> None:
    async def story() -> None:
        async with running(seed_folder, size=(140, 40)) as pilot:
            screen = await made(pilot, TOPIC)
            expected, walked = marks(screen), []
            sentence = screen.query_one("#source-sentence")
            for _ in expected:
                await pilot.press("n")
                stop = screen.stop
                assert stop
                assert stop.citation
                walked.append((screen.shown, stop.place))
                assert screen.markdown.selected == stop.place
                assert stop.citation.quote == stop.paper.abstract[stop.citation.start : stop.citation.end]
                await wait_for(pilot, partial(begins_in, pilot, sentence, stop.citation.quote))
            assert [place for _, place in walked] == expected
            assert {page for page, _ in walked} == {page.name for page in screen.pages if page.stops}
            await pilot.press("n")
            await wait_for(pilot, lambda: "this is the last citation" in told(pilot))
            await pilot.press("N")
            assert (screen.shown, screen.stop and screen.stop.place) == walked[-2]

    asyncio.run(story())


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 50)], ids=str)
def test_the_selected_mark_and_its_sentence_are_seen_together(size: Size, seed_folder: Path) -> None:
    async def story() -> None:
        async with running(seed_folder, size=size) as pilot:
            screen = await made(pilot, TOPIC)
            await pilot.press(*"nnnnnnnnn")
            stop = screen.stop
            assert stop
            assert stop.citation
            await wait_for(pilot, partial(begins_in, pilot, screen.section, f"[{stop.place}]"))
            await wait_for(pilot, partial(begins_in, pilot, screen.sources, stop.citation.quote))
            assert screen.outline.region.height >= 3
            assert all(len(line) <= size[0] for line in screen_text(pilot).splitlines())

    asyncio.run(story())


def test_a_click_on_a_mark_shows_its_sentence(seed_folder: Path) -> None:
    async def story() -> None:
        async with running(seed_folder, size=(140, 40)) as pilot:
            screen = await made(pilot, TOPIC)
            place = screen.pages[0].stops[0].place
            await wait_for(pilot, lambda: f"[{place}]" in screen_text(pilot))
            rows = screen_text(pilot).splitlines()
            row = next(at for at, line in enumerate(rows) if f"[{place}]" in line)
            await pilot.click(offset=(rows[row].index(f"[{place}]") + 1, row))
            await wait_for(pilot, lambda: screen.stop and screen.stop.place == place)
            await pilot.click(screen.outline, offset=(6, 3))
            await wait_for(pilot, lambda: screen.shown == "theme-2")

    asyncio.run(story())


def test_exports_are_those_of_the_command(seed_folder: Path, citeloom: Citeloom, tmp_path: Path) -> None:
    async def story() -> None:
        async with running(seed_folder) as pilot:
            screen = await made(pilot, f"{TOPIC} year:2024")
            assert screen.summary
            for at in range(len(FORMATS)):
                await pilot.press("ctrl+s")
                await wait_for(pilot, lambda: isinstance(pilot.app.screen, ExportDialog))
                await pilot.press("home", *["down"] * at, "enter")
                await wait_for(pilot, lambda: not isinstance(pilot.app.screen, ExportDialog))
            await wait_for(pilot, lambda: told(pilot).count("written: ") == len(FORMATS))
            for form, ending in zip(FORMATS, ("md", "html", "json", "bib", "ris", "csl.json"), strict=True):
                text = render(screen.summary, form)
                written = (tmp_path / f"citeloom-{TOPIC}.{ending}").read_bytes().decode()
                assert written == text if text.endswith("\n") else written == f"{text}\n"

    asyncio.run(story())
    arguments = ("summarize", TOPIC, "--scope", "year:2024", "--library", seed_folder)
    for form, ending in (("md", "md"), ("ris", "ris")):
        citeloom(*arguments, "-f", form, "-o", f"command.{ending}")
        assert (tmp_path / f"command.{ending}").read_bytes() == (tmp_path / f"citeloom-{TOPIC}.{ending}").read_bytes()


# What it is asked


def test_before_there_is_a_topic_the_screen_says_what_to_do(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(60, 20)) as pilot:
            await pilot.press("f8")
            await wait_for(pilot, lambda: "Write a topic above and press Enter." in screen_text(pilot))
            screen = summaries(pilot)
            assert screen.topic.has_focus
            assert not screen.outline.display
            assert not screen.sources.display
            await pilot.press("ctrl+s")
            await wait_for(pilot, lambda: "there is no summary to export yet" in told(pilot))

    asyncio.run(story())


@pytest.mark.parametrize(
    ("topic", "said"), [("  ?", "is empty"), ("proofs year:20", "year:20 is no year")], ids=["empty", "scope"]
)
def test_a_topic_that_cannot_be_used_is_refused_under_its_line(topic: str, said: str, shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            screen = await made(pilot, SHELF_TOPIC)
            summary = screen.summary
            await begun(pilot, topic)
            await wait_for(pilot, lambda: said in screen_text(pilot))
            assert screen.summary is summary
            assert screen.topic.value == topic
            await pilot.press("escape")
            assert screen.topic.value == SHELF_TOPIC
            assert said not in screen_text(pilot)

    asyncio.run(story())


def test_the_slash_command_begins_a_summary_in_the_scope_of_the_chat_and_of_its_words(seed_folder: Path) -> None:
    async def story() -> None:
        async with running(seed_folder) as pilot:
            house(pilot).chat.set_scope(parse("year:2025"))
            await write(pilot, f"/topic {TOPIC} author:Lin")
            await pilot.press("enter")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, SummaryScreen) and summaries(pilot).summary)
            screen = summaries(pilot)
            assert screen.summary
            assert (screen.summary.topic, screen.summary.scope) == (TOPIC, "year:2025 author:Lin")
            assert {paper.year for paper in (*screen.summary.papers.values(), *screen.summary.nearest)} == {2025}
            assert "scope year:2025 author:Lin" in screen_text(pilot).splitlines()[0]

    asyncio.run(story())


def test_a_topic_that_is_not_covered_shows_the_nearest_papers_as_such(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            screen = await made(pilot, "protein folding")
            assert screen.summary
            assert len(screen.summary.nearest) == 3
            await wait_for(pilot, lambda: NOT_COVERED in seen(pilot, screen.section))
            card = seen(pilot, screen.section)
            assert "Searched in the whole library for: protein folding" in card
            assert all((paper.title or "") in card for paper in screen.summary.nearest)
            await pilot.press("n", "n")
            assert screen.stop
            assert screen.stop.paper == screen.summary.nearest[1]
            await wait_for(pilot, lambda: "it does not bear on the topic" in seen(pilot, screen.sources))

    asyncio.run(story())


def test_an_error_is_told_and_its_reason_stays_on_the_screen(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            screen = await begun(pilot, "proofs year:1900")
            await wait_for(pilot, lambda: screen.why)
            assert "year:1900" in told(pilot)
            assert "Not finished: " in seen(pilot, screen.section)
            assert "year:1900" in seen(pilot, screen.section)
            assert house(pilot).chat.status.other == ""

    asyncio.run(story())


def test_nothing_of_a_hostile_paper_is_more_than_text(tmp_path: Path, write_jsonl: Callable[..., Path]) -> None:
    title = "Zeppelin [bold]navigation[/] <script>alert(1)</script> [9.9] [x](http://x.test) **so** | `it`"
    abstract = "We propose zeppelin navigation \x1b[31mred [7.1] *(weak)* [link](javascript:alert(1)). It works [/]."
    with Library(tmp_path / "library") as library:
        library.add([write_jsonl([{"title": title, "abstract": abstract, "url": "javascript:alert(3)"}])])

    async def story() -> None:
        async with running(tmp_path / "library", size=(140, 40)) as pilot:
            screen = await made(pilot, "zeppelin [b]navigation[/b]")
            await pilot.press("right_square_bracket", "n")
            shown = screen_text(pilot)
            assert "[9.9] [x](http://x.test) **so** | `it`" in seen(pilot, screen.section)
            assert "*(weak)*" in seen(pilot, screen.section)
            assert "zeppelin [b]navigation[/b]" in shown
            assert "\x1b" not in shown
            assert screen.markdown.paragraph_of("7.1") is None
            assert screen.markdown.paragraph_of("9.9") is None

    asyncio.run(story())


# The pages, without a screen


def test_parts_are_waiting_then_being_written_then_done_or_kept_in_reading_order() -> None:
    pages = planned(Planned(("First", "Second", "Overview", "Comparison", "Open questions"), {}))
    assert [page.name for page in pages] == ["overview", "theme-1", "theme-2", "comparison", "open"]
    pages = after(pages, SectionStarted("Second", 2, 5), {})
    assert [page.state for page in pages] == ["waiting", "waiting", "writing", "waiting", "waiting"]
    section = Section("Second", (Block((CLAIM,)),), (1, 4))
    for is_kept, state in ((False, "done"), (True, "kept")):
        page = after(pages, SectionDone("Second", 2, 5, is_kept, section), {})[2]
        assert (page.state, page.papers) == (state, 2)
        assert page.text == "Ours is fast. [1.1]\n\nAlso in this theme: [4]."
        assert page.stops == ()  # nobody knows paper 1


@pytest.mark.parametrize("support", ["weak", "uncited"])
def test_a_claim_that_is_not_supported_carries_a_word(support: str) -> None:
    claim = Claim("Ours is *best*.", "weak" if support == "weak" else "uncited", ())
    pages = planned(Planned(("First", "Overview", "Comparison", "Open questions"), {}))
    page = after(pages, SectionDone("First", 1, 4, False, Section("First", (Block((claim,)),))), {})[1]
    assert page.text == rf"Ours is \*best\*.  *({support})*"


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("../../etc/passwd", "citeloom-etc-passwd"),
        ("Naïve Bayes & co.", "citeloom-naive-bayes-co"),
        ("蛋白质", "citeloom-summary"),
        ("abc " * 90, "citeloom" + "-abc" * 10),
    ],
    ids=["path", "accents", "no-latin", "long"],
)
def test_the_name_of_an_export_is_plain_whatever_the_topic(topic: str, name: str) -> None:
    assert stem(topic) == name
