"""`citeloom search`: hits with their best sentence, as text, JSON, and one object a line."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.library import Library
from store.lock import writing
from tests.conftest import Citeloom, Run

FACT = "What success rate does Goedel-Prover reach on miniF2F?"
LINES = (FACT, "", "process reward models", "year:soon reward", "key:nobody1999 reward", "x" * 50_000, "reward hacking")


@pytest.fixture(scope="module")
def folder(seed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library of the seeds in which a test may change the marks of the index."""
    copy = tmp_path_factory.mktemp("search") / "library"
    shutil.copytree(seed_folder, copy)
    return copy


@pytest.fixture
def unfinished(folder: Path) -> Iterator[Path]:
    """A library in which an interrupted `add` left one text to be indexed."""
    connection = sqlite3.connect(folder / "papers.db")
    connection.execute("UPDATE parts SET indexed = 0 WHERE paper_id = (SELECT min(paper_id) FROM parts)")
    connection.commit()
    yield folder
    connection.execute("UPDATE parts SET indexed = 1")
    connection.commit()
    connection.close()


def piped(citeloom: Citeloom, command: str, folder: Path) -> Run:
    return citeloom(command, "-", "--jsonl", "-k", "2", "--library", folder, stdin="\n".join(LINES) + "\n")


def test_the_json_of_a_search_has_every_field_of_the_contract(
    citeloom: Citeloom, seed_folder: Path, seed_library: Library
) -> None:
    run = citeloom("search", FACT, "--json", "-k", "3", "--library", seed_folder)

    assert (run.code, run.err) == (0, "")
    found = run.json
    assert (found["schema"], found["query"]) == ("citeloom.search/1", FACT)
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3]
    assert found["hits"][0]["key"] == "lin2025goedel"
    assert all(isinstance(value, int | float) for value in found["timings"].values())
    for hit in found["hits"]:
        assert set(hit) >= {"rank", "key", "title", "year", "score", "lexical_rank", "dense_rank", "sentence"}
        paper = seed_library.get(hit["key"])
        assert paper is not None
        sentence = hit["sentence"]
        assert paper.abstract[sentence["start"] : sentence["end"]] == sentence["text"]
        assert sentence["index"] >= 1


def test_a_search_to_read_shows_title_key_and_sentence(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom("search", FACT, "-k", "1", "--library", seed_folder)

    assert (run.code, run.err) == (0, "")
    assert run.out.startswith(" 1. Goedel-Prover")
    assert "lin2025goedel" in run.out
    assert "\n    | " in run.out
    assert " 2. " not in run.out


def test_a_question_needs_no_quotation_marks(citeloom: Citeloom, seed_folder: Path) -> None:
    one = citeloom("search", *FACT.split(), "--json", "-k", "2", "--library", seed_folder).json

    assert one["query"] == FACT


def test_a_scope_narrows_a_search_and_is_told(citeloom: Citeloom, seed_folder: Path) -> None:
    found = citeloom("search", "reward models", "--scope", "year:2025", "--json", "--library", seed_folder).json

    assert found["scope"] == "year:2025"
    assert {hit["year"] for hit in found["hits"]} == {2025}


def test_a_scope_may_stand_in_the_question(citeloom: Citeloom, seed_folder: Path) -> None:
    found = citeloom("search", "reward models year:2025", "--json", "--library", seed_folder).json

    assert found["query"] == "reward models"
    assert {hit["year"] for hit in found["hits"]} == {2025}


def test_how_many_papers_are_shown_can_be_settled(citeloom: Citeloom, seed_folder: Path) -> None:
    found = citeloom("search", "reward", "--json", "--library", seed_folder, env={"CITELOOM_HITS": "4"}).json

    assert len(found["hits"]) == 4


@pytest.mark.parametrize("command", ["search", "ask"])
def test_every_line_gets_one_object_in_order_and_a_bad_one_stops_no_other(
    citeloom: Citeloom, seed_folder: Path, command: str
) -> None:
    run = piped(citeloom, command, seed_folder)
    good = {"search": "citeloom.search/1", "ask": "citeloom.answer/1"}[command]
    bad = "citeloom.error/1"

    assert [line["schema"] for line in run.json_lines] == [good, bad, good, bad, bad, bad, good]
    assert [line.get("query") or line["question"] for line in run.json_lines] == list(LINES)
    errors = [line for line in run.json_lines if line["schema"] == bad]
    assert [error["exit_code"] for error in errors] == [2, 2, 5, 2]
    assert all(error["error"] and error["hint"] for error in errors)


def test_a_bad_line_shows_in_the_exit_code_when_all_are_done(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom("search", "-", "--jsonl", "--library", seed_folder, stdin="reward\n\nplanning\n")

    assert run.code == 2
    assert len(run.json_lines) == 3


def test_lines_to_read_come_under_their_questions(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom("search", "-", "-k", "1", "--library", seed_folder, stdin="reward hacking\r\nplanning")

    assert [line for line in run.out.splitlines() if line.startswith("# ")] == ["# reward hacking", "# planning"]


def test_no_lines_are_no_answers(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom("search", "-", "--jsonl", "--library", seed_folder, stdin="")

    assert (run.code, run.out, run.err) == (0, "", "")


def test_a_line_that_is_not_utf_8_stops_no_other(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom(
        "search", "-", "--jsonl", "-k", "1", "--library", seed_folder, stdin=b"reward\ncaf\xe9 \xff\xfe\nplanning\n"
    )

    assert [line.get("query") for line in run.json_lines][::2] == ["reward", "planning"]


def test_json_is_one_object_for_several_lines_too(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom("search", "-", "--json", "-k", "1", "--library", seed_folder, stdin="reward\nplanning\n")

    assert run.code == 2 or run.json["schema"].startswith("citeloom.")


def test_without_a_library_a_search_is_an_error_that_makes_none(citeloom: Citeloom, tmp_path: Path) -> None:
    run = citeloom("search", "anything", "--library", "none")

    assert (run.code, run.out) == (5, "")
    assert run.err.splitlines() == [
        "citeloom: error: there is no library at none",
        "hint: add papers first: citeloom add PATH",
    ]
    assert not (tmp_path / "none").exists()


def test_a_search_finishes_the_little_that_an_interrupted_add_left(citeloom: Citeloom, unfinished: Path) -> None:
    run = citeloom("search", FACT, "-k", "1", "--json", "--library", unfinished)

    assert run.code == 0
    with Library(unfinished) as library:
        assert library.pending() == 0


def test_a_search_is_answered_while_another_process_writes(citeloom: Citeloom, unfinished: Path) -> None:
    with writing(unfinished, wait=False, on_wait=lambda _: None):
        run = citeloom("search", FACT, "-k", "1", "--json", "--library", unfinished)

    assert run.code == 0
    assert run.json["hits"][0]["key"] == "lin2025goedel"
