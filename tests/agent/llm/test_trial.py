"""Trying an endpoint before it is settled on: what it offers, whether it answers, and what to do where it does not."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from agent.errors import ModelTimeout, ModelUnavailable
from agent.llm import trial
from agent.llm.models import ModelChoice
from tests.agent.llm.conftest import KEY
from tests.support.replies import Garbage, NoStream, Reply, Stall, Status, Text
from tests.support.server import ScriptedServer

PATIENCE = 10.0
SHORT = 2.0


def tried(address: str, name: str = "", *, key: str | None = None, patience: float = PATIENCE) -> trial.Outcome:
    return asyncio.run(trial.run(ModelChoice(name, address, key, patience)))


def failure(address: str, name: str = "", *, key: str | None = None, patience: float = PATIENCE) -> ModelUnavailable:
    with pytest.raises(ModelUnavailable) as caught:
        tried(address, name, key=key, patience=patience)
    error = caught.value
    assert len(error.message.splitlines()) == len(error.hint.splitlines()) == 1
    assert KEY not in f"{error.message} {error.hint} {error.__cause__!r}"
    return error


@contextmanager
def web_server(status: int, body: bytes) -> Iterator[str]:
    """A server of something else; its address."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_the_only_model_is_tried_without_being_named() -> None:
    with ScriptedServer([Text("Blue.")], models=["tiny"]) as server:
        assert tried(server.base_url) == ("tiny", ("tiny",))
    assert [request.body["model"] for request in server.requests] == ["tiny"]


def test_of_several_models_none_is_asked_before_one_is_chosen() -> None:
    with ScriptedServer([], models=["small", "large", "small"]) as server:
        assert tried(server.base_url) == ("", ("small", "large"))
    assert not server.requests


def test_a_named_model_is_asked_once() -> None:
    with ScriptedServer([Text("Blue.")], models=["small", "large"]) as server:
        assert tried(server.base_url, "large").model == "large"
    assert [request.body["model"] for request in server.requests] == ["large"]


def test_an_address_with_a_stroke_at_its_end_is_the_same_endpoint() -> None:
    with ScriptedServer([Text("Blue.")]) as server:
        assert tried(server.base_url + "/")[0] == "scripted"


@pytest.mark.parametrize("text", ["Blue, as", "<think>What does one mean by a sky, and whose day"])
def test_a_model_that_is_slow_to_end_its_reply_answers(text: str) -> None:
    with ScriptedServer([Stall(text)]) as server:
        assert tried(server.base_url, patience=SHORT).model == "scripted"
        assert server.wait_for_abort()


def test_a_model_that_finds_no_end_is_not_heard_out() -> None:
    with ScriptedServer([Stall("blue and " * 1000)]) as server:
        assert tried(server.base_url).model == "scripted"


def test_an_endpoint_that_does_not_stream_answers() -> None:
    with ScriptedServer([NoStream(Text("Blue."))]) as server:
        assert tried(server.base_url)[0] == "scripted"


def test_a_model_can_be_named_where_none_are_listed() -> None:
    with web_server(404, b"no such page") as address:
        error = failure(address)
    assert "no list of models" in error.message
    assert "/v1" in error.hint

    with ScriptedServer([Text("Blue.")], models=[]) as server:
        assert "lists no models" in failure(server.base_url).message
        assert tried(server.base_url, "hidden")[0] == "hidden"


def test_where_nobody_listens_the_address_is_said(nobody: str) -> None:
    error = failure(nobody, "tiny")
    assert error.kind == "refused"
    assert nobody in error.message
    assert "start the server" in error.hint


@pytest.mark.parametrize("key", [KEY, None], ids=["a wrong key", "no key"])
def test_an_endpoint_that_wants_another_key_says_so(key: str | None) -> None:
    with ScriptedServer([Status(401, f"Incorrect API key provided: {key}")]) as server:
        error = failure(server.base_url, key=key)
    assert error.kind == "key"
    assert "(401)" in error.message


def test_the_list_too_may_want_a_key() -> None:
    with web_server(401, b"no") as address:
        assert failure(address, "tiny").kind == "key"


def test_a_model_that_is_not_there_is_answered_with_those_that_are() -> None:
    with ScriptedServer([Status(404)], models=["a", "b", "c", "d", "e"]) as server:
        error = failure(server.base_url, "nobody")
    assert error.kind == "model"
    assert "nobody" in error.message
    assert error.hint == "it has a, b, c and 2 more"


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>It works</html>"), (200, b"[]"), (200, b'{"data": [1]}'), (302, b""), (404, b"<html>")],
    ids=["a page", "a list", "no models in it", "a redirect", "not found"],
)
def test_a_server_of_something_else_is_told_from_an_endpoint(status: int, body: bytes) -> None:
    with web_server(status, body) as address:
        error = failure(address)
    assert address in error.message
    assert "/v1" in error.hint


def test_a_server_of_something_else_is_told_from_an_endpoint_where_a_model_is_named() -> None:
    with web_server(200, b"<html>It works</html>") as address:
        assert "/v1" in failure(address, "tiny").hint


def test_a_server_that_lists_nothing_in_time_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failure(f"http://127.0.0.1:{silent.getsockname()[1]}/v1", patience=0.4)
    assert isinstance(error, ModelTimeout)
    assert "within 0.4 s" in error.message


def test_a_model_that_says_nothing_in_time_is_given_up() -> None:
    with ScriptedServer([Text("Blue.", delay=60.0)]) as server:
        error = failure(server.base_url, patience=SHORT)
        assert server.wait_for_abort()
    assert isinstance(error, ModelTimeout)
    assert "try again" in error.hint


@pytest.mark.parametrize("reply", [Status(500), Garbage(b"<html>"), Text("")], ids=["failing", "garbage", "empty"])
def test_a_model_that_fails_is_no_success(reply: Reply) -> None:
    with ScriptedServer(lambda _: reply) as server:
        failure(server.base_url)
    assert len(server.requests) <= 2


def test_names_that_cannot_be_shown_are_left_out() -> None:
    with ScriptedServer([Text("Blue.")], models=["\x1b[31mred", "", "x" * 300, "tiny"]) as server:
        assert tried(server.base_url) == ("tiny", ("tiny",))


def test_the_key_goes_to_the_endpoint_alone() -> None:
    with ScriptedServer([Text("Blue.")]) as server:
        tried(server.base_url, key=KEY)
    sent = [*server.other_requests, *server.requests]
    assert [request.headers["authorization"] for request in sent] == [f"Bearer {KEY}"] * 2
