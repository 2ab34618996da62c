"""Which mode a command answers in, and with which model; what follows from the settings."""

from __future__ import annotations

from collections.abc import Callable

from agent import settings
from agent.errors import UsageError
from agent.llm.budget import Limits
from agent.llm.calls import Chat
from agent.llm.models import ModelChoice
from agent.llm.prices import price_of
from agent.settings import Settings


def chat(chosen: Settings, *, offline: bool, notice: Callable[[str], None]) -> Chat | None:
    """The model to ask, or None where answers are quoted; says why, where a model might have been meant.

    Raises `UsageError` where mode `model` was asked for and cannot be.
    """
    mode, name = chosen.text("mode"), chosen.text("model")
    if mode == "quote":
        return None
    if not name:
        if mode == "model":
            raise UsageError("no model is chosen", "give --model NAME, or set model in the settings")
        if chosen.api_key or chosen.text("base_url"):
            notice("answering by quoting, since no model is chosen (--model NAME); --mode quote says so at once")
        return None
    choice = ModelChoice(name, chosen.text("base_url") or None, chosen.api_key, chosen.number("limits.silence"))
    if offline and not choice.is_local:
        if mode == "model":
            raise UsageError(
                f"--offline excludes the model at {choice.host}", "leave --offline out, or use --mode quote"
            )
        notice(f"answering by quoting: --offline excludes the model at {choice.host}")
        return None
    return Chat(choice, price_of(choice, settings.config_folder()))


def limits(chosen: Settings) -> Limits:
    """What one answer may cost."""
    return Limits(
        calls=int(chosen.number("limits.calls")),
        tokens=int(chosen.number("limits.tokens")),
        seconds=chosen.number("limits.seconds"),
        cost_usd=chosen.number("limits.cost_usd"),
    )
