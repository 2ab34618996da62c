"""Every way in which a provider fails, as one fault: its kind, what to say, and whether another try may help."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from agent.errors import ContextTooLong, ModelTimeout, ModelUnavailable
from agent.llm.models import OPENAI, ModelChoice
from store.text import clean

_SECRET = re.compile(r"\b(?:sk|pk|key)-[\w*.-]{4,}|Bearer\s+\S+", re.IGNORECASE)
_LONGEST_SAYING = 200
_CONTEXT = re.compile(
    r"context[_ ](?:length|window|size)|too (?:long|many tokens)|maximum.{0,20}tokens|exceeds? the .*context", re.I
)
_TOOLS = re.compile(r"\btools?\b|tool_choice|function.?call", re.IGNORECASE)
_STREAM = re.compile(r"\bstream", re.IGNORECASE)
_QUOTA = re.compile(r"insufficient_quota|exceeded your current quota|billing_(?:hard_limit|not_active)", re.IGNORECASE)
_ASK_ANOTHER = "choose another model, or check the address of the endpoint"
_NO_FRAME = "No generation chunks were returned"
"""What langchain says of a stream in which nothing came."""
_BROKEN = ("RemoteProtocolError", "ReadError", "WriteError", "ConnectError", "APIConnectionError", "IncompleteRead")


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with one try of a call."""

    kind: str
    message: str
    hint: str = ""
    may_pass: bool = False
    """Whether another try may help."""
    wait: float | None = None
    """Seconds that the endpoint asks to wait."""

    def error(self) -> ModelUnavailable:
        """The error that the user is shown."""
        kind = {"context": ContextTooLong, "silent": ModelTimeout}.get(self.kind, ModelUnavailable)
        return kind(self.message, self.hint, kind=self.kind)


def fault_of(error: BaseException, choice: ModelChoice) -> Fault:
    """What `error`, raised by a call of the model, means."""
    chain = list(_chain(error))
    status = next((code for one in chain if isinstance(code := getattr(one, "status_code", None), int)), None)
    if status is not None:
        return _of_status(status, chain, choice)
    if any(isinstance(one, ValueError) and str(one) == _NO_FRAME for one in chain):
        return nothing_streamed(choice)
    return _of_connection(chain, choice) or Fault(
        "malformed",
        f"the reply of {choice.host} cannot be understood ({type(chain[-1]).__name__})",
        "check that the address is that of an OpenAI-compatible endpoint (it often ends in /v1)",
        may_pass=True,
    )


def silent(choice: ModelChoice) -> Fault:
    """The endpoint has sent nothing for as long as it may."""
    return Fault(
        "silent",
        f"{choice.host} was silent for {choice.stall_seconds:g} s",
        "try again, choose a faster model, or raise limits.silence in the settings",
        may_pass=True,
    )


def nothing_streamed(choice: ModelChoice) -> Fault:
    """The reply holds no frame of a stream."""
    return Fault("stream", f"{choice.host} sends nothing that streams", _ASK_ANOTHER)


def unfinished(choice: ModelChoice) -> Fault:
    """The reply ended without a word on why, as when a server is stopped in the middle of it."""
    return Fault("broken", f"the reply of {choice.host} ended in the middle", "try again", may_pass=True)


def empty(choice: ModelChoice) -> Fault:
    """The reply holds no text and no tool call."""
    return Fault("empty", f"{choice.name} sent an empty reply", "try again, or choose another model", may_pass=True)


def endless_call(choice: ModelChoice) -> Fault:
    """A tool is called with more than anyone could mean."""
    return Fault(
        "malformed", f"{choice.name} called a tool with endless arguments", "choose another model", may_pass=True
    )


def refusal(choice: ModelChoice, said: str) -> Fault:
    """The model, or a filter before it, refused."""
    return Fault(
        "refusal",
        f"{choice.name} refused: {redacted(said, choice)}" if said else f"a filter of {choice.host} withheld the reply",
        "put the question in other words, or use --mode quote",
    )


def cause(error: BaseException, choice: ModelChoice) -> Exception:
    """Where and as what `error` was raised, for a traceback, without the key that its own words may have."""
    return _Cause(f"{type(error).__name__}: {redacted(str(error), choice)}").with_traceback(error.__traceback__)


class _Cause(Exception):
    """What a provider's library raised."""


def redacted(text: str, choice: ModelChoice) -> str:
    """`text` on one line, short, and without the key."""
    text = clean(text)
    if choice.api_key and len(choice.api_key) > 3:
        text = text.replace(choice.api_key, "***")
    return _SECRET.sub("***", text)[:_LONGEST_SAYING]


def _of_status(status: int, chain: list[BaseException], choice: ModelChoice) -> Fault:
    said = " ".join(_saying(one) for one in chain)
    shown = redacted(_message(chain[0]), choice)
    host = choice.host
    if status == 401:
        return Fault("key", f"{host} does not accept the key (401)", "check OPENAI_API_KEY, or keys.toml")
    if status == 403:
        return Fault("forbidden", f"{host} forbids this (403): {shown}", "check what the key may do, and the model")
    if status in (400, 404, 422, 500, 501) and _TOOLS.search(said):
        return Fault("tools", f"{choice.name} takes no tools", _ASK_ANOTHER)
    if status == 404:
        return Fault(
            "model",
            f"{host} does not know the model {choice.name} (404)",
            "check --model, and the address of the endpoint",
        )
    if status in (400, 413, 422) and _CONTEXT.search(said):
        return Fault(
            "context",
            f"the question with its evidence is too long for {choice.name}",
            "ask a shorter question, or give the model a larger context",
        )
    if status in (400, 422, 501) and _STREAM.search(said):
        return Fault("stream", f"{host} does not stream", _ASK_ANOTHER)
    if status == 402 or (status == 429 and _QUOTA.search(said)):
        return Fault("quota", f"the account at {host} has no credit left ({status})", "add credit, or use --mode quote")
    if status == 429:
        return Fault("rate", f"{host} asks for fewer requests (429)", "wait a little", may_pass=True, wait=_wait(chain))
    if status in (408, 409) or status >= 500:
        wait = _wait(chain)
        return Fault("server", f"{host} failed ({status})", "try again later", may_pass=True, wait=wait)
    return Fault("request", f"{host} refused the request ({status}): {shown}", "check the model and the address")


def _of_connection(chain: list[BaseException], choice: ModelChoice) -> Fault | None:
    host = choice.host
    for one in chain:
        if isinstance(one, ssl.SSLError):
            return Fault(
                "tls",
                f"no safe connection to {host}: {redacted(_saying(one), choice)}",
                "check the address and its certificate",
            )
        if isinstance(one, socket.gaierror):
            return Fault(
                "dns",
                f"there is no host {host}" if choice.provider == OPENAI else f"{host} cannot be found",
                "check the address of the endpoint, and the network",
            )
        if isinstance(one, ConnectionRefusedError):
            return Fault(
                "refused",
                f"nothing answers at {choice.address}",
                "start the server, or check its address",
                may_pass=True,
            )
    names = [type(one).__name__ for one in chain]
    if any(isinstance(one, TimeoutError) or "Timeout" in name for one, name in zip(chain, names, strict=True)):
        return silent(choice)
    if any(isinstance(one, OSError) for one in chain) or any(name in _BROKEN for name in names):
        return Fault("broken", f"the connection to {host} broke", "check the network, and try again", may_pass=True)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and what it came of, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _saying(error: BaseException) -> str:
    """All that an error says in words: message, code and type, as far as they are given."""
    body: Any = getattr(error, "body", None)
    more = [body.get("code"), body.get("type")] if isinstance(body, dict) else []
    return " ".join([_message(error), *(part for part in more if isinstance(part, str))])


def _message(error: BaseException) -> str:
    """The provider's own message where there is one."""
    body: Any = getattr(error, "body", None)
    said = body.get("message") if isinstance(body, dict) else None
    return said if isinstance(said, str) else str(getattr(error, "message", None) or error)


def _wait(chain: list[BaseException]) -> float | None:
    """What Retry-After asks for, in seconds; it is a number or a date (RFC 9110, 10.2.3)."""
    for one in chain:
        headers = getattr(getattr(one, "response", None), "headers", None)
        text = headers.get("retry-after") if headers is not None else None
        if not text:
            continue
        if re.fullmatch(r"\d+(?:\.\d+)?", text.strip()):
            return float(text)
        try:
            return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
        except (TypeError, ValueError):
            return None
    return None
