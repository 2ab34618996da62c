"""One turn of a conversation: the question, what is going on, and the answer with its live citations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.style import Style
from textual.widgets import Static
from textual.widgets.markdown import MarkdownStream

from agent.answer import ABSTENTION, Answer, Claim
from agent.citations import byline
from agent.tui.house import app_of
from agent.tui.stops import Stop, of_claims, stops
from agent.tui.widgets.cited import CitedMarkdown
from store.paper import Paper
from store.text import printable

if TYPE_CHECKING:
    from agent.sessions import Turn


class TurnUnder(Static):
    """The lines under an answer; Textual looks for what a click does on the text that is clicked."""

    def action_stop_at(self, position: int) -> None:
        """Passes a click on a paper on."""
        from agent.tui.widgets.transcript import Transcript

        turn = self.query_ancestor(TurnView)
        self.post_message(Transcript.Wanted(turn, position))


class TurnView(Vertical):
    """A turn, as it is being answered or as it is kept."""

    def __init__(self, question: str, about: str, turn: Turn | None = None) -> None:
        """`about` is what stands over the question: when it was asked, how, and of which papers."""
        super().__init__()
        self.question = question
        self.number: int | None = turn.number if turn else None
        self.answer: Answer | None = turn.answer if turn else None
        self.stops: tuple[Stop, ...] = stops(turn.answer) if turn and turn.answer else ()
        self._about = about
        self._turn = turn
        self._claims: list[Claim] = []
        self._stream: MarkdownStream | None = None
        self._told: list[str] = []

    def compose(self) -> ComposeResult:
        """Question, answer, and the lines under it."""
        yield Static(Content(printable(self._about)), classes="turn-about", markup=False)
        yield Static(
            Content(f"{app_of(self).glyphs.prompt} {printable(self.question)}"), classes="turn-question", markup=False
        )
        yield CitedMarkdown(
            self.answer.marked if self.answer and not self.answer.abstained else "", classes="turn-text"
        )
        yield TurnUnder(classes="turn-under", markup=False)

    def on_mount(self) -> None:
        """Shows what became of a turn that is kept."""
        if self._turn:
            self._show_end()

    @property
    def markdown(self) -> CitedMarkdown:
        """The text of the answer."""
        return self.query_one(CitedMarkdown)

    @property
    def is_open(self) -> bool:
        """Whether the answer is still being made."""
        return self._turn is None and self.answer is None and not self.has_class("failed")

    async def add(self, text: str) -> None:
        """More text of the answer."""
        if self._stream is None:
            self._stream = CitedMarkdown.get_stream(self.markdown)
        await self._stream.write(printable(text))

    async def restart(self) -> None:
        """Takes back the text so far."""
        await self._end_stream()
        self._claims.clear()
        self.stops = ()
        await self.markdown.update("")

    def verified(self, claim: Claim, papers: Sequence[Paper]) -> None:
        """A claim was checked: its sentences can be walked to from now on. `papers` are the numbered ones."""
        self._claims.append(claim)
        self.stops = of_claims(
            self._claims, lambda citation: papers[citation.number - 1] if citation.number <= len(papers) else None
        )

    def tell(self, text: str) -> None:
        """A notice under the turn."""
        self._told.append(text)
        self._under(self._told)

    async def finish(self, answer: Answer, number: int | None) -> None:
        """The answer as it stands at the end."""
        await self._end_stream()
        self.answer, self.number, self.stops = answer, number, stops(answer)
        if self.markdown.source != printable(answer.marked) or answer.abstained:
            await self.markdown.update("" if answer.abstained else printable(answer.marked))
        self._show_end()

    async def fail(self, message: str, hint: str) -> None:
        """There is no answer."""
        await self._end_stream()
        self.add_class("failed")
        self._under([*self._told, f"{app_of(self).glyphs.uncited} {message}", hint])

    def select(self, place: str) -> None:
        """Makes the marks of a place stand out; none with an empty place."""
        self.markdown.select(place)

    async def _end_stream(self) -> None:
        if self._stream:
            stream, self._stream = self._stream, None
            await stream.stop()

    def _show_end(self) -> None:
        turn = self._turn
        if self.answer is None and turn:
            self.add_class("failed")
            if turn.stopped:
                self._under(["stopped before there was any text"])
            elif turn.is_open:
                self._under(["interrupted before there was an answer; ask again"])
            else:
                self._under([turn.error or "", turn.hint])
            return
        if self.answer and self.answer.abstained:
            self.add_class("abstained")
            self.query_one(".turn-under", Static).update(self._card(self.answer))
        elif self.answer:
            self._under([*self._told, *(text for text in self.answer.warnings if text not in self._told)])

    def _under(self, notices: Sequence[str]) -> None:
        """The lines under the answer: notices, what failed the check, disagreements, and the references."""
        lines = [Content(printable(text)).stylize("$muted") for text in notices if text]
        if self.answer:
            lines += [*self._problems(self.answer), *self._disagreements(self.answer), *self._references(self.answer)]
            if self.answer.stopped:
                lines.append(Content("stopped; this is what there was").stylize("$weak"))
        under = self.query_one(".turn-under", Static)
        under.update(Content("\n").join(lines))
        under.display = bool(lines)

    def _problems(self, answer: Answer) -> list[Content]:
        glyphs = app_of(self).glyphs
        failed = [claim for claim in answer.claims if claim.support != "supported"]
        lines = [Content("Not supported as it stands:").stylize("bold")] if failed else []
        for claim in failed:
            mark = glyphs.weak if claim.support == "weak" else glyphs.uncited
            lines.append(
                Content.assemble((f"{mark} {claim.support} ", f"bold ${claim.support}"), printable(claim.text))
            )
            lines += [Content(f"    {printable(problem)}").stylize("$muted") for problem in claim.problems]
        return lines

    def _disagreements(self, answer: Answer) -> list[Content]:
        lines = [Content("The papers may disagree:").stylize("bold")] if answer.disagreements else []
        for item in answer.disagreements:
            sides = (item.one, item.other)
            lines.extend(Content(f"“{printable(side.quote)}” [{side.number}.{side.sentence}]") for side in sides)
            lines.append(Content(f"    {printable(item.reason)}").stylize("$muted"))
        return lines

    def _references(self, answer: Answer) -> list[Content]:
        """The cited papers; quoted answers name them in their text."""
        if answer.mode == "quote":
            return []
        return [
            self._paper_line(f"[{item.number}] {printable(item.paper.label)} {byline(item.paper)}", item.paper)
            for item in answer.references
        ]

    def _card(self, answer: Answer) -> Content:
        """What an abstention shows: what was looked for, the nearest papers, and what can be done."""
        glyphs = app_of(self).glyphs
        within = f" within {answer.scope}" if answer.scope else " in the whole library"
        lines = [
            Content.assemble((ABSTENTION, "bold")),
            Content(printable(f"Searched{within} for: {answer.asked or answer.question}")),
        ]
        if answer.nearest:
            lines.append(Content("Nearest papers, which do not answer it:"))
        lines += [
            self._paper_line(f"{glyphs.bullet} {printable(paper.label)} {byline(paper)}", paper)
            for paper in answer.nearest
        ]
        widen = "w widens the scope, " if answer.scope else ""
        lines.append(Content(f"tab, then {widen}a adds papers, n walks through the nearest").stylize("$muted"))
        lines += [Content(printable(text)).stylize("$muted") for text in answer.warnings]
        return Content("\n").join(lines)

    def _paper_line(self, text: str, paper: Paper) -> Content:
        at = next((at for at, stop in enumerate(self.stops) if stop.paper.key == paper.key), None)
        line = Content(text.rstrip())
        return line if at is None else line.stylize(Style.from_meta({"@click": f"stop_at({at})"}))
