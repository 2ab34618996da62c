"""`eval new` adds one question by options, or says why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.state import State
from agent.errors import ExitCode, UsageError, exit_code_for
from evals import gold
from evals.command import app
from evals.gold import Question
from evals.resolving import Case, resolve
from store.errors import LibraryError
from store.library import Library
from tests.cli.conftest import error_of
from tests.conftest import Citeloom, Run
from tests.evals.conftest import QUOKKA, SHELF_GOLD, write_gold

ASKED = "How many species does the recognizer of birds name?"
BIRDS, BIRDS_KEY = "Speech Recognition for Birds", "lee2024speech"
NAMING = "Our recognizer names 240 species by five seconds of it."
REEFS = "Coral Reefs under Heat"


class Author:
    """Writes `gold.jsonl` with questions about the shelf."""

    def __init__(self, citeloom: Citeloom, shelf_folder: Path, path: Path) -> None:
        self._citeloom = citeloom
        self.library = shelf_folder
        self.path = path

    def add(self, *options: str) -> Run:
        """One question by options."""
        return self._citeloom("eval", "new", self.path, "--library", self.library, *options)

    def refusal(self, *options: str) -> UsageError | LibraryError:
        """Why options are refused, which ends the command with code 2."""
        ended = CliRunner().invoke(app, ["new", str(self.path), *options], obj=State(library=str(self.library)))
        assert isinstance(ended.exception, UsageError | LibraryError)
        assert exit_code_for(ended.exception) == ExitCode.USAGE
        assert ended.stdout == ""
        return ended.exception

    def type(self, *lines: str) -> Run:
        """The dialogue, typed through a pipe."""
        stdin = "".join(f"{line}\n" for line in lines)
        return self._citeloom("eval", "new", self.path, "--library", self.library, stdin=stdin)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the file holds; it is without flaw."""
        return gold.read(self.path).questions

    def cases(self) -> tuple[Case, ...]:
        """The same in the library that it was written for."""
        with Library(self.library) as library:
            return resolve(gold.read(self.path), library)


@pytest.fixture
def author(citeloom: Citeloom, shelf_folder: Path, tmp_path: Path) -> Author:
    return Author(citeloom, shelf_folder, tmp_path / "gold.jsonl")


def test_one_question_is_added_by_options(author: Author) -> None:
    run = author.add("--question", ASKED, "--sentence", f"{BIRDS_KEY}.2", "--paper", REEFS, "--also", QUOKKA)
    assert (run.code, run.out, run.err) == (0, f"added q001  {ASKED}\n", "")
    assert json.loads(author.path.read_text(encoding="utf-8")) == {
        "id": "q001",
        "question": ASKED,
        "kind": "fact",
        "gold": [REEFS, BIRDS],
        "also": [QUOKKA],
        "facts": [{"paper": BIRDS, "sentence": NAMING}],
    }
    assert author.cases()[0].facts[0].sentences == (2,)


def test_kind_and_id_are_as_they_are_given(author: Author) -> None:
    assert author.add("--question", ASKED, "--paper", BIRDS_KEY, "--kind", "birds", "--id", "b-7").code == 0
    assert author.add("--question", REEFS, "--paper", REEFS).code == 0
    assert author.add("--question", QUOKKA, "--paper", QUOKKA, "--prefix", "robot").code == 0
    assert [(item.id, item.kind) for item in author.questions] == [
        ("b-7", "birds"),
        ("b-8", "topic"),
        ("robot001", "topic"),
    ]


def test_a_question_that_no_paper_answers_is_added_as_such(author: Author) -> None:
    run = author.add("--question", "Which city is the largest?", "--unanswerable")
    assert run.code == 0
    assert author.questions == (Question("q001", "Which city is the largest?", "unanswerable"),)


def test_a_question_that_stands_there_already_is_added_with_a_notice(author: Author) -> None:
    write_gold(author.path, SHELF_GOLD)
    run = author.add("--question", ASKED.upper(), "--paper", BIRDS)
    assert run.code == 0
    assert "g6" in run.err
    assert author.questions[-1].id == "g7"


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (["--paper", "lee2024speec"], "no paper 'lee2024speec'", f"did you mean lee2024speech, {BIRDS!r}?"),
        (["--paper", "lee2024speech", "--also", "lee2024spech"], "no paper 'lee2024spech'", "lee2024speech"),
        (["--sentence", "lee2024speech.3"], "no sentence 3", "has 2"),
        (["--sentence", "lee2024speech.0"], "no sentence 0", "has 2"),
        (["--sentence", "lee2024speech"], "names no sentence", "a dot and its number"),
        (["--sentence", ".2"], "no paper ''", "citeloom search"),
        (["--paper", "lee2024speech", "--also", BIRDS], "cannot answer and be acceptable", "leave one"),
        (["--sentence", "lee2024speech.1", "--also", BIRDS], "cannot answer and be acceptable", "leave one"),
        (["--paper", "lee2024speech", "--unanswerable"], "it is unanswerable, and", "--paper"),
        (["--also", "lee2024speech", "--unanswerable"], "it is unanswerable, and", "--paper"),
        (["--also", "lee2024speech"], "no paper answers it", "--unanswerable"),
        ([], "no paper answers it", "--unanswerable"),
        (["--paper", "lee2024speech", "--id", "g1"], "'g1'", "--id"),
        (["--paper", "lee2024speech", "--kind", "fcat"], "the kind 'fcat' may be", "did you mean fact? Without"),
        (["--paper", "lee2024speech", "--kind", "Topic"], "the kind 'Topic' may be", "did you mean topic? Without"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_cannot_be_meant_add_nothing(options: list[str], message: str, hint: str, author: Author) -> None:
    write_gold(author.path, SHELF_GOLD)
    before = author.path.read_bytes()
    error = author.refusal("--question", "Who sings?", *options)
    assert message in error.message
    assert hint in error.hint
    assert author.path.read_bytes() == before


@pytest.mark.parametrize("question", ["", "???", "why " * 2000], ids=["empty", "no word", "too long"])
def test_a_question_that_cannot_be_looked_for_is_refused(question: str, author: Author) -> None:
    assert author.refusal("--question", question, "--paper", BIRDS).hint
    assert not author.path.exists()


@pytest.mark.parametrize(
    "options",
    [["--paper", BIRDS_KEY], ["--also", BIRDS], ["--unanswerable"], ["--kind", "fact"], ["--id", "q1"]],
    ids=lambda options: options[0],
)
def test_options_of_a_question_need_the_question(options: list[str], author: Author) -> None:
    assert "--question" in author.refusal(*options).hint


def test_the_usual_kinds_stand_in_the_help(citeloom: Citeloom) -> None:
    said = " ".join(citeloom("eval", "new", "--help").out.replace("│", " ").split())
    assert "fact, comparison, synthesis, topic, paraphrase, unanswerable or any other word" in said


def test_nothing_is_asked_where_nothing_may_be_asked(author: Author) -> None:
    run = author.add("--no-input")
    assert (run.code, run.out) == (2, "")
    assert "--question" in error_of(run.err)[1]


def test_a_question_needs_a_library_and_a_place(citeloom: Citeloom, author: Author, tmp_path: Path) -> None:
    run = citeloom("eval", "new", author.path, "--question", ASKED, "--paper", BIRDS)
    assert run.code == 5
    assert "there is no library" in error_of(run.err)[0]
    author.path = tmp_path / "missing" / "gold.jsonl"
    run = author.add("--question", ASKED, "--paper", BIRDS)
    assert run.code == 5
    assert "cannot be written" in error_of(run.err)[0]
