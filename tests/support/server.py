"""An endpoint on loopback that speaks OpenAI's protocol by script, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.support.replies import Completion, Garbage, Hangup, Json, Reply, Request, Status, completion, frames

DIMENSIONS = 8
CHAT, MODELS, EMBEDDINGS = "/v1/chat/completions", "/v1/models", "/v1/embeddings"
# The client's library would otherwise ask again, and hide the failure of the script behind its waits.
NO_RETRY = {"x-should-retry": "false"}

Responder = Callable[[Request], Reply]


class ScriptedServer:
    """An OpenAI-compatible endpoint on 127.0.0.1, alive inside a `with` block.

    A list of replies is given in the order in which requests arrive; a request after the last gets status 500. A
    callable answers each request by itself, in the thread of that request, so several may run at once; what it raises
    is status 500 for the client and is raised again at the end of the block.

    Without `keep_alive` every response closes its connection. That is for asynchronous clients that nobody closes:
    what they keep open is a ResourceWarning once their event loop is gone.
    """

    def __init__(
        self,
        script: Iterable[Reply] | Responder,
        *,
        models: Sequence[str] = ("scripted",),
        keep_alive: bool = True,
        port: int = 0,
    ) -> None:
        self.models = models
        self.keep_alive = keep_alive
        self.port = port
        """0 for one that is free."""
        self.requests: list[Request] = []
        self.other_requests: list[Request] = []
        self.exhausted = 0
        self._responder = script if callable(script) else None
        self._replies: list[Reply] = [] if callable(script) else list(script)
        self._aborted = 0
        self._changed = threading.Condition()
        self._errors: list[BaseException] = []

    def __enter__(self) -> Self:
        self._listener = _Listener(self)
        self.port = self._listener.server_port
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()
        if not self._errors:
            return
        if error is None:
            raise self._errors[0]
        error.add_note(f"the scripted server failed as well: {self._errors[0]!r}")

    @property
    def aborted(self) -> int:
        """How many chat responses the client hung up on; final once the block has ended, see `wait_for_abort`.

        A response that fits the socket's buffer is sent before anybody can hang up on it: take a `Stall` or pauses.
        """
        return self._aborted

    @property
    def unused(self) -> int:
        """How many replies of the script nobody has asked for."""
        return len(self._replies)

    def wait_for_abort(self, count: int = 1, timeout: float = 60.0) -> bool:
        """Waits until the client has hung up on this many responses; False if it has not after the time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._aborted >= count, timeout)

    def wait_for_requests(self, count: int, timeout: float = 60.0) -> bool:
        """Waits until this many chat requests have come in; False if they have not after the time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.requests) >= count, timeout)

    def take(self, request: Request) -> tuple[Reply, int]:
        """Records a chat request; returns its reply and its number, from 1."""
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            number = len(self.requests)
            if self._responder is None:
                return self._next(request), number
        try:
            reply = self._responder(request)
            return reply.refuses(request.body) or reply.given, number
        except Exception as error:  # noqa: BLE001 - a responder is a test's own code; raised again by __exit__
            self.record(error)
            return Status(500, f"responder failed: {error!r}", headers=NO_RETRY), number

    def _next(self, request: Request) -> Reply:
        if not self._replies:
            self.exhausted += 1
            return Status(500, "script exhausted", headers=NO_RETRY)
        refusal = self._replies[0].refuses(request.body)
        return refusal or self._replies.pop(0).given

    def take_other(self, request: Request) -> None:
        """Records a request that is not for a chat completion."""
        with self._changed:
            self.other_requests.append(request)

    def record(self, error: BaseException) -> None:
        """Keeps an error of the server's own threads for the end of the block."""
        with self._changed:
            self._errors.append(error)

    def count_abort(self) -> None:
        """Notes that the client hung up on a chat response."""
        with self._changed:
            self._aborted += 1
            self._changed.notify_all()


class _Listener(ThreadingHTTPServer):
    """Accepts connections; closing it ends every handler, also one that stalls, and waits for them."""

    request_queue_size = 128

    def __init__(self, script: ScriptedServer) -> None:
        super().__init__(("127.0.0.1", script.port), _Handler)
        self.script = script
        # Closing one end makes the other readable for every handler at once.
        self.closing, self._open = socket.socketpair()
        self._workers: list[threading.Thread] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        worker = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._workers.append(worker)
        worker.start()

    def server_close(self) -> None:
        self._open.close()
        for worker in self._workers:
            worker.join()
        self.closing.close()
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the signature is given
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.script.record(error)


class _HungUp(Exception):
    """The client closed its end."""


class _Closing(Exception):
    """The server is about to close."""


class _Handler(BaseHTTPRequestHandler):
    """Serves one connection, request after request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 10  # of a single read or write: a client that sends half a request holds nothing up for ever
    server: _Listener

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def handle_one_request(self) -> None:
        select.select([self.connection, self.server.closing], [], [])
        if select.select([self.server.closing], [], [], 0)[0]:
            self.close_connection = True
        else:
            super().handle_one_request()

    def do_GET(self) -> None:
        self._other({})

    def do_POST(self) -> None:
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self._status(Status(400, "the body is not a JSON object"))
        elif self._route() == CHAT:
            self._chat(self._request(body))
        else:
            self._other(body)

    def _route(self) -> str:
        return self.path.partition("?")[0]

    def _request(self, body: Json) -> Request:
        return Request(self.path, {name.lower(): value for name, value in self.headers.items()}, body)

    def _other(self, body: Json) -> None:
        self.server.script.take_other(self._request(body))
        match self.command, self._route():
            case "GET", "/v1/models":
                rows = [{"id": name, "object": "model", "created": 0, "owned_by": "tests"} for name in self._models()]
                self._json(200, {"object": "list", "data": rows})
            case "POST", "/v1/embeddings":
                self._json(200, embeddings(body))
            case command, route:
                self._status(Status(404, f"Invalid URL ({command} {route})", code="unknown_url"))

    def _models(self) -> Sequence[str]:
        return self.server.script.models

    # Chat

    def _chat(self, request: Request) -> None:
        try:
            self._give(request, *self.server.script.take(request))
        except (_HungUp, ConnectionError):
            self.server.script.count_abort()
            self.close_connection = True
        except _Closing:
            self.close_connection = True

    def _give(self, request: Request, reply: Reply, number: int) -> None:
        match reply:
            case Status():
                self._status(reply)
            case Garbage():
                self._body(200, reply.body, {"Content-Type": reply.content_type})
            case Hangup():
                self.close_connection = True
            case Completion():
                self._wait(reply.delay)
                if request.body.get("stream") and reply.streams:
                    self._stream(request, reply, number)
                else:
                    self._whole(request, reply, number)
            case _:
                raise TypeError(f"not a reply: {reply!r}")

    def _whole(self, request: Request, reply: Completion, number: int) -> None:
        body = json.dumps(completion(reply, request, number)).encode()
        if reply.ending == "done":
            self._body(200, body, {"Content-Type": "application/json"})
            return
        self._head(200, {"Content-Type": "application/json", "Content-Length": str(len(body))})
        self.wfile.write(body[: len(body) // 2])
        self._leave(reply)

    def _stream(self, request: Request, reply: Completion, number: int) -> None:
        self._head(200, {"Content-Type": "text/event-stream; charset=utf-8", "Transfer-Encoding": "chunked"})
        for place, frame in enumerate(frames(reply, request, number)):
            self._wait(reply.pause if place else 0)
            self.wfile.write(_http_chunk(f"data: {json.dumps(frame)}\n\n"))
        if reply.ending == "done":
            # In one write: a client may close the connection as soon as it has read [DONE], and that is no abort.
            self.wfile.write(_http_chunk("data: [DONE]\n\n") + _http_chunk(""))
        elif reply.ending == "cut":
            self.wfile.write(_http_chunk(""))
        else:
            self._leave(reply)

    def _leave(self, reply: Completion) -> None:
        """Stays silent, or closes the connection, in the middle of a response."""
        if reply.ending == "stall":
            self._wait(math.inf)
        self.close_connection = True

    def _wait(self, seconds: float) -> None:
        """Waits; raises `_HungUp` as soon as the client is gone, and `_Closing` if the server is to close."""
        until = time.monotonic() + seconds
        while True:
            left = None if math.isinf(until) else max(0.0, until - time.monotonic())
            readable = select.select([self.connection, self.server.closing], [], [], left)[0]
            # The client comes first: what it did before the server was closed counts.
            if self.connection in readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise _HungUp
            if self.server.closing in readable:
                raise _Closing
            if self.connection in readable:
                raise RuntimeError("a client sent a second request before it had the answer to the first")
            if left == 0.0:
                return

    # Writing

    def _status(self, reply: Status) -> None:
        self._json(reply.status, reply.body, reply.headers)

    def _json(self, status: int, content: Json, headers: Mapping[str, str] | None = None) -> None:
        self._body(status, json.dumps(content).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _body(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self._head(status, {"Content-Length": str(len(content)), **headers})
        self.wfile.write(content)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if not self.server.script.keep_alive:
            self.send_header("Connection", "close")
        self.end_headers()


def _http_chunk(text: str) -> bytes:
    content = text.encode()
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def unit_vector(content: object) -> list[float]:
    """Eight numbers of length 1 that follow from the content alone; a different content has different ones."""
    digest = hashlib.sha256(json.dumps(content).encode()).digest()
    numbers = [half / 32767.5 - 1 for half in struct.unpack(f"<{DIMENSIONS}H", digest[: 2 * DIMENSIONS])]
    length = math.hypot(*numbers)
    return [number / length for number in numbers]


def embeddings(body: Json) -> Json:
    """The answer to a request for vectors: numbers, or base64 of little-endian 32-bit floats if it asks for that."""
    given = body.get("input", [])
    one = isinstance(given, str) or (bool(given) and isinstance(given[0], int))
    texts = [given] if one else given
    rows: list[Json] = []
    for place, text in enumerate(texts):
        vector: list[float] | str = unit_vector(text)
        if body.get("encoding_format") == "base64":
            vector = base64.b64encode(struct.pack(f"<{DIMENSIONS}f", *unit_vector(text))).decode()
        rows.append({"object": "embedding", "index": place, "embedding": vector})
    tokens = len(json.dumps(texts)) // 4
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": rows, "model": body.get("model", ""), "usage": usage}
