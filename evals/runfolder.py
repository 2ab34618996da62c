"""A run on disk: a folder with `manifest.json` and a line of `results.jsonl` a question.

A line is on disk before the next question is asked. A later line about a question replaces
an earlier one; the beginning of a line that a crash left is cut off when the run goes on.
One process at a time writes to a run. agent/evalruns/ reads the same files for the screens.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.errors import EvalError
from agent.evalruns import SCHEMA
from agent.settings import data_folder
from agent.writing import write_whole
from evals.records import Record
from evals.shapes import demand_manifest
from evals.summary import RunData
from store.text import clean

MANIFEST, RESULTS, LOCK = "manifest.json", "results.jsonl", "run.lock"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading JSON of the wrong shape comes to."""


def runs_folder() -> Path:
    """Where runs are kept."""
    return data_folder() / "evals"


class RunFolder:
    """The folder of one run. Methods raise `EvalError` with a message and a hint for the user."""

    def __init__(self, name: str, runs: Path | None = None) -> None:
        if not _NAME.fullmatch(name):
            raise EvalError(f"{clean(name)!r} cannot be the name of a run", "use letters, digits, dots and dashes")
        self.name = name
        self.path = (runs or runs_folder()) / name

    @property
    def exists(self) -> bool:
        """Whether there is such a run."""
        return (self.path / MANIFEST).is_file()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the run's lock; refuses at once where another process holds it."""
        from filelock import FileLock, Timeout

        with _explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / LOCK)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise EvalError(
                    f"another process is writing to the run {self.name}", "wait until it is done, or name another run"
                ) from None
        try:
            yield
        finally:
            lock.release()

    def manifest(self) -> dict[str, Any]:
        """The manifest."""
        path = self.path / MANIFEST
        try:
            content = json.loads(path.read_bytes())
            if not isinstance(content, dict) or content.get("schema") != SCHEMA:
                raise ValueError("it is of another version")
            return demand_manifest(content)
        except FileNotFoundError:
            raise EvalError(f"there is no run {self.name}", "see `citeloom eval list`") from None
        except OSError as error:
            raise EvalError(f"{path} cannot be read: {error.strerror}", "check its permissions") from error
        except _DAMAGE as error:
            raise EvalError(
                f"{path} cannot be used: {clean(str(error))}", "remove the run, and start a new one"
            ) from error

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Writes the manifest, whole or not at all."""
        with _explained(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            write_whole(self.path / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")

    def remove(self) -> None:
        """Removes the run with all that is in it; refuses while it is being written."""
        with self.writing(), _explained(self.path):
            for name in (MANIFEST, RESULTS):
                (self.path / name).unlink(missing_ok=True)
        with _explained(self.path):
            shutil.rmtree(self.path)

    def load(self) -> RunData:
        """The run as far as it is, the records in the order of the gold set."""
        manifest = self.manifest()
        records, damaged = self._records()
        strange = len(records.keys() - set(manifest["order"]))  # of no question that this run asks
        known = (records[name] for name in manifest["order"] if name in records)
        return RunData(self.name, manifest, tuple(known), damaged + strange)

    def mend(self, notice: Callable[[str], None]) -> None:
        """Cuts off the beginning of a line at the end of the results; says so."""
        path = self.path / RESULTS
        with _explained(path), contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
            data = file.read()
            tail = data[data.rfind(b"\n") + 1 :]
            if not tail:
                return
            try:
                Record.from_dict(json.loads(tail))
            except _DAMAGE:
                file.truncate(len(data) - len(tail))
                notice("the last line of the results was only a beginning; that question is done again")
            else:
                file.write(b"\n")

    def append(self, record: Record) -> None:
        """Adds a record; it is on disk when this returns."""
        line = json.dumps(record.to_dict(), ensure_ascii=False, separators=(",", ":")) + "\n"
        with _explained(self.path / RESULTS), (self.path / RESULTS).open("ab") as file:
            file.write(line.encode("utf-8", "surrogatepass"))
            file.flush()
            os.fsync(file.fileno())

    def _records(self) -> tuple[dict[str, Record], int]:
        """The last record of each question, and how many whole lines are damaged."""
        path = self.path / RESULTS
        records: dict[str, Record] = {}
        damaged = 0
        with _explained(path), contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            for line in file:
                try:
                    record = Record.from_dict(json.loads(line))
                except _DAMAGE:
                    damaged += line.endswith(b"\n") and bool(line.strip())
                else:
                    records[record.id] = record
        return records, damaged


def run_names(runs: Path | None = None) -> list[str]:
    """The names of all runs, the one that was started last first."""
    folder = runs or runs_folder()
    found = []
    with contextlib.suppress(FileNotFoundError), _explained(folder):
        for path in folder.iterdir():
            if _NAME.fullmatch(path.name) and (path / MANIFEST).is_file():
                with contextlib.suppress(EvalError):
                    found.append((str(RunFolder(path.name, folder).manifest().get("started", "")), path.name))
    return [name for _, name in sorted(found, reverse=True)]


def named(name: str | None, runs: Path | None = None) -> RunFolder:
    """The run of this name or the only one that begins so; without a name the latest. `EvalError` for none."""
    names = run_names(runs)
    if name is None and not names:
        raise EvalError("there is no run of evals yet", "make one: citeloom eval run GOLD")
    folder = RunFolder(name or names[0], runs)
    if folder.exists:
        return folder
    begun = [known for known in names if known.startswith(folder.name)]
    if len(begun) > 1:
        raise EvalError(f"{len(begun)} runs begin with {folder.name}", f"name one of them: {', '.join(begun[:3])} …")
    if not begun:
        raise EvalError(f"there is no run {folder.name}", "see `citeloom eval list`")
    return RunFolder(begun[0], runs)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What the file system refuses, as an error for the user."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise EvalError(
            f"{path} cannot be read or written: {error.strerror}", "check its permissions and the space left"
        ) from error
