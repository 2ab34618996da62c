"""Whatever happens to the file of a session, what was recorded whole is kept."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from agent.answer import Answer
from agent.errors import SessionError
from agent.sessions import Session, Sessions, transcript
from store.library import Library
from store.paper import Paper
from tests.agent.test_session import FACT, FOREIGN, OTHER, THIRD, ask, numbering, numbers

HOSTILE = 'a\nb\r\nc\u2028d\u2029e\x85f\x1b]0;title\x07g\x00h\ud800i"}\n{"type":"undo","turn":1}\u202e\\u0000'
ABSTAINED = Answer(question="anything", mode="quote", marked="The library does not answer this.", abstained=True)


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "sessions")


@pytest.fixture
def asked(sessions: Sessions, seed_library: Library) -> Session:
    """A session of two turns: one that cites, and one that abstains."""
    made = sessions.create()
    ask(made, seed_library, FACT)
    ask(made, seed_library, FOREIGN)
    return made


def lines_of(session: Session) -> list[bytes]:
    return session.path.read_bytes().splitlines(keepends=True)


def test_a_record_cut_at_any_byte_costs_nothing_but_itself(sessions: Sessions, asked: Session) -> None:
    *earlier, last = lines_of(asked)
    first, second = asked.turns
    before = b"".join(earlier)
    for length in range(len(last)):
        asked.path.write_bytes(before + last[:length])
        opened = sessions.open(asked.id)
        is_whole = length == len(last) - 1  # all but the line's end
        assert opened.turns[0] == first
        assert opened.turns[1].answer == (second.answer if is_whole else None)
        assert opened.is_cut_short == (length > 0 and not is_whole)
        assert opened.damage == ()


def test_a_session_that_was_cut_at_any_byte_goes_on(sessions: Sessions, asked: Session) -> None:
    asked.undo()
    *earlier, last = lines_of(asked)
    before = b"".join(earlier)
    for length in range(len(last)):
        asked.path.write_bytes(before + last[:length])
        opened = sessions.open(asked.id)
        opened.begin("what came next", "", "quote")
        opened.stop()
        again = sessions.open(asked.id)
        was_undone = length == len(last) - 1
        assert numbers(again.turns) == ([1, 3] if was_undone else [1, 2, 3])
        assert again.turns == opened.turns
        assert again.notices == ()
        assert all(json.loads(line) for line in lines_of(again))


def test_a_session_cut_within_its_first_line_is_opened_and_used(sessions: Sessions, asked: Session) -> None:
    asked.path.write_bytes(lines_of(asked)[0][:20])
    opened = sessions.open(asked.id)

    assert opened.turns == ()
    assert len(opened.notices) == 1
    opened.begin("anything", "", "quote")
    assert numbers(sessions.open(asked.id).turns) == [1]


@pytest.mark.parametrize("damage", [b"\x00" * 300, b"{]", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"turn":3}', b""])
def test_a_damaged_line_in_the_middle_is_named_and_the_rest_is_kept(
    sessions: Sessions, seed_library: Library, damage: bytes
) -> None:
    made = sessions.create()
    for question in (FACT, OTHER, THIRD):
        ask(made, seed_library, question)
    lines = lines_of(made)
    (place,) = (number for number, line in enumerate(lines) if b'"type":"answer"' in line and b'"turn":2' in line)
    made.path.write_bytes(b"".join([*lines[:place], damage + b"\n", *lines[place + 1 :]]))

    opened = sessions.open(made.id)
    assert len(opened.damage) == 1
    assert f"line {place + 1} " in opened.damage[0]
    assert [turn.answer is None for turn in opened.turns] == [False, True, False]
    assert (opened.turns[0], opened.turns[2]) == (made.turns[0], made.turns[2])
    ask(opened, seed_library, FOREIGN)
    assert numbers(sessions.open(made.id).turns) == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["session", "question", "papers", "answer"])
def test_any_one_line_may_be_lost_and_no_number_changes(sessions: Sessions, seed_library: Library, kind: str) -> None:
    made = sessions.create()
    for question in (FACT, OTHER, THIRD):
        ask(made, seed_library, question)
    known = numbering(made)
    lines = lines_of(made)
    for place in [number for number, line in enumerate(lines) if line.startswith(b'{"type":"%s"' % kind.encode())]:
        made.path.write_bytes(b"".join([*lines[:place], b"#damaged\n", *lines[place + 1 :]]))
        opened = sessions.open(made.id)
        assert len(opened.damage) == 1
        assert numbers(opened.turns) == [1, 2, 3]
        assert all(known[number] == paper for number, paper in numbering(opened).items() if "lost" not in paper[0])
        ask(opened, seed_library, FOREIGN)
        again = sessions.open(made.id)
        assert numbers(again.turns) == [1, 2, 3, 4]
        assert again.turns == opened.turns
        assert kind == "answer" or all(turn.answer for turn in again.turns)


def test_a_paper_whose_record_is_lost_can_not_be_cited_by_its_number(sessions: Sessions, seed_library: Library) -> None:
    made = sessions.create()
    ask(made, seed_library, FACT)
    ask(made, seed_library, OTHER)
    lines = lines_of(made)
    place = next(number for number, line in enumerate(lines) if line.startswith(b'{"type":"papers"'))
    made.path.write_bytes(b"".join([*lines[:place], b"#\n", *lines[place + 1 :]]))

    evidence = sessions.open(made.id).evidence
    assert evidence.cite(1, 1, 1.0) is None
    assert evidence.cite(2, 1, 1.0) is not None


@pytest.mark.parametrize(
    "record",
    [
        '{"type":"question"}',
        '{"type":"question","turn":[],"text":"a","scope":"","mode":"","time":""}',
        '{"type":"answer","turn":1,"answer":{}}',
        '{"type":"answer","turn":1,"answer":[]}',
        '{"type":"papers","papers":[{"number":1,"paper":{"key":"a"}}]}',
        '{"type":"papers","papers":{"a":1}}',
        '{"type":"failed","turn":77,"message":"a","hint":""}',
        '{"type":"undo","turn":77}',
        '{"type":"undo"}',
        '{"type":"redo","turn":1}',
        '{"type":"title"}',
        '{"type":"session","schema":null}',
    ],
)
def test_a_record_without_its_parts_is_named_and_passed_over(sessions: Sessions, asked: Session, record: str) -> None:
    lines = lines_of(asked)
    asked.path.write_bytes(b"".join([*lines, record.encode() + b"\n"]))

    opened = sessions.open(asked.id)
    assert len(opened.damage) == 1
    assert f"line {len(lines) + 1}:" in opened.damage[0]
    assert numbers(opened.turns) == [1, 2]
    assert numbering(opened) == numbering(asked)


def test_records_of_a_newer_version_are_kept_and_passed_over(sessions: Sessions, asked: Session) -> None:
    newer = b'{"type":"rating","time":"2031-01-01T00:00:00.000Z","turn":1,"stars":5}\n'
    with asked.path.open("ab") as file:
        file.write(newer)

    opened = sessions.open(asked.id)
    opened.rename("Provers")
    assert opened.turns == asked.turns
    assert opened.damage == ()
    assert newer in asked.path.read_bytes()
    assert [record["type"] for record in opened.fork().records()].count("rating") == 1


def test_a_session_of_a_newer_format_is_refused_and_not_touched(sessions: Sessions, asked: Session) -> None:
    content = asked.path.read_bytes().replace(b"citeloom.session/1", b"citeloom.session/2", 1)
    asked.path.write_bytes(content)

    with pytest.raises(SessionError, match="newer Citeloom"):
        sessions.open(asked.id)
    assert asked.path.read_bytes() == content
    assert "newer Citeloom" in sessions.list()[0].title


def test_no_text_breaks_a_line_or_reaches_a_terminal(sessions: Sessions) -> None:
    made = sessions.create(HOSTILE)
    made.begin(HOSTILE, HOSTILE, "quote")
    paper = Paper("hostile", HOSTILE, HOSTILE.replace("\ud800", ""), extra={HOSTILE: HOSTILE})
    made.evidence.add(paper)
    made.record("call", messages=[{"role": "user", "content": HOSTILE}])
    answer = replace(ABSTAINED, marked=HOSTILE, question=HOSTILE, warnings=(HOSTILE,))
    made.finish(answer)

    content = made.path.read_bytes()
    assert all(32 <= byte < 127 or byte == 10 for byte in content)
    assert [json.loads(line)["type"] for line in content.splitlines()] == [
        "session", "question", "papers", "call", "answer",
    ]  # fmt: skip
    opened = sessions.open(made.id)
    assert (opened.turns[0].question, opened.turns[0].scope, opened.turns[0].answer) == (HOSTILE, HOSTILE, answer)
    assert opened.evidence.paper(1) == paper
    assert opened.title.isprintable()


def test_an_answer_of_a_megabyte_is_kept(sessions: Sessions) -> None:
    answer = replace(ABSTAINED, marked="naïve “claim” \U0001d538 " * 70_000)
    made = sessions.create()
    made.begin("anything", "", "model")
    made.finish(answer)

    assert len(answer.marked) > 1_000_000
    assert sessions.open(made.id).turns[0].answer == answer


def test_five_hundred_turns_are_kept_and_counted(sessions: Sessions, seed_library: Library) -> None:
    made = sessions.create()
    papers = [hit.paper for hit in seed_library.search("learning", 100).hits]
    for turn in range(500):
        made.begin(f"question {turn}", "", "quote")
        made.evidence.add(papers[turn % len(papers)])
        made.finish(replace(ABSTAINED, nearest=(papers[turn % 7],)))

    opened = sessions.open(made.id)
    assert opened.turns == made.turns
    assert numbers(opened.turns) == list(range(1, 501))
    assert numbering(opened) == numbering(made)
    assert sessions.list()[0].turns == 500


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_file_that_cannot_grow_is_said_and_the_turn_can_be_ended_later(sessions: Sessions, asked: Session) -> None:
    import resource

    asked.begin(OTHER, "", "quote")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (asked.path.stat().st_size + 100, limits[1]))
    try:
        with pytest.raises(SessionError, match="cannot be saved: File too large") as caught:
            asked.finish(ABSTAINED)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert "space left" in caught.value.hint
    half = sessions.open(asked.id)
    assert half.is_cut_short
    assert half.turns[2].is_open
    assert half.turns[:2] == asked.turns[:2]
    asked.finish(ABSTAINED)
    assert sessions.open(asked.id).turns[2].answer == ABSTAINED
    assert sessions.open(asked.id).notices == ()


def test_half_a_record_that_a_full_disk_left_is_overwritten(asked: Session, sessions: Sessions) -> None:
    asked.begin(OTHER, "", "quote")
    with asked.path.open("ab") as file:
        file.write(b'{"type":"answer","time":"2026-11-')
    asked.finish(ABSTAINED)

    opened = sessions.open(asked.id)
    assert opened.turns[2].answer == ABSTAINED
    assert opened.notices == ()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_the_owner_can_read_a_session(asked: Session) -> None:
    assert stat.S_IMODE(asked.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(asked.path.parent.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    made = Sessions(tmp_path / "file" / "sessions").create()

    with pytest.raises(SessionError, match="cannot be saved") as caught:
        made.begin("anything", "", "quote")
    assert str(tmp_path / "file") in caught.value.hint


def test_records_have_the_time_of_their_making_in_order(asked: Session) -> None:
    times = [record["time"] for record in asked.records()]

    assert times == sorted(times)
    assert times[0] == times[1] == asked.created, "a session begins with its first question, at the same moment"
    assert all(time.endswith("Z") for time in times)
    assert transcript.now() >= times[-1]


@pytest.mark.parametrize("is_open", [True, False])
def test_a_clock_that_was_set_back_makes_no_record_older_than_the_one_before(
    sessions: Sessions, asked: Session, is_open: bool
) -> None:
    future = "2999-01-01T00:00:00.000Z"
    with asked.path.open("ab") as file:
        file.write(transcript.encoded("title", {"title": "Later"}, future))
    session = asked if is_open else sessions.open(asked.id)
    session.begin("anything", "", "quote")
    session.finish(ABSTAINED)

    assert [record["time"] for record in session.records()][-3:] == [future] * 3


def test_a_time_that_is_none_is_not_taken_over(sessions: Sessions, asked: Session) -> None:
    with asked.path.open("ab") as file:
        file.write(transcript.encoded("title", {"title": "Later"}, "tomorrow"))
    sessions.open(asked.id).rename("Now")

    *_, last = asked.records()
    assert last["time"] <= transcript.now()
