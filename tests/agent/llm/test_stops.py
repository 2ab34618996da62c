"""The user stops: at once, with the text so far, and with nothing left running at the endpoint."""

from __future__ import annotations

import json

import pytest

from agent import events
from agent.llm import tokens
from agent.llm.budget import Limits
from agent.llm.calls import Cut
from tests.agent.llm.conftest import always, model_of
from tests.support.replies import Break, Stall, Status, Text

LONG = "The prover works on every theorem of the set. " * 400


def is_notice(said: events.Event | str) -> bool:
    return isinstance(said, events.Notice)


def test_a_stop_before_the_call_asks_nothing() -> None:
    with model_of(always(Text("Yes."))) as model:
        cut = model.cut(must_hang_up=False, stop_when=lambda said: isinstance(said, events.Asking))
    assert (cut.text, cut.reason) == ("", "stopped")
    assert model.requests == 0
    assert not model.shown


def test_a_stop_before_the_call_costs_nothing() -> None:
    with model_of(always(Text("Yes."))) as model:
        model.cut(must_hang_up=False, stop_when=lambda said: isinstance(said, events.Asking))
    assert model.budget.spent.calls == 0


@pytest.mark.parametrize("streaming", [True, False])
def test_a_stop_while_nothing_has_come_yet_hangs_up(streaming: bool) -> None:
    with model_of(always(Text("late", delay=60.0)), stall_seconds=60.0) as model:
        model.chat.streams = streaming
        cut = model.cut(at_request=1)
    assert (cut.text, cut.reason) == ("", "stopped")
    assert model.hung_up
    assert model.requests == 1
    assert model.failures == ["stopped"]


def test_a_stop_after_the_first_text_keeps_it_and_hangs_up() -> None:
    with model_of(always(Stall("The prover wor")), stall_seconds=60.0) as model:
        cut = model.cut(stop_when=lambda said: said == "The prover wor")
    assert (cut.text, cut.reason) == ("The prover wor", "stopped")
    assert model.hung_up
    assert model.requests == 1
    assert model.shown[-1] == "The prover wor", "what was shown is not taken back"


def test_a_stop_in_the_middle_of_a_long_stream_keeps_what_came_and_hangs_up() -> None:
    with model_of(always(Text(LONG, pause=0.005))) as model:
        cut = model.cut(stop_when=lambda said: isinstance(said, str) and len(said) > 100)
    assert len(cut.text) >= 100
    assert LONG.startswith(cut.text)
    assert len(cut.text) < len(LONG)
    assert cut.text.startswith(model.shown[-1])
    assert model.hung_up
    assert model.budget.spent.is_estimate
    assert model.budget.spent.completion_tokens == tokens.count(cut.text)


def test_a_stop_in_the_middle_of_reasoning_keeps_nothing_of_it() -> None:
    reasoning = "<think>hm, hm"
    with model_of(always(Stall(reasoning)), limits=Limits(seconds=3.0)) as model:
        cut = model.cut()
    assert (cut.text, cut.reason) == ("", "seconds")
    assert model.records[0]["completion"] == reasoning


@pytest.mark.parametrize("reply", [Status(429, headers={"Retry-After": "25"}), Break("The prover wor")])
def test_a_stop_between_two_tries_ends_the_wait(reply: Status | Break) -> None:
    with model_of(always(reply)) as model:
        model.chat.first_wait = 25.0
        cut = model.cut(must_hang_up=False, stop_when=is_notice)
    assert (cut.text, cut.reason) == ("", "stopped")
    assert model.requests == 1


def test_a_stop_while_text_streams_faster_than_it_is_read_is_still_a_stop() -> None:
    with model_of([Text("a " * 50)]) as model:
        cut = model.cut(must_hang_up=False, stop_when=lambda said: isinstance(said, str) and bool(said))
    assert len(cut.text) < 100


def test_what_was_stopped_is_in_the_transcript_with_its_text() -> None:
    with model_of(always(Stall("The prover wor")), stall_seconds=60.0) as model:
        model.cut(stop_when=lambda said: said == "The prover wor")
    record = json.loads(json.dumps(model.records))[0]
    assert (record["completion"], record["failed"]) == ("The prover wor", "stopped")


def test_a_cut_says_why() -> None:
    assert str(Cut("text", "seconds")) == "seconds"
