"""How well a claim is supported: the checks, number by number and name by name, and the score."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.support import Cited, Rating, fitted_model, rate, rate_all, signals_of_all
from agent.support_numbers import plain, stated
from agent.support_signals import name_in, problems
from store import embedding
from store.embedding import Vector

CASES = Path(__file__).parent / "support_cases.jsonl"
CHECKED = ("number", "name", "quotation", "address")
built_in = embedding.create(embedding.EmbedderChoice())


def embed(texts: list[str]) -> Vector:
    return built_in.embed(texts)


def told(claim: str, sentence: str, *, title: str = "", abstract: str = "") -> tuple[str, ...]:
    return problems(claim, [Cited(sentence, title, abstract or sentence)])


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("It solves 57.6% of them.", r"It solves 57.6\% of them."),
        ("It solves 57.6 percent of them.", "It solves 57.6% of them."),
        ("It solves 57.6 per cent of them.", "It solves $57.6\\%$ of them."),
        ("It solves 58% of them.", "It solves 57.6% of them."),
        ("It solves about 60% of them.", "It solves 57.6% of them."),
        ("It solves over 55% of them.", "It solves 57.6% of them."),
        ("It takes less than 60 steps.", "It takes 57 steps."),
        ("It has 1,000 samples.", "It has 1k samples."),
        ("It has 1000 samples.", "It has 1,000 samples."),
        ("It has 1.5 million samples.", "It has 1.5M samples."),
        ("It has 1.5B parameters.", "It has 1.5 billion parameters."),
        ("The rate is 10^-3.", "The rate is $10^{-3}$."),
        ("The rate is 0.001.", "The rate is 1e-3."),
        ("It uses 3 stages.", "It uses three stages."),
        ("It uses twelve stages.", "It uses 12 stages."),
        ("It is twice as fast.", "It is 2× faster."),
        ("It is 2x faster.", "It brings a twofold speedup."),
        ("It doubles the speed.", "It is 2 times faster."),
        ("It goes from 45% to 57.6%.", "It goes from 45 to 57.6%."),
        ("It gains 5 to 10 points.", "It gains 5-10 percentage points."),
        ("It waits 2 seconds.", "It waits 2000 ms."),
        ("It came 2nd.", "It came second."),
        ("One of the models of this 7B family wins.", "A model of this family, Qwen2.5-7B, wins."),
        ("(1) It is fast and (2) it is small.", "It is fast and small."),
        ("It won in 2024.", "In 2024, it won."),
        ("It reaches **57.6%** on it.", "It reaches 57.6% on it."),
        ("It is checked in Lean 4.", "It is checked in Lean4."),
    ],
)
def test_a_number_that_a_cited_sentence_gives_in_other_words_is_no_problem(claim: str, sentence: str) -> None:
    assert told(claim, sentence) == ()


@pytest.mark.parametrize(
    ("claim", "sentence", "number"),
    [
        ("It solves 75.6% of them.", "It solves 57.6% of them.", "75.6%"),
        ("It solves 57% of them.", "It solves 57.6% of them.", "57%"),
        ("It solves 60% of them.", "It solves 57.6% of them.", "60%"),
        ("It solves 57.64% of them.", "It solves 57.6% of them.", "57.64%"),
        ("It is 2x faster.", "It is 1.5x faster.", "2x"),
        ("It gains 7.6%.", "It gains 7.6 percentage points.", "7.6%"),
        ("It gains 7.6%.", "It gains 7.6 somethings.", "7.6%"),
        ("It is 7.6 times better.", "It is 7.6% better.", "7.6 times"),
        ("It has 1.5B parameters.", "It has 1.5M parameters.", "1.5B"),
        ("It uses four stages.", "It uses three stages.", "four"),
        ("It is twice as fast.", "It is 3x faster.", "twice"),
        ("It waits 2 seconds.", "It waits 2 ms.", "2 seconds"),
        ("It won in 2025.", "In 2024, it won.", "2025"),
        ("It costs O(n^2).", "It costs $O(n^{3})$.", "n^2"),
        ("It costs 2^n.", "It costs 3^n.", "2^n"),
        ("It solves over 60% of them.", "It solves under 60% of them.", "60%"),
        ("It costs 4 coins.", "GPT-4 and miniF2F4 are named, coins too.", "4"),
    ],
)
def test_a_number_that_no_cited_sentence_has_is_flagged(claim: str, sentence: str, number: str) -> None:
    found = told(claim, sentence)

    assert len(found) == 1
    assert number in found[0]


def test_a_number_elsewhere_in_the_abstract_or_in_the_title_is_flagged_all_the_same() -> None:
    found = told(
        "It solves 12 tasks.", "It solves tasks.", title="Twelve tasks", abstract="It solves tasks. 12 of them."
    )

    assert found == ("the number 12 stands in no cited sentence, but elsewhere in the abstract",)
    assert told("It solves 12 tasks.", "It solves tasks.", title="Twelve tasks")


def test_each_cited_sentence_may_give_a_number() -> None:
    cited = [Cited("It reaches 10%.", "", "It reaches 10%."), Cited("It takes 5 h.", "", "It takes 5 h.")]

    assert problems("It reaches 10% in 5 hours.", cited) == ()


@pytest.mark.parametrize("name", ["GPT-4", "Llama-3-8B", "miniF2F", "V1.5", "H2O", "Pass@32", "GPT-4o"])
def test_the_digits_of_a_name_are_no_number(name: str) -> None:
    assert stated(plain(f"We use {name} here.")) == []
    assert name_in(name) == name


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("Bayesian methods for English win.", "These methods win."),
        ("LLMs are used.", "Large language models are used."),
        ("SFT helps.", "Supervised fine-tuning helps."),
        ("LLM-based provers use GPT 4.", "GPT-4 is used in provers."),
        ("It beats minif2f's best.", "On miniF2F-test it is best."),
        ("Goedel-Prover's rate is high.", "The rate of Goedel-Prover is high."),
        ("Non-Markovian rewards are hard.", "Rewards that are non-Markovian are hard."),
    ],
)
def test_a_name_that_the_paper_writes_in_another_form_is_no_problem(claim: str, sentence: str) -> None:
    assert told(claim, sentence) == ()


@pytest.mark.parametrize(
    ("claim", "sentence", "name"),
    [
        ("GPT-5 wins.", "GPT-4 wins.", "GPT-5"),
        ("DeepSeek-Prover wins.", "DeepSeek-Prover-V2 wins.", "DeepSeek-Prover"),
        ("Goedel-Prover wins.", "Prover-V2 and Goedel-Prover-SFT win.", "Goedel-Prover"),
        ("It wins on SAFE.", "It wins and is safe.", "SAFE"),
        ("It uses PyTorch.", "It uses a library.", "PyTorch"),
        ("It reaches Pass@64.", "It reaches Pass@32.", "Pass@64"),
    ],
)
def test_a_name_that_no_cited_paper_has_is_flagged(claim: str, sentence: str, name: str) -> None:
    assert told(claim, sentence) == (f"the name {name} stands in no cited paper",)


def test_a_name_may_stand_in_the_title_or_elsewhere_in_the_abstract() -> None:
    assert told("AlphaProof beats GPT-4.", "It wins.", title="AlphaProof", abstract="It wins. GPT-4 loses.") == ()


def test_a_quotation_stands_in_a_cited_sentence_up_to_case_and_blanks() -> None:
    sentence = "We show that  all models share one space, says nobody else."

    assert told("They find “All models share one space”.", sentence) == ()
    assert told('They find "all models … one space".', sentence) == ()
    assert told("They call it “one space”.", "Nothing.") == ()
    assert told("They find “no models share one space”.", sentence) == (
        "the quotation “no models share one space” stands in no cited sentence",
    )


@pytest.mark.parametrize("address", ["https://example.org/code/12", "10.1000/xyz.12", "arXiv:2401.12345"])
def test_an_address_stands_in_the_cited_paper_or_is_flagged(address: str) -> None:
    assert told(f"The code is at {address}.", "Code is there.", abstract=f"Code is there. See {address}.") == ()
    assert told(f"The code is at {address}.", "Code is there.") == (f"the address {address} stands in no cited paper",)


def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]


def problems_of(case: dict[str, Any]) -> tuple[str, ...]:
    return problems(case["claim"], [Cited(**one) for one in case["cited"]])


@pytest.mark.parametrize("case", [case for case in cases() if case["kind"] in CHECKED and not case["supported"]])
def test_what_was_changed_by_hand_in_a_claim_about_the_seeds_is_named(case: dict[str, Any]) -> None:
    assert any(f"{case['kind']} " in problem for problem in problems_of(case))


@pytest.mark.parametrize("case", [case for case in cases() if case["supported"]])
def test_an_honest_paraphrase_of_the_seeds_raises_no_problem(case: dict[str, Any]) -> None:
    assert problems_of(case) == ()


def test_a_paraphrase_scores_higher_than_a_claim_about_something_else() -> None:
    cited = [Cited(**one) for one in cases()[0]["cited"]]
    paraphrase, other = rate_all([(cases()[0]["claim"], cited), ("Enzymes break down plastic.", cited)], embed)

    assert paraphrase.score > other.score
    assert paraphrase.supported
    assert not other.supported


def test_a_claim_with_a_problem_is_not_supported_however_well_it_scores() -> None:
    sentence = "GPT-4 solves 57.6% of the problems of the benchmark."
    rating = rate("GPT-4 solves 57.6% of the problems of the benchmark ToolX.", [Cited(sentence, "", sentence)], embed)

    assert rating.score >= fitted_model().threshold
    assert rating.problems == ("the name ToolX stands in no cited paper",)
    assert not rating.supported


def test_many_claims_are_rated_in_order_by_one_call_that_embeds_no_text_twice() -> None:
    calls: list[list[str]] = []

    def counted(texts: list[str]) -> Vector:
        calls.append(texts)
        return embed(texts)

    claims = [(case["claim"], [Cited(**one) for one in case["cited"]]) for case in cases()[:6]]
    together = rate_all(claims, counted)

    assert len(calls) == 1
    assert len(calls[0]) == len(set(calls[0]))
    alone = [rate(claim, cited, embed) for claim, cited in claims]
    assert [one.problems for one in together] == [one.problems for one in alone]
    assert [one.score for one in together] == pytest.approx([one.score for one in alone], abs=0.02)


def test_nothing_is_embedded_for_no_claims_and_a_claim_without_sentences_is_refused() -> None:
    assert rate_all([], embed) == []
    with pytest.raises(ValueError, match="cites nothing"):
        rate("A claim.", [], embed)


def test_the_model_weighs_exactly_the_signals_and_says_how_it_was_fitted() -> None:
    content = json.loads(files("agent").joinpath("support.json").read_text(encoding="utf-8"))
    sentence = "A sentence."

    (found,) = signals_of_all([("A claim.", [Cited(sentence, "", sentence)])], embed)

    assert set(found) == set(content["support"]["weights"])
    assert all(math.isfinite(weight) for weight in content["support"]["weights"].values())
    assert 0 < content["threshold"] < 1
    assert content["provenance"]["made_by"].startswith("python -m evals.fit_support")
    assert set(content["provenance"]["data_sha256"]) == {"corpus.jsonl", "claims_train.jsonl"}


def flat(texts: list[str]) -> Vector:
    """One direction for every text: what is tested with it does not depend on meaning."""
    return np.ones((len(texts), 1), dtype=np.float32)


@settings(max_examples=300)
@given(
    st.text(max_size=60) | st.from_regex(r"[0-9.,%^xe $\\{}()@-]{1,30}"),
    st.text(max_size=60) | st.from_regex(r"[0-9.,%^xe $\\{}()@-]{1,30}"),
)
def test_any_text_is_rated(claim: str, sentence: str) -> None:
    rating = rate(claim, [Cited(sentence, sentence, sentence)], flat)

    assert isinstance(rating, Rating)
    assert 0 <= rating.score <= 1


@given(st.integers(13, 10**6), st.integers(13, 10**6))
def test_of_two_whole_numbers_only_the_same_one_stands(one: int, other: int) -> None:
    assert bool(told(f"It has {one} parts.", f"It has {other:,} parts.")) == (one != other)
