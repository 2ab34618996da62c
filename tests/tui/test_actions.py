"""The registry, walked: every action can be carried out, and its key reaches it."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import Input, TextArea

import tests.tui
from agent.tui import keymap
from agent.tui.actions import ACTIONS, BY_NAME, PLACES, SLASH, Action, Place, bindings, matching_slash, nearest_slash
from tests.tui.driving import running, screen_text, wait_for
from tests.tui.exercises import EXERCISES
from tests.tui.test_keymap import write_keys

for found in pkgutil.iter_modules(tests.tui.__path__):
    if found.name.startswith("exercises_"):
        importlib.import_module(f"tests.tui.{found.name}")

CLASSES: dict[Place, tuple[str, str]] = {
    "everywhere": ("agent.tui.app", "CiteloomApp"),
    "chat": ("agent.tui.screens.chat", "ChatScreen"),
    "reading": ("agent.tui.screens.chat", "ChatScreen"),
    "prompt": ("agent.tui.widgets.prompt", "PromptArea"),
    "library": ("agent.tui.screens.library", "LibraryScreen"),
    "papers": ("agent.tui.screens.library", "LibraryScreen"),
    "summary": ("agent.tui.screens.summary", "SummaryScreen"),
    "sessions": ("agent.tui.screens.sessions", "SessionsDialog"),
    "evals": ("agent.tui.screens.evals", "EvalsScreen"),
    "runs": ("agent.tui.screens.evals", "EvalsScreen"),
    "dialog": ("agent.tui.house", "Dialog"),
}
"""Who has the methods of a place."""
TOGETHER: tuple[tuple[Place, ...], ...] = (
    ("everywhere", "chat", "prompt"),
    ("everywhere", "chat", "reading"),
    ("everywhere", "library", "papers"),
    ("everywhere", "summary"),
    ("everywhere", "evals", "runs"),
    ("sessions", "dialog"),
)
"""Places whose keys are heard at the same time."""
WRITTEN_IN: dict[Place, tuple[type[DOMNode], ...]] = {
    "everywhere": (TextArea, Input),
    "chat": (TextArea,),
    "library": (Input,),
    "summary": (Input,),
    "sessions": (Input,),
}
"""What has the focus in a place while the user writes, and so hears a key first."""
MEANT_FOR_BOTH = {"enter", "delete"}
"""In a line to write in they are the line's; in the list beside it, the action's."""


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_an_action_does_what_it_says(action: Action, shelf_folder: Path) -> None:
    assert action.name in EXERCISES, "write its exercise: tests/tui/exercises.py says how"
    asyncio.run(EXERCISES[action.name](shelf_folder))


def test_every_exercise_has_its_action() -> None:
    assert sorted(set(EXERCISES) - set(BY_NAME)) == []


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_an_action_has_its_method_where_it_belongs(action: Action) -> None:
    module, name = CLASSES[action.place]
    method = getattr(getattr(importlib.import_module(module), name), action.method, None)
    assert method, f"{name} has no {action.method}"
    parameters = list(inspect.signature(method).parameters.values())[1:]
    assert len(parameters) == bool(action.argument) or action.name == "cite.number"
    for parameter in parameters if action.argument else ():
        assert parameter.default == "", "its key calls it without an argument"


def test_names_and_slash_commands_are_unique() -> None:
    assert len(BY_NAME) == len(ACTIONS)
    commands = [action.slash for action in ACTIONS if action.slash]
    assert len(SLASH) == len(commands)
    assert all(name.isidentifier() and name.islower() for name in commands)


def test_an_action_is_within_reach() -> None:
    """By a key, a slash command, or the palette, which lists them; and it says what it is."""
    assert [action.name for action in ACTIONS if not (action.keys or action.slash or action.in_palette)] == []
    assert [action.name for action in ACTIONS if not action.title or action.title[0].islower()] == []
    assert {action.place for action in ACTIONS} == set(PLACES) == set(CLASSES)


def test_slash_commands_are_carried_out_by_the_app_or_the_chat() -> None:
    assert {action.place for action in SLASH.values()} <= {"everywhere", "chat"}


def test_no_default_key_is_one_that_a_terminal_sends_as_another() -> None:
    assert [(action.name, key) for action in ACTIONS for key in action.keys if key in keymap._DEAD] == []


@pytest.mark.parametrize("places", TOGETHER, ids=lambda places: "+".join(places))
def test_no_key_means_two_things_at_once(places: tuple[Place, ...]) -> None:
    taken: dict[str, list[str]] = {}
    for action in ACTIONS:
        for key in action.keys if action.place in places else ():
            taken.setdefault(key, []).append(action.name)
    if places == ("sessions", "dialog"):  # of what can be done everywhere a dialog lets quitting through alone
        taken.setdefault(BY_NAME["app.quit"].keys[0], []).append("app.quit")
    assert {key: names for key, names in taken.items() if len(names) > 1} == {}


@pytest.mark.parametrize("place", WRITTEN_IN)
def test_no_action_takes_a_key_with_which_text_is_edited(place: Place) -> None:
    editing = {key for widget in WRITTEN_IN[place] for key in keys_of(widget)} - MEANT_FOR_BOTH
    assert {"ctrl+a", "ctrl+e", "ctrl+k", "ctrl+u", "ctrl+w", "left", "backspace"} <= editing
    clashing = {key: action.name for action in ACTIONS if action.place == place for key in action.keys}
    assert {key: name for key, name in clashing.items() if key in editing} == {}


def test_the_users_keys_are_kept_from_all_that_edits_the_prompt() -> None:
    chords = {key for key in keys_of(TextArea) if key.startswith("ctrl+") and len(key) == len("ctrl+x")}
    functions = {key for key in keys_of(TextArea) if key.startswith("f")}
    assert chords | functions <= keymap._EDITING


def test_a_binding_carries_the_name_by_which_the_user_gives_it_other_keys() -> None:
    for place in PLACES:
        for binding in bindings(place):
            assert isinstance(binding, Binding)
            assert binding.id
            assert binding.id in BY_NAME or binding.id.startswith("cite.number.")


def test_the_palette_names_the_keys_that_are_in_force(shelf_folder: Path, tmp_path: Path) -> None:
    write_keys(tmp_path, '"go.library" = "f11"')

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await pilot.press("ctrl+p")
            await wait_for(
                pilot, lambda: all(key in screen_text(pilot) for key in ("Sessions (/sessions)", "F2", "F11"))
            )

    asyncio.run(story())


def test_a_slash_command_is_found_by_its_beginning_and_by_a_slip() -> None:
    assert [action.slash for action in matching_slash("se")] == ["sessions", "settings", "setup"]
    assert len(matching_slash("")) == len(SLASH)
    assert nearest_slash("sesions") == "sessions"
    assert nearest_slash("qqqqqq") is None


def keys_of(widget: type[Any]) -> Iterable[str]:
    """The keys of Textual's own widget."""
    for binding in widget.BINDINGS:
        yield from (binding.key if isinstance(binding, Binding) else binding[0]).split(",")
