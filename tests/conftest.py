"""What every test gets: a home of its own, no keys, no network, and the seeds as a library."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

import seeds
from store.library import Library
from store.paper import Record

REPOSITORY = Path(__file__).parents[1]
_FOREIGN = ("CITELOOM_", "OPENAI_", "LANGSMITH_", "LANGCHAIN_")
_FOREIGN_NAMES = frozenset(
    "NO_COLOR FORCE_COLOR PY_COLORS GITHUB_ACTIONS COLUMNS LINES HTTP_PROXY HTTPS_PROXY ALL_PROXY".split()
)
LONG_ABSTRACT = (
    "We study how {topic} behaves when it is asked for more than it was made for, and we measure the outcome."
)
settings.register_profile(
    "tests", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")  # on any machine the same examples, in any time
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


@pytest.fixture(scope="session", autouse=True)
def _own_environment() -> Iterator[None]:
    """Nothing in the developer's environment, or in that of a machine that runs the tests, changes what is seen."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_FOREIGN) or name.upper() in _FOREIGN_NAMES:
                patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's own settings, keys or library is seen or touched."""
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
def nobody() -> Iterator[str]:
    """The address of an endpoint at which nothing listens, and which nobody else gets while the test goes on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


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
