"""`citeloom add`: what was taken in, what was not, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from store.library import Library
from tests.conftest import Citeloom

KITES = {"title": "Kites", "abstract": "We fly kites in strong wind and count how many of them come back in one piece."}
BOATS = {"title": "Boats", "abstract": "We sail boats across the sea and measure how long each of them stays afloat."}


def titles(folder: Path) -> list[str | None]:
    with Library(folder) as library:
        return [paper.title for paper in library.papers()]


def test_an_add_ends_with_one_line_on_stdout_that_counts_everything(
    citeloom: Citeloom, write_jsonl: Callable[..., Path]
) -> None:
    run = citeloom("add", write_jsonl([KITES, BOATS, KITES]))

    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("2 papers: 2 added, 0 updated, 0 unchanged; 1 merged, 0 failed, ")
    assert len(run.out.splitlines()) == 1


def test_the_report_in_json_is_one_object_with_a_schema(citeloom: Citeloom, write_jsonl: Callable[..., Path]) -> None:
    path = write_jsonl([KITES, {"title": "Nothing in it"}, BOATS])

    report = citeloom("add", path, "--json").json

    assert report["schema"] == "citeloom.add/1"
    counts = {name: report[name] for name in ("added", "updated", "unchanged", "merged", "failed", "embedded")}
    assert counts == {"added": 2, "updated": 0, "unchanged": 0, "merged": 0, "failed": 1, "embedded": 2}
    assert report["problems"] == [{"path": str(path), "place": "line 2", "reason": "no abstract: Nothing in it"}]


def test_adding_again_changes_and_embeds_nothing(citeloom: Citeloom, write_jsonl: Callable[..., Path]) -> None:
    path = write_jsonl([KITES, BOATS])
    citeloom("add", path)

    report = citeloom("add", path, "--json").json

    assert (report["added"], report["updated"], report["unchanged"]) == (0, 0, 2)
    assert report["embedded"] == 0


def test_a_record_that_could_not_be_read_is_counted_and_named_and_the_others_are_kept(
    citeloom: Citeloom, write_jsonl: Callable[..., Path]
) -> None:
    path = write_jsonl([KITES, {"title": "Nothing in it"}, BOATS])

    run = citeloom("add", path, "--library", "shelf")

    assert run.code == 0
    assert "2 added" in run.out
    assert "1 failed" in run.out
    assert f"{path}, line 2: no abstract: Nothing in it" in run.err
    assert titles(Path("shelf")) == ["Kites", "Boats"]


def test_a_record_that_could_not_be_read_is_tried_again_the_next_time(
    citeloom: Citeloom, write_jsonl: Callable[..., Path]
) -> None:
    citeloom("add", write_jsonl([KITES, {"title": "Boats"}]), "--library", "shelf")

    report = citeloom("add", write_jsonl([KITES, BOATS]), "--json", "--library", "shelf").json

    assert (report["added"], report["unchanged"], report["failed"]) == (1, 1, 0)


def test_quiet_says_nothing_of_what_failed_but_still_counts_it(
    citeloom: Citeloom, write_jsonl: Callable[..., Path]
) -> None:
    run = citeloom("add", "-q", write_jsonl([KITES, {"title": "Nothing in it"}]))

    assert (run.code, run.err) == (0, "")
    assert "1 failed" in run.out


def test_many_failures_are_cut_short_unless_all_are_asked_for(
    citeloom: Citeloom, write_jsonl: Callable[..., Path]
) -> None:
    path = write_jsonl([KITES, *({"title": f"Empty {number}"} for number in range(30))])

    short, full = citeloom("add", path), citeloom("add", path, "-v")

    assert short.err.count("no abstract") == 20
    assert "10 more" in short.err
    assert full.err.count("no abstract") == 30


def test_a_bad_file_does_not_stop_the_others(
    citeloom: Citeloom, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "empty.jsonl").touch()

    run = citeloom("add", write_jsonl([BOATS]), tmp_path / "empty.jsonl", "--library", "shelf")

    assert run.code == 0
    assert "1 added" in run.out
    assert "empty.jsonl" in run.err
    assert titles(Path("shelf")) == ["Boats"]


def test_what_in_a_folder_is_no_file_of_papers_is_skipped_by_name(
    citeloom: Citeloom, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    write_jsonl([KITES]).rename(folder / "kites.jsonl")
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7\n\x00\x01")

    run = citeloom("add", folder, "--library", "shelf")

    assert run.code == 0
    assert "paper.pdf" in run.err
    assert titles(Path("shelf")) == ["Kites"]


def test_papers_are_read_from_standard_input(citeloom: Citeloom) -> None:
    run = citeloom("add", "-", "--library", "shelf", stdin=json.dumps(KITES) + "\n")

    assert run.code == 0
    assert titles(Path("shelf")) == ["Kites"]


def test_the_same_papers_from_standard_input_are_unchanged_the_second_time(citeloom: Citeloom) -> None:
    piped = json.dumps(KITES) + "\n" + json.dumps(BOATS) + "\n"
    citeloom("add", "-", "--library", "shelf", stdin=piped)

    report = citeloom("add", "-", "--json", "--library", "shelf", stdin=piped).json

    assert (report["unchanged"], report["merged"]) == (2, 0)


def test_empty_standard_input_is_an_error(citeloom: Citeloom) -> None:
    run = citeloom("add", "-", stdin="")

    assert (run.code, run.out) == (5, "")
    assert len(run.err.splitlines()) == 2


def test_the_library_that_a_flag_names_is_the_one_that_grows(
    citeloom: Citeloom, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    citeloom("add", write_jsonl([KITES]), "--library", "one", env={"CITELOOM_LIBRARY": "two"})
    citeloom("add", write_jsonl([BOATS]), env={"CITELOOM_LIBRARY": "two"})

    assert (titles(tmp_path / "one"), titles(tmp_path / "two")) == (["Kites"], ["Boats"])


def test_two_pipes_are_two_sources_though_their_ids_are_alike(citeloom: Citeloom) -> None:
    first = {"_id": "1", "title": "Protein folding", "text": "We study how proteins fold in water at high pressure."}
    second = {
        "_id": "1",
        "title": "Theorem proving",
        "text": "We study how theorems are proved by small language models.",
    }
    citeloom("add", "-", "--library", "shelf", stdin=json.dumps(first) + "\n")

    citeloom("add", "-", "--library", "shelf", stdin=json.dumps(second) + "\n")

    assert set(titles(Path("shelf"))) == {"Protein folding", "Theorem proving"}


def test_half_a_character_in_an_abstract_stops_nothing(citeloom: Citeloom) -> None:
    line = '{"title": "Halves", "abstract": "We study what half a character \\ud800 does to a library of papers."}\n'

    run = citeloom("add", "-", "--library", "shelf", stdin=line)

    assert run.code == 0
    assert titles(Path("shelf")) == ["Halves"]
