"""HTML: one page with the answers, and with the abstracts in which the quoted sentences are marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from urllib.parse import quote

from agent.answer import Answer, Citation, Claim
from agent.export import entry
from agent.export.evidence import CHOSEN_BY_CODE, is_quotation, origin
from agent.export.material import Material
from agent.export.page import page
from agent.export.rendering import to_html
from store.paper import Paper

_Spans = dict[tuple[int, int], int]
"""Where the quoted sentences of an abstract begin and end, and their numbers."""


def render(material: Material, title: str) -> str:
    """A self-contained page; every mark leads to the sentence that it cites."""
    return page(title, "\n".join(_Writer(material).blocks()))


class _Writer:
    """Writes one export; numbers papers by their place in its list, since answers number them differently."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._numbers = {paper.key: number for number, paper in enumerate(material.listed, 1)}
        self._papers = {paper.key: paper for paper in material.listed}
        cited = tuple(_citations(material.answers))
        self._spans = {paper.key: _spans(paper, cited) for paper in material.listed}

    def blocks(self) -> Iterator[str]:
        for answer in self._material.answers:
            yield f"<article>\n{_joined(self._answer(answer))}\n</article>"
        yield from self._references("References", self._material.cited)
        yield from self._references("Further papers", self._material.further)

    def _answer(self, answer: Answer) -> Iterator[str]:
        keys = {reference.number: reference.paper.key for reference in answer.references}
        yield f"<h2>{escape(answer.question)}</h2>"
        yield to_html(answer.marked, lambda number, sentence: self._mark(keys, number, sentence))
        yield f'<p class="origin">{escape(". ".join(origin(answer)))}.</p>'
        yield _section("Evidence", (self._claim(claim) for claim in answer.claims))
        yield _section(
            "Disagreements",
            (
                f"<p>{escape(item.reason)}</p>\n{self._quotation(item.one)}\n{self._quotation(item.other)}"
                for item in answer.disagreements
            ),
        )
        yield _section("Nearest papers, which do not answer it", map(_head, answer.nearest))
        yield _section(
            "In another wording of the abstract",
            (
                f"<blockquote>{escape(reference.variant)}</blockquote>\n{_head(reference.paper)}"
                for reference in answer.references
                if reference.variant
            ),
        )
        yield _section("Warnings", map(escape, answer.warnings))

    def _mark(self, keys: Mapping[int, str], number: int, sentence: int) -> str:
        key = keys.get(number)
        return self._link(key, sentence) if key in self._numbers else ""

    def _link(self, key: str | None, sentence: int) -> str:
        is_marked = sentence in self._spans[key or ""].values()
        target = f"{key}.{sentence}" if is_marked else f"{key}"
        return f'<a class="mark" href="#{escape(target)}">[{self._numbers[key or ""]}.{sentence}]</a>'

    def _claim(self, claim: Claim) -> str:
        said = "" if is_quotation(claim) else f" {escape(claim.text)}"
        problems = "".join(f"\n<p>{escape(problem)}</p>" for problem in claim.problems)
        quotations = "".join(f"\n{self._quotation(citation)}" for citation in claim.citations)
        return f'<span class="support {claim.support}">{claim.support}</span>{said}{problems}{quotations}'

    def _quotation(self, citation: Citation) -> str:
        known = citation.key in self._numbers
        where = self._link(citation.key, citation.sentence) if known else f"<code>{escape(citation.key)}</code>"
        notes = [CHOSEN_BY_CODE] if citation.chosen_by_code else []
        if known and not _stands_in(citation, self._papers[citation.key]):
            notes.append("the abstract has changed since")
        said = f' <span class="where">({"; ".join(notes)})</span>' if notes else ""
        return f"<blockquote>{escape(citation.quote)} {where}{said}</blockquote>"

    def _references(self, heading: str, papers: tuple[Paper, ...]) -> Iterator[str]:
        if papers:
            start = self._numbers[papers[0].key]
            items = "\n".join(self._reference(paper) for paper in papers)
            yield f'<h2>{heading}</h2>\n<ol start="{start}">\n{items}\n</ol>'

    def _reference(self, paper: Paper) -> str:
        spans = self._spans[paper.key]
        abstract = f"\n<p>{_highlighted(paper, spans)}</p>" if spans else ""
        return f'<li id="{escape(paper.key)}">{_head(paper)}{abstract}</li>'


def _citations(answers: Iterable[Answer]) -> Iterator[Citation]:
    for answer in answers:
        for claim in answer.claims:
            yield from claim.citations
        for item in answer.disagreements:
            yield from (item.one, item.other)


def _stands_in(citation: Citation, paper: Paper) -> bool:
    return 0 <= citation.start < citation.end and paper.abstract[citation.start : citation.end] == citation.quote


def _spans(paper: Paper, cited: Iterable[Citation]) -> _Spans:
    """The quoted parts of the abstract in their order; of two that overlap, the first."""
    found: _Spans = {}
    last = 0
    for citation in sorted(cited, key=lambda citation: (citation.start, citation.end)):
        if citation.key == paper.key and citation.start >= last and _stands_in(citation, paper):
            found[citation.start, citation.end] = citation.sentence
            last = citation.end
    return found


def _highlighted(paper: Paper, spans: _Spans) -> str:
    """The abstract with its quoted sentences marked."""
    pieces, last = [], 0
    for (start, end), sentence in spans.items():
        marked = f'<mark id="{escape(paper.key)}.{sentence}">{escape(paper.abstract[start:end])}</mark>'
        pieces += [escape(paper.abstract[last:start]), marked]
        last = end
    return "".join([*pieces, escape(paper.abstract[last:])])


def _head(paper: Paper) -> str:
    """Title, authors, year, venue and key of a paper; the title is a link where there is an address."""
    facts = entry.of(paper)
    address = _address(facts)
    title = f"<b>{escape(paper.label)}</b>"
    linked = f'<a href="{escape(address)}" rel="noreferrer">{title}</a>' if address else title
    others = [] if paper.authors_complete or not paper.authors else ["et al."]
    known = [", ".join([*paper.authors, *others]), str(paper.year or ""), facts.venue]
    said = ". ".join(escape(part.rstrip(".")) for part in known if part)
    return f'{linked}<br>\n<span class="where">{said}{". " if said else ""}<code>{escape(paper.key)}</code></span>'


def _address(facts: entry.Entry) -> str:
    """A web address of the paper: the one that its record states, or that of its DOI or arXiv number."""
    if facts.url:
        return facts.url
    if facts.doi:
        return f"https://doi.org/{quote(facts.doi, safe='/:;().-_')}"
    return f"https://arxiv.org/abs/{quote(facts.arxiv, safe='/.')}" if facts.arxiv else ""


def _section(heading: str, items: Iterable[str]) -> str:
    listed = "\n".join(f"<li>{item}</li>" for item in items)
    return f"<h3>{heading}</h3>\n<ul>\n{listed}\n</ul>" if listed else ""


def _joined(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)
