"""How the screens look: legible, the focus seen, nothing by colour alone, without colour, in ASCII, at rest."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.command import CommandPalette
from textual.geometry import Region
from textual.pilot import Pilot
from textual.scrollbar import ScrollBarRender
from textual.widget import Widget

from agent.tui.house import House
from tests.tui.driving import house, running, told, wait_for, write
from tests.tui.snapshots import SCENES, at, shown_strips, write_session
from tests.tui.test_themes import contrast

DRAWN = re.compile(r"[\s\u2500-\u259f\u2800-\u28ff]")
"""Lines, blocks and blanks, which need not be read."""
LEGIBLE = 4.5
SEEN = 3.0
"""What https://www.w3.org/TR/WCAG22/#focus-appearance asks between the same cells with and without the focus."""

Cell = tuple[str, Style]


def cells(pilot: Pilot[None]) -> list[list[Cell]]:
    """What is on the screen, cell by cell; the second cell of a wide character is empty."""
    return [list(_spread(line)) for line in shown_strips(pilot)]


def _spread(line: Iterable[Segment]) -> Iterator[Cell]:
    for segment in line:
        style = segment.style or Style()
        for char in segment.text:
            yield char, style
            if Segment(char).cell_length == 2:
                yield "", style


def colour(rich: RichColor | None) -> Color:
    assert rich is not None
    assert rich.triplet, "the themes of our own have true colours"
    return Color(*rich.triplet)


def colours(style: Style) -> tuple[Color, Color]:
    """The colours of text and ground as they are seen."""
    text, ground = colour(style.color), colour(style.bgcolor)
    return (ground, text) if style.reverse else (text, ground)


def in_view(pilot: Pilot[None]) -> list[Region]:
    """The parts of the screen that can be used: of a dialog, what does not lie beneath it."""
    screen = pilot.app.screen
    if isinstance(screen, CommandPalette):
        return [part.region for part in screen.query("CommandInput, CommandList")]
    return [screen.children[0].region if screen.is_modal else screen.region]


@pytest.mark.parametrize(
    ("name", "theme"),
    [(name, theme) for name in SCENES for theme in ("dark", "light")],
)
def test_all_text_on_the_screen_can_be_read(
    name: str, theme: str, shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELOOM_THEME", theme)

    async def story() -> None:
        async with at(name, shelf_folder) as pilot:
            faint: dict[tuple[str, str], str] = {}
            view, count = in_view(pilot), 0
            for y, line in enumerate(cells(pilot)):
                for x, (char, style) in enumerate(line):
                    if not char or DRAWN.fullmatch(char) or not any(part.contains(x, y) for part in view):
                        continue
                    count += 1
                    if contrast(*colours(style)) < LEGIBLE:
                        pair = (str(style.color), str(style.bgcolor))
                        faint[pair] = faint.get(pair, "") + char
            assert faint == {}
            assert count > 30

    asyncio.run(story())


FOCUSABLE = (
    "chat-citation",
    "library",
    "summary",
    "evals",
    "help",
    "sessions",
    "welcome",
    "source",
    "history",
    "scope",
    "export",
)


@pytest.mark.parametrize("look", ["dark", "light", "ascii"])
@pytest.mark.parametrize("name", FOCUSABLE)
def test_the_focus_is_seen_wherever_it_is(
    name: str, look: str, shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_look(monkeypatch, look)
    asyncio.run(see_focus(name, shelf_folder))


@pytest.mark.parametrize("name", FOCUSABLE)
def test_the_focus_is_seen_without_colour(name: str, shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_look(monkeypatch, "no-colour")
    asyncio.run(see_focus(name, shelf_folder))


async def see_focus(name: str, shelf: Path) -> None:
    """Fails where a widget of a scene looks the same with the focus and without."""
    async with at(name, shelf) as pilot:
        screen = pilot.app.screen
        chain = [widget for widget in screen.focus_chain if widget.region.area]
        assert chain
        unseen = []
        for widget in chain if len(chain) > 1 else ():  # one alone has nothing to be told apart from
            screen.set_focus(None)
            await settle(pilot)
            before = cells(pilot)
            screen.set_focus(widget)
            await settle(pilot)
            if not differs(before, cells(pilot), footer(pilot)):
                unseen.append(str(widget))
        assert unseen == []


async def settle(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.pause(0.05)


def set_look(monkeypatch: pytest.MonkeyPatch, look: str) -> None:
    match look:
        case "no-colour":
            monkeypatch.setenv("NO_COLOR", "1")
        case "ascii":
            monkeypatch.setenv("CITELOOM_ASCII", "yes")
        case _:
            monkeypatch.setenv("CITELOOM_THEME", look)


def footer(pilot: Pilot[None]) -> Region:
    """The line of the keys: it changes with the focus, but does not show where it is."""
    found: list[Widget] = list(pilot.app.screen.query("Footer"))
    return found[0].region if found else Region()


def differs(before: list[list[Cell]], after: list[list[Cell]], without: Region) -> bool:
    """Whether a person sees a difference: another sign, other weight, or clearly another colour."""
    for y, (one, other) in enumerate(zip(before, after, strict=True)):
        for x, ((char, style), (now, now_style)) in enumerate(zip(one, other, strict=True)):
            if without.contains(x, y):
                continue
            if char != now or _weight(style) != _weight(now_style):
                return True
            if style.bgcolor is None or not style.bgcolor.triplet or style == now_style:
                continue
            (text, ground), (now_text, now_ground) = colours(style), colours(now_style)
            if contrast(ground, now_ground) >= SEEN or (char.strip() and contrast(text, now_text) >= SEEN):
                return True
    return False


def _weight(style: Style) -> tuple[bool, bool, bool]:
    return bool(style.bold), bool(style.reverse), bool(style.underline)


@pytest.mark.parametrize("name", SCENES)
def test_without_colour_there_is_none(name: str, shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def story() -> None:
        async with at(name, shelf_folder) as pilot:
            styles = {style for line in cells(pilot) for _, style in line}
            found = {str(colour.name) for style in styles for colour in (style.color, style.bgcolor) if colour}
            assert found <= {"default"}

    asyncio.run(story())


def test_an_empty_no_color_asks_for_nothing(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")

    async def story() -> None:
        async with at("chat-empty", shelf_folder) as pilot:
            assert pilot.app.theme == "citeloom-dark"
            assert any(style.color and style.color.triplet for line in cells(pilot) for _, style in line)

    asyncio.run(story())


def test_what_is_selected_cited_or_in_doubt_is_seen_without_colour(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def story() -> None:
        async with at("chat-model", shelf_folder) as pilot:
            lines = cells(pilot)
            text = "\n".join("".join(char for char, _ in line) for line in lines)
            for words in ("(weak)", "(uncited)", "~ weak", "✗ uncited", "Not supported as it stands:"):
                assert words in text
            reversed_text = "".join(char for line in lines for char, style in line if style.reverse)
            assert "[1.4]" in reversed_text
            assert "[1.3]" not in reversed_text
            assert "Its training takes 12 hours on" in reversed_text
            await pilot.press("N")
            await wait_for(pilot, lambda: "✓ supported" in "".join(char for line in cells(pilot) for char, _ in line))

    asyncio.run(story())


@pytest.mark.parametrize("name", SCENES)
def test_in_ascii_mode_all_is_ascii(name: str, shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but scrollbars, which the next test looks at in many places."""
    monkeypatch.setenv("CITELOOM_ASCII", "yes")

    async def story() -> None:
        async with at(name, shelf_folder) as pilot:
            allowed = {*house(pilot).chat.session.title, *ScrollBarRender.VERTICAL_BARS}
            assert foreign(pilot) - allowed == set()

    asyncio.run(story())


@pytest.mark.parametrize("name", ["chat-citation"])
def test_in_ascii_mode_scrollbars_are_ascii_wherever_they_stand(
    name: str, shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELOOM_ASCII", "yes")

    async def story() -> None:
        async with at(name, shelf_folder, (60, 20)) as pilot:
            scrolling = [widget for widget in pilot.app.screen.query("*") if widget.show_vertical_scrollbar]
            found: set[str] = set()
            for widget in scrolling:
                for y in range(6):
                    widget.scroll_to(y=y, animate=False)
                    await pilot.pause()
                    found |= foreign(pilot)
            assert scrolling
            assert found & set(ScrollBarRender.VERTICAL_BARS) == set()

    asyncio.run(story())


def foreign(pilot: Pilot[None]) -> set[str]:
    """The characters on the screen that are not ASCII."""
    return {char for line in cells(pilot) for char, _ in line if not char.isascii()}


@pytest.mark.parametrize(("said", "level"), [("yes", "full"), ("no", "none")])
def test_things_move_only_where_the_user_lets_them(
    said: str, level: str, shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELOOM_ANIMATIONS", said)

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            assert pilot.app.animation_level == level

    asyncio.run(story())


@pytest.mark.parametrize(
    ("setting", "background", "theme"),
    [
        ("auto", "15;0", "citeloom-dark"),
        ("auto", "0;15", "citeloom-light"),
        ("dark", "0;15", "citeloom-dark"),
        ("light", "15;0", "citeloom-light"),
        ("ansi", "15;0", "ansi-dark"),
        ("ansi", "0;15", "ansi-light"),
    ],
)
def test_the_theme_is_the_one_of_the_setting(
    setting: str, background: str, theme: str, shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELOOM_THEME", setting)
    monkeypatch.setenv("COLORFGBG", background)

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            assert pilot.app.theme == theme

    asyncio.run(story())


def test_another_theme_takes_effect_at_once_on_all_that_is_shown(shelf_folder: Path) -> None:
    """The marks in an answer too, whose look is made with it."""

    async def story() -> None:
        session = write_session(shelf_folder, "quoted")
        async with running(shelf_folder, session=session) as pilot:
            await wait_for(pilot, lambda: house(pilot).chat.transcript.turns)
            await write(pilot, "/theme light")
            await pilot.press("enter")
            await wait_for(pilot, lambda: pilot.app.theme == "citeloom-light")
            assert "theme: light" in told(pilot)
            await settle(pilot)
            lines = cells(pilot)
            assert isinstance(pilot.app.screen, House)
            faint = {
                char
                for line in lines
                for char, style in line
                if char and not DRAWN.fullmatch(char) and contrast(*colours(style)) < LEGIBLE
            }
            assert faint == set()
            await write(pilot, "/theme ansi")
            await pilot.press("enter")
            await wait_for(pilot, lambda: pilot.app.theme == "ansi-dark")
            await settle(pilot)
            seen = {style.color for line in cells(pilot) for char, style in line if style.color and char.strip()}
            assert {rich.triplet for rich in seen} == {None}

    asyncio.run(story())
