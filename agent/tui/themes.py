"""The colours of the interface, for hours of reading: warm paper tones by night and by day, and one calm accent.

A stylesheet names a role (`$muted`, `$supported`, `$sentence-background`), never a colour.
Every text that `pairs()` names has a contrast of at least 4.5 on its ground, in both themes,
and so it has in the nearest of 256 colours; what Textual would derive and falls short is set here.

    text      $foreground $muted $cite $supported $weak $uncited
    grounds   $background $surface $panel $hover, a row's and a selection's own ground
    marked    $sentence-text on $sentence-background, $cite-selected on $cite-selected-background
    lines     $border where the focus is, $border-blurred elsewhere
    styles    $cite-style $cite-selected-style $sentence-style

Colour never tells anything alone: a glyph or a word says it too, and the styles mark by weight
or by reversal what a terminal without colour has to show as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.color import Color
from textual.theme import Theme

_ANSI = {True: "ansi-dark", False: "ansi-light"}
"""Textual's own themes in the terminal's sixteen colours."""
_LIGHT_GROUNDS = ("7", "15")
"""White and bright white, as COLORFGBG numbers them."""

_TEXTS = ("foreground", "muted", "cite", "supported", "weak", "uncited")
_GROUNDS = ("background", "surface", "panel", "hover")
_TEXTUALS_GROUNDS = ("panel-lighten-1", "panel-darken-1", "surface-darken-1")
"""Of messages that pop up, of the palette of commands, and of every other row of a table."""
_TEXTUALS_TEXTS = (
    "text-muted",
    "text-disabled",
    "foreground-muted",
    "foreground-disabled",
    "text-primary",
    "text-secondary",
    "text-accent",
    "text-success",
    "text-warning",
    "text-error",
    "link-color",
    *(f"markdown-h{level}-color" for level in range(1, 7)),
)
"""What the text of Textual's own widgets is called."""
_BUTTONS = ("primary", "success", "warning", "error", "primary-darken-2", "error-darken-1")


@dataclass(frozen=True, slots=True)
class _Palette:
    """The colours that a theme is made of."""

    background: str
    surface: str
    panel: str
    hover: str
    row: str
    """The ground of the current row while the focus is elsewhere."""
    selection: str
    line: str
    thumb: str
    """Of a scrollbar."""
    thumb_hover: str
    foreground: str
    muted: str
    tan: str
    """A second, quieter accent, for what Textual draws in its secondary colour."""
    accent: str
    on_accent: str
    sentence_background: str
    sentence_text: str
    supported: str
    weak: str
    uncited: str


_NIGHT = _Palette(
    background="#1A1816",
    surface="#211E1B",
    panel="#2B2723",
    hover="#332E29",
    row="#3B352F",
    selection="#2D423E",
    line="#4A433B",
    thumb="#7D7365",
    thumb_hover="#978B7A",
    foreground="#E2DACC",
    muted="#B0A596",
    tan="#BCAD96",
    accent="#8CBFB5",
    on_accent="#16201E",
    sentence_background="#4A3C1C",
    sentence_text="#FBEFCF",
    supported="#A9C888",
    weak="#E0BA6E",
    uncited="#EC9A85",
)
_DAY = _Palette(
    background="#FAF6EE",
    surface="#F3EDE1",
    panel="#EAE2D4",
    hover="#E5DCCC",
    row="#E0D7C7",
    selection="#C9DFD9",
    line="#CDC2AE",
    thumb="#8F8470",
    thumb_hover="#766B58",
    foreground="#2D2923",
    muted="#5B5347",
    tan="#5B5244",
    accent="#1D605B",
    on_accent="#FBF8F1",
    sentence_background="#F4D888",
    sentence_text="#2E2408",
    supported="#2C6024",
    weak="#6F4D00",
    uncited="#962D20",
)


def _our_variables(palette: _Palette) -> dict[str, str]:
    """The names that Textual does not know."""
    return {
        "muted": palette.muted,
        "hover": palette.hover,
        "cite": palette.accent,
        "cite-style": "none",
        "cite-selected": palette.on_accent,
        "cite-selected-background": palette.accent,
        "cite-selected-style": "bold",
        "sentence-text": palette.sentence_text,
        "sentence-background": palette.sentence_background,
        "sentence-style": "none",
        "supported": palette.supported,
        "weak": palette.weak,
        "uncited": palette.uncited,
    }


def _text_variables(palette: _Palette) -> dict[str, str]:
    """Textual's own names of text; it would make these by transparency, too faint to be read."""
    return {
        "text-muted": palette.muted,
        "text-disabled": palette.muted,
        "foreground-muted": palette.muted,
        "foreground-disabled": palette.muted,
        "text-primary": palette.accent,
        "text-secondary": palette.tan,
        "text-accent": palette.accent,
        "text-success": palette.supported,
        "text-warning": palette.weak,
        "text-error": palette.uncited,
        "link-color": palette.accent,
        "link-color-hover": palette.on_accent,
        "link-background-hover": palette.accent,
        "button-foreground": palette.foreground,
        "button-color-foreground": palette.on_accent,
        "footer-background": palette.panel,
        "footer-foreground": palette.foreground,
        "footer-key-foreground": palette.accent,
        "footer-description-foreground": palette.muted,
        **{f"markdown-h{level}-color": palette.accent for level in (1, 2, 3)},
        **{f"markdown-h{level}-color": palette.foreground for level in (4, 5)},
        "markdown-h2-text-style": "bold",
        "markdown-h6-color": palette.muted,
    }


def _ground_variables(palette: _Palette) -> dict[str, str]:
    """Cursors, selections, scrollbars and lines."""
    return {
        "block-cursor-background": palette.accent,
        "block-cursor-foreground": palette.on_accent,
        "block-cursor-blurred-background": palette.row,
        "block-cursor-blurred-foreground": palette.foreground,
        "block-hover-background": palette.hover,
        "input-cursor-background": palette.accent,
        "input-cursor-foreground": palette.on_accent,
        "input-selection-background": palette.selection,
        "input-selection-foreground": palette.foreground,
        "screen-selection-background": palette.selection,
        "screen-selection-foreground": palette.foreground,
        "border": palette.accent,
        "border-blurred": palette.line,
        "scrollbar": palette.thumb,
        "scrollbar-hover": palette.thumb_hover,
        "scrollbar-active": palette.accent,
        "scrollbar-background": palette.surface,
        "scrollbar-corner-color": palette.surface,
    }


def _pale_grounds(palette: _Palette) -> dict[str, str]:
    """The pale ground on which Textual puts the text of the same colour."""
    colours = {
        "primary-muted": palette.accent,
        "accent-muted": palette.accent,
        "success-muted": palette.supported,
        "warning-muted": palette.weak,
        "error-muted": palette.uncited,
    }
    paper = Color.parse(palette.background)
    return {name: paper.blend(Color.parse(colour), 0.1).hex for name, colour in colours.items()}


def _theme(name: str, palette: _Palette, *, dark: bool) -> Theme:
    return Theme(
        name=name,
        primary=palette.accent,
        secondary=palette.tan,
        accent=palette.accent,
        warning=palette.weak,
        error=palette.uncited,
        success=palette.supported,
        foreground=palette.foreground,
        background=palette.background,
        surface=palette.surface,
        panel=palette.panel,
        dark=dark,
        variables=_our_variables(palette)
        | _text_variables(palette)
        | _ground_variables(palette)
        | _pale_grounds(palette),
    )


DARK = _theme("citeloom-dark", _NIGHT, dark=True)
LIGHT = _theme("citeloom-light", _DAY, dark=False)


def defaults(theme: Theme) -> dict[str, str]:
    """Our own variables under a theme that does not know them, for `App.get_theme_variable_defaults`.

    With the terminal's own colours, what is marked is reversed or bold: which of the sixteen can be
    read on which is known to the user's terminal alone, and without colour nothing else is left.
    """
    if not theme.ansi:
        return _our_variables(_NIGHT if theme.dark else _DAY)
    plain = dict.fromkeys(_our_variables(_NIGHT), "ansi_default")
    return plain | {
        "cite": "ansi_cyan" if theme.dark else "ansi_blue",
        "cite-style": "bold",
        "cite-selected-style": "bold reverse",
        "sentence-style": "reverse",
        "supported": "ansi_green",
        "weak": "ansi_yellow" if theme.dark else "ansi_magenta",
        "uncited": "ansi_red",
    }


def pairs() -> tuple[tuple[str, str], ...]:
    """The (text, ground) pairs that stylesheets may use, as variables without the `$`."""
    return (
        *((text, ground) for text in _TEXTS for ground in _GROUNDS),
        *((text, ground) for text in _TEXTUALS_TEXTS for ground in _GROUNDS),
        *((text, ground) for text in (*_TEXTS, *_TEXTUALS_TEXTS) for ground in _TEXTUALS_GROUNDS),
        *((text, "block-cursor-blurred-background") for text in ("block-cursor-blurred-foreground", *_TEXTS)),
        *((text, "footer-background") for text in ("footer-foreground", "footer-description-foreground")),
        *(("footer-key-foreground", ground) for ground in ("footer-background", "block-hover-background")),
        *((f"text-{name}", f"{name}-muted") for name in ("primary", "accent", "success", "warning", "error")),
        *(("button-color-foreground", ground) for ground in _BUTTONS),
        *(("button-foreground", ground) for ground in ("surface", "surface-darken-1")),
        ("sentence-text", "sentence-background"),
        ("cite-selected", "cite-selected-background"),
        ("block-cursor-foreground", "block-cursor-background"),
        ("input-cursor-foreground", "input-cursor-background"),
        ("input-selection-foreground", "input-selection-background"),
        ("screen-selection-foreground", "screen-selection-background"),
        ("link-color-hover", "link-background-hover"),
        ("text", "background"),
        ("text", "surface"),
        ("text", "panel"),
    )


def has_no_colour(environment: Mapping[str, str]) -> bool:
    """Whether the user asks for no colour; Textual counts an empty NO_COLOR as well, which asks for nothing."""
    return bool(environment.get("NO_COLOR"))


def choose(wanted: str, environment: Mapping[str, str]) -> str:
    """The name of the theme for the setting `theme`: auto, dark, light or ansi.

    Without colour it is the terminal's own, whatever is wanted: Textual would only turn another
    one into shades of grey. To leave out the sixteen colours too, the app is made with
    `ansi_color=True`, as Textual decides on that before it knows the theme.
    """
    if has_no_colour(environment):
        return _ANSI[True]
    is_dark = environment.get("COLORFGBG", "").rpartition(";")[2].strip() not in _LIGHT_GROUNDS
    themes = {"auto": DARK.name if is_dark else LIGHT.name, "dark": DARK.name, "light": LIGHT.name}
    return (themes | {"ansi": _ANSI[is_dark]})[wanted]
