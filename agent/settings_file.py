"""Settings that a front end writes: config.toml with the user's comments kept, and keys.toml for its owner's eyes.

A file is replaced whole or not at all, and only by one that `settings.load` takes. Writing waits
for the disk and, for a moment, for another process that is writing: call it in a thread where
something is drawn meanwhile. What is written here, a project's file or a variable may still overrule.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import tomlkit
from filelock import FileLock, Timeout
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Comment, Item, Key, Table, Whitespace

from agent import settings
from agent.errors import SettingsError
from agent.settings import FLAGS, KEYS_FILE, NUMBERS, USER_FILE, Value

LOCK_FILE = "settings.lock"
_PATIENCE = 10.0
"""Seconds to wait for other processes that write settings."""
_PAUSE = 0.005
"""Seconds between two tries to get in; those who look in more often than this starve the others."""
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700
_KEY_NAME = "openai_api_key"


def remember(values: Mapping[str, str]) -> Path:
    """Sets settings in the user's config.toml, which it returns; an empty text takes a setting out.

    Comments and all other lines stay as they are. Where a name or a value cannot be, or the
    file is not in order, that is a `SettingsError`, and nothing is written. A relative
    library is one of the current folder, as it is on the command line.
    """
    wanted = {name: _absolute(text) if name == "library" else text for name, text in values.items()}
    for name, text in wanted.items():
        _check(name, text)
    path = settings.config_folder() / USER_FILE
    with _held(path) as target:
        before = _text(target, path)
        for name, value in settings.parsed(path, before).values.items():
            if name not in wanted:
                settings.check(name, value)
        after = _edited(path, before, {name: _item(name, text) for name, text in wanted.items()})
        if after != before:
            mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else _FILE_MODE
            _replace(target, after, mode)
    return path


def remember_key(key: str) -> Path:
    """Keeps the key in the user's keys.toml, which it returns; at no moment can anybody else read the file.

    Other entries stay. No error shows the key.
    """
    if not key:
        raise SettingsError("there is no key to keep", "copy the whole key, and give it again")
    if not re.fullmatch(r"[!-~]+", key):  # a header of HTTP takes no others
        raise SettingsError("the key has blanks, or characters that no key has", "copy it again, without line breaks")
    path = settings.config_folder() / KEYS_FILE
    with _held(path) as target:
        before = _text(target, path)
        if _content(before) is None:  # what is wrong with it is not told: it could show a piece of a key
            raise SettingsError(f"{path} cannot be read", f'write it as: {_KEY_NAME} = "..."')
        _replace(target, _edited(path, before, {_KEY_NAME: tomlkit.string(key)}), _FILE_MODE)
    return path


def _absolute(folder: str) -> str:
    """The folder itself; in the file, a relative one would be looked for beside the file."""
    return str(Path.cwd() / folder) if folder and not folder.startswith("~") else folder


def _check(name: str, text: str) -> None:
    settings.check_name(name)
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise SettingsError(f"{name} has characters that cannot be shown (not saved)", "type it anew")
    if text:
        settings.check(name, Value(text, "not saved"))


def _item(name: str, text: str) -> Item | None:
    if not text:
        return None
    if name in FLAGS:
        return tomlkit.item(text == "yes")
    if name in NUMBERS:
        return tomlkit.value(format(Decimal(text), "f"))  # TOML takes no leading zeros
    return tomlkit.string(text)


def _content(text: str) -> dict[str, object] | None:
    """The dotted names of a TOML text with their values; None where it is none."""
    try:
        return dict(settings.flattened(tomllib.loads(text)))
    except tomllib.TOMLDecodeError:
        return None


def _edited(path: Path, text: str, changes: Mapping[str, Item | None]) -> str:
    """The text with some names set anew or taken out, and nothing else changed: that is checked."""
    expected = {name: value for name, value in (_content(text) or {}).items() if name not in changes}
    expected |= {name: item.unwrap() for name, item in changes.items() if item is not None}
    with contextlib.suppress(TOMLKitError):
        for name, item in changes.items():
            text = _changed(text, name, item)
    if _content(text) != expected:
        raise SettingsError(f"{path} is written in a way that cannot be changed from here", "edit it by hand")
    return text


def _changed(text: str, name: str, item: Item | None) -> str:
    document = tomlkit.parse(text)
    head, _, leaf = ("", "", name) if name in document else name.rpartition(".")
    table = document.get(head) if head else document
    if table is not None and leaf in table:
        if item is None:
            del table[leaf]
        else:
            table[leaf] = item
        return tomlkit.dumps(document)
    return text if item is None else _grown(text, head, leaf, item)


def _grown(text: str, head: str, leaf: str, item: Item) -> str:
    """The text with a new line in the table `head`, or before all tables where that is empty."""
    newline = "\r\n" if "\r\n" in text else "\n"
    text += newline if text and not text.endswith("\n") else ""
    document = tomlkit.parse(text)
    table = document.get(head) if head else document
    if table is None:
        return f"{text}{newline if text else ''}[{head}]{newline}{leaf} = {item.as_string()}{newline}"
    lines = table.value if isinstance(table, Table) else table
    if isinstance(lines, Container):
        item.trivia.trail = newline
        lines.body.insert(_place(lines.body, leaf), (tomlkit.key(leaf), item))
    else:  # on one line, as {...}, or in several places
        table[leaf] = item
    return tomlkit.dumps(document)


def _place(body: Sequence[tuple[Key | None, Item]], name: str) -> int:
    """Where a new line belongs: behind its own default in a comment, else behind the last setting before any table."""
    end = next((at for at, (key, item) in enumerate(body) if _is_header(key, item)), len(body))
    own = [at for at in range(end) if _is_default(body[at][1], name)]
    given = own or [at for at in range(end) if body[at][0] is not None]
    if given:
        return given[-1] + 1
    return next((at for at in range(end) if isinstance(body[at][1], Whitespace)), end)


def _is_header(key: Key | None, item: Item) -> bool:
    return key is not None and not key.is_dotted() and isinstance(item, (Table, AoT))


def _is_default(item: Item, name: str) -> bool:
    return isinstance(item, Comment) and item.as_string().strip().startswith(f"# {name} =")


@contextmanager
def _held(path: Path) -> Iterator[Path]:
    """Keeps other writers of settings out; gives the file itself, where `path` is a link to it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
        lock = FileLock(path.parent / LOCK_FILE, timeout=_PATIENCE, mode=_FILE_MODE)
        with lock.acquire(poll_interval=_PAUSE):
            yield Path(os.path.realpath(path))
    except Timeout:
        raise SettingsError(f"{path} is being written by another process", "try again when it is done") from None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be saved: {error.strerror or error}",
            f"check the space left and the permissions of {path.parent}",
        ) from error


def _text(target: Path, path: Path) -> str:
    """The text with its own line ends; empty where there is no file."""
    try:
        content = target.read_bytes()
    except FileNotFoundError:
        return ""
    with contextlib.suppress(UnicodeDecodeError):
        return content.decode("utf-8")
    raise SettingsError(f"{path} cannot be read: it is not UTF-8", "mend the file, or move it away")


def _replace(target: Path, text: str, mode: int) -> None:
    """Puts a new file in the place of the old; until then it is one that its owner alone can read."""
    temporary = target.with_name(f".{target.name}.new")
    temporary.unlink(missing_ok=True)  # of a run that was killed
    try:
        with open(temporary, "xb", opener=_open_private) as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.chmod(temporary, mode)
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "posix":
        _make_name_durable(target.parent)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE_MODE)


def _make_name_durable(folder: Path) -> None:
    with contextlib.suppress(OSError):  # the new file is in place; some file systems cannot wait for its name
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
