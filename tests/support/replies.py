"""What is asked of a scripted endpoint, and what it may answer, in the words of OpenAI's chat completions.

A script is written with `Text`, `Calls`, `Status` and the others here; `tests.support.server` puts them on the wire.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Literal, NamedTuple

Json = dict[str, Any]
Ending = Literal["done", "stall", "break", "cut"]

ERROR_KINDS: dict[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("request_forbidden", None),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in: header names in lower case, the body as JSON, `at` in seconds of a steady clock."""

    path: str
    headers: Mapping[str, str]
    body: Json
    at: float = field(default_factory=time.monotonic)

    @property
    def prompt(self) -> str:
        """The text of all messages, one under the other."""
        texts: list[str] = []
        for message in self.body.get("messages", []):
            content = message.get("content") or ""
            parts = [{"text": content}] if isinstance(content, str) else content
            texts.extend(part["text"] for part in parts if "text" in part)
        return "\n".join(texts)


class Usage(NamedTuple):
    """Tokens that a reply says it took; `cached` are those of the prompt that cost less."""

    prompt: int
    completion: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call; arguments given as a string are sent as they are, so that they may be broken JSON."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = ""

    @property
    def written(self) -> str:
        """The arguments as text."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(dict(self.arguments))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the endpoint does with one request."""

    def refuses(self, body: Json) -> Status | None:  # noqa: ARG002 - most replies take every request
        """The refusal that a request with this body gets in place of the reply, or None."""
        return None

    @property
    def given(self) -> Reply:
        """The reply itself, without its conditions."""
        return self


@dataclass(frozen=True, slots=True)
class Status(Reply):
    """An error in OpenAI's shape; what is left out follows from the HTTP status."""

    status: int
    message: str = ""
    type: str = ""
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> Json:
        """The body of the error."""
        kind, code = ERROR_KINDS.get(self.status, ("server_error", None))
        message = self.message or HTTPStatus(self.status).phrase
        return {"error": {"message": message, "type": self.type or kind, "param": None, "code": self.code or code}}


@dataclass(frozen=True, slots=True)
class Garbage(Reply):
    """These bytes with status 200, whatever they are; with `text/event-stream` also frames of one's own."""

    body: bytes
    content_type: str = "text/html"


@dataclass(frozen=True, slots=True)
class Hangup(Reply):
    """The connection is closed without an answer."""


@dataclass(frozen=True, slots=True)
class NoTools(Reply):
    """Status 400 for a request with tools, which does not use the reply up; the reply for any other."""

    reply: Reply

    def refuses(self, body: Json) -> Status | None:
        return Status(400, "tools are not supported") if body.get("tools") else self.reply.refuses(body)

    @property
    def given(self) -> Reply:
        return self.reply.given


@dataclass(frozen=True, slots=True)
class NoStream(Reply):
    """Status 400 for a request with `stream: true`, which does not use the reply up; the reply for any other."""

    reply: Reply

    def refuses(self, body: Json) -> Status | None:
        return Status(400, "stream is not supported") if body.get("stream") else self.reply.refuses(body)

    @property
    def given(self) -> Reply:
        return self.reply.given


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion(Reply):
    """A message of the model: as a stream of pieces if one is asked for, otherwise in one JSON object.

    `delay` seconds pass before the first byte, `pause` seconds between two frames; a piece has `piece` characters.
    The usage is estimated at four characters a token; None stands for an endpoint that does not tell it.
    """

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: Sequence[Call] = ()
    finish: str = "stop"
    usage: Usage | Literal["estimated"] | None = "estimated"
    delay: float = 0.0
    pause: float = 0.0
    piece: int = 7

    streams: ClassVar[bool] = True

    @property
    def ending(self) -> Ending:
        """How the response ends: well, never, with a closed socket, or as if it were whole (`cut`)."""
        return "done"


@dataclass(frozen=True, slots=True)
class Text(Completion):
    """Text; `reasoning` is sent ahead of it as `reasoning_content`."""

    text: str


@dataclass(frozen=True, slots=True)
class Calls(Completion):
    """Tool calls, after some text if there is any."""

    calls: Sequence[Call]
    finish: str = field(default="tool_calls", kw_only=True)


@dataclass(frozen=True, slots=True)
class Empty(Completion):
    """A completion without content."""


@dataclass(frozen=True, slots=True)
class Refusal(Completion):
    """The model refuses, in the field that is for it."""

    refusal: str


@dataclass(frozen=True, slots=True)
class Filtered(Completion):
    """The endpoint's content filter took everything."""

    finish: str = field(default="content_filter", kw_only=True)


@dataclass(frozen=True, slots=True)
class Whole(Text):
    """Text in one plain JSON object, even if a stream is asked for."""

    streams: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Stall(Text):
    """Text, then nothing until the client hangs up or the server closes; not streamed: half of the JSON, then nothing.

    For an endpoint that does not even send headers take a `Text` with a long delay.
    """

    @property
    def ending(self) -> Ending:
        return "stall"


@dataclass(frozen=True, slots=True)
class Break(Text):
    """Text, then a closed socket; not streamed: half of the JSON.

    With `clean` a stream ends as HTTP wants it, but without `finish_reason` and `[DONE]`, as behind some proxies.
    """

    clean: bool = field(default=False, kw_only=True)

    @property
    def ending(self) -> Ending:
        return "cut" if self.clean else "break"


def completion(reply: Completion, request: Request, number: int) -> Json:
    """The reply as the one JSON object of a request that asks for no stream."""
    message: Json = {"role": "assistant", "content": reply.text or None, "refusal": reply.refusal or None}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [_call(call, number, place, call.written) for place, call in enumerate(reply.calls)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish}
    usage = _usage(reply, request)
    told = {} if usage is None else {"usage": usage}
    return {**_head("chat.completion", request, number), "choices": [choice], **told}


def frames(reply: Completion, request: Request, number: int) -> Iterator[Json]:
    """The reply as the frames of a stream; a reply that does not end well stops after its last piece."""
    usage = _usage(reply, request) if (request.body.get("stream_options") or {}).get("include_usage") else None
    head = _head("chat.completion.chunk", request, number)
    unknown = {} if usage is None else {"usage": None}

    def frame(delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "choices": [choice], **unknown}

    yield frame({"role": "assistant", "content": None if reply.calls else "", "refusal": None})
    for delta in _deltas(reply, number):
        yield frame(delta)
    if reply.ending == "done":
        yield frame({}, reply.finish)
        if usage is not None:
            yield {**head, "choices": [], "usage": usage}


def _deltas(reply: Completion, number: int) -> Iterator[Json]:
    """What each frame between the first and the last adds."""
    for name, text in (("reasoning_content", reply.reasoning), ("content", reply.text), ("refusal", reply.refusal)):
        for piece in _pieces(text, reply.piece):
            yield {name: piece}
    for place, call in enumerate(reply.calls):
        yield {"tool_calls": [{"index": place, **_call(call, number, place, "")}]}
        for piece in _pieces(call.written, reply.piece):
            yield {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}


def _pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _call(call: Call, number: int, place: int, arguments: str) -> Json:
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id or f"call_{number}_{place}", "type": "function", "function": function}


def _head(kind: str, request: Request, number: int) -> Json:
    return {
        "id": f"chatcmpl-{number}",
        "object": kind,
        "created": int(time.time()),
        "model": request.body.get("model", ""),
        "system_fingerprint": "fp_scripted",
    }


def _usage(reply: Completion, request: Request) -> Json | None:
    """The usage as it is sent; without numbers of the script's own one token stands for four characters."""
    usage = reply.usage
    if usage is None:
        return None
    if usage == "estimated":
        asked = len(request.prompt) + len(json.dumps(request.body.get("tools") or ""))
        called = sum(len(call.name) + len(call.written) for call in reply.calls)
        said = len(reply.text) + len(reply.reasoning) + len(reply.refusal) + called
        usage = Usage(max(1, asked // 4), -(-said // 4))
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    }
