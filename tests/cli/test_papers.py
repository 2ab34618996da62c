"""`citeloom papers`: what the library holds, shown, exported and taken out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from store.library import Library
from tests.conftest import ENTRY, REPOSITORY, Citeloom

PAPERS: list[dict[str, Any]] = [
    {
        "title": "Kites in the wind",
        "authors": ["Ann Lee", "Bo Kim"],
        "published": "2024-03-05",
        "abstract": "We fly kites in strong wind and count how many of them come back in one piece.",
        "categories": ["cs.LG"],
        "doi": "10.1234/kites",
    },
    {
        "title": "Boats on the sea",
        "authors": ["Cy Roe"],
        "year": 2023,
        "abstract": "We sail boats across the sea and measure how long each of them stays afloat.",
    },
    {"abstract": "Nobody gave this abstract a title, and yet it is long enough to be kept."},
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of three papers, made once, for copying only."""
    folder = tmp_path_factory.mktemp("made")
    path = folder / "papers.jsonl"
    path.write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS), encoding="utf-8")
    with Library(folder / "shelf") as library:
        library.add([path])
    return folder / "shelf"


@pytest.fixture
def shelf(tmp_path: Path, made: Path) -> Path:
    """The folder of a library of three papers."""
    shutil.copytree(made, tmp_path / "shelf")
    return tmp_path / "shelf"


def keys(folder: Path) -> list[str]:
    with Library(folder) as library:
        return [paper.key for paper in library.papers()]


def test_a_list_is_a_line_a_paper_with_key_year_and_title(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("papers", "list", "--library", shelf)

    assert (run.code, run.err) == (0, "")
    lines = [line.split(maxsplit=2) for line in run.out.splitlines()]
    assert [line[0] for line in lines] == keys(shelf)
    assert lines[0] == ["lee2024kites", "2024", "Kites in the wind"]
    assert lines[2][1:] == ["----", "(untitled) " + PAPERS[2]["abstract"][:60].rstrip() + "…"]


def test_a_list_in_json_lines_has_every_field_of_the_contract(citeloom: Citeloom, shelf: Path, made: Path) -> None:
    first, second, third = citeloom("papers", "list", "--jsonl", "--library", shelf).json_lines

    assert set(first) >= set(
        "key title abstract authors year date venue categories identifiers url has_code sources sha256".split()
    )
    assert (first["title"], first["authors"], first["year"]) == ("Kites in the wind", ["Ann Lee", "Bo Kim"], 2024)
    assert first["date"] == "2024-03-05"
    assert first["identifiers"] == {"doi": "10.1234/kites"}
    assert first["sources"] == [{"path": str(made.parent / "papers.jsonl"), "place": "line 1"}]
    assert (second["year"], second["has_code"]) == (2023, None)
    assert (third["title"], third["year"], third["date"]) == (None, None, None)


def test_a_list_can_be_narrowed_by_a_scope(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("papers", "list", "--jsonl", "--scope", 'author:"Cy Roe"', "--library", shelf)

    assert [paper["title"] for paper in run.json_lines] == ["Boats on the sea"]


def test_a_list_of_a_scope_in_which_there_is_no_paper_ends_with_5(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("papers", "list", "--scope", "year:1803", "--library", shelf)

    assert run.code == 5
    assert "year:1803" in run.err


def test_an_export_makes_the_same_library_again(citeloom: Citeloom, shelf: Path, tmp_path: Path) -> None:
    export = citeloom("papers", "list", "--jsonl", "--library", shelf)
    (tmp_path / "export.jsonl").write_text(export.out, encoding="utf-8")

    with Library(tmp_path / "again") as library:
        library.add([tmp_path / "export.jsonl"])
        again = [paper.to_dict() for paper in library.papers()]

    drop = {"sources": None}
    assert [paper | drop for paper in again] == [paper | drop for paper in export.json_lines]


def test_a_paper_is_shown_with_all_that_is_known_of_it(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("papers", "show", "lee2024kites", "--library", shelf)

    assert (run.code, run.err) == (0, "")
    for said in ("Kites in the wind", "Ann Lee, Bo Kim", "2024-03-05", "doi:10.1234/kites", "papers.jsonl, line 1"):
        assert said in run.out
    assert PAPERS[0]["abstract"] in " ".join(run.out.split())


def test_a_paper_in_json_is_what_the_list_says_of_it(citeloom: Citeloom, shelf: Path) -> None:
    listed = citeloom("papers", "list", "--jsonl", "--library", shelf).json_lines[0]
    shown = citeloom("papers", "show", "lee2024kites", "--json", "--library", shelf).json

    assert {name: shown[name] for name in listed} == listed


def test_a_paper_in_json_has_a_schema(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("papers", "show", "lee2024kites", "--json", "--library", shelf)

    assert run.json["schema"].startswith("citeloom.")


def test_a_list_can_be_had_as_one_json_object(citeloom: Citeloom, shelf: Path) -> None:
    assert citeloom("papers", "list", "--json", "--library", shelf).json["schema"].startswith("citeloom.")


def test_an_unknown_key_is_an_error_with_the_nearest_one(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("papers", "show", "lee2024kite", "--library", shelf)

    assert (run.code, run.out) == (5, "")
    assert run.err.splitlines() == [
        "citeloom: error: there is no paper lee2024kite in the library",
        "hint: did you mean lee2024kites?",
    ]


def test_removing_needs_a_yes_where_nobody_can_be_asked(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("papers", "remove", "lee2024kites", "--no-input", "--library", shelf)

    assert (run.code, run.out) == (2, "")
    assert "--yes" in run.err
    assert len(keys(shelf)) == 3


def test_a_removed_paper_is_named_and_gone(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("papers", "remove", "lee2024kites", "--yes", "--library", shelf)

    assert (run.code, run.err) == (0, "")
    assert "lee2024kites" in run.out
    with Library(shelf) as library:
        assert library.get("lee2024kites") is None
        assert all(hit.paper.key != "lee2024kites" for hit in library.search("kites in strong wind").hits)


def test_nothing_is_removed_if_one_of_the_keys_is_unknown(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("papers", "remove", "lee2024kites", "nobody1999", "--yes", "--library", shelf)

    assert (run.code, run.out) == (5, "")
    assert "nobody1999" in run.err
    assert len(keys(shelf)) == 3


@pytest.mark.parametrize("arguments", [("list",), ("show", "x"), ("remove", "x", "--yes")])
def test_without_a_library_there_is_an_error_and_still_no_library(
    citeloom: Citeloom, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    run = citeloom("papers", *arguments, "--library", "none")

    assert (run.code, run.out) == (5, "")
    assert len(run.err.splitlines()) == 2
    assert not (tmp_path / "none").exists()


def head(*arguments: str | Path) -> tuple[int, str, str]:
    """Runs the command, reads one line of it and closes the pipe, as `| head -1` does."""
    command = [sys.executable, "-c", ENTRY, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        line = run.stdout.readline()
        run.stdout.close()
        said = run.stderr.read()
    return run.returncode, line, said


def test_a_reader_that_has_enough_is_left_in_peace(seed_folder: Path) -> None:
    _, line, said = head("papers", "list", "--jsonl", "--library", seed_folder)

    assert "key" in json.loads(line)
    assert said == ""


def test_a_reader_that_has_enough_is_nothing_unexpected(seed_folder: Path) -> None:
    code, _, _ = head("papers", "list", "--jsonl", "--library", seed_folder)

    assert code in (0, 141)
