"""Bad input of every kind: one clear line and a hint, the right exit code, and nothing stored is lost."""

from __future__ import annotations

import ctypes
import json
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store.library import Library
from tests.cli.conftest import KITES, titles
from tests.conftest import ENTRY, REPOSITORY, Citeloom, Run

BOATS = {"title": "Boats", "abstract": "We sail boats across the sea and measure how long each of them stays afloat."}
ESCAPES = "\x1b[31m\x1b]0;owned\x07\x1b[2J\x9b2J\x08\x00\u202e"
HARMFUL = [*map(chr, (*range(10), *range(11, 32), *range(0x7F, 0xA0))), "\u202e"]
DROP_FROM_BOUNDING_SET, OVERRIDE_MODES, READ_AND_SEARCH_ANYTHING = 24, 1, 2


def said(run: Run, code: int) -> str:
    """The message of a run that failed as it should: nothing on stdout, what happened, and a hint."""
    first, second = run.err.splitlines()
    assert (run.code, run.out) == (code, "")
    assert first.startswith("citeloom: error: ")
    assert second.startswith("hint: ")
    return first


def run_with(prepare: Callable[[], None], *arguments: str | Path) -> Run:
    """Runs the command in a process that `prepare` has put in a bad way."""
    done = subprocess.run(
        [sys.executable, "-c", ENTRY, *map(str, arguments)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        text=True,
        preexec_fn=prepare,
        check=False,
        timeout=300,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def obey_modes() -> None:
    """Takes from root the right to ignore the modes of files; others never had it."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for right in (OVERRIDE_MODES, READ_AND_SEARCH_ANYTHING):
            if libc.prctl(DROP_FROM_BOUNDING_SET, right, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "this root may not give up its rights")


def no_file_longer_than(size: int) -> Callable[[], None]:
    """Makes writing fail as on a full disk, once a file has this many bytes."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


# Files


def test_a_missing_file(citeloom: Citeloom, shelf: Path) -> None:
    assert "missing.jsonl" in said(citeloom("add", "missing.jsonl", "--library", shelf), 5)


def test_a_missing_file_among_others_is_told_before_anything_is_read(citeloom: Citeloom, tmp_path: Path) -> None:
    (tmp_path / "boats.jsonl").write_text(json.dumps(BOATS) + "\n", encoding="utf-8")

    assert "missing.jsonl" in said(citeloom("add", "boats.jsonl", "missing.jsonl", "--library", "new"), 5)
    assert not (tmp_path / "new").exists()


def test_a_name_that_no_file_can_have(citeloom: Citeloom) -> None:
    assert said(citeloom("add", "x" * 300), 5)


def test_a_folder_without_readable_files(citeloom: Citeloom, shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")

    assert "folder" in said(citeloom("add", "folder", "--library", shelf), 5)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"  \n\n", "empty"),
        (bytes(range(256)) * 8, "binary"),
        (b"%PDF-1.7\nsome text in it", "PDF"),
        (b"PK\x03\x04 and more", "zip"),
        (b"\x1f\x8b\x08\x00 no gzip at all", "cannot be read"),
        (b"<html><body>A page</body></html>\n", "no format"),
    ],
)
def test_a_file_that_holds_no_papers(
    citeloom: Citeloom, shelf: Path, tmp_path: Path, content: bytes, word: str
) -> None:
    (tmp_path / "bad.jsonl").write_bytes(content)

    message = said(citeloom("add", "bad.jsonl", "--library", shelf), 5)
    assert "bad.jsonl" in message
    assert word in message


def test_a_file_that_may_not_be_read(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_text(json.dumps(BOATS) + "\n", encoding="utf-8")
    (tmp_path / "secret.jsonl").chmod(0o000)

    assert "secret.jsonl" in said(run_with(obey_modes, "add", tmp_path / "secret.jsonl", "--library", shelf), 5)


def test_a_file_in_a_folder_that_may_not_be_entered(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o000)

    assert said(run_with(obey_modes, "add", tmp_path / "locked" / "x.jsonl", "--library", shelf), 5)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_another_encoding_than_utf_8_is_detected_and_told(citeloom: Citeloom, tmp_path: Path, encoding: str) -> None:
    words = "Nous étudions les systèmes réels, où la qualité dépend de la température mesurée près de la côte. "
    record = {"title": "Le café près de l'île", "abstract": words * 3}
    (tmp_path / "french.jsonl").write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding=encoding)

    run = citeloom("add", "french.jsonl", "--library", "shelf")

    assert run.code == 0
    assert titles(tmp_path / "shelf") == ["Le café près de l'île"]
    assert encoding == "utf-16" or "not UTF-8" in run.err


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_a_large_file_is_streamed(tmp_path: Path) -> None:
    row = json.dumps({"title": "A short record", "abstract": KITES["abstract"] + " " + BOATS["abstract"]}) + "\n"
    small, large = tmp_path / "small.jsonl", tmp_path / "large.jsonl"
    small.write_text(row * 2000, encoding="utf-8")
    with large.open("w", encoding="utf-8") as file:
        for _ in range(30):
            file.write(row * (1_000_000 // len(row)))
    script = (
        "import re, sys\nfrom pathlib import Path\nfrom store import readers\n"
        "for path in sys.argv[1:]:\n"
        "    count = sum(1 for _ in readers.read(Path(path)))\n"
        "    peak = re.search(r'VmHWM:\\s*(\\d+) kB', Path('/proc/self/status').read_text())[1]\n"
        "    print(count, peak)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, small, large], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )

    (few, before), (many, after) = ([int(word) for word in line.split()] for line in done.stdout.splitlines())
    assert large.stat().st_size > 29_000_000
    assert (few, many) == (2000, 30 * (1_000_000 // len(row)))
    assert after - before < 12_000


# Records


def test_a_truncated_line_loses_nothing_but_itself(citeloom: Citeloom, shelf: Path, tmp_path: Path) -> None:
    whole = json.dumps(BOATS)
    (tmp_path / "cut.jsonl").write_text(f"{whole}\n{whole[: len(whole) // 2]}", encoding="utf-8")

    run = citeloom("add", "cut.jsonl", "--library", shelf)

    assert run.code == 0
    assert "1 added" in run.out
    assert "1 failed" in run.out
    assert "cut.jsonl, line 2: not valid JSON" in run.err
    assert titles(shelf) == ["Kites", "Boats"]


@pytest.mark.parametrize(
    "line",
    ["[1, 2, 3]", "null", '"text"', "{}", '{"abstract": 7}', '{"title": ["x"], "abstract": null}', "[" * 5000],
)
def test_a_line_that_is_no_record_is_a_problem_with_its_place(library: Library, tmp_path: Path, line: str) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(f"{json.dumps(KITES)}\n{line}\n{json.dumps(BOATS)}\n", encoding="utf-8")

    report = library.add([path])

    assert len(report.added) == 2
    assert [problem.place for _, problem in report.problems] == ["line 2"]


def test_a_record_without_a_title_is_kept(library: Library, write_jsonl: Callable[..., Path]) -> None:
    library.add([write_jsonl([{"abstract": KITES["abstract"]}])])

    (paper,) = library.papers()
    assert (paper.title, paper.abstract) == (None, KITES["abstract"])
    assert paper.key


def test_a_record_without_an_abstract_is_named_and_not_kept(citeloom: Citeloom, shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "bare.jsonl").write_text('{"title": "A bare title", "abstract": ""}\n', encoding="utf-8")

    run = citeloom("add", "bare.jsonl", "--library", shelf)

    assert run.code == 5
    assert "line 1: no abstract: A bare title" in run.err
    assert titles(shelf) == ["Kites"]


def test_terminal_escapes_of_a_paper_reach_no_screen(citeloom: Citeloom, tmp_path: Path) -> None:
    nasty: dict[str, Any] = {
        "title": f"Zeppelins {ESCAPES}rise",
        "authors": [f"Mal{ESCAPES}lory Lee"],
        "venue": f"Skies{ESCAPES}",
        "categories": [f"cs.{ESCAPES}LG"],
        "comment": f"seen{ESCAPES}",
        "key": f"lee{ESCAPES}2020",
        "url": f"http://x.test/{ESCAPES}",
        "abstract": f"The zeppelin {ESCAPES}method reaches an accuracy of 91.5% on the zeppelin benchmark.",
    }
    rows = [nasty, {"title": f"Nothing {ESCAPES}in it"}]
    path = tmp_path / "nasty.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    runs = [
        citeloom("add", path, "--json"),
        citeloom("papers", "list"),
        citeloom("papers", "list", "--jsonl"),
        citeloom("papers", "show", "lee2020"),
        citeloom("search", "zeppelin", "--json"),
        citeloom("search", "zeppelin"),
        citeloom("ask", "What accuracy does the zeppelin method reach?"),
    ]

    assert [run.code for run in runs] == [0] * len(runs)
    assert "Zeppelins rise" in runs[1].out
    for run in runs:
        assert [char for char in HARMFUL if char in run.out + run.err] == []


def test_terminal_escapes_of_a_file_name_reach_no_screen(citeloom: Citeloom, tmp_path: Path) -> None:
    (tmp_path / "ki\x1b[31mtes.jsonl").write_text(json.dumps(KITES) + "\n", encoding="utf-8")
    citeloom("add", "ki\x1b[31mtes.jsonl")

    run = citeloom("papers", "show", "kites")

    assert run.code == 0
    assert "\x1b" not in run.out


def test_terminal_escapes_of_a_piped_question_reach_no_screen(citeloom: Citeloom, shelf: Path) -> None:
    run = citeloom("search", "-", "--library", shelf, stdin="kites \x1b[31mred\x1b[0m wind\n")

    assert run.code == 0
    assert "\x1b" not in run.out


def test_an_abstract_of_200_000_characters_is_kept_whole_and_found(
    library: Library, write_jsonl: Callable[..., Path]
) -> None:
    sentence = "We measure how machine number {} of the fleet behaves under load, e.g. when it is cold. "
    abstract = "".join(sentence.format(number) for number in range(2300))[:200_000].strip()

    report = library.add([write_jsonl([{"title": "Long", "abstract": abstract}, KITES])])
    best = library.search("machine number 1234 of the fleet", 1).hits[0]

    assert (len(report.added), report.problems) == (2, [])
    assert best.paper.abstract == abstract
    assert "number 1234 " in best.sentence.text


def test_ten_thousand_copies_of_one_record_are_one_paper(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "copies.jsonl"
    path.write_text((json.dumps(KITES) + "\n") * 10_000, encoding="utf-8")

    report = library.add([path])

    assert (len(report.added), report.merged, report.embedded) == (1, 9_999, 1)
    assert [len(paper.sources) for paper in library.papers()] == [1]


# The place where the library is


def test_a_full_disk_loses_nothing_and_the_next_add_goes_on(shelf: Path, write_jsonl: Callable[..., Path]) -> None:
    words = [f"word{number}" for number in range(500)]
    chance = random.Random(7)
    rows = [{"title": f"Paper {number}", "abstract": " ".join(chance.sample(words, 12)) + "."} for number in range(200)]
    path = write_jsonl(rows)

    run = run_with(no_file_longer_than(100_000), "add", path, "--library", shelf)

    assert "disk is full" in said(run, 5)
    with Library(shelf) as library:
        before = library.count()
        library.add([path])
        assert (library.count(), library.pending()) == (201, 0)
    assert before >= 1


def test_a_disk_that_is_full_from_the_beginning(shelf: Path, write_jsonl: Callable[..., Path]) -> None:
    run = run_with(no_file_longer_than(0), "add", write_jsonl([BOATS]), "--library", shelf)

    assert said(run, 5)
    assert titles(shelf) == ["Kites"]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_stream_that_the_caller_has_closed_is_no_error(seed_folder: Path, number: int) -> None:
    whole = [sys.executable, "-c", "from agent.entry import main; main()", "papers", "list"]
    done = subprocess.run(
        [*whole, "--library", str(seed_folder)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        text=True,
        preexec_fn=lambda: os.close(number),
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) == (number != 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("command", [["--version"], ["doctor"], ["completion", "bash"], ["papers", "list", "--jsonl"]])
def test_output_to_a_full_place_is_one_clear_line(seed_folder: Path, command: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", ENTRY, *command, "--library", str(seed_folder)],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            text=True,
            check=False,
        )

    assert "the output cannot be written: No space left on device" in said(Run(done.returncode, "", done.stderr), 2)
