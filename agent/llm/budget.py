"""Limits of one answer, and the ledger of what it has spent."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from agent.answer import Usage
from agent.errors import BudgetExceeded


@dataclass(frozen=True, slots=True)
class Limits:
    """What one answer may cost at most; `cost_usd` holds only where a price is known, 0 means no limit."""

    calls: int = 8
    tokens: int = 40_000
    """Prompt and completion tokens of all calls together."""
    seconds: float = 180.0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What one try of one call cost."""

    step: str
    usage: Usage
    seconds: float
    failed: str = ""
    """The kind of fault, where the try failed."""


@dataclass(slots=True)
class Budget:
    """Limits and what was spent of them."""

    limits: Limits
    ledger: list[Entry] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def begin(self) -> None:
        """Counts the seconds from now on."""
        self.began = time.monotonic()

    @property
    def spent(self) -> Usage:
        """The sum of the ledger."""
        return sum((entry.usage for entry in self.ledger), Usage())

    @property
    def seconds_left(self) -> float:
        """Seconds until the limit; never under zero."""
        return max(self.limits.seconds - (time.monotonic() - self.began), 0.0)

    @property
    def tokens_left(self) -> int:
        """Tokens until the limit; never under zero."""
        spent = self.spent
        return max(self.limits.tokens - spent.prompt_tokens - spent.completion_tokens, 0)

    @property
    def calls_left(self) -> int:
        """Calls until the limit; never under zero."""
        return max(self.limits.calls - self.spent.calls, 0)

    def demand(self, prompt_tokens: int, prompt_cost: float | None) -> None:
        """Raises `BudgetExceeded` where a call with such a prompt would go over a limit."""
        limits = self.limits
        if self.calls_left < 1:
            raise BudgetExceeded("calls", f"the limit of {limits.calls} calls is reached")
        if prompt_tokens >= self.tokens_left:
            raise BudgetExceeded("tokens", f"the limit of {limits.tokens:,} tokens is reached")
        if self.seconds_left <= 0:
            raise BudgetExceeded("seconds", f"the limit of {limits.seconds:g} seconds is reached")
        if limits.cost_usd and (self.spent.cost_usd or 0.0) + (prompt_cost or 0.0) > limits.cost_usd:
            raise BudgetExceeded("cost_usd", f"the limit of ${limits.cost_usd:g} is reached")
