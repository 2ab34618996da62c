"""What tokens cost: a shipped list of prices, and the user's own, which goes before it."""

from __future__ import annotations

import math
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from agent.errors import SettingsError
from agent.llm.models import ModelChoice

FILE = "prices.toml"
_PER = 1_000_000
_DATED = re.compile(r"-\d{4}-?\d{2}-?\d{2}$")
_HOSTS_OF_SHIPPED_PRICES = ("api.openai.com",)


class Price(NamedTuple):
    """US dollars for a million tokens."""

    input: float
    output: float

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """What a call costs, in US dollars."""
        return round((prompt_tokens * self.input + completion_tokens * self.output) / _PER, 8)


def price_of(choice: ModelChoice, folder: Path) -> Price | None:
    """The price of a model, or None where it is not known; `folder` may hold the user's own list."""
    own = folder / FILE
    known: dict[str, Price] = {}
    if choice.host in _HOSTS_OF_SHIPPED_PRICES:
        known |= _read(files("agent.llm").joinpath(FILE).read_text(encoding="utf-8"), FILE)
    if own.is_file():
        known |= _read(own.read_text(encoding="utf-8", errors="replace"), str(own))
    return known.get(choice.name) or known.get(choice.model) or known.get(_DATED.sub("", choice.model))


def _read(text: str, name: str) -> dict[str, Price]:
    hint = 'write it as: [prices] and then lines like "some-model" = [0.5, 1.5]'
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} cannot be read: {error}", hint) from error
    prices = content.pop("prices", {})
    if not isinstance(prices, dict) or content:
        raise SettingsError(f"{name}: a price stands outside [prices]", hint)
    found = {}
    for model, pair in prices.items():
        is_pair = isinstance(pair, list) and len(pair) == 2 and all(type(value) in (int, float) for value in pair)
        if not is_pair or not all(0 <= value < math.inf for value in pair):
            raise SettingsError(f"{name}: the price of {model} is not two numbers", hint)
        found[model] = Price(float(pair[0]), float(pair[1]))
    return found
