"""Which mode answers, and with which model: what follows from the settings, and what is said of it."""

from __future__ import annotations

import pytest

from agent import modes, settings
from agent.errors import UsageError
from agent.llm.budget import Limits
from agent.llm.calls import Chat

KEY = "sk-a-key-that-nobody-may-see"
HERE = "http://127.0.0.1:1/v1"
THERE = "http://example.org/v1"


def chosen(*, offline: bool = False, silence: str = "60", **flags: str) -> tuple[Chat | None, list[str]]:
    """The model that these settings choose, and the notices."""
    flags |= {"limits.silence": silence}
    said: list[str] = []
    return modes.chat(settings.load(flags), offline=offline, notice=said.append), said


def test_quote_mode_has_no_model_and_nothing_to_say() -> None:
    assert chosen(mode="quote", model="gpt", base_url=THERE, offline=True) == (None, [])


def test_without_model_and_key_answers_are_quoted_without_a_word() -> None:
    assert chosen() == (None, [])


def test_a_key_without_a_model_is_spoken_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    model, said = chosen()
    assert model is None
    assert len(said) == 1
    assert "--model" in said[0]
    assert KEY not in said[0]


def test_an_address_without_a_model_is_spoken_of() -> None:
    model, said = chosen(base_url=HERE)

    assert model is None
    assert "--model" in said[0]


def test_mode_model_without_a_model_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        chosen(mode="model")

    assert "--model" in caught.value.hint


@pytest.mark.parametrize("mode", ["auto", "model"])
def test_a_model_that_is_named_is_asked(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    model, said = chosen(mode=mode, model="gpt", base_url=THERE, silence="7")
    assert said == []
    assert model is not None
    choice = model.choice
    assert (choice.name, choice.base_url, choice.api_key, choice.stall_seconds) == ("gpt", THERE, KEY, 7.0)
    assert KEY not in repr(model)


def test_offline_leaves_a_model_on_this_machine() -> None:
    model, said = chosen(model="gpt", base_url=HERE, offline=True)

    assert model is not None
    assert said == []


def test_offline_excludes_a_model_elsewhere_and_says_so() -> None:
    model, said = chosen(model="gpt", base_url=THERE, offline=True)

    assert model is None
    assert "--offline excludes the model at example.org" in said[0]


@pytest.mark.parametrize("address", [THERE, ""])
def test_offline_with_mode_model_elsewhere_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="--offline excludes"):
        chosen(mode="model", model="gpt", offline=True, base_url=address)


def test_offline_excludes_a_model_of_another_provider() -> None:
    assert chosen(model="anthropic:x", offline=True)[0] is None


def test_a_price_of_the_users_own_file_is_used() -> None:
    settings.config_folder().mkdir(parents=True)
    (settings.config_folder() / "prices.toml").write_text("[prices]\ngpt = [1.0, 2.0]\n", encoding="utf-8")

    priced, _ = chosen(model="gpt", base_url=HERE)
    unknown, _ = chosen(model="another", base_url=HERE)
    assert priced is not None
    assert priced.price == (1.0, 2.0)
    assert unknown is not None
    assert unknown.price is None


def test_the_limits_are_those_of_the_settings() -> None:
    flags = {"limits.calls": "3", "limits.tokens": "5000", "limits.seconds": "2.5", "limits.cost_usd": "0.1"}

    assert modes.limits(settings.load(flags)) == Limits(3, 5000, 2.5, 0.1)


def test_the_limits_of_no_settings_are_the_defaults() -> None:
    assert modes.limits(settings.load({})) == Limits()
