"""The user's keys: names checked, keys that are taken or that no terminal sends reported. Pure."""

from __future__ import annotations

import difflib
import string
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from textual import keys as terminal

from agent.settings import Value
from agent.tui.actions import ACTIONS, BY_NAME, Action, Place

_DEAD = {"ctrl+m": "Enter", "ctrl+i": "Tab", "ctrl+h": "Backspace", "ctrl+left_square_bracket": "Esc", "ctrl+[": "Esc"}
"""Keys that a terminal sends as others."""
_EDITING = frozenset(f"ctrl+{letter}" for letter in "aedkuwxcvzyf") | {"f6", "f7"}
"""Keys with which a line is edited: in the prompt they keep that meaning."""
_OVERLAP: dict[Place, tuple[Place, ...]] = {
    "chat": ("everywhere", "prompt", "reading"),
    "prompt": ("everywhere",),
    "reading": ("everywhere",),
    "library": ("everywhere", "papers"),
    "papers": ("everywhere",),
    "summary": ("everywhere",),
    "sessions": (),
    "evals": ("everywhere", "runs"),
    "runs": ("everywhere",),
}
"""Places whose actions are bound at the same time."""
_MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
_NAMED_KEYS = {key.value for key in terminal.Keys} | {
    terminal._character_to_key(char) for char in string.punctuation + " "
}


class Problem(NamedTuple):
    """What is wrong with a user's key: what it is, and what to do."""

    text: str
    hint: str


class Keys(NamedTuple):
    """Which keys the user gave to which action, as Textual takes them, and what is wrong with them."""

    keymap: Mapping[str, str]
    problems: tuple[Problem, ...]


def read(given: Mapping[str, Value]) -> Keys:
    """The user's keys without those that cannot be used; keys that clash are reported, and stay."""
    keymap: dict[str, str] = {}
    problems: list[Problem] = []
    for name, value in given.items():
        written = [key.strip() for key in value.text.split(",") if key.strip()]
        keys = [_named(key) for key in written]
        if problem := _refused(name, written, value.origin):
            problems.append(problem)
        else:
            keymap[name] = ",".join(keys)
    problems.extend(_clashes(keymap))
    return Keys(keymap, tuple(problems))


def keys_of(action: Action, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of an action as they are in force."""
    return tuple(keymap[action.name].split(",")) if action.name in keymap else action.keys


def _refused(name: str, written: list[str], origin: str) -> Problem | None:
    if name not in BY_NAME or name == "cite.number":
        near = difflib.get_close_matches(name, BY_NAME, n=1)
        return Problem(
            f"{origin}: there is no action {name}", f"did you mean {near[0]}?" if near else "see `citeloom keys`"
        )
    for key in written:
        if key in _DEAD or _named(key) in _DEAD:
            said = _DEAD.get(key) or _DEAD[_named(key)]
            return Problem(f"{origin}: {key} is what a terminal sends for {said}", f"give {name} another key")
        if not _comes(_named(key)):
            return Problem(f"{origin}: {key!r} is no key", "write it as in: ctrl+g, f6, alt+enter, n")
        if key in _EDITING and BY_NAME[name].place in ("everywhere", "chat", "prompt"):
            return Problem(f"{origin}: {key} edits the line in the prompt", f"give {name} another key")
    return None


def _named(key: str) -> str:
    """A key as Textual names it: `question_mark` for `?`."""
    head, last = (key[:-1], "+") if key.endswith("+") else (key[: key.rfind("+") + 1], key[key.rfind("+") + 1 :])
    return f"{head}{terminal._character_to_key(last)}" if len(last) == 1 else key


def _comes(key: str) -> bool:
    """Whether a terminal can send such a key at all: a capital letter comes without `shift`, and never with `ctrl`."""
    *modifiers, last = key.split("+")
    if any(modifier not in _MODIFIERS for modifier in modifiers):
        return False
    if len(last) == 1:
        return not modifiers or ("shift" not in modifiers and not last.isupper())
    return last in _NAMED_KEYS


def _clashes(keymap: Mapping[str, str]) -> Iterator[Problem]:
    """Pairs of actions that have one key in one place, at least one of them by the user's choice."""
    for at, one in enumerate(ACTIONS):
        for other in ACTIONS[at + 1 :]:
            if one.name not in keymap and other.name not in keymap:
                continue
            if not _meet(one.place, other.place):
                continue
            for key in sorted(set(keys_of(one, keymap)) & set(keys_of(other, keymap))):
                yield Problem(f"{key} is the key of both {one.name} and {other.name}", "give one of them another key")


def _meet(one: Place, other: Place) -> bool:
    return one == other or other in _OVERLAP.get(one, ()) or one in _OVERLAP.get(other, ())
