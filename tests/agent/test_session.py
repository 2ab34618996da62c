"""A session keeps what was asked and answered, under numbers that never change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent import quoting
from agent.answer import Answer, Claim, Disagreement, Usage
from agent.errors import SessionError
from agent.sessions import Session, Sessions, Turn
from store.library import Library
from store.paper import Paper

FACT = "What success rate does Goedel-Prover reach on miniF2F?"
OTHER = "process reward models"
THIRD = "reward hacking in RLHF"
FOREIGN = "Which enzyme breaks down PET plastic fastest?"


def ask(session: Session, library: Library, question: str, scope: str = "") -> Answer:
    """Asks the library in quote mode, within the session."""
    session.begin(question, scope, "quote")
    answer = quoting.answer(library, question, evidence=session.evidence)
    session.finish(answer)
    return answer


def numbering(session: Session) -> dict[int, tuple[str, str]]:
    """Key and hash of the paper under each number."""
    found: dict[int, tuple[str, str]] = {}
    while paper := session.evidence.paper(len(found) + 1):
        found[len(found) + 1] = (paper.key, paper.sha256)
    return found


def numbers(turns: tuple[Turn, ...]) -> list[int]:
    return [turn.number for turn in turns]


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "sessions")


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    with sessions.create() as made:
        yield made


def test_a_session_that_is_opened_again_has_the_same_answers_to_the_last_field(
    sessions: Sessions, session: Session, seed_library: Library
) -> None:
    answers = [ask(session, seed_library, question, "year:2020-") for question in (FACT, FOREIGN, OTHER)]

    again = sessions.open(session.id)
    assert [turn.answer for turn in again.turns] == answers
    assert [(turn.question, turn.scope, turn.mode) for turn in again.turns] == [
        (question, "year:2020-", "quote") for question in (FACT, FOREIGN, OTHER)
    ]
    assert answers[0].references
    assert answers[1].abstained
    assert answers[1].nearest
    assert again.notices == ()


def test_an_answer_of_a_model_is_kept_with_disagreements_prompts_and_costs(
    sessions: Sessions, session: Session, seed_library: Library
) -> None:
    session.begin(OTHER, "", "model")
    made = quoting.answer(seed_library, OTHER, evidence=session.evidence)
    one, other = made.claims[0].citations[0], made.claims[-1].citations[0]
    made = replace(
        made,
        mode="model",
        model="qwen3",
        asked="Do process reward models help?",
        prompts={"answer": "0a1b2c"},
        usage=Usage(1, 3200, 150, None, is_estimate=True),
        disagreements=(Disagreement(one, other, "one says more, the other less"),),
        warnings=("a limit was reached",),
    )
    session.finish(made)

    assert sessions.open(session.id).turns[0].answer == made


def test_no_file_is_made_before_something_is_recorded(sessions: Sessions) -> None:
    made = sessions.create("About proofs")
    made.rename("About provers")

    assert not sessions.folder.exists()
    assert made.title == "About provers"
    assert made.turns == ()


def test_evidence_keeps_its_numbers_over_every_turn_and_when_opened_again(
    sessions: Sessions, session: Session, seed_library: Library
) -> None:
    seen: dict[int, tuple[str, str]] = {}
    for question in (FACT, OTHER, THIRD, FACT):
        ask(session, seed_library, question)
        now = numbering(session)
        assert seen.items() <= now.items()
        assert numbering(sessions.open(session.id)) == now
        seen = now
    assert len(seen) > 3


def test_evidence_that_no_answer_cites_is_kept_too(sessions: Sessions, session: Session, seed_library: Library) -> None:
    session.begin(FACT, "", "model")
    found = seed_library.search(FACT, 6)
    for hit in found.hits:
        session.evidence.add(hit.paper)
    session.record("retrieval", query=FACT, hits=[{"key": hit.paper.key, "score": hit.score} for hit in found.hits])
    session.fail("the endpoint does not answer", "start it")

    again = sessions.open(session.id)
    assert numbering(again) == {number: (hit.paper.key, hit.paper.sha256) for number, hit in enumerate(found.hits, 1)}
    assert [again.evidence.paper(hit.rank) for hit in found.hits] == [hit.paper for hit in found.hits]


def test_undo_takes_the_last_turn_back_and_redo_brings_it_again(
    sessions: Sessions, session: Session, seed_library: Library
) -> None:
    for question in (FACT, OTHER, THIRD):
        ask(session, seed_library, question)
    whole, evidence = session.turns, numbering(session)

    assert session.undo() == whole[2]
    assert session.undo() == whole[1]
    assert sessions.open(session.id).turns == session.turns == whole[:1]
    assert numbering(sessions.open(session.id)) == numbering(session) == evidence
    assert session.redo() == whole[1]
    assert session.redo() == whole[2]
    assert session.redo() is None
    assert sessions.open(session.id).turns == session.turns == whole


def test_a_question_after_an_undo_ends_what_could_be_redone_and_gets_a_number_of_its_own(
    sessions: Sessions, session: Session, seed_library: Library
) -> None:
    for question in (FACT, OTHER):
        ask(session, seed_library, question)
    before = numbering(session)
    session.undo()
    ask(session, seed_library, THIRD)

    assert numbers(session.turns) == [1, 3]
    assert session.redo() is None
    assert numbers(sessions.open(session.id).turns) == [1, 3]
    assert before.items() <= numbering(session).items()


def test_there_is_nothing_to_undo_in_an_empty_session(session: Session) -> None:
    assert session.undo() is None
    assert session.redo() is None
    assert not session.is_recorded


def test_a_fork_has_the_turns_and_the_numbers_and_goes_its_own_way(
    sessions: Sessions, session: Session, seed_library: Library
) -> None:
    for question in (FACT, OTHER, THIRD):
        ask(session, seed_library, question)
    fork = session.fork()
    ask(fork, seed_library, FOREIGN)

    again = sessions.open(fork.id)
    assert again.parent == session.id
    assert again.turns[:3] == session.turns
    assert len(again.turns) == 4
    assert numbering(session).items() <= numbering(again).items()
    assert len(sessions.open(session.id).turns) == 3


def test_a_fork_at_a_turn_has_no_later_one_and_no_paper_that_came_later(
    session: Session, seed_library: Library
) -> None:
    ask(session, seed_library, FACT)
    first = numbering(session)
    ask(session, seed_library, OTHER)

    fork = session.fork(at_turn=1)

    assert fork.turns == session.turns[:1]
    assert numbering(fork) == first
    assert len(numbering(session)) > len(first)


def test_a_fork_leaves_an_undone_turn_out_and_keeps_the_numbers_of_its_papers(
    session: Session, seed_library: Library
) -> None:
    ask(session, seed_library, FACT)
    ask(session, seed_library, OTHER)
    session.undo()
    ask(session, seed_library, THIRD)

    fork = session.fork()

    assert numbers(fork.turns) == [1, 3]
    assert fork.turns == session.turns
    assert numbering(fork) == numbering(session)


def test_a_fork_at_a_turn_that_is_not_there_is_refused(session: Session, seed_library: Library) -> None:
    ask(session, seed_library, FACT)

    with pytest.raises(SessionError, match="no turn 7") as caught:
        session.fork(at_turn=7)
    assert caught.value.hint == "there are: 1"


def test_a_failed_answer_leaves_the_question_with_what_happened(
    sessions: Sessions, session: Session, seed_library: Library
) -> None:
    ask(session, seed_library, FACT)
    session.begin(OTHER, "", "model")
    session.fail("the endpoint does not answer", "start it")

    for seen in (session, sessions.open(session.id)):
        failed = seen.turns[-1]
        assert (failed.question, failed.answer) == (OTHER, None)
        assert (failed.error, failed.hint) == ("the endpoint does not answer", "start it")
        assert not failed.is_open
        assert seen.turns[0].answer is not None


def test_a_stopped_answer_leaves_the_question_and_what_there_was(
    sessions: Sessions, session: Session, seed_library: Library
) -> None:
    session.begin(OTHER, "", "model")
    session.stop()
    session.begin(FACT, "", "model")
    partial = replace(quoting.answer(seed_library, FACT, evidence=session.evidence), stopped=True)
    session.finish(partial)

    nothing, something = sessions.open(session.id).turns
    assert (nothing.question, nothing.answer, nothing.stopped) == (OTHER, None, True)
    assert (something.question, something.answer, something.stopped) == (FACT, partial, True)


def test_an_answer_numbered_apart_from_the_session_is_refused(session: Session, seed_library: Library) -> None:
    ask(session, seed_library, FACT)
    session.begin(OTHER, "", "quote")
    with pytest.raises(ValueError, match="in the session"):
        session.finish(quoting.answer(seed_library, OTHER))


def test_what_changed_since_it_was_cited_is_kept_in_both_wordings(
    sessions: Sessions, session: Session, seed_library: Library
) -> None:
    (reference,) = ask(session, seed_library, FACT).references
    cited = reference.paper
    changed = replace(cited, abstract="Everything was measured anew. " + cited.abstract)
    session.begin("And now?", "", "quote")
    old, new = session.evidence.add(cited), session.evidence.add(changed)
    first, second = session.evidence.cite(old, 1, 0.9), session.evidence.cite(new, 1, 0.9)
    assert first
    assert second
    answer = quoting.answer(seed_library, FACT, evidence=session.evidence)
    claims = tuple(Claim(item.quote, "supported", (item,)) for item in (first, second))
    references = (answer.references[0], replace(answer.references[0], number=new, paper=changed))
    session.finish(replace(answer, claims=claims, references=references))

    turn = sessions.open(session.id).turns[1]
    assert turn.answer
    assert [item.paper.abstract for item in turn.answer.references] == [cited.abstract, changed.abstract]
    assert turn.answer == session.turns[1].answer


def test_the_title_is_the_beginning_of_the_first_question_until_one_is_given(
    sessions: Sessions, session: Session
) -> None:
    question = (
        "How  does\nthe \x1b[31mperformance of a reward model change when it is asked for much more than it knows?"
    )
    session.begin(question, "", "quote")
    session.stop()

    assert session.title == "How does the performance of a reward model change when it…"
    session.rename("Reward \x1b]0;owned\x07models")
    assert sessions.open(session.id).title == session.title == "Reward models"
    session.rename("")
    assert sessions.open(session.id).title == "How does the performance of a reward model change when it…"


def test_every_step_of_a_turn_can_be_read_again(session: Session) -> None:
    session.begin(OTHER, "", "model")
    call = {
        "step": "answer",
        "prompt": {"name": "answer", "hash": "0a1b2c"},
        "model": "qwen3",
        "messages": [{"role": "user", "content": OTHER}],
        "completion": "They help [1.2].",
        "usage": {"prompt_tokens": 12, "completion_tokens": 6},
        "error": None,
    }
    session.record("call", **call)
    session.stop()

    (stored,) = (record for record in session.records() if record["type"] == "call")
    assert {name: stored[name] for name in call} == call
    assert stored["turn"] == 1


@pytest.mark.parametrize("kind", ["answer", "question", "undo", "papers", "session"])
def test_no_step_can_pass_for_a_record_that_the_session_rests_on(session: Session, kind: str) -> None:
    with pytest.raises(ValueError, match=kind):
        session.record(kind, text="something else")


def test_a_turn_that_was_not_begun_cannot_end(session: Session, seed_library: Library) -> None:
    for end in (
        session.stop,
        lambda: session.fail("what"),
        lambda: session.finish(quoting.answer(seed_library, OTHER)),
    ):
        with pytest.raises(ValueError, match="no turn"):
            end()


def test_a_paper_that_is_only_shown_as_near_gets_no_number(
    sessions: Sessions, session: Session, seed_library: Library
) -> None:
    answer = ask(session, seed_library, FOREIGN)

    assert answer.nearest
    assert numbering(sessions.open(session.id)) == {}
    assert [paper for turn in sessions.open(session.id).turns for paper in nearest(turn)] == list(answer.nearest)


def nearest(turn: Turn) -> tuple[Paper, ...]:
    return turn.answer.nearest if turn.answer else ()
