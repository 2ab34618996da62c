"""The table of keys, as `citeloom keys` prints it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent.tui import keyboard
from agent.tui.actions import ACTIONS, BY_NAME, SLASH, Action
from tests.conftest import REPOSITORY, Run
from tests.tui.test_keymap import write_keys


def keys(*arguments: str) -> Run:
    """What the installed command says of the keys."""
    done = subprocess.run(
        [sys.executable, "-m", "agent.entry", "keys", *arguments],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
        timeout=300,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("f1", "F1"),
        ("f12", "F12"),
        ("f", "f"),
        ("F", "F"),
        ("ctrl+n", "Ctrl+N"),
        ("alt+enter", "Alt+Enter"),
        ("right_square_bracket", "]"),
        ("slash", "/"),
        ("escape", "Esc"),
        ("pagedown", "PgDn"),
        ("ctrl+f5", "Ctrl+F5"),
    ],
)
def test_a_key_is_shown_as_it_stands_on_the_keyboard(key: str, expected: str) -> None:
    assert keyboard.shown(key) == expected


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_default_key_has_a_name_that_a_reader_knows(action: Action) -> None:
    for key in action.keys:
        assert "_" not in keyboard.shown(key)


def test_the_text_has_a_line_for_each_action_with_its_key() -> None:
    run = keys()
    assert run.code == 0
    assert run.err == ""
    lines = run.out.splitlines()
    assert [line.split()[0] for line in lines] == [action.name for action in ACTIONS]
    (line,) = (line for line in lines if line.startswith("session.new"))
    assert re.search(r"Ctrl\+N +New session +/new$", line)
    assert keys("--format", "text") == run


def test_the_markdown_is_one_table_whose_cells_are_kept_together() -> None:
    run = keys("--format", "markdown")
    assert run.code == 0
    header, rule, *rows = run.out.splitlines()
    assert header == "| Where | Keys | What | Command |"
    assert set(rule) == {"|", "-"}
    assert len(rows) == len(ACTIONS)
    assert {len(re.split(r"(?<!\\)\|", row)) for row in rows} == {6}
    assert "| chat | `Ctrl+N` | New session | `/new` |" in rows


@pytest.mark.parametrize("arguments", [["--json"], ["--format", "json"], ["-f", "json"]], ids=" ".join)
def test_the_json_has_all_that_a_program_needs(tmp_path: Path, arguments: list[str]) -> None:
    write_keys(tmp_path, '"session.new" = ["f11", "alt+n"]')
    content = json.loads(keys(*arguments).out)
    assert content["schema"] == "citeloom.keys/1"
    listed = {item["name"]: item for item in content["actions"]}
    assert list(listed) == list(BY_NAME)
    assert listed["session.new"]["keys"] == ["f11", "alt+n"]
    assert listed["session.new"]["default_keys"] == ["ctrl+n"]
    assert {item["slash"] for item in content["actions"] if item["slash"]} == set(SLASH)
    assert set(listed["app.theme"]) == {
        "name",
        "place",
        "title",
        "help",
        "keys",
        "default_keys",
        "slash",
        "argument",
    }


def test_the_users_keys_stand_in_the_table(tmp_path: Path) -> None:
    write_keys(tmp_path, '"session.new" = ["f11", "alt+n"]')
    (line,) = (line for line in keys().out.splitlines() if line.startswith("session.new"))
    assert "F11, Alt+N" in line


def test_a_format_that_there_is_not_is_a_usage_error() -> None:
    run = keys("--format", "yaml")
    assert run.code == 2
    assert run.out == ""
    assert run.err.splitlines() == [
        "citeloom: error: there is no format 'yaml'",
        "hint: choose one of text, markdown, json",
    ]


def test_a_check_of_good_keys_says_nothing(tmp_path: Path) -> None:
    write_keys(tmp_path, '"session.new" = "f11"')
    assert keys("--check") == Run(0, "", "")


def test_a_check_of_bad_keys_names_each_and_where_it_stands(tmp_path: Path) -> None:
    write_keys(tmp_path, '"go.library" = "f5"', '"app.help" = "ctrl+m"')
    run = keys("--check")
    assert run.code == 2
    config = tmp_path / "home" / "config" / "config.toml"
    assert run.out.splitlines() == [
        f"{config}:3: ctrl+m is what a terminal sends for Enter; give app.help another key",
        "f5 is the key of both go.library and go.sessions; give one of them another key",
    ]
    assert run.err.startswith("citeloom: error: some of your keys cannot be used as they are\nhint: ")
