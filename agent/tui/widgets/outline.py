"""The outline of a summary: its parts, how far each is, and how many papers it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from agent.tui.house import app_of
from agent.tui.screens.summary_pages import Page
from store.text import printable

_TURN = 0.2
"""Seconds that a mark of what is being written stands still."""


class Outline(OptionList, inherit_bindings=False):
    """A line a page. Enter is the screen's: it is for the source, and a page is shown as soon as it is highlighted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding for binding in OptionList.BINDINGS if getattr(binding, "key", "") != "enter"
    ]

    def __init__(self) -> None:
        super().__init__(id="outline", markup=False)
        self._pages: tuple[Page, ...] = ()
        self._turns = 0

    def on_mount(self) -> None:
        """Turns the marks of what is being written."""
        if self.app.animation_level != "none":
            self.set_interval(_TURN, self._turn)

    def show(self, pages: Sequence[Page], current: str) -> None:
        """Shows pages, the one with the name `current` highlighted; nobody is told of that."""
        before, self._pages = self._pages, tuple(pages)
        with self.prevent(OptionList.OptionHighlighted):
            if [page.name for page in before] == [page.name for page in pages]:
                for at, page in enumerate(pages):
                    if before[at] != page:
                        self.replace_option_prompt_at_index(at, self._line(page))
            else:
                self.set_options([Option(self._line(page), id=page.name) for page in pages])
            self.highlighted = next((at for at, page in enumerate(pages) if page.name == current), None)

    def _turn(self) -> None:
        self._turns += 1
        for at, page in enumerate(self._pages):
            if page.state == "writing":
                self.replace_option_prompt_at_index(at, self._line(page))

    def _line(self, page: Page) -> Content:
        glyphs = app_of(self).glyphs
        spinner = glyphs.spinner[self._turns % len(glyphs.spinner)]
        are_all_done = all(each.state in ("done", "kept") for each in self._pages)
        marks = {"waiting": glyphs.separator, "writing": spinner, "done": glyphs.supported, "kept": glyphs.bullet}
        mark = "" if are_all_done else f"{marks[page.state]} "
        count = f"{page.papers:>2}" if page.papers is not None else "  "
        return Content(f"{mark}{count} {printable(page.title)}")  # no colours: the highlighted line has its own
