"""A summary as Markdown and as a page: all of it is there, and nothing of a paper becomes markup."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from agent.summary.figure import UNDATED, columns
from agent.summary.making import summarize
from agent.summary.markdown import to_markdown
from agent.summary.page import to_html
from agent.summary.values import NOT_COVERED, NOT_STATED, Summary
from store.library import Library

MARK = re.compile(r"(?<!\\)\[(\d+)\.(\d+)\]")
HEADINGS = ("Overview", "Comparison", "Timeline", "Open questions", "References", "Coverage")
VOID = {"meta", "br", "hr", "img", "input", "link"}
HOSTILE_TITLES = (
    "</title><script>alert(1)</script> Zeppelin Navigation",
    "Zeppelin [9.9] ![x](http://x.test/a.png) <img src=x onerror=alert(1)>",
    "# Zeppelin | navigation | **bold** `code`",
    'Zeppelin" onmouseover="alert(1)',
)
HOSTILE_ABSTRACT = (
    "Zeppelin navigation is hard </blockquote><script src=http://x.test/x.js></script>. "
    "We propose <svg onload=alert(1)> zeppelin navigation | with pipes [7.1] and [link](javascript:alert(1)). "
    'It improves drift by 40% on "AlpineBench" <b>now</b>. Zeppelin navigation remains an open problem & <i>hard</i>.'
)


@pytest.fixture(scope="module")
def summary(seed_folder: Path) -> Summary:
    with Library(seed_folder) as library:
        return asyncio.run(summarize(library, "process reward models"))


@pytest.fixture
def hostile(library: Library, write_jsonl: Callable[..., Path]) -> Summary:
    rows = [
        {
            "title": title,
            "abstract": HOSTILE_ABSTRACT.replace("40%", f"{40 + at}%"),
            "authors": ["<script>alert(2)</script>", "Ann [3.1] Lee"],
            "venue": "<b>Proc</b>",
            "url": "javascript:alert(3)",
            "year": 2020 + at,
        }
        for at, title in enumerate(HOSTILE_TITLES)
    ]
    library.add([write_jsonl(rows)])
    return asyncio.run(summarize(library, "zeppelin <i>navigation</i>"))


class Page(HTMLParser):
    """The elements of a page, their attributes and texts; fails where tags do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data


def kinds_and_text(markdown: str) -> tuple[set[str], str]:
    blocks = MarkdownIt("commonmark").enable("table").parse(markdown)
    pieces: list[Any] = [piece for block in blocks for piece in block.children or []]
    return {item.type for item in (*blocks, *pieces)}, "".join(piece.content for piece in pieces)


def test_markdown_has_every_part_and_every_claim(summary: Summary) -> None:
    markdown = to_markdown(summary)
    _, text = kinds_and_text(markdown)

    for heading in (*HEADINGS, *(section.title for section in summary.sections)):
        assert f"\n## {heading}\n" in markdown
    for claim in summary.claims:
        assert claim.text in text
    assert NOT_STATED in markdown


def test_every_mark_in_markdown_is_a_citation_of_the_summary(summary: Summary) -> None:
    marks = {(int(number), int(sentence)) for number, sentence in MARK.findall(to_markdown(summary))}
    cited = {(item.number, item.sentence) for claim in summary.claims for item in claim.citations}
    assert marks == cited


def test_every_paper_has_its_reference_line(summary: Summary) -> None:
    markdown, page = to_markdown(summary), to_html(summary)
    for number, paper in summary.papers.items():
        assert re.search(rf"^- \[{number}\] .*`{paper.key}`", markdown, re.MULTILINE)
        assert f'<li id="ref-{number}">' in page


def test_the_table_of_markdown_has_as_many_cells_in_each_row(summary: Summary, hostile: Summary) -> None:
    for made in (summary, hostile):
        rows = [line for line in to_markdown(made).splitlines() if line.startswith("|")]
        assert len(rows) > 2
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


def test_a_page_needs_nothing_from_elsewhere(summary: Summary) -> None:
    page = Page(to_html(summary))

    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name == "src" or name.startswith("on")]
    assert "@import" not in to_html(summary)
    assert "url(http" not in to_html(summary)


def test_every_mark_of_a_page_leads_to_a_reference(summary: Summary) -> None:
    page = Page(to_html(summary))
    ids = {value for name, value in page.attributes if name == "id"}
    targets = {value[1:] for name, value in page.attributes if name == "href" and value and value.startswith("#")}
    assert targets
    assert targets <= ids


def test_a_page_says_what_the_markdown_says(summary: Summary) -> None:
    text = Page(to_html(summary)).text
    for claim in summary.claims:
        assert claim.text in text
    for heading in HEADINGS:
        assert heading in text


def test_the_figure_counts_every_paper_once(summary: Summary) -> None:
    bars = columns(summary)
    assert sum(sum(counts) for _, counts in bars) == summary.coverage.relevant
    assert [label for label, _ in bars] == [*map(str, summary.timeline), UNDATED]


def test_the_figure_is_told_in_words_and_its_themes_by_more_than_colour(summary: Summary) -> None:
    html = to_html(summary)
    described = re.search(r'<desc id="figure-text">(.*?)</desc>', html)
    assert described is not None
    patterns = re.findall(r'<pattern id="theme-\d".*?<g class="stroke">(.*?)</g></pattern>', html)
    assert len(set(patterns)) == len(patterns) == len(summary.sections)
    for at, section in enumerate(summary.sections, 1):
        assert section.title in described[1]
        assert f"{at}: {section.title} ({len(section.papers)})" in html


def test_an_abstention_is_told_with_the_nearest_papers(seed_library: Library) -> None:
    summary = asyncio.run(summarize(seed_library, "protein folding"))
    for text in (to_markdown(summary), Page(to_html(summary)).text):
        assert NOT_COVERED in text
        assert all(paper.key in text for paper in summary.nearest)


def test_hostile_papers_are_summarized_as_text(hostile: Summary) -> None:
    assert hostile.coverage.relevant == len(HOSTILE_TITLES)
    assert hostile.claims


def test_nothing_of_a_hostile_paper_becomes_markdown(hostile: Summary) -> None:
    markdown = to_markdown(hostile)
    kinds, text = kinds_and_text(markdown)

    assert not kinds & {"html_inline", "html_block", "link_open", "image", "em_open"}
    assert all(title in text for title in HOSTILE_TITLES)
    marks = {(int(number), int(sentence)) for number, sentence in MARK.findall(markdown)}
    assert marks == {(item.number, item.sentence) for claim in hostile.claims for item in claim.citations}


def test_nothing_of_a_hostile_paper_becomes_an_element(hostile: Summary, summary: Summary) -> None:
    page = Page(to_html(hostile))

    assert set(page.tags) <= set(Page(to_html(summary)).tags)
    assert not [name for name, _ in page.attributes if name == "src" or name.startswith("on")]
    assert not [value for name, value in page.attributes if name == "href" and not (value or "").startswith("#")]
    assert all(title in page.text for title in HOSTILE_TITLES)


def test_only_a_plain_web_address_becomes_a_link(library: Library, write_jsonl: Callable[..., Path]) -> None:
    abstract = "We propose zeppelin navigation, number {}."
    urls = ["https://example.org/a?b=1&c=2", 'https://example.org/"><script>', "ftp://example.org/x"]
    rows = [{"title": f"Zeppelin {at}", "abstract": abstract.format(at), "url": url} for at, url in enumerate(urls)]
    library.add([write_jsonl(rows)])
    summary = asyncio.run(summarize(library, "zeppelin navigation"))

    links = {value for name, value in Page(to_html(summary)).attributes if name == "href"}
    assert {link for link in links if link and not link.startswith("#")} <= {urls[0]}
    assert "<script" not in to_html(summary)
    assert '<https://example.org/"' not in to_markdown(summary)
