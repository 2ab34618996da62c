"""Rooms: threads in which the library is read and written, each with an event loop and a library of its own.

The interface's own loop never waits for a disk, an embedder or a model: it gives work to a
room and awaits the outcome. A library is opened in the room that uses it, when it is first
needed, so that nothing heavy is imported before the first paint.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from store.library import Library

_T = TypeVar("_T")
_TO_END = 10.0
"""Seconds that what goes on has to end by itself, as an answer that keeps what there is of it."""
_TO_LET_GO = 1.0
"""Seconds that it has after it was cancelled."""
_TO_CLOSE = 12.0
"""Seconds for all of it; a room dies with the process anyway, and the store survives that."""


class Room:
    """A thread with an event loop. Works are begun in order; those that await may overlap."""

    def __init__(self, name: str, open_library: Callable[[], Library]) -> None:
        self._name = name
        self._open_library = open_library
        self._library: Library | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    async def call(self, work: Callable[[], _T]) -> _T:
        """What `work` returns, carried out in the room."""

        async def carry_out() -> _T:
            return work()

        return await self.run(carry_out)

    async def read(self, work: Callable[[Library], _T]) -> _T:
        """What `work` makes of the room's library."""

        async def carry_out() -> _T:
            return work(self.library)

        return await self.run(carry_out)

    async def run(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """What the coroutine that `work` makes comes to, run on the room's own loop.

        A caller that is cancelled leaves the work to itself: it is stopped by its own means.
        """

        async def carry_out() -> _T:
            return await work()

        future: Future[_T] = asyncio.run_coroutine_threadsafe(carry_out(), self._started())
        outcome = asyncio.wrap_future(future)
        outcome.add_done_callback(lambda done: done.cancelled() or done.exception())  # the caller may be gone by then
        return await asyncio.shield(outcome)

    def soon(self, work: Callable[[], object]) -> None:
        """Has `work` done on the room's loop between two steps of other works, if the room was ever used."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work)

    @property
    def library(self) -> Library:
        """The room's library; for use inside the room alone."""
        if self._library is None:
            self._library = self._open_library()
        return self._library

    def forget_library(self) -> None:
        """Has the library opened anew at its next use, as after the settings changed."""

        def close() -> None:
            if self._library:
                self._library.close()
            self._library = None

        self.soon(close)

    def close(self) -> bool:
        """Ends the thread, and says whether it did; what goes on has some seconds left, and is cancelled then."""
        if self._loop is None or self._thread is None:
            return True
        with suppress(RuntimeError):  # the loop is closed already
            asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join(_TO_CLOSE)
        return not self._thread.is_alive()

    async def _end(self) -> None:
        loop = asyncio.get_running_loop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            _, late = await asyncio.wait(others, timeout=_TO_END)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=_TO_LET_GO)
        loop.stop()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._live, name=f"citeloom-{self._name}", daemon=True)
            self._thread.start()
        return self._loop

    def _live(self) -> None:
        assert self._loop is not None
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            if self._library:
                self._library.close()
            self._loop.close()
