"""The status line: mode and model, scope, papers, what is going on, tokens and cost."""

from __future__ import annotations

import time

from textual.reactive import reactive
from textual.widgets import Static

from agent.answer import Usage
from agent.tui.house import app_of
from store.text import printable


class StatusLine(Static):
    """One line, fitted to the width: what is going on comes first, and is never cut away."""

    mode: reactive[str] = reactive("")
    scope: reactive[str] = reactive("")
    papers: reactive[int | None] = reactive(None)
    stage: reactive[str] = reactive("")
    answer_usage: reactive[Usage] = reactive(Usage())
    session_usage: reactive[Usage] = reactive(Usage())
    other: reactive[str] = reactive("")
    """What goes on beside: papers being added, a summary being made."""

    def __init__(self) -> None:
        super().__init__(id="status", markup=False)
        self._began: float | None = None

    def on_mount(self) -> None:
        """Counts the seconds of what is going on."""
        self.set_interval(0.5, self._tick)

    def begin(self) -> None:
        """An answer is being made from now on."""
        self._began = time.monotonic()
        self.answer_usage = Usage()

    def end(self) -> None:
        """Nothing is going on."""
        self._began = None
        self.stage = ""

    def _tick(self) -> None:
        if self._began is not None:
            self.refresh(layout=False)

    def render(self) -> str:
        """The parts that fit, in the order in which they matter."""
        glyphs = app_of(self).glyphs
        seconds = f" {time.monotonic() - self._began:.0f} s" if self._began is not None else ""
        papers = "" if self.papers is None else f"{self.papers:,} papers"
        scope = f"scope {self.scope}" if self.scope else "whole library"
        parts = [f"{self.stage}{seconds}".strip(), self.mode, scope, papers, self.other, self._cost()]
        line, room = "", self.size.width
        for part in (printable(part) for part in parts if part):
            longer = f"{line} {glyphs.separator} {part}" if line else part
            if len(longer) > room and line:
                continue
            line = longer
        return line[:room]

    def _cost(self) -> str:
        both = ((self.answer_usage, "answer"), (self.session_usage, "session"))
        return ", ".join(f"{said(usage)} {name}" for usage, name in both if usage.calls)


def said(usage: Usage) -> str:
    """Tokens and cost in short: `3,114+120 tokens $0.0012`."""
    about = "about " if usage.is_estimate else ""
    price = "" if not usage.cost_usd else f" ${usage.cost_usd:.4f}"
    return f"{about}{usage.prompt_tokens:,}+{usage.completion_tokens:,} tokens{price}"
