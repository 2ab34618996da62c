from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import fields

import pytest
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content
from textual.filter import NoColor
from textual.theme import BUILTIN_THEMES, Theme
from textual.widgets import OptionList, Static

from agent.tui import themes
from agent.tui.glyphs import ASCII, UNICODE, Glyphs

OURS = tuple(themes.defaults(themes.DARK))
OWN_THEMES = (themes.DARK, themes.LIGHT)
FOCUS_TINT = 0.05
"""So much of the foreground Textual mixes into the surface of a list or an input that has the focus."""


def shown(theme: Theme) -> dict[str, str]:
    """The variables as a stylesheet gets them."""
    app: App[None] = App()
    app.register_theme(theme)
    app.theme = theme.name
    return app.get_css_variables()


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG 2.2 defines it: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: Color, ground: Color) -> float:
    """(L1 + 0.05) / (L2 + 0.05), the lighter over the darker: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    darker, lighter = sorted((luminance(text), luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


def on_screen(text: str, ground: str, variables: Mapping[str, str]) -> tuple[Color, Color]:
    """The two colours without transparency: a ground lies on the background, a text on its ground."""
    lower = Color.parse(variables["background"]) + Color.parse(variables[ground])
    value = variables[text]
    if automatic := re.fullmatch(r"auto (\d+)%", value):
        return lower + lower.get_contrast_text(int(automatic[1]) / 100), lower
    return lower + Color.parse(value), lower


def test_the_contrast_is_computed_as_the_guidelines_do() -> None:
    assert contrast(Color.parse("#000"), Color.parse("#fff")) == pytest.approx(21)
    assert contrast(Color.parse("#777"), Color.parse("#fff")) == pytest.approx(4.48, abs=0.005)
    half = on_screen("text", "ground", {"background": "#000", "ground": "#ffffff00", "text": "#ffffff80"})
    assert contrast(*half) == pytest.approx(contrast(Color(128, 128, 128), Color(0, 0, 0)))


def nearest_of_256(colour: Color) -> Color:
    """The colour that a terminal without true colour is sent."""
    reduced = RichColor.from_rgb(*colour.rgb).downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    return Color(reduced.red, reduced.green, reduced.blue)


@pytest.mark.parametrize("colours", ["true colour", "256 colours"])
@pytest.mark.parametrize("theme", OWN_THEMES, ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_its_ground(theme: Theme, colours: str) -> None:
    variables = shown(theme)
    screen = {pair: on_screen(*pair, variables) for pair in themes.pairs()}
    if colours == "256 colours":
        screen = {pair: (nearest_of_256(text), nearest_of_256(ground)) for pair, (text, ground) in screen.items()}
    ratios = {pair: contrast(text, ground) for pair, (text, ground) in screen.items()}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", OWN_THEMES, ids=lambda theme: theme.name)
def test_text_can_be_read_where_the_focus_tints_its_ground(theme: Theme) -> None:
    variables = shown(theme)
    tint = Color.parse(variables["foreground"]).with_alpha(FOCUS_TINT)
    tinted = {**variables, "tinted": Color.parse(variables["surface"]).tint(tint).hex}
    texts = {text for text, ground in themes.pairs() if ground == "surface"}
    assert "text-disabled" in texts
    assert [text for text in sorted(texts) if contrast(*on_screen(text, "tinted", tinted)) < 4.5] == []


@pytest.mark.parametrize("theme", OWN_THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize(
    ("line", "ground"),
    [
        ("border", "background"),
        ("border", "surface"),
        ("border", "panel"),
        ("scrollbar", "scrollbar-background"),
        ("scrollbar-hover", "scrollbar-background"),
        ("scrollbar-active", "scrollbar-background"),
    ],
)
def test_the_focus_and_the_scrollbar_stand_out(theme: Theme, line: str, ground: str) -> None:
    """At least 3, as https://www.w3.org/TR/WCAG22/#non-text-contrast asks of what is not text."""
    assert contrast(*on_screen(line, ground, shown(theme))) >= 3


@pytest.mark.parametrize("theme", OWN_THEMES, ids=lambda theme: theme.name)
def test_no_colour_of_our_own_is_lost_on_the_way_to_the_stylesheet(theme: Theme) -> None:
    variables = shown(theme)
    assert {name: variables[name] for name in theme.variables} == theme.variables
    assert set(OURS) <= set(theme.variables)
    assert theme.name not in BUILTIN_THEMES


class Page(App[None]):
    """A page that uses every variable of ours, as colour, ground or style."""

    CSS = "\n".join(
        f"#{name} {{ text-style: ${name}; }}"
        if name.endswith("-style")
        else f"#{name} {{ color: ${name}; background: ${name}; }}"
        for name in OURS
    )

    def __init__(self, theme: str, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        for own in OWN_THEMES:
            self.register_theme(own)
        self.theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.defaults(self.current_theme)

    def compose(self) -> ComposeResult:
        for name in OURS:
            yield Static(name, id=name)


@pytest.mark.parametrize(
    "theme", ["citeloom-dark", "citeloom-light", "ansi-dark", "ansi-light", "nord", "textual-light"]
)
def test_our_variables_are_known_under_every_theme(theme: str) -> None:
    async def reversed_or_coloured() -> bool:
        page = Page(theme)
        async with page.run_test():
            sentence = page.query_one("#sentence-background").styles.background
            style = page.query_one("#sentence-style").styles.text_style
            return style.reverse is True or sentence != page.query_one("#sentence-text").styles.background

    assert asyncio.run(reversed_or_coloured()), "the cited sentence must be marked"


def test_another_theme_gets_the_colours_of_its_own_brightness() -> None:
    assert themes.defaults(BUILTIN_THEMES["nord"])["muted"] == themes.DARK.variables["muted"]
    assert themes.defaults(BUILTIN_THEMES["textual-light"])["muted"] == themes.LIGHT.variables["muted"]
    for name in ("ansi-dark", "ansi-light"):
        colours = themes.defaults(BUILTIN_THEMES[name])
        assert all(value.startswith("ansi_") for key, value in colours.items() if not key.endswith("-style"))


@pytest.mark.parametrize(
    ("wanted", "environment", "expected"),
    [
        ("auto", {}, "citeloom-dark"),
        ("auto", {"COLORFGBG": "0;15"}, "citeloom-light"),
        ("auto", {"COLORFGBG": "0;7"}, "citeloom-light"),
        ("auto", {"COLORFGBG": "0;default;15"}, "citeloom-light"),
        ("auto", {"COLORFGBG": "15;0"}, "citeloom-dark"),
        ("auto", {"COLORFGBG": "7;8"}, "citeloom-dark"),
        ("auto", {"COLORFGBG": "15;default"}, "citeloom-dark"),
        ("auto", {"COLORFGBG": ""}, "citeloom-dark"),
        ("dark", {"COLORFGBG": "0;15"}, "citeloom-dark"),
        ("light", {"COLORFGBG": "15;0"}, "citeloom-light"),
        ("ansi", {}, "ansi-dark"),
        ("ansi", {"COLORFGBG": "0;15"}, "ansi-light"),
        ("light", {"NO_COLOR": "1"}, "ansi-dark"),
        ("ansi", {"NO_COLOR": "0", "COLORFGBG": "0;15"}, "ansi-dark"),
        ("light", {"NO_COLOR": ""}, "citeloom-light"),
    ],
)
def test_the_theme_follows_the_setting_and_the_terminal(
    wanted: str, environment: dict[str, str], expected: str
) -> None:
    assert themes.choose(wanted, environment) == expected
    assert expected in {**BUILTIN_THEMES, **{theme.name: theme for theme in OWN_THEMES}}


def test_without_colour_textual_sends_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def colours() -> set[str]:
        page = Page(themes.choose("dark", {"NO_COLOR": "1"}), ansi_color=True)
        async with page.run_test():
            [no_colour] = [line_filter for line_filter in page._filters if isinstance(line_filter, NoColor)]
            background = Color.parse("ansi_default")
            lines = page.screen._compositor.render_strips()
            seen = [segment.style for line in lines for segment in no_colour.apply(list(line), background)]
            return {str(colour) for style in seen if style for colour in (style.color, style.bgcolor) if colour}

    named = asyncio.run(colours())
    assert named
    assert all("default" in name for name in named)


def glyphs_of(glyphs: Glyphs) -> dict[str, tuple[str, ...]]:
    values = {field.name: getattr(glyphs, field.name) for field in fields(Glyphs)}
    return {name: value if isinstance(value, tuple) else (value,) for name, value in values.items()}


def test_ascii_glyphs_are_ascii() -> None:
    assert [text for texts in glyphs_of(ASCII).values() for text in texts if not text.isascii()] == []


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_glyph_is_wider_than_its_characters(glyphs: Glyphs) -> None:
    for texts in glyphs_of(glyphs).values():
        for text in texts:
            assert text
            assert cell_len(text) == len(text)
            assert not any(unicodedata.combining(letter) or unicodedata.category(letter) == "Cc" for letter in text)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_glyphs_that_stand_for_one_another_are_told_apart_and_equally_wide(glyphs: Glyphs) -> None:
    for group in (
        (glyphs.supported, glyphs.weak, glyphs.uncited),
        (glyphs.selected, glyphs.not_selected),
        (glyphs.checked, glyphs.unchecked),
        (glyphs.opened, glyphs.closed),
        (glyphs.filled, glyphs.empty),
        glyphs.levels,
        glyphs.spinner,
    ):
        assert len({cell_len(text) for text in group}) == 1
        assert len(set(group)) == len(group)


def test_both_ways_of_writing_have_as_many_levels() -> None:
    assert len(ASCII.levels) == len(UNICODE.levels)


class Bordered(App[None]):
    """A list with the borders that the module of the glyphs describes."""

    CSS = """
    OptionList { border: round $border-blurred; scrollbar-size-vertical: 0; }
    OptionList:focus { border: round $border; }
    App.-ascii OptionList { border: ascii $border-blurred; }
    App.-ascii OptionList:focus { border: ascii $border; }
    """

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self.set_class(ascii_only, "-ascii")
        self.glyphs = ASCII if ascii_only else UNICODE

    def compose(self) -> ComposeResult:
        yield OptionList(Content(f"{self.glyphs.checked} in scope"), Content(f"{self.glyphs.unchecked} not in scope"))


@pytest.mark.parametrize("focused", [True, False], ids=["focused", "blurred"])
@pytest.mark.parametrize("ascii_only", [True, False], ids=["ascii", "unicode"])
def test_the_class_ascii_leaves_only_ascii_on_the_screen(*, ascii_only: bool, focused: bool) -> None:
    async def screen() -> str:
        app = Bordered(ascii_only=ascii_only)
        async with app.run_test(size=(40, 8)) as pilot:
            app.screen.set_focus(app.query_one(OptionList) if focused else None)
            await pilot.pause()
            return "\n".join(line.text for line in app.screen._compositor.render_strips())

    text = asyncio.run(screen())
    assert text.isascii() is ascii_only
    assert "in scope" in text
    assert ("[x] in scope" in text) is ascii_only
