"""Hostile text on the screen: shown as text, obeyed by nobody; and terminals of any size at any moment."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static
from textual.widgets._toast import Toast

from store.library import Library
from tests.agent.conftest import KEY, RATE, SOLVES, by_turns, place_of
from tests.support.replies import Reply, Request, Text
from tests.tui.driving import PATIENCE, Size, ask, house, running, screen_text, told, wait_for, write
from tests.tui.talking import last, running_anyhow, scripted, seen, sessions, stored

MARKUP = "[bold]loud[/bold] [/] [@click=app.quit]quit[/] [red on blue]x [$primary]y"
ESCAPES = (
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x1b]52;c;aGk=\x07 \x9b2J \x07\x08\x7f\x00"
)
MARKS = "see [3.8] and ](cite:1.1) and [1.1](cite:1.1) and <https://evil.example> and ![x](file:///etc/passwd)"
LONG = "w" * 5000
CJK = "強化学習は数学の証明に使われ、全角文字が続きます。"
RIGHT_TO_LEFT = "נוירונים مرحبا \u202egnp.exe\u202c \u2066isolated\u2069 \u200fmark"
INVISIBLE = "zero\u200bwidth\u2060joined\ufeff a\u0301\u0302\u0303\u0304 e\u0301 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢ 👩\u200d👩\u200d👧"
HOSTILE = {
    "markup": MARKUP,
    "escapes": ESCAPES,
    "marks": MARKS,
    "long-word": LONG,
    "cjk": CJK,
    "right-to-left": RIGHT_TO_LEFT,
    "invisible": INVISIBLE,
    "markdown": "# top\n\n| a | b |\n|---|---|\n| [bold] | `c` |\n\n```python\nprint('[/]')\n```\n\n- [ ] a\n1. b",
}
TOLD_TO_THE_TERMINAL = "\x1b\x9b\x07\x00\u202e\u2066\u200f"
EVERY = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
QUESTION = "Which drone maps nine hectares of forest in one hour?"
FACT = "The drone Kestrel maps nine hectares of forest in one hour"


def hostile_library(folder: Path, text: str) -> Path:
    """A library of one paper that has the text in each of its fields."""
    row = {
        "title": f"Kestrel {text}",
        "abstract": f"{text} {FACT}. {text}",
        "authors": [f"Ann {text[:40]}"],
        "venue": text,
        "url": f"https://x.example/{text[:30]}",
        "categories": [text[:50]],
        "year": 2024,
    }
    (folder / "hostile.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    with Library(folder / "hostile") as made:
        report = made.add([folder / "hostile.jsonl"])
        assert len(report.added) == 1, report
    return folder / "hostile"


def assert_nothing_is_obeyed(pilot: Pilot[None]) -> None:
    """No control character is drawn, and nothing but our own marks and papers can be clicked."""
    text = screen_text(pilot)
    assert not [char for char in text if char in TOLD_TO_THE_TERMINAL]
    calls = {call for widget in house(pilot).screen.walk_children(Widget) for call in _calls(widget)}
    assert all(call.startswith(("link('cite:", "stop_at(", "choose(")) for call in calls), calls
    assert house(pilot).is_running
    assert "unexpected" not in told(pilot)


def _calls(widget: Widget) -> list[str]:
    content = widget.visual if isinstance(widget, Static) else None
    spans = content.spans if isinstance(content, Content) else []
    return [str(call) for span in spans if isinstance(span.style, Style) and (call := span.style.meta.get("@click"))]


@EVERY
def test_a_hostile_paper_is_shown_as_text_wherever_it_appears(tmp_path: Path, text: str) -> None:
    folder = hostile_library(tmp_path, text)

    async def story() -> None:
        async with running(folder, size=(100, 40)) as pilot:
            chat = house(pilot).chat
            await ask(pilot, QUESTION)
            assert last(pilot).answer
            assert_nothing_is_obeyed(pilot)
            await pilot.press("tab", "n")
            assert chat.stop is not None
            citation = chat.stop.citation
            assert citation is None or chat.stop.paper.abstract[citation.start : citation.end] == citation.quote
            assert_nothing_is_obeyed(pilot)
            await pilot.press("enter")
            assert house(pilot).screen is not chat
            assert_nothing_is_obeyed(pilot)
            await pilot.press("escape", "y", "Y", "o")
            await pilot.resize_terminal(60, 20)
            assert_nothing_is_obeyed(pilot)

    asyncio.run(story())


def test_marks_in_an_abstract_are_no_citations(tmp_path: Path) -> None:
    folder = hostile_library(tmp_path, MARKS)

    async def story() -> None:
        async with running(folder, size=(100, 40)) as pilot:
            await ask(pilot, QUESTION)
            assert FACT in str(last(pilot).answer)
            assert "[3.8]" in seen(pilot, last(pilot).markdown)
            assert "](cite:1.1)" in seen(pilot, last(pilot).markdown)
            places = {stop.place for stop in last(pilot).stops}
            clickable = {call for widget in last(pilot).walk_children(Widget) for call in _calls(widget)}
            assert clickable == {f"link('cite:{place}')" for place in places}

    asyncio.run(story())


@EVERY
def test_a_hostile_reply_is_shown_as_text(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def reply(request: Request) -> Reply:
        return Text(f"{SOLVES} [{place_of(request, SOLVES)}]. {text}")

    async def story() -> None:
        async with running(shelf_folder, size=(100, 40)) as pilot:
            await ask(pilot, RATE)
            assert last(pilot).answer
            assert_nothing_is_obeyed(pilot)
            await pilot.press("tab", "n")
            assert house(pilot).chat.stop is not None
            await pilot.resize_terminal(40, 12)
            assert_nothing_is_obeyed(pilot)
            assert KEY not in told(pilot)

    with scripted(monkeypatch, by_turns(reply, lambda _: Text("1: KEEP"))):
        asyncio.run(story())


@EVERY
def test_a_hostile_question_title_and_scope_are_shown_as_text(shelf_folder: Path, text: str) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            chat.prompt.area.load_text(f"{text} mice")
            await pilot.press("enter")
            await wait_for(pilot, lambda: (chat.transcript.turns and chat.asked is None) or told(pilot))
            assert_nothing_is_obeyed(pilot)
            await ask(pilot, RATE)
            chat.prompt.area.load_text(f"/rename {text.splitlines()[0]}")
            await pilot.press("enter")
            await wait_for(pilot, lambda: "the session is called" in told(pilot))
            chat.prompt.area.load_text(f'/scope author:"{text.splitlines()[0][:60]}')
            await pilot.press("enter")
            await pilot.pause()
            assert_nothing_is_obeyed(pilot)
        title = stored().title
        assert not [char for char in title if char in TOLD_TO_THE_TERMINAL]
        async with running(shelf_folder, latest=True) as pilot:
            await wait_for(pilot, lambda: house(pilot).chat.transcript.turns)
            assert_nothing_is_obeyed(pilot)
            await pilot.press("f5")
            await wait_for(pilot, lambda: house(pilot).screen is not house(pilot).chat)
            await pilot.pause()
            assert_nothing_is_obeyed(pilot)

    asyncio.run(story())


def test_brackets_are_drawn_as_they_are(shelf_folder: Path) -> None:
    async def story() -> None:
        async with running_anyhow(shelf_folder) as pilot:
            chat = house(pilot).chat
            await wait_for(pilot, lambda: chat.status.papers is not None)
            await ask(pilot, f"{RATE} {MARKUP}")
            assert MARKUP in seen(pilot, last(pilot).query_one(".turn-question"))
            chat.prompt.area.load_text(f"/rename {MARKUP}")
            await pilot.press("enter")
            async with asyncio.timeout(PATIENCE):
                while not (drawn := [toast for toast in chat.query(Toast) if MARKUP in seen(pilot, toast)]):
                    await pilot.pause(0.02)
            await pilot.click(drawn[0])  # at once, before it goes by itself
            assert sessions().list()[0].title == MARKUP
            assert house(pilot).is_running

    asyncio.run(story())


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (5, 40), (300, 2), (300, 100), (80, 24)], ids=str)
def test_any_size_of_terminal_is_survived(shelf_folder: Path, size: Size) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=size) as pilot:
            await ask(pilot, RATE)
            await pilot.press("tab", "n", "enter", "escape", "f9", "f1", "escape")
            assert last(pilot).answer
            await pilot.resize_terminal(100, 30)
            chat = house(pilot).chat
            await wait_for(pilot, lambda: SOLVES in seen(pilot, last(pilot)) + seen(pilot, chat.sources))
            assert "unexpected" not in told(pilot)

    asyncio.run(story())


def test_the_terminal_may_change_its_size_while_the_model_writes(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(request: Request) -> Reply:
        filler = "And moreover the provers learn. " * 20
        return Text(f"{SOLVES} [{place_of(request, SOLVES)}]. {filler}", pause=0.02)

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await write(pilot, RATE)
            await pilot.press("enter")
            await wait_for(pilot, lambda: chat.asked and "And moreover" in seen(pilot, chat.asked))
            sizes: list[Size] = [(60, 20), (1, 1), (300, 100), (72, 10), (100, 30)]
            while chat.asked:
                size = sizes.pop(0)
                sizes.append(size)
                await pilot.resize_terminal(*size)
            await pilot.resize_terminal(100, 40)
            assert last(pilot).answer
            await pilot.press("tab", "n")
            await wait_for(pilot, lambda: SOLVES in seen(pilot, chat.sources))

    with scripted(monkeypatch, by_turns(slow, lambda _: Text("1: DELETE"))):
        asyncio.run(story())
