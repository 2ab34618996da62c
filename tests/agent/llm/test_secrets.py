"""The key is in one place: the header of a request to the endpoint. Nothing said, written or kept has it."""

from __future__ import annotations

import json
import traceback

import pytest

from agent.llm.faults import redacted
from agent.llm.models import ModelChoice
from tests.agent.llm.conftest import KEY, always, model_at, model_of
from tests.support.replies import Refusal, Reply, Status, Text
from tests.support.server import ScriptedServer

ECHOES: dict[str, Reply] = {
    "401": Status(401, f"Incorrect API key provided: {KEY}"),
    "403": Status(403, f"key {KEY} is not allowed"),
    "400": Status(400, f"Bearer {KEY} is malformed"),
    "429": Status(429, f"too many requests of {KEY}"),
    "500": Status(500, f"worker died: authorization={KEY}"),
    "a code": Status(400, "no", code=KEY, type=KEY),
    "a refusal": Refusal(f"I will not repeat {KEY}"),
}


@pytest.mark.parametrize("reply", ECHOES.values(), ids=ECHOES.keys())
def test_an_endpoint_that_repeats_the_key_does_not_get_it_shown_or_written_down(reply: Reply) -> None:
    with model_of(always(reply)) as model:
        error = model.failure()
    assert KEY in model.server.requests[0].headers["authorization"]
    assert KEY not in f"{error.message} {error.hint} {error!r}"
    assert KEY not in repr(model.told)
    assert KEY not in json.dumps(model.records)


@pytest.mark.parametrize("name", ["401", "403", "400", "429", "500"])
def test_the_traceback_of_a_fault_does_not_have_the_key(name: str) -> None:
    with model_of(always(ECHOES[name])) as model:
        error = model.failure()
    assert KEY not in "".join(traceback.format_exception(error))


def test_the_traceback_of_a_refusal_does_not_have_the_key() -> None:
    with model_of(always(ECHOES["a refusal"])) as model:
        error = model.failure()
    assert KEY not in "".join(traceback.format_exception(error))


def test_no_representation_of_a_model_has_its_key() -> None:
    with model_of([Text("Yes.")]) as model:
        assert model.ask() == "Yes."
    held = (model.chat.choice, model.chat, model.chat.model, model.budget)
    assert all(KEY not in f"{one!r} {one}" for one in held)


def test_a_password_in_the_address_is_not_shown(nobody: str) -> None:
    address = nobody.replace("127.0.0.1", f"me:{KEY}@127.0.0.1")
    with ScriptedServer([]) as server:
        error = model_at(server, address).failure()
    assert "127.0.0.1" in error.message
    assert KEY not in error.message
    assert KEY not in repr(ModelChoice("scripted", address))


@pytest.mark.parametrize(
    "said",
    [
        "Incorrect API key provided: sk-abcd****wxyz.",
        "Authorization: Bearer abc.def-ghi was refused",
        f"it was {KEY}, or {KEY}",
    ],
)
def test_a_key_that_is_not_our_own_or_half_hidden_is_not_repeated_either(said: str) -> None:
    shown = redacted(said, ModelChoice("scripted", "http://127.0.0.1:9/v1", KEY))
    assert "***" in shown
    assert not any(part in shown for part in ("wxyz", "abc.def", KEY))


def test_what_an_endpoint_says_is_one_short_line_without_terminal_escapes() -> None:
    shown = redacted("a\x1b[31mred\n\nalert\x07" + "!" * 10_000, ModelChoice("scripted"))
    assert shown.startswith("ared alert!")
    assert len(shown) <= 200
    assert shown.isprintable()


def test_a_server_that_wants_no_key_gets_none_of_ours() -> None:
    with model_of([Text("Yes.")], key="") as model:
        assert model.ask() == "Yes."
    assert model.server.requests[0].headers["authorization"] == "Bearer none"
