"""The assistant: stopped, cancelled and failed answers, and what a session keeps of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent import events
from agent.assistant import Assistant, Question
from agent.errors import Stopped
from agent.llm.calls import Chat
from agent.llm.models import ModelChoice
from agent.sessions import Session
from store.errors import LibraryError
from store.library import Library
from tests.agent.conftest import (
    KEY,
    RATE,
    SOLVES,
    TRAINING,
    Asked,
    Desk,
    assert_every_citation_resolves,
    by_turns,
    citing,
    marks_in,
    place_of,
    retrieved_in,
)
from tests.support.replies import Reply, Request, Stall, Text
from tests.support.server import ScriptedServer


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A new session."""
    return Session(tmp_path / "talk.jsonl")


@pytest.fixture
def talk(shelf: Library, session: Session) -> Desk:
    """Questions in a session."""
    return Desk(shelf, session=session, stall_seconds=10)


def half(request: Request) -> Reply:
    """An answer that stalls in its second sentence."""
    return Stall(
        f"{SOLVES} [{place_of(request, SOLVES)}]. {TRAINING} [{place_of(request, TRAINING)}] and fur", piece=20
    )


def stopped_when(desk: Desk, script: list[Reply] | None, seen: str) -> Asked:
    """What comes of a question that is stopped as soon as this text is on the screen."""
    shown: list[str] = []

    def listen(event: events.Event, stop: asyncio.Event) -> None:
        if isinstance(event, events.Delta):
            shown.append(event.text)
        if seen in "".join(shown):
            stop.set()

    desk.on_event = listen
    return desk.ask(script if script is not None else by_turns(half))


def test_a_stop_in_the_middle_keeps_what_was_written_with_its_checked_claims(talk: Desk, session: Session) -> None:
    asked = stopped_when(talk, None, "Its training")

    assert asked.answer.stopped
    assert asked.answer.claims[0].support == "supported"
    assert asked.answer.marked.startswith(f"{SOLVES} [")
    assert "stopped before it was finished" in asked.answer.warnings
    assert len(asked.requests) == asked.aborted == 1
    assert_every_citation_resolves(asked.answer, talk.library, retrieved_in(session))
    assert isinstance(asked.events[-1], events.Done)
    assert session.turns[0].answer == asked.answer


def test_a_stopped_answer_is_not_mended(talk: Desk) -> None:
    script: list[Reply] = [Stall("The moon is made of cheese [99.1]. It is old and", piece=20)]
    asked = stopped_when(talk, script, "It is")

    assert [claim.support for claim in asked.answer.claims] == ["uncited", "uncited"]
    assert asked.answer.marked.count("*(uncited)*") == 2
    assert marks_in(asked.answer.marked) == []
    assert not asked.all(events.Repairing)


def test_a_stop_before_the_first_text_leaves_the_question_and_no_answer(talk: Desk, session: Session) -> None:
    def listen(event: events.Event, stop: asyncio.Event) -> None:
        if isinstance(event, events.Asking):
            asyncio.get_running_loop().call_later(0.05, stop.set)

    talk.on_event = listen
    asked = talk.ask([Stall("")])

    assert asked.got is None
    assert isinstance(asked.error, Stopped)
    assert asked.error.hint
    (turn,) = session.turns
    assert (turn.question, turn.stopped, turn.answer, turn.error) == (RATE, True, None, None)


def test_a_stop_during_the_repair_keeps_the_answer_flagged(talk: Desk) -> None:
    def listen(event: events.Event, stop: asyncio.Event) -> None:
        if isinstance(event, events.Repairing):
            asyncio.get_running_loop().call_later(0.05, stop.set)

    talk.on_event = listen
    asked = talk.ask([Text("The moon is made of cheese [99.1]."), Stall("1: ")])

    assert asked.answer.stopped
    assert [claim.support for claim in asked.answer.claims] == ["uncited"]
    assert any("not mended" in warning for warning in asked.answer.warnings)


def cancelled(library: Library, session: Session) -> None:
    """Asks a model that writes a little and stalls, and cancels it when its first text is there."""

    async def run(server: ScriptedServer) -> None:
        chat = Chat(ModelChoice("scripted", server.base_url, KEY, 10.0), first_wait=0.01)

        def listen(event: events.Event) -> None:
            if isinstance(event, events.Delta):
                task.cancel()

        task = asyncio.ensure_future(Assistant(library, chat).ask(Question(RATE), session=session, listener=listen))
        try:
            with pytest.raises(asyncio.CancelledError):
                await task
        finally:
            await chat.aclose()

    with ScriptedServer([Stall("Zeppelin is a prover. " * 8, piece=3)] * 3, keep_alive=False) as server:
        asyncio.run(run(server))


def test_a_cancelled_answer_leaves_the_session_with_the_question_and_stopped(shelf: Library, session: Session) -> None:
    cancelled(shelf, session)

    (turn,) = session.turns
    assert (turn.question, turn.stopped, turn.answer) == (RATE, True, None)


def test_after_a_stop_the_session_goes_on(talk: Desk, session: Session) -> None:
    stopped_when(talk, None, "Its training")
    talk.on_event = lambda _event, _stop: None
    asked = talk.ask(by_turns(citing(SOLVES)), RATE)

    assert asked.answer.claims[0].support == "supported"
    assert [turn.number for turn in session.turns] == [1, 2]


def test_a_question_that_cannot_be_searched_is_kept_with_the_reason(talk: Desk, session: Session) -> None:
    asked = talk.ask([], "?!")

    assert isinstance(asked.error, LibraryError)
    assert asked.requests == []
    assert asked.events[-1] == events.Failed(asked.error.message, asked.error.hint)
    assert session.turns[0].error == asked.error.message


def test_an_unforeseen_error_is_kept_by_its_name_alone(talk: Desk, session: Session) -> None:
    def listen(event: events.Event, _: asyncio.Event) -> None:
        if isinstance(event, events.Found):
            raise ZeroDivisionError("secret")

    talk.on_event = listen
    with pytest.raises(ZeroDivisionError):
        talk.ask([Text("x")])

    assert session.turns[0].error == "unexpected ZeroDivisionError"


def test_an_error_of_our_own_is_not_blamed_on_the_endpoint(talk: Desk) -> None:
    def listen(event: events.Event, _: asyncio.Event) -> None:
        if isinstance(event, events.Delta):
            raise ZeroDivisionError("secret")

    talk.on_event = listen
    with pytest.raises(ZeroDivisionError):
        talk.ask([Text("Zeppelin.")] * 3)


def test_without_a_model_answers_are_quoted_and_told_like_any_other(shelf: Library, session: Session) -> None:
    told: list[events.Event] = []
    assistant = Assistant(shelf)
    answer = asyncio.run(assistant.ask(Question(RATE), session=session, listener=told.append))

    assert assistant.mode == answer.mode == session.turns[0].mode == "quote"
    assert [event.text for event in told if isinstance(event, events.Delta)] == [answer.marked]
    assert [event.claim for event in told if isinstance(event, events.Verified)] == list(answer.claims)
    assert told[-1] == events.Done(answer)


def test_quote_mode_needs_no_model_at_all(shelf: Library) -> None:
    with ScriptedServer([]) as server:
        asyncio.run(Assistant(shelf, None, mode="auto").ask(Question(RATE)))

    assert server.requests == []


def test_the_numbers_of_quoted_and_written_answers_are_the_same(talk: Desk, session: Session) -> None:
    quoted = asyncio.run(Assistant(talk.library).ask(Question(RATE), session=session))
    written = talk.ask(by_turns(citing(SOLVES))).answer

    numbers = {reference.paper.key: reference.number for reference in quoted.references}
    assert all(numbers.get(one.paper.key, one.number) == one.number for one in written.references)
    assert {one.paper.key for one in written.references} <= numbers.keys()
