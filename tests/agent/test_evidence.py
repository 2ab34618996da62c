"""Evidence: numbers that never change, and citations of nothing but stored sentences."""

from __future__ import annotations

import hashlib

import pytest

from agent.evidence import Evidence
from store.paper import Paper

FIRST = Paper(key="lee2024first", title="First", abstract="We begin with α and β. Then we measure. It took 3.5 hours.")
SECOND = Paper(key="kim2023second", title="Second", abstract="One sentence stands here alone.")


@pytest.fixture
def evidence() -> Evidence:
    made = Evidence()
    made.add(FIRST)
    made.add(SECOND)
    return made


def test_papers_are_numbered_from_one_in_the_order_of_their_coming() -> None:
    evidence = Evidence()

    assert [evidence.add(FIRST), evidence.add(SECOND)] == [1, 2]


def test_a_paper_that_comes_again_keeps_its_number(evidence: Evidence) -> None:
    assert [evidence.add(SECOND), evidence.add(FIRST)] == [2, 1]
    assert evidence.paper(3) is None


def test_a_number_leads_to_its_paper(evidence: Evidence) -> None:
    assert (evidence.paper(1), evidence.paper(2)) == (FIRST, SECOND)


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_number_that_was_not_given_leads_to_nothing(evidence: Evidence, number: int) -> None:
    assert evidence.paper(number) is None
    assert evidence.cite(number, 1, 0.5) is None


@pytest.mark.parametrize("sentence", [0, -1, 4])
def test_a_sentence_that_is_not_stored_cannot_be_cited(evidence: Evidence, sentence: int) -> None:
    assert evidence.cite(1, sentence, 0.5) is None


def test_a_citation_is_the_stored_sentence_at_its_offsets(evidence: Evidence) -> None:
    citation = evidence.cite(1, 3, 0.5)

    assert citation is not None
    assert citation.quote == "It took 3.5 hours."
    assert FIRST.abstract[citation.start : citation.end] == citation.quote
    assert (citation.number, citation.key, citation.sentence) == (1, "lee2024first", 3)


def test_a_citation_carries_the_hash_of_the_abstract_in_utf_8(evidence: Evidence) -> None:
    citation = evidence.cite(1, 1, 0.5)

    assert citation is not None
    assert citation.sha256 == hashlib.sha256(FIRST.abstract.encode("utf-8")).hexdigest()


def test_nothing_can_be_cited_before_anything_was_retrieved() -> None:
    assert Evidence().cite(1, 1, 0.5) is None
