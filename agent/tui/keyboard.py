"""The table of keys, for the help, for `citeloom keys`, and for the README. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from agent.tui.actions import ACTIONS, Action
from agent.tui.keymap import keys_of

SCHEMA = "citeloom.keys/1"
_SHOWN = {
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "slash": "/",
    "question_mark": "?",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "space": "Space",
    "delete": "Del",
}


class Row(NamedTuple):
    """An action as a reader sees it."""

    keys: str
    title: str
    slash: str


def shown(key: str) -> str:
    """A key as a reader sees it: `F1`, `Ctrl+N`, `]`."""
    parts = key.split("+")
    *modifiers, last = parts if parts[-1] else ["+"]
    name = _SHOWN.get(last, last)
    name = name.upper() if len(name) > 1 and name[0] == "f" and name[1:].isdigit() else name
    if modifiers:
        name = name.upper() if len(name) == 1 else name
    elif len(name) > 1 and name[0].islower():
        name = name.capitalize()
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])


def table(actions: Iterable[Action], keymap: Mapping[str, str]) -> list[Row]:
    """The actions with their keys as they are in force."""
    return [
        Row(
            _keys(action, keymap), _title(action), f"/{action.slash} {action.argument}".rstrip() if action.slash else ""
        )
        for action in actions
    ]


def to_markdown(keymap: Mapping[str, str]) -> str:
    """The table of all actions as Markdown, for the README."""
    lines = ["| Where | Keys | What | Command |", "|---|---|---|---|"]
    for action in ACTIONS:
        row = table([action], keymap)[0]
        keys, slash = (f"`{text}`" if text else "" for text in (row.keys, row.slash))
        lines.append(f"| {action.place} | {keys} | {row.title} | {slash.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def to_dict(keymap: Mapping[str, str]) -> dict[str, Any]:
    """All actions as data, for `citeloom keys --json`."""
    actions = [
        {
            "name": action.name,
            "place": action.place,
            "title": action.title,
            "help": action.help,
            "keys": list(keys_of(action, keymap)),
            "default_keys": list(action.keys),
            "slash": action.slash or None,
            "argument": action.argument or None,
        }
        for action in ACTIONS
    ]
    return {"schema": SCHEMA, "actions": actions}


def to_text(keymap: Mapping[str, str]) -> str:
    """The table of all actions for a terminal."""
    rows = [(action.name, *table([action], keymap)[0]) for action in ACTIONS]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip() + "\n"
        for row in rows
    )


def _keys(action: Action, keymap: Mapping[str, str]) -> str:
    if action.name == "cite.number":
        return "1-9"
    return ", ".join(shown(key) for key in keys_of(action, keymap))


def _title(action: Action) -> str:
    return f"{action.title}: {action.help}" if action.help else action.title
