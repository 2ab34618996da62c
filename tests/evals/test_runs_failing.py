"""Runs whose model or judge fails: what is finished is kept, and only the rest is done again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ModelUnavailable
from agent.llm.budget import Limits
from agent.llm.calls import Chat
from agent.llm.models import ModelChoice
from evals.judge import Judge
from evals.resolving import Case
from evals.runfolder import RunFolder
from evals.runner import FAILURES_IN_A_ROW, run
from evals.systems import Agent, FirstPapers, System
from store.library import Library
from tests.evals.test_runs import Counting, a_plan, begun, lines_of
from tests.support.replies import Reply, Request, Status, Text
from tests.support.server import ScriptedServer

# Failures


def in_model_mode(
    library: Library, cases: Sequence[Case], folder: RunFolder, script: list[Reply], **more: Any
) -> tuple[int, BaseException | None]:
    """Runs with a model that answers by script; how many requests came, and what was raised."""

    def respond(request: Request) -> Reply:
        del request
        return script.pop(0) if len(script) > 1 else script[0]

    async def work(address: str) -> None:
        chat = Chat(ModelChoice("scripted", address), first_wait=0.01)
        try:
            await run(a_plan(library, cases, Agent(library, chat, Limits()), **more), folder)
        finally:
            await chat.aclose()

    raised: BaseException | None = None
    with ScriptedServer(respond, keep_alive=False) as server:
        try:
            asyncio.run(work(server.base_url))
        except ModelUnavailable as error:
            raised = error
    return len(server.requests), raised


def test_an_error_is_kept_scores_0_and_the_question_is_asked_again_when_the_run_goes_on(
    shelf: Library, cases: Sequence[Case], shelf_gold: Path
) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    answer = Text("Zeppelin-7B solves 57.6% of the problems of miniF2F within 32 attempts [1.3].")
    _, raised = in_model_mode(shelf, cases[:2], folder, [Status(400), answer])
    assert raised is None
    failed_one, answered = folder.load().records
    assert failed_one.error
    assert "Traceback" not in failed_one.error
    assert failed_one.scores["citation_f1"] == failed_one.scores["correct"] == 0.0
    assert answered.error is None
    requests, _ = in_model_mode(shelf, cases[:2], folder, [answer])
    assert requests == 1
    assert all(record.error is None for record in folder.load().records)


def test_an_endpoint_that_fails_again_and_again_ends_the_run_and_keeps_what_there_is(
    shelf: Library, cases: Sequence[Case], shelf_gold: Path
) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    _, raised = in_model_mode(shelf, cases, folder, [Status(401)])
    assert isinstance(raised, ModelUnavailable)
    assert len(lines_of(folder)) == FAILURES_IN_A_ROW < len(cases)


def test_where_a_judge_fails_the_answers_are_kept_and_only_judged_later(
    shelf: Library, cases: Sequence[Case], shelf_gold: Path
) -> None:
    folder, _ = begun("one", shelf, shelf_gold)

    def judged_by(script: list[Reply], system: System) -> list[Request]:
        async def work(address: str) -> None:
            chat = Chat(ModelChoice("judge", address), first_wait=0.01)
            try:
                await run(a_plan(shelf, cases, system, judge=Judge(chat)), folder)
            finally:
                await chat.aclose()

        with ScriptedServer(script, keep_alive=False) as server:
            asyncio.run(work(server.base_url))
        return server.requests

    with pytest.raises(ModelUnavailable, match="does not accept the key"):
        judged_by([Text("1: PARTLY"), Status(401)], FirstPapers(shelf, "bm25", 1))
    judged, waiting = folder.load().records
    assert judged.scores["nugget_recall"] == 0.5
    assert waiting.unjudged
    assert waiting.answer
    counting = Counting(FirstPapers(shelf, "bm25", 1))
    requests = judged_by([Text("1: SUPPORTED"), Text("1: SUPPORTED\n2: MISSING")], counting)
    assert counting.asked == [case.question.text for case in cases[2:]]
    judged_then = zip(cases[1:3], requests, strict=True)
    assert all(case.question.text in request.prompt for case, request in judged_then)
    assert [record.scores["nugget_recall"] for record in folder.load().records[:3]] == [0.5, 1.0, 0.5]
    assert not any(record.unjudged for record in folder.load().records)
