"""A library through its one door: adding, removing, other processes, kills, and formats of other times."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from store.catalogue import FILE_NAME, SCHEMA_VERSION, Catalogue
from store.errors import InputError, LibraryBusy, LibraryError
from store.library import Library, Step
from store.lock import writing
from tests.conftest import ENTRY, REPOSITORY, Citeloom

WriteJsonl = Callable[..., Path]

CATS = {"title": "Felines", "abstract": "Kittens nap on warm sofas most of every afternoon, dreaming of mice."}
BANKS = {"title": "Banking", "abstract": "Central lenders raise interest rates whenever prices climb too quickly."}
STARS = {"title": "Astronomy", "abstract": "Remote galaxies drift apart, their light reddened by the stretch of space."}
ABOUT_CATS = "where do cats sleep"
"""Shares no word with CATS."""


def titles(library: Library) -> list[str | None]:
    return [paper.title for paper in library.papers()]


def start(*arguments: str | Path, folder: Path) -> subprocess.Popen[str]:
    """The command in a process of its own, not waited for."""
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        text=True,
    )


# Adding


def test_the_seeds_are_433_papers_and_nothing_failed(seed_library: Library) -> None:
    assert seed_library.count() == len(list(seed_library.papers())) == 433
    assert seed_library.pending() == 0
    assert seed_library.check_index() is None


def test_a_report_counts_every_paper_once(library: Library, write_jsonl: WriteJsonl) -> None:
    report = library.add([write_jsonl([CATS, BANKS, CATS, {"title": "No abstract"}])])

    assert (len(report.added), len(report.updated), len(report.unchanged)) == (2, 0, 0)
    assert (report.merged, len(report.problems), report.embedded) == (1, 1, 2)


def test_adding_again_leaves_all_unchanged_and_embeds_nothing(library: Library, write_jsonl: WriteJsonl) -> None:
    path = write_jsonl([CATS, BANKS, CATS])
    library.add([path])
    before = list(library.papers())

    report = library.add([path])

    assert (len(report.unchanged), report.added, report.updated, report.embedded) == (2, set(), set(), 0)
    assert list(library.papers()) == before


def test_a_changed_abstract_is_embedded_again_alone_and_the_old_text_is_gone_from_search(
    library: Library, write_jsonl: WriteJsonl
) -> None:
    library.add([write_jsonl([CATS, BANKS])])
    before = {hit.paper.title: hit for hit in library.search(ABOUT_CATS, 2).hits}

    report = library.add([write_jsonl([{**CATS, "abstract": STARS["abstract"]}, BANKS])])

    assert (len(report.updated), len(report.unchanged), report.embedded) == (1, 1, 1)
    after = {hit.paper.title: hit for hit in library.search(ABOUT_CATS, 2).hits}
    assert after["Felines"].similarity < before["Felines"].similarity
    assert after["Felines"].paper.abstract == STARS["abstract"]
    assert [hit.lexical_rank for hit in library.search("kittens sofas", 2).hits] == [None, None]
    assert library.search("reddened galaxies", 1).hits[0].lexical_rank == 1
    assert library.check_index() is None


def test_a_text_without_a_title_is_shown_by_its_beginning(library: Library, write_jsonl: WriteJsonl) -> None:
    library.add([write_jsonl([{"abstract": CATS["abstract"]}])])
    [paper] = library.papers()

    assert paper.title is None
    assert paper.label.startswith("(untitled) Kittens nap")
    assert library.get(paper.key) == paper
    assert library.search("kittens").hits[0].paper == paper


def test_one_file_that_cannot_be_read_does_not_stop_the_others(
    library: Library, write_jsonl: WriteJsonl, tmp_path: Path
) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    report = library.add([write_jsonl([CATS]), tmp_path / "picture.png"])

    assert titles(library) == ["Felines"]
    assert [path for path, _ in report.problems] == [str(tmp_path / "picture.png")]


def test_a_path_that_is_not_there_is_refused_before_anything_is_added(
    library: Library, write_jsonl: WriteJsonl, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as raised:
        library.add([write_jsonl([CATS]), tmp_path / "nothing.jsonl"])

    assert "nothing.jsonl" in raised.value.message
    assert not library.exists


def test_progress_tells_of_reading_and_of_indexing(library: Library, write_jsonl: WriteJsonl) -> None:
    steps: list[Step] = []
    library.add([write_jsonl([CATS, BANKS])], progress=steps.append)

    assert steps == [Step("reading", 2, None), Step("indexing", 2, 2)]


# Removing


def test_a_removed_paper_is_found_no_more(library: Library, write_jsonl: WriteJsonl) -> None:
    library.add([write_jsonl([CATS, BANKS])])
    removed = library.remove(["felines"])

    assert [paper.title for paper in removed] == ["Felines"]
    assert library.get("felines") is None
    assert [hit.paper.title for hit in library.search(ABOUT_CATS).hits] == ["Banking"]
    assert library.check_index() is None


def test_an_unknown_key_removes_nothing(library: Library, write_jsonl: WriteJsonl) -> None:
    library.add([write_jsonl([CATS, BANKS])])
    with pytest.raises(InputError) as raised:
        library.remove(["felines", "nobody2024nothing"])

    assert "nobody2024nothing" in raised.value.message
    assert titles(library) == ["Felines", "Banking"]
    assert library.search(ABOUT_CATS).hits[0].paper.key == "felines"


def test_removing_from_a_library_that_is_not_there_makes_none(library: Library) -> None:
    with pytest.raises(LibraryError):
        library.remove(["felines"])

    assert not library.exists


def test_a_removed_paper_comes_back_under_its_key_and_is_found_again(library: Library, write_jsonl: WriteJsonl) -> None:
    path = write_jsonl([CATS, BANKS])
    library.add([path])
    library.remove(["felines"])

    report = library.add([path])

    assert (len(report.added), len(report.unchanged)) == (1, 1)
    assert library.search(ABOUT_CATS).hits[0].paper.key == "felines"
    assert library.check_index() is None


# Formats and embedders of other times


def test_a_library_of_a_newer_format_is_refused_with_a_hint(library: Library, write_jsonl: WriteJsonl) -> None:
    path = write_jsonl([CATS])
    library.add([path])
    library.close()
    with sqlite3.connect(library.folder / FILE_NAME) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    connection.close()

    attempts: list[Callable[[Library], object]] = [
        lambda other: other.search("cats"),
        lambda other: other.add([path]),
        lambda other: other.remove(["felines"]),
        lambda other: other.rebuild(),
    ]
    for attempt in attempts:
        with Library(library.folder) as other, pytest.raises(LibraryError) as raised:
            attempt(other)
        assert "newer" in raised.value.message
        assert "upgrade" in raised.value.hint


def test_a_file_that_is_no_library_is_said_to_be_damaged(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this is no database " * 200)
    with Library(tmp_path) as broken, pytest.raises(LibraryError) as raised:
        broken.search("cats")

    assert raised.value.hint


def test_a_library_has_its_name_and_its_embedder_from_the_moment_it_is_there(tmp_path: Path) -> None:
    Catalogue(tmp_path, read_only=False, embedder="some").close()
    made = Catalogue(tmp_path, read_only=True)

    assert made.fact("embedder") == "some"
    assert made.fact("library_id")
    made.close()


def test_a_catalogue_that_is_locked_is_not_read_as_if_nobody_wrote_to_it(tmp_path: Path) -> None:
    Catalogue(tmp_path, read_only=False).close()
    writer = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    writer.execute("PRAGMA locking_mode=EXCLUSIVE")
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LibraryError, match="locked"):
        Catalogue(tmp_path, read_only=True)
    writer.close()


# Several processes


def test_a_reader_sees_what_another_process_adds_by_word_and_by_meaning(
    library: Library, write_jsonl: WriteJsonl, citeloom: Citeloom
) -> None:
    library.add([write_jsonl([BANKS, STARS])])
    assert library.search(ABOUT_CATS).hits[0].paper.title != "Felines"

    assert citeloom("add", write_jsonl([CATS], "cats.jsonl"), "--library", library.folder).code == 0

    by_meaning = library.search(ABOUT_CATS).hits[0]
    assert (by_meaning.paper.title, by_meaning.lexical_rank, by_meaning.dense_rank) == ("Felines", None, 1)
    assert library.search("kittens").hits[0].lexical_rank == 1


def test_a_reader_sees_what_another_process_removed(
    library: Library, write_jsonl: WriteJsonl, citeloom: Citeloom
) -> None:
    library.add([write_jsonl([CATS, BANKS, STARS])])
    assert library.search(ABOUT_CATS).hits[0].paper.title == "Felines"

    assert citeloom("papers", "remove", "felines", "--yes", "--library", library.folder).code == 0

    assert {hit.paper.title for hit in library.search(ABOUT_CATS).hits} == {"Banking", "Astronomy"}


def test_a_reader_is_served_while_another_writes(library: Library, write_jsonl: WriteJsonl) -> None:
    library.add([write_jsonl([CATS])])
    with writing(library.folder, wait=False, on_wait=lambda _: None):
        assert library.search(ABOUT_CATS).hits[0].paper.title == "Felines"


def test_with_no_wait_a_second_writer_fails_and_names_the_first(
    library: Library, write_jsonl: WriteJsonl, citeloom: Citeloom
) -> None:
    path = write_jsonl([CATS])
    with writing(library.folder, wait=False, on_wait=lambda _: None):
        run = citeloom("add", path, "--no-wait", "--library", library.folder)

    assert run.code == 5
    assert f"process {os.getpid()}" in run.err
    assert "hint: " in run.err
    assert run.out == ""
    assert not library.exists


def test_a_second_writer_waits_for_the_first_and_says_so(library: Library, write_jsonl: WriteJsonl) -> None:
    path = write_jsonl([CATS])
    with writing(library.folder, wait=False, on_wait=lambda _: None):
        second = start("add", path, "--library", library.folder, folder=path.parent)
        assert second.stderr is not None
        said = second.stderr.readline()
    second.communicate(timeout=300)

    assert f"waiting for process {os.getpid()}" in said
    assert second.returncode == 0
    assert titles(library) == ["Felines"]


def test_a_writer_in_this_process_is_refused_while_another_holds_the_lock(
    library: Library, write_jsonl: WriteJsonl
) -> None:
    path = write_jsonl([CATS])
    with writing(library.folder, wait=False, on_wait=lambda _: None), pytest.raises(LibraryBusy):
        library.add([path], wait=False)


def test_a_library_that_was_left_without_an_id_gets_one_when_it_is_next_written(
    library: Library, write_jsonl: WriteJsonl
) -> None:
    library.add([write_jsonl([CATS])])
    library.close()
    database = sqlite3.connect(library.folder / FILE_NAME)
    with database:
        database.execute("DELETE FROM facts WHERE name = 'library_id'")
    database.close()

    with Library(library.folder) as again:
        again.add([write_jsonl([BANKS])])
        assert again.search(ABOUT_CATS).hits[0].paper.title == "Felines"

    made = Catalogue(library.folder, read_only=True)
    assert made.fact("library_id")
    made.close()
