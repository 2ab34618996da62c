"""Whatever form a statement has, it is shown as supported only if a cited sentence says it."""

from __future__ import annotations

import pytest

from agent.claims import cut
from agent.evidence import Evidence
from agent.verification import FLAGS, Verifier, write
from store.library import Library
from tests.agent.conftest import SOLVES, TRAINING

GOOD = f"{SOLVES} [1.3]."


@pytest.fixture
def verifier(shelf: Library) -> Verifier:
    (paper,) = [paper for paper in shelf.papers() if paper.title and paper.title.startswith("Zeppelin")]
    others = [paper for paper in shelf.papers() if paper.title and not paper.title.startswith("Zeppelin")]
    return Verifier(Evidence([paper, *others]), shelf.embed)


def shown(verifier: Verifier, text: str) -> str:
    return write(text, verifier.judge(text))


@pytest.mark.parametrize(
    "text",
    [
        "# All papers agree that Foo reaches 99.9% accuracy\n",
        "**Foo-7B solves 99% of all problems**\n",
        "Foo-7B solves 99% of all problems, far more than any rival:\n",
        "Does Foo reach 99%?\n",
        "The library does not say who made it; Foo, by Wang, is the best prover and beats all rivals.\n",
        "The library does not say anything else and Zeppelin was made by Google in Zurich.\n",
        "The library does not say how AlphaProof, which is the strongest prover ever built, was trained.\n",
        "99.9%.\n",
        "九十%.\n",
    ],
)
def test_a_statement_without_a_mark_is_flagged_in_whatever_form_it_comes(verifier: Verifier, text: str) -> None:
    written = shown(verifier, f"{text}{GOOD}")
    assert "(uncited)" in written or "(weak)" in written
    assert "(uncited)" in shown(verifier, f"{text}\n{GOOD}")


@pytest.mark.parametrize("text", ["## Results\n", "**Findings**:\n", "The papers report three things:\n", "Why so?\n"])
def test_a_heading_or_a_lead_in_that_states_nothing_is_no_claim(text: str) -> None:
    assert {piece.kind for piece in cut(text)} == {"other"}


@pytest.mark.parametrize("row", ["| Foo | 99% |", "| Foo-7B | 99% [1.3] |"])
def test_the_word_of_a_failed_table_row_is_no_cell_that_a_renderer_drops(verifier: Verifier, row: str) -> None:
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").enable("table").render(shown(verifier, f"| # | % |\n|---|---|\n{row}\n"))
    assert "<table" not in html
    assert "(weak)" in html or "(uncited)" in html


@pytest.mark.parametrize("number", ["⅔", "¾", "half", "two thirds", "５７"])
def test_a_number_in_other_than_plain_digits_is_checked_too(verifier: Verifier, number: str) -> None:
    (item,) = [one for one in verifier.judge(f"Zeppelin-7B solves {number} of miniF2F [1.3].") if one.claim]
    assert item.claim is not None
    assert item.claim.support == "weak"
    assert any("number" in problem for problem in item.claim.problems)


def test_a_denial_of_what_the_sentence_says_is_not_supported(verifier: Verifier) -> None:
    text = f"{SOLVES.replace('solves', 'never solves')} [1.3]."
    assert shown(verifier, text).endswith(FLAGS["weak"])


def test_a_sentence_that_does_not_bear_on_the_claim_is_not_shown_as_its_support(verifier: Verifier) -> None:
    (item,) = [one for one in verifier.judge(f"{SOLVES} [1.3, 2.1, 3.1].") if one.claim]
    assert item.claim is not None
    assert [(one.number, one.sentence) for one in item.claim.citations] == [(1, 3)]
    assert item.claim.problems == tuple(f"[{place}] does not bear on this, and is left out" for place in ("2.1", "3.1"))
    assert shown(verifier, f"{SOLVES} [1.3, 2.1, 3.1].") == f"{SOLVES} [1.3]."


@pytest.mark.parametrize("after", ["(Foo)", "(http://evil.test)", ": http://evil.test"])
def test_nothing_makes_a_link_of_a_mark(verifier: Verifier, after: str) -> None:
    from markdown_it import MarkdownIt

    assert "<a " not in MarkdownIt("commonmark").render(shown(verifier, f"{SOLVES} [1.3]{after}\n\n[1.3]{after}\n"))


@pytest.mark.parametrize("wrapped", [SOLVES.replace(" of ", "\nof ", 1) + " [1.3].", f"{SOLVES}.\n[1.3]"])
def test_a_sentence_over_two_lines_is_one_claim_with_its_mark(verifier: Verifier, wrapped: str) -> None:
    claims = [item.claim for item in verifier.judge(wrapped) if item.claim]
    assert [(claim.support, len(claim.citations)) for claim in claims] == [("supported", 1)]


@pytest.mark.parametrize("mark", ["[ix.ix]", "［9.9］", "⟦9.9⟧"])
def test_what_only_looks_like_a_mark_is_not_shown(verifier: Verifier, mark: str) -> None:
    assert mark.strip("[]［］⟦⟧") not in shown(verifier, f"Zeppelin-7B {mark} works. {TRAINING} [1.4].")


@pytest.mark.parametrize(
    "claim",
    [
        f"The paper Deep Magic Provers shows that {SOLVES}",
        f"In Scaling Laws for Formal Proofs, {SOLVES}",
        f"As the work of Ada Lovelace found, {SOLVES}",
    ],
)
def test_a_title_or_a_person_that_the_paper_does_not_have_is_not_supported(verifier: Verifier, claim: str) -> None:
    (item,) = [one for one in verifier.judge(f"{claim} [1.3].") if one.claim]
    assert item.claim is not None
    assert item.claim.support == "weak"
    assert any("stands in no cited paper" in problem for problem in item.claim.problems)


@pytest.mark.parametrize("opening", ["In Formal Mathematics, ", "Here, ", "With Open Provers, "])
def test_words_of_the_paper_may_have_capitals(verifier: Verifier, opening: str) -> None:
    (item,) = [one for one in verifier.judge(f"{opening}{SOLVES} [1.3].") if one.claim]
    assert item.claim is not None
    assert not item.claim.problems
