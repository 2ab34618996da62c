"""The sentences of a summary that code writes, the same in Markdown and in HTML; pure, nothing escaped."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from agent.answer import Claim
from agent.summary.values import OTHER, Section, Summary
from store.paper import Paper

_SHORT_NAME = 60
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9:/?#@!$&'*+,;=._~%-]+")


def lead(summary: Summary) -> str:
    """How many papers in how many themes, and of which years."""
    cover = summary.coverage
    themes = sum(section.title != OTHER for section in summary.sections)
    text = f"{_papers(cover.relevant)} of the library {'bears' if cover.relevant == 1 else 'bear'} on this topic"
    text += f", in {themes} themes" if themes > 1 else ""
    years = list(summary.timeline)
    if not years:
        return f"{text}; no year is known."
    span = f"{years[0]}" if years[0] == years[-1] else f"{years[0]} to {years[-1]}"
    known = "" if cover.dated == cover.relevant else f" (the year of {cover.dated} is known)"
    return f"{text}, from {span}{known}."


def theme_lines(summary: Summary) -> list[str]:
    """A line a theme: its name, and how many papers it has."""
    return [f"{section.title}: {_papers(len(section.papers))}" for section in summary.sections]


def not_quoted(section: Section) -> list[int]:
    """The papers of a section that none of its claims cites."""
    cited = {citation.number for claim in section.claims for citation in claim.citations}
    return [number for number in section.papers if number not in cited]


def undated(summary: Summary) -> list[int]:
    """The papers whose year is not known."""
    return [number for number, paper in summary.papers.items() if paper.year is None]


def coverage_lines(summary: Summary) -> list[str]:
    """What was looked for, and what was found."""
    cover = summary.coverage
    ended = "until they brought nothing new" if cover.saturated else "the most that are made"
    lines = [
        f"Library: {_papers(cover.library)}" + (f", of which those in {summary.scope}" if summary.scope else ""),
        f"Searches: {cover.searches}, {ended}" if not summary.abstained else f"Searches: {cover.searches}",
        f"Looked at: {_papers(cover.looked_at)}",
    ]
    if cover.relevant:
        lines.append(
            f"Relevant: {_papers(cover.relevant)}; {cover.in_its_words} of them hold every word of the topic,"
            " the others are close to those in meaning"
        )
        lines.append(f"Cited: {cover.cited}; relevant and not cited: {len(summary.uncited)}")
    if cover.beyond_limit:
        lines.append(f"Relevant, and left out for being too many: {cover.beyond_limit}")
    by = f"model {summary.model}" if summary.model else "quotations alone, no model"
    return [*lines, f"Written by: {by}"]


def doubt(claim: Claim) -> str:
    """What follows a claim that is not well supported."""
    return "" if claim.support == "supported" else f" ({claim.support})"


def short_name(paper: Paper) -> str:
    """The name before a title's colon, or the title, cut if it is long."""
    label = paper.label
    name, colon, _ = label.partition(":")
    if colon and len(name) <= _SHORT_NAME:
        return name
    return label if len(label) <= _SHORT_NAME else label[:_SHORT_NAME].rsplit(" ", 1)[0] + "…"


def reference_text(paper: Paper) -> str:
    """Authors, title, venue and year, as far as they are known, each with its full stop."""
    authors = ", ".join(paper.authors) + (" et al." if paper.authors and not paper.authors_complete else "")
    parts = [authors, paper.label, paper.venue or "", str(paper.year or "")]
    return " ".join(part if part.endswith((".", "?", "!", "…")) else f"{part}." for part in parts if part)


def web_address(paper: Paper) -> str | None:
    """The paper's address if it is a plain one on the web, fit to be a link."""
    address = paper.url or ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    is_plain = parts.scheme in ("http", "https") and bool(parts.netloc) and bool(_PLAIN_ADDRESS.fullmatch(address))
    return address if is_plain else None


def _papers(count: int) -> str:
    return f"{count:,} paper" if count == 1 else f"{count:,} papers"
