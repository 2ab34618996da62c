"""`citeloom check`: whether what a session cites still stands in the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.library import Library
from tests.agent.conftest import SHELF, write_papers
from tests.cli.conftest import LATENCY, SOLVES, error_of, one_line
from tests.conftest import Citeloom

QUOKKA = "Quokka: Motion Planning with Diffusion"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder of a library of the made-up papers that a test may change, read from `papers.jsonl` beside it."""
    with Library(tmp_path / "own") as library:
        library.add([write_papers(tmp_path / "papers.jsonl", SHELF)])
    return tmp_path / "own"


@pytest.mark.usefixtures("conversation")
def test_a_session_whose_citations_all_stand_is_fine(citeloom: Citeloom, papers: Path) -> None:
    run = citeloom("check", "--json", "--library", papers)
    told = citeloom("check", "--library", papers)

    assert (run.code, run.err, run.json["ok"]) == (0, "", True)
    assert run.json["schema"] == "citeloom.check/1"
    assert {row["quote"] for row in run.json["rows"]} >= {f"{SOLVES}.", f"{LATENCY}."}
    assert run.json["counts"]["there"] == run.json["citations"] == len(run.json["rows"])
    count = run.json["citations"]
    assert (told.code, told.out) == (0, f"{count} citations of 2 answers: {count} there\n")


@pytest.mark.usefixtures("conversation")
def test_after_a_paper_was_removed_and_another_changed_the_check_names_both_and_ends_with_code_5(
    citeloom: Citeloom, own: Path, tmp_path: Path
) -> None:
    changed = {**SHELF, QUOKKA: SHELF[QUOKKA].replace("40 ms", "70 ms")}
    citeloom("add", write_papers(tmp_path / "papers.jsonl", changed), "--library", own)
    citeloom("papers", "remove", "--yes", "lee2024zeppelin", "--library", own)

    run = citeloom("check", "--library", own)
    as_json = citeloom("check", "--json", "--library", own)
    verdicts = {row["quote"]: row["verdict"] for row in as_json.json["rows"]}

    assert (run.code, as_json.code, as_json.json["ok"]) == (5, 5, False)
    assert "not every citation stands" in error_of(run.err)[0]
    assert verdicts[f"{SOLVES}."] == "missing"
    assert f"“{SOLVES}.”" in one_line(run.out)
    assert f"“{LATENCY}.”" in one_line(run.out)
    assert verdicts[f"{LATENCY}."] == "changed"


@pytest.mark.usefixtures("conversation")
def test_a_sentence_that_moved_within_its_abstract_still_stands(citeloom: Citeloom, own: Path, tmp_path: Path) -> None:
    moved = {QUOKKA: f"This sentence was not there before. {SHELF[QUOKKA]}"}
    citeloom("add", write_papers(tmp_path / "papers.jsonl", {**SHELF, **moved}), "--library", own)

    run = citeloom("check", "--json", "--library", own)

    verdicts = {row["quote"]: (row["verdict"], row["note"]) for row in run.json["rows"]}
    assert run.code == 0
    assert verdicts[f"{LATENCY}."][0] == "moved"
    assert verdicts[f"{LATENCY}."][1]


def test_without_a_session_or_a_library_there_is_nothing_to_check(citeloom: Citeloom, conversation: Path) -> None:
    no_library = citeloom("check", "--library", "none")
    conversation.unlink()
    no_session = citeloom("check")

    assert (no_library.code, no_library.out, no_session.code, no_session.out) == (5, "", 5, "")
    assert "no library" in error_of(no_library.err)[0]
    assert "no session yet" in error_of(no_session.err)[0]
