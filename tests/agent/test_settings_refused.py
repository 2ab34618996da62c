"""Settings that cannot be written, and writers that are interrupted or stand in each other's way."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from filelock import FileLock

from agent import settings, settings_file
from agent.settings import load
from agent.settings_file import remember, remember_key
from tests.agent.test_settings_file import (
    COMMENTED,
    KEY,
    everything,
    files_of_at_most,
    folder,
    in_a_process,
    leftovers,
    mode_of,
    refused,
    refused_key,
)

__all__ = ["folder"]


@pytest.mark.parametrize(
    ("values", "message", "hint"),
    [
        ({"hitz": "3"}, "there is no setting hitz", "did you mean hits?"),
        ({"hits": "0"}, "hits is '0' (not saved)", "give a number from 1 to 100"),
        ({"theme": "drak"}, "theme is 'drak' (not saved)", "did you mean dark?"),
        ({"ascii": "true"}, "ascii is 'true' (not saved)", "choose one of yes, no"),
        ({"base_url": "example.org"}, "base_url is no address (not saved)", "write it as http://HOST:PORT"),
        ({"model": "a\x1b[31m"}, "model has characters that cannot be shown (not saved)", "type it anew"),
        ({"model": "a\udc80"}, "model has characters that cannot be shown (not saved)", "type it anew"),
    ],
    ids=["name", "number", "choice", "flag", "address", "escape", "surrogate"],
)
def test_what_cannot_be_is_refused_and_leaves_the_file(
    folder: Path, values: dict[str, str], message: str, hint: str
) -> None:
    path = folder / "config.toml"
    path.write_text(COMMENTED, encoding="utf-8")

    error = refused({"mode": "model", **values})

    assert (error.message, error.hint) == (message, hint)
    assert path.read_text(encoding="utf-8") == COMMENTED


def test_a_secret_is_no_setting_and_is_not_repeated() -> None:
    error = refused({"api_key": KEY})

    assert error.message == "api_key looks like a secret"
    assert KEY not in everything(error)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hits = \n", "config.toml cannot be read: "),
        (b'library = "caf\xe9"\n', "config.toml cannot be read: it is not UTF-8"),
        (b"# mine\nhitz = 3\n", "config.toml:2: there is no setting hitz"),
        (b'\nmode = "qoute"\n', "config.toml:2)"),
        (b'api_key = "' + KEY.encode() + b'"\n', "config.toml:1: api_key looks like a secret"),
    ],
    ids=["no TOML", "no UTF-8", "unknown name", "bad value", "secret"],
)
def test_a_file_that_is_not_in_order_is_named_and_left(folder: Path, content: bytes, said: str) -> None:
    path = folder / "config.toml"
    path.write_bytes(content)

    error = refused({"model": "x"})

    assert said in error.message
    assert KEY not in everything(error)
    assert error.hint
    assert path.read_bytes() == content


def test_a_bad_value_can_be_mended(folder: Path) -> None:
    (folder / "config.toml").write_text("hits = 0\n", encoding="utf-8")

    remember({"hits": "3"})

    assert load({}).hits == 3


def test_a_file_in_the_place_of_the_folder_is_an_error_with_what_to_do() -> None:
    settings.config_folder().parent.mkdir(parents=True)
    settings.config_folder().write_text("a file", encoding="utf-8")

    for error in (refused({"hits": "3"}), refused_key()):
        assert " cannot be saved: " in error.message
        assert str(settings.config_folder()) in error.hint
    assert settings.config_folder().read_text(encoding="utf-8") == "a file"


def test_a_folder_in_the_place_of_the_file_is_an_error(folder: Path) -> None:
    (folder / "config.toml").mkdir()

    assert "config.toml cannot be saved: " in refused({"hits": "3"}).message


def test_a_link_in_a_circle_is_an_error(folder: Path) -> None:
    (folder / "config.toml").symlink_to(folder / "config.toml")

    assert "config.toml cannot be saved: " in refused({"hits": "3"}).message


def test_a_full_disk_leaves_the_old_file_and_nothing_else(folder: Path) -> None:
    path = folder / "config.toml"
    content = f"# {'x' * 9000}\nhits = 3\n"
    path.write_text(content, encoding="utf-8")

    with files_of_at_most(4096):
        error = refused({"hits": "4"})

    assert " cannot be saved: " in error.message
    assert error.hint.startswith("check the space left")
    assert path.read_text(encoding="utf-8") == content
    assert leftovers(folder) == []


CRASHES = """
import os, sys
def crash(source, target):
    os._exit(9)
os.replace = crash
from agent.settings_file import remember, remember_key
from tests.conftest import REPOSITORY
remember({"hits": "4"}) if sys.argv[1] == "config" else remember_key("sk-new")
"""


@pytest.mark.parametrize("which", ["config", "keys"])
def test_a_crash_before_the_replacement_leaves_the_old_file(folder: Path, which: str) -> None:
    path = folder / f"{which}.toml"
    content = "hits = 3\n" if which == "config" else 'openai_api_key = "sk-old"\n'
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)

    process = in_a_process(CRASHES, which)
    process.communicate(timeout=300)

    assert process.returncode == 9
    assert path.read_text(encoding="utf-8") == content
    [left] = leftovers(folder)
    assert mode_of(folder / left) == 0o600
    load({})
    _ = remember({"hits": "5"}) if which == "config" else remember_key("sk-another")
    assert leftovers(folder) == []


WRITES = """
import sys
from agent import settings_file
settings_file._PATIENCE = 300.0
sys.stdin.readline()
for number in range(1, 31):
    settings_file.remember({sys.argv[1]: str(number)})
"""


def test_no_writer_loses_what_another_wrote(folder: Path) -> None:
    (folder / "config.toml").write_text(COMMENTED, encoding="utf-8")
    names = ("hits", "limits.calls", "limits.seconds")
    processes = [in_a_process(WRITES, name) for name in names]
    for process in processes:
        assert process.stdin
        process.stdin.write(b"go\n")
        process.stdin.flush()
    while any(process.poll() is None for process in processes):
        load({})  # never half a file
        time.sleep(0.01)
    for process in processes:
        process.communicate(timeout=300)

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert [load({}).text(name) for name in names] == ["30", "30", "30"]
    assert leftovers(folder) == []


def test_a_writer_that_does_not_end_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_file, "_PATIENCE", 0.05)
    with FileLock(folder / settings_file.LOCK_FILE):
        for error in (refused({"hits": "3"}), refused_key()):
            assert error.message.endswith(" is being written by another process")
            assert error.hint == "try again when it is done"
