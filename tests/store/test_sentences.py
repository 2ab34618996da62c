"""Sentences: offsets into the abstract, nothing lost, nothing cut in two."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.library import Library
from store.sentences import split
from store.text import clean

ODD_TEXT = st.text() | st.text(alphabet="aB.!?() \n\"'[]1$e,:;-…。é\u0301😀")
ORDINARY_WORD = re.compile(r"[a-z]{2,}[\s,.;:]")


def sentences(text: str) -> list[str]:
    return [sentence.text for sentence in split(text)]


def assert_covered(text: str) -> None:
    """Every character of `text` is in exactly one sentence, or is a blank between two."""
    position = 0
    for number, sentence in enumerate(split(text), 1):
        assert sentence.index == number
        assert sentence.start >= position
        assert sentence.text == text[sentence.start : sentence.end] == sentence.text.strip() != ""
        assert not text[position : sentence.start].strip()
        position = sentence.end
    assert not text[position:].strip()


@given(ODD_TEXT)
def test_no_character_is_lost_or_quoted_twice(text: str) -> None:
    assert_covered(text)


@given(ODD_TEXT.map(clean))
def test_no_character_of_a_stored_text_is_lost_or_quoted_twice(text: str) -> None:
    assert_covered(text)


def test_no_character_of_the_seeds_is_lost_or_quoted_twice(seed_library: Library) -> None:
    for paper in seed_library.papers():
        for text in (paper.abstract, *paper.variants):
            assert_covered(text)


@pytest.mark.parametrize(
    "text",
    [
        "We use methods, e.g., PPO, or others, e.g. GRPO with a critic.",
        "The policy, i.e., the model, is frozen, i.e. it does not learn.",
        "As Lin et al. show, and Tang et al. (2024) confirm, it works.",
        "This was seen by Lin et al. 2025 and Jin et al., 2024.",
        "The curves in Fig. 3 and Figs. 4 and 5 follow Eq. (2) of Sec. 4.",
        "We compare A vs. B and cats vs. Dogs on ten tasks.",
        "It reaches 57.6% with a rate of 0.001 on v2.1 of the data.",
        "All is at https://github.com/a/b.c and at example.org/x.html for now.",
        "It is at https: //github.com/a/b.git for everyone.",
        "Let $x = 1. y$ and $f(x) = a.b. c$ be given.",
        "The samples are drawn i.\\,i.\\,d. from a law that is unknown.",
        "The samples are i.i.d. and independent of the noise.",
        "The work of J. D. Lee and M. I. Jordan is the base.",
        "We ask, cf. Lin, for approx. 3 times less w.r.t. cost.",
        "It takes tasks (planning, math, etc.), tools, etc. and more.",
        "We wait... and then we go on.",
        "Our set is {1, 2, ...} and nothing else.",
        "We propose: 1) a model; 2) a metric; and iii) a task.",
        "Both components 1) and 2) are unnecessary.",
        'Stories (e.g., "The can has mold. Mary picks it up.") are told.',
    ],
)
def test_one_sentence_stays_one(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "It works well.|We release it.",
        "Does it work?|It does!|We release it.",
        "It reaches 57.6%.|That is new.",
        "This follows Lin et al.|We then go on.",
        "It uses tools, search, etc.|The model wins.",
        "It is at https://github.com/a/bcd.|We release data.",
        "It is at https://github.com/a/b.c.|We release data.",
        "It holds for $x=1.5$.|Then $y$ follows.",
        "We wait...|Then we go on.",
        "The samples are i.\\,i.\\,d. and few.|We show a bound.",
        'He said "no."|Then he left.',
        "It does so in Fig. 1.|Then it stops.",
        "Costs are $5.|Gains are $10.|We are glad.",
        "We do the following.|(1) We ask.|(2) We answer.|(3) We check.",
        "It is fast.|2) It is small.",
        "We show it.|3D models gain most.",
        "We show it.|iPhone users gain most.",
        pytest.param(
            "It takes <5 seconds.|We win at last.|It takes >3 hours.",
        ),
        pytest.param(
            "The bound does not depend on k.|We prove it.",
        ),
        pytest.param(
            "Extrapolation predicts the effect of A on Z.|Based on this, we propose a method.",
        ),
        pytest.param(
            "We train the latent space of Shap-E.|We find that it works.",
        ),
        pytest.param(
            "These are gains that others miss.|Overall, it wins.",
        ),
        pytest.param(
            "(The code is free.)|Then we go on.",
        ),
    ],
)
def test_each_sentence_stands_alone(text: str) -> None:
    assert sentences(text.replace("|", " ")) == text.split("|")


@pytest.mark.parametrize(
    "text",
    ["We judge rationales.|Some are wrong.", "This is our approach.|BRAIn is better.", "It gains 5x.|We do more."],
)
def test_a_lost_blank_after_a_full_stop_parts_sentences(text: str) -> None:
    assert sentences(text.replace("|", "")) == text.split("|")


def test_a_citation_in_square_brackets_ends_no_sentence() -> None:
    text = "A notable exception is Raman et al. [2024], who offer an approach."

    assert sentences(text) == [text]


def test_no_seed_sentence_begins_with_a_fragment(seed_library: Library) -> None:
    fragments = [
        (paper.key, sentence.text[:60])
        for paper in seed_library.papers()
        for sentence in split(paper.abstract)
        if ORDINARY_WORD.match(sentence.text)
    ]

    assert fragments == []


def test_no_seed_sentence_begins_with_a_mark_that_ends_or_parts(seed_library: Library) -> None:
    fragments = [
        (paper.key, sentence.text[:60])
        for paper in seed_library.papers()
        for sentence in split(paper.abstract)
        if sentence.text[0] in ",.;:!?)]}"
    ]

    assert fragments == []


def test_no_seed_sentence_ends_in_an_abbreviation_that_goes_on(seed_library: Library) -> None:
    cut = [
        (paper.key, sentence.text[-40:])
        for paper in seed_library.papers()
        for sentence in split(paper.abstract)
        if re.search(r"\b(?:e\.g|i\.e|vs|Fig|Sec|Eq|cf|w\.r\.t)\.$", sentence.text)
    ]

    assert cut == []


def test_no_seed_sentence_is_two(seed_library: Library) -> None:
    opener = re.compile(r"[a-z\dA-Z]\. (?:We|Our|The|Based|Overall|Furthermore|Here|Direct) ?\b")

    joined = [
        (paper.key, sentence.text[match.start() - 20 : match.end()])
        for paper in seed_library.papers()
        for sentence in split(paper.abstract)
        if (match := opener.search(sentence.text)) and '"' not in sentence.text
    ]

    assert joined == []


def test_the_shortest_seed_sentence_is_a_sentence(seed_library: Library) -> None:
    shortest = min((sentence.text for paper in seed_library.papers() for sentence in split(paper.abstract)), key=len)

    assert shortest == "We cannot know."


def test_no_seed_sentence_is_longer_than_the_longest_that_is_printed(seed_library: Library) -> None:
    longest = max((sentence.text for paper in seed_library.papers() for sentence in split(paper.abstract)), key=len)

    assert longest.startswith("This paper introduces DSP+, an improved version")
    assert longest.endswith("to establish proofs for the sketch subgoals.")


def test_nothing_has_no_sentences() -> None:
    assert split("") == ()
    assert split(" \n ") == ()
