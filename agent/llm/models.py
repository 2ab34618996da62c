"""The chat model of an endpoint, by name.

A plain name is a model of an OpenAI-compatible endpoint; `anthropic:NAME` is one of another
provider, whose langchain package the user installs.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.errors import ModelUnavailable, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_OLDEST_TRACING = ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER")
_PACKAGE = re.compile(r"langchain-[a-z0-9-]+")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
OPENAI = "openai"
_FINE_TUNED = "ft"
"""What OpenAI's own names of fine-tuned models begin with."""
_OPENAI_ADDRESS = "https://api.openai.com/v1"
_NO_KEY = "none"
"""What a server that wants no key is sent in its place."""
_STALL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model, where it is, and the key for it; no address means the provider's own."""

    name: str
    base_url: str | None = None
    api_key: str | None = None
    stall_seconds: float = _STALL_SECONDS
    """How long an endpoint may be silent before a call is given up."""

    def __repr__(self) -> str:
        return f"ModelChoice({self.name!r}, {self.address!r})"

    @property
    def provider(self) -> str:
        """`openai`, or what stands before the colon of the name of another provider's model."""
        head, colon, _ = self.name.partition(":")
        is_provider = colon and head.isidentifier() and head != _FINE_TUNED and self.base_url is None
        return head if is_provider else OPENAI

    @property
    def model(self) -> str:
        """The name without the provider."""
        prefix = f"{self.provider}:"
        return self.name.removeprefix(prefix)

    @property
    def host(self) -> str:
        """Where questions and evidence are sent."""
        if self.provider != OPENAI:
            return self.provider
        return urlsplit(self.base_url or _OPENAI_ADDRESS).hostname or ""

    @property
    def address(self) -> str:
        """The endpoint's address as it may be shown: without a user and a password."""
        if self.provider != OPENAI:
            return self.provider
        parts = urlsplit(self.base_url or _OPENAI_ADDRESS)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine."""
        return self.host in LOOPBACK


def create(choice: ModelChoice) -> BaseChatModel:
    """The chat model; a `ModelUnavailable` where there is no key, a `SettingsError` where a package is missing."""
    for variable in _OLDEST_TRACING:  # langchain raises where they are set and tracing is switched off
        os.environ.pop(variable, None)
    if choice.provider != OPENAI:
        return _of_other_provider(choice)
    if not choice.api_key and not choice.base_url:
        raise ModelUnavailable(
            f"there is no key for the model {choice.name}",
            "set OPENAI_API_KEY, or name a local endpoint in OPENAI_BASE_URL, or use --mode quote",
        )
    from agent.llm import compatible  # langchain's part takes half a second to import

    return compatible.create(
        choice.model, choice.base_url or _OPENAI_ADDRESS, choice.api_key or _NO_KEY, choice.stall_seconds
    )


def _of_other_provider(choice: ModelChoice) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        model = init_chat_model(choice.model, model_provider=choice.provider, max_retries=0)
    except ImportError as error:
        named = _PACKAGE.search(str(error))
        package = named[0] if named else f"langchain-{choice.provider.replace('_', '-')}"
        raise SettingsError(
            f"models of {choice.provider} need a package that is not installed", f"run: pip install {package}"
        ) from error
    except Exception as error:  # each provider's package has errors of its own for a setting that it lacks
        raise SettingsError(
            f"the model {choice.name} cannot be used: {str(error).splitlines()[0]}",
            "give a name of an OpenAI-compatible endpoint, or PROVIDER:NAME of a provider that langchain knows",
        ) from error
    return model
