"""Settings that a front end writes: nothing of the user's is lost."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent import settings
from agent.errors import SettingsError
from agent.settings import load
from agent.settings_file import remember, remember_key
from tests.conftest import REPOSITORY

KEY = "sk-a-key-that-nobody-may-see"
COMMENTED = """\
# Mine since 2024.

  hits   =  7    # enough for a screen
mode = 'quote'

# about the limits
[limits] # of money
  # calls = 8
tokens = 5_000

# about the keys
[keys]
"session.new" = [
    "f6",  # as at work
    "ctrl+n",
]
"""


@pytest.fixture
def folder() -> Path:
    """The folder of the settings."""
    made = settings.config_folder()
    made.mkdir(parents=True)
    return made


def everything(error: BaseException | None) -> str:
    """All that an error and those behind it say."""
    said = ""
    while error is not None:
        said += f"{error} {error!r} {vars(error)} "
        error = error.__cause__ or error.__context__
    return said


def refused(values: dict[str, str]) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        remember(values)
    return caught.value


def refused_key(key: str = KEY) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        remember_key(key)
    assert KEY not in everything(caught.value)
    return caught.value


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def leftovers(folder: Path) -> list[str]:
    """What lies in the folder beside settings and the lock."""
    return [path.name for path in folder.iterdir() if path.name not in ("config.toml", "keys.toml", "settings.lock")]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file can grow beyond a size, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def in_a_process(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, stdin=subprocess.PIPE)


def test_what_is_remembered_is_in_force_and_says_where_it_is() -> None:
    path = remember({"model": "some-model", "base_url": "http://127.0.0.1:1/v1", "limits.calls": "3"})

    assert path == settings.config_folder() / "config.toml"
    found = load({})
    assert found.values["model"] == ("some-model", f"{path}:1")
    assert (found.text("base_url"), found.number("limits.calls")) == ("http://127.0.0.1:1/v1", 3)


def test_a_new_folder_and_its_file_are_the_owners_alone() -> None:
    path = remember({"theme": "dark"})

    assert (mode_of(path.parent), mode_of(path)) == (0o700, 0o600)


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["unix", "windows"])
def test_comments_and_all_other_lines_stay_byte_for_byte(folder: Path, newline: str) -> None:
    path = folder / "config.toml"
    path.write_bytes(COMMENTED.replace("\n", newline).encode())

    remember({"hits": "9", "mode": "", "limits.calls": "3", "theme": "ansi", "vectors.server": "http://127.0.0.1:1"})

    expected = (
        COMMENTED.replace("7    #", "9    #")
        .replace("mode = 'quote'\n", 'theme = "ansi"\n')
        .replace("# calls = 8\n", "# calls = 8\ncalls = 3\n")
    )
    expected += '\n[vectors]\nserver = "http://127.0.0.1:1"\n'
    assert path.read_bytes().decode() == expected.replace("\n", newline)


def test_a_setting_of_the_template_is_put_behind_its_default(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text(settings.template(), encoding="utf-8")

    remember({"limits.seconds": "20", "notify": "no"})

    expected = settings.template().replace("# seconds = 180\n", "# seconds = 180\nseconds = 20\n")
    assert path.read_text(encoding="utf-8") == expected.replace(
        "# notify = true\n", "# notify = true\nnotify = false\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[limits]\ncalls = 9\n"),
        ("hits = 3", "hits = 3\n\n[limits]\ncalls = 9\n"),
        ("[limits]\ncalls = 3", "[limits]\ncalls = 9"),
        ("[limits]", "[limits]\ncalls = 9\n"),
        ("limits.calls = 3\n", "limits.calls = 9\n"),
        ("limits.tokens = 3000\nhits = 1\n", "limits.tokens = 3000\nlimits.calls = 9\nhits = 1\n"),
        (
            "limits.silence = 9\nhits = 1\nlimits.seconds = 9\n",
            "limits.silence = 9\nlimits.calls = 9\nhits = 1\nlimits.seconds = 9\n",
        ),
        ('"limits.calls" = 3\n', '"limits.calls" = 9\n'),
        ("limits = {calls = 3}\n", "limits = {calls = 9}\n"),
        ("limits = {tokens = 3000}\n", "limits = {tokens = 3000,calls = 9}\n"),
        ("[limits]\nsilence = 9\n\n# then\n[vectors]\n", "[limits]\nsilence = 9\ncalls = 9\n\n# then\n[vectors]\n"),
        ("[limits]\n# none\n\n# of vectors\n[vectors]\n", "[limits]\n# none\ncalls = 9\n\n# of vectors\n[vectors]\n"),
    ],
)
def test_a_setting_is_changed_in_the_way_it_is_written(folder: Path, before: str, after: str) -> None:
    path = folder / "config.toml"
    path.write_text(before, encoding="utf-8")

    remember({"limits.calls": "9"})

    assert path.read_text(encoding="utf-8") == after
    assert load({}).text("limits.calls") == "9"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("hits = 3\n[limits]\n", 'hits = 3\nmodel = "x"\n[limits]\n'),
        ("limits.calls = 3\nhits = 3\n[keys]\n", 'limits.calls = 3\nhits = 3\nmodel = "x"\n[keys]\n'),
        ("# mine\n\n[limits]\n", '# mine\nmodel = "x"\n\n[limits]\n'),
        ("[limits]\ncalls = 3\n", 'model = "x"\n[limits]\ncalls = 3\n'),
    ],
)
def test_a_setting_of_no_table_is_put_before_all_tables(folder: Path, before: str, after: str) -> None:
    path = folder / "config.toml"
    path.write_text(before, encoding="utf-8")

    remember({"model": "x"})

    assert path.read_text(encoding="utf-8") == after


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("hits", "12", "hits = 12"),
        ("hits", "007", "hits = 7"),
        ("limits.cost_usd", "0.50", "cost_usd = 0.50"),
        ("limits.cost_usd", "0.000001", "cost_usd = 0.000001"),
        ("ascii", "yes", "ascii = true"),
        ("animations", "no", "animations = false"),
        ("model", "7", 'model = "7"'),
        ("model", "yes", 'model = "yes"'),
        ("model", 'a"b\\c', 'model = "a\\"b\\\\c"'),
    ],
)
def test_numbers_and_booleans_are_written_as_such_and_all_else_as_text(name: str, text: str, line: str) -> None:
    path = remember({name: text})

    assert path.read_text(encoding="utf-8").splitlines()[-1] == line
    load({})


def test_an_empty_text_takes_a_setting_out(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text("# kept\nhits = 3 # gone\n# kept, too\n", encoding="utf-8")

    remember({"hits": "", "model": "", "limits.calls": ""})

    assert path.read_text(encoding="utf-8") == "# kept\n# kept, too\n"
    assert load({}).values["hits"].origin == "default"


def test_what_changes_nothing_writes_nothing(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text("hits = 3\n", encoding="utf-8")
    before = path.stat()

    remember({"hits": "3", "model": ""})

    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644], ids=oct)
def test_the_file_keeps_its_mode(folder: Path, mode: int) -> None:
    path = folder / "config.toml"
    path.touch()
    path.chmod(mode)

    remember({"hits": "3"})

    assert mode_of(path) == mode


def test_a_file_that_is_a_link_stays_one(folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("hits = 3\n", encoding="utf-8")
    (folder / "config.toml").symlink_to(real)

    remember({"hits": "4"})

    assert (folder / "config.toml").is_symlink()
    assert real.read_text(encoding="utf-8") == "hits = 4\n"


def test_a_relative_library_is_one_of_the_current_folder(tmp_path: Path) -> None:
    remember({"library": "shelf"})

    assert load({}).library == tmp_path / "shelf"


def test_a_library_of_the_home_folder_is_written_as_it_was_said() -> None:
    path = remember({"library": "~/papers"})

    assert 'library = "~/papers"' in path.read_text(encoding="utf-8")
    assert load({}).library == Path("~/papers").expanduser()
