"""`eval check` names everything that is wrong with a gold set, and what is perhaps a mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.checking import USUAL_KINDS, check
from evals.resolving import Papers
from store.library import Library
from tests.cli.conftest import error_of
from tests.conftest import Citeloom
from tests.evals.conftest import BALLOON, QUOKKA, SHELF_GOLD, ZEPPELIN, write_gold

BIRDS = "Speech Recognition for Birds"
SINGING = "Birds sing in dialects."
NAMING = "Our recognizer names 240 species by five seconds of it."
HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b2J\nnext"
FACT = {"paper": BIRDS, "sentence": SINGING}


def doubts_of(path: Path, library: Library) -> list[str]:
    """What is perhaps a mistake in a file that has no flaw."""
    checked = check(path, Papers(library.papers()))
    assert checked.flaws == ()
    return [str(doubt) for doubt in checked.doubts]


def asked(id: str, question: str = "", **fields: Any) -> dict[str, Any]:
    """A question of its own words unless it says otherwise."""
    return {"id": id, "question": question or f"What is told of {id}?", "kind": "fact", **fields}


def test_a_gold_set_that_fits_is_counted(citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path) -> None:
    run = citeloom("eval", "check", shelf_gold, "--library", shelf_folder)
    assert run.code == 0
    assert run.out == ("6 questions (4 fact, 1 synthesis, 1 unanswerable); 5 gold papers, 4 facts, 1 unanswerable\n")


def test_every_flaw_has_a_line_with_its_place(citeloom: Citeloom, shelf_folder: Path, tmp_path: Path) -> None:
    path = write_gold(
        tmp_path / "gold.jsonl",
        [
            SHELF_GOLD[0],
            {**SHELF_GOLD[1], "id": "g1"},
            asked("g7", gold=["Zeppelin: Closed Provers", "Nothing of the Kind"]),
            asked("g8", gold=[BIRDS], facts=[{"paper": BIRDS, "sentence": "Birds sing in dialect."}]),
            asked("g9", golden=[]),
        ],
    )
    run = citeloom("eval", "check", path, "--library", shelf_folder)
    assert run.code == 5
    flaws = run.out.splitlines()
    assert [flaw.split(":")[0] for flaw in flaws] == ["line 2", "line 5", "g7", "g7", "g8"]
    assert "'g1'" in flaws[0]
    assert "'golden'" in flaws[1]
    assert "'Zeppelin: Closed Provers'" in flaws[2]
    assert "Nothing of the Kind" in flaws[3]
    assert "Birds sing in dialect." in flaws[4]
    assert "5 flaws in" in error_of(run.err)[0]


def test_a_file_can_be_checked_without_any_library(citeloom: Citeloom, tmp_path: Path) -> None:
    path = write_gold(tmp_path / "gold.jsonl", [asked("g1", gold=["A paper that nobody has"])])
    assert citeloom("eval", "check", path, "--alone").code == 0
    run = citeloom("eval", "check", path)
    assert (run.code, run.out) == (5, "")
    assert "there is no library" in error_of(run.err)[0]


def test_flaws_and_doubts_are_printed_as_one_object(citeloom: Citeloom, shelf_folder: Path, tmp_path: Path) -> None:
    path = write_gold(tmp_path / "gold.jsonl", [asked("g1", gold=["Kites"]), asked("g2", also=[BIRDS])])
    run = citeloom("eval", "check", path, "--json", "--library", shelf_folder)
    assert run.code == 5
    assert run.json == {
        "schema": "citeloom.eval-check/1",
        "path": str(path),
        "questions": 2,
        "kinds": {"fact": 2},
        "gold": 1,
        "facts": 0,
        "unanswerable": 1,
        "flaws": [{"place": "g1", "reason": "there is no paper 'Kites' in the library"}],
        "doubts": [{"place": "g2", "reason": "no paper answers it, and 1 may be cited; does one answer?"}],
    }
    good = citeloom("eval", "check", write_gold(path, SHELF_GOLD), "--json", "--library", shelf_folder)
    assert good.code == 0
    assert (good.json["flaws"], good.json["questions"]) == ([], 6)


@pytest.mark.parametrize("content", ["", "\n\n"], ids=["empty", "blank lines"])
def test_an_empty_set_is_a_flaw(content: str, citeloom: Citeloom, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(content, encoding="utf-8")
    run = citeloom("eval", "check", path, "--alone")
    assert (run.code, run.out) == (5, "there is no question in it\n")
    assert "1 flaw in" in error_of(run.err)[0]


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_told_in_two_lines(name: str, citeloom: Citeloom, tmp_path: Path) -> None:
    run = citeloom("eval", "check", tmp_path / name, "--alone")
    assert (run.code, run.out) == (5, "")
    assert "cannot be read" in error_of(run.err)[0]


def test_hostile_text_reaches_no_terminal(citeloom: Citeloom, shelf_folder: Path, tmp_path: Path) -> None:
    questions = [
        asked(f"g1{HOSTILE}", gold=[f"Kites {HOSTILE}"]),
        asked("g2", f"Who {HOSTILE}?", kind=f"kind {HOSTILE}"),
        asked("g3", f"Who {HOSTILE}?", kind="twice"),
        asked("g4", kind="twice"),
    ]
    path = write_gold(tmp_path / "gold.jsonl", questions)
    for options in ((), ("--json",)):
        run = citeloom("eval", "check", path, "--library", shelf_folder, *options)
        assert run.code == 5
        assert "Kites" in run.out
        assert not {"\x1b", "\x07", "\x9b"} & set(run.out + run.err)
    assert len(citeloom("eval", "check", path, "--library", shelf_folder).out.splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "q1", "question"', "it is no JSON: expecting ':' delimiter at column 24"),
        ('  {"id": q1}', "it is no JSON: expecting value at column 10"),
        ('{"id": "q1}', "it is no JSON: unterminated string at column 8"),
        ('{"id": "\x01"}', "it is no JSON: invalid control character at column 9"),
        ('{"id": "\\x"}', "it is no JSON: invalid \\escape at column 9"),
        ('{"id": "q1"} {}', "it is no JSON: extra data at column 14"),
        ("q1: Who folds?", "it is no JSON: expecting value at column 1"),
        ("[" * 100_000, "it is no JSON: it is nested too deep"),
        ('{"id": ' + "1" * 5000 + "}", "it is no JSON: a number in it is too long"),
    ],
    ids=["cut off", "no quotes", "half a text", "control", "escape", "two", "no JSON at all", "deep", "a long number"],
)
def test_a_line_that_is_no_json_says_what_is_wrong_at_which_column(line: str, reason: str, tmp_path: Path) -> None:
    path = write_gold(tmp_path / "gold.jsonl", [asked("g1")])
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    checked = check(path, None)
    assert [str(flaw) for flaw in checked.flaws] == [f"line 2: {reason}"]
    assert len(checked.questions) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('id,question\nq1,"Who folds?"\nq2,Who sings?\n', "line 1: the file is a table (CSV)"),
        ('\ufeff\n"ID";"Question"\n"q1";"Who?"\n', "line 2: the file is a table (CSV)"),
        ("id\tquestion\n", "line 1: the file is a table (CSV)"),
        (json.dumps([asked("g1"), asked("g2")], indent=2), "line 1: the file is JSON over several lines"),
        (json.dumps(asked("g1"), indent=2), "line 1: the file is JSON over several lines"),
        ('{"id": "g1",\n "question": "Who?"}\n', "line 1: the file is JSON over several lines"),
        ('[{"id": "g1", "question": "Who?"},\n{"id": "g2"}]\n', "line 1: the file is JSON over several lines"),
        ("- id: q1\n  question: Who folds?\n", "line 1: the file is in another format"),
        ("Who folds?\nWho sings?\n", "line 1: the file is in another format"),
    ],
    ids=["csv", "semicolons", "tabs", "json list", "json", "json in two lines", "list a line each", "yaml", "text"],
)
def test_a_file_of_another_format_has_one_flaw(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(content, encoding="utf-8")
    checked = check(path, None)
    assert [str(flaw) for flaw in checked.flaws] == [f"{said}, and not JSON Lines: an object in each line"]


@pytest.mark.parametrize(
    "first",
    ["# my questions", '{"id": "g1",', "[]", '{"id": "g1"', "7"],
    ids=["a comment", "cut off", "list", "half", "7"],
)
def test_where_the_first_line_alone_is_at_fault_the_others_are_read(first: str, tmp_path: Path) -> None:
    path = write_gold(tmp_path / "gold.jsonl", [asked("g1"), asked("g2")])
    path.write_text(first + "\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    checked = check(path, None)
    assert [flaw.place for flaw in checked.flaws] == ["line 1"]
    assert len(checked.questions) == 2


# Likely mistakes


def test_a_question_that_is_asked_twice_is_doubtful(shelf: Library, tmp_path: Path) -> None:
    questions = [asked("g1", "Who sings?"), asked("g2", "who  sings"), asked("g3", "Who else sings?")]
    assert doubts_of(write_gold(tmp_path / "gold.jsonl", questions), shelf) == ["g2: it asks the same as g1"]


def test_a_gold_paper_without_a_fact_is_doubtful_where_others_have_one(shelf: Library, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    bare = asked("g1", gold=[ZEPPELIN, BIRDS, QUOKKA], facts=[FACT])
    assert doubts_of(write_gold(path, [bare, asked("g2", gold=[BALLOON])]), shelf) == [
        f"g1: there is no fact of {ZEPPELIN!r} and 1 more",
        f"g2: there is no fact of {BALLOON!r}",
    ]
    assert doubts_of(write_gold(path, [{**bare, "facts": []}]), shelf) == []


def test_acceptable_papers_without_gold_are_told_once_for_a_whole_set(shelf: Library, tmp_path: Path) -> None:
    questions = [asked("g0", gold=[ZEPPELIN], also=[BIRDS]), *(asked(f"g{n}", also=[BIRDS]) for n in range(1, 1201))]
    assert doubts_of(write_gold(tmp_path / "gold.jsonl", questions), shelf) == [
        "1,200 questions, the first g1, have papers that may be cited and none that answers; does one answer?"
    ]


@pytest.mark.parametrize("answerable", [True, False])
def test_acceptable_papers_without_gold_are_doubtful(answerable: bool, shelf: Library, tmp_path: Path) -> None:
    path = write_gold(tmp_path / "gold.jsonl", [asked("g1", also=[BIRDS, QUOKKA], answerable=answerable)])
    assert doubts_of(path, shelf) == ["g1: no paper answers it, and 2 may be cited; does one answer?"]


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        (SINGING, None),
        ("sing in dialects.", "a fact is a part of a sentence only: 'sing in dialects.'"),
        ("Birds sing in dialects", "a fact is a part of a sentence only: 'Birds sing in dialects'"),
        (f"{SINGING} Our recognizer", f"a fact is a part of a sentence only: '{SINGING} Our recognizer'"),
        (f"{SINGING} {NAMING}", f"a fact is 2 sentences, not one: '{SINGING} {NAMING}'"),
    ],
    ids=["whole", "without its beginning", "without its stop", "one and a half", "two"],
)
def test_a_fact_that_is_not_one_whole_sentence_is_doubtful(
    sentence: str, reason: str | None, shelf: Library, tmp_path: Path
) -> None:
    question = asked("g1", gold=[BIRDS], facts=[{"paper": BIRDS, "sentence": sentence}])
    doubts = doubts_of(write_gold(tmp_path / "gold.jsonl", [question]), shelf)
    assert doubts == ([f"g1: {reason}"] if reason else [])


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("fcat", "fact"),
        ("Fact", "fact"),
        ("comparision", "comparison"),
        ("whales", "whale"),
        ("harpoon", None),
        ("w" * 5000, None),
        *((kind, None) for kind in (*USUAL_KINDS, "claim", "retrieval", "question", "yes-no", "yesno", "factoid")),
        *((kind, None) for kind in ("list", "summary", "manual_acl broad", "inline_acl")),
    ],
    ids=lambda value: value[:20] if value else "",
)
def test_a_kind_that_one_question_has_is_doubtful_where_it_is_like_another(
    kind: str, meant: str | None, tmp_path: Path
) -> None:
    questions = [*(asked(f"g{number}", kind="whale") for number in range(2)), asked("g3", kind=kind)]
    if kind != "unanswerable":
        questions[-1]["answerable"] = True
    checked = check(write_gold(tmp_path / "gold.jsonl", questions), None)
    assert checked.flaws == ()
    assert [str(doubt) for doubt in checked.doubts] == (
        [f"g3: it is the only one of the kind {kind!r}; is {meant!r} meant?"] if meant else []
    )


def test_a_kind_that_many_have_is_no_mistake_whatever_it_is_like(tmp_path: Path) -> None:
    questions = [*(asked(f"g{number}", kind="facts") for number in range(2)), asked("g3", kind="facts?")]
    doubts = check(write_gold(tmp_path / "gold.jsonl", questions), None).doubts
    assert [str(doubt) for doubt in doubts] == ["g3: it is the only one of the kind 'facts?'; is 'facts' meant?"]


def test_of_a_long_text_a_doubt_tells_the_beginning(tmp_path: Path) -> None:
    question = asked("g1", gold=["x" * 5000, BIRDS], facts=[FACT])
    doubts = check(write_gold(tmp_path / "gold.jsonl", [question]), None).doubts
    assert [str(doubt) for doubt in doubts] == [f"g1: there is no fact of '{'x' * 79}…'"]


def test_doubts_are_notices_and_no_failure(citeloom: Citeloom, tmp_path: Path) -> None:
    twins = [asked(f"g{number}", "Who sings?") for number in range(30)]
    path = write_gold(tmp_path / "gold.jsonl", twins)
    run = citeloom("eval", "check", path, "--alone")
    assert run.code == 0
    assert run.out == "30 questions (30 fact); 0 gold papers, 0 facts, 30 unanswerable\n"
    assert run.err.count("it asks the same as g0") == 20
    assert "and 9 more; -v names them all" in run.err
    assert citeloom("-v", "eval", "check", path, "--alone").err.count("it asks the same as g0") == 29
    assert citeloom("-q", "eval", "check", path, "--alone").err == ""


def test_our_own_development_set_has_neither_flaw_nor_doubt(seed_library: Library) -> None:
    path = Path(__file__).parents[2] / "evals" / "gold" / "seeds.jsonl"
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["gold"]
    assert doubts_of(path, seed_library) == []
