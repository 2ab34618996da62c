"""What workers post to screens: only the handlers of these touch a widget."""

from __future__ import annotations

from typing import Literal

from textual.message import Message

from agent import events

Severity = Literal["information", "warning", "error"]


class Heard(Message):
    """An event of the answer with this serial number."""

    def __init__(self, serial: int, event: events.Event) -> None:
        super().__init__()
        self.serial = serial
        self.event = event


class Told(Message):
    """Something the user should know: what happened, and what to do."""

    def __init__(self, text: str, hint: str = "", severity: Severity = "information") -> None:
        super().__init__()
        self.text = text
        self.hint = hint
        self.severity: Severity = severity


class LibraryChanged(Message):
    """The library holds other papers than before."""
