"""Which model a name means: one of an OpenAI-compatible endpoint, or one of another provider's package."""

from __future__ import annotations

import pytest
from langchain_openai import ChatOpenAI

from agent.errors import ExitCode, ModelUnavailable, SettingsError, exit_code_for
from agent.llm import models
from agent.llm.models import ModelChoice
from tests.agent.llm.conftest import KEY, model_at
from tests.support.replies import Text
from tests.support.server import ScriptedServer

LOCAL = "http://localhost:11434/v1"


@pytest.mark.parametrize(
    ("name", "base_url", "provider", "model"),
    [
        ("gpt-4o-mini", None, "openai", "gpt-4o-mini"),
        ("openai:gpt-4o-mini", None, "openai", "gpt-4o-mini"),
        ("openai:ft:gpt-4o-mini:acme::7p4l", None, "openai", "ft:gpt-4o-mini:acme::7p4l"),
        ("anthropic:claude-x", None, "anthropic", "claude-x"),
        ("google_genai:gemini-x:beta", None, "google_genai", "gemini-x:beta"),
        ("llama3:8b", LOCAL, "openai", "llama3:8b"),
        ("anthropic:claude-x", LOCAL, "openai", "anthropic:claude-x"),
        ("hf.co/org/model:Q4_K_M", LOCAL, "openai", "hf.co/org/model:Q4_K_M"),
        ("org/model-7b", None, "openai", "org/model-7b"),
        (":odd", None, "openai", ":odd"),
    ],
)
def test_a_name_is_taken_apart_only_where_no_address_is_given(
    name: str, base_url: str | None, provider: str, model: str
) -> None:
    choice = ModelChoice(name, base_url)
    assert (choice.provider, choice.model) == (provider, model)


def test_a_fine_tuned_model_of_openai_is_one_of_openai() -> None:
    choice = ModelChoice("ft:gpt-4o-mini:acme::7p4l")
    assert (choice.provider, choice.model) == ("openai", "ft:gpt-4o-mini:acme::7p4l")


def test_a_name_with_a_colon_reaches_the_endpoint_whole() -> None:
    with ScriptedServer([Text("Yes.")]) as server:
        model = model_at(server, server.base_url)
        model.chat.choice = ModelChoice("llama3:8b", server.base_url)
        assert model.ask() == "Yes."
    assert server.requests[0].body["model"] == "llama3:8b"


@pytest.mark.parametrize(
    ("base_url", "host", "is_local"),
    [
        (None, "api.openai.com", False),
        (LOCAL, "localhost", True),
        ("http://127.0.0.1:8000/v1", "127.0.0.1", True),
        ("http://[::1]:8000/v1", "::1", True),
        ("https://gateway.example:8443/v1", "gateway.example", False),
        ("http://localhost.evil.example/v1", "localhost.evil.example", False),
        ("http://127.0.0.1@evil.example/v1", "evil.example", False),
    ],
)
def test_the_host_is_where_questions_are_sent(base_url: str | None, host: str, is_local: bool) -> None:
    choice = ModelChoice("m", base_url)
    assert (choice.host, choice.is_local) == (host, is_local)


def test_the_host_of_another_providers_model_is_the_provider() -> None:
    choice = ModelChoice("anthropic:claude-x")
    assert (choice.host, choice.is_local) == ("anthropic", False)


def test_without_a_key_and_an_address_there_is_no_model() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        models.create(ModelChoice("gpt-4o-mini"))
    assert exit_code_for(caught.value) == ExitCode.PROVIDER
    assert "gpt-4o-mini" in caught.value.message
    assert "OPENAI_API_KEY" in caught.value.hint


def test_a_model_makes_no_second_try_of_its_own_and_speaks_chat_completions() -> None:
    model = models.create(ModelChoice("m", LOCAL, KEY, stall_seconds=7.0))
    assert isinstance(model, ChatOpenAI)
    assert (model.max_retries, model.request_timeout, model.use_responses_api) == (0, 7.0, False)
    assert model.root_async_client.max_retries == 0


def refusal_of(name: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        models.create(ModelChoice(name, api_key=KEY))
    error = caught.value
    assert exit_code_for(error) == ExitCode.USAGE
    assert len(error.message.splitlines()) == len(error.hint.splitlines()) == 1
    assert KEY not in error.message + error.hint
    return error


@pytest.mark.parametrize(
    ("name", "package"),
    [("anthropic:claude-x", "langchain-anthropic"), ("google_genai:gemini-x", "langchain-google-genai")],
)
def test_a_package_that_is_missing_is_named_in_the_line_that_installs_it(name: str, package: str) -> None:
    error = refusal_of(name)
    assert f"pip install {package}" in error.hint


@pytest.mark.parametrize(
    ("name", "package"), [("bedrock:m", "langchain-aws"), ("nvidia:m", "langchain-nvidia-ai-endpoints")]
)
def test_a_missing_package_with_another_name_than_its_provider_is_named_rightly(name: str, package: str) -> None:
    assert f"pip install {package}" in refusal_of(name).hint


@pytest.mark.parametrize("name", ["llama3:8b", "nosuchprovider:m"])
def test_a_provider_that_does_not_exist_is_said(name: str) -> None:
    error = refusal_of(name)
    assert name in error.message
    assert "OpenAI-compatible" in error.hint


def test_a_provider_that_lacks_its_key_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("AZURE_OPENAI_AD_TOKEN", raising=False)
    with pytest.raises((SettingsError, ModelUnavailable)) as caught:
        models.create(ModelChoice("azure_openai:m"))
    assert caught.value.hint
