"""The loop of model mode: one call where that is enough, tools within limits, and never in circles."""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from langchain_core.language_models import BaseChatModel

from agent import events
from agent.assistant import Assistant
from agent.llm import budget, models
from agent.llm.budget import Limits
from agent.sessions import Session
from evals import corpora
from store.library import Library
from tests.agent.conftest import LATENCY, RATE, SOLVES, Asked, Desk, by_turns, citing, place_of, tool
from tests.support.replies import Call, Calls, NoStream, NoTools, Reply, Request, Stall, Text, Usage

SEARCH = tool("search", query="birds that sing in dialects")
LIMIT_SAID = "a limit was reached: answered from what had been found by then"


def tools_of(request: Request) -> list[str]:
    return [item["function"]["name"] for item in request.body.get("tools", [])]


def tool_results(request: Request) -> list[str]:
    return [message["content"] for message in request.body["messages"] if message["role"] == "tool"]


def years_shown(asked: Asked) -> set[str]:
    prompts = "\n".join(request.prompt for request in asked.requests)
    return set(re.findall(r"(?m)^\[\d+\] .*\(.*?(\d{4})\)$", prompts))


def numbers_shown(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"(?m)^\[(\d+)\] ", text)}


def test_a_simple_question_makes_exactly_one_call(desk: Desk) -> None:
    asked = desk.ask(by_turns(citing(SOLVES)))

    assert len(asked.requests) == asked.answer.usage.calls == 1
    assert [claim.support for claim in asked.answer.claims] == ["supported"]
    assert asked.answer.warnings == ()


def test_twenty_questions_to_the_seeds_cost_one_call_of_a_small_prompt_each(seed_library: Library) -> None:
    questions = corpora.questions("seeds")
    desk = Desk(seed_library)
    asked = [
        desk.ask([Text("The library does not answer this.")], question.text)
        for question in questions[:: len(questions) // 20][:20]
    ]

    counted = [event.prompt_tokens for one in asked for event in one.all(events.Asking)]
    assert [len(one.requests) for one in asked] == [1] * 20
    assert statistics.median(counted) <= 3500
    assert max(counted) <= 4000


def test_the_prompt_has_the_evidence_line_by_line_and_the_question(desk: Desk) -> None:
    asked = desk.ask(by_turns(citing(SOLVES)))

    (request,) = asked.requests
    system, user = (message["content"] for message in request.body["messages"])
    assert "{{" not in request.prompt
    assert re.search(rf"(?m)^\d+\.3 {re.escape(SOLVES)}\.$", user)
    assert user.rstrip().endswith(f"Question: {RATE}")
    assert user.count("<evidence>") == user.count("</evidence>") == 1
    assert RATE not in system
    assert tools_of(request) == ["search", "read", "similar"]


def test_new_evidence_gets_the_next_numbers_and_can_be_cited(desk: Desk) -> None:
    bird = "Our recognizer names 240 species by five seconds of it"
    asked = desk.ask(by_turns(SEARCH, citing(bird)))

    first, second = asked.requests
    before = numbers_shown(first.prompt)
    new = numbers_shown(tool_results(second)[0])
    assert before == set(range(1, len(before) + 1))
    assert new == set(range(len(before) + 1, len(before) + len(new) + 1))
    assert asked.answer.claims[0].citations[0].number in new
    assert asked.answer.claims[0].support == "supported"
    assert asked.all(events.Found)[1].new == tuple(sorted(new))


def test_no_paper_gets_a_number_that_the_model_was_not_shown(shelf: Library, tmp_path: Path) -> None:
    with Session(tmp_path / "s.jsonl") as session:
        far = tool("search", query="mice that sleep, corals in warm water, birds that sing, tokenizers of code")
        asked = Desk(shelf, session=session).ask(by_turns(far, citing(SOLVES)))

        shown = numbers_shown(asked.requests[-1].prompt)
        assert shown == set(range(1, len(session.evidence) + 1))


def test_reading_shows_whole_abstracts_under_their_numbers(desk: Desk) -> None:
    asked = desk.ask(by_turns(tool("read", numbers=[2, 1, 2, 77]), citing(SOLVES)))

    (result,) = tool_results(asked.requests[1])
    assert re.findall(r"(?m)^\[(\d+)\] ", result) == ["2", "1"]
    assert result.startswith("<evidence>\n")
    assert asked.all(events.Reading)[-1].numbers == (2, 1)


def test_reading_what_is_not_there_says_so(desk: Desk) -> None:
    asked = desk.ask(by_turns(tool("read", numbers=[0, -1, 99]), citing(SOLVES)))

    assert "no paper" in tool_results(asked.requests[1])[0]


def test_similar_papers_are_found_without_the_one_they_are_like(desk: Desk) -> None:
    asked = desk.ask(by_turns(tool("similar", number=1), tool("similar", number=50), citing(SOLVES)))

    found = asked.all(events.Found)[1].numbers
    assert found
    assert 1 not in found
    assert "no paper" in tool_results(asked.requests[2])[1]


def test_a_tool_can_narrow_the_scope(seed_library: Library) -> None:
    asked = Desk(seed_library).ask(
        by_turns(
            tool("search", query="theorem proving in Lean", scope="author:Lin"),
            tool("search", query="proofs", scope="year:next"),
            Text("The library does not answer this."),
        ),
        "How are formal theorems proved?",
        "year:2025",
    )

    narrower, broken = tool_results(asked.requests[-1])
    assert "[" in narrower
    assert asked.all(events.Searching)[1].scope == "year:2025 author:Lin"
    assert broken.startswith("Not searched: ")
    assert years_shown(asked) == {"2025"}


def test_a_tool_never_leaves_the_scope(seed_library: Library) -> None:
    asked = Desk(seed_library).ask(
        by_turns(
            tool("search", query="theorem proving in Lean", scope="year:2023"),
            Text("The library does not answer this."),
        ),
        "How are formal theorems proved?",
        "year:2025",
    )

    assert years_shown(asked) == {"2025"}


@pytest.mark.parametrize("again", [SEARCH, tool("search", query="Birds that sing in DIALECTS")])
def test_the_same_call_is_not_made_twice(desk: Desk, again: Reply) -> None:
    asked = desk.ask(by_turns(SEARCH, again, citing(SOLVES)))

    assert len(asked.all(events.Searching)) == 2
    assert "made before" in tool_results(asked.requests[2])[1]


def test_calls_that_bring_nothing_new_end_the_looking(desk: Desk) -> None:
    searches = [tool("read", numbers=[number]) for number in (1, 2, 3)]
    asked = desk.ask(by_turns(*searches[:2], citing(SOLVES)))

    assert [bool(tools_of(request)) for request in asked.requests] == [True, True, False]
    assert "Answer now" in asked.requests[2].prompt
    assert asked.answer.mode == "model"


def test_a_model_that_only_ever_looks_further_gets_a_last_call_without_tools(seed_library: Library) -> None:
    topics = ["diffusion planning", "reward hacking", "tokenizers", "protein folding", "chess", "driving"]

    def look(request: Request) -> Reply:
        if tools_of(request):
            return tool("search", query=topics.pop(0))
        return Text("The library does not say this.")

    asked = Desk(seed_library).ask(look, "What do provers learn from?")

    assert len(asked.requests) == 5
    assert tools_of(asked.requests[-1]) == []
    assert LIMIT_SAID in asked.answer.warnings


def test_a_model_that_never_writes_ends_in_a_quoted_answer_that_says_so(desk: Desk) -> None:
    asked = desk.ask(lambda request: tool("read", numbers=[len(request.body["messages"])]))

    assert asked.answer.mode == "quote"
    assert "wrote no answer" in asked.answer.warnings[0]
    assert len(asked.requests) <= Limits().calls


@pytest.mark.parametrize(
    ("limits", "word"),
    [(Limits(calls=1), "1 calls"), (Limits(tokens=3000), "3,000 tokens"), (Limits(tokens=1000), "1,000 tokens")],
)
def test_a_limit_that_leaves_no_answer_gives_a_quoted_one_and_says_which(desk: Desk, limits: Limits, word: str) -> None:
    desk.limits = limits
    asked = desk.ask(lambda _: SEARCH)

    assert asked.answer.mode == "quote"
    assert asked.answer.claims
    assert word in asked.answer.warnings[0]
    assert asked.answer.warnings[0] in asked.notices
    assert len(asked.requests) <= limits.calls
    assert "raise limits." in asked.all(events.Notice)[-1].hint


@pytest.mark.parametrize("limits", [Limits(calls=3), Limits(tokens=6000)])
def test_near_a_limit_the_model_answers_from_what_there_is(desk: Desk, limits: Limits) -> None:
    desk.limits = limits
    looking = Calls([Call("search", {"query": "birds"})], usage=Usage(3100, 1))
    asked = desk.ask(by_turns(looking, citing(SOLVES)))

    assert tools_of(asked.requests[1]) == []
    assert asked.answer.mode == "model"
    assert LIMIT_SAID in asked.answer.warnings


def test_an_answer_that_outgrows_the_tokens_is_cut_and_says_so(desk: Desk) -> None:
    desk.limits = Limits(tokens=3400)
    long = "And so it goes on. " * 600
    asked = desk.ask(lambda request: Text(f"{SOLVES} [{place_of(request, SOLVES)}]. {long}", piece=70))

    assert asked.answer.mode == "model"
    assert "the limit of tokens was reached before it was finished" in asked.answer.warnings
    assert asked.answer.claims[0].support == "supported"
    assert len(asked.requests) == 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock of the limits; `later` moves it on."""
    found = SimpleNamespace(later=0.0)
    monkeypatch.setattr(budget, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + found.later))
    return found


def test_an_answer_that_outlasts_the_seconds_is_cut_and_says_so(desk: Desk, clock: SimpleNamespace) -> None:
    shown: list[str] = []

    def listen(event: events.Event, _: asyncio.Event) -> None:
        shown.append(event.text if isinstance(event, events.Delta) else "")
        if "And on" in "".join(shown):
            clock.later = desk.limits.seconds

    desk.on_event, desk.stall_seconds = listen, 60.0
    asked = desk.ask(lambda request: Stall(f"{SOLVES} [{place_of(request, SOLVES)}]. And on. And"))

    assert asked.answer.mode == "model"
    assert "the limit of seconds was reached before it was finished" in asked.answer.warnings
    assert not asked.answer.stopped
    assert asked.answer.claims[0].support == "supported"


def test_the_seconds_of_an_answer_are_not_spent_on_loading_the_model(
    desk: Desk, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = models.create

    def slow(choice: models.ModelChoice) -> BaseChatModel:
        clock.later = desk.limits.seconds
        return create(choice)

    monkeypatch.setattr(models, "create", slow)
    asked = desk.ask(by_turns(citing(SOLVES)))

    assert clock.later
    assert asked.answer.mode == "model"


@pytest.mark.parametrize(
    "call",
    [
        Call("delete_all", {"confirm": True}),
        *(Call("search", '{"query": '), Call("search", "[1]")),
        Call("search", {"quarry": "x"}),
        Call("read", {"numbers": "all"}),
        Call("similar", {"number": "one and a half"}),
        Call("", {}),
        Call("search", {"query": ""}),
    ],
    ids=[
        "unknown tool",
        "half of the JSON",
        "no object",
        "wrong name",
        "wrong type",
        "no number",
        "no name",
        "no words",
    ],
)
def test_a_broken_or_unknown_call_does_no_harm(desk: Desk, call: Call) -> None:
    before = [paper.key for paper in desk.library.papers()]
    asked = desk.ask(lambda request: Calls([call]) if len(request.body["messages"]) == 2 else citing(SOLVES)(request))

    assert asked.answer.mode == "model"
    assert [claim.support for claim in asked.answer.claims] == ["supported"]
    assert [paper.key for paper in desk.library.papers()] == before


def test_text_before_a_tool_call_is_taken_back(desk: Desk) -> None:
    looking = Calls([Call("search", {"query": "birds"})], text="I had better look for birds first.")
    asked = desk.ask(by_turns(looking, citing(SOLVES)))

    assert asked.all(events.Restarted)
    assert asked.streamed == asked.answer.marked
    assert "birds" not in asked.answer.marked


def test_an_endpoint_without_tools_answers_from_what_the_first_search_found(desk: Desk) -> None:
    asked = desk.ask([NoTools(Text(f"{SOLVES} [1.3]."))])

    assert [bool(tools_of(request)) for request in asked.requests] == [True, False]
    assert asked.answer.mode == "model"
    assert "takes no tools" in asked.notices


def test_an_endpoint_without_streaming_gives_the_answer_in_one_piece(desk: Desk) -> None:
    asked = desk.ask([NoStream(Text(f"{SOLVES} [1.3]."))])

    assert asked.answer.mode == "model"
    assert "does not stream" in asked.notices
    assert asked.streamed == asked.answer.marked == f"{SOLVES} [1.3]."


def test_several_calls_at_once_are_all_answered(desk: Desk) -> None:
    robots = Call("search", {"query": "robots"})
    both = Calls([robots, robots, Call("read", {"numbers": [1]})])
    asked = desk.ask(by_turns(both, citing(LATENCY)))

    assert len(tool_results(asked.requests[1])) == 3
    assert len(asked.all(events.Searching)) == 2


def test_the_tools_reach_nothing_but_the_library(desk: Desk) -> None:
    asked = desk.ask(by_turns(citing(SOLVES)))

    described = {item["function"]["name"]: item["function"]["parameters"] for item in asked.requests[0].body["tools"]}
    assert {name: sorted(one["properties"]) for name, one in described.items()} == {
        "search": ["query", "scope"],
        "read": ["numbers"],
        "similar": ["number"],
    }
    assert "path" not in json.dumps(described)
    assert Assistant(desk.library).mode == "quote"
