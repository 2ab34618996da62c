"""The one writer to stderr: progress, notices, and errors as what happened and what to do."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Protocol

from agent import faultlog
from agent.errors import ExitCode, Stopped, exit_code_for
from store.text import clean

if TYPE_CHECKING:
    from rich.status import Status as RichStatus

    from store.library import Step


_STATUS_WIDTH = 70


class Verbosity:
    """How much is said: set once by the command line."""

    quiet = False
    verbose = False
    debug = False


class Interrupts:
    """Whether Ctrl-C was pressed; a library that swallows the exception does not make us forget."""

    seen = False
    _gentle: Callable[[], object] | None = None
    _are_held = False

    @classmethod
    @contextmanager
    def gently(cls, stop: Callable[[], object]) -> Iterator[None]:
        """Within this, a first Ctrl-C calls `stop`; the second interrupts."""
        cls._gentle = stop
        try:
            yield
        finally:
            cls._gentle = None

    @classmethod
    @contextmanager
    def held(cls) -> Iterator[None]:
        """Within this Ctrl-C is only noted, in `seen`."""
        cls._are_held = True
        try:
            yield
        finally:
            cls._are_held = False

    @classmethod
    def watch(cls) -> None:
        """Takes Ctrl-C over from Python."""
        cls.seen = False
        signal.signal(signal.SIGINT, cls._on_signal)

    @classmethod
    def heed(cls) -> None:
        """Raises what a library may have swallowed."""
        if cls.seen:
            raise KeyboardInterrupt

    @classmethod
    def _on_signal(cls, _number: int, _frame: FrameType | None) -> None:
        if cls._gentle:
            stop, cls._gentle = cls._gentle, None
            stop()
            return
        cls.seen = True
        if not cls._are_held:
            raise KeyboardInterrupt


def notice(text: str) -> None:
    """Something the user should know; not said with `--quiet`."""
    if not Verbosity.quiet:
        sys.stderr.write(f"citeloom: {clean(text)}\n")


def detail(text: str) -> None:
    """Something for those who watch: on a terminal, or where more was asked for."""
    if text and (Verbosity.verbose or sys.stderr.isatty()):
        notice(text)


class Status:
    """A line that says what is going on, on a terminal; nothing elsewhere or with `--quiet`."""

    def __init__(self) -> None:
        self._line: RichStatus | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Within this the line may be shown."""
        try:
            yield
        finally:
            self.clear()

    def say(self, text: str) -> None:
        """Shows the line, or what is new in it."""
        if Verbosity.quiet or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.markup import escape

        said = escape(clean(text))[:_STATUS_WIDTH]
        if self._line is None:
            self._line = Console(stderr=True).status(said)
            self._line.start()
        else:
            self._line.update(said)

    def clear(self) -> None:
        """Takes the line away."""
        if self._line:
            self._line.stop()
            self._line = None


def report_error(error: BaseException) -> ExitCode:
    """Says what happened and what to do, in two lines; returns the exit code."""
    code = exit_code_for(error)
    if Verbosity.debug and not isinstance(error, KeyboardInterrupt):
        traceback.print_exception(error)
    if isinstance(error, Stopped):
        _say_error(error.message, error.hint)
    elif isinstance(error, KeyboardInterrupt):
        _say_error("interrupted", "what was stored is kept; run the command again to go on")
    elif code is ExitCode.UNEXPECTED:
        _say_error(f"unexpected {type(error).__name__}: {error}", _log(error))
    else:
        _say_error(str(getattr(error, "message", error)), str(getattr(error, "hint", "")))
    return code


def say_usage_error(message: str, hint: str) -> None:
    """A command line that cannot be parsed."""
    _say_error(message, hint)


def _say_error(message: str, hint: str) -> None:
    sys.stderr.write(f"citeloom: error: {clean(message)}\n")
    if hint:
        sys.stderr.write(f"hint: {clean(hint)}\n")


def _log(error: BaseException) -> str:
    """Keeps the traceback in a file; returns the hint that names it."""
    path = faultlog.keep(error)
    if path is None:
        return "run it again with --debug to see where it happened"
    return f"the traceback is in {path}; --debug shows it"


class ProgressCallback(Protocol):
    """What is told of each step."""

    def __call__(self, step: Step, /) -> None:
        """Hears of a step."""
        ...


@contextmanager
def progress() -> Iterator[ProgressCallback]:
    """A progress bar with rate on a terminal; nothing elsewhere or with `--quiet`."""
    if Verbosity.quiet or not sys.stderr.isatty():
        yield lambda _: Interrupts.heed()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Papers a second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {stage: bar.add_task(stage, total=None, visible=False) for stage in ("reading", "indexing")}

        def on_step(step: Step) -> None:
            Interrupts.heed()
            bar.update(tasks[step.stage], completed=step.done, total=step.total, visible=True)

        yield on_step


@contextmanager
def bar(name: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """A bar of so many steps, told how many are done and what is to stand beside it; quiet where `progress` is."""
    if Verbosity.quiet or not sys.stderr.isatty():
        yield lambda _done, _text: Interrupts.heed()
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(name),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=total)

        def advance(done: int, text: str) -> None:
            Interrupts.heed()
            shown.update(task, completed=done, description=escape(clean(text)))

        yield advance
