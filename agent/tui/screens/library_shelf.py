"""What can be done with the papers of the library screen: pick, ask, read, copy, export, remove, bring back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from agent.tui import keymap
from agent.tui.actions import BY_NAME
from agent.tui.house import soon
from agent.tui.keyboard import shown
from agent.tui.messages import LibraryChanged, Told
from agent.tui.screens.library_listing import Listing
from agent.tui.stops import Stop
from agent.tui.widgets.papers import PapersTable
from agent.tui.wording import reference
from store.paper import Paper
from store.removal import Removed
from store.scope import Scope

if TYPE_CHECKING:
    from store.library import Library

_T = TypeVar("_T")
_PREVIEWED = 10
"""Papers of an export that are shown before it is written."""
FORMATS = ("bib", "ris", "csl-json", "jsonl")
MOST_ASKED = 500
"""Papers that a scope names one by one; more are better said by year, author or venue."""


class Gone(NamedTuple):
    """Papers that were removed at once, and those of them that were picked."""

    papers: Sequence[Removed]
    picked: frozenset[str]


class Shelf(Listing):
    """The part of the library screen that handles papers."""

    def __init__(self) -> None:
        super().__init__()
        self.picked: set[str] = set()
        self.wanting = ""
        """The key of the paper to be highlighted when the list is made next."""
        self._gone: list[Gone] = []
        self._changes = asyncio.Lock()
        """Removing and bringing back go one after the other."""

    @property
    def table(self) -> PapersTable:
        """The list."""
        raise NotImplementedError

    def show_picked(self) -> None:
        """Marks what is picked, and counts."""
        raise NotImplementedError

    def key_of(self, action: str) -> str:
        """The key of an action, as a reader sees it."""
        return shown(keymap.keys_of(BY_NAME[action], keymap.read(self.house.desk.settings.keys).keymap)[0])

    @property
    def meant(self) -> list[str]:
        """The keys of the papers that an action is about: the picked ones, else the highlighted one."""
        if self.picked:
            return [row.key for row in self.rows if row.key in self.picked]
        return [self.table.current.key] if self.table.current else []

    # Picking and asking

    def action_papers_pick(self) -> None:
        """Picks the highlighted paper, or lets go of it."""
        if self.table.current:
            self.picked ^= {self.table.current.key}
            self.show_picked()

    def action_papers_pick_all(self) -> None:
        """Picks all papers that are listed; if all are picked, none."""
        listed = {row.key for row in self.table.rows}
        self.picked = self.picked - listed if listed <= self.picked else self.picked | listed
        self.show_picked()

    def action_papers_scope(self) -> None:
        """Has the chat ask the picked papers; without any, those of the filter's scope, or the highlighted one."""
        keys = self.meant
        if not keys:
            self.post_message(Told("no paper is listed"))
        elif self.picked and len(keys) == self.total:
            self._ask(Scope(), "all papers are picked: the whole library is asked")
        elif len(keys) > MOST_ASKED:
            key = self.key_of("papers.scope")
            hint = f"pick fewer; or pick none, filter by year:, author: or venue:, and press {key}"
            said = f"{len(keys):,} papers are picked; {MOST_ASKED} are the most to be asked one by one"
            self.post_message(Told(said, hint, "warning"))
        elif not self.picked and self.wanted.scope and not self.wanted.text:
            scope = self.wanted.scope
            self._ask(scope, f"the {len(self.table.rows):,} papers of the scope {scope} are asked from now on")
        else:
            said = f"{len(keys)} papers are asked from now on" if len(keys) > 1 else f"{keys[0]} is asked from now on"
            self._ask(Scope(tuple(("key", key) for key in keys)), said)

    def _ask(self, scope: Scope, said: str) -> None:
        self.house.chat.set_scope(scope)
        self.house.action_go_chat()
        self.house.post_message(Told(said, "/scope off asks the whole library again" if scope else ""))

    # Reading

    def action_papers_open(self) -> None:
        """Shows the highlighted paper over the whole screen."""
        self._use_current(self._open)

    def action_papers_url(self) -> None:
        """Opens the paper's page in a browser."""
        self._use_current(self.house.open_page)

    def action_papers_copy(self) -> None:
        """Copies the references of the picked papers, or that of the highlighted one."""
        self._soon(self._copy)

    def _open(self, paper: Paper) -> None:
        from agent.tui.screens.source import SourceDialog

        self.app.push_screen(SourceDialog(Stop(paper)))

    def _use_current(self, use: Callable[[Paper], None]) -> None:
        if self.table.current:
            self._soon(partial(self._use, self.table.current.key, use))

    async def _use(self, key: str, use: Callable[[Paper], None]) -> None:
        for paper in await self.papers_of([key]):
            use(paper)

    async def _copy(self) -> None:
        if papers := await self.papers_of(self.meant):
            self.house.copy("".join(f"{reference(paper)}\n" for paper in papers))

    # Adding and exporting

    def action_library_add(self) -> None:
        """Adds a file or a folder, in the background."""
        self.house.add_papers("")

    def action_library_export(self) -> None:
        """Exports the picked papers, or all that are listed."""
        keys = self.meant if self.picked else [row.key for row in self.table.rows]
        if keys:
            self._soon(partial(self._export, keys))
        else:
            self.post_message(Told("no paper is listed"))

    async def _export(self, keys: Sequence[str]) -> None:
        papers = await self.papers_of(keys)
        some = papers[:_PREVIEWED]
        self.house.export_as(
            FORMATS, lambda form: written(papers, form), "papers", preview=lambda form: written(some, form)
        )

    # Removing and bringing back

    def action_papers_remove(self) -> None:
        """Removes the picked papers, or the highlighted one; they can be brought back."""
        if keys := self.meant:
            self._soon(partial(self._remove, keys))

    async def _remove(self, keys: list[str]) -> None:
        picked = frozenset(self.picked.intersection(keys))
        async with self._changes:
            gone = await self._change("removing", len(keys), lambda library: library.take_out(keys))
            self._gone.append(Gone(gone, picked))
        self.picked.difference_update(keys)
        said = f"removed: {gone[0].paper.label}" if len(gone) == 1 else f"{len(gone):,} papers are removed"
        back = "it" if len(gone) == 1 else "them"
        self.post_message(Told(said, f"{self.key_of('library.undo')} brings {back} back"))

    def action_library_undo(self) -> None:
        """Brings back what was removed last, whole and under the same keys."""
        self._soon(self._bring_back)

    async def _bring_back(self) -> None:
        async with self._changes:
            if not self._gone:
                self.post_message(Told("nothing was removed since the app was opened"))
                return
            gone = self._gone[-1]
            restored = await self._change(
                "bringing back", len(gone.papers), lambda library: library.restore(gone.papers)
            )
            self._gone.pop()
        self.picked |= gone.picked
        self.wanting = gone.papers[0].paper.key
        known = len(gone.papers) - len(restored)
        said = f"back: {gone.papers[0].paper.label}" if len(restored) == 1 else f"{len(restored):,} papers are back"
        self.post_message(Told(said, f"{known:,} were in the library again already" if known else ""))

    async def _change(self, doing: str, number: int, work: Callable[[Library], _T]) -> _T:
        """Changes the library in the room for adding; whatever comes of it, every screen then shows what there is."""
        papers = "a paper" if number == 1 else f"{number:,} papers"
        self.house.say_beside(doing, f"{doing} {papers}")
        try:
            return await self.house.desk.adding.read(work)
        finally:
            self.house.say_beside(doing, "")
            self.catch_up()
            for screen in self.app.screen_stack:
                if screen is not self:
                    screen.post_message(LibraryChanged())

    def _soon(self, work: Callable[[], Awaitable[object]]) -> None:
        soon(self, "shelf", work)


def written(papers: Sequence[Paper], form: str) -> str:
    """Papers in one of `FORMATS`; JSON Lines are what `papers list --jsonl` prints, and `add` reads back."""
    if form == "jsonl":
        lines = (json.dumps(paper.to_dict(), ensure_ascii=False, separators=(",", ":")) for paper in papers)
        return "".join(f"{line}\n" for line in lines)
    from agent.export import bibliography

    return bibliography(papers, form)
