"""A summary as one HTML page that needs nothing else: no script, no font, no picture from elsewhere; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from agent.answer import Citation, Claim, Reference
from agent.citations import byline
from agent.summary import wording
from agent.summary.figure import themes_over_years
from agent.summary.values import NOT_COVERED, NOT_STATED, Block, Section, Summary, Table
from store.paper import Paper

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #fff; --line: #d0d7de; --link: #0a58ca;
  --c0: #4e79a7; --c1: #f28e2b; --c2: #59a14f; --c3: #e15759; --c4: #b07aa1; --c5: #76b7b2; --c6: #edc948;
  --c7: #9c755f; --c8: #bab0ac }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b1; --paper: #0d1117; --line: #30363d;
  --link: #79b8ff } }
body { font: 1rem/1.55 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--paper); overflow-wrap: anywhere }
h1, h2 { line-height: 1.25 } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem } .by, .none, .note { color: var(--soft) } .by { font-weight: normal }
blockquote { margin: .3rem 0 .6rem; padding-left: .9rem; border-left: 3px solid var(--line) }
a { color: var(--link) } a.mark { text-decoration: none; white-space: nowrap; font-size: .85em }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .85rem; min-width: 44rem; overflow-wrap: normal }
th, td { border: 1px solid var(--line); padding: .35rem .5rem; text-align: left; vertical-align: top }
li:target { outline: 2px solid var(--link) } code { font-size: .9em } .doubt { font-weight: bold }
ol.refs { list-style: none; padding: 0 } ol.refs li { margin: .3rem 0 }
.figure { width: 100%; height: auto } .figure text { fill: var(--ink); font-size: 13px } .grid { stroke: var(--line) }
.figure text.count { fill: #000; stroke: #fff; stroke-width: 3px; paint-order: stroke; font-size: 11px }
.bar { stroke: var(--ink); stroke-width: 1 } .stroke { stroke: #000; stroke-width: 1.1; fill: none; opacity: .55 }
.fill-0 { fill: var(--c0) } .fill-1 { fill: var(--c1) } .fill-2 { fill: var(--c2) } .fill-3 { fill: var(--c3) }
.fill-4 { fill: var(--c4) } .fill-5 { fill: var(--c5) } .fill-6 { fill: var(--c6) } .fill-7 { fill: var(--c7) }
.fill-8 { fill: var(--c8) }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def to_html(summary: Summary) -> str:
    """The whole page; every text of a paper is escaped."""
    title = escape(summary.topic)
    head = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>"
    )
    return "\n".join([head, *_body(summary), "</main>\n</body>\n</html>\n"])


def _body(summary: Summary) -> Iterator[str]:
    if summary.abstained:
        yield f"<p>{escape(NOT_COVERED)}</p>"
    yield from (f'<p class="note">Note: {escape(warning)}.</p>' for warning in summary.warnings)
    if summary.nearest:
        yield "<p>The papers that come nearest, which do not support anything here:</p>"
        yield _list([f"{_named(paper)} <code>{escape(paper.key)}</code>" for paper in summary.nearest])
    if not summary.abstained:
        yield from _content(summary)
    yield "<h2>Coverage</h2>"
    yield _list([escape(line) for line in wording.coverage_lines(summary)])


def _content(summary: Summary) -> Iterator[str]:
    yield f"<h2>Overview</h2>\n<p>{escape(wording.lead(summary))}</p>"
    yield f"<figure>{themes_over_years(summary)}</figure>"
    if summary.overview:
        yield from _blocks(summary, summary.overview)
    for section in summary.sections:
        yield f"<h2>{escape(section.title)}</h2>"
        yield from _blocks(summary, section)
        if others := wording.not_quoted(section):
            yield f"<p>Also in this theme: {', '.join(map(_link, others))}.</p>"
    if summary.table and summary.table.rows:
        yield "<h2>Comparison</h2>"
        yield _table(summary, summary.table)
    if summary.timeline:
        yield "<h2>Timeline</h2>"
        yield _list([f"{year}: {_listed(summary, numbers)}" for year, numbers in summary.timeline.items()])
        if undated := wording.undated(summary):
            yield f"<p>No year is known of {', '.join(map(_link, undated))}.</p>"
    if summary.open_questions and summary.open_questions.blocks:
        yield "<h2>Open questions</h2>\n<p>As the abstracts state them:</p>"
        yield from _blocks(summary, summary.open_questions)
    yield "<h2>References</h2>"
    yield _references(summary.references)
    if summary.uncited:
        yield "<h2>Relevant, not cited</h2>"
        yield _references(summary.uncited)


def _blocks(summary: Summary, section: Section) -> Iterator[str]:
    papers = summary.papers
    return (_block(papers, block) for block in section.blocks)


def _block(papers: dict[int, Paper], block: Block) -> str:
    if block.about is None:
        return f"<p>{' '.join(map(_claim, block.claims))}</p>"
    quotes = "\n".join(f"<blockquote>{_claim(claim)}</blockquote>" for claim in block.claims)
    return f"<h3>{_named(papers[block.about])}</h3>\n{quotes}"


def _claim(claim: Claim) -> str:
    doubt = wording.doubt(claim)
    marks = "".join(map(_mark, claim.citations))
    return f"{escape(claim.text)} {marks}" + (f'<span class="doubt">{escape(doubt)}</span>' if doubt else "")


def _mark(citation: Citation) -> str:
    place = f"{citation.number}.{citation.sentence}"
    return f'<a class="mark" href="#ref-{citation.number}" title="{escape(citation.quote)}">[{place}]</a>'


def _link(number: int) -> str:
    return f'<a class="mark" href="#ref-{number}">[{number}]</a>'


def _table(summary: Summary, table: Table) -> str:
    papers = summary.papers
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("Paper", *table.columns))
    rows = []
    for row in table.rows:
        paper = f'<th scope="row">{escape(wording.short_name(papers[row.number]))} {_link(row.number)}</th>'
        cells = (f"<td>{_claim(cell)}</td>" if cell else f'<td class="none">{NOT_STATED}</td>' for cell in row.cells)
        rows.append(f"<tr>{paper}{''.join(cells)}</tr>")
    body = "\n".join(rows)
    return f'<div class="wide"><table>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def _listed(summary: Summary, numbers: Sequence[int]) -> str:
    papers = summary.papers
    return ", ".join(f"{escape(wording.short_name(papers[number]))} {_link(number)}" for number in numbers)


def _named(paper: Paper) -> str:
    who = byline(paper)
    return escape(paper.label) + (f' <span class="by">{escape(who)}</span>' if who else "")


def _references(references: Sequence[Reference]) -> str:
    return '<ol class="refs">\n' + "\n".join(map(_reference, references)) + "\n</ol>"


def _reference(reference: Reference) -> str:
    paper = reference.paper
    address = wording.web_address(paper)
    link = f' <a href="{escape(address)}" rel="noreferrer">{escape(address)}</a>' if address else ""
    text = f"[{reference.number}] {escape(wording.reference_text(paper))} <code>{escape(paper.key)}</code>{link}"
    return f'<li id="ref-{reference.number}">{text}</li>'


def _list(items: Sequence[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{item}</li>" for item in items) + "\n</ul>"
