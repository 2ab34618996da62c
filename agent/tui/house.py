"""What every screen has: the app with its desk, and the one edge at which a worker's error becomes a notice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar, cast

from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.worker import WorkType

from agent import faultlog
from agent.errors import CiteloomError
from agent.tui.actions import bindings
from agent.tui.messages import Told
from store.errors import LibraryError

if TYPE_CHECKING:
    from agent.tui.app import CiteloomApp

_T = TypeVar("_T")
_Result = TypeVar("_Result")


def app_of(widget: Widget) -> CiteloomApp:
    """The app that a widget belongs to."""
    return cast("CiteloomApp", widget.app)


def explained(error: Exception) -> Told:
    """An error as a notice: what happened, and what to do. One that nobody foresaw is kept in the log."""
    if isinstance(error, CiteloomError | LibraryError):
        return Told(error.message, error.hint, "error")
    path = faultlog.keep(error)
    hint = f"the traceback is in {path}" if path else "the log cannot be written either"
    return Told(f"unexpected {type(error).__name__}: {error}", hint, "error")


async def attempt(node: DOMNode, work: Awaitable[_T]) -> _T | None:
    """What `work` comes to; an error is told on the screen instead, and gives None."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001 - the edge of a worker: every error becomes a notice
        node.post_message(explained(error))
        return None


def soon(node: DOMNode, group: str, work: Callable[[], Awaitable[object]], *, alone: bool = False) -> None:
    """Has `work` done in the background while `node` lives; `alone`, in place of what its group is still doing."""

    async def carry_out() -> None:
        await attempt(node, work())  # made here, since a worker may be cancelled before it begins

    job: WorkType[None] = carry_out
    node.run_worker(job, group=group, exclusive=alone, exit_on_error=False)


def newest(node: DOMNode, group: str, work: Callable[[], Awaitable[object]]) -> None:
    """Has `work` done in the background, in place of what is still being done in its group."""
    soon(node, group, work, alone=True)


class House(Screen[None]):
    """A screen of the interface."""

    @property
    def house(self) -> CiteloomApp:
        """The app."""
        return app_of(self)


class Dialog(ModalScreen[_Result]):
    """A dialog over a screen; Esc closes it and nothing else."""

    BINDINGS = bindings("dialog") + bindings("everywhere", only="app.quit")  # a dialog shuts out all else

    @property
    def house(self) -> CiteloomApp:
        """The app."""
        return app_of(self)

    def action_dialog_close(self) -> None:
        """Closes the dialog without a result."""
        self.dismiss(None)
