"""The diagnostics: what `citeloom doctor` says, and what is to be known of this run; to be read and to be copied."""

from __future__ import annotations

import os
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static

from agent.tui.house import attempt, soon
from agent.tui.screens.help import TextDialog
from store.text import printable

if TYPE_CHECKING:
    from agent.tui.desk import Desk

_TERMINAL = ("TERM", "COLORTERM", "TERM_PROGRAM", "LANG", "NO_COLOR", "COLORFGBG", "TMUX", "SSH_TTY")
"""Variables by which a terminal says what it can show, and what stands between it and us."""
_CHECKS = "Checks"
_LAST = 10
"""Notices that are shown."""


class DiagnosticsDialog(TextDialog):
    """Opens at once, and fills as soon as the checks are done. Nothing in it has a key in it."""

    BINDINGS = [Binding("y", "copy", "Copy")]  # noqa: RUF012 - as Textual declares it

    def __init__(self) -> None:
        super().__init__("Diagnostics", "checking")
        self.report = ""
        """All of the text; empty until the checks are done."""

    def on_mount(self) -> None:
        """Begins the checks."""
        super().on_mount()
        self.query_one(".dialog-close", Static).update("Copy: y  Close: Esc")
        soon(self, "checks", self._fill)

    async def _fill(self) -> None:
        from agent.doctor import redacted

        desk = self.house.desk
        told = "\n".join(self.house.told[-_LAST:]) or "none in this run"
        found = await attempt(self, desk.browsing.call(partial(_checked, desk)))
        sections = {
            **(found or {_CHECKS: "they could not be carried out; the notice says why"}),
            "Last notices": told,
            "Terminal": self._terminal(),
        }
        clean = {title: printable(redacted(text, desk.settings.api_key)) for title, text in sections.items()}
        self.report = "\n\n".join(f"{title}\n{text}" for title, text in clean.items())
        self.query_one("#text", Static).update(
            Content("\n\n").join(
                Content.assemble((f"{title}\n", "bold"), _marked(text)) for title, text in clean.items()
            )
        )

    def _terminal(self) -> str:
        house = self.house
        flags = {"in a browser": house.is_web, "over SSH": bool(os.environ.get("SSH_CONNECTION"))}
        lines = [
            f"size      {house.size.width} x {house.size.height}",
            f"colours   {house.console.color_system or 'none'}",
            f"theme     {house.theme} (setting: {house.desk.settings.text('theme')})",
            f"symbols   {'ASCII' if house.has_class('-ascii') else 'Unicode'}",
            *(said for said, holds in flags.items() if holds),
        ]
        return "\n".join([*lines, *(f"{name}={os.environ[name]}" for name in _TERMINAL if name in os.environ)])

    def action_copy(self) -> None:
        """Copies all of it."""
        if self.report:
            self.house.copy(self.report)


def _checked(desk: Desk) -> dict[str, str]:
    """What the checks say, by title; called in the room for browsing, whose library is the one that is looked at."""
    from agent import doctor

    room = desk.browsing
    checks = doctor.run(
        lambda: desk.settings, offline=desk.options.offline, open_library=lambda: nullcontext(room.library)
    )
    places = doctor.places(desk.settings.library)
    return {
        _CHECKS: "\n".join(map(str, checks)),
        "Last error in the log": doctor.last_error() or "none",
        "Paths": "\n".join(f"{name:<9} {path}" for name, path in places.items()),
    }


def _marked(text: str) -> Content:
    """What is wrong stands out, by its word and by its colour."""
    return Content("\n").join(
        Content(line).stylize("bold $uncited", 0, 4) if line.startswith("BAD ") else Content(line)
        for line in text.split("\n")
    )
