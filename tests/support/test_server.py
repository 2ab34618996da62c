"""The scripted endpoint does over a real socket what its script says."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.support.replies import (
    Break,
    Call,
    Calls,
    Empty,
    Filtered,
    Garbage,
    Hangup,
    NoStream,
    NoTools,
    Refusal,
    Reply,
    Request,
    Stall,
    Status,
    Text,
    Usage,
    Whole,
)
from tests.support.server import ScriptedServer

SENTENCE = "Attention is all you need, says “Vaswani”."
TOOL: Any = {"type": "function", "function": {"name": "search", "parameters": {"type": "object", "properties": {}}}}


@contextmanager
def client_of(server: ScriptedServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.base_url, api_key="sk-test", max_retries=0, timeout=20) as client:
        yield client


def ask(server: ScriptedServer, prompt: str = "Why?", **options: Any) -> ChatCompletion:
    request: Any = {"model": "m", "messages": [{"role": "user", "content": prompt}], **options}
    with client_of(server) as client:
        answer = client.chat.completions.create(**request)
    assert isinstance(answer, ChatCompletion)
    return answer


def ask_for_stream(server: ScriptedServer, prompt: str = "Why?", **options: Any) -> list[ChatCompletionChunk]:
    request: Any = {"model": "m", "messages": [{"role": "user", "content": prompt}], "stream": True, **options}
    with client_of(server) as client:
        return list(client.chat.completions.create(**request))


def read_raw(server: ScriptedServer, body: dict[str, Any]) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(server.base_url.split("/")[2], timeout=20)
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def text_of(frames: list[ChatCompletionChunk]) -> str:
    return "".join(frame.choices[0].delta.content or "" for frame in frames if frame.choices)


# Text


def test_a_stream_is_a_role_then_small_pieces_then_the_end_then_done() -> None:
    with ScriptedServer([Text("abcdefghij", piece=4)]) as server:
        response, content = read_raw(server, {"model": "m", "stream": True, "messages": []})

    *frames, done = content.decode().removesuffix("\n\n").split("\n\n")
    choices = [json.loads(frame.removeprefix("data: "))["choices"][0] for frame in frames]
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert done == "data: [DONE]"
    assert choices[0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert [choice["delta"].get("content") for choice in choices[1:]] == ["abcd", "efgh", "ij", None]
    assert [choice["finish_reason"] for choice in choices] == [None, None, None, None, "stop"]


def test_text_is_the_same_streamed_and_whole() -> None:
    with ScriptedServer([Text(SENTENCE), Text(SENTENCE), Whole(SENTENCE)]) as server:
        frames = ask_for_stream(server)
        answer = ask(server)
        whole, content = read_raw(server, {"model": "m", "stream": True, "messages": []})

    assert text_of(frames) == SENTENCE == answer.choices[0].message.content
    assert (frames[0].model, frames[0].object, answer.model) == ("m", "chat.completion.chunk", "m")
    assert len({frame.id for frame in frames}) == 1 != len({frames[0].id, answer.id})
    assert whole.headers["Content-Type"] == "application/json"
    assert json.loads(content)["choices"][0]["message"]["content"] == SENTENCE


def test_usage_comes_last_and_only_if_it_is_asked_for_and_known() -> None:
    known = Text("four", usage=Usage(100, 20, cached=60))
    with ScriptedServer([known, known, Text("f" * 40), Text("four", usage=None), Text("four", usage=None)]) as server:
        asked = ask_for_stream(server, stream_options={"include_usage": True})
        not_asked = ask_for_stream(server)
        estimated = ask(server, "p" * 80)
        untold = ask_for_stream(server, stream_options={"include_usage": True})
        untold_whole = ask(server)

    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    assert asked[-1].choices == []
    assert asked[-1].usage is not None
    assert asked[-1].usage.model_dump(exclude_unset=True) == {**usage, "prompt_tokens_details": {"cached_tokens": 60}}
    assert {frame.usage for frame in asked[:-1] + not_asked + untold} == {None}
    assert estimated.usage is not None
    assert (estimated.usage.prompt_tokens, estimated.usage.completion_tokens) == (20, 10)
    assert untold_whole.usage is None


def test_reasoning_comes_ahead_of_the_text_in_a_field_of_its_own() -> None:
    with ScriptedServer([Text("42", reasoning="Six times seven."), Text("42", reasoning="Six times seven.")]) as server:
        deltas = [frame.choices[0].delta.model_dump() for frame in ask_for_stream(server)]
        message = ask(server).choices[0].message.model_dump()

    assert "".join(delta.get("reasoning_content") or "" for delta in deltas) == "Six times seven."
    assert deltas[-2]["content"] == "42"
    assert (message["reasoning_content"], message["content"]) == ("Six times seven.", "42")


@pytest.mark.parametrize(
    ("reply", "content", "refusal", "finish"),
    [
        (Empty(), None, None, "stop"),
        (Refusal("I cannot help with that."), None, "I cannot help with that.", "stop"),
        (Filtered(), None, None, "content_filter"),
        (Text("cut of", finish="length"), "cut of", None, "length"),
    ],
)
def test_a_completion_may_lack_what_was_hoped_for(
    reply: Reply, content: str | None, refusal: str | None, finish: str
) -> None:
    with ScriptedServer([reply, reply]) as server:
        whole = ask(server).choices[0]
        frames = [frame.choices[0] for frame in ask_for_stream(server)]

    assert (whole.message.content, whole.message.refusal, whole.finish_reason) == (content, refusal, finish)
    assert "".join(frame.delta.content or "" for frame in frames) == (content or "")
    assert "".join(frame.delta.refusal or "" for frame in frames) == (refusal or "")
    assert frames[-1].finish_reason == finish


# Tool calls


def test_tool_calls_are_streamed_name_first_and_arguments_in_pieces() -> None:
    calls = Calls([Call("search", {"query": "attention"}), Call("read", '{"paper": ', id="mine")], text="Let me see.")
    with ScriptedServer([calls, calls]) as server:
        frames = ask_for_stream(server, tools=[TOOL])
        whole = ask(server, tools=[TOOL])

    pieces = [call for frame in frames for call in frame.choices[0].delta.tool_calls or []]
    named = [(piece.index, piece.id, piece.function.name) for piece in pieces if piece.function and piece.id]
    arguments = ["", ""]
    for piece in pieces:
        arguments[piece.index] += (piece.function and piece.function.arguments) or ""
    assert named == [(0, "call_1_0", "search"), (1, "mine", "read")]
    assert arguments == ['{"query": "attention"}', '{"paper": ']
    assert len(pieces) > len(named) + 2
    assert text_of(frames) == "Let me see."
    assert frames[-1].choices[0].finish_reason == "tool_calls" == whole.choices[0].finish_reason
    told = [call.model_dump()["function"]["arguments"] for call in whole.choices[0].message.tool_calls or []]
    assert told == arguments


# Failures


@pytest.mark.parametrize(
    ("reply", "error", "code"),
    [
        (Status(400, "too long", code="context_length_exceeded"), openai.BadRequestError, "context_length_exceeded"),
        (Status(401), openai.AuthenticationError, "invalid_api_key"),
        (Status(403), openai.PermissionDeniedError, None),
        (Status(404), openai.NotFoundError, "model_not_found"),
        (Status(429, headers={"Retry-After": "7"}), openai.RateLimitError, "rate_limit_exceeded"),
        (Status(500, "out of order"), openai.InternalServerError, None),
        (Status(503), openai.InternalServerError, None),
    ],
)
def test_an_error_has_openais_shape(reply: Status, error: type[openai.APIStatusError], code: str | None) -> None:
    with ScriptedServer([reply, reply]) as server:
        with pytest.raises(error) as caught:
            ask(server)
        with pytest.raises(error):
            ask_for_stream(server)

    assert caught.value.status_code == reply.status
    assert caught.value.code == code
    assert reply.body["error"]["message"] in str(caught.value)
    assert caught.value.response.headers.get("Retry-After") == reply.headers.get("Retry-After")


def test_a_request_after_the_last_reply_fails_at_once_and_is_counted() -> None:
    with ScriptedServer([Text("only one")]) as server:
        assert server.unused == 1
        ask(server)
        with (
            openai.OpenAI(base_url=server.base_url, api_key="k", max_retries=3) as client,
            pytest.raises(openai.InternalServerError, match="script exhausted"),
        ):
            client.chat.completions.create(model="m", messages=[])

        assert (server.exhausted, server.unused, len(server.requests)) == (1, 0, 2)


def test_a_broken_stream_is_an_error_and_a_cleanly_cut_one_ends_without_a_finish() -> None:
    with ScriptedServer([Break(SENTENCE), Break(SENTENCE, clean=True)]) as server:
        broken: list[ChatCompletionChunk] = []
        with client_of(server) as client:
            stream = client.chat.completions.create(model="m", messages=[], stream=True)
            with pytest.raises(openai.APIConnectionError):
                broken.extend(stream)
        cut = ask_for_stream(server)

    assert text_of(broken) == SENTENCE == text_of(cut)
    assert {frame.choices[0].finish_reason for frame in broken + cut} == {None}
    assert server.aborted == 0


@pytest.mark.parametrize("reply", [Break(SENTENCE), Hangup()])
def test_a_closed_connection_is_a_connection_error(reply: Reply) -> None:
    with ScriptedServer([reply, Text("back again")]) as server:
        with pytest.raises(openai.APIConnectionError):
            ask(server)
        assert ask(server).choices[0].message.content == "back again"


def test_garbage_comes_as_it_is() -> None:
    with ScriptedServer([Garbage(b"\xff<html>", "text/html; charset=x")]) as server:
        response, content = read_raw(server, {"model": "m", "messages": []})

    assert (response.status, response.headers["Content-Type"], content) == (200, "text/html; charset=x", b"\xff<html>")


@pytest.mark.parametrize(
    ("reply", "ask_it"),
    [
        (Stall(SENTENCE), ask),
        (Stall(SENTENCE), ask_for_stream),
        (Text(SENTENCE, delay=60), ask),
        (Text(SENTENCE, delay=60), ask_for_stream),
        (Text(SENTENCE, pause=60), ask_for_stream),
    ],
)
def test_a_client_that_gives_up_waiting_is_counted(reply: Reply, ask_it: Callable[..., object]) -> None:
    with ScriptedServer([reply, Text("next")]) as server:
        with pytest.raises(openai.APIConnectionError):
            ask_it(server, timeout=0.3)

        assert server.wait_for_abort()
        assert ask(server).choices[0].message.content == "next"
    assert server.aborted == 1


def test_hanging_up_in_the_middle_of_a_stream_is_counted_once_the_server_has_closed() -> None:
    with ScriptedServer([Stall(SENTENCE)]) as server, client_of(server) as client:
        stream = client.chat.completions.create(model="m", messages=[], stream=True)
        text = ""
        for frame in stream:
            text += frame.choices[0].delta.content or ""
            if text == SENTENCE:
                break
        stream.close()
    assert server.aborted == 1


def test_closing_the_server_ends_what_stalls() -> None:
    with ThreadPoolExecutor(3) as pool:
        with ScriptedServer([Stall("on and"), Stall("on and"), Text("late", delay=600)]) as server:
            waiting: list[Future[Any]] = [pool.submit(each, server) for each in (ask, ask_for_stream, ask)]
            assert server.wait_for_requests(3)

        for each in waiting:
            assert isinstance(each.exception(timeout=20), openai.APIConnectionError)
    assert server.aborted == 0


@pytest.mark.parametrize("keep_alive", [True, False])
def test_a_connection_is_kept_for_the_next_request_unless_told_otherwise(keep_alive: bool) -> None:
    with ScriptedServer([Text("a"), Text("b")], keep_alive=keep_alive) as server:
        connection = http.client.HTTPConnection(server.base_url.split("/")[2], timeout=20)
        for stream in (False, True):
            connection.request("POST", "/v1/chat/completions", json.dumps({"messages": [], "stream": stream}))
            response = connection.getresponse()
            response.read()
            assert response.will_close is not keep_alive
            assert (connection.sock is not None) is keep_alive
        connection.close()


# Conditions


@pytest.mark.parametrize(
    ("wrap", "refused", "message"),
    [
        (NoTools, {"tools": [TOOL]}, "tools are not supported"),
        (NoStream, {"stream": True}, "stream is not supported"),
        (lambda reply: NoTools(NoStream(reply)), {"stream": True}, "stream is not supported"),
    ],
)
def test_a_refused_request_does_not_use_the_reply_up(
    wrap: Callable[[Reply], Reply], refused: dict[str, Any], message: str
) -> None:
    with ScriptedServer([wrap(Text("well"))]) as server, client_of(server) as client:
        with pytest.raises(openai.BadRequestError, match=message):
            client.chat.completions.create(**{"model": "m", "messages": [], **refused})
        assert ask(server).choices[0].message.content == "well"
        assert len(server.requests) == 2


# Requests


def test_requests_are_kept_as_they_came() -> None:
    with ScriptedServer([Text("a"), Text("b")]) as server:
        ask(server, "first", temperature=0)
        ask_for_stream(server, "second")

    first, second = server.requests
    assert (first.path, first.prompt, second.prompt) == ("/v1/chat/completions", "first", "second")
    assert first.headers["authorization"] == "Bearer sk-test"
    assert (first.body["temperature"], second.body["stream"]) == (0, True)
    assert first.at <= second.at


def test_a_responder_answers_by_the_prompt_and_serves_many_at_once() -> None:
    together = threading.Barrier(8, timeout=20)

    def respond(request: Request) -> Reply:
        together.wait()
        return NoTools(Text(request.prompt.upper()))

    prompts = [f"question {number}" for number in range(8)]
    with ScriptedServer(respond) as server, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda prompt: text_of(ask_for_stream(server, prompt)), prompts))

    assert answers == [prompt.upper() for prompt in prompts]
    assert sorted(request.prompt for request in server.requests) == prompts


def test_parallel_requests_take_each_reply_of_a_script_once() -> None:
    with ScriptedServer([Text(f"reply {number}") for number in range(40)]) as server, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(server).choices[0].message.content, range(40)))

    assert sorted(map(str, answers)) == sorted(f"reply {number}" for number in range(40))
    assert server.exhausted == 0


def test_what_a_responder_raises_reaches_the_test() -> None:
    def respond(request: Request) -> Reply:
        raise LookupError(f"no reply for {request.prompt}")

    with (
        pytest.raises(LookupError, match="no reply for Why"),
        ScriptedServer(respond) as server,
        pytest.raises(openai.InternalServerError, match="responder failed"),
    ):
        ask(server)


# Other routes


def test_models_are_listed_and_an_unknown_route_is_404() -> None:
    with ScriptedServer([], models=("small", "large")) as server, client_of(server) as client:
        assert [model.id for model in client.models.list()] == ["small", "large"]
        with pytest.raises(openai.NotFoundError, match="Invalid URL"):
            client.responses.create(model="m", input="hello")
        assert [request.path for request in server.other_requests] == ["/v1/models", "/v1/responses"]
        assert server.requests == []


def test_vectors_are_of_unit_length_and_the_same_in_both_encodings() -> None:
    texts = ["banana", "zebra", "banana"]
    with ScriptedServer([]) as server, client_of(server) as client:
        rows = client.embeddings.create(model="m", input=texts, encoding_format="float").data
        packed = client.embeddings.create(model="m", input=texts).data  # the library asks for base64 by itself

        assert [request.body["encoding_format"] for request in server.other_requests] == ["float", "base64"]
    vectors = [row.embedding for row in rows]
    assert [len(vector) for vector in vectors] == [8, 8, 8]
    assert vectors[0] == vectors[2] != vectors[1]
    assert [sum(number**2 for number in vector) for vector in vectors] == pytest.approx([1, 1, 1])
    assert [number for row in packed for number in row.embedding] == pytest.approx([n for v in vectors for n in v])
