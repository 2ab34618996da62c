"""Every symbol of the interface that is not on all keyboards, and what stands for it in plain ASCII.

In ASCII mode the borders are Textual's `ascii` ones too. The app carries the class `-ascii` then,
and the stylesheet, behind all other rules, gives each bordered widget its border once more:

    App.-ascii Prompt { border: ascii $border-blurred; }
    App.-ascii Prompt:focus-within { border: ascii $border; }

A rule on `*` would put a border round everything, and there is no property for the type alone.

`[x]` looks like markup: symbols are shown as `Content(text)`, as everything else is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.scrollbar import ScrollBarRender


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The symbols of one way of writing. Those that stand for one another are equally wide."""

    supported: str
    weak: str
    uncited: str
    bar: str
    """Beside a claim or a quotation, on each of its lines."""
    rule: str
    bullet: str
    separator: str
    dash: str
    times: str
    ellipsis: str
    left: str
    arrow: str
    up: str
    down: str
    prompt: str
    selected: str
    not_selected: str
    checked: str
    unchecked: str
    opened: str
    closed: str
    edited: str
    current: str
    """The session or the library in use, in a list."""
    enter: str
    """The key, in hints."""
    filled: str
    empty: str
    """Of a bar that shows a share."""
    levels: tuple[str, ...]
    """From the lowest to the highest, for a line of small bars."""
    spinner: tuple[str, ...]


UNICODE = Glyphs(
    supported="✓",
    weak="~",
    uncited="✗",
    bar="▌",
    rule="─",
    bullet="•",
    separator="·",
    dash="–",
    times="×",
    ellipsis="…",
    left="←",
    arrow="→",
    up="↑",
    down="↓",
    prompt="❯",
    selected="▸",
    not_selected=" ",
    checked="☑",
    unchecked="☐",
    opened="▾",
    closed="▸",
    edited="✎",
    current="●",
    enter="⏎",
    filled="█",
    empty="░",
    levels=("▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"),
    spinner=("⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"),
)
ASCII = Glyphs(
    supported="+",
    weak="~",
    uncited="x",
    bar="|",
    rule="-",
    bullet="*",
    separator="-",
    dash="-",
    times="x",
    ellipsis="...",
    left="<-",
    arrow="->",
    up="^",
    down="v",
    prompt=">",
    selected=">",
    not_selected=" ",
    checked="[x]",
    unchecked="[ ]",
    opened="-",
    closed="+",
    edited="*",
    current="*",
    enter="Enter",
    filled="#",
    empty=".",
    levels=("_", ".", "-", "=", "+", "*", "%", "#"),
    spinner=("|", "/", "-", "\\"),
)


class AsciiScrollBar(ScrollBarRender):
    """A scrollbar whose ends fall on whole cells, so that no part of a block is drawn."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8
