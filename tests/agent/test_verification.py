"""Verification: whatever a model writes, what is shown is tied to stored sentences or flagged."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agent.answer import Claim
from agent.claims import cut
from agent.evidence import Evidence
from agent.verification import Verifier, harmless, write
from store.library import Library
from store.paper import Paper
from tests.agent.conftest import SOLVES, TRAINING, Desk, assert_every_citation_resolves, marks_in
from tests.support.replies import Text

WORDS = [
    "Zeppelin-7B solves 57.6%",
    SOLVES,
    TRAINING,
    "the library does not say",
    "cheese 91%",
    "“all of it and more”",
    "и так",
]
MARKS = [
    "[1.1]",
    "[1.3]",
    "[2]",
    "[1]",
    "[2.1, 3.2]",
    "[1.1-3]",
    "【2.2】",
    "[99.1]",
    "[0]",
    "[1.99]",
    "[0, 1]",
    "[1.1",
    "1.2]",
]
MARKUP = [
    "# ",
    "- ",
    "1. ",
    "> ",
    "**",
    "*",
    "`",
    "```\n",
    "[a](http://x.test)",
    "![a](b)",
    "<b>",
    "<!-- ",
    "&amp;",
    "|",
    "\\",
    "---",
]
HARM = [
    "\x1b[31m",
    "\x1b]0;t\x07",
    "\x1b",
    "\x9b1m",
    "\x00",
    "\u202e",
    "\u200b",
    "\ufeff",
    "[1\u200b.1]",
    "[1.\x1b[0m1]",
]
ENDS = [". ", ".", "! ", "? ", ": ", "\n", "\n\n", " ", "…"]
OUTPUTS = st.one_of(
    st.lists(st.sampled_from([*WORDS, *MARKS, *MARKUP, *HARM, *ENDS]), max_size=14).map("".join),
    st.text(max_size=50),
)
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
PROFILE = settings(max_examples=80, suppress_health_check=CHECKS)
HARMLESS = {
    *("paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak", "hardbreak", "hr"),
    *("em_open", "em_close", "strong_open", "strong_close", "code_inline", "code_block", "fence"),
    *("bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close"),
    *("list_item_open", "list_item_close"),
}


@pytest.fixture
def verifier(shelf: Library) -> Verifier:
    """Checks against the first papers of the shelf."""
    return Verifier(shelf_evidence(shelf), shelf.embed)


def shelf_evidence(shelf: Library) -> Evidence:
    return Evidence([paper for words in ("Zeppelin", "Quokka", "Balloon") for paper in papers_of(shelf, words)])


def papers_of(shelf: Library, word: str) -> list[Paper]:
    return [paper for paper in shelf.papers() if paper.title and paper.title.startswith(word)]


def shown(verifier: Verifier, text: str) -> tuple[str, list[Claim]]:
    judged = verifier.judge(text)
    return write(text, judged), [item.claim for item in judged if item.claim]


def kinds(markdown: str) -> set[str]:
    blocks = MarkdownIt("commonmark").parse(markdown)
    return {piece.type for block in blocks for piece in (block, *(block.children or ()))}


@PROFILE
@given(OUTPUTS)
def test_every_citation_of_any_output_is_a_stored_sentence(shelf: Library, verifier: Verifier, text: str) -> None:
    written, claims = shown(verifier, text)
    evidence = shelf_evidence(shelf)

    for claim in claims:
        for one in claim.citations:
            paper = evidence.paper(one.number)
            assert paper is not None
            assert (one.key, one.sha256) == (paper.key, paper.sha256)
            assert one.quote == paper.abstract[one.start : one.end] != ""
            assert 0.0 <= one.support_score <= 1.0
        assert claim.citations or claim.support == "uncited"
        assert claim.problems or claim.support == "supported"
    assert set(marks_in(written)) <= {(one.number, one.sentence) for claim in claims for one in claim.citations}
    assert written.count("*(uncited)*") == sum(claim.support == "uncited" for claim in claims)
    assert written.count("*(weak)*") == sum(claim.support == "weak" for claim in claims)


@PROFILE
@given(OUTPUTS)
def test_every_citation_of_a_claim_is_marked_where_the_claim_stands(verifier: Verifier, text: str) -> None:
    for item in verifier.judge(text):
        written = write(text, [item])
        cited = {(one.number, one.sentence) for one in item.claim.citations} if item.claim else set()
        assert set(marks_in(written)) == cited


@PROFILE
@given(OUTPUTS)
def test_nothing_that_is_shown_moves_a_terminal_or_is_invisible(verifier: Verifier, text: str) -> None:
    written, claims = shown(verifier, text)

    forbidden = re.compile(
        r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
    )
    assert forbidden.search(written) is None
    assert write(text, verifier.judge(text)) == written
    assert len(claims) == len([piece for piece in cut(text) if piece.kind == "claim"])


@PROFILE
@given(OUTPUTS)
def test_no_output_becomes_a_link_an_image_or_html(verifier: Verifier, text: str) -> None:
    written, _ = shown(verifier, text)

    assert kinds(written).isdisjoint({"link_open", "image", "html_inline", "html_block"})


@pytest.mark.parametrize(
    "text",
    [
        *("# Big", "## Big", "> quoted", "Big\n===", "[a](http://x.test)", "<http://x.test>", "![a](b)", "<b>b</b>"),
        *("[1]: http://x.test", "<!-- hidden -->", "&lt;", "a\n# Big", "**b** `c`\n- d\n1. e"),
        *("Big\n=", "Big\n-", "- # Big", "1. # Big", "#\tBig\n#", "- > quoted"),
    ],
)
def test_emphasis_lists_and_code_are_all_that_markdown_may_do(text: str) -> None:
    assert kinds(harmless(text)) <= HARMLESS


@pytest.mark.parametrize("control", ["\r", "\x0b", "\x0c", "\x85"])
def test_a_model_cannot_write_over_what_a_terminal_shows(control: str) -> None:
    assert control not in harmless(f"It is false.{control}It is true.")


def test_a_verbatim_sentence_is_supported_and_loses_no_mark(verifier: Verifier) -> None:
    written, claims = shown(verifier, f"{SOLVES} [1.3].")

    assert written == f"{SOLVES} [1.3]."
    assert [claim.support for claim in claims] == ["supported"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{SOLVES} [1.3, 1.4].", f"{SOLVES} [1.3]"),
        (f"{SOLVES} 【1.3】.", f"{SOLVES} [1.3]"),
        (f"{SOLVES} [1.3-4].", f"{SOLVES} [1.3]"),
        (f"{SOLVES} [1.3; 99.1].", f"{SOLVES} [1.3]"),
        (f"{SOLVES} [1.3] [1.3].", f"{SOLVES} [1.3] [1.3]"),
        (f"{SOLVES} in [0, 1] [1.3].", rf"{SOLVES} in \[0, 1\] [1.3]"),
        (f"{SOLVES} [1.3]([99.1]).", f"{SOLVES} [1.3]\\()"),
    ],
)
def test_marks_are_written_anew_from_what_they_resolve_to(verifier: Verifier, text: str, expected: str) -> None:
    assert shown(verifier, text)[0].startswith(expected)


def test_a_paper_alone_is_resolved_to_its_best_sentence(verifier: Verifier) -> None:
    written, (claim,) = shown(verifier, f"{TRAINING} [1].")

    assert [(one.sentence, one.chosen_by_code) for one in claim.citations] == [(4, True)]
    assert written == f"{TRAINING} [1.4]."


def test_a_mark_of_a_paper_that_is_not_there_resolves_to_nothing(verifier: Verifier) -> None:
    written, (claim,) = shown(verifier, f"{TRAINING} [4].")

    assert claim == Claim(f"{TRAINING}.", "uncited", (), ("[4] is no sentence of the evidence",))
    assert written == f"{TRAINING}. *(uncited)*"


def test_a_changed_number_is_weak_whatever_else_is_true(verifier: Verifier) -> None:
    _, (claim,) = shown(verifier, f"{SOLVES.replace('57.6', '75.6')} [1.3].")

    assert claim.support == "weak"
    assert any("75.6" in problem for problem in claim.problems)


@settings(max_examples=12, suppress_health_check=CHECKS)
@given(OUTPUTS, st.integers(1, 30))
def test_whatever_comes_over_the_wire_every_citation_resolves(desk: Desk, text: str, piece: int) -> None:
    """Invariant 1 of the design, from socket to answer."""
    desk.mode = "auto"
    asked = desk.ask(lambda _: Text(text, piece=piece))

    keys = {paper.key for paper in desk.library.papers()}
    assert_every_citation_resolves(asked.answer, desk.library, keys)
    assert len(asked.requests) <= 3
