"""What is asked: the agent and the baselines, and what they give to be scored."""

from __future__ import annotations

import asyncio
from typing import get_args

import pytest

from agent.answer import ABSTENTION, Answer
from agent.llm.budget import Limits
from agent.llm.calls import Chat
from agent.llm.models import ModelChoice
from agent.verification import NO_SENTENCE
from evals import systems
from evals.scripted import endpoint, hasty
from evals.systems import Agent, AskOnce, Attempt, FirstPapers, Ranking, System
from store.library import Library
from tests.agent.conftest import RATE, SOLVES
from tests.support.replies import Reply, Text
from tests.support.server import Responder, ScriptedServer

ENZYME = "Which enzyme breaks down PET plastic fastest?"


def asked(system: System, question: str = RATE) -> Attempt:
    return asyncio.run(system.answer(question))


def asked_of_model(library: Library, script: list[Reply] | Responder, *, once: bool) -> tuple[Attempt, int]:
    """An attempt with a model that answers by script, and how many requests it took."""

    async def ask(address: str) -> Attempt:
        chat = Chat(ModelChoice("scripted", address))
        system: System = AskOnce(library, chat, Limits()) if once else Agent(library, chat, Limits())
        try:
            return await system.answer(RATE)
        finally:
            await chat.aclose()

    with ScriptedServer(script, keep_alive=False) as server:
        attempt = asyncio.run(ask(server.base_url))
    return attempt, len(server.requests)


def test_the_agent_in_quote_mode_gives_what_it_retrieved_and_the_ranking_behind_it(shelf: Library) -> None:
    attempt = asked(Agent(shelf, None, Limits()))
    assert attempt.answer.mode == "quote"
    assert attempt.retrieved
    assert attempt.ranking[: len(attempt.retrieved)] == attempt.retrieved
    assert {reference.paper.key for reference in attempt.answer.references} <= set(attempt.retrieved)


def test_the_ranking_goes_further_down_than_what_was_read(seed_library: Library) -> None:
    attempt = asked(Agent(seed_library, None, Limits()), "reinforcement learning with verifiable rewards")
    assert len(attempt.ranking) == systems.DEPTH
    assert len(attempt.retrieved) < systems.DEPTH


@pytest.mark.parametrize("ranking", get_args(Ranking))
def test_a_ranking_cites_its_first_papers_each_with_a_stored_sentence(seed_library: Library, ranking: Ranking) -> None:
    attempt = asked(FirstPapers(seed_library, ranking, 2), "process reward models for mathematical reasoning")
    cited = [claim.citations[0] for claim in attempt.answer.claims]
    assert [citation.key for citation in cited] == list(attempt.ranking[:2]) == list(attempt.retrieved)
    for citation in cited:
        paper = seed_library.get(citation.key)
        assert paper
        assert paper.abstract[citation.start : citation.end] == citation.quote


def test_the_rankings_are_those_of_the_search_each_by_itself(seed_library: Library) -> None:
    question = "process reward models for mathematical reasoning"
    hits = seed_library.search(question, 200).hits
    rankings: tuple[tuple[Ranking, str], ...] = (("bm25", "lexical_rank"), ("dense", "dense_rank"))
    for ranking, rank in rankings:
        wanted = sorted((getattr(hit, rank), hit.paper.key) for hit in hits if getattr(hit, rank))
        found = systems.ranked(seed_library, question, ranking)
        assert [hit.paper.key for hit in found] == [key for _, key in wanted][:100]
    assert [hit.paper.key for hit in systems.ranked(seed_library, question, "fused")] == [
        hit.paper.key for hit in hits[:100]
    ]


def test_a_ranking_that_finds_nothing_abstains(shelf: Library) -> None:
    attempt = asked(FirstPapers(shelf, "bm25"), "xyzzy")
    assert attempt.answer.abstained
    assert attempt.answer.text == ABSTENTION


def test_asking_once_is_one_call_that_keeps_what_resolves_and_names_what_does_not(shelf: Library) -> None:
    script: list[Reply] = [Text("Zeppelin-7B solves it [1.3]. It flies [99.1]. It is good.")]
    attempt, requests = asked_of_model(shelf, script, once=True)
    supported, invented, uncited = attempt.answer.claims
    assert requests == attempt.answer.usage.calls == 1
    assert supported.citations[0].key == attempt.retrieved[0]
    assert invented.citations == uncited.citations == ()
    assert invented.problems[0].endswith(NO_SENTENCE)
    assert not uncited.problems[0].endswith(NO_SENTENCE)


def test_asking_once_reads_an_abstention_and_not_one_that_cites(shelf: Library) -> None:
    silent, _ = asked_of_model(shelf, [Text(ABSTENTION)], once=True)
    cited, _ = asked_of_model(shelf, [Text(f"{ABSTENTION} But Zeppelin-7B solves it [1.3].")], once=True)
    assert silent.answer.abstained
    assert silent.answer.claims == ()
    assert not cited.answer.abstained


def test_an_answer_of_every_system_can_be_written_down_and_read_again(shelf: Library) -> None:
    attempts = [asked(Agent(shelf, None, Limits())), asked(FirstPapers(shelf, "fused"))]
    attempts.append(asked_of_model(shelf, [Text(f"{SOLVES} [1.3].")], once=True)[0])
    papers = {paper.key: paper for paper in shelf.papers()}
    for attempt in attempts:
        assert Answer.from_dict(attempt.answer.to_dict(), papers) == attempt.answer


def test_the_scripted_model_says_the_same_again_and_is_careless_in_known_ways(seed_library: Library) -> None:
    questions = [f"How do process reward models help with reasoning task {number}?" for number in range(12)]

    async def ask(address: str, *, once: bool) -> list[Answer]:
        chat = Chat(ModelChoice("scripted", address))
        system: System = AskOnce(seed_library, chat, Limits()) if once else Agent(seed_library, chat, Limits())
        try:
            return [(await system.answer(question)).answer for question in questions]
        finally:
            await chat.aclose()

    with endpoint(hasty) as address:
        first, second = (asyncio.run(ask(address, once=True)) for _ in range(2))
        checked = asyncio.run(ask(address, once=False))
    assert [answer.marked for answer in first] == [answer.marked for answer in second]
    problems = [problem for answer in first for claim in answer.claims for problem in claim.problems]
    assert any(problem.endswith(NO_SENTENCE) for problem in problems)
    assert any(not claim.citations for answer in first for claim in answer.claims)
    assert not any(
        problem.endswith(NO_SENTENCE) for answer in checked for claim in answer.claims for problem in claim.problems
    )
