"""A summary as Markdown: every mark `[3.2]` is sentence 2 of reference 3; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agent.answer import Claim, Reference
from agent.citations import byline, escaped, mark
from agent.summary import wording
from agent.summary.values import NOT_COVERED, NOT_STATED, Block, Section, Summary, Table
from store.paper import Paper

OPEN_LEAD = "As the abstracts state them:"


def to_markdown(summary: Summary) -> str:
    """The whole summary; nothing of a paper becomes markup."""
    return "\n\n".join(_parts(summary)) + "\n"


def _parts(summary: Summary) -> Iterator[str]:
    yield f"# {escaped(summary.topic)}"
    if summary.abstained:
        yield NOT_COVERED
        yield from (f"Note: {escaped(warning)}." for warning in summary.warnings)
        if summary.nearest:
            yield "The papers that come nearest, which do not support anything here:"
            yield "\n".join(f"- {named(paper)} `{paper.key}`" for paper in summary.nearest)
        yield "## Coverage"
        yield bullets(wording.coverage_lines(summary))
        return
    yield from (f"Note: {escaped(warning)}." for warning in summary.warnings)
    yield "## Overview"
    yield escaped(wording.lead(summary))
    yield bullets(wording.theme_lines(summary))
    if summary.overview:
        yield from paragraphs(summary.papers, summary.overview)
    for section in summary.sections:
        yield f"## {escaped(section.title)}"
        yield from theme(summary.papers, section)
    if summary.table and summary.table.rows:
        yield "## Comparison"
        yield _table(summary, summary.table)
    if summary.timeline:
        yield "## Timeline"
        yield from timeline(summary)
    if summary.open_questions and summary.open_questions.blocks:
        yield "## Open questions"
        yield OPEN_LEAD
        yield from paragraphs(summary.papers, summary.open_questions)
    yield "## References"
    yield "\n".join(map(_reference, summary.references)) if summary.references else "None."
    if summary.uncited:
        yield "## Relevant, not cited"
        yield "\n".join(map(_reference, summary.uncited))
    yield "## Coverage"
    yield bullets(wording.coverage_lines(summary))


def theme(papers: Mapping[int, Paper], section: Section) -> Iterator[str]:
    """A theme's section, a paragraph at a time, and the papers of it that are not written about."""
    yield from paragraphs(papers, section)
    if others := wording.not_quoted(section):
        yield f"Also in this theme: {', '.join(f'[{number}]' for number in others)}."


def paragraphs(papers: Mapping[int, Paper], section: Section) -> Iterator[str]:
    """A section's blocks; `papers` are those that it quotes, under their numbers."""
    return (_block(papers, block) for block in section.blocks)


def timeline(summary: Summary) -> Iterator[str]:
    """The papers by year, and those whose year is not known."""
    yield "\n".join(f"- {year}: {_listed(summary, numbers)}" for year, numbers in summary.timeline.items())
    if undated := wording.undated(summary):
        yield f"No year is known of {', '.join(f'[{number}]' for number in undated)}."


def cited(claim: Claim) -> str:
    """A claim with its marks, and with a word where it is not well supported."""
    marks = "".join(mark(citation) for citation in claim.citations)
    doubt = "" if claim.support == "supported" else f" *({claim.support})*"
    return f"{escaped(claim.text)} {marks}{doubt}".rstrip()


def named(paper: Paper, *, is_bold: bool = False) -> str:
    """A paper's title, authors and year."""
    label = escaped(paper.label)
    return " ".join(part for part in (f"**{label}**" if is_bold else label, escaped(byline(paper))) if part)


def bullets(lines: Sequence[str]) -> str:
    """A list of texts that are no Markdown."""
    return "\n".join(f"- {escaped(line)}" for line in lines)


def _block(papers: Mapping[int, Paper], block: Block) -> str:
    if block.about is None:
        return " ".join(cited(claim) for claim in block.claims)
    quotes = "\n>\n".join(f"> {cited(claim)}" for claim in block.claims)
    return f"{named(papers[block.about], is_bold=True)}\n\n{quotes}"


def _table(summary: Summary, table: Table) -> str:
    papers = summary.papers
    lines = [_row(["Paper", *map(escaped, table.columns)]), _row(["---"] * (len(table.columns) + 1))]
    for row in table.rows:
        name = f"{escaped(wording.short_name(papers[row.number]))} [{row.number}]"
        lines.append(_row([name, *(cited(cell) if cell else NOT_STATED for cell in row.cells)]))
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _reference(reference: Reference) -> str:
    paper = reference.paper
    address = wording.web_address(paper)
    parts = [f"- [{reference.number}]", escaped(wording.reference_text(paper)), f"`{paper.key}`"]
    return " ".join([*parts, f"<{address}>"] if address else parts)


def _listed(summary: Summary, numbers: Sequence[int]) -> str:
    papers = summary.papers
    return ", ".join(f"{escaped(wording.short_name(papers[number]))} [{number}]" for number in numbers)
