"""How papers and citations are written: Markdown that shows a paper's text and obeys none of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agent.answer import Citation
from agent.citations import byline, escaped, find_marks, mark
from store.paper import Paper

MARKUP = "ab1 \\`*_[]()<>#+-.!|~\"'"
ABSTRACT = "An abstract that is long enough."


def paper(*authors: str, complete: bool = True, date: str | None = None) -> Paper:
    return Paper(key="k", title="T", abstract=ABSTRACT, authors=authors, authors_complete=complete, date=date)


def parsed(markdown: str) -> tuple[list[str], list[Token]]:
    """The blocks of a Markdown text by type, and the pieces of its lines."""
    blocks = MarkdownIt("commonmark").parse(markdown)
    return [block.type for block in blocks], [piece for block in blocks for piece in block.children or []]


def shown(pieces: list[Token]) -> str:
    return "".join(piece.content for piece in pieces)


@given(st.text(alphabet=MARKUP, max_size=40))
def test_inside_a_line_nothing_of_a_paper_becomes_markup(text: str) -> None:
    line = f"x{' '.join(text.split())}x"

    _, pieces = parsed(escaped(line))

    assert {piece.type for piece in pieces} <= {"text", "text_special"}
    assert shown(pieces) == line


@given(st.text(alphabet="[]1234567890.\\ ", max_size=20))
def test_no_text_of_a_paper_can_be_taken_for_a_citation_mark(text: str) -> None:
    assert re.search(r"(?<!\\)(?:\\\\)*\[", escaped(text)) is None


LINE_STARTS = ["> a quotation", "* an item", "``` code", "[1]: http://example.org", "<script>alert(1)</script>"]
OBEYED_STARTS = ["# a heading", "- an item", "+ an item", "1. an item", "2) an item", "~~~ code"]


@pytest.mark.parametrize(
    "text",
    [
        *LINE_STARTS,
        *(pytest.param(text) for text in OBEYED_STARTS),
    ],
)
def test_a_quoted_sentence_is_a_plain_line_however_it_begins(text: str) -> None:
    blocks, pieces = parsed(f"> {escaped(text)}")

    assert blocks == ["blockquote_open", "paragraph_open", "inline", "paragraph_close", "blockquote_close"]
    assert shown(pieces) == text


@pytest.mark.parametrize("text", ["a &lt;b&gt; c", "R&amp;D", "&#91;1&#93;"])
def test_an_entity_in_a_paper_is_shown_as_it_is_written(text: str) -> None:
    _, pieces = parsed(escaped(text))

    assert shown(pieces) == text


@pytest.mark.parametrize(
    ("found", "written"),
    [
        (paper("Yong Lin", "Shange Tang", "Bohan Lyu", date="2025-02-11"), "(Lin et al., 2025)"),
        (paper("Yong Lin", "Shange Tang", date="2025"), "(Lin and Tang, 2025)"),
        (paper("Lin, Yong", date="2025-02"), "(Lin, 2025)"),
        (paper("Yong Lin", complete=False, date="2025"), "(Lin et al., 2025)"),
        (paper("Yong Lin", "Shange Tang", complete=False), "(Lin et al.)"),
        (paper(date="2025"), "(2025)"),
        (paper("Yong Lin"), "(Lin)"),
        (paper(), ""),
    ],
)
def test_a_byline_says_what_is_known_and_no_more(found: Paper, written: str) -> None:
    assert byline(found) == written


def test_a_day_without_a_year_gives_the_byline_no_year() -> None:
    assert byline(paper("Yong Lin", date="--06-04")) == "(Lin)"


def test_a_mark_names_the_paper_and_the_sentence() -> None:
    citation = Citation(3, "k", 8, 0, 5, "Quote", "0" * 64, 1.0)

    assert mark(citation) == "[3.8]"
    assert [str(place) for found in find_marks(mark(citation)) for place in found.places] == ["3.8"]
