"""The rating models: fitted on what they say, reading the signals that exist, and the set worth citing."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from importlib.resources import files
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.quoting import consider
from agent.relevance import Candidate, Logistic, Reading, fitted_models, question_signals
from agent.selection import best_set
from agent.signals import CANDIDATES, sentence_signals
from store import sentences
from store.library import Library
from store.paper import Hit, Paper, Sentence
from store.search import SearchResult

FACT = "What success rate does Goedel-Prover reach on miniF2F?"
NAMES = ("sentence", "paper", "answerable")
probabilities = st.lists(st.floats(0.01, 0.99), min_size=1, max_size=6)


def candidate(rank: int, probability: float) -> Candidate:
    paper = Paper(key=f"paper{rank}", title=None, abstract="One sentence.")
    hit = Hit(
        rank=rank,
        paper=paper,
        score=0.5,
        lexical_rank=rank,
        dense_rank=rank,
        lexical_score=0.5,
        similarity=0.5,
        sentence=Sentence(1, 0, 13, "One sentence."),
    )
    return Candidate(hit, (), {}, probability)


def candidates(given_probabilities: Sequence[float]) -> list[Candidate]:
    return [candidate(rank, probability) for rank, probability in enumerate(given_probabilities, 1)]


def expected_f1(chosen: frozenset[int], found: Sequence[float]) -> float:
    """The expected F1 itself: every possible truth, weighted by how likely it is."""
    total = 0.0
    for truth in product((0, 1), repeat=len(found)):
        likelihood = math.prod(p if true else 1 - p for true, p in zip(truth, found, strict=True))
        total += likelihood * 2 * sum(truth[index] for index in chosen) / (len(chosen) + sum(truth))
    return total


@settings(deadline=None)
@given(probabilities)
@example([1.0, 0.42])
@example([0.16, 0.12])
def test_no_other_set_of_papers_has_a_better_expected_f1(found: list[float]) -> None:
    chosen = frozenset(item.hit.rank - 1 for item in best_set(candidates(found)))

    every = [
        expected_f1(frozenset(some), found)
        for size in range(1, len(found) + 1)
        for some in combinations(range(len(found)), size)
    ]
    assert expected_f1(chosen, found) == pytest.approx(max(every))


@settings(deadline=None)
@given(probabilities)
def test_the_set_to_cite_is_the_likeliest_papers_best_first(found: list[float]) -> None:
    chosen = [item.probability for item in best_set(candidates(found))]

    assert chosen == sorted(found, reverse=True)[: len(chosen)]
    assert chosen


def test_of_equally_likely_papers_the_better_hit_comes_first() -> None:
    assert [item.hit.rank for item in best_set(candidates([0.9, 0.9, 0.9])[::-1])] == [1, 2, 3]


def test_there_is_nothing_to_cite_among_no_papers() -> None:
    assert best_set([]) == []


@pytest.fixture(scope="module")
def fitted() -> dict[str, Any]:
    content = json.loads(files("agent").joinpath("relevance.json").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def test_the_weights_say_how_and_on_what_they_were_fitted(fitted: dict[str, Any]) -> None:
    provenance = fitted["provenance"]

    assert provenance["made_by"].startswith("python -m evals.")
    assert provenance["questions"] > 0
    assert provenance["threshold"]


def test_the_weights_were_fitted_on_the_gold_that_is_here(fitted: dict[str, Any]) -> None:
    for name, digest in fitted["provenance"]["gold_sha256"].items():
        gold = files("evals").joinpath("gold", f"{name}.jsonl").read_bytes()
        assert hashlib.sha256(gold).hexdigest().startswith(digest), name


def test_there_are_three_models_with_finite_weights_and_a_threshold(fitted: dict[str, Any]) -> None:
    assert set(fitted) == {"provenance", "threshold", *NAMES}
    assert 0 < fitted["threshold"] < 1
    for name in NAMES:
        assert all(math.isfinite(weight) for weight in (fitted[name]["intercept"], *fitted[name]["weights"].values()))


@pytest.fixture(scope="module")
def considered(seed_folder: Path) -> tuple[SearchResult, Reading]:
    """What a search for a fact finds in the seeds, and how it is rated."""
    with Library(seed_folder) as library:
        return consider(library, FACT)


def test_the_sentence_model_weighs_exactly_the_signals_of_a_sentence(
    considered: tuple[SearchResult, Reading], fitted: dict[str, Any]
) -> None:
    result, reading = considered
    similarities = [
        rated.similarity
        for item in reading.candidates
        for rated in sorted(item.sentences, key=lambda one: one.sentence.index)
    ]

    found = sentence_signals(result, np.array(similarities, dtype=np.float32))

    assert {frozenset(signals) for hit in found for signals in hit} == {frozenset(fitted["sentence"]["weights"])}


def test_the_question_model_weighs_exactly_the_signals_of_a_question(
    considered: tuple[SearchResult, Reading], fitted: dict[str, Any]
) -> None:
    _, reading = considered

    assert set(question_signals(reading.candidates)) == set(fitted["answerable"]["weights"])


def test_the_paper_model_weighs_no_signal_that_is_not_there_and_none_is_read_in_vain(
    considered: tuple[SearchResult, Reading], fitted: dict[str, Any]
) -> None:
    _, reading = considered
    signals = {name for item in reading.candidates for name in item.signals}

    assert set(fitted["paper"]["weights"]) <= signals
    assert signals <= set(fitted["paper"]["weights"]) | set(fitted["answerable"]["weights"])


def test_every_rating_is_a_probability_and_the_sentences_are_all_there(
    considered: tuple[SearchResult, Reading],
) -> None:
    _, reading = considered

    assert len(reading.candidates) == CANDIDATES
    assert 0 <= reading.answerable <= 1
    for item in reading.candidates:
        assert 0 <= item.probability <= 1
        assert all(0 <= rated.probability <= 1 for rated in item.sentences)
        indexes = sorted(rated.sentence.index for rated in item.sentences)
        assert indexes == list(range(1, len(sentences.split(item.hit.paper.abstract)) + 1))


def test_a_paper_that_does_not_name_the_system_asked_about_is_not_cited(
    considered: tuple[SearchResult, Reading],
) -> None:
    _, reading = considered

    others = [item for item in reading.candidates if "Goedel-Prover" not in f"{item.hit.paper.title}"]
    assert others
    assert not {id(item) for item in others} & {id(item) for item in best_set(reading.candidates)}


@settings(deadline=None)
@given(st.floats(-1e6, 1e6))
def test_a_logistic_model_never_overflows(signal: float) -> None:
    assert 0 <= Logistic(0.0, {"x": 1.0})({"x": signal}) <= 1


def test_a_model_that_lacks_a_signal_says_so() -> None:
    with pytest.raises(KeyError):
        Logistic(0.0, {"x": 1.0})({})


def test_the_models_are_read_once() -> None:
    assert fitted_models() is fitted_models()
