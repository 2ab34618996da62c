"""The signals of a sentence: what it adds to its title, where it stands, what it tells and what was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from agent.signals import sentence_signals
from store.lexical import QueryWord
from store.paper import Hit, Paper, Sentence
from store.scope import Scope
from store.search import SearchResult
from store.text import content_words, stem

TITLE = "Owl: Retrieval at Night"
ABSTRACT = (
    "Retrieval at night is hard. "
    "Sometimes lamps fail. "
    "In this paper we propose Owl, a retriever that combines lamps with echoes. "
    "It listens first. "
    "Our results show that Owl finds 12.5% more mice. "
    "Code: https://example.org/owl"
)
COUNT = 6


def signals(question: str, abstract: str = ABSTRACT, similarities: list[float] | None = None) -> list[dict[str, float]]:
    paper = Paper(key="owl", title=TITLE, abstract=abstract)
    hit = Hit(
        rank=1,
        paper=paper,
        score=0.5,
        lexical_rank=1,
        dense_rank=1,
        lexical_score=0.5,
        similarity=0.5,
        sentence=Sentence(1, 0, 1, abstract[:1]),
    )
    words = tuple(QueryWord(word, stem(word), 1.0) for word in content_words(question))
    result = SearchResult(question, Scope(), (hit,), words, {})
    values = similarities if similarities is not None else [0.0] * COUNT
    [found] = sentence_signals(result, np.array(values, dtype=np.float32))
    return found


def values(name: str, question: str) -> list[float]:
    return [one[name] for one in signals(question)]


def test_a_hit_without_an_abstract_has_no_sentences() -> None:
    assert signals("owls", "", []) == []


def test_words_of_the_question_that_the_title_holds_say_nothing_beyond_it() -> None:
    assert values("beyond_title", "retrieval mice") == [0, 0, 0, 0, 1, 0]
    assert values("beyond_title_gap", "retrieval mice") == [1, 1, 1, 1, 0, 1]


def test_a_question_that_the_title_holds_altogether_leaves_nothing() -> None:
    assert set(values("beyond_title", "retrieval at night")) == {0.0}


def test_the_share_of_sentences_that_hold_more_of_the_question() -> None:
    assert values("better_covering", "lamps echoes") == pytest.approx([2 / 5, 1 / 5, 0, 2 / 5, 2 / 5, 2 / 5])


def test_the_gap_is_to_the_most_similar_sentence() -> None:
    found = signals("mice", similarities=[0.1, 0.2, 0.3, 0.4, 0.5, 0.0])

    assert [one["similarity_gap"] for one in found] == pytest.approx([0.4, 0.3, 0.2, 0.1, 0.0, 0.5])


def test_what_stands_before_and_after_the_own_work() -> None:
    assert values("before_own_work", "mice") == [1, 1, 0, 0, 0, 0]
    assert values("first_made", "mice") == [0, 0, 1, 0, 0, 0]
    assert values("after_first_made", "mice") == [0, 0, 0, 1, 0, 0]


def test_an_abstract_that_never_speaks_of_itself_is_all_before_its_own_work() -> None:
    found = signals("mice", "Mice sleep. Owls wake.", [0.0, 0.0])

    assert [one["before_own_work"] for one in found] == [1, 1]
    assert [one["first_made"] for one in found] == [0, 0]


def test_what_a_sentence_tells() -> None:
    assert values("finds", "mice") == [0, 0, 0, 0, 1, 0]
    assert values("address", "mice") == [0, 0, 0, 0, 0, 1]
    assert values("has_amount", "mice") == [0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize("text", ["by 12%", r"by 12\%", "by 0.5", "by 3x", "three times"])
def test_an_amount(text: str) -> None:
    assert signals("mice", f"It grows {text} here.", [0.0])[0]["has_amount"]


@pytest.mark.parametrize("text", ["in 2024", "sometimes", "on 8 tasks", "with GPT-4"])
def test_no_amount(text: str) -> None:
    assert not signals("mice", f"It grows {text} here.", [0.0])[0]["has_amount"]


@pytest.mark.parametrize("question", ["How does Owl hunt?", "Which approaches hunt mice?", "how to hunt mice"])
def test_who_asks_for_a_way_is_told_one(question: str) -> None:
    assert values("way_told", question) == [0, 0, 1, 0, 0, 0]
    assert values("way_made", question) == [0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize("question", ["How many mice does Owl find?", "Does Owl find mice?", "mice at night"])
def test_who_asks_for_no_way_is_told_none(question: str) -> None:
    assert not any(values("way_told", question))
    assert not any(values("way_made", question))


def test_only_a_question_for_a_quantity_wants_one() -> None:
    assert values("gives_quantity", "How many more mice does Owl find?") == [0, 0, 0, 0, 1, 0]
    assert not any(values("gives_quantity", "Does Owl find mice?"))


@pytest.mark.parametrize("question", ["catching mice at night", "owls that hear, and lamps"])
def test_a_topic_wants_what_the_paper_brings(question: str) -> None:
    assert values("topic_first_own", question) == [0, 0, 1, 0, 0, 0]
    assert values("topic_first_made", question) == [0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize("question", ["catching mice: who does it?", "what catches mice", "Compare owls and lamps."])
def test_a_question_is_no_topic(question: str) -> None:
    assert not any(values("topic_first_own", question))
    assert not any(values("topic_first_made", question))
