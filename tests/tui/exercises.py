"""The exercises: one for each action of the registry, which carries it out as a user would.

`test_actions.py` walks the registry: an action without an exercise fails, and so does an
exercise without its action.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

Exercise = Callable[[Path], Coroutine[Any, Any, None]]
"""Takes the folder of a library of made-up papers, for reading only."""
EXERCISES: dict[str, Exercise] = {}


def exercise(name: str) -> Callable[[Exercise], Exercise]:
    """Makes a coroutine the exercise of the action with this name."""

    def register(work: Exercise) -> Exercise:
        assert name not in EXERCISES, f"{name} has an exercise already"
        EXERCISES[name] = work
        return work

    return register
