"""A dialog that has one of many lines chosen, found by typing some of its letters."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from agent.tui.house import Dialog
from store.text import clean

_SHOWN = 200


class ChooseDialog(Dialog[str]):
    """Asks for one of some texts; the result is the text, or None where the dialog was closed."""

    def __init__(self, title: str, texts: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._texts = texts

    def compose(self) -> ComposeResult:
        """A line to search with, and what was found."""
        with Vertical(classes="dialog -large"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            yield Input(placeholder="some of its letters", id="wanted")
            yield OptionList(id="found", markup=False)
            yield Static("Enter takes it  Close: Esc", classes="dialog-close", markup=False)

    def on_mount(self) -> None:
        """All of them at first."""
        self._find("")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._find(event.value)

    def on_key(self, event: events.Key) -> None:
        """The arrows move in the list while one types."""
        found = self.query_one("#found", OptionList)
        if event.key in ("up", "down") and self.query_one("#wanted").has_focus:
            event.stop()
            (found.action_cursor_up if event.key == "up" else found.action_cursor_down)()

    @on(Input.Submitted)
    def _take(self) -> None:
        found = self.query_one("#found", OptionList)
        if found.highlighted is not None:
            self._dismiss_with(found.get_option_at_index(found.highlighted))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._dismiss_with(event.option)

    def _dismiss_with(self, option: Option) -> None:
        self.dismiss(self._texts[int(option.id or 0)])

    def _find(self, wanted: str) -> None:
        matcher = Matcher(wanted)
        scored = [(matcher.match(text) if wanted else 1.0, -at) for at, text in enumerate(self._texts)]
        best = sorted((item for item in scored if item[0] > 0), reverse=True)[:_SHOWN]
        found = self.query_one("#found", OptionList)
        found.clear_options()
        found.add_options([Option(Content(clean(self._texts[-at])), id=str(-at)) for _, at in best])
        found.highlighted = 0 if best else None
