"""Reading gold sets: what a line may hold, and what is said of one that cannot be used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.errors import EvalError, ExitCode, exit_code_for
from evals import gold
from evals.gold import Criterion, Fact, Flaw, Question, parse, told

WHOLE = {
    "id": "q1",
    "question": "Do cranes of rice paper last?",
    "kind": "fact",
    "gold": ["Cranes"],
    "also": ["Tops"],
    "facts": [{"paper": "Cranes", "sentence": "They last for years.", "vital": False}],
    "rubric": [{"criterion": "says for how long", "weight": 2}],
}
LEAST = {"id": "q2", "question": "Who folds?"}
Writer = Callable[..., Path]


def lines(*contents: Any) -> bytes:
    """Each as a line of JSON."""
    return "".join(json.dumps(content) + "\n" for content in contents).encode()


def the_flaw(content: Any) -> str:
    """What is said of a file of this one line, of which no question is read."""
    questions, flaws = parse(lines(content))
    assert not questions
    (flaw,) = flaws
    assert flaw.place == "line 1"
    return flaw.reason


def refused(path: Path) -> EvalError:
    """The error that reading the file gives."""
    with pytest.raises(EvalError) as caught:
        gold.read(path)
    assert exit_code_for(caught.value) == ExitCode.LIBRARY
    assert caught.value.hint
    return caught.value


def test_a_gold_set_is_read_with_the_hash_of_its_bytes(write_jsonl: Writer) -> None:
    path = write_jsonl([WHOLE, LEAST], "gold.jsonl")
    read = gold.read(path)
    assert read.path == path
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read.questions == (
        Question(
            "q1",
            "Do cranes of rice paper last?",
            "fact",
            ("Cranes",),
            ("Tops",),
            (Fact("Cranes", "They last for years.", vital=False),),
            (Criterion("says for how long", 2.0),),
            answerable=True,
        ),
        Question("q2", "Who folds?", "unanswerable"),
    )
    assert gold.parse(gold.content(path))[1] == []


@pytest.mark.parametrize("content", [WHOLE, LEAST, {**LEAST, "answerable": True}], ids=["whole", "least", "no gold"])
def test_a_question_is_written_as_it_is_read(content: dict[str, Any]) -> None:
    (question,), _ = parse(lines(content))
    assert parse(lines(question.to_dict()))[0] == [question]


def test_a_question_without_gold_is_unanswerable_unless_it_says_otherwise() -> None:
    questions, _ = parse(lines(LEAST, {**LEAST, "id": "q3", "answerable": True}))
    assert [(one.answerable, one.kind) for one in questions] == [(False, "unanswerable"), (True, "question")]


def test_what_answers_is_not_listed_as_acceptable_and_each_name_counts_once() -> None:
    (question,), _ = parse(lines({**LEAST, "gold": ["Cranes", "Cranes"], "also": ["Tops", "Cranes", "Tops"]}))
    assert (question.gold, question.also) == (("Cranes",), ("Tops",))


def test_a_byte_order_mark_blank_lines_and_line_ends_of_windows_do_not_matter() -> None:
    data = b"\xef\xbb\xbf\r\n" + lines(LEAST).replace(b"\n", b"\r\n") + b"  \t\r\n\n" + lines({**LEAST, "id": "q3"})
    questions, flaws = parse(data)
    assert [question.id for question in questions] == ["q2", "q3"]
    assert flaws == []


def test_the_last_line_needs_no_end() -> None:
    assert len(parse(lines(LEAST).rstrip())[0]) == 1


def test_a_line_separator_within_a_text_ends_no_line() -> None:
    data = json.dumps({**LEAST, "question": "Who\u2028folds?"}, ensure_ascii=False).encode()
    assert parse(data)[1] == []


@pytest.mark.parametrize("data", [b"", b"\n\n  \n", b"\xef\xbb\xbf"], ids=["nothing", "blank lines", "a mark"])
def test_an_empty_file_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(data)
    assert refused(path).message == f"{path}: there is no question in it"


def test_what_is_not_utf_8_is_named_with_its_place() -> None:
    questions, flaws = parse('{"id": "q1", "question": "caf\xe9?"}'.encode("latin-1"))
    assert not questions
    assert [str(flaw) for flaw in flaws] == ["byte 29: it is not UTF-8"]


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    missing = tmp_path / "none.jsonl"
    assert refused(missing).message == f"the gold set {missing} cannot be read: No such file or directory"
    assert refused(tmp_path).message == f"the gold set {tmp_path} cannot be read: Is a directory"


@pytest.mark.parametrize(
    "line",
    [b'{"id": "q1", "question"', b"q1: Who folds?", b"[" * 100_000, b'{"id": ' + b"1" * 5000 + b"}", b'{"id": "\x01"}'],
    ids=["cut off", "text", "too deep", "a number too long", "a control character"],
)
def test_a_line_that_is_no_json_is_named_and_the_others_are_read(line: bytes) -> None:
    questions, flaws = parse(lines(LEAST) + line + b"\n" + lines({**LEAST, "id": "q3"}))
    assert [question.id for question in questions] == ["q2", "q3"]
    assert [flaw.place for flaw in flaws] == ["line 2"]
    assert flaws[0].reason.startswith("it is no JSON: ")


@pytest.mark.parametrize(
    "content", [[], "Who folds?", 7, None, [LEAST]], ids=["list", "text", "number", "null", "in a list"]
)
def test_json_of_another_shape_is_refused(content: Any) -> None:
    assert the_flaw(content) == "it is no JSON object"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answer": "x"}, "there is no field 'answer'"),
        ({"id": ""}, "id is missing, or is no text"),
        ({"id": 7}, "id is missing, or is no text"),
        ({"id": "\x1b[31m\u200b"}, "id is missing, or is no text"),
        ({"question": None}, "question is missing, or is no text"),
        ({"question": "?!"}, "the question has no word in it"),
        ({"question": "why " * 1001}, "the question has 4,003 characters; 4,000 are the most"),
        ({"kind": []}, "kind is missing, or is no text"),
        ({"gold": "Cranes"}, "gold is no list"),
        ({"gold": ""}, "gold is no list"),
        ({"gold": {}}, "gold is no list"),
        ({"gold": [""]}, "gold holds something that names no paper"),
        ({"also": [7]}, "also holds something that names no paper"),
        ({"answerable": "yes"}, "answerable is neither true nor false"),
        ({"answerable": False}, "it has gold papers, and says that it is not answerable"),
        ({"kind": "unanswerable"}, "its kind is unanswerable, and it has an answer"),
        ({"facts": ["They last."]}, "a fact is no object with paper and sentence"),
        ({"facts": [{"paper": "Cranes"}]}, "sentence is missing, or is no text"),
        ({"facts": [{"paper": "Cranes", "sentence": "x", "page": 1}]}, "a fact has no field 'page'"),
        ({"facts": [{"paper": "Cranes", "sentence": "x", "vital": 1}]}, "vital is neither true nor false"),
        ({"facts": [{"paper": "Tops", "sentence": "x"}]}, "a fact is of 'Tops', which is none of its gold papers"),
        ({"rubric": ["good"]}, "a criterion of the rubric is no object with criterion and weight"),
        ({"rubric": [{"criterion": "good", "wieght": 2}]}, "a criterion has no field 'wieght'"),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_a_field_that_cannot_be_is_named(changes: dict[str, Any], reason: str) -> None:
    assert the_flaw({**WHOLE, **changes}) == reason


@pytest.mark.parametrize(
    "weight", [0, -1, "2", True, None, 1e400, float("nan"), 10**400, 1_000_001], ids=lambda w: str(w)[:9]
)
def test_a_weight_that_is_no_number_above_0_is_refused(weight: Any) -> None:
    assert the_flaw({**WHOLE, "rubric": [{"criterion": "good", "weight": weight}]}).startswith(
        "the weight of a criterion"
    )


@pytest.mark.parametrize("field", ["id", "question"])
def test_a_field_that_is_not_there_is_named(field: str) -> None:
    assert the_flaw({name: value for name, value in WHOLE.items() if name != field}).startswith(f"{field} is missing")


def test_a_field_that_stands_twice_in_a_line_is_refused() -> None:
    _, flaws = parse(b'{"id": "q1", "question": "Who?", "gold": ["Cranes"], "gold": []}')
    assert flaws == [Flaw("line 1", "a field stands in it twice")]


def test_an_id_that_stands_twice_is_named_with_both_places() -> None:
    questions, flaws = parse(b"\n" + lines(LEAST, WHOLE, {**LEAST, "question": "Who else?"}))
    assert [question.text for question in questions] == ["Who folds?", "Do cranes of rice paper last?"]
    assert flaws == [Flaw("line 4", "the id 'q2' stands in line 2 already")]


def test_ids_that_differ_only_in_what_nobody_sees_are_the_same() -> None:
    _, flaws = parse(lines(LEAST, {**LEAST, "id": "q2\u200b"}))
    assert flaws == [Flaw("line 2", "the id 'q2' stands in line 1 already")]


def test_hostile_text_is_cleaned_where_it_is_read() -> None:
    hostile = "\x1b]0;title\x07Who\x1b[31m folds\ud800\u202e?\n\nWho"
    content = {
        "id": f"a{hostile}",
        "question": hostile,
        "kind": hostile,
        "gold": [hostile],
        "also": [f"b{hostile}"],
        "facts": [{"paper": hostile, "sentence": hostile}],
        "rubric": [{"criterion": hostile}],
    }
    (question,), _ = parse(lines(content))
    harmless = "Who folds? Who"
    assert question == Question(
        f"a{harmless}",
        harmless,
        harmless,
        (harmless,),
        (f"b{harmless}",),
        (Fact(harmless, harmless),),
        (Criterion(harmless),),
        answerable=True,
    )


@pytest.mark.parametrize(
    "content",
    [
        {**LEAST, "\x1b[31mfield\x07\n": 1},
        {**WHOLE, "facts": [{"paper": "\x1b[2JTops", "sentence": "x"}]},
        {**WHOLE, "facts": [{"paper": "Cranes", "sentence": "x", "\x9b31m": 1}]},
    ],
    ids=["field", "paper", "field of a fact"],
)
def test_hostile_text_in_what_is_said_of_a_file_is_harmless(content: dict[str, Any], write_jsonl: Writer) -> None:
    assert refused(write_jsonl([content], "gold.jsonl")).message.isprintable()


@pytest.mark.parametrize(
    "content",
    [{**LEAST, "field " * 10_000: 1}, {**WHOLE, "facts": [{"paper": "Tops " * 10_000, "sentence": "x"}]}],
    ids=["field", "paper"],
)
def test_what_is_said_of_a_long_text_stays_short(content: dict[str, Any]) -> None:
    assert len(the_flaw(content)) < 150


def test_very_many_flaws_are_told_as_three_and_a_count(write_jsonl: Writer) -> None:
    path = write_jsonl([{"id": f"q{number}"} for number in range(1000)], "gold.jsonl")
    error = refused(path)
    reason = "question is missing, or is no text"
    assert error.message == f"{path}: line 1: {reason}; line 2: {reason}; line 3: {reason}; and 997 more"
    assert error.hint == f"mend it; `citeloom eval check {path}` lists everything"
    assert len(gold.parse(gold.content(path))[1]) == 1000


@pytest.mark.parametrize(
    ("count", "end"), [(1, "no. 0"), (3, "no. 2"), (4, "no. 2; and 1 more")], ids=["one", "three", "four"]
)
def test_flaws_are_counted_from_the_fourth_on(count: int, end: str) -> None:
    line = told(Flaw("q", f"no. {number}") for number in range(count))
    assert line.startswith("q: no. 0")
    assert line.endswith(end)


@pytest.mark.parametrize("path", sorted(gold.FOLDER.glob("*.jsonl")), ids=lambda path: path.stem)
def test_our_own_gold_sets_have_no_flaw(path: Path) -> None:
    assert gold.parse(gold.content(path))[1] == []
