"""The writer's lock: one process at a time changes a library; readers need none."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import LibraryBusy, NotWritable

_LOCK_NAME = "write.lock"
_HOLDER_NAME = "writer.json"
_DIRECTORY_MODE = 0o700


@contextmanager
def writing(folder: Path, *, wait: bool, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Holds the library's lock; `on_wait` hears who holds it, if one must wait.

    The operating system frees the lock when its holder dies, however it dies.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True, mode=_DIRECTORY_MODE)
        lock = FileLock(folder / _LOCK_NAME)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not wait:
                raise LibraryBusy(
                    f"the library is being written by {holder(folder)}", "wait until it is done, or stop it"
                ) from None
            on_wait(f"waiting for {holder(folder)}, which is writing to the library")
            lock.acquire()
        _say_who(folder)
    except OSError as error:
        raise NotWritable(
            f"the library folder {folder} cannot be written: {error.strerror}",
            "check its permissions and the space left, or name another library with --library",
        ) from error
    try:
        yield
    finally:
        (folder / _HOLDER_NAME).unlink(missing_ok=True)
        lock.release()


def holder(folder: Path) -> str:
    """Who holds the lock, as far as they have said."""
    try:
        said = json.loads((folder / _HOLDER_NAME).read_text(encoding="utf-8"))
        return f"process {said['pid']} (since {said['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _say_who(folder: Path) -> None:
    now = datetime.datetime.now(datetime.UTC).astimezone().strftime("%H:%M:%S")
    (folder / _HOLDER_NAME).write_text(json.dumps({"pid": os.getpid(), "since": now}), encoding="utf-8")
