"""The endpoint with the real model, and a library of one page of the seeds; each made once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import seeds
from agent.llm.calls import Chat
from agent.llm.models import ModelChoice
from store.library import Library
from tests.conftest import REPOSITORY
from tests.smoke import server

_SECONDS_TO_END = 20
_PAGE = "001_99df08ecc2659996.txt"
"""Fifty papers: enough to search, and embedded in a tenth of the time that all of the seeds take."""


@pytest.fixture(scope="session")
def seed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library that holds one page of the seeds; for reading only."""
    folder = tmp_path_factory.mktemp("seeds") / "library"
    with Library(folder) as made:
        made.add([seeds.FOLDER / _PAGE])
    return folder


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the endpoint, as OPENAI_BASE_URL takes it."""
    said = tmp_path_factory.mktemp("server") / "stderr"
    with (
        said.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", server.__name__],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        try:
            if not address:
                pytest.fail(f"the server does not start; `make smoke` installs what it needs\n{_end_of(said)}")
            yield f"{address}/v1"
        finally:
            process.stdin.close()
            try:
                process.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()


@asynccontextmanager
async def connected(endpoint: str, name: str = server.MODEL) -> AsyncIterator[Chat]:
    """The chat model at `endpoint`, its connections closed in the end."""
    chat = Chat(ModelChoice(name, endpoint))
    try:
        yield chat
    finally:
        await chat.aclose()


def _end_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[-2000:]
