"""The whole source over the screen: the abstract with its cited sentence, and all that is known of the paper."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from agent.tui.actions import BY_NAME
from agent.tui.house import Dialog
from agent.tui.stops import Stop
from agent.tui.widgets.sources import heading, parts
from agent.tui.wording import quotation
from store.paper import Paper
from store.text import printable

_KEYS = tuple(BY_NAME[name] for name in ("cite.open", "cite.copy"))


class SourceDialog(Dialog[None]):
    """One source."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *((",".join(action.keys), action.method.removeprefix("action_"), action.title) for action in _KEYS),
        ("enter", "dialog_close", "Close"),
    ]

    def __init__(self, stop: Stop) -> None:
        super().__init__()
        self._stop = stop

    def compose(self) -> ComposeResult:
        """Heading, abstract, facts."""
        before, sentence, after = parts(self._stop)
        with Vertical(classes="dialog -large"):
            with VerticalScroll(id="source-scroll"):
                yield Static(heading(self._stop, self.house.glyphs, "selected"), id="source-head", markup=False)
                for name, text in (("before", before), ("sentence", sentence), ("after", after)):
                    if text:
                        yield Static(Content(text), id=f"source-{name}", markup=False)
                yield Static(Content(facts(self._stop.paper)).stylize("$muted"), id="source-more", markup=False)
            yield Static(
                "o opens its page  y copies quotation and reference  Close: Esc", classes="dialog-close", markup=False
            )

    def on_mount(self) -> None:
        """The keys scroll at once."""
        self.query_one("#source-scroll").focus()

    def action_cite_open(self) -> None:
        """Opens the paper's page in a browser."""
        self.house.open_page(self._stop.paper)

    def action_cite_copy(self) -> None:
        """Copies the quotation and its reference."""
        self.house.copy(quotation(self._stop))


def facts(paper: Paper) -> str:
    """What is known of a paper besides title and abstract, a line a fact."""
    found = {
        "authors": ", ".join(paper.authors),
        "date": paper.date or "",
        "venue": paper.venue or "",
        "categories": ", ".join(paper.categories),
        **dict(paper.identifiers),
        "page": paper.url or "",
        **dict(paper.extra),
        "read in": "; ".join(f"{source.path}, {source.place}" for source in paper.sources),
        "sha256": paper.sha256,
    }
    lines = [f"{name}: {printable(value)}" for name, value in found.items() if value]
    lines += [f"another wording: {printable(text)}" for text in paper.variants]
    return "\n".join(lines)
