"""Model mode over the wire: what is streamed, what is recorded, and what every fault comes to."""

from __future__ import annotations

import asyncio
import json
import random
import re
from pathlib import Path

import pytest

from agent import events
from agent.answer import Answer
from agent.errors import CiteloomError, ModelTimeout, ModelUnavailable
from agent.sessions import Session
from store.library import Library
from tests.agent.conftest import (
    KEY,
    LATENCY,
    RATE,
    SOLVES,
    TRAINING,
    Desk,
    assert_every_citation_resolves,
    by_turns,
    citing,
    marks_in,
    place_of,
    retrieved_in,
    tool,
)
from tests.support.replies import (
    Break,
    Empty,
    Filtered,
    Garbage,
    Hangup,
    NoTools,
    Refusal,
    Reply,
    Request,
    Stall,
    Status,
    Text,
)

TOO_LONG = Status(400, "maximum context length exceeded", code="context_length_exceeded")


def three_sentences(request: Request) -> Reply:
    places = [place_of(request, words) for words in (SOLVES, TRAINING, LATENCY)]
    return Text(f"{SOLVES} [{places[0]}]. {TRAINING} [{places[1]}].\n\n- {LATENCY} [{places[2]}].", piece=3)


def test_the_answer_is_streamed_as_it_will_stand(desk: Desk) -> None:
    asked = desk.ask(by_turns(three_sentences))

    assert len(asked.all(events.Delta)) > 20
    assert asked.streamed == asked.answer.marked
    assert not asked.all(events.Restarted)
    assert isinstance(asked.events[-1], events.Done)


def test_every_mark_in_every_piece_of_the_stream_resolves(desk: Desk) -> None:
    def reply(request: Request) -> Reply:
        return Text(f"{SOLVES} [99.1][{place_of(request, SOLVES)}] and [1.99] so on. Cheese [7.77].", piece=1)

    asked = desk.ask(by_turns(reply, Text("nothing")))

    cited = {(one.number, one.sentence) for claim in asked.answer.claims for one in claim.citations}
    assert set(marks_in("".join(event.text for event in asked.all(events.Delta)))) == cited != set()
    assert "99" not in asked.streamed


def test_each_claim_is_told_once_with_its_verdict(desk: Desk) -> None:
    asked = desk.ask(by_turns(three_sentences))

    told = [event.claim for event in asked.all(events.Verified)]
    assert told == list(asked.answer.claims)[: len(told)]
    assert len(told) >= 2


def test_the_final_text_does_not_depend_on_how_it_is_cut_into_pieces(desk: Desk) -> None:
    def reply(request: Request) -> Reply:
        mark = place_of(request, SOLVES)
        return Text(f"**So:** {SOLVES} [{mark}]. {TRAINING}. 【1.99】 [a](b) <b>", piece=generator.randint(1, 40))

    generator = random.Random(7)
    texts = {desk.ask(by_turns(reply, Text("nothing"))).answer.marked for _ in range(5)}

    assert len(texts) == 1


def test_a_paper_named_alone_is_cited_by_its_best_sentence_and_that_is_said(desk: Desk) -> None:
    asked = desk.ask(by_turns(lambda request: Text(f"{SOLVES} [{place_of(request, SOLVES).split('.')[0]}].")))

    (citation,) = asked.answer.claims[0].citations
    assert citation.chosen_by_code
    assert citation.quote == f"{SOLVES}."
    assert marks_in(asked.answer.marked) == [(citation.number, citation.sentence)]


def test_the_marks_of_a_chosen_sentence_are_not_chosen_by_code(desk: Desk) -> None:
    asked = desk.ask(by_turns(citing(SOLVES)))

    assert [one.chosen_by_code for claim in asked.answer.claims for one in claim.citations] == [False]


def test_an_answer_survives_its_json(desk: Desk) -> None:
    answer = desk.ask(by_turns(three_sentences)).answer
    content = json.loads(json.dumps(answer.to_dict()))
    papers = {paper.key: paper for paper in desk.library.papers()}

    assert Answer.from_dict(content, papers) == answer
    assert not re.search(r"\[\d+\.\d+\]", content["text"])


# Faults

FAULTS: dict[str, list[Reply]] = {
    "key": [Status(401)],
    "forbidden": [Status(403, "not for you")],
    "model": [Status(404)],
    "quota": [Status(429, code="insufficient_quota")],
    "rate": [Status(429)] * 3,
    "server": [Status(500)] * 3,
    "overloaded": [Status(503)] * 3,
    "request": [Status(400, "no such parameter")],
    "context": [TOO_LONG, TOO_LONG],
    "silence": [Stall("")] * 3,
    "stall": [Stall("Zeppelin is")] * 3,
    "break": [Break("Zeppelin is")] * 3,
    "hangup": [Hangup()] * 3,
    "empty": [Empty()] * 3,
    "refusal": [Refusal("I will not.")],
    "filter": [Filtered()],
    "html": [Garbage(b"<html>login</html>")] * 6,
}
SILENT = ("silence", "stall")


@pytest.mark.parametrize("name", FAULTS)
def test_in_mode_auto_every_fault_ends_in_a_quoted_answer_that_says_so(desk: Desk, name: str) -> None:
    desk.mode, desk.stall_seconds = "auto", 1.0 if name in SILENT else 10.0
    asked = desk.ask(list(FAULTS[name]))

    assert (asked.answer.mode, asked.answer.model) == ("quote", None)
    assert asked.answer.claims
    (warning,) = asked.answer.warnings
    assert warning.endswith("; answered by quoting instead")
    assert [event.text for event in asked.all(events.Notice)][-1] == warning
    assert asked.all(events.Notice)[-1].hint
    assert asked.streamed == asked.answer.marked
    assert len(asked.requests) <= 6
    assert asked.answer.usage.calls == len(asked.requests)


@pytest.mark.parametrize("name", ["key", "rate", "context", "silence", "refusal", "empty"])
def test_in_mode_model_a_fault_is_the_error(desk: Desk, name: str) -> None:
    desk.stall_seconds = 1.0 if name in SILENT else 10.0
    asked = desk.ask(list(FAULTS[name]))

    assert asked.got is None
    assert isinstance(asked.error, ModelUnavailable)
    assert asked.error.hint
    assert KEY not in asked.error.message + asked.error.hint
    assert isinstance(asked.error, ModelTimeout) == (name == "silence")


@pytest.mark.parametrize("name", ["key", "server"])
def test_the_last_event_of_a_failure_says_so(desk: Desk, name: str) -> None:
    asked = desk.ask(list(FAULTS[name]))

    assert isinstance(asked.error, CiteloomError)
    assert asked.events[-1] == events.Failed(asked.error.message, asked.error.hint)


def test_in_a_session_the_last_event_of_a_failure_says_so(desk: Desk, tmp_path: Path) -> None:
    with Session(tmp_path / "s.jsonl") as session:
        desk.session = session
        asked = desk.ask([Status(401)])

        assert isinstance(asked.error, CiteloomError)
        assert asked.events[-1] == events.Failed(asked.error.message, asked.error.hint)
        assert (session.turns[0].error, session.turns[0].hint) == (asked.error.message, asked.error.hint)


def test_a_prompt_that_is_too_long_is_cut_and_sent_once_more(seed_library: Library) -> None:
    asked = Desk(seed_library).ask([TOO_LONG, Text("The library does not answer this.")])

    long, short = (len(request.prompt) for request in asked.requests)
    assert short < long
    assert asked.answer.mode == "model"
    assert "asking again with less" in asked.notices


def test_a_fault_that_passes_is_not_seen_in_the_answer(desk: Desk) -> None:
    asked = desk.ask(by_turns(Status(503), Break("Zeppelin is a cheese"), citing(SOLVES)))

    assert asked.answer.warnings == ()
    assert asked.streamed == asked.answer.marked
    assert "cheese" not in asked.answer.marked
    assert asked.answer.usage.calls == 3
    assert asked.all(events.Restarted)


def test_reasoning_is_neither_shown_nor_judged(desk: Desk) -> None:
    asked = desk.ask(
        by_turns(
            lambda request: Text(f"<think>Cheese [9.9]? 91%</think>{SOLVES} [{place_of(request, SOLVES)}].", piece=3)
        )
    )

    assert asked.streamed == asked.answer.marked
    assert "heese" not in asked.answer.marked
    assert len(asked.answer.claims) == 1


# The record


def test_a_session_has_every_step_of_an_answer(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    with Session(path) as session:
        desk.session = session
        asked = desk.ask(by_turns(tool("search", query="birds"), citing(SOLVES)))
        records = list(session.records())
        assert_every_citation_resolves(asked.answer, desk.library, retrieved_in(session))

    kinds = [record["type"] for record in records]
    assert kinds.index("question") < kinds.index("retrieval") < kinds.index("call") < kinds.index("answer")
    first, second = (record for record in records if record["type"] == "retrieval")
    assert (first["query"], second["query"]) == (RATE, "birds")
    assert set(first["hits"][0]) == {"key", "rank", "score", "lexical_rank", "dense_rank"}
    calls = [record for record in records if record["type"] == "call"]
    assert [call["prompt"]["sha256"] for call in calls] == [asked.answer.prompts["answer"]] * 2
    assert [call["model"] for call in calls] == ["scripted"] * 2
    assert RATE in calls[0]["messages"][1]["content"]
    assert calls[0]["tool_calls"] == [{"name": "search", "arguments": {"query": "birds"}}]
    assert SOLVES in calls[1]["completion"]
    assert sum(call["usage"]["prompt_tokens"] for call in calls) == asked.answer.usage.prompt_tokens > 0
    assert records[-1]["answer"] == json.loads(json.dumps(asked.answer.to_dict()))
    assert KEY not in path.read_text(encoding="utf-8")


def test_the_question_is_on_disk_before_the_search_and_the_answer_before_it_is_told(
    shelf: Library, tmp_path: Path
) -> None:
    path = tmp_path / "s.jsonl"
    seen: dict[str, str] = {}
    with Session(path) as session:
        desk = Desk(shelf, session=session)

        def listen(event: events.Event, _: asyncio.Event) -> None:
            seen.setdefault(type(event).__name__, path.read_text(encoding="utf-8"))

        desk.on_event = listen
        desk.ask(by_turns(citing(SOLVES)))

    assert RATE in seen["Searching"]
    assert '"type":"retrieval"' not in seen["Searching"]
    assert '"type":"answer"' in seen["Done"]


def test_the_raw_completion_is_recorded_with_what_is_never_shown(desk: Desk, tmp_path: Path) -> None:
    with Session(tmp_path / "s.jsonl") as session:
        desk.session = session
        desk.ask([NoTools(Text("<think>hm</think>Cheese [99.9].")), Text("1: DELETE")])

        completions = [record["completion"] for record in session.records() if record["type"] == "call"]
    assert completions[-2:] == ["<think>hm</think>Cheese [99.9].", "1: DELETE"]
