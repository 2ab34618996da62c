"""An `add` that is killed at any moment is finished by the next one; two at once lose nothing."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import seeds
from store import readers, sentences
from store.catalogue import FILE_NAME, Catalogue
from store.library import Library
from store.paper import Record
from store.vectors import FOLDER_NAME, PartId, Vectors
from tests.conftest import Citeloom
from tests.store.test_library import WriteJsonl, start, titles


def some_papers(part: int, count: int) -> list[dict[str, Any]]:
    """`count` papers made of two seed sentences each; parts do not overlap."""
    records = [item for item in readers.read(ALTERNATING) if isinstance(item, Record)]
    chosen = records[part * count : (part + 1) * count]
    return [{"title": record.title, "abstract": _beginning(record.abstract)} for record in chosen]


ALTERNATING = next(seeds.FOLDER.glob("003*.txt"))
PARTS, SIZE = 5, 30
MOMENTS = {
    "the catalogue was made": "SELECT count(*) FROM sqlite_master",
    "the first file was read": "SELECT count(*) FROM papers",
    "the third file was read": f"SELECT count(*) > {2 * SIZE} FROM papers",
    "the first texts were embedded": "SELECT count(vector) FROM parts",
    "the first texts were indexed": "SELECT sum(indexed) FROM parts",
}


def _beginning(abstract: str) -> str:
    first_two = sentences.split(abstract)[:2]
    return abstract[: first_two[-1].end]


def assert_each_once(folder: Path) -> None:
    """Every text of the catalogue stands in the vector index, once, and nothing else does."""
    catalogue = Catalogue(folder, read_only=True)
    vectors = Vectors(folder, library_id=catalogue.fact("library_id") or "")
    parts = {PartId(row["paper_id"], row["part"]) for row in catalogue.rows("SELECT paper_id, part FROM parts")}
    assert vectors.ids() == parts
    assert vectors.count() == len(parts)
    vectors.close()
    catalogue.close()
    with Library(folder) as library:
        assert library.check_index() is None


def kill_when(process: subprocess.Popen[str], moment: Callable[[], bool]) -> None:
    """Kills `process`, as `kill -9` does, as soon as the moment has come, at the latest after five minutes."""
    until = time.monotonic() + 300
    while not moment() and time.monotonic() < until:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.003)
            break
    process.kill()
    process.communicate(timeout=300)


def counts(database: Path, query: str) -> bool:
    """Whether the catalogue answers the query with a number above zero; false while it cannot be asked."""
    if not database.is_file():
        return False
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    try:
        return bool(connection.execute(query).fetchone()[0])
    except sqlite3.Error:
        return False
    finally:
        connection.close()


def contents(library: Library) -> list[dict[str, Any]]:
    """All that the library says of its papers, in the order of their keys."""
    return sorted((paper.to_dict() for paper in library.papers()), key=lambda paper: str(paper["key"]))


@pytest.fixture(scope="module")
def many_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 150 papers in five files."""
    folder = tmp_path_factory.mktemp("many")
    for part in range(PARTS):
        lines = [json.dumps(row) for row in some_papers(part, SIZE)]
        (folder / f"{part}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def undisturbed(many_files: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The papers that an `add` gives which nobody kills."""
    with Library(tmp_path_factory.mktemp("undisturbed") / "library") as library:
        library.add([many_files])
        return contents(library)


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_add_that_was_killed_is_finished_by_the_next(
    tmp_path: Path, many_files: Path, undisturbed: list[dict[str, Any]], moment: str
) -> None:
    folder = tmp_path / "library"
    kill_when(
        start("add", many_files, "--library", folder, folder=tmp_path),
        lambda: counts(folder / FILE_NAME, MOMENTS[moment]),
    )

    with Library(folder) as library:
        library.add([many_files])

        assert len(undisturbed) == PARTS * SIZE
        assert contents(library) == undisturbed
        assert library.pending() == 0
    assert_each_once(folder)


def test_an_add_killed_again_and_again_is_finished_at_last(
    tmp_path: Path, many_files: Path, undisturbed: list[dict[str, Any]], citeloom: Citeloom
) -> None:
    folder = tmp_path / "library"
    moments: list[Callable[[], bool]] = [
        lambda: (folder / "write.lock").exists(),
        lambda: (folder / FOLDER_NAME).exists(),
        lambda: counts(folder / FILE_NAME, MOMENTS["the first texts were indexed"]),
    ]
    for moment in moments:
        kill_when(start("add", many_files, "--library", folder, folder=tmp_path), moment)

    run = citeloom("add", many_files, "--library", folder, "--json")

    assert run.code == 0
    with Library(folder) as library:
        assert contents(library) == undisturbed
    assert_each_once(folder)


def test_a_library_whose_add_was_killed_can_be_searched(tmp_path: Path, many_files: Path) -> None:
    folder = tmp_path / "library"
    kill_when(
        start("add", many_files, "--library", folder, folder=tmp_path),
        lambda: counts(folder / FILE_NAME, MOMENTS["the third file was read"]),
    )

    with Library(folder) as library:
        title = next(iter(library.papers())).title
        assert title
        assert library.search(title, 1).hits[0].paper.title == title
        library.finish()
        assert library.pending() == 0


def test_two_processes_that_add_at_once_lose_nothing(library: Library, write_jsonl: WriteJsonl) -> None:
    paths = [write_jsonl(some_papers(number, 40), f"{number}.jsonl") for number in range(2)]
    both = [start("add", path, "--library", library.folder, folder=path.parent) for path in paths]
    for process in both:
        process.communicate(timeout=300)

    assert [process.returncode for process in both] == [0, 0]
    assert set(titles(library)) == {row["title"] for number in range(2) for row in some_papers(number, 40)}
    assert library.pending() == 0
    assert_each_once(library.folder)
