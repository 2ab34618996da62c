"""One paper with all that is known of it: the pane beside the list of papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from agent.tui.glyphs import Glyphs
from agent.tui.house import app_of
from store.paper import Paper
from store.text import printable

_OPENS = Style.from_meta({"@click": "screen.papers_url"})


class PaperPane(VerticalScroll):
    """Shows a paper; the keys scroll it where it has the focus."""

    DEFAULT_CSS = """
    PaperPane { background: $surface; padding: 0 1; scrollbar-size-vertical: 1; }
    PaperPane Static { height: auto; }
    PaperPane #paper-abstract { margin: 1 0; max-width: 100; }
    """
    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
    ]

    def compose(self) -> ComposeResult:
        """What names the paper, its abstract, and the rest."""
        yield Static(id="paper-head", markup=False)
        yield Static(id="paper-abstract", markup=False)
        yield Static(id="paper-facts", markup=False)

    def show(self, paper: Paper | None) -> None:
        """Another paper, from its beginning; nothing at all without one."""
        glyphs = app_of(self).glyphs
        parts = {"head": Content(""), "abstract": Content(""), "facts": Content("")}
        if paper:
            parts = {"head": head(paper, glyphs), "abstract": Content(printable(paper.abstract)), "facts": facts(paper)}
        for name, content in parts.items():
            self.query_one(f"#paper-{name}", Static).update(content)
        self.scroll_home(animate=False)


def head(paper: Paper, glyphs: Glyphs) -> Content:
    """Title, all authors, and when and where the paper appeared."""
    more = "" if paper.authors_complete else " et al."
    count = f" ({paper.author_count} in all)" if paper.author_count and paper.author_count > len(paper.authors) else ""
    date = paper.date or ""
    date = f"{date.removeprefix('--')} of an unknown year" if date.startswith("--") else date
    appeared = (date, paper.venue or "", ", ".join(paper.categories))
    lines = [Content(printable(paper.label)).stylize("bold")]
    if paper.authors:
        lines.append(Content(printable(", ".join(paper.authors) + more + count)))
    if told := f" {glyphs.separator} ".join(printable(part) for part in appeared if part):
        lines.append(Content(told).stylize("$muted"))
    return Content("\n").join(lines)


def facts(paper: Paper) -> Content:
    """Key, identifiers, page, where it was read, and other wordings; a line a fact."""
    told = list(_facts(paper))
    lines = []
    for name, value in told:
        text = Content(printable(value))
        lines.append(Content.assemble((f"{name}  ", "$muted"), text.stylize(_OPENS) if name == "page" else text))
    lines += [Content("\n").join([_label("other wording"), Content(printable(text))]) for text in paper.variants]
    return Content("\n").join(lines)


def _facts(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "key", paper.key
    named: Mapping[str, str] = {**paper.identifiers, "page": paper.url or "", **paper.extra}
    yield from ((printable(name), value) for name, value in named.items() if value)
    if paper.has_code is not None:
        yield "code", "yes" if paper.has_code else "no"
    for source in paper.sources:
        yield "read in", f"{source.path}, {source.place}"


def _label(text: str) -> Content:
    return Content(text).stylize("$muted")
