"""The dialog that asks where an export goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static

from agent.errors import CiteloomError, UsageError
from agent.tui.house import Dialog
from store.text import printable

_ENDINGS = {"csl-json": "csl.json"}
_PREVIEW = 30
"""Lines of the export that are shown before it is written."""


@dataclass(frozen=True, slots=True)
class Target:
    """What to write, and where to."""

    form: str
    path: Path


def target_of(words: Sequence[str], formats: Sequence[str], stem: str) -> Target:
    """What `/export bib refs.bib` means: a format, a file, or both. Raises `UsageError` where it means nothing."""
    form = words[0] if words and words[0] in formats else None
    rest = list(words[1:] if form else words)
    if len(rest) > 1 or (rest and form is None and Path(rest[0]).suffix == ""):
        raise UsageError(f"there is no format {rest[0]}", f"choose one of {', '.join(formats)}, and then a file")
    if form is None:
        ending = Path(rest[0]).name
        form = next((known for known in formats if ending.endswith(f".{_ending(known)}")), formats[0])
    path = Path(rest[0]).expanduser() if rest else Path(f"{stem}.{_ending(form)}")
    return Target(form, path.absolute())


class ExportDialog(Dialog[Target]):
    """Asks for a format and a file, and shows what would be written."""

    def __init__(self, formats: Sequence[str], stem: str, render: Callable[[str], str]) -> None:
        super().__init__()
        self._formats = formats
        self._stem = stem
        self._render_as = render
        self._confirmed: Path | None = None

    def compose(self) -> ComposeResult:
        """Formats, file, preview."""
        with Vertical(classes="dialog -large"):
            yield Static("Export", classes="dialog-title", markup=False)
            yield OptionList(*self._formats, id="formats", markup=False)
            yield Input(str(Path(f"{self._stem}.{_ending(self._formats[0])}").absolute()), id="path")
            yield Static(id="export-said", classes="dialog-hint", markup=False)
            with VerticalScroll(id="preview-scroll", can_focus=False):
                yield Static(id="preview", markup=False)
            yield Static("Tab to the file name  Enter writes it  Close: Esc", classes="dialog-close", markup=False)

    @property
    def form(self) -> str:
        """The chosen format."""
        return self._formats[self.query_one("#formats", OptionList).highlighted or 0]

    @on(OptionList.OptionHighlighted)
    def _preview(self) -> None:
        line = self.query_one("#path", Input)
        path = Path(line.value)
        known = next((form for form in self._formats if path.name.endswith(f".{_ending(form)}")), None)
        if known:
            name = path.name.removesuffix(_ending(known)) + _ending(self.form)
            line.value = str(path.with_name(name))
        try:
            text = self._render_as(self.form)
        except CiteloomError as error:
            text = f"{error.message}; {error.hint}"
        shown = printable("\n".join(text.splitlines()[:_PREVIEW]))
        self.query_one("#preview", Static).update(Content(shown).stylize("$muted"))

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _take(self) -> None:
        text = self.query_one("#path", Input).value.strip()
        path = Path(text).expanduser().absolute()
        said = self.query_one("#export-said", Static)
        if not text or path.is_dir():
            said.update(Content("name a file"))
        elif path.exists() and path != self._confirmed:
            self._confirmed = path
            said.update(Content("the file is there already; Enter again replaces it"))
        else:
            self.dismiss(Target(self.form, path))


def _ending(form: str) -> str:
    return _ENDINGS.get(form, form)
