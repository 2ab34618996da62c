"""A model's reasoning is never shown: not at the end, and not for a moment while it streams."""

from __future__ import annotations

import pytest

from agent.llm.calls import TRIES
from agent.llm.reasoning import sayable, without_reasoning
from tests.agent.llm.conftest import always, model_of
from tests.support.replies import Text

ANSWER = "Goedel-Prover proves 57.6% where p < 0.05 [1.2]."
SECRET = "SECRET thoughts about a < b and </b>"


@pytest.mark.parametrize("tag", ["think", "thinking", "thought", "reasoning", "THINK", "Think"])
def test_reasoning_in_tags_is_taken_out(tag: str) -> None:
    assert without_reasoning(f"<{tag}>{SECRET}</{tag}>\n\n{ANSWER}") == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        f"<think></think>{ANSWER}",
        f"\n <think>\n{SECRET}\n</think>\n{ANSWER}",
        f"<think>{SECRET}</think><think>{SECRET}</think>{ANSWER}",
        f"<think>a<think>{SECRET}</think>{SECRET}</think>{ANSWER}",
        f"<think>{SECRET}</thinking>{ANSWER}",
    ],
    ids=["empty", "lines around it", "twice", "nested", "closed by another tag"],
)
def test_reasoning_is_taken_out_however_it_is_written(text: str) -> None:
    assert without_reasoning(text) == ANSWER


def test_what_stands_before_a_lone_closing_tag_is_reasoning() -> None:
    assert without_reasoning(f"{SECRET}</think>\n{ANSWER}") == ANSWER


def test_reasoning_that_is_never_closed_leaves_nothing() -> None:
    assert without_reasoning(f"<think>{SECRET} {ANSWER}") == ""


@pytest.mark.parametrize("text", [ANSWER, "a <b and c> d", "<thin", "x </", "<thinker> is a name", ""])
def test_text_without_reasoning_stays_as_it_is(text: str) -> None:
    assert without_reasoning(text) == text


@pytest.mark.parametrize("tag", ["think", "thinking", "thought", "reasoning"])
def test_no_moment_of_a_stream_shows_reasoning_or_half_a_tag_and_nothing_is_taken_back(tag: str) -> None:
    text = f"<{tag}>{SECRET}</{tag}>\n{ANSWER}"
    before = ""
    for end in range(len(text) + 1):
        shown = sayable(text[:end])
        assert ANSWER.startswith(shown)
        assert shown.startswith(before)
        before = shown
    assert before == ANSWER


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 500])
def test_reasoning_that_streams_in_pieces_is_never_shown(piece: int) -> None:
    with model_of([Text(f"<think>{SECRET}</think>\n{ANSWER}", piece=piece)]) as model:
        assert model.ask() == ANSWER
    assert model.shown[-1] == ANSWER
    assert all(text and ANSWER.startswith(text) for text in model.shown)


def test_reasoning_in_a_field_of_its_own_is_never_shown() -> None:
    with model_of([Text(ANSWER, reasoning=SECRET)]) as model:
        assert model.ask() == ANSWER
    assert all(ANSWER.startswith(text) for text in model.shown)


def test_reasoning_that_comes_whole_is_never_shown() -> None:
    with model_of([Text(f"<think>{SECRET}</think>\n{ANSWER}")]) as model:
        model.chat.streams = False
        assert model.ask() == ANSWER
    assert model.shown == [ANSWER]


def test_before_a_lone_closing_tag_the_text_is_replaced_by_what_follows_it() -> None:
    with model_of([Text(f"Hm.</think>{ANSWER}")]) as model:
        assert model.ask() == ANSWER
    assert model.shown[-1] == ANSWER


def test_reasoning_without_an_answer_is_an_empty_reply() -> None:
    with model_of(always(Text(f"<think>{SECRET}"))) as model:
        model.failure()
    assert model.failures == ["empty"] * TRIES
    assert not any(model.shown)


def test_the_transcript_keeps_the_reasoning() -> None:
    raw = f"<think>{SECRET}</think>\n{ANSWER}"
    with model_of([Text(raw)]) as model:
        model.ask()
    assert model.records[0]["completion"] == raw


@pytest.mark.parametrize(
    "text",
    [
        "DeepSeek-R1 puts its reasoning between <think> and </think> tags [1.2].",
        "Each trace starts with <think> [1.2]. The answer follows it [1.3].",
    ],
)
def test_an_answer_may_speak_of_the_tags(text: str) -> None:
    assert without_reasoning(text) == text
