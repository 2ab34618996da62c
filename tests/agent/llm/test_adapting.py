"""What an endpoint cannot do is found out once, said once, and left out from then on; tool calls may be broken."""

from __future__ import annotations

import pytest

from agent.errors import ExitCode, ModelUnavailable, exit_code_for
from tests.agent.llm.conftest import always, model_of, search
from tests.support.replies import Call, Calls, NoStream, NoTools, Request, Status, Text, Whole

PROVERS = {"query": "provers", "scope": "year:2025-"}


def streamed(request: Request) -> bool:
    return bool(request.body.get("stream"))


def test_an_endpoint_without_tools_is_asked_without_them_and_never_again_with_them() -> None:
    with model_of(always(NoTools(Text("Goedel-Prover.")))) as model:
        assert model.ask(tools=[search]) == "Goedel-Prover."
        assert model.ask(tools=[search]) == "Goedel-Prover."
    assert ["tools" in request.body for request in model.server.requests] == [True, False, False]
    assert [notice.text for notice in model.notices] == [
        "scripted takes no tools; it answers from what the first search found"
    ]
    assert model.failures == ["tools", "", ""]


@pytest.mark.parametrize(
    "message",
    [
        "registry.ollama.ai/library/gemma3:270m does not support tools",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "Unknown field: functions; function calling is off",
    ],
)
def test_an_endpoint_may_say_in_its_own_words_that_it_takes_no_tools(message: str) -> None:
    with model_of([Status(400, message), Text("Goedel-Prover.")]) as model:
        assert model.ask(tools=[search]) == "Goedel-Prover."
    assert model.requests == 2


def test_an_endpoint_that_fails_over_tools_is_asked_without_them() -> None:
    refusal = Status(500, "tools param requires --jinja flag")
    with model_of(lambda request: refusal if "tools" in request.body else Text("Goedel-Prover.")) as model:
        assert model.ask(tools=[search]) == "Goedel-Prover."
    assert model.requests == 2


def test_a_router_that_finds_no_endpoint_with_tools_is_asked_without_them() -> None:
    refusal = Status(404, "No endpoints found that support tool use.")
    with model_of(lambda request: refusal if "tools" in request.body else Text("Goedel-Prover.")) as model:
        assert model.ask(tools=[search]) == "Goedel-Prover."
    assert model.requests == 2


def test_an_endpoint_that_refuses_to_stream_is_asked_for_the_whole_and_never_again_for_a_stream() -> None:
    with model_of(always(NoStream(Text("Goedel-Prover.")))) as model:
        assert model.ask() == "Goedel-Prover."
        assert model.ask() == "Goedel-Prover."
    assert [streamed(request) for request in model.server.requests] == [True, False, False]
    assert [notice.text for notice in model.notices] == ["127.0.0.1 does not stream; the answer comes in one piece"]
    assert model.shown[-1] == "Goedel-Prover."
    assert model.budget.spent.calls == 3


def test_an_endpoint_that_answers_a_stream_with_the_whole_is_asked_for_the_whole() -> None:
    with model_of(always(Whole("Goedel-Prover."))) as model:
        assert model.ask() == "Goedel-Prover."
        assert model.ask() == "Goedel-Prover."
    assert [streamed(request) for request in model.server.requests] == [True, False, False]
    assert len(model.notices) == 1
    assert "one piece" in model.notices[0].text


def test_an_endpoint_that_can_neither_do_tools_nor_stream_still_answers() -> None:
    with model_of(always(NoTools(NoStream(Text("Goedel-Prover."))))) as model:
        assert model.ask(tools=[search]) == "Goedel-Prover."
    assert model.requests == 3
    assert len(model.notices) == 2


def test_an_endpoint_that_fails_once_after_it_was_adapted_to_is_tried_again() -> None:
    with model_of([Status(400, "stream is not supported"), Status(500), Text("Goedel-Prover.")]) as model:
        assert model.ask() == "Goedel-Prover."
    assert [streamed(request) for request in model.server.requests] == [True, False, False]


@pytest.mark.parametrize("said", ["stream is not supported", "tools are not supported"])
def test_an_endpoint_that_refuses_what_was_not_asked_for_ends_the_call_soon(said: str) -> None:
    with model_of(always(Status(400, said))) as model:
        error = model.failure()
    assert isinstance(error, ModelUnavailable)
    assert exit_code_for(error) == ExitCode.PROVIDER
    assert model.requests <= 2


@pytest.mark.parametrize("said", ["stream is not supported", "tools are not supported"])
def test_an_endpoint_that_refuses_what_was_not_asked_for_ends_the_call_with_a_hint(said: str) -> None:
    with model_of(always(Status(400, said))) as model:
        assert model.failure().hint


# Tool calls


@pytest.mark.parametrize("streaming", [True, False])
def test_a_tool_call_is_handed_on_with_its_arguments(streaming: bool) -> None:
    with model_of([Calls([Call("search", PROVERS, id="call_a"), Call("search", {"query": "b"})])]) as model:
        model.chat.streams = streaming
        reply = model.reply(tools=[search])
    assert [(call["name"], call["args"]) for call in reply.tool_calls] == [
        ("search", PROVERS),
        ("search", {"query": "b"}),
    ]
    assert reply.tool_calls[0]["id"] == "call_a"
    assert model.requests == 1
    offered = model.server.requests[0].body["tools"]
    assert [tool["function"]["name"] for tool in offered] == ["search"]


def test_text_before_a_tool_call_is_shown_and_kept() -> None:
    with model_of([Calls([Call("search", PROVERS)], text="I look further.")]) as model:
        reply = model.reply(tools=[search])
    assert reply.text == "I look further."
    assert reply.tool_calls
    assert model.shown[-1] == "I look further."


BROKEN = ['{"query": ', '{"query": "provers", "scope": "year:20', "query=provers", "", "{'query': 'provers'}"]


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("written", BROKEN)
def test_a_tool_call_with_broken_arguments_is_handed_on_and_not_asked_for_again(written: str, streaming: bool) -> None:
    with model_of(always(Calls([Call("search", written)]))) as model:
        model.chat.streams = streaming
        reply = model.reply(tools=[search])
    assert [call["name"] for call in [*reply.tool_calls, *reply.invalid_tool_calls]] == ["search"]
    assert model.requests == 1
    assert model.failures == [""]


def test_streamed_arguments_that_are_no_object_are_handed_on() -> None:
    with model_of(always(Calls([Call("search", '["provers"]')]))) as model:
        reply = model.reply(tools=[search])
    assert [call["name"] for call in [*reply.tool_calls, *reply.invalid_tool_calls]] == ["search"]


def test_arguments_that_are_no_object_and_come_whole_are_handed_on() -> None:
    with model_of(always(Calls([Call("search", '["provers"]')]))) as model:
        model.chat.streams = False
        reply = model.reply(tools=[search])
    assert [call["name"] for call in [*reply.tool_calls, *reply.invalid_tool_calls]] == ["search"]


def test_broken_arguments_that_come_whole_are_known_to_be_broken() -> None:
    with model_of([Calls([Call("search", '{"query": "provers", "scope": "year:20')])]) as model:
        model.chat.streams = False
        reply = model.reply(tools=[search])
    assert not reply.tool_calls
    assert [call["name"] for call in reply.invalid_tool_calls] == ["search"]


def test_broken_arguments_that_stream_are_known_to_be_broken() -> None:
    with model_of([Calls([Call("search", '{"query": "provers", "scope": "year:20')])]) as model:
        reply = model.reply(tools=[search])
    assert not reply.tool_calls
    assert [call["name"] for call in reply.invalid_tool_calls] == ["search"]


def test_a_call_of_a_tool_that_does_not_exist_is_handed_on() -> None:
    with model_of([Calls([Call("delete_everything", {"path": "/"})])]) as model:
        reply = model.reply(tools=[search])
    assert [call["name"] for call in reply.tool_calls] == ["delete_everything"]
