"""A question is added to a gold set whole or not at all, whoever else writes to it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from agent import settings
from agent.errors import EvalError, UsageError
from agent.evalruns import EvalRuns
from evals import authoring, gold
from evals.authoring import append, free_id, standing
from evals.gold import Fact, Question
from evals.runfolder import run_names
from tests.conftest import REPOSITORY

CRANES, ASKED = "Cranes: Folding Rice Paper", "How long does a crane keep its shape?"
KNOWN = '{"id": "a1", "question": "Who folds?", "gold": ["Cranes: Folding Rice Paper"]}'
APPENDING = """
import sys
from pathlib import Path
from evals.authoring import append
from evals.gold import Question

for number in range(int(sys.argv[2])):
    append(Path(sys.argv[1]), Question("", f"Question {number} of {sys.argv[3]}?", "fact"))
"""
ON_A_FULL_DISK = """
import os, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
room = os.path.getsize(sys.argv[1]) + 20
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
"""


def process(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of its own that runs a script."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stderr=subprocess.PIPE,
        text=True,
    )


# Ids


@pytest.mark.parametrize(
    ("taken", "prefix", "expected"),
    [
        ([], "", "q001"),
        ([], "new-", "new-001"),
        (["sa009", "sb122"], "", "sb123"),
        (["sa009", "sb122"], "sa", "sa010"),
        (["sa009", "sb122"], "sc", "sc001"),
        (["q9"], "", "q10"),
        (["q007", "q003"], "", "q008"),
        (["first", "second"], "", "q001"),
        (["41", "12"], "", "42"),
        (["a12", "a1001"], "a1", "a1002"),
        (["x" + "9" * 30], "", "x" + "9" * 12 + "1" + "0" * 18),
    ],
    ids=str,
)
def test_an_id_is_the_next_free_number_of_its_prefix(taken: list[str], prefix: str, expected: str) -> None:
    assert free_id(taken, prefix) == expected


# The file


def test_a_question_is_added_at_the_end_of_what_stands_there(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(KNOWN + "\n", encoding="utf-8")
    given = Question(
        "q1", ASKED, "fact", (CRANES,), ("Tops",), (Fact(CRANES, "It “keeps” its shape."),), answerable=True
    )
    added = append(path, given)
    assert append(path, replace(given, id="")).id == "q2"
    assert path.read_text(encoding="utf-8").startswith(KNOWN + "\n")
    assert [question.id for question in gold.read(path).questions] == ["a1", "q1", "q2"]
    assert gold.read(path).questions[1] == added == given


@pytest.mark.parametrize(
    "before",
    [b"", b"\n\n", b"\xef\xbb\xbf", KNOWN.encode(), KNOWN.encode() + b"\r\n", b"\xef\xbb\xbf" + KNOWN.encode()],
    ids=["empty", "blank lines", "byte order mark", "no last line end", "line ends of windows", "both"],
)
def test_whatever_the_file_ends_with_the_question_gets_a_line_of_its_own(before: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(before)
    standing_before = standing(path)
    added = append(path, Question("", ASKED, "fact"))
    assert gold.read(path).questions == (*standing_before, added)
    assert path.read_bytes().startswith(before)


@pytest.mark.parametrize(
    "before",
    [
        b"[]\n",
        b"id,question\nq1,Who folds?\n",
        KNOWN.encode() + b'\n{"id": "a2", "que',
        b"\xff\xfe{\x00",
        f"{KNOWN}\n{KNOWN}\n".encode(),
    ],
    ids=["no object", "a table", "half a line", "utf-16", "an id twice"],
)
def test_a_file_with_flaws_is_not_added_to(before: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(before)
    for act in (lambda: standing(path), lambda: append(path, Question("", ASKED))):
        with pytest.raises(EvalError, match=r"line \d|byte 0") as caught:
            act()
        assert "eval check" in caught.value.hint
    assert path.read_bytes() == before


def test_an_id_that_is_taken_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(KNOWN, encoding="utf-8")
    with pytest.raises(UsageError, match="'a1'"):
        append(path, Question("a1", ASKED))
    assert path.read_text(encoding="utf-8") == KNOWN


@pytest.mark.parametrize("name", ["missing/gold.jsonl", ".", "x" * 300], ids=["no folder", "a folder", "a long name"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_asked(name: str, tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="cannot be written") as caught:
        standing(tmp_path / name)
    assert caught.value.hint
    with pytest.raises(EvalError, match="cannot be written"):
        append(tmp_path / name, Question("", ASKED))
    assert not (tmp_path / "missing").exists()


def test_a_question_for_which_there_is_no_space_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(KNOWN + "\n", encoding="utf-8")
    failed = process(ON_A_FULL_DISK + APPENDING, path, 1, "one")
    said = failed.communicate(timeout=300)[1]
    assert "EvalError" in said
    assert "No space left" in said
    assert path.read_text(encoding="utf-8") == KNOWN + "\n"


def test_writers_at_the_same_time_lose_nothing_and_give_no_id_twice(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    writers = [process(APPENDING, path, 20, name) for name in ("one", "two", "three")]
    assert [(writer.communicate(timeout=120)[1], writer.returncode) for writer in writers] == [("", 0)] * 3
    questions = gold.read(path).questions
    assert [question.id for question in questions] == [f"q{number:03}" for number in range(1, 61)]
    assert len({question.text for question in questions}) == 60


def test_a_writer_that_holds_the_file_for_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authoring, "_PATIENCE_S", 0.05)
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "gold.jsonl")
    append(tmp_path / "gold.jsonl", Question("", ASKED))
    (lock,) = (settings.data_folder() / "locks").iterdir()
    with FileLock(lock), pytest.raises(EvalError, match="another process"):
        append(tmp_path / "link.jsonl", Question("", ASKED))
    assert append(tmp_path / "link.jsonl", Question("", ASKED)).id == "q002"


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    (folder := tmp_path / "gold sets").mkdir()
    standing(folder / "gold.jsonl")
    assert list(folder.iterdir()) == []
    append(folder / "gold.jsonl", Question("", ASKED))
    assert [path.name for path in folder.iterdir()] == ["gold.jsonl"]


def test_locks_are_no_runs(tmp_path: Path) -> None:
    append(tmp_path / "gold.jsonl", Question("", ASKED))
    assert EvalRuns(settings.data_folder() / "evals").list() == ()
    assert run_names() == []


def test_where_no_lock_can_be_made_its_folder_is_named(tmp_path: Path) -> None:
    settings.data_folder().parent.mkdir(parents=True)
    settings.data_folder().write_text("no folder", encoding="utf-8")
    with pytest.raises(EvalError, match=r"no lock can be made in .*locks: Not a directory"):
        append(tmp_path / "gold.jsonl", Question("", ASKED))
    assert not (tmp_path / "gold.jsonl").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    (folder := tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(EvalError, match="cannot be written: Permission denied"):
        standing(folder / "gold.jsonl")
