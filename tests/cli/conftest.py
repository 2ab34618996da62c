"""What the tests of the command share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.library import Library

KITES = {"title": "Kites", "abstract": "We fly kites in strong wind and count how many of them come back in one piece."}


def titles(folder: Path) -> list[str | None]:
    """The titles of the papers in the library at `folder`."""
    with Library(folder) as library:
        return [paper.title for paper in library.papers()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of one paper, made once, for copying only."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "kites.jsonl").write_text(json.dumps(KITES) + "\n", encoding="utf-8")
    with Library(folder / "shelf") as library:
        library.add([folder / "kites.jsonl"])
    return folder / "shelf"


@pytest.fixture
def shelf(tmp_path: Path, made: Path) -> Iterator[Path]:
    """The folder of a library of one paper, which is still there, whole, when the test is over."""
    folder = tmp_path / "shelf"
    shutil.copytree(made, folder)
    yield folder
    assert "Kites" in titles(folder)
