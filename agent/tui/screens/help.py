"""Texts to read: the help of a screen, the settings, a report; and the table of all keys."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from agent.settings import Settings
from agent.tui.actions import ACTIONS, Place
from agent.tui.commands import places_of
from agent.tui.house import Dialog
from agent.tui.keyboard import table
from store.text import printable

_PLACES: dict[Place, str] = {
    "everywhere": "Everywhere",
    "chat": "In the chat",
    "prompt": "While you write",
    "reading": "While you read (Tab leads there from the prompt)",
    "library": "In the library",
    "papers": "In the table of papers",
    "summary": "In a summary",
    "evals": "In the evals",
    "runs": "In a table of runs",
}


class TextDialog(Dialog[None]):
    """A text to read; it scrolls."""

    def __init__(self, title: str, text: str | Content) -> None:
        super().__init__()
        self._title = title
        self._text = text if isinstance(text, Content) else Content(printable(text))

    def compose(self) -> ComposeResult:
        """Title, text, and how to close it."""
        with Vertical(classes="dialog -large"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            with VerticalScroll(id="text-scroll"):
                yield Static(self._text, markup=False, id="text")
            yield Static("Close: Esc", classes="dialog-close", markup=False)

    def on_mount(self) -> None:
        """The keys scroll at once."""
        self.query_one("#text-scroll").focus()


def help_dialog(screen: Screen[object], keymap: Mapping[str, str]) -> TextDialog:
    """What can be done on a screen, by place, with keys and slash commands."""
    parts: list[Content] = []
    first = getattr(screen, "WHAT", "")
    if first:
        parts.append(Content(first))
    for place in reversed(places_of(screen)):
        rows = table([action for action in ACTIONS if action.place == place], keymap)
        if not rows:
            continue
        parts.append(Content(_PLACES.get(place, place)).stylize("bold"))
        width = max(len(row.keys) for row in rows) + 2
        for row in rows:
            slash = f"  {row.slash}" if row.slash else ""
            parts.append(Content.assemble((row.keys.ljust(width), "$cite"), row.title, (slash, "$muted")))
        parts.append(Content(""))
    return TextDialog("Help", Content("\n").join(parts))


def settings_dialog(chosen: Settings) -> TextDialog:
    """Every setting, its value, and where it comes from."""
    lines = [f"{name} = {value.text or '(empty)'}\n    {value.origin}" for name, value in chosen.listed.items()]
    return TextDialog("Settings", "\n".join(lines))
