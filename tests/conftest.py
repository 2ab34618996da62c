"""What every test gets: a home of its own, no keys, no network, and the seeds as a library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import seeds
from store.library import Library
from store.paper import Record

REPOSITORY = Path(__file__).parents[1]
LONG_ABSTRACT = (
    "We study how {topic} behaves when it is asked for more than it was made for, and we measure the outcome."
)
ENTRY = "import sys; from agent.cli.app import main; sys.exit(main())"


class Run(NamedTuple):
    """How a command ended, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        content = json.loads(self.out)
        assert isinstance(content, dict)
        return content

    @property
    def json_lines(self) -> list[dict[str, Any]]:
        """The JSON objects on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Citeloom = Callable[..., Run]


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's own settings, keys or library is seen or touched."""
    for name in list(os.environ):
        if name.startswith(("CITELOOM_", "OPENAI_")) or name == "NO_COLOR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("CITELOOM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """Makes a record; what a test does not care about has a default."""

    def make(topic: str = "a system", **fields: Any) -> Record:
        given: dict[str, Any] = {"abstract": LONG_ABSTRACT.format(topic=topic), "place": "line 1", **fields}
        return Record(**given)

    return make


@pytest.fixture
def write_jsonl(tmp_path: Path) -> Callable[..., Path]:
    """Writes objects as JSON Lines; returns the path."""

    def write(rows: list[dict[str, Any]], name: str = "papers.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library of the test's own."""
    with Library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture(scope="session")
def seed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library that holds the seeds; made once, for reading only."""
    folder = tmp_path_factory.mktemp("seeds") / "library"
    with Library(folder) as made:
        made.add([seeds.FOLDER])
    return folder


@pytest.fixture
def seed_library(seed_folder: Path) -> Iterator[Library]:
    """The seeds as a library, for reading only."""
    with Library(seed_folder) as opened:
        yield opened


@pytest.fixture
def citeloom(tmp_path: Path) -> Citeloom:
    """Runs the command in a process of its own, in an empty folder."""

    def run(*arguments: str | Path, stdin: str | bytes = "", env: dict[str, str] | None = None) -> Run:
        piped = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-c", ENTRY, *map(str, arguments)],
            input=piped,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})},
            check=False,
            timeout=300,
        )
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
