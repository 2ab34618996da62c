"""Whole answers of a model that nobody here wrote: whatever it babbles, what is shown as cited is stored."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agent import events
from agent.answer import Answer, Citation
from agent.assistant import Assistant, Question
from agent.citations import find_marks
from agent.llm.budget import Limits
from agent.sessions import Session, Sessions
from store import sentences
from store.library import Library
from store.scope import parse
from tests.conftest import Citeloom
from tests.smoke.conftest import connected
from tests.smoke.server import CONTEXT, MODEL

ONE = Question("What does the handbook on diffusion models offer?", parse("key:ding2024generative"))
TWO = Question("How fast are consistency models?", parse("key:ding2023consistency key:ding2024generative"))
WIDE = Question("How does reinforcement learning from human feedback find policies?")
LIMITS = Limits(seconds=120)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was answered: the answer, all that was heard meanwhile, and the session it is kept in."""

    answer: Answer
    heard: tuple[events.Event, ...]
    session: Session

    @property
    def replies(self) -> list[tuple[str, str]]:
        """Step and raw text of each reply, from the transcript."""
        return [(record["step"], record["completion"]) for record in self.session.records() if record["type"] == "call"]


def ask(
    endpoint: str,
    folder: Path,
    question: Question,
    session: Session,
    *,
    limits: Limits = LIMITS,
    mode: str = "model",
    stops_at_text: bool = False,
) -> Asked:
    heard: list[events.Event] = []

    async def run() -> Answer:
        stop = asyncio.Event()

        def hear(event: events.Event) -> None:
            heard.append(event)
            if stops_at_text and isinstance(event, events.Delta):
                stop.set()

        with Library(folder) as library:
            async with connected(endpoint) as chat:
                assistant = Assistant(library, chat, mode=mode, limits=limits)
                return await assistant.ask(question, session=session, listener=hear, stop=stop)

    return Asked(asyncio.run(run()), tuple(heard), session)


@pytest.fixture(scope="module")
def conversations(endpoint: str, seed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Asked]:
    """Two questions asked in sessions of their own."""
    sessions = Sessions(tmp_path_factory.mktemp("sessions"))
    return [ask(endpoint, seed_folder, question, sessions.create()) for question in (ONE, TWO)]


def assert_all_that_is_cited_is_stored(answer: Answer, library: Library) -> None:
    cited = {(citation.number, citation.sentence): citation for claim in answer.claims for citation in claim.citations}
    for citation in cited.values():
        assert_is_stored(citation, library)
    marked = {place for mark in find_marks(answer.marked) for place in mark.places}
    assert marked <= cited.keys()
    assert {number for number, _ in cited} == {reference.number for reference in answer.references}


def assert_is_stored(citation: Citation, library: Library) -> None:
    paper = library.get(citation.key)
    assert paper is not None
    assert citation.sha256 == paper.sha256
    assert citation.quote == paper.abstract[citation.start : citation.end]
    assert citation.quote == sentences.split(paper.abstract)[citation.sentence - 1].text


def assert_what_fails_is_flagged(answer: Answer) -> None:
    supports = Counter(claim.support for claim in answer.claims)
    for support in ("weak", "uncited"):
        assert answer.marked.count(f"*({support})*") == supports[support]
    assert all(claim.problems for claim in answer.claims if claim.support != "supported")


def test_the_model_writes_marks_and_no_mark_is_shown_that_names_no_stored_sentence(
    conversations: Sequence[Asked], seed_library: Library
) -> None:
    assert any(find_marks(text) for asked in conversations for _, text in asked.replies)
    for asked in conversations:
        assert_all_that_is_cited_is_stored(asked.answer, seed_library)


def test_no_mark_is_shown_while_the_text_comes_that_names_no_stored_sentence(conversations: Sequence[Asked]) -> None:
    for asked in conversations:
        told = [event.text for event in asked.heard if isinstance(event, events.Delta)]
        assert len(told) > 1
        for place in (place for mark in find_marks("".join(told)) for place in mark.places):
            assert asked.session.evidence.cite(place.paper, place.sentence or 0, 0.0), f"[{place}] was shown"


def test_only_retrieved_papers_are_cited_each_under_its_number(conversations: Sequence[Asked]) -> None:
    for asked in conversations:
        retrieved = {
            hit["key"] for record in asked.session.records() if record["type"] == "retrieval" for hit in record["hits"]
        }
        assert retrieved
        for reference in asked.answer.references:
            assert reference.paper.key in retrieved
            assert asked.session.evidence.paper(reference.number) == reference.paper


def test_every_claim_that_is_not_supported_is_flagged_and_says_why(conversations: Sequence[Asked]) -> None:
    assert any(claim.support != "supported" for asked in conversations for claim in asked.answer.claims)
    for asked in conversations:
        if not asked.answer.abstained:
            assert_what_fails_is_flagged(asked.answer)


def test_claims_that_fail_go_into_one_repair_call(conversations: Sequence[Asked]) -> None:
    mended = [asked for asked in conversations if any(isinstance(event, events.Repairing) for event in asked.heard)]
    assert mended
    for asked in mended:
        assert [step for step, _ in asked.replies] == ["answer", "repair"]
        assert asked.answer.usage.calls == 2
        assert set(asked.answer.prompts) == {"answer", "repair"}


def test_a_reply_that_the_server_cuts_off_is_said_to_be(conversations: Sequence[Asked]) -> None:
    warned = [asked for asked in conversations if any("cut off" in warning for warning in asked.answer.warnings)]
    assert warned  # a base model does not come to an end by itself


def test_the_session_on_disk_holds_question_calls_and_answer(conversations: Sequence[Asked]) -> None:
    for asked in conversations:
        with Session(asked.session.path) as opened:
            assert [turn.answer for turn in opened.turns] == [asked.answer]
            assert not opened.notices
            assert all(text.strip() for _, text in asked.replies)


def test_at_the_limit_of_tokens_the_answer_ends_and_says_so(
    endpoint: str, seed_folder: Path, seed_library: Library, tmp_path: Path, conversations: Sequence[Asked]
) -> None:
    prompt = next(event.prompt_tokens for event in conversations[0].heard if isinstance(event, events.Asking))
    limits = replace(LIMITS, tokens=prompt + 8)

    asked = ask(endpoint, seed_folder, ONE, Sessions(tmp_path).create(), limits=limits)

    assert "the limit of tokens was reached before it was finished" in asked.answer.warnings
    assert [step for step, _ in asked.replies] == ["answer"]
    assert_all_that_is_cited_is_stored(asked.answer, seed_library)
    assert_what_fails_is_flagged(asked.answer)


def test_evidence_too_long_for_the_context_is_cut_once_and_a_stopped_answer_is_kept(
    endpoint: str, seed_folder: Path, seed_library: Library, tmp_path: Path
) -> None:
    asked = ask(endpoint, seed_folder, WIDE, Sessions(tmp_path).create(), stops_at_text=True)

    prompts = [event.prompt_tokens for event in asked.heard if isinstance(event, events.Asking)]
    assert len(prompts) == 2
    assert prompts[1] < CONTEXT < prompts[0]
    assert any("too long" in event.text for event in asked.heard if isinstance(event, events.Notice))
    assert asked.answer.stopped
    assert asked.answer.marked
    assert_all_that_is_cited_is_stored(asked.answer, seed_library)


def test_a_question_that_no_cut_makes_short_enough_is_quoted_instead_and_that_is_said(
    endpoint: str, seed_folder: Path, seed_library: Library, tmp_path: Path
) -> None:
    long = replace(ONE, text=f"{ONE.text} {'3.14159 ' * 400}")  # each digit is a token of this model

    asked = ask(endpoint, seed_folder, long, Sessions(tmp_path).create(), mode="auto")

    assert asked.answer.mode == "quote"
    assert any("quoting instead" in warning for warning in asked.answer.warnings)
    assert_all_that_is_cited_is_stored(asked.answer, seed_library)


def test_the_command_asks_the_model_and_prints_what_was_checked(
    endpoint: str, citeloom: Citeloom, seed_folder: Path, seed_library: Library
) -> None:
    run = citeloom(
        *("ask", ONE.text, "--scope", str(ONE.scope), "--json", "--library", seed_folder),
        *("--mode", "model", "--model", MODEL),
        env={"OPENAI_BASE_URL": endpoint},
    )

    assert run.code == 0, run.err
    answer = Answer.from_dict(run.json, {paper.key: paper for paper in seed_library.papers()})
    assert (answer.mode, answer.model) == ("model", MODEL)
    assert answer.usage.calls >= 1
    assert not answer.usage.is_estimate
    assert_all_that_is_cited_is_stored(answer, seed_library)
    if not answer.abstained:
        assert_what_fails_is_flagged(answer)
