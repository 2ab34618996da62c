"""The file of a session: JSON Lines that only ever grow, readable whatever happened to them.

Every record begins with its `type` and the `time` at which it was written (UTC), so that a
listing can pass over what it does not need. A line is pure ASCII: no text of a paper or a
model can break a line, or obey a terminal in which somebody prints the file.

A last line that is cut short is what a crash or a full disk leaves: it is passed over, and
cut off by the next record. Any other line that cannot be read is named, and the rest is kept.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from agent.errors import SessionError

SUFFIX = ".jsonl"
REMOVED = "removed"
"""The folder, beside the files, of those that were removed."""
Record = Mapping[str, Any]
_HEAD = re.compile(rb'\{"type":"(\w+)","time":"([^"]*)"')
_TIME = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}\.[0-9]{3}Z")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What cannot be mistaken for one another on a screen."""
_LOCKS = "locks"
_PATIENCE = 0.2
"""Seconds in which a file may still be given back by one who has just written a record."""
_PAUSE = 0.01
_FILE_MODE = 0o600
FOLDER_MODE = 0o700


class Line(NamedTuple):
    """A record and the number of its line, from 1."""

    number: int
    record: Record


class Reading(NamedTuple):
    """What a file holds, and how far it can be trusted."""

    lines: tuple[Line, ...]
    damage: tuple[str, ...]
    """Lines in the middle that cannot be read, each named."""
    cut_short: bool
    """Whether the last line is only a beginning."""
    end: int
    """Bytes up to the end of the last line that can be read, or is damaged in the middle."""
    lacks_newline: bool
    """Whether the last record is whole, but for the end of its line."""
    last_time: str
    """The latest time at which a record was written."""


def now() -> str:
    """The time as records have it: `2026-11-21T10:43:05.120Z`."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def not_before(latest: str) -> str:
    """The time as records have it, or `latest` if that is a time and later: a clock may have been set back."""
    return max(now(), latest if _TIME.fullmatch(latest) else "")


def unused(folder: Path) -> Path:
    """The file of a new session: when it was begun, and four letters to type: `20261121-1043-k7q2.jsonl`."""
    begun = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M")
    while True:
        name = f"{begun}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}{SUFFIX}"
        if not (folder / name).exists() and not (folder / REMOVED / name).exists():
            return folder / name


def encoded(kind: str, fields: Mapping[str, Any], time: str) -> bytes:
    """A record as a line of the file."""
    text = json.dumps({"type": kind, "time": time, **fields}, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii") + b"\n"


def decoded(line: bytes) -> Record:
    """The record on a line; ValueError where there is none."""
    try:
        content = json.loads(line)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise ValueError("it is not a record")
    return content


def read(path: Path, kinds: Collection[str] | None = None) -> Reading:
    """All records of a file, or those whose type is in `kinds`; a `SessionError` where it cannot be opened."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    lines: list[Line] = []
    damage: list[str] = []
    time, position = "", 0
    *whole, last = data.split(b"\n")
    for number, line in enumerate([*whole, last] if last else whole, 1):
        is_last = number > len(whole)
        head = _HEAD.match(line)
        if head and not is_last and kinds is not None and head[1].decode() not in kinds:
            time = max(time, head[2].decode("ascii", "replace"))
        else:
            try:
                record = decoded(line)
            except ValueError as error:
                if is_last:
                    return Reading(tuple(lines), tuple(damage), True, position, False, time)
                damage.append(f"line {number} of {path.name} cannot be read: {error}")
            else:
                time = max(time, str(record.get("time", "")))
                if kinds is None or record["type"] in kinds:
                    lines.append(Line(number, record))
        position += len(line) + (not is_last)
    return Reading(tuple(lines), tuple(damage), False, position, bool(last), time)


def unreadable(path: Path, error: OSError) -> SessionError:
    """The error for a file that cannot be opened."""
    return SessionError(
        f"the session {path.stem} cannot be read: {error.strerror}", f"check that {path} is there and can be read"
    )


class Transcript:
    """The file of one session, for appending; one process at a time may."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.end = 0
        """Bytes that are known: whoever holds the file and finds more in it must read it again."""
        self._lacks_newline = False
        # A lock that one thread takes may be given back by another: answers are made in threads.
        self._lock = FileLock(path.parent / _LOCKS / f"{path.stem}.lock", thread_local=False, mode=_FILE_MODE)

    @property
    def exists(self) -> bool:
        """Whether anything was ever recorded."""
        return os.path.isfile(self.path)  # False, too, where the folder may not be entered: writing will say so

    def read(self) -> Reading:
        """All records, after which `append` goes on."""
        reading = read(self.path)
        self.end, self._lacks_newline = reading.end, reading.lacks_newline
        return reading

    def has_grown(self) -> bool:
        """Whether the file has another length than is known."""
        return self.exists and os.path.getsize(self.path) != self.end

    @property
    def is_held(self) -> bool:
        """Whether this object holds the file."""
        return self._lock.is_locked

    def hold(self) -> None:
        """Keeps every other writer out, until `release` was called as often; a `SessionError` if one is there.

        The operating system frees the file when its holder dies, however it dies.
        """
        with self._explained():
            for folder in (self.path.parent, self.path.parent / _LOCKS):
                folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
            try:
                self._lock.acquire(timeout=_PATIENCE, poll_interval=_PAUSE)
            except Timeout:
                raise SessionError(
                    f"the session {self.path.stem} is in use by another process",
                    "wait until it has its answer, or go on in a copy with --fork",
                ) from None

    def release(self) -> None:
        """Undoes one `hold`."""
        self._lock.release()

    @contextmanager
    def held(self) -> Iterator[None]:
        """`hold` and `release` around a block."""
        self.hold()
        try:
            yield
        finally:
            self.release()

    def append(self, data: bytes, *, durable: bool) -> None:
        """Writes whole lines behind what is known, with one write; `durable` waits for the disk.

        Call it with the file held. Where writing fails, the lines do not count, and what got
        through of them is overwritten by the next.
        """
        data = b"\n" + data if self._lacks_newline else data
        with self._explained():
            is_new = not self.end and not self.exists
            if self.end and not self.exists:
                raise SessionError(
                    f"the session {self.path.stem} was removed while it was open",
                    f"bring it back with `citeloom sessions restore {self.path.stem}`, or begin another session",
                )
            with open(self.path, "ab", buffering=0, opener=_open_private) as file:
                if file.seek(0, os.SEEK_END) > self.end:
                    file.truncate(self.end)
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                if durable:
                    os.fsync(file.fileno())
            if is_new:
                _make_name_durable(self.path.parent)
        self.end += len(data)
        self._lacks_newline = False

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SessionError(
                f"the session {self.path.stem} cannot be saved: {error.strerror or error}",
                f"check the space left and the permissions of {self.path.parent}",
            ) from error


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE_MODE)


def _make_name_durable(folder: Path) -> None:
    """Waits until the folder's entry of a new file is on disk, where the system can do that."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
