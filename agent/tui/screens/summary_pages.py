"""The pages of a summary, as one reads it: a part a page, with its text and the stops in it.

Pure: a summary, or what was heard of one that is being made, goes in; pages come out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.answer import Citation
from agent.citations import escaped
from agent.summary import markdown, wording
from agent.summary.values import (
    NOT_COVERED,
    NOT_STATED,
    Planned,
    Row,
    Section,
    SectionDone,
    SectionStarted,
    Summary,
    Table,
)
from agent.tui.stops import Stop, of_claims
from store.paper import Paper

State = Literal["waiting", "writing", "done", "kept"]
"""How far a page is; `kept` is one that an earlier run had finished."""
OVERVIEW, COMPARISON, TIMELINE, OPEN, UNCITED, COVERAGE = "overview comparison timeline open uncited coverage".split()
"""Names of the pages that are no themes."""
_MADE_OF_THEMES = (OVERVIEW, COMPARISON, OPEN)
"""What is written behind the themes, in the order of positions."""
NEAREST = "nearest"
_ONLY_NEAR = "one of the nearest papers; it does not bear on the topic"
_NO_CLAIM = "it bears on the topic, but no claim of the summary cites it"


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the summary."""

    name: str
    """Stays the same from plan to summary: `theme-2`, `overview`."""
    title: str
    text: str = ""
    """Markdown with `[3.8]` marks."""
    stops: tuple[Stop, ...] = ()
    papers: int | None = None
    """How many papers it is about, where that says something."""
    state: State = "done"


def planned(plan: Planned) -> tuple[Page, ...]:
    """A page for each part that will be written, in reading order: the overview first."""
    total = len(plan.titles)
    pages = [Page(_name(at, total), title, state="waiting") for at, title in enumerate(plan.titles, 1)]
    overview = next(page for page in pages if page.name == OVERVIEW)
    return (overview, *(page for page in pages if page is not overview))


def after(pages: Sequence[Page], event: SectionStarted | SectionDone, papers: Mapping[int, Paper]) -> tuple[Page, ...]:
    """The pages as they are after `event`."""
    name = _name(event.position, event.total)
    return tuple(_after(page, event, papers) if page.name == name else page for page in pages)


def of_summary(summary: Summary) -> tuple[Page, ...]:
    """Every page of a summary that is finished; none that would be empty."""
    return tuple(_pages(summary))


def of_abstention(summary: Summary) -> Page:
    """The one page of a summary that abstained; its stops are the nearest papers."""
    stops = tuple(Stop(paper, note=_ONLY_NEAR) for paper in summary.nearest)
    return Page(NEAREST, NOT_COVERED, stops=stops)


def _name(position: int, total: int) -> str:
    """The name of the page of the part at `position`, counted from 1."""
    themes = total - len(_MADE_OF_THEMES)
    return f"theme-{position}" if position <= themes else _MADE_OF_THEMES[position - themes - 1]


def _after(page: Page, event: SectionStarted | SectionDone, papers: Mapping[int, Paper]) -> Page:
    if isinstance(event, SectionStarted):
        return replace(page, state="writing")
    state: State = "kept" if event.reused else "done"
    if isinstance(event.part, Table):
        return replace(_comparison(event.part, papers), state=state)
    return replace(_section(page.name, event.part, papers), state=state)


def _pages(summary: Summary) -> Iterator[Page]:
    papers = summary.papers
    notes = (f"Note: {escaped(warning)}." for warning in summary.warnings)
    lead = [*notes, escaped(wording.lead(summary)), markdown.bullets(wording.theme_lines(summary))]
    overview = _section(OVERVIEW, summary.overview or Section("Overview", ()), papers)
    yield replace(overview, text=_joined([*lead, overview.text]))
    for at, section in enumerate(summary.sections, 1):
        yield _section(f"theme-{at}", section, papers)
    if summary.table and summary.table.rows:
        yield _comparison(summary.table, papers)
    if summary.timeline:
        yield Page(TIMELINE, "Timeline", _joined(markdown.timeline(summary)))
    if summary.open_questions and summary.open_questions.blocks:
        yield _section(OPEN, summary.open_questions, papers)
    if summary.uncited:
        listed = "\n".join(
            f"- [{item.number}] {markdown.named(item.paper)} `{item.paper.key}`" for item in summary.uncited
        )
        stops = tuple(Stop(item.paper, note=_NO_CLAIM) for item in summary.uncited)
        text = _joined(["These papers bear on the topic; no claim of the summary cites them.", listed])
        yield Page(UNCITED, "Uncited papers", text, stops, len(summary.uncited))
    yield Page(COVERAGE, "Coverage", markdown.bullets(wording.coverage_lines(summary)))


def _section(name: str, section: Section, papers: Mapping[int, Paper]) -> Page:
    if name.startswith("theme-"):
        text = _joined(markdown.theme(papers, section))
        return Page(name, section.title, text, _stops(section, papers), len(section.papers))
    lead = [markdown.OPEN_LEAD] if name == OPEN and section.blocks else []
    text = _joined([*lead, *markdown.paragraphs(papers, section)])
    return Page(name, section.title, text, _stops(section, papers))


def _comparison(table: Table, papers: Mapping[int, Paper]) -> Page:
    """The table as a list a paper: a row with five cells of sentences fits no terminal."""
    text = _joined(piece for row in table.rows for piece in _row(row, table.columns, papers[row.number]))
    return Page(COMPARISON, "Comparison", text, _stops(table, papers), len(table.rows))


def _row(row: Row, columns: Sequence[str], paper: Paper) -> Iterator[str]:
    yield f"**{escaped(wording.short_name(paper))}** [{row.number}]"
    told = [
        f"- {escaped(column)}: {markdown.cited(cell)}" for column, cell in zip(columns, row.cells, strict=True) if cell
    ]
    missing = [escaped(column) for column, cell in zip(columns, row.cells, strict=True) if cell is None]
    yield "\n".join([*told, f"- {NOT_STATED.capitalize()}: {', '.join(missing)}"] if missing else told)


def _stops(part: Section | Table, papers: Mapping[int, Paper]) -> tuple[Stop, ...]:
    def paper_of(citation: Citation) -> Paper | None:
        paper = papers.get(citation.number)
        return paper if paper and paper.key == citation.key else None

    return of_claims(part.claims, paper_of)


def _joined(pieces: Sequence[str] | Iterator[str]) -> str:
    return "\n\n".join(piece for piece in pieces if piece)
