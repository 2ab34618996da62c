"""Whatever an endpoint does wrong: a bounded number of tries, then one error that says what happened and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

import pytest

from agent.errors import ContextTooLong, ExitCode, ModelTimeout, ModelUnavailable, exit_code_for
from agent.llm.budget import Limits
from agent.llm.calls import TRIES
from tests.agent.llm.conftest import KEY, always, model_of, search
from tests.support.replies import (
    Break,
    Empty,
    Filtered,
    Garbage,
    Hangup,
    Refusal,
    Reply,
    Stall,
    Status,
    Text,
)

PROVIDER, TIMEOUT = ExitCode.PROVIDER, ExitCode.TIMEOUT
FREE_TIER_LIMIT = (
    "Rate limit reached for gpt-4o-mini on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in "
    "20s. You can increase your rate limit by adding a payment method at https://platform.openai.com/account/billing."
)


class Case(NamedTuple):
    """A reply that is always the same, and what must become of a call."""

    reply: Reply
    kind: str
    requests: int
    error: type[ModelUnavailable] = ModelUnavailable
    code: ExitCode = PROVIDER


def too_long(message: str, status: int = 400) -> Case:
    return Case(Status(status, message), "context", 1, ContextTooLong)


CASES = {
    "401": Case(Status(401, f"Incorrect API key provided: {KEY}."), "key", 1),
    "403": Case(Status(403, f"{KEY} may not\nuse this model"), "forbidden", 1),
    "404": Case(Status(404, "The model `scripted` does not exist"), "model", 1),
    "400": Case(Status(400, f"temperature of {KEY} is out of range"), "request", 1),
    "418": Case(Status(418), "request", 1),
    "400, no word on why": Case(Status(400), "request", 1),
    "a long prompt at OpenAI": too_long("This model's maximum context length is 4096 tokens. Your messages have 9000."),
    "a long prompt at llama.cpp": too_long("the request exceeds the available context size (4096 tokens)"),
    "a long prompt at LM Studio": too_long("the model is loaded with context length of only 4096 tokens"),
    "a long prompt at a gateway": too_long("prompt is too long: 210000 tokens > 200000 maximum"),
    "a long prompt, said by code alone": Case(
        Status(400, "no", code="context_length_exceeded"), "context", 1, ContextTooLong
    ),
    "a long prompt as 413": too_long("input exceeds the model's context window", 413),
    "429": Case(Status(429), "rate", TRIES),
    "429 with a wait": Case(Status(429, headers={"Retry-After": "0.01"}), "rate", TRIES),
    "429 with a wait that cannot be read": Case(Status(429, headers={"Retry-After": "soon"}), "rate", TRIES),
    "429 with too long a wait": Case(Status(429, headers={"Retry-After": "300"}), "rate", 1),
    "429 without credit": Case(Status(429, "You exceeded your current quota", code="insufficient_quota"), "quota", 1),
    "500": Case(Status(500, f"worker died with {KEY}"), "server", TRIES),
    "503": Case(Status(503), "server", TRIES),
    "503 with too long a wait": Case(Status(503, headers={"Retry-After": "3600"}), "server", 1),
    "529": Case(Status(529, "overloaded"), "server", TRIES),
    "408": Case(Status(408), "server", TRIES),
    "a hang-up": Case(Hangup(), "broken", TRIES),
    "a stream that breaks": Case(Break("The prover wor"), "broken", TRIES),
    "a frame that is no JSON": Case(Garbage(b'data: {"choices": 3\n\n', "text/event-stream"), "malformed", TRIES),
    "a frame that is no object": Case(Garbage(b"data: [1, 2]\n\n", "text/event-stream"), "malformed", TRIES),
    "frames without choices": Case(Garbage(b'data: {"choices": 3}\n\n', "text/event-stream"), "malformed", TRIES),
    "bytes that are no text": Case(Garbage(bytes(range(256)), "application/octet-stream"), "malformed", TRIES),
    "an empty reply": Case(Empty(), "empty", TRIES),
    "blanks alone": Case(Text(" \n "), "empty", TRIES),
    "a refusal": Case(Refusal(f"I can not\nspeak of {KEY}."), "refusal", 1),
    "a filtered reply": Case(Filtered(), "refusal", 1),
    "an endpoint without a word": Case(Stall(""), "silent", TRIES, ModelTimeout, TIMEOUT),
    "no headers at all": Case(Text("late", delay=60.0), "silent", TRIES, ModelTimeout, TIMEOUT),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_fault_that_stays_ends_after_a_bounded_number_of_tries_with_one_error_that_helps(case: Case) -> None:
    with model_of(always(case.reply), stall_seconds=1.0 if case.kind == "silent" else 10.0) as model:
        error = model.failure()
        assert model.server.wait_for_requests(case.requests)
    assert isinstance(error, ModelUnavailable)
    assert (type(error), error.kind, exit_code_for(error)) == (case.error, case.kind, case.code)
    assert model.requests == case.requests == error.tries
    assert len(error.message.splitlines()) == 1
    assert error.hint
    assert KEY not in error.message + error.hint
    assert len(model.notices) == case.requests - 1
    assert all(KEY not in notice.text and "\n" not in notice.text for notice in model.notices)
    assert model.failures == [case.kind] * case.requests
    assert model.budget.spent.calls == case.requests


WRONG_PAGES = {
    "an HTML page": Garbage(b"<html><body>404</body></html>"),
    "half a JSON object": Garbage(b'{"choices": [{"mess', "application/json"),
    "a JSON object that is no completion": Garbage(b'{"status": "ok"}', "application/json"),
    "a JSON list": Garbage(b"[]", "application/json"),
    "nothing": Garbage(b"", "application/json"),
}


@pytest.mark.parametrize("page", WRONG_PAGES.values(), ids=WRONG_PAGES.keys())
def test_a_page_that_is_no_completion_is_asked_for_as_a_stream_once_and_whole_a_bounded_number_of_times(
    page: Garbage,
) -> None:
    with model_of(always(page)) as model:
        error = model.failure()
    assert isinstance(error, ModelUnavailable)
    assert (error.kind, exit_code_for(error)) == ("malformed", PROVIDER)
    assert model.requests <= TRIES + 1
    assert [bool(request.body.get("stream")) for request in model.server.requests] == [True] + [False] * TRIES
    assert len(error.message.splitlines()) == 1
    assert "/v1" in error.hint
    assert model.chat.streams, "it was not for lack of streaming"


def test_a_fault_that_passes_is_told_and_the_answer_comes_with_the_next_try() -> None:
    with model_of([Status(500), Status(503), Text("Goedel-Prover.")]) as model:
        assert model.ask() == "Goedel-Prover."
    assert model.requests == 3
    assert [notice.text for notice in model.notices] == [
        "127.0.0.1 failed (500); trying again (2 of 3)",
        "127.0.0.1 failed (503); trying again (3 of 3)",
    ]
    assert model.failures == ["server", "server", ""]
    assert model.shown[-1] == "Goedel-Prover."


def test_the_date_of_retry_after_is_understood() -> None:
    past, far = (format_datetime(datetime.now(UTC) + timedelta(seconds=gap), usegmt=True) for gap in (-60, 3600))
    with model_of([Status(429, headers={"Retry-After": past}), Text("Yes.")]) as model:
        assert model.ask() == "Yes."
    with model_of(always(Status(429, headers={"Retry-After": far}))) as model:
        assert isinstance(model.failure(), ModelUnavailable)
    assert model.requests == 1


def test_a_wait_that_is_longer_than_the_time_that_is_left_is_not_begun() -> None:
    with model_of(always(Status(429, headers={"Retry-After": "20"})), limits=Limits(seconds=10)) as model:
        error = model.failure()
    assert isinstance(error, ModelUnavailable)
    assert error.kind == "rate"
    assert model.requests == 1
    assert not model.notices


def test_a_long_wait_says_how_long_it_is() -> None:
    with model_of([Status(429, headers={"Retry-After": "1"}), Text("Yes.")]) as model:
        model.ask()
    assert "trying again in 1 s (2 of 3)" in model.notices[0].text


def test_text_before_a_stall_is_taken_back_and_asked_for_again() -> None:
    with model_of([Stall("The prover wor"), Text("The prover works.")], stall_seconds=3.0) as model:
        assert model.ask() == "The prover works."
    assert model.failures == ["silent", ""]
    assert model.shown.count("") == 1
    before, after = model.shown[: model.shown.index("")], model.shown[model.shown.index("") + 1 :]
    assert before[-1] == "The prover wor"
    assert after[-1] == "The prover works."


def test_text_before_a_break_is_taken_back_and_asked_for_again() -> None:
    with model_of([Break("The prover wor"), Text("The prover works.")]) as model:
        assert model.ask() == "The prover works."
    assert model.requests == 2
    assert model.shown.count("") == 1
    assert model.shown[model.shown.index("") - 1] == "The prover wor"
    assert model.shown[-1] == "The prover works."


def test_a_reply_that_ends_without_saying_why_is_asked_for_again() -> None:
    with model_of([Break("The prover wor", clean=True), Text("The prover works.")]) as model:
        assert model.ask() == "The prover works."
    assert model.failures == ["broken", ""]
    assert "ended in the middle" in model.notices[0].text


def test_an_endpoint_that_never_says_why_a_reply_ends_is_believed_the_second_time() -> None:
    with model_of(always(Break("The prover works.", clean=True))) as model:
        assert model.ask() == "The prover works."
        assert model.ask() == "The prover works."
    assert model.requests == 3


def test_an_endpoint_that_does_say_why_its_replies_end_is_not_believed_later_when_it_does_not() -> None:
    broken = Break("The prover wor", clean=True)
    with model_of([broken, Text("The prover works."), broken, Text("The prover works.")]) as model:
        model.ask()
        assert model.ask() == "The prover works."


def test_a_rate_limit_that_names_the_billing_page_is_still_a_rate_limit() -> None:
    with model_of([Status(429, FREE_TIER_LIMIT), Text("Yes.")]) as model:
        assert model.ask() == "Yes."


def test_an_account_without_credit_is_called_so_also_where_the_endpoint_says_402() -> None:
    with model_of(always(Status(402, "Insufficient Balance"))) as model:
        error = model.failure()
    assert isinstance(error, ModelUnavailable)
    assert error.kind == "quota"
    assert model.requests == 1


@pytest.mark.parametrize("reply", [Status(500), Status(429), Hangup(), Empty()])
def test_tools_change_nothing_about_the_number_of_tries(reply: Reply) -> None:
    with model_of(always(reply)) as model:
        model.failure(tools=[search])
    assert model.requests == TRIES


@pytest.mark.parametrize("streaming", [True, False])
def test_a_refusal_is_told_in_the_models_own_words(streaming: bool) -> None:
    with model_of(always(Refusal("I can not help with that."))) as model:
        model.chat.streams = streaming
        error = model.failure()
    assert "I can not help with that." in error.message
    assert model.requests == 1
    assert model.shown in ([], [""])


def test_text_that_came_before_a_filter_is_kept() -> None:
    with model_of([Text("The prover", finish="content_filter")]) as model:
        assert model.ask() == "The prover"


def test_a_reply_that_a_filter_ended_in_the_middle_is_known_to_be_cut_off() -> None:
    with model_of([Text("The prover", finish="content_filter")]) as model:
        model.ask()
    assert model.was_cut_off


def test_a_reply_that_ended_at_the_models_own_limit_is_known_to_be_cut_off() -> None:
    with model_of([Text("The prover", finish="length"), Text("The prover works.")]) as model:
        assert model.ask() == "The prover"
        assert model.was_cut_off
        model.ask()
        assert not model.was_cut_off
