"""What old answers cite is checked again, sentence by sentence, against the library as it is now."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent import quoting
from agent.answer import Answer, Citation, Disagreement, Reference
from agent.sessions import Sessions
from agent.sessions.check import CheckRow, check, check_session
from store.errors import LibraryError
from store.library import Library
from tests.agent.test_session import FACT, OTHER, ask

FINDING = "The zeppelin method reaches an accuracy of 91.5% on balloon parsing."
BEFORE = "Balloons have been parsed by hand for a long time."
AFTER = "We release all code."
QUESTION = "What accuracy does the zeppelin method reach on balloon parsing?"
ZEPPELIN = {"title": "Zeppelin", "authors": ["Ann Lee"], "year": 2020, "abstract": f"{BEFORE} {FINDING} {AFTER}"}
ELSEWHERE = {
    "title": "Gardens of the north",
    "authors": ["Bo Ek"],
    "year": 2019,
    "abstract": "Roses grow slowly where the summer is short. We count their leaves in forty gardens.",
}
WriteJsonl = Callable[..., Path]


@pytest.fixture
def answer(library: Library, write_jsonl: WriteJsonl) -> Answer:
    """An answer that quotes the finding, from a library of two papers."""
    library.add([write_jsonl([ZEPPELIN, ELSEWHERE])])
    made = quoting.answer(library, QUESTION)
    assert [item.quote for claim in made.claims for item in claim.citations] == [FINDING]
    return made


@pytest.fixture
def other_library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "other") as opened:
        yield opened


def the_row(answer: Answer, library: Library) -> CheckRow:
    report = check([answer], library)
    (row,) = report.rows
    assert report.ok == row.ok
    assert report.counts[row.verdict] == sum(report.counts.values()) == 1
    return row


def citation_of(answer: Answer) -> Citation:
    return answer.claims[0].citations[0]


def with_citation(answer: Answer, **fields: Any) -> Answer:
    """`answer`, its citation tampered with."""
    return replace(answer, claims=(replace(answer.claims[0], citations=(replace(citation_of(answer), **fields),)),))


def replaced(library: Library, write_jsonl: WriteJsonl, abstract: str) -> None:
    """Adds the file again, in which the paper now has this abstract."""
    library.add([write_jsonl([{**ZEPPELIN, "abstract": abstract}, ELSEWHERE])])
    paper = library.get("lee2020zeppelin")
    assert paper
    assert paper.abstract == abstract


def test_a_sentence_that_stands_where_it_stood_is_there(answer: Answer, library: Library) -> None:
    row = the_row(answer, library)

    assert (row.verdict, row.note, row.flaw, row.ok) == ("there", "", "", True)
    assert (row.turn, row.number, row.key, row.sentence, row.quote) == (1, 1, "lee2020zeppelin", 2, FINDING)


def test_every_citation_of_the_seeds_is_there(seed_library: Library) -> None:
    answers = [quoting.answer(seed_library, question) for question in (FACT, OTHER)]
    report = check(answers, seed_library)

    cited = sum(len(claim.citations) for answer in answers for claim in answer.claims)
    assert report.counts["there"] == len(report.rows) == cited > 2
    assert report.ok


def test_a_change_elsewhere_in_the_abstract_is_noted(answer: Answer, library: Library, write_jsonl: WriteJsonl) -> None:
    replaced(library, write_jsonl, f"{BEFORE} {FINDING} We release no code.")

    row = the_row(answer, library)
    assert (row.verdict, row.ok) == ("there", True)
    assert "changed around it" in row.note


def test_a_sentence_at_other_offsets_of_its_paper_has_moved(
    answer: Answer, library: Library, write_jsonl: WriteJsonl
) -> None:
    replaced(library, write_jsonl, f"{AFTER} {BEFORE} {FINDING}")

    row = the_row(answer, library)
    start = len(f"{AFTER} {BEFORE} ")
    assert (row.verdict, row.ok) == ("moved", True)
    assert row.note == f"sentence 3, characters {start} to {start + len(FINDING)}"


def test_a_sentence_in_another_wording_of_its_abstract_has_moved(
    answer: Answer, other_library: Library, write_jsonl: WriteJsonl
) -> None:
    newer = {**ZEPPELIN, "abstract": f"{BEFORE} The zeppelin method parses balloons well. {AFTER}"}
    other_library.add([write_jsonl([newer], "newer.jsonl")])
    other_library.add([write_jsonl([ZEPPELIN], "older.jsonl")])

    row = the_row(answer, other_library)
    assert (row.verdict, row.note) == ("moved", "in another wording of its abstract")


def test_a_sentence_of_a_paper_that_has_another_key_has_moved(
    answer: Answer, other_library: Library, write_jsonl: WriteJsonl
) -> None:
    other_library.add([write_jsonl([{**ZEPPELIN, "authors": ["Cy Moe"]}, ELSEWHERE])])

    row = the_row(answer, other_library)
    assert row.verdict == "moved"
    assert row.note.startswith("the paper is now moe2020zeppelin: sentence 2,")


def test_a_paper_that_no_longer_has_the_sentence_has_changed(
    answer: Answer, library: Library, write_jsonl: WriteJsonl
) -> None:
    now = FINDING.replace("91.5", "19.5")
    replaced(library, write_jsonl, f"{BEFORE} {now} {AFTER}")

    row = the_row(answer, library)
    assert (row.verdict, row.note, row.ok) == ("changed", f"nearest now: {now}", False)


def test_a_paper_with_another_key_and_another_wording_has_changed(
    answer: Answer, other_library: Library, write_jsonl: WriteJsonl
) -> None:
    now = FINDING.replace("91.5", "19.5")
    other_library.add([write_jsonl([{**ZEPPELIN, "authors": ["Cy Moe"], "abstract": f"{BEFORE} {now}"}])])

    row = the_row(answer, other_library)
    assert (row.verdict, row.note) == ("changed", f"the paper is now moe2020zeppelin; nearest now: {now}")


def test_a_removed_paper_is_missing_until_it_is_added_again(
    answer: Answer, library: Library, write_jsonl: WriteJsonl
) -> None:
    library.remove(["lee2020zeppelin"])
    row = the_row(answer, library)
    assert (row.verdict, row.ok) == ("missing", False)

    library.add([write_jsonl([ZEPPELIN, ELSEWHERE])])
    assert the_row(answer, library).verdict == "there"


def test_everything_is_missing_from_an_empty_library(answer: Answer, library: Library) -> None:
    library.remove(["lee2020zeppelin", *(paper.key for paper in library.papers() if paper.key != "lee2020zeppelin")])

    assert library.count() == 0
    assert the_row(answer, library).verdict == "missing"


def test_a_sentence_that_only_another_paper_has_is_misattributed(
    answer: Answer, library: Library, write_jsonl: WriteJsonl
) -> None:
    library.remove(["lee2020zeppelin"])
    survey = {"title": "A survey of balloons", "authors": ["Di Poe"], "year": 2021, "abstract": f"{AFTER} {FINDING}"}
    library.add([write_jsonl([survey], "survey.jsonl")])

    row = the_row(answer, library)
    assert (row.verdict, row.ok) == ("misattributed", False)
    assert row.note.startswith("it stands in poe2021survey, sentence 2,")


def test_a_citation_whose_key_was_exchanged_is_misattributed(answer: Answer, library: Library) -> None:
    row = the_row(with_citation(answer, key="ek2019gardens"), library)

    assert row.verdict == "misattributed"
    assert "it stands in lee2020zeppelin" in row.note
    assert "no paper ek2019gardens under the number 1" in row.flaw


def test_a_quotation_that_was_made_up_is_misattributed(answer: Answer, library: Library) -> None:
    row = the_row(with_citation(answer, quote=FINDING.replace("91.5", "99.9")), library)

    assert row.verdict == "misattributed"
    assert "never stood" in row.note
    assert "not what stands at its place" in row.flaw


@pytest.mark.parametrize(
    "fields",
    [
        {"start": 0, "end": 0, "quote": ""},
        {"start": -10, "end": -5, "quote": f"{BEFORE} {FINDING} {AFTER}"[-10:-5]},
        {"start": 10**9, "end": 10**9 + 5, "quote": "zeppe"},
        {"quote": "?! …"},
        {"quote": "\ud800" * 5000},
        {"quote": "balloon " * 5000},
    ],
)
def test_no_citation_that_points_at_nothing_passes(answer: Answer, library: Library, fields: dict[str, Any]) -> None:
    row = the_row(with_citation(answer, **fields), library)

    assert row.flaw
    assert not row.ok


def test_an_answer_whose_hash_is_not_that_of_its_copy_is_not_whole(answer: Answer, library: Library) -> None:
    row = the_row(with_citation(answer, sha256="0" * 64), library)

    assert row.verdict == "there"
    assert "another hash" in row.flaw
    assert not row.ok


def test_an_answer_whose_copy_was_tampered_with_is_not_whole(answer: Answer, library: Library) -> None:
    (reference,) = answer.references
    tampered = replace(reference.paper, abstract=reference.paper.abstract.replace("91.5", "99.9"))
    row = the_row(replace(answer, references=(Reference(1, tampered),)), library)

    assert row.verdict == "there"
    assert "not what stands at its place" in row.flaw
    assert not row.ok


def test_both_sides_of_a_disagreement_are_checked(answer: Answer, library: Library) -> None:
    one = citation_of(answer)
    other = replace(one, quote=FINDING.replace("91.5", "99.9"))
    report = check([replace(answer, disagreements=(Disagreement(one, other, "numbers"),))], library)

    assert [row.verdict for row in report.rows] == ["there", "there", "misattributed"]
    assert not report.ok


def test_a_common_title_does_not_make_two_papers_one(
    library: Library, other_library: Library, write_jsonl: WriteJsonl
) -> None:
    library.add([write_jsonl([{**ZEPPELIN, "doi": "10.1000/one"}])])
    made = quoting.answer(library, QUESTION)
    other_library.add([write_jsonl([{**ZEPPELIN, "authors": ["Cy Moe"], "doi": "10.1000/two"}])])

    assert the_row(made, other_library).verdict == "misattributed"


def test_an_answer_that_cites_nothing_is_good(library: Library, write_jsonl: WriteJsonl) -> None:
    library.add([write_jsonl([ZEPPELIN])])
    report = check([Answer(question="?", mode="quote", marked="", abstained=True)], library)

    assert (report.ok, report.rows, report.answers) == (True, (), 1)


def test_without_a_library_the_check_says_so(answer: Answer, other_library: Library) -> None:
    with pytest.raises(LibraryError, match="no library"):
        check([answer], other_library)


def test_a_session_is_checked_under_the_numbers_of_its_turns(
    tmp_path: Path, library: Library, write_jsonl: WriteJsonl
) -> None:
    library.add([write_jsonl([ZEPPELIN, ELSEWHERE])])
    sessions = Sessions(tmp_path / "sessions")
    made = sessions.create()
    ask(made, library, QUESTION)
    made.undo()
    ask(made, library, QUESTION)
    library.remove(["lee2020zeppelin"])

    report = check_session(sessions.open(made.id), library)
    assert [(row.turn, row.verdict) for row in report.rows] == [(2, "missing")]


def test_a_session_with_a_damaged_record_is_not_said_to_be_good(
    tmp_path: Path, library: Library, write_jsonl: WriteJsonl
) -> None:
    library.add([write_jsonl([ZEPPELIN, ELSEWHERE])])
    sessions = Sessions(tmp_path / "sessions")
    made = sessions.create()
    ask(made, library, QUESTION)
    ask(made, library, QUESTION)
    assert check_session(sessions.open(made.id), library).ok
    lines = made.path.read_bytes().splitlines(keepends=True)
    made.path.write_bytes(b"".join([*lines[:-1], b"damaged\n"]))

    report = check_session(sessions.open(made.id), library)
    assert [row.verdict for row in report.rows] == ["there"]
    assert len(report.damage) == 1
    assert not report.ok


def test_a_citation_whose_paper_record_is_lost_is_flagged_and_still_looked_for(
    tmp_path: Path, library: Library, write_jsonl: WriteJsonl
) -> None:
    library.add([write_jsonl([ZEPPELIN, ELSEWHERE])])
    sessions = Sessions(tmp_path / "sessions")
    made = sessions.create()
    ask(made, library, QUESTION)
    lines = made.path.read_bytes().splitlines(keepends=True)
    made.path.write_bytes(b"".join(line if b'"type":"papers"' not in line else b"#\n" for line in lines))

    (row,) = check_session(sessions.open(made.id), library).rows
    assert row.verdict == "there"
    assert "record is lost" in row.flaw


def test_the_report_is_json(answer: Answer, library: Library) -> None:
    content = json.loads(json.dumps(check([answer, answer], library, turns=[4, 9]).to_dict()))

    assert content["schema"] == "citeloom.check/1"
    assert (content["ok"], content["answers"], content["citations"]) == (True, 2, 2)
    assert content["counts"] == {"there": 2, "moved": 0, "changed": 0, "missing": 0, "misattributed": 0}
    assert [row["turn"] for row in content["rows"]] == [4, 9]
    assert set(content["rows"][0]) == {
        "turn", "number", "key", "sentence", "quote", "verdict", "note", "flaw", "ok",
    }  # fmt: skip
