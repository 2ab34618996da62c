"""A dialog that asks for one line of text."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from agent.errors import CiteloomError
from agent.tui.house import Dialog
from store.errors import LibraryError


class AskDialog(Dialog[str]):
    """Asks for a line; the result is what was written, or None where the dialog was closed."""

    def __init__(
        self,
        title: str,
        value: str = "",
        hint: str = "",
        *,
        check: Callable[[str], object] = lambda _: None,
        may_be_empty: bool = False,
    ) -> None:
        """`check` raises an error for the user where a text cannot be used; it is shown, and the dialog stays."""
        super().__init__()
        self._title = title
        self._value = value
        self._hint = hint
        self._check = check
        self._may_be_empty = may_be_empty

    def compose(self) -> ComposeResult:
        """A title, a line to write in, and a hint."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            yield Input(self._value, id="line")
            yield Static(Content(self._hint), classes="dialog-hint", markup=False)
            yield Static("Enter takes it  Close: Esc", classes="dialog-close", markup=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if not text and not self._may_be_empty:
            return
        try:
            self._check(text)
        except (CiteloomError, LibraryError) as error:
            self.query_one(".dialog-hint", Static).update(Content(f"{error.message}; {error.hint}"))
            return
        self.dismiss(text)
