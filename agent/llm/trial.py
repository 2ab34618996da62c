"""Tries an endpoint before it is settled on: which models it lists, and whether one of them answers.

A trial is over soon and leaves no connection open. Where it fails, the `ModelUnavailable` says
in a line what happened and in another what to do. The key goes where it would go afterwards.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import NamedTuple

from agent.errors import BudgetExceeded, ModelTimeout, ModelUnavailable
from agent.llm import faults
from agent.llm.budget import Budget, Limits
from agent.llm.calls import Calls, Chat, Cut
from agent.llm.models import ModelChoice

PATIENCE = 20.0
"""Seconds for each of the two steps; a model that is loaded for the first time may need most of them."""
_QUESTION = "Answer with one word: which colour has the sky by day?"
_MOST_TOKENS = 400
"""Of question and reply together; a model that thinks is not waited for."""
_MOST_NAMED = 3
"""Models that a hint names."""
_LONGEST_NAME = 200
_CHECK_ADDRESS = "check the address; it often ends in /v1"
_NO_LIST = (403, 404, 405, 501)
"""What endpoints say that answer questions and list no models, and servers that are no endpoints at all."""
_LISTING = "listing"
_NO_KEY = "none"
"""What a server that wants no key is sent in its place."""


class Outcome(NamedTuple):
    """What a trial found."""

    model: str
    """The model that answered; empty where one of those that are offered has to be chosen first."""
    offered: tuple[str, ...]


async def run(choice: ModelChoice) -> Outcome:
    """Tries a model of an endpoint; without a name, the only one that it lists."""
    try:
        offered = await listed(choice)
    except ModelUnavailable as error:
        if error.kind != _LISTING or not choice.name:
            raise
        offered = ()
    name = choice.name or (offered[0] if len(offered) == 1 else "")
    if name:
        await _answer(replace(choice, name=name), offered)
    elif not offered:
        raise ModelUnavailable(
            f"{choice.host} lists no models", "load a model there first, or name one here", kind=_LISTING
        )
    return Outcome(name, offered)


async def listed(choice: ModelChoice) -> tuple[str, ...]:
    """The models that the endpoint lists, in its own order."""
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # most of a second

    patience = choice.stall_seconds
    client = AsyncOpenAI(
        base_url=choice.base_url,
        api_key=choice.api_key or _NO_KEY,
        max_retries=0,
        http_client=DefaultAsyncHttpxClient(timeout=patience, follow_redirects=False),
    )
    try:
        async with asyncio.timeout(patience):
            reply = await client.models.with_raw_response.list()
            return _names(reply.content)
    except Exception as error:  # noqa: BLE001 - whatever a provider's library raises is a fault of the call
        raise _refusal(error, choice) from None  # not chained: an endpoint may echo the key in what it says
    finally:
        await client.close()


def _names(body: bytes) -> tuple[str, ...]:
    """Raises `ValueError` or `TypeError` where this is no list of models."""
    rows = json.loads(body)["data"]
    names = [row["id"] for row in rows or ()]
    usable = (name for name in names if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable())
    return tuple(dict.fromkeys(usable))


def _refusal(error: Exception, choice: ModelChoice) -> ModelUnavailable:
    status = getattr(error, "status_code", None)
    if status in _NO_LIST or (isinstance(status, int) and 300 <= status < 400):
        said = f"there is no list of models at {choice.address} ({status})"
        return ModelUnavailable(said, f"{_CHECK_ADDRESS}, or name the model", kind=_LISTING)
    if isinstance(error, (ValueError, TypeError, LookupError)):
        return ModelUnavailable(
            f"what answers at {choice.address} is no OpenAI-compatible endpoint", _CHECK_ADDRESS, kind=_LISTING
        )
    fault = faults.fault_of(error, choice)
    return _late(choice) if fault.kind == "silent" else fault.error()


async def _answer(choice: ModelChoice, offered: tuple[str, ...]) -> None:
    """Asks something tiny; a reply that is too long for the trial is a reply as well."""
    from langchain_core.messages import HumanMessage

    chat = Chat(choice)
    try:
        assert chat.model  # what it imports is not the endpoint's time
        limits = Limits(calls=2, tokens=_MOST_TOKENS, seconds=choice.stall_seconds)  # one more, for a simpler way
        budget = Budget(limits)
        await Calls(chat, budget).ask("trial", [HumanMessage(_QUESTION)])
    except (Cut, ModelTimeout, BudgetExceeded):
        if not any(entry.usage.completion_tokens for entry in budget.ledger):
            raise _late(choice) from None
    except ModelUnavailable as error:
        if error.kind == "model":
            error.hint = f"it has {_some(offered)}" if offered else f"check the name; {_CHECK_ADDRESS}"
        raise
    finally:
        await chat.aclose()


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _late(choice: ModelChoice) -> ModelTimeout:
    return ModelTimeout(
        f"{choice.address} has not answered within {choice.stall_seconds:g} s",
        "try again, as a model that is being loaded is slow, or choose a smaller one",
        kind="silent",
    )
