"""A call that goes well: what is sent, shown, counted and kept, and that it goes to the endpoint alone."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest

import prompts
from agent import events
from agent.errors import ModelUnavailable, SettingsError
from agent.llm import tokens
from agent.llm.budget import Budget, Limits
from agent.llm.calls import Calls, Chat
from agent.llm.models import ModelChoice
from agent.llm.prices import Price
from agent.watching import Watcher
from tests.agent.llm.conftest import QUESTION, RULES, always, model_of, search
from tests.conftest import REPOSITORY
from tests.support.replies import Break, Call, Status, Text, Usage
from tests.support.replies import Calls as ToolCalls
from tests.support.server import ScriptedServer

ANSWER = "Goedel-Prover proves 57.6% of miniF2F [1.2]."
PRICE = Price(2.0, 8.0)


def test_a_call_is_one_request_with_the_model_the_messages_and_the_wish_to_stream() -> None:
    with model_of([Text(ANSWER)]) as model:
        assert model.ask() == ANSWER
    (request,) = model.server.requests
    assert request.body["model"] == "scripted"
    assert [(one["role"], one["content"]) for one in request.body["messages"]] == [
        ("system", RULES),
        ("user", QUESTION),
    ]
    assert request.body["stream"] is True
    assert "tools" not in request.body
    assert not model.server.other_requests
    assert not model.notices


@pytest.mark.parametrize("piece", [1, 7, 500])
def test_the_text_grows_from_moment_to_moment_until_it_is_the_reply(piece: int) -> None:
    with model_of([Text(ANSWER, piece=piece)]) as model:
        model.ask()
    assert model.shown == [ANSWER[:end] for end in range(piece, len(ANSWER), piece)] + [ANSWER]


def test_without_streaming_the_text_comes_once() -> None:
    with model_of([Text(ANSWER)]) as model:
        model.chat.streams = False
        assert model.ask() == ANSWER
    assert model.shown == [ANSWER]
    assert "stream" not in model.server.requests[0].body or not model.server.requests[0].body["stream"]


def test_text_is_handed_on_byte_for_byte() -> None:
    text = "Ünïcödé “quotes” 🙂 𝒳 \u202eevil <|endoftext|> \x1b[31m `[1.2]`\n\n| a | b |\n"
    with model_of([Text(text, piece=1)]) as model:
        assert model.ask() == text
    assert model.shown[-1] == text


# The ledger


def test_the_providers_own_figures_win() -> None:
    with model_of([Text(ANSWER, usage=Usage(1234, 56, cached=1000))], price=PRICE) as model:
        model.ask()
    spent = model.budget.spent
    assert (spent.calls, spent.prompt_tokens, spent.completion_tokens, spent.is_estimate) == (1, 1234, 56, False)
    assert spent.cost_usd == pytest.approx((1234 * 2 + 56 * 8) / 1_000_000)


@pytest.mark.parametrize("streaming", [True, False])
def test_without_the_providers_figures_tokens_are_counted_and_called_an_estimate(streaming: bool) -> None:
    with model_of([Text(ANSWER, usage=None)], price=PRICE) as model:
        model.chat.streams = streaming
        model.ask()
    counted = tokens.count_messages([RULES, QUESTION])
    spent = model.budget.spent
    assert (spent.prompt_tokens, spent.completion_tokens) == (counted, tokens.count(ANSWER))
    assert spent.is_estimate
    assert spent.cost_usd == pytest.approx(PRICE.of(counted, tokens.count(ANSWER)))


def test_counted_tokens_are_called_an_estimate_also_where_the_provider_says_zero() -> None:
    with model_of([Text(ANSWER, usage=Usage(0, 0))]) as model:
        model.ask()
    assert model.budget.spent.prompt_tokens > 0
    assert model.budget.spent.is_estimate


def test_the_arguments_of_a_tool_call_are_counted() -> None:
    call = Call("search", {"query": "formal theorem provers " * 20})
    with model_of([ToolCalls([call], usage=None)]) as model:
        model.ask(tools=[search])
    assert model.budget.spent.completion_tokens >= tokens.count(call.written)


def test_a_broken_try_is_counted_with_what_came_of_it() -> None:
    with model_of([Break("The prover wor"), Text(ANSWER, usage=Usage(100, 10))]) as model:
        model.ask()
    broken, whole = model.budget.ledger
    assert (broken.failed, whole.failed) == ("broken", "")
    assert broken.usage.completion_tokens == tokens.count("The prover wor")
    assert broken.usage.is_estimate
    assert not whole.usage.is_estimate
    assert model.budget.spent.prompt_tokens == broken.usage.prompt_tokens + 100
    assert model.budget.spent.is_estimate, "a sum with an estimate in it is one"


def test_a_refused_try_costs_a_call_and_nothing_else() -> None:
    with model_of([Status(500), Text(ANSWER, usage=Usage(100, 10))], price=PRICE) as model:
        model.ask()
    spent = model.budget.spent
    assert (spent.calls, spent.prompt_tokens, spent.completion_tokens) == (2, 100, 10)
    assert spent.cost_usd == pytest.approx(PRICE.of(100, 10))


def test_without_a_price_the_cost_is_not_known_rather_than_nothing() -> None:
    with model_of([Text(ANSWER)]) as model:
        model.ask()
    assert model.budget.spent.cost_usd is None


def test_each_try_is_announced_with_its_counted_prompt_and_followed_by_what_was_spent() -> None:
    with model_of([Status(500), Text(ANSWER)]) as model:
        model.ask()
    kinds = [type(event).__name__ for event in model.told]
    assert kinds == ["Asking", "Spent", "Notice", "Asking", "Spent"]
    asking = model.told[0]
    assert asking == events.Asking("answer", tokens.count_messages([RULES, QUESTION]))
    assert model.told[-1] == events.Spent(model.budget.spent)


def test_tools_are_counted_into_the_prompt() -> None:
    with model_of([Text(ANSWER)]) as model:
        model.ask(tools=[search])
    asking = model.told[0]
    assert isinstance(asking, events.Asking)
    assert asking.prompt_tokens > tokens.count_messages([RULES, QUESTION])


# The transcript


def test_each_try_is_kept_with_all_that_was_sent_and_all_that_came() -> None:
    call = Call("search", {"query": "provers"})
    replies = [Status(500), ToolCalls([call], text="I look.", usage=Usage(100, 10))]
    with model_of(replies) as model:
        model.ask(tools=[search])
    failed, kept = json.loads(json.dumps(model.records))
    assert (failed["kind"], failed["failed"], failed["completion"]) == ("call", "server", "")
    assert (kept["step"], kept["model"], kept["tools"], kept["failed"]) == ("answer", "scripted", ["search"], "")
    assert kept["messages"] == [{"role": "system", "content": RULES}, {"role": "human", "content": QUESTION}]
    assert kept["completion"] == "I look."
    assert kept["tool_calls"] == [{"name": "search", "arguments": {"query": "provers"}}]
    assert kept["usage"] == {"prompt_tokens": 100, "completion_tokens": 10}


def test_a_prompt_file_is_sent_with_its_values_and_named_with_its_hash() -> None:
    records = []
    with ScriptedServer([Text("A question that stands alone?")]) as server:
        chat = Chat(ModelChoice("scripted", server.base_url, "sk-test"))
        calls = Calls(
            chat, Budget(Limits()), watcher=Watcher(record=lambda kind, **kept: records.append({"kind": kind, **kept}))
        )

        async def complete() -> str:
            try:
                return await calls.complete("rewrite", "rewrite", history="H-1234", question="Q-5678 {{history}}")
            finally:
                await chat.aclose()

        assert asyncio.run(complete()) == "A question that stands alone?"
    assert records[0]["prompt"] == {"name": "rewrite", "sha256": prompts.load("rewrite").sha256}
    assert "H-1234" in server.requests[0].prompt
    assert "Q-5678 {{history}}" in server.requests[0].prompt
    assert "tools" not in server.requests[0].body


# A model that cannot be made


def test_without_a_key_and_an_address_nothing_is_asked() -> None:
    chat = Chat(ModelChoice("gpt-4o-mini"))
    with pytest.raises(ModelUnavailable) as caught:
        asyncio.run(Calls(chat, Budget(Limits())).complete("rewrite", "rewrite", history="", question=""))
    assert "OPENAI_API_KEY" in caught.value.hint


def test_a_provider_whose_package_is_missing_is_said_with_the_line_that_installs_it() -> None:
    chat = Chat(ModelChoice("anthropic:claude-x", api_key="key"), first_wait=0.001)
    with pytest.raises(SettingsError) as caught:
        asyncio.run(Calls(chat, Budget(Limits())).complete("rewrite", "rewrite", history="", question=""))
    assert "pip install langchain-anthropic" in caught.value.hint


# Nobody else

TRACED = """
import asyncio, sys, time
from langchain_core.messages import HumanMessage
from langchain_core.tracers.langchain import wait_for_all_tracers
from agent.llm.budget import Budget, Limits
from agent.llm.calls import Calls, Chat
from agent.llm.models import ModelChoice

chat = Chat(ModelChoice("scripted", sys.argv[1], "sk-test"))
messages = [HumanMessage("What proves theorems?")]

async def ask():
    if sys.argv[2] == "ours":
        for chat.streams in (True, False):
            await Calls(chat, Budget(Limits())).ask("answer", messages)
    else:
        await chat.model.ainvoke(messages)
    await chat.aclose()

asyncio.run(ask())
wait_for_all_tracers()
"""


def tracing_to(address: str) -> dict[str, str]:
    """An environment that asks for traces to be sent to `address`, in old words and new ones."""
    names = {"TRACING_V2": "true", "ENDPOINT": address, "API_KEY": "ls-key", "PROJECT": "p"}
    both = {f"{brand}_{name}": value for brand in ("LANGSMITH", "LANGCHAIN") for name, value in names.items()}
    return {**both, "LANGSMITH_TRACING": "true"}


def test_tracing_that_the_environment_asks_for_sends_nothing_of_ours_anywhere() -> None:
    seen = {}
    for whose in ("ours", "langchain's own"):
        with ScriptedServer(always(Text(ANSWER))) as server, ScriptedServer([]) as tracer:
            home = tracer.base_url.removesuffix("/v1")
            run = subprocess.run(
                [sys.executable, "-c", TRACED, server.base_url, whose],
                env={**os.environ, **tracing_to(home), "PYTHONPATH": str(REPOSITORY)},
                capture_output=True,
                check=False,
                timeout=300,
            )
            assert run.returncode == 0, run.stderr.decode()
        seen[whose] = len(tracer.other_requests) + len(tracer.requests)
        assert server.requests
    assert seen["ours"] == 0
    assert seen["langchain's own"] > 0, "the test would see traffic if there was any"


@pytest.mark.parametrize("variable", ["LANGCHAIN_TRACING", "LANGCHAIN_HANDLER"])
def test_the_oldest_wish_for_tracing_does_not_end_every_call(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "true")
    with model_of([Text(ANSWER)]) as model:
        assert model.ask() == ANSWER
