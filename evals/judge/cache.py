"""Replies of judges, kept in a SQLite file, so that nothing is asked and paid for twice.

A reply lies under the hash of all that it depends on; no key of an endpoint is in the file.
Several processes may use one file.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from agent.errors import EvalError
from agent.llm.models import ModelChoice
from prompts import Prompt, Rendered

_SCHEMA = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL) WITHOUT ROWID"
_WAIT = 30.0
"""Seconds to wait for another process that is writing."""


def key_of(choice: ModelChoice, prompt: Prompt, rendered: Rendered) -> str:
    """The hash of the model's name, its address, the prompt file and the messages: 64 hexadecimal digits."""
    parts = [choice.name, choice.address, prompt.sha256, rendered.system, rendered.user]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Replies:
    """The replies in a file, which is made when it is first needed.

    A file that is damaged is set aside under another name and told of by `notice`. Raises
    `EvalError` where the file cannot be read or written.
    """

    def __init__(self, path: Path, notice: Callable[[str], None]) -> None:
        self.path = path
        self._notice = notice
        self._is_ready = False

    def get(self, key: str) -> str | None:
        """The reply under `key`, if there is one."""
        with self._explained():
            rows = self._run("SELECT reply FROM replies WHERE key = ?", key)
            return str(rows[0][0]) if rows else None

    def put(self, key: str, reply: str) -> None:
        """Keeps a reply; a later one takes its place."""
        with self._explained():
            self._run("INSERT OR REPLACE INTO replies VALUES (?, ?)", key, reply)

    def _run(self, statement: str, *values: str) -> list[tuple[object, ...]]:
        """The rows of a statement, in a transaction of its own; a damaged file is replaced once."""
        if not self._is_ready:
            self._make_ready()
        try:
            return self._execute(statement, *values)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self._make_ready()
            return self._execute(statement, *values)

    def _execute(self, statement: str, *values: str) -> list[tuple[object, ...]]:
        # A connection of its own for each statement: none is left open, whoever ends however.
        with closing(sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()

    def _make_ready(self) -> None:
        """A file with the table in it; what is there and damaged is set aside first."""
        from filelock import FileLock

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(f"{self.path.name}.lock")):  # else two might set aside the new file
            if problem := self._damage():
                aside = self._aside()
                self.path.replace(aside)
                self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
                self._notice(f"the judge's cache was damaged ({problem}); it is kept as {aside.name}, and begun anew")
            self._execute(_SCHEMA)
        self._is_ready = True

    def _damage(self) -> str:
        """What is wrong with the file; empty where it is whole, or not there."""
        try:
            found = str(self._execute("PRAGMA quick_check(1)")[0][0])
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            return str(error)
        return "" if found == "ok" else found.splitlines()[0]

    def _aside(self) -> Path:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        return self.path.with_name(f"{self.path.stem}-damaged-{stamp}{self.path.suffix}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise EvalError(
                f"the judge's cache {self.path} cannot be used: {error}",
                "check the permissions of its folder and the space left, or delete the file",
            ) from error
