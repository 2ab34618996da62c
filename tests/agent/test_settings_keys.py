"""A key that a front end writes stays private, and nothing else in its file is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent import settings
from agent.settings import load
from agent.settings_file import remember_key
from tests.agent.test_settings_file import KEY, everything, files_of_at_most, folder, leftovers, mode_of, refused_key
from tests.conftest import REPOSITORY

__all__ = ["folder"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_a_key_is_kept_where_its_owner_alone_can_read_it(umask: int) -> None:
    before = os.umask(umask)
    try:
        path = remember_key(KEY)
    finally:
        os.umask(before)

    assert path == settings.config_folder() / "keys.toml"
    assert mode_of(path) == 0o600
    assert load({}).api_key == KEY


WATCHED = """
import json, os, stat, sys
seen = []
def watch(event, arguments):
    # The mode that every file of this folder is opened with, and has whenever something is done to it.
    if event == "open" and "keys.toml" in str(arguments[0]) and arguments[2] & os.O_CREAT:
        seen.append("created")
    for name in os.listdir(sys.argv[1]) if os.path.isdir(sys.argv[1]) and event != "os.listdir" else ():
        if "keys.toml" in name:
            seen.append(oct(stat.S_IMODE(os.stat(os.path.join(sys.argv[1], name)).st_mode)))
from agent.settings_file import remember_key
os.umask(0)
sys.addaudithook(watch)
remember_key(sys.argv[2])
sys.stdout.write(json.dumps(sorted(set(seen))))
"""


def test_at_no_moment_can_others_read_a_key() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(settings.config_folder()), KEY],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )

    assert json.loads(done.stdout) == ["0o600", "created"]


def test_a_key_that_others_could_read_is_private_afterwards(folder: Path) -> None:
    path = folder / "keys.toml"
    path.write_text('openai_api_key = "sk-old"\n', encoding="utf-8")
    path.chmod(0o644)

    remember_key(KEY)

    assert mode_of(path) == 0o600
    assert load({}).api_key == KEY


def test_other_entries_of_the_keys_file_stay(folder: Path) -> None:
    path = folder / "keys.toml"
    path.write_text(
        '# mine\nother = "sk-other" # of work\nopenai_api_key = "sk-old"\n[more]\nx = 1\n', encoding="utf-8"
    )

    remember_key(KEY)

    expected = f'# mine\nother = "sk-other" # of work\nopenai_api_key = "{KEY}"\n[more]\nx = 1\n'
    assert path.read_text(encoding="utf-8") == expected


def test_a_key_is_put_before_the_tables_of_the_keys_file(folder: Path) -> None:
    path = folder / "keys.toml"
    path.write_text("[more]\nx = 1\n", encoding="utf-8")

    remember_key('sk-"quoted\\')

    path.chmod(0o600)
    assert load({}).api_key == 'sk-"quoted\\'
    assert path.read_text(encoding="utf-8").endswith("[more]\nx = 1\n")


@pytest.mark.parametrize(
    "key", ["", " ", f"{KEY}\n", f" {KEY}", f"{KEY} {KEY}", f"{KEY}\x1b[0m", f"{KEY}\x00", f"{KEY}\u200b", f"{KEY}é"],
    ids=["empty", "blank", "newline", "before", "between", "escape", "null", "no width", "accent"],
)  # fmt: skip
def test_what_is_no_key_is_refused_without_being_shown(folder: Path, key: str) -> None:
    error = refused_key(key)

    assert error.hint.startswith("copy ")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [f"openai_api_key = {KEY}\n", f'openai_api_key = "{KEY}\n', f"{KEY}\n", f'["{KEY}'],
    ids=["bare", "open", "alone", "header"],
)
def test_a_keys_file_that_cannot_be_read_is_left_and_not_shown(folder: Path, content: str) -> None:
    path = folder / "keys.toml"
    path.write_text(content, encoding="utf-8")

    error = refused_key("sk-new")

    assert error.message == f"{path} cannot be read"
    assert "sk-new" not in everything(error)
    assert path.read_text(encoding="utf-8") == content


def test_a_keys_file_that_is_not_utf_8_is_left_and_not_shown(folder: Path) -> None:
    path = folder / "keys.toml"
    path.write_bytes(f'openai_api_key = "{KEY}\xe9"\n'.encode("latin-1"))

    assert refused_key("sk-new").message == f"{path} cannot be read: it is not UTF-8"


def test_a_table_in_the_place_of_the_key_is_not_overwritten(folder: Path) -> None:
    path = folder / "keys.toml"
    path.write_text("[openai_api_key]\nmine = 1\n", encoding="utf-8")

    assert refused_key().hint == "edit it by hand"
    assert path.read_text(encoding="utf-8") == "[openai_api_key]\nmine = 1\n"


def test_a_full_disk_leaves_the_old_key(folder: Path) -> None:
    path = folder / "keys.toml"
    content = f'# {"x" * 9000}\nopenai_api_key = "sk-old"\n'
    path.write_text(content, encoding="utf-8")

    with files_of_at_most(4096):
        error = refused_key()

    assert " cannot be saved: " in error.message
    assert path.read_text(encoding="utf-8") == content
    assert leftovers(folder) == []
