"""No connection at all: nothing listens, there is no such host, or the connection is not safe."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from agent.errors import ExitCode, ModelUnavailable, exit_code_for
from agent.llm.calls import TRIES
from tests.agent.llm.conftest import KEY, Model, always, model_at
from tests.support.replies import Status, Text
from tests.support.server import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A plain endpoint, which no request of these tests may reach."""
    with ScriptedServer([]) as made:
        yield made
    assert not made.requests


def failure_of(model: Model) -> ModelUnavailable:
    error = model.failure()
    assert isinstance(error, ModelUnavailable)
    assert exit_code_for(error) == ExitCode.PROVIDER
    assert len(error.message.splitlines()) == 1
    assert error.hint
    assert KEY not in error.message + error.hint
    return error


def test_where_nothing_listens_is_said_with_the_address_after_a_bounded_number_of_tries(
    server: ScriptedServer, nobody: str
) -> None:
    model = model_at(server, nobody)
    error = failure_of(model)
    assert (error.kind, error.tries) == ("refused", TRIES)
    assert nobody in error.message
    assert len(model.notices) == TRIES - 1
    assert model.failures == ["refused"] * TRIES


def test_a_host_that_does_not_exist_is_named_and_not_tried_twice(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RES_OPTIONS", "timeout:1 attempts:1")  # RFC 6761 reserves .invalid: no resolver may know it
    model = model_at(server, "http://no-such-host.invalid/v1", stall_seconds=30.0)
    error = failure_of(model)
    assert (error.kind, error.tries) == ("dns", 1)
    assert "no-such-host.invalid" in error.message
    assert not model.notices


def test_a_safe_connection_to_a_plain_endpoint_is_no_safe_connection(server: ScriptedServer) -> None:
    model = model_at(server, server.base_url.replace("http://", "https://"))
    error = failure_of(model)
    assert (error.kind, error.tries) == ("tls", 1)
    assert not model.notices


@contextmanager
def endpoint_with_own_certificate(folder: Path) -> Iterator[str]:
    """The address of an endpoint that greets with a certificate which nobody vouches for."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl here to make a certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *made.split(), *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return  # closed
                with connection:
                    try:
                        context.wrap_socket(connection, server_side=True).close()
                    except (ssl.SSLError, ConnectionError):
                        continue  # the client does not trust it, as it should

        greeting = threading.Thread(target=greet, daemon=True)
        greeting.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/v1"
        listener.shutdown(socket.SHUT_RDWR)
        greeting.join()


def test_a_certificate_that_nobody_vouches_for_is_refused_and_said(server: ScriptedServer, tmp_path: Path) -> None:
    with endpoint_with_own_certificate(tmp_path) as address:
        model = model_at(server, address)
        error = failure_of(model)
    assert (error.kind, error.tries) == ("tls", 1)
    assert "certificate" in error.message
    assert not model.notices


def test_the_key_does_not_follow_a_redirect_to_another_host() -> None:
    with ScriptedServer([Text("Elsewhere.")]) as elsewhere:
        there = {"Location": elsewhere.base_url + "/chat/completions"}
        with ScriptedServer(always(Status(307, headers=there))) as server:
            model = model_at(server, server.base_url)
            with suppress(ModelUnavailable):
                model.ask()
    assert KEY in str(server.requests[0].headers)
    assert all(KEY not in str(request.headers) for request in elsewhere.requests)


def test_a_question_does_not_follow_a_redirect_to_another_host() -> None:
    with ScriptedServer([Text("Elsewhere.")]) as elsewhere:
        there = {"Location": elsewhere.base_url + "/chat/completions"}
        with ScriptedServer(always(Status(307, headers=there))) as server:
            model_at(server, server.base_url).failure()
    assert not elsewhere.requests
