"""What the app does for all screens: copying, opening pages, adding papers, exporting, ringing."""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from textual.app import App
from textual.screen import Screen

from agent import settings
from agent.errors import CiteloomError, Stopped, UsageError
from agent.tui.house import explained, soon
from agent.tui.messages import LibraryChanged, Told
from agent.writing import write_whole
from store.paper import Paper

if TYPE_CHECKING:
    from agent.answer import Answer
    from store.intake import Report
    from store.library import Step

_LONG = 10_000.0
"""Milliseconds after which an answer is worth a bell."""
_PAGES = {"doi": "https://doi.org/{}", "arxiv": "https://arxiv.org/abs/{}"}


class Services(App[None]):
    """The part of the app that serves its screens."""

    _beside: Mapping[str, str] = MappingProxyType({})
    """How far each thing is that goes on beside the answer."""

    def copy(self, text: str) -> None:
        """Copies text, and says which way it went."""
        self.run_worker(partial(self._copy, text), thread=True, group="copy", exit_on_error=False)

    def _copy(self, text: str) -> None:
        from agent.tui import copying

        try:
            copied = copying.copy(
                text,
                by_terminal=lambda sent: self.call_from_thread(self.copy_to_clipboard, sent),
                environment=os.environ,
                folder=settings.data_folder(),
                in_browser=self.is_web,
            )
        except CiteloomError as error:
            self.post_message(explained(error))
        else:
            self.post_message(Told(copied.said))

    def open_page(self, paper: Paper) -> None:
        """Opens a paper's page in a browser; where there is none, its address is copied."""
        address = page_of(paper)
        if address is None:
            self.post_message(Told("no page is known of this paper"))
        elif self.is_web or _has_browser():
            self.open_url(address)
            self.post_message(Told(f"asked the browser to open {address}"))
        else:
            self.post_message(Told(f"there is no browser here to open {address}"))
            self.copy(address)

    def ring(self, answer: Answer) -> None:
        """Rings where an answer comes after long work while the user is elsewhere."""
        house: Any = self
        if answer.timings.get("total_ms", 0.0) > _LONG and not self.app_focus and house.desk.settings.flag("notify"):
            self.bell()

    # Adding papers

    def add_papers(self, argument: str) -> None:
        """Adds a file or a folder in the background; asks for its path where none is given."""
        if argument:
            self._add(argument)
            return
        from agent.tui.screens.asking import AskDialog

        hint = "JSON Lines, page dumps of abstracts, text with an abstract a paragraph, or a folder of them"
        self.push_screen(AskDialog("Add a file or folder", hint=hint, check=path_of), self._add)

    def _add(self, text: str | None) -> None:
        if text:
            soon(self, "add", partial(self._adding, [path_of(text)]))

    async def _adding(self, paths: Sequence[Path]) -> None:
        """Adds papers in their room, tells how far it is, and reports."""
        house: Any = self
        names = ", ".join(path.name for path in paths)

        def on_step(step: Step) -> None:
            if house.desk.is_closing:  # what is in is in; the next `add` goes on
                raise Stopped("the app was closed")
            total = f" of {step.total:,}" if step.total else ""
            self.call_later(self.say_beside, names, f"{step.stage} {names}: {step.done:,}{total}")

        self.say_beside(names, f"adding {names}")
        try:
            report: Report = await house.desk.adding.read(lambda library: library.add(list(paths), progress=on_step))
        finally:
            self.call_later(self.say_beside, names, "")
            for screen in {*self.screen_stack, *self._installed_screens.values()}:
                if isinstance(screen, Screen) and screen.is_attached:
                    screen.post_message(LibraryChanged())
        self._report(report, names)

    def say_beside(self, what: str, text: str) -> None:
        """Says in the status lines how far something beside the answer is; with an empty text it is over."""
        from agent.tui.widgets.status import StatusLine

        self._beside = {**self._beside, what: text}
        said = ", ".join(text for text in self._beside.values() if text)
        for screen in self.screen_stack:
            for status in screen.query(StatusLine):
                status.other = said

    def _report(self, report: Report, names: str) -> None:
        added, updated, same = len(report.added), len(report.updated), len(report.unchanged)
        said = (
            f"{names}: {report.papers} papers, {added} added, {updated} updated, {same} unchanged, "
            f"{report.merged} merged, {len(report.problems)} failed"
        )
        if not report.problems and not report.notes:
            self.post_message(Told(said))
            return
        from agent.tui.screens.help import TextDialog

        lines = [said, "", *report.notes]
        lines += [
            f"{path}, {item.place}: {item.reason}" + (f" ({item.hint})" if item.hint else "")
            for path, item in report.problems
        ]
        self.push_screen(TextDialog("Added", "\n".join(lines)))

    # Exporting

    def export(self, answers: Sequence[Answer], title: str, name: str, argument: str) -> None:
        """Exports answers: format and file as `argument` says, or as a dialog asks."""
        from agent.export import FORMATS, render

        self.export_as(FORMATS, lambda form: render(answers, form, title=title), f"citeloom-{name}", argument)

    def export_as(
        self,
        formats: Sequence[str],
        render: Callable[[str], str],
        stem: str,
        argument: str = "",
        *,
        preview: Callable[[str], str] | None = None,
    ) -> None:
        """Writes what `render` makes of a format; `stem` is the name that is offered, without its ending.

        `preview` makes the beginning of it, where all of it would take long.
        """
        from agent.tui.screens.export import ExportDialog, Target, target_of

        def write(target: Target | None) -> None:
            if target:
                self.run_worker(partial(self._write, target, render), thread=True, group="export", exit_on_error=False)

        if argument:
            write(target_of(shlex.split(argument), formats, stem))
        else:
            self.push_screen(ExportDialog(formats, stem, preview or render), write)

    def _write(self, target: Any, render: Callable[[str], str]) -> None:
        try:
            text = render(target.form)
            if self.is_web:  # the reader's files are not on the machine that serves
                send = partial(self.deliver_text, save_filename=target.path.name, mime_type="text/plain")
                self.call_from_thread(send, io.StringIO(text))
                return
            write_whole(target.path, text)
        except CiteloomError as error:
            self.post_message(explained(error))
        else:
            self.post_message(Told(f"written: {target.path}"))


def path_of(text: str) -> Path:
    """The path that a user wrote, quotes and `~` understood. Raises `UsageError` where there is nothing."""
    stripped = text.strip()
    if len(stripped) > 1 and stripped[0] == stripped[-1] and stripped[0] in "\"'":
        stripped = stripped[1:-1]
    try:
        path = Path(stripped).expanduser()
        is_there = path.exists()
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"this is no path: {error}", "write the path of a file or folder") from error
    if not is_there:
        raise UsageError(f"there is no file {path}", "write the path of a file or folder")
    return path


def page_of(paper: Paper) -> str | None:
    """The address of a paper's page: its own, or what follows from its identifiers. Only web addresses count."""
    known = [
        paper.url or "",
        *(form.format(paper.identifiers[kind]) for kind, form in _PAGES.items() if kind in paper.identifiers),
    ]
    for address in known:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https") and parts.netloc and address.isprintable() and " " not in address:
            return address
    return None


def _has_browser() -> bool:
    """Whether a browser with a window can be opened; one in the terminal would draw over the app."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
