"""No call is begun, and no stream is read on, beyond a limit of calls, tokens, seconds or money."""

from __future__ import annotations

import pytest

from agent import events
from agent.answer import Usage
from agent.errors import BudgetExceeded, CiteloomError, ExitCode, exit_code_for
from agent.llm import tokens
from agent.llm.budget import Budget, Entry, Limits
from agent.llm.prices import Price
from tests.agent.llm.conftest import Model, always, model_of
from tests.support import replies
from tests.support.replies import Stall, Status, Text

A_DOLLAR_A_TOKEN = Price(1_000_000.0, 1_000_000.0)
LONG = "The prover works on every theorem of the set. " * 400


def refused(model: Model, limit: str) -> BudgetExceeded:
    error = model.failure()
    assert isinstance(error, BudgetExceeded)
    assert error.limit == limit
    assert exit_code_for(error) == ExitCode.TIMEOUT
    assert f"limits.{limit}" in error.hint
    assert len(error.message.splitlines()) == 1
    return error


def test_the_call_after_the_last_is_not_made() -> None:
    with model_of(always(Text("Yes.")), limits=Limits(calls=2)) as model:
        model.ask()
        model.ask()
        refused(model, "calls")
    assert model.requests == 2
    assert len(model.budget.ledger) == 2


def test_failed_tries_count_as_calls() -> None:
    with model_of(always(Status(500)), limits=Limits(calls=2)) as model:
        error = model.failure()
    assert isinstance(error, CiteloomError)
    assert model.requests == 2


def test_where_a_limit_ends_the_tries_no_other_is_promised_and_the_fault_is_told() -> None:
    with model_of(always(Status(500)), limits=Limits(calls=2)) as model:
        error = model.failure()
    assert len(model.notices) == 1
    assert "(500)" in error.message


def test_a_prompt_that_is_longer_than_the_limit_is_not_sent() -> None:
    with model_of(always(Text("Yes.")), limits=Limits(tokens=10)) as model:
        assert "10 tokens" in refused(model, "tokens").message
    assert model.requests == 0
    assert not model.budget.ledger
    assert not model.told


def test_the_tokens_of_earlier_calls_count() -> None:
    spent = replies.Usage(400, 90)
    with model_of(always(Text("Yes.", usage=spent)), limits=Limits(tokens=500)) as model:
        model.ask()
        refused(model, "tokens")
    assert model.requests == 1


def test_a_reply_that_grows_over_the_limit_is_cut_there_and_hung_up_on() -> None:
    with model_of(always(Text(LONG, pause=0.002)), limits=Limits(tokens=80)) as model:
        cut = model.cut()
    assert cut.reason == "tokens"
    assert LONG.startswith(cut.text)
    prompt = next(event.prompt_tokens for event in model.told if isinstance(event, events.Asking))
    assert 80 < prompt + tokens.count(cut.text) <= 84
    assert model.hung_up
    assert model.requests == 1
    assert model.failures == ["tokens"]
    assert model.budget.spent.is_estimate


def test_where_no_time_is_left_nothing_is_asked() -> None:
    with model_of(always(Text("Yes.")), limits=Limits(seconds=0.0)) as model:
        refused(model, "seconds")
    assert model.requests == 0


@pytest.mark.parametrize("streaming", [True, False])
def test_a_reply_that_takes_too_long_is_cut_with_the_text_that_came(streaming: bool) -> None:
    with model_of(always(Stall("The prover wor")), limits=Limits(seconds=60.0 if streaming else 3.0)) as model:

        def no_time_is_left(said: events.Event | str) -> bool:
            if said == "The prover wor":
                model.budget.began -= 60.0
            return False

        model.chat.streams = streaming
        cut = model.cut(stop_when=no_time_is_left)
    assert (cut.text, cut.reason) == ("The prover wor" if streaming else "", "seconds")
    assert model.hung_up
    assert model.requests == 1


def test_a_prompt_that_costs_more_than_may_be_spent_is_not_sent() -> None:
    with model_of(always(Text("Yes.")), limits=Limits(cost_usd=5.0), price=A_DOLLAR_A_TOKEN) as model:
        assert "$5" in refused(model, "cost_usd").message
    assert model.requests == 0


def test_what_earlier_calls_cost_counts() -> None:
    reply = Text("Yes.", usage=replies.Usage(50, 40))
    with model_of(always(reply), limits=Limits(cost_usd=100.0), price=A_DOLLAR_A_TOKEN) as model:
        model.ask()
        refused(model, "cost_usd")
    assert model.requests == 1
    assert model.budget.spent.cost_usd == 90.0


@pytest.mark.parametrize("limit", [0.0, 1.0])
def test_without_a_price_or_without_a_limit_money_stops_nothing(limit: float) -> None:
    price = None if limit else A_DOLLAR_A_TOKEN
    with model_of(always(Text("Yes.")), limits=Limits(cost_usd=limit), price=price) as model:
        assert model.ask() == "Yes."


def test_what_is_left_is_never_under_zero() -> None:
    budget = Budget(Limits(calls=1, tokens=10, seconds=0.0))
    budget.ledger += [Entry("a", Usage(2, 10, 10), 0.1), Entry("b", Usage(1, 1, 1), 0.1, "server")]
    assert (budget.calls_left, budget.tokens_left, budget.seconds_left) == (0, 0, 0.0)
    assert budget.spent == Usage(3, 11, 11)
