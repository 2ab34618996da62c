"""The sources pane: the paper behind a citation, with the exact sentence standing out in its abstract."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from agent.citations import byline
from agent.tui.actions import bindings
from agent.tui.glyphs import Glyphs
from agent.tui.house import app_of
from agent.tui.stops import Stop
from store import sentences
from store.paper import Paper
from store.text import printable

NOTHING = "The sentences that an answer rests on are shown here."
_AUTHORS = 3
"""Authors that are named; the whole source names all."""
HINT = "n N or 1-9: walk through the citations"


class SourceBody(VerticalScroll, can_focus=True):
    """The abstract, to scroll in."""

    BINDINGS = bindings("reading")


class SourceHead(Static):
    """The heading, or the list of papers; Textual looks for what a click does on the text that is clicked."""

    def action_choose(self, position: int) -> None:
        """Passes a click on a paper of the list on."""
        self.post_message(SourcesPane.Chosen(position))


class SourcesPane(Vertical):
    """Shows one stop, or the list of all stops of an answer."""

    class Chosen(Message):
        """A source of the list was clicked: its position among the stops."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def compose(self) -> ComposeResult:
        """A heading that stays, and a body that scrolls; filled when there is something to show."""
        yield SourceHead(id="source-head", markup=False)
        with SourceBody(id="source-body"):
            for name in ("before", "sentence", "after", "more"):
                yield Static(id=f"source-{name}", markup=False)

    def on_mount(self) -> None:
        """Says what the pane is for."""
        self.show_list(())

    def show_list(self, stops: Sequence[Stop], hint: str = HINT) -> None:
        """The papers of an answer, one under the other; nothing is selected. `hint` says how to go on."""
        self._fill()
        if not stops:
            self._set("head", Content(NOTHING).stylize("$muted"))
            return
        lines, seen = [], set()
        for at, stop in enumerate(stops):
            if stop.paper.key not in seen:
                seen.add(stop.paper.key)
                mark = f"[{stop.number}] " if stop.number else f"{app_of(self).glyphs.bullet} "
                lines.append(_clickable(f"{mark}{_title(stop.paper)} {byline(stop.paper)}".rstrip(), at))
        self._set("head", Content("\n\n").join([*lines, Content(hint).stylize("$muted")]))
        self.body.scroll_home(animate=False)

    @property
    def body(self) -> SourceBody:
        """The part that scrolls."""
        return self.query_one(SourceBody)

    def show(self, stop: Stop, position: int, total: int) -> None:
        """One stop: what is known of the paper, and its abstract with the cited sentence standing out."""
        before, sentence, after = parts(stop)
        glyphs = app_of(self).glyphs
        self._fill()
        self._set("head", heading(stop, glyphs, f"{position} of {total}"))
        self._set("before", Content(before).stylize("$muted") if sentence else Content(before))
        self._set("sentence", Content(sentence))
        self._set("after", Content(after).stylize("$muted"))
        self._set("more", Content(_rest(stop)).stylize("$muted"))
        self.query_one("#source-sentence", Static).display = bool(sentence)
        self.call_after_refresh(self._reveal)

    def _reveal(self) -> None:
        """Scrolls to the sentence."""
        sentence = self.query_one("#source-sentence", Static)
        if sentence.display:
            self.body.scroll_to_widget(sentence, animate=False)
        else:
            self.body.scroll_home(animate=False)

    def _fill(self) -> None:
        for name in ("before", "sentence", "after", "more"):
            self._set(name, Content(""))
        self.query_one("#source-sentence", Static).display = False

    def _set(self, name: str, content: Content) -> None:
        part = self.query_one(f"#source-{name}", Static)
        part.update(content)
        part.display = bool(content.plain)


def heading(stop: Stop, glyphs: Glyphs, where: str) -> Content:
    """Title, authors, year, key and address of the paper, and how well the sentence supports its claims."""
    paper = stop.paper
    number = f"[{stop.number}] " if stop.number else ""
    lines = [Content.assemble((f"{number}{_title(paper)}", "bold"))]
    some = paper.authors[:_AUTHORS]
    others = " et al." if len(paper.authors) > len(some) or not paper.authors_complete else ""
    facts = [", ".join(some) + others, str(paper.year or ""), paper.venue or ""]
    if said := f" {glyphs.separator} ".join(printable(fact) for fact in facts if fact.strip()):
        lines.append(Content(said).stylize("$muted"))
    if stop.citation:
        lines.append(_support(stop, glyphs, where))
    if stop.note:
        lines.append(Content(printable(stop.note)).stylize("italic"))
    for claim in stop.claims:
        if stop.citation and claim.text.strip() != stop.citation.quote.strip():
            lines.append(Content(f"{glyphs.arrow} {printable(claim.text)}"))
        lines.extend(Content(f"{glyphs.weak} {printable(problem)}").stylize("$weak") for problem in claim.problems)
    return Content("\n").join(lines)


def parts(stop: Stop) -> tuple[str, str, str]:
    """The abstract before the cited sentence, that sentence, and what follows; all is "before" where none is cited."""
    abstract, citation = stop.paper.abstract, stop.citation
    if citation is None or abstract[citation.start : citation.end] != citation.quote:
        return printable(abstract), printable(citation.quote) if citation else "", ""
    before, after = abstract[: citation.start], abstract[citation.end :]
    return printable(before).strip(), printable(citation.quote), printable(after).strip()


def _support(stop: Stop, glyphs: Glyphs, where: str) -> Content:
    assert stop.citation is not None
    total = len(sentences.split(stop.paper.abstract))
    place = f"sentence {stop.citation.sentence} of {total} {glyphs.separator} citation {where}"
    chosen = f" {glyphs.separator} chosen by Citeloom" if stop.citation.chosen_by_code else ""
    if stop.support is None:
        return Content(place)
    mark = {"supported": glyphs.supported, "weak": glyphs.weak, "uncited": glyphs.uncited}[stop.support]
    score = f" {stop.citation.support_score:.2f}"
    return Content.assemble(
        (f"{mark} {stop.support}{score}", f"bold ${stop.support}"), f" {glyphs.separator} {place}{chosen}"
    )


def _rest(stop: Stop) -> str:
    """Key and address of the paper, and other wordings of its abstract, where there are any."""
    found = [stop.paper.key, stop.paper.url or "", *(f"another wording: {text}" for text in stop.paper.variants)]
    return "\n".join(printable(text) for text in found if text)


def _title(paper: Paper) -> str:
    return printable(paper.label)


def _clickable(text: str, position: int) -> Content:
    return Content(text).stylize(Style.from_meta({"@click": f"choose({position})"}))
