"""Markdown that reads well as it is, and that `pandoc --citeproc` turns into a paper with references.

The references stand in the front matter, so that the file needs no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from agent import citations
from agent.answer import Answer, Citation
from agent.export import csl, entry, pandoc
from agent.export.evidence import Quoted, by_paper, doubtful, origin
from agent.export.material import Material
from store.paper import Paper
from store.text import clean


def render(material: Material, title: str) -> str:
    """The answers with their evidence, as Markdown; keys stand for numbers."""
    parts = [
        _front_matter(material, title),
        *(block for answer in material.answers for block in _answer(answer)),
        *(_listing("# Further papers", material.further)),
    ]
    return "\n\n".join(parts) + "\n"


def _front_matter(material: Material, title: str) -> str:
    items = [json.dumps(_as_markdown(csl.item(entry.of(paper))), ensure_ascii=False) for paper in material.listed]
    lines = [
        "---",
        f"title: {json.dumps(pandoc.metadata(title), ensure_ascii=False)}",
        "link-citations: true",
        "reference-section-title: References",
        *(['nocite: "@*"'] if material.further else []),
        *(["references: ["] if items else []),
        *(f"  {item}," for item in items[:-1]),
        *(f"  {item}" for item in items[-1:]),
        *(["]"] if items else []),
        "---",
    ]
    return "\n".join(lines)


def _as_markdown(value: Any) -> Any:
    """A CSL value with every text escaped, since pandoc reads texts of the front matter as Markdown."""
    if isinstance(value, dict):
        return {name: part if name == "type" else _as_markdown(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_markdown(part) for part in value]
    return pandoc.metadata(value) if isinstance(value, str) else value


def _answer(answer: Answer) -> Iterator[str]:
    keys = {reference.number: reference.paper.key for reference in answer.references}
    yield f"# {pandoc.escaped(answer.question)}"
    yield pandoc.body(answer.marked.strip(), keys)
    yield f"*{pandoc.inline('. '.join(origin(answer)))}.*"
    if answer.references:
        yield "## Evidence"
        for quoted in by_paper(answer):
            yield from _quoted(quoted)
    if answer.disagreements:
        yield "## Disagreements"
        for item in answer.disagreements:
            yield pandoc.escaped(item.reason)
            yield _quotation(item.one, [])
            yield _quotation(item.other, [])
    if doubtful(answer):
        yield "## Claims to check"
        yield _bullets(
            f"**{claim.support}**: {_sentences([claim.text, *claim.problems])}" for claim in doubtful(answer)
        )
    yield from _listing("## Nearest papers, which do not answer it", answer.nearest)
    if answer.warnings:
        yield "## Warnings"
        yield _bullets(pandoc.escaped(warning) for warning in answer.warnings)


def _quoted(quoted: Quoted) -> Iterator[str]:
    yield _plain_reference(quoted.reference.paper)
    for quotation in quoted.quotations:
        yield _quotation(quotation.citation, quotation.notes)
    if quoted.reference.variant:
        yield f"In another wording of the abstract:\n\n> {pandoc.escaped(quoted.reference.variant)}"


def _quotation(citation: Citation, notes: list[str]) -> str:
    place = ", ".join([f"`{citation.key}`", f"sentence {citation.sentence}", *notes])
    return f"> {pandoc.escaped(citation.quote)}\n\n{place}"


def _plain_reference(paper: Paper) -> str:
    """A paper for readers of the plain file: `**Title** (Lin et al., 2025). Venue. Address. key`."""
    facts = entry.of(paper)
    places = [
        facts.venue,
        f"doi:{facts.doi}" if facts.doi else "",
        f"arXiv:{facts.arxiv}" if facts.arxiv else "",
        facts.url,
    ]
    byline = pandoc.inline(citations.byline(paper))
    head = " ".join(part for part in (f"**{pandoc.inline(paper.label)}**", byline) if part)
    return ". ".join([head, *(pandoc.inline(place) for place in places if place), f"`{paper.key}`"])


def _listing(heading: str, papers: Iterable[Paper]) -> list[str]:
    lines = [_plain_reference(paper) for paper in papers]
    return [heading, _bullets(lines)] if lines else []


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _sentences(texts: Iterable[str]) -> str:
    return " ".join(pandoc.inline(text.rstrip(".") + ".") for text in map(clean, texts))
