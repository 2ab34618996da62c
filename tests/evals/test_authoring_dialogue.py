"""`eval new` asks for questions, shows what the library has for them, and writes each that is confirmed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.gold import Question
from tests.cli.conftest import Terminal, error_of, one_line
from tests.conftest import Citeloom
from tests.evals.conftest import SHELF_GOLD, ZEPPELIN, write_gold
from tests.evals.test_authoring_new import ASKED, BIRDS, BIRDS_KEY, NAMING, REEFS, Author

SINGING = "Birds sing in dialects."


@pytest.fixture
def author(citeloom: Citeloom, shelf_folder: Path, tmp_path: Path) -> Author:
    return Author(citeloom, shelf_folder, tmp_path / "gold.jsonl")


def number_of(title: str, shown: str) -> int:
    """The number under which the dialogue shows a paper."""
    line = next(line for line in shown.splitlines() if f" {title} (" in line)
    return int(line.replace("*", " ").split()[0])


def test_papers_and_sentences_are_marked_by_their_numbers(author: Author) -> None:
    shown = author.type(ASKED, "").err
    birds = number_of(BIRDS, shown)
    assert f"{birds}.2 {NAMING}" in one_line(shown)
    other = 1 + birds % 3
    run = author.type(ASKED, "birds", f"{birds}.2 +{other}", "", "", "")
    assert (run.code, run.out) == (0, f"added q001  {ASKED}\n")
    case = author.cases()[0]
    assert case.gold == (BIRDS_KEY,)
    assert case.question.kind == "birds"
    assert [fact.text for fact in case.facts] == [NAMING]
    assert len(case.also) == 1
    assert "1 question added" in run.err


def test_what_will_be_written_is_shown_and_a_no_goes_back_to_the_marks(author: Author) -> None:
    run = author.type(ASKED, "", "1.1 2", "", "n", "-2", "", "what?", "y")
    said = one_line(run.err)
    assert said.count(f"Write it to {author.path}? [Y/n]") == 2
    assert f"question {ASKED} kind fact answers" in said
    assert len(author.questions[0].gold) == 1
    assert len(author.questions[0].facts) == 1


def test_further_papers_and_other_words_keep_marks_and_numbers(author: Author) -> None:
    shown = author.type(ASKED, "", "more", "search coral reefs bleach in warm water").err
    birds, reefs = number_of(BIRDS, shown), number_of(REEFS, shown)
    assert birds <= 5 < reefs
    run = author.type(
        ASKED,
        "",
        str(birds),
        "more",
        "search coral reefs bleach in warm water",
        f"{reefs}.2",
        f"search {ASKED}",
        "",
        "y",
    )
    assert f"*{birds:>3}  {BIRDS} (" in run.err
    assert author.questions[0].gold == (BIRDS, REEFS)


def test_the_search_ends_where_the_library_does(author: Author) -> None:
    run = author.type(ASKED, "", *["more"] * 6, "1", "", "y")
    assert "There are no further papers" in run.err
    numbers = [line.split()[0] for line in run.err.splitlines() if line.startswith("   ") and "(lee2024" in line]
    assert len(numbers) == len(set(numbers))
    assert len(author.questions) == 1


def test_a_paper_is_listed_with_the_sentence_that_fits_best_and_shown_whole(author: Author) -> None:
    run = author.type(ASKED, "", "show 1", "1.1", f"search {ASKED}", "show 1.2", "show 1.3", "show", "show 99", "back")
    listed, whole, again, rest = run.err.split(f" {BIRDS} (lee2024speech, 2024; 2 sentences)")[1:]
    assert f"1.2   {NAMING}" in listed.split("   2  ")[0]
    assert SINGING not in listed
    assert f"1.1   {SINGING}" in whole.split("Mark")[0]
    assert f"* 1.1   {SINGING}\n  1.2   {NAMING}" in again
    assert SINGING not in rest
    assert f"1.2   {NAMING}" in rest
    assert "has no sentence 3" in rest
    assert "'' names no paper; show 2 shows paper 2" in rest
    assert "no paper 99 was shown" in rest


@pytest.mark.parametrize("text", ["search whales", "1.2", "sure", "yy"])
def test_what_is_neither_yes_nor_no_is_asked_again_and_no_empty_line_is_yes_then(text: str, author: Author) -> None:
    run = author.type(ASKED, "", "1", "", text, "")
    assert f"'{text}' is neither; answer y or n" in run.err
    assert run.err.count(f"Write it to {author.path}? [y/n]") == 2
    assert run.out == ""
    assert author.type(ASKED, "", "1", "", text, "", "y").out == f"added q001  {ASKED}\n"


def test_the_usual_kinds_are_told_and_any_word_that_is_like_none_is_taken(author: Author) -> None:
    run = author.type(ASKED, "whales", "1", "", "y")
    assert "Kind [fact] (or comparison, synthesis, topic, paraphrase, your own word): " in run.err
    assert "Did you mean" not in run.err
    assert author.questions[0].kind == "whales"


@pytest.mark.parametrize(
    ("typed", "meant", "kind"),
    [
        (["fcat", "y"], "fact", "fact"),
        (["Facts", ""], "fact", "fact"),
        (["fcat", "n"], "fact", "fcat"),
        (["whale", "y"], "whales", "whales"),
    ],
    ids=["yes", "an empty line", "no", "like one of the file"],
)
def test_a_kind_that_is_like_another_is_asked_back(typed: list[str], meant: str, kind: str, author: Author) -> None:
    write_gold(author.path, [{"id": "g1", "question": "Who sings?", "kind": "whales"}])
    run = author.type(ASKED, *typed, "1", "", "y", "Who folds?", kind)
    assert f"Did you mean {meant}? [Y/n]" in run.err
    assert run.err.count("Did you mean") == 1  # what the file has is no mistake
    assert author.questions[-1].kind == kind


def test_that_no_paper_answers_is_no_kind_before_the_library_was_looked_at(author: Author) -> None:
    run = author.type(ASKED, "unanswerable", "1", "", "y")
    assert "none at the next prompt says that no paper answers" in run.err
    assert author.questions[0].kind == "fact"


def test_no_paper_answers_only_after_a_second_thought(author: Author) -> None:
    run = author.type("Which city is the largest?", "", "1 +2", "none", "", "none", "y", "", "")
    assert run.err.count("Is it sure") == 2
    assert author.questions == (Question("q001", "Which city is the largest?", "unanswerable"),)


def test_going_back_leaves_the_question_out(author: Author) -> None:
    run = author.type("What is told of whales?", "", "1", "back", ASKED, "", "1", "", "y")
    assert run.out == f"added q001  {ASKED}\n"
    assert [question.text for question in author.questions] == [ASKED]


def test_a_mistake_is_told_and_asked_again(author: Author) -> None:
    run = author.type(
        "???", ASKED, "", "99", "1.99", "birds", "search ???", "+1", "", "?", "-1 1", "", "y", ASKED, "", "back"
    )
    assert "the question is empty" in run.err
    assert "no paper 99 was shown" in run.err
    assert "has no sentence 99" in run.err
    assert "'birds' is no mark" in run.err
    assert "no paper answers it yet" in run.err
    assert "paper 2 may be cited too" in run.err
    assert "the same is asked in q001 already" in run.err
    assert "Traceback" not in run.err
    assert len(author.questions) == 1


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([], 0),
        ([""], 0),
        ([ASKED], 0),
        ([ASKED, "", "1", ""], 0),
        ([ASKED, "", "1", "", "y"], 1),
        ([ASKED, "", "1", "", "y", "Who sings?", "", "1"], 1),
        ([ASKED, "", "1", "", "y", "Who sings?", "", "1", "", "y", ""], 2),
    ],
    ids=["nothing", "an empty line", "a question", "unconfirmed", "confirmed", "half of a second", "two"],
)
def test_the_end_of_the_input_keeps_what_was_confirmed(lines: list[str], count: int, author: Author) -> None:
    run = author.type(*lines)
    assert run.code == 0
    assert len(run.out.splitlines()) == count
    assert f"{count} question{'s' if count != 1 else ''} added" in run.err
    assert author.path.exists() == bool(count)
    assert not count or len(author.questions) == count


def test_a_damaged_file_is_told_before_anything_is_asked(author: Author) -> None:
    author.path.write_text('{"id": "q1", "quest', encoding="utf-8")
    run = author.type(ASKED, "", "1", "", "y")
    assert (run.code, run.out) == (5, "")
    assert "Question" not in run.err
    assert "line 1" in error_of(run.err)[0]


def test_keys_that_move_the_cursor_do_not_get_into_the_file(author: Author) -> None:
    author.type(f"\x1b[A{ASKED}\x1b[D\x07", "fa\x1b[3~ct", "1", "", "y")
    assert [(question.text, question.kind) for question in author.questions] == [(ASKED, "fact")]


# A terminal


@pytest.fixture
def on_terminal(shelf_folder: Path, tmp_path: Path) -> dict[str, Any]:
    """What a dialogue on a terminal is started with."""
    return {
        "arguments": ["eval", "new", tmp_path / "gold.jsonl", "--library", shelf_folder],
        "env": {"CITELOOM_HOME": str(tmp_path / "home")},
    }


def test_on_a_terminal_it_ends_with_ctrl_d(on_terminal: dict[str, Any], author: Author) -> None:
    with Terminal(*on_terminal["arguments"], env=on_terminal["env"]) as terminal:
        terminal.wait_for("Question")
        terminal.type(f"{ASKED}\n")
        terminal.wait_for("your own word):")
        terminal.type("\n")
        terminal.wait_for("Mark (? for help):")
        terminal.type(f"{number_of(BIRDS, terminal.screen)}.2\n")
        terminal.wait_for("Marked:")
        terminal.type("\n")
        terminal.wait_for("[Y/n]")
        assert not author.path.exists()
        terminal.type("y\n")
        terminal.wait_for(f"added q001 {ASKED}")
        assert author.questions[0].facts[0].sentence == NAMING
        terminal.type("\x04")
        assert terminal.end() == 0
        assert "1 question added" in one_line(terminal.screen)
        assert "\x1b" not in terminal.raw.partition("Question")[2]


def test_nothing_scrolls_out_of_a_terminal_of_24_rows(citeloom: Citeloom, tmp_path: Path) -> None:
    words = " ".join(["of the sound that a whale makes when it hears another whale"] * 4)
    title = "Whales: What a Whale Says to Another Whale, and What the Other"
    rows = [
        {
            "title": f"{title} Says {number}",
            "abstract": " ".join(f"Part {part} {words}{number}." for part in range(1, 21)),
        }
        for number in range(1, 10)
    ]
    (tmp_path / "papers.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert citeloom("add", tmp_path / "papers.jsonl", "--library", tmp_path / "whales").code == 0
    env = {"CITELOOM_HOME": str(tmp_path / "home"), "LINES": "24"}
    with Terminal("eval", "new", tmp_path / "gold.jsonl", "--library", tmp_path / "whales", env=env) as terminal:
        terminal.wait_for("Question")
        terminal.type("What sound does a whale make?\n")
        terminal.wait_for("your own word):")
        terminal.type("\n")
        terminal.wait_for("left) Mark")
        terminal.type("more\n")
        terminal.wait_for("(1 left) Mark")
        terminal.type("show 2\n")
        terminal.wait_for("show 2.4: the other sentences Mark")
        terminal.type("show 2.18\n")
        terminal.wait_for("2.20 Part 20")
        terminal.type("back\n\n")
        assert terminal.end() == 0
        pages = [page.splitlines()[1:] for page in terminal.screen.split("Mark (? for help):")]
    first, second, whole = pages[:3]
    assert all(15 <= len(page) <= 22 for page in (first, second, whole))
    assert [line.split()[0] for line in (*first, *second) if "Whales: " in line] == [str(n) for n in range(1, 9)]


def test_ctrl_c_ends_it_and_keeps_what_was_added(on_terminal: dict[str, Any], author: Author) -> None:
    with Terminal(*on_terminal["arguments"], env=on_terminal["env"]) as terminal:
        terminal.wait_for("Question")
        terminal.type(f"{ASKED}\n\n1\n\ny\n")
        terminal.wait_for(f"added q001 {ASKED}")
        terminal.type("How much warmth do the corals of a reef survive?\n\n")
        terminal.wait_for(REEFS)
        terminal.type("1\n\x03")
        assert terminal.end() == 130
        assert "1 question added" in one_line(terminal.screen)
        assert "Traceback" not in terminal.raw
    assert len(author.questions) == 1


def test_marks_outlast_a_file_that_another_damaged_meanwhile(on_terminal: dict[str, Any], author: Author) -> None:
    write_gold(author.path, SHELF_GOLD)
    good = author.path.read_bytes()
    with Terminal(*on_terminal["arguments"], env=on_terminal["env"]) as terminal:
        terminal.wait_for("Question")
        terminal.type("What is known of Zeppelin?\n\n1\n\n")
        terminal.wait_for("[Y/n]")
        author.path.write_bytes(good + b'{"id"')
        terminal.type("y\n")
        terminal.wait_for("mend it first")
        author.path.write_bytes(good)
        terminal.type("y\n")
        terminal.wait_for("added g7")
    assert author.questions[-1].gold == (ZEPPELIN,)


def test_a_killed_dialogue_loses_nothing_that_was_confirmed(on_terminal: dict[str, Any], author: Author) -> None:
    with Terminal(*on_terminal["arguments"], env=on_terminal["env"]) as terminal:
        terminal.wait_for("Question")
        terminal.type(f"{ASKED}\n\n1\n\ny\n")
        terminal.wait_for("added q001")
        terminal.type("Who sings?\n\n1\n")
    assert len(author.questions) == 1
