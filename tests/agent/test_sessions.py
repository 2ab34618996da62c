"""Sessions are found by what a user types, listed by their last use, and removed only so that they can come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.answer import Answer
from agent.errors import ExitCode, SessionError, exit_code_for
from agent.sessions import Session, Sessions
from tests.agent.test_session import numbers


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "sessions")


def ended(session: Session, question: str, answer: str = "") -> Session:
    """The session with one more turn."""
    session.begin(question, "", "quote")
    session.finish(Answer(question=question, mode="quote", marked=answer))
    return session


def named(sessions: Sessions, *names: str) -> None:
    """Sessions with these ids, each of one turn."""
    for name in names:
        ended(Session(sessions.folder / f"{name}.jsonl"), f"question of {name}")


def test_an_id_is_the_time_and_four_letters_that_cannot_be_mistaken(sessions: Sessions) -> None:
    ids = {sessions.create().id for _ in range(50)}

    assert all(re.fullmatch(r"\d{8}-\d{4}-[a-hjkmnp-z2-9]{4}", item) for item in ids)
    assert len(ids) > 45


def test_a_session_opens_by_its_id_its_beginning_or_its_four_letters(sessions: Sessions) -> None:
    named(sessions, "20261121-1043-k7q2", "20261122-0900-abcd")

    for name in ("20261121-1043-k7q2", "20261121", "k7q2"):
        assert sessions.open(name).id == "20261121-1043-k7q2"


def test_a_name_that_is_the_beginning_of_another_is_still_a_name(sessions: Sessions) -> None:
    named(sessions, "notes", "notes-two")

    assert sessions.open("notes").id == "notes"


def test_a_beginning_of_several_is_refused_and_they_are_named(sessions: Sessions) -> None:
    named(sessions, "20261121-1043-k7q2", "20261121-1105-abcd")

    with pytest.raises(SessionError, match="2 sessions begin with 20261121") as caught:
        sessions.open("20261121")
    assert "20261121-1043-k7q2, 20261121-1105-abcd" in caught.value.hint


def test_an_unknown_session_is_refused_with_the_nearest_name(sessions: Sessions) -> None:
    named(sessions, "20261121-1043-k7q2")

    with pytest.raises(SessionError, match="no session 20261121-1043-k7q3") as caught:
        sessions.open("20261121-1043-k7q3")
    assert caught.value.hint == "did you mean 20261121-1043-k7q2?"
    with pytest.raises(SessionError) as caught:
        sessions.open("something else")
    assert "sessions list" in caught.value.hint
    assert exit_code_for(caught.value) is ExitCode.LIBRARY


@pytest.mark.parametrize(
    "name", ["", "../outside", "/etc/passwd", "outside", ".", "..", "*", "\x00", "removed", "a/../outside"]
)
def test_a_name_is_never_a_path(sessions: Sessions, name: str) -> None:
    named(sessions, "20261121-1043-k7q2", "20261121-1044-abcd")
    ended(Session(sessions.folder.parent / "outside.jsonl"), "never to be opened")

    for use in (sessions.open, sessions.remove, sessions.restore):
        with pytest.raises(SessionError):
            use(name)
    assert (sessions.folder.parent / "outside.jsonl").exists()


def test_the_list_has_the_last_used_first(sessions: Sessions) -> None:
    first, second = ended(sessions.create(), "about proofs"), ended(sessions.create("Rewards"), "about rewards")
    while True:  # times are in milliseconds
        ended(first, "more about proofs")
        listed = sessions.list()
        if listed[0].updated > listed[1].updated:
            break

    assert [item.id for item in listed] == [first.id, second.id]
    assert [item.title for item in listed] == ["about proofs", "Rewards"]
    assert [item.turns for item in listed] == [len(first.turns), 1]
    assert [item.path for item in listed] == [first.path, second.path]
    assert [item.created for item in listed] == [first.created, second.created]
    latest = sessions.latest()
    assert latest
    assert latest.turns == first.turns


def test_the_list_says_what_the_session_says(sessions: Sessions) -> None:
    made = ended(ended(ended(sessions.create(), "one"), "two"), "three")
    made.undo()
    made.undo()
    made.redo()
    fork = made.fork()
    fork.rename("Another way")

    for item in sessions.list():
        opened = sessions.open(item.id)
        assert (item.title, item.turns, item.created) == (opened.title, len(opened.turns), opened.created)
    assert {item.title for item in sessions.list()} == {"one", "Another way"}


def test_without_a_folder_there_is_nothing_and_nothing_is_made(sessions: Sessions) -> None:
    assert sessions.list() == ()
    assert sessions.search("proof") == ()
    assert sessions.latest() is None
    assert not sessions.folder.exists()


def test_a_file_that_cannot_be_read_does_not_hide_the_others(sessions: Sessions) -> None:
    ended(sessions.create(), "about proofs")
    (sessions.folder / "20261121-1043-k7q2.jsonl").mkdir()
    (sessions.folder / "20261121-1043-empty.jsonl").touch()
    (sessions.folder / "20261121-1043-other.jsonl").write_bytes(b"\xff\x00 not a record\n")

    titles = [item.title for item in sessions.list()]
    assert titles[0] == "about proofs"
    assert len(titles) == 2
    assert "cannot be read" in titles[1]
    assert len(sessions.search("about proofs")) == 1


def test_a_search_finds_every_word_in_title_question_and_answer(sessions: Sessions) -> None:
    proofs = ended(sessions.create("Lean and Coq"), "How are PROOFS found?", "By tactics, in a café [1.1].")
    ended(sessions.create(), "How are rewards modelled?", "By preferences.")

    for words in ("proofs tactics", "coq", "CAFÉ", "how proofs"):
        assert [item.id for item in sessions.search(words)] == [proofs.id]
    assert len(sessions.search("how are")) == 2
    assert sessions.search("proofs preferences") == ()


def test_a_search_does_not_find_what_was_taken_back(sessions: Sessions) -> None:
    made = ended(ended(sessions.create(), "about proofs"), "about zeppelins", "They fly.")
    made.undo()

    assert sessions.search("zeppelins") == ()
    assert sessions.search("fly") == ()
    made.redo()
    assert len(sessions.search("zeppelins fly")) == 1


def test_a_removed_session_is_gone_until_it_is_restored_whole(sessions: Sessions) -> None:
    made = ended(sessions.create(), "about proofs")
    content = made.path.read_bytes()

    removed = sessions.remove(made.id)
    assert removed
    assert (removed.title, removed.path.exists()) == ("about proofs", True)
    assert sessions.list() == ()
    with pytest.raises(SessionError, match="no session"):
        sessions.open(made.id)
    restored = sessions.restore(made.id)
    assert restored
    assert restored.path == made.path
    assert made.path.read_bytes() == content
    assert numbers(sessions.open(made.id).turns) == [1]


def test_a_session_in_use_is_not_removed(sessions: Sessions) -> None:
    made = ended(sessions.create(), "about proofs")
    made.begin("more", "", "quote")

    with pytest.raises(SessionError, match="in use"):
        sessions.remove(made.id)
    made.stop()
    assert sessions.remove(made.id)


def test_a_restored_session_overwrites_nothing(sessions: Sessions) -> None:
    made = ended(sessions.create(), "about proofs")
    sessions.remove(made.id)
    made.path.write_bytes(b"somebody else's\n")

    with pytest.raises(SessionError, match="another file"):
        sessions.restore(made.id)
    assert made.path.read_bytes() == b"somebody else's\n"


def test_three_hundred_sessions_are_listed_and_searched(sessions: Sessions) -> None:
    for number in range(300):
        ended(sessions.create(f"Session {number}"), f"question {number}", f"answer {number}")

    assert {item.title for item in sessions.list()} == {f"Session {number}" for number in range(300)}
    assert [item.title for item in sessions.search("question 299")] == ["Session 299"]
