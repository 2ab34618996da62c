"""The transcript: the turns of a session, of which only those near the end are made at first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Static

from agent.tui.actions import bindings
from agent.tui.house import soon
from agent.tui.widgets.turn import TurnView

if TYPE_CHECKING:
    from agent.sessions import Turn

_AT_ONCE = 12
"""Turns that are made at a time; older ones come when the reader scrolls up to them."""


class Transcript(VerticalScroll, can_focus=True):
    """Turns, the newest last. It follows the end until the reader scrolls up."""

    BINDINGS = bindings("reading")

    class Wanted(Message):
        """A mark or a paper of a turn was chosen: the position of the stop."""

        def __init__(self, turn: TurnView, position: int) -> None:
            super().__init__()
            self.turn = turn
            self.position = position

    def __init__(self) -> None:
        super().__init__(id="transcript")
        self._older: list[Turn] = []
        self._is_loading = False

    def on_mount(self) -> None:
        """Follows the end."""
        self.anchor()
        self.watch(self, "scroll_y", self._on_scrolled, init=False)

    @property
    def turns(self) -> list[TurnView]:
        """The turns that are made, in order."""
        return list(self.query_children(TurnView))

    @property
    def older(self) -> int:
        """How many turns are not made yet."""
        return len(self._older)

    async def show(self, turns: Sequence[Turn], about: Sequence[str]) -> None:
        """Shows these turns instead of what is there; `about` says when and how each was asked."""
        self._about = {turn.number: text for turn, text in zip(turns, about, strict=True)}
        self._older = list(turns)
        await self.remove_children()
        newest, self._older = self._older[-_AT_ONCE:], self._older[:-_AT_ONCE]
        views = [TurnView(turn.question, self._about[turn.number], turn) for turn in newest]
        await self.mount_all([*self._notice(), *views])
        self.anchor()

    async def load_older(self) -> bool:
        """Makes some of the turns above; the view stays where it is. Whether there were any."""
        if not self._older or self._is_loading:
            return False
        self._is_loading = True
        try:
            more, self._older = self._older[-_AT_ONCE:], self._older[:-_AT_ONCE]
            from_end = self.max_scroll_y - self.scroll_y
            await self.query(".older").remove()
            views = [TurnView(turn.question, self._about[turn.number], turn) for turn in more]
            await self.mount_all([*self._notice(), *views], before=0)
            self.call_after_refresh(lambda: self.scroll_to(y=self.max_scroll_y - from_end, animate=False))
        finally:
            self._is_loading = False
        return True

    async def add(self, view: TurnView) -> None:
        """Shows a new turn at the end, and follows it."""
        await self.mount(view)
        self.anchor()
        self.scroll_end(animate=False)

    def forget(self) -> None:
        """Lets go of the turns that are not made yet."""
        self._older = []

    def _notice(self) -> list[Static]:
        if not self._older:
            return []
        return [Static(f"{len(self._older)} earlier turns; scroll up to see them", classes="older", markup=False)]

    def _on_scrolled(self, position: float) -> None:
        if position <= 1 and self._older and self.max_scroll_y > 0 and not self._is_loading:
            soon(self, "older", self.load_older)
