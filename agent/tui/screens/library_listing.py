"""What the library screen lists: papers read in their room, filtered while one types, ranked on Enter, sorted.

Workers read and post; only the handlers change what is seen. Of two workers of one kind the
newer wins, so what comes in is always about the newest text of the filter line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message

from agent.tui.house import House, newest
from agent.tui.messages import LibraryChanged
from agent.tui.screens.library_rows import Filter, Row, Sorting, filter_of, listed, longest, row_of
from store.errors import ScopeError

if TYPE_CHECKING:
    from store.library import Library
    from store.paper import Paper

DEBOUNCE = 0.15
"""Seconds without a key after which the list is filtered."""
MOST_FOUND = 100
"""Papers that a ranking by relevance lists."""
_FEW = 200
"""So many papers are looked up by key; for more, all are gone through."""
_SLICE = 250
"""Papers that are read at a stretch; between two stretches the room serves others."""
_SHOWN_EVERY = 5000
"""Papers after which a list that is still being read is shown anew."""


class Read(Message):
    """Papers as rows; all of them, or the first ones while more are being read."""

    def __init__(self, rows: Sequence[Row], total: int) -> None:
        super().__init__()
        self.rows = rows
        self.total = total
        self.longest = longest(rows)


class Listed(Message):
    """The rows that are to be shown for a filter; `found` are the ranks, where a search found them."""

    def __init__(self, rows: Sequence[Row], wanted: Filter, found: Mapping[str, int] | None) -> None:
        super().__init__()
        self.rows = rows
        self.wanted = wanted
        self.found = found


class Refused(Message):
    """The filter cannot be understood, or not yet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Listing(House):
    """The part of the library screen that knows which papers there are, and which of them are listed."""

    rows: Sequence[Row] = ()
    """All papers, in the order in which they came."""
    total: int | None = None
    """How many there are, as soon as it is known."""
    wanted: Filter = Filter()
    """The filter by which the list was made."""
    found: Mapping[str, int] | None = None
    """The ranks of the papers that a search found, while they are what is listed."""
    sorting: Sorting = Sorting()
    serial: int = 0
    """Of the newest reading; older ones stop."""

    @property
    def text(self) -> str:
        """What stands in the filter line."""
        raise NotImplementedError

    def reload(self) -> None:
        """Reads the library again; what is listed stays until the new rows are there."""
        self.serial += 1
        newest(self, "reading", partial(self._read, self.serial))

    async def _read(self, serial: int) -> None:
        room, is_first = self.house.desk.browsing, not self.rows

        def tell(rows: Sequence[Row], total: int) -> bool:
            if is_first and rows:
                self.post_message(Read(rows, total))
            return serial == self.serial

        rows = await room.run(lambda: read_rows(room.library, tell))
        if serial == self.serial:
            rows = await self._caught_up(rows) or rows  # what was removed in the meantime
            self.post_message(await room.call(lambda: Read(rows, len(rows))))

    def catch_up(self) -> None:
        """Shows what there is now, where papers came or went."""
        newest(self, "catching up", self._catch_up)

    async def _catch_up(self) -> None:
        before = self.rows
        rows = await self._caught_up(before)
        if rows is None:
            self.reload()
        elif rows != before:
            self.post_message(Read(rows, len(rows)))

    async def _caught_up(self, rows: Sequence[Row]) -> Sequence[Row] | None:
        """`rows` without papers that are gone, and with the few that are new; None where they are many."""
        room = self.house.desk.browsing
        known = {row.key: row for row in rows}
        keys = await room.read(lambda library: library.keys() if library.exists else [])
        new = [key for key in keys if key not in known]
        if len(new) > _FEW:
            return None
        papers = await self.papers_of(new)
        known |= await room.call(lambda: {paper.key: row_of(paper) for paper in papers})
        return tuple(known[key] for key in keys if key in known)

    async def papers_of(self, keys: Sequence[str]) -> list[Paper]:
        """The papers with these keys, in this order; what is not in the library any more is left out."""
        room = self.house.desk.browsing
        if len(keys) <= _FEW:
            found = await room.read(lambda library: [library.get(key) for key in keys])
            return [paper for paper in found if paper]
        wanted = frozenset(keys)
        held = await room.read(lambda library: {each.key: each for each in library.papers() if each.key in wanted})
        return [held[key] for key in keys if key in held]

    @on(LibraryChanged)
    def _changed(self) -> None:
        self.reload()

    def refilter(self, delay: float = 0.0) -> None:
        """Lists the papers that the filter line names, after a delay in which nothing else is typed."""
        newest(self, "filter", partial(self._filter, self.text, delay))

    async def _filter(self, text: str, delay: float) -> None:
        await asyncio.sleep(delay)
        room, rows, sorting = self.house.desk.browsing, self.rows, self.sorting
        try:
            wanted = filter_of(text)
        except ScopeError as error:
            self.post_message(Refused(f"{error.message}; {error.hint}"))
            return
        found = self.found if wanted == self.wanted else None
        keys = await room.read(lambda library: frozenset(library.keys(wanted.scope))) if wanted.scope else None
        chosen = await room.call(lambda: listed(rows, wanted.text, keys=keys, found=found, sorting=sorting))
        self.post_message(Listed(chosen, wanted, found))

    def rank(self) -> None:
        """Lists the papers that a search for the words of the filter line finds, the best first."""
        newest(self, "filter", partial(self._rank, self.text))

    async def _rank(self, text: str) -> None:
        room, rows = self.house.desk.browsing, self.rows
        try:
            wanted = filter_of(text)
            result = await room.read(lambda library: library.search(wanted.text, MOST_FOUND, wanted.scope))
        except ScopeError as error:
            self.post_message(Refused(f"{error.message}; {error.hint}"))
            return
        found = {hit.paper.key: hit.rank for hit in result.hits}
        self.sorting = Sorting()
        chosen = await room.call(lambda: listed(rows, "", found=found, sorting=Sorting()))
        self.post_message(Listed(chosen, wanted, found))


async def read_rows(library: Library, tell: Callable[[Sequence[Row], int], bool]) -> Sequence[Row]:
    """All papers of a library as rows, read so that the room can do other works in between.

    `tell` is given the first rows early and then now and again; reading ends where it says False.
    """
    if not library.exists:
        return ()
    rows: list[Row] = []
    total = library.count()
    for paper in library.papers():
        rows.append(row_of(paper))
        if len(rows) % _SLICE == 0:
            is_shown = len(rows) == _SLICE or len(rows) % _SHOWN_EVERY == 0
            if not tell(tuple(rows) if is_shown else (), total):
                break
            await asyncio.sleep(0)
    return tuple(rows)
