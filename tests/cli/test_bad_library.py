"""Libraries that cannot be written or read, what cannot be looked for, and interruptions."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.library import Library
from tests.cli.conftest import KITES
from tests.cli.test_bad_input import BOATS, obey_modes, run_with, said
from tests.conftest import ENTRY, REPOSITORY, Citeloom, Run


@pytest.fixture
def sealed(shelf: Path) -> Iterator[Path]:
    """A library in which nothing may be written."""
    everything = [shelf, *shelf.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield shelf
    for path in everything:
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_read_only_library_takes_nothing_in(sealed: Path, write_jsonl: Callable[..., Path]) -> None:
    run = run_with(obey_modes, "add", write_jsonl([BOATS]), "--library", sealed)

    assert "cannot be written" in said(run, 5)


def test_a_read_only_library_gives_nothing_away(sealed: Path) -> None:
    run = run_with(obey_modes, "papers", "remove", "kites", "--yes", "--library", sealed)

    assert "cannot be written" in said(run, 5)


def test_a_read_only_library_is_searched_and_never_called_damaged(sealed: Path) -> None:
    run = run_with(obey_modes, "search", "kites in the wind", "--json", "--library", sealed)

    assert run.code == 0
    assert [hit["key"] for hit in run.json["hits"]] == ["kites"]
    assert "damaged" not in run.err


def test_a_library_in_a_folder_that_may_not_be_entered(shelf: Path) -> None:
    locked = shelf.parent / "locked"
    locked.mkdir(mode=0o000)

    assert said(run_with(obey_modes, "search", "kites", "--library", locked / "library"), 5)


def of_newer_version(folder: Path) -> Path:
    newer = folder.parent / "newer"
    shutil.copytree(folder, newer)
    connection = sqlite3.connect(newer / "papers.db")
    connection.execute("PRAGMA user_version=99")
    connection.close()
    return newer


@pytest.mark.parametrize(
    "arguments", [("add", "boats.jsonl"), ("search", "kites"), ("ask", "kites?"), ("papers", "list")]
)
def test_a_library_of_a_newer_version_is_refused_and_left_alone(
    citeloom: Citeloom, shelf: Path, arguments: tuple[str, ...]
) -> None:
    (shelf.parent / "boats.jsonl").write_text(json.dumps(BOATS) + "\n", encoding="utf-8")
    newer = of_newer_version(shelf)
    before = (newer / "papers.db").read_bytes()

    message = said(citeloom(*arguments, "--library", newer), 5)

    assert "newer" in message
    assert (newer / "papers.db").read_bytes() == before


def test_a_library_that_is_no_database_is_told_and_left_alone(citeloom: Citeloom, tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "papers.db").write_bytes(b"these are the wrong bytes " * 400)

    assert "damaged" in said(citeloom("papers", "list", "--library", "odd"), 5)
    assert (tmp_path / "odd" / "papers.db").read_bytes() == b"these are the wrong bytes " * 400


def test_a_file_where_the_library_should_be(citeloom: Citeloom, tmp_path: Path) -> None:
    (tmp_path / "kites.jsonl").write_text(json.dumps(KITES) + "\n", encoding="utf-8")

    assert said(citeloom("add", "kites.jsonl", "--library", "kites.jsonl"), 5)
    assert json.loads((tmp_path / "kites.jsonl").read_text(encoding="utf-8")) == KITES


# Questions and command lines


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("ask", ""), 2, "empty"),
        (("search", "   "), 2, "empty"),
        (("ask", "?!…"), 2, "empty"),
        (("search", "year:2024"), 2, "empty"),
        (("ask", "why " * 12_500), 2, "50,000"),
        (("search", "x" * 50_000), 2, "50,000"),
        (("search", "kites", "--scope", "year:1803"), 5, "year:1803"),
        (("ask", "kites", "--scope", "author:Nobody"), 5, "author:Nobody"),
        (("search", "kites key:nobody1999"), 5, "key:nobody1999"),
        (("search", "kites", "--scope", "year:soon"), 2, "year:soon"),
        (("search", "kites", "--scope", "year:2024-2020"), 2, "2024-2020"),
        (("ask", "kites", "--scope", "kites"), 2, "kites"),
        (("papers", "list", "--scope", "author:"), 2, "author:"),
        (("search", "kites", "-k", "0"), 2, "-k"),
        (("search", "kites", "-k", "many"), 2, "-k"),
        (("search",), 2, "question"),
        (("add",), 2, "paths"),
        (("ask", "kites", "--mode", "qoute"), 2, "qoute"),
        (("ask", "kites", "--mode", "model"), 2, "model"),
    ],
)
def test_what_cannot_be_looked_for_is_told(
    citeloom: Citeloom, shelf: Path, arguments: tuple[str, ...], code: int, word: str
) -> None:
    assert word.lower() in said(citeloom(*arguments, "--library", shelf), code).lower()


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (("serch", "kites"), "search"),
        (("papers", "lst"), "list"),
        (("search", "kites", "--jsno"), "--json"),
        (("config", "show", "--orgin"), "--origin"),
        (("search", "kites", "--scope", "yaer:2024"), "year:"),
        (("ask", "kites", "--mode", "qoute"), "quote"),
        pytest.param(
            ("search", "kites", "--librar", "x"),
            "--library",
        ),
    ],
)
def test_what_is_unknown_is_a_usage_error_with_the_nearest_name(
    citeloom: Citeloom, arguments: tuple[str, ...], near: str
) -> None:
    run = citeloom(*arguments)

    assert said(run, 2)
    assert near in run.err


def test_a_question_in_another_script_comes_with_a_warning_on_stderr(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("ask", "Какая модель лучше всех доказывает теоремы?", "--library", shelf)

    assert run.code == 0
    assert run.out
    assert "script" in run.err


# Interruptions


def test_ctrl_c_during_an_add_keeps_what_was_stored_and_the_next_add_finishes_the_rest(
    tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    words = [f"word{number}" for number in range(900)]
    chance = random.Random(3)
    rows = [{"title": f"Paper {number}", "abstract": " ".join(chance.sample(words, 14)) + "."} for number in range(700)]
    path, folder = write_jsonl(rows), tmp_path / "shelf"
    running = subprocess.Popen(
        [sys.executable, "-c", ENTRY, "add", str(path), "--library", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        text=True,
    )
    while not (stored := count_of(folder)):
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate()

    said(Run(running.returncode, out, err), 130)
    with Library(folder) as library:
        assert library.count() >= stored
        report = library.add([path])
        assert (library.count(), library.pending()) == (len(rows), 0)
        assert len(report.unchanged) >= stored


def count_of(folder: Path) -> int:
    """How many papers are stored, seen from outside; 0 while there is no library."""
    try:
        connection = sqlite3.connect(f"file:{folder / 'papers.db'}?mode=ro", uri=True)
    except sqlite3.Error:
        return 0
    try:
        return int(connection.execute("SELECT count(*) FROM papers").fetchone()[0])
    except sqlite3.Error:
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize("arguments", [("papers", "list"), ("search", "kites"), ("ask", "kites"), ("--help",)])
def test_a_pipe_that_nobody_reads_makes_no_noise(shelf: Path, arguments: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", ENTRY, "--library", str(shelf), *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )
    os.close(writer)

    assert done.stderr == b""
