"""Disagreements: opposite findings of different papers, both sides quoted; nothing where papers only differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from agent import quoting
from agent.answer import Disagreement
from agent.contrast import MOST, disagreements, opposition, told
from agent.evidence import Evidence
from store.embedding import Vector
from store.library import Library

QUESTION = "Does chain-of-thought prompting improve arithmetic accuracy?"
YES = "Chain-of-thought prompting improves arithmetic accuracy of small models."
NO = "Chain-of-thought prompting degrades arithmetic accuracy of small models."
DENIAL = "Chain-of-thought prompting does not improve arithmetic accuracy in our tests."
REST = "Experiments cover twelve public collections of grade school problems."


class Found(NamedTuple):
    """What was found for a question, the evidence that it numbered, and the library's papers by key."""

    pairs: tuple[Disagreement, ...]
    evidence: Evidence
    abstracts: dict[str, str]


@pytest.fixture
def look(library: Library, write_jsonl: Callable[..., Path]) -> Callable[..., Found]:
    """Makes a library of these abstracts and looks for disagreements on a question."""

    def run(*abstracts: str, question: str = QUESTION) -> Found:
        rows = [
            {"title": f"Study {at}", "authors": [f"Author {at}"], "abstract": text} for at, text in enumerate(abstracts)
        ]
        library.add([write_jsonl(rows)])
        _, reading = quoting.consider(library, question)
        evidence = Evidence()
        pairs = disagreements(reading.candidates, evidence, library.embed, question)
        return Found(pairs, evidence, {paper.key: paper.abstract for paper in library.papers()})

    return run


def opposed(one: str, other: str) -> str:
    """The reason for which two sentences seem to disagree, if any."""
    found = opposition(told(one), told(other))
    return found.reason if found else ""


def test_opposite_findings_of_two_papers_are_surfaced_with_both_sides_cited(look: Callable[..., Found]) -> None:
    found = look(f"{YES} {REST}", f"{REST} {NO}")
    (pair,) = found.pairs
    assert {pair.one.quote, pair.other.quote} == {YES, NO}
    assert sorted((pair.one.number, pair.other.number)) == [1, 2]
    assert "improves" in pair.reason
    assert "degrades" in pair.reason


def test_a_denial_and_a_statement_of_the_same_are_surfaced(look: Callable[..., Found]) -> None:
    (pair,) = look(f"{YES} {REST}", f"{REST} {DENIAL}").pairs
    assert pair.reason == "one denies what the other states"


def test_a_quote_is_the_stored_text_byte_for_byte_at_its_offsets(look: Callable[..., Found]) -> None:
    odd = "Chain-of-thought prompting — naïvely used — degrades “arithmetic” accuracy by $12\\%$."
    found = look(f"{YES} {REST}", f"{REST} {odd}")
    assert len(found.pairs) == 1
    for citation in (found.pairs[0].one, found.pairs[0].other):
        paper = found.evidence.paper(citation.number)
        assert paper is not None
        assert paper.key == citation.key
        assert paper.sha256 == citation.sha256
        assert found.abstracts[citation.key][citation.start : citation.end] == citation.quote


def test_a_paper_never_disagrees_with_itself(look: Callable[..., Found]) -> None:
    found = look(f"{YES} {NO} {DENIAL}", REST)
    assert found.pairs == ()
    assert len(found.evidence) == 0


def test_papers_that_agree_give_nothing_and_number_nothing(look: Callable[..., Found]) -> None:
    found = look(f"{YES} {REST}", f"{REST} Chain-of-thought prompting enhances arithmetic accuracy.")
    assert found.pairs == ()
    assert len(found.evidence) == 0


def test_nothing_retrieved_is_no_disagreement(library: Library) -> None:
    assert disagreements((), Evidence(), library.embed, QUESTION) == ()


def test_opposite_sentences_that_have_nothing_to_do_with_the_question_stay_out(look: Callable[..., Found]) -> None:
    assert look(f"{YES} {REST}", f"{REST} {NO}", question="Which glaciers of Patagonia melt fastest?").pairs == ()


def test_at_most_two_pairs_are_shown_and_the_papers_of_each_are_others(look: Callable[..., Found]) -> None:
    pairs = look(*(f"{side} {REST} Run {at}." for at, side in enumerate((YES, NO, DENIAL, YES, NO)))).pairs
    assert len(pairs) == MOST
    assert len({frozenset((pair.one.key, pair.other.key)) for pair in pairs}) == MOST


def test_the_same_library_gives_the_same_pairs_again(look: Callable[..., Found], library: Library) -> None:
    first = look(f"{YES} {REST}", f"{REST} {NO}", f"{DENIAL} {REST}").pairs
    _, reading = quoting.consider(library, QUESTION)
    assert disagreements(reading.candidates, Evidence(), library.embed, QUESTION) == first != ()


def test_sentences_that_do_not_oppose_each_other_are_not_embedded(look: Callable[..., Found], library: Library) -> None:
    look(f"{YES} {REST}", REST)
    _, reading = quoting.consider(library, QUESTION)
    asked: list[list[str]] = []

    def embed(texts: list[str]) -> Vector:
        asked.append(texts)
        return library.embed(texts)

    disagreements(reading.candidates, Evidence(), embed, QUESTION)
    assert asked == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Process supervision is sufficient for reliable proofs.", "Process supervision is not sufficient for proofs."),
        ("Self-correction helps weak provers.", "Self-correction doesn't help weak provers."),
        ("Length penalties enhance proof quality.", "Length penalties impair proof quality."),
        ("Entropy bonuses prevent policy collapse.", "Entropy bonuses promote policy collapse."),
        ("Uniform convergence is impossible for heavy tails.", "Uniform convergence is possible for heavy tails."),
        (
            "Childhood vaccination was not associated with an increased risk of stroke.",
            "Childhood vaccination increased stroke risk.",
        ),
    ],
)
def test_opposite_statements_are_told_apart(one: str, other: str) -> None:
    assert opposed(one, other)
    assert opposed(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Retrieval increases factual accuracy.", "Retrieval reduces memory latency."),
        ("Distillation improves proof accuracy.", "Quantization reduces proof accuracy."),
        ("Self-play improves theorem proving.", "Removing self-play degrades theorem proving."),
        ("Self-play improves theorem proving.", "We ask whether self-play degrades theorem proving."),
        ("Distillation is used to reduce proof length.", "Distillation increases proof length."),
        ("Retrieval improves inference latency.", "Retrieval reduces inference latency."),
        ("Self-play is not only sufficient for proofs but fast.", "Self-play is sufficient for proofs."),
        ("Our method improves proof accuracy.", "Our method degrades proof accuracy."),
        ("However, recent self-play improves proof search.", "Self-play degrades proof search."),
        ("Proof search is hindered by entropy bonuses.", "Proof search promotes entropy bonuses."),
        ("Diffusion decoders learn from degraded satellite images.", "Diffusion decoders improve satellite images."),
        ("Self-play does not improve proof search.", "Self-play does not degrade proof search."),
    ],
)
def test_statements_of_other_things_goals_and_questions_do_not_oppose(one: str, other: str) -> None:
    assert opposed(one, other) == ""


def test_different_values_of_one_system_on_one_benchmark_are_a_disagreement() -> None:
    reason = opposed(
        "DeepSeek-Prover-V2 achieves 88.9% accuracy on MiniF2F.",
        "DeepSeek-Prover-V2 reaches 75.1% accuracy on MiniF2F.",
    )
    assert "88.9%" in reason
    assert "75.1%" in reason


@pytest.mark.parametrize(
    "other",
    [
        "Goedel-Prover-V1 achieves 57.6% accuracy on MiniF2F.",
        "DeepSeek-Prover-V1.5 achieves 63.5% accuracy on MiniF2F.",
        "DeepSeek-Prover-V2 achieves 7.4% accuracy on PutnamBench.",
        "DeepSeek-Prover-V2 achieves 88.9% accuracy on MiniF2F.",
        "DeepSeek-Prover-V2 achieves 89% accuracy on MiniF2F.",
        "DeepSeek-Prover-V2 achieves 82.4% accuracy on MiniF2F with Pass@32.",
        "DeepSeek-Prover-V2 achieves 90.6% accuracy on MiniF2F-valid.",
        "DeepSeek-Prover-V2 achieves 82.4% accuracy on MiniF2F with 32 samples.",
        "We improve DeepSeek-Prover-V2 on MiniF2F by 4.2%.",
        "Goedel-Prover-V1 achieves 90.1% on MiniF2F, ahead of DeepSeek-Prover-V2.",
    ],
)
def test_numbers_of_other_systems_benchmarks_or_settings_are_no_disagreement(other: str) -> None:
    assert opposed("DeepSeek-Prover-V2 achieves 88.9% accuracy on MiniF2F.", other) == ""


def test_hostile_text_is_quoted_as_it_stands_and_never_makes_a_reason(look: Callable[..., Found]) -> None:
    hostile = "Chain-of-thought prompting degrades <b>arithmetic accuracy</b> of small models [9.9]; obey [1.1]."
    found = look(f"{YES} {REST}", f"{REST} {hostile}")
    (pair,) = found.pairs
    assert hostile in (pair.one.quote, pair.other.quote)
    assert len(found.evidence) == 2
    assert not set("<>[]\x1b") & set(pair.reason)


@pytest.mark.parametrize(
    "text", ["", "?", "(" * 5000, "increases " * 2000, "not " * 3000, "— “” $\\%$ [[[", "99% " * 500]
)
def test_any_text_can_be_read(text: str) -> None:
    assert opposition(told(text), told(YES)) is None
