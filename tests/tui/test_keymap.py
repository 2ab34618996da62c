"""The user's own keys: read from the settings, checked, reported, and in force on the screens."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from agent import settings
from agent.settings import Value
from agent.tui import keymap
from agent.tui.actions import ACTIONS, BY_NAME
from tests.agent.conftest import RATE
from tests.tui.driving import ask, house, running, screen_text, told, wait_for, write


def given(**keys: str) -> dict[str, Value]:
    """Keys as the settings hand them over; `session__new` stands for `session.new`."""
    return {
        name.replace("__", "."): Value(text, f"config.toml:{line}") for line, (name, text) in enumerate(keys.items(), 2)
    }


def write_keys(tmp_path: Path, *lines: str) -> None:
    """Makes these lines the table of keys of the user's settings."""
    path = tmp_path / "home" / "config" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["[keys]", *lines, ""]), encoding="utf-8")


def test_keys_are_taken_as_they_are_given() -> None:
    keys = keymap.read(given(session__new="f11, alt+n", cite__next="m"))
    assert keys.keymap == {"session.new": "f11,alt+n", "cite.next": "m"}
    assert keys.problems == ()


def test_actions_that_were_not_named_keep_their_keys() -> None:
    taken = keymap.read(given(session__new="f11")).keymap
    assert keymap.keys_of(BY_NAME["session.new"], taken) == ("f11",)
    assert keymap.keys_of(BY_NAME["scroll.down"], taken) == ("j", "down")


@pytest.mark.parametrize(
    ("name", "key", "said"),
    [
        ("session.gnu", "f11", "there is no action session.gnu; did you mean session.new?"),
        ("qqqq", "f11", "there is no action qqqq; see `citeloom keys`"),
        ("cite.number", "f11", "there is no action cite.number; "),
        ("session.new", "ctrl+m", "ctrl+m is what a terminal sends for Enter; give session.new another key"),
        ("session.new", "ctrl+i", "ctrl+i is what a terminal sends for Tab; "),
        ("session.new", "ctrl+h", "ctrl+h is what a terminal sends for Backspace; "),
        ("session.new", "ctrl+[", "ctrl+[ is what a terminal sends for Esc; "),
        ("session.new", "ctrl+e", "ctrl+e edits the line in the prompt; give session.new another key"),
        ("app.help", "ctrl+k", "ctrl+k edits the line in the prompt; "),
        ("prompt.send", "f6", "f6 edits the line in the prompt; "),
        ("session.new", "ctrl+ n", "'ctrl+ n' is no key; write it as in: ctrl+g"),
        ("session.new", "f11,ctrl+m", "ctrl+m is what a terminal sends for Enter; "),
    ],
)
def test_a_key_that_cannot_be_used_is_reported_with_its_place_and_left_out(name: str, key: str, said: str) -> None:
    keys = keymap.read({name: Value(key, "config.toml:7")})
    assert name not in keys.keymap
    (problem,) = keys.problems
    assert f"{problem.text}; {problem.hint}".startswith(f"config.toml:7: {said}")


def test_a_key_that_edits_may_be_used_where_nothing_is_written() -> None:
    assert keymap.read(given(cite__next="ctrl+f")).problems == ()


@pytest.mark.parametrize(
    ("keys", "key", "one", "other"),
    [
        ({"go__library": "f5"}, "f5", "go.library", "go.sessions"),
        ({"cite__next": "o"}, "o", "cite.next", "cite.open"),
        ({"sources__toggle": "f1"}, "f1", "app.help", "sources.toggle"),
        ({"prompt__editor": "ctrl+n"}, "ctrl+n", "session.new", "prompt.editor"),
        ({"cite__next": "f9"}, "f9", "sources.toggle", "cite.next"),
        ({"papers__sort": "f2"}, "f2", "go.chat", "papers.sort"),
        ({"runs__failed": "ctrl+l"}, "ctrl+l", "evals.reload", "runs.failed"),
        ({"sessions__fork": "u"}, "u", "sessions.fork", "sessions.undo"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_two_actions_on_one_key_are_reported_and_stay(keys: dict[str, str], key: str, one: str, other: str) -> None:
    read = keymap.read(given(**keys))
    assert [problem.text for problem in read.problems] == [f"{key} is the key of both {one} and {other}"]
    assert len(read.keymap) == 1


def test_a_key_may_mean_different_things_in_different_places() -> None:
    assert keymap.read(given(cite__next="x", papers__sort="v")).problems == ()


def test_a_clash_that_the_user_resolves_is_none() -> None:
    assert keymap.read(given(go__library="f5", go__sessions="f3")).problems == ()


@pytest.mark.parametrize("key", ["ctrl+N", "banana", "ctrl+enterr", "shift+n"])
def test_a_key_that_never_comes_is_reported(key: str) -> None:
    assert keymap.read(given(session__new=key)).problems


@pytest.mark.parametrize(("key", "name"), [("]", "right_square_bracket"), ("?", "question_mark"), ("+", "plus")])
def test_a_key_may_be_written_as_its_character(key: str, name: str) -> None:
    assert keymap.read(given(cite__next=key)).keymap == {"cite.next": name}


def test_the_example_in_the_template_of_the_settings_can_be_used(tmp_path: Path) -> None:
    example = settings.template().partition("[keys]")[2].strip().splitlines()[-1].removeprefix("# ")
    write_keys(tmp_path, example)
    assert keymap.read(settings.load({}).keys).problems == ()


def test_the_defaults_have_no_problem_that_a_user_would_be_told() -> None:
    as_given = {
        action.name: Value(",".join(action.keys), "config.toml:2")
        for action in ACTIONS
        if action.keys and action.name != "cite.number"
    }
    assert keymap.read(as_given).problems == ()


def test_the_users_keys_work_and_stand_in_footer_and_help(shelf_folder: Path, tmp_path: Path) -> None:
    write_keys(tmp_path, '"sources.toggle" = "f11"', '"cite.next" = "m"', '"session.new" = ["alt+n"]')

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await wait_for(pilot, lambda: "F11 sources" in screen_text(pilot))
            assert "F9" not in screen_text(pilot)
            await pilot.press("f9")
            assert not chat.has_class("-no-sources")
            await pilot.press("f11")
            assert chat.has_class("-no-sources")
            await pilot.press("f11")

            await ask(pilot, RATE)
            await pilot.press("tab")
            await wait_for(pilot, lambda: "m next" in screen_text(pilot))
            await pilot.press("n")
            assert chat.selected is None
            await pilot.press("m")
            assert chat.selected == 0

            await pilot.press("f1")
            await wait_for(pilot, lambda: re.search(r"\bm +Next citation", screen_text(pilot)))
            await pilot.press("escape", "alt+n")
            await wait_for(pilot, lambda: not chat.transcript.turns)
            assert not told(pilot)

    asyncio.run(story())


def test_what_is_wrong_with_the_users_keys_is_told_at_the_start(shelf_folder: Path, tmp_path: Path) -> None:
    write_keys(tmp_path, '"go.library" = "f5"', '"app.help" = "ctrl+m"', '"cite.nxt" = "m"')

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await wait_for(pilot, lambda: len(house(pilot).told) == 3)
            assert "f5 is the key of both go.library and go.sessions" in told(pilot)
            assert "config.toml:3: ctrl+m is what a terminal sends for Enter" in told(pilot)
            assert "there is no action cite.nxt\ndid you mean cite.next?" in told(pilot)
            assert all(notice.startswith("warning: ") for notice in house(pilot).told)
            await pilot.press("f1")  # what could not be used is as it was
            await wait_for(pilot, lambda: "Close: Esc" in screen_text(pilot))

    asyncio.run(story())


def test_with_ctrl_j_to_send_enter_makes_a_new_line(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELOOM_SUBMIT", "ctrl+j")

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            area = house(pilot).chat.prompt.area
            await write(pilot, "one")
            await pilot.press("enter")
            await write(pilot, "two")
            assert area.text == "one\ntwo"
            await pilot.press("ctrl+j")
            await wait_for(pilot, lambda: house(pilot).chat.transcript.turns)
            assert area.text == ""

    asyncio.run(story())
