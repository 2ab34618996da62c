"""What a judge is asked only once, what it costs at most, and what becomes of an endpoint that fails."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ModelUnavailable
from agent.llm.budget import Limits
from evals.judge import Judge
from evals.judge.asking import LIMITS
from tests.evals.test_judge import CLAIM, KEY, PAIR, RUBRIC, Bench, a_record, user_of
from tests.support.replies import Empty, Refusal, Reply, Request, Status, Text

GONE = Status(401)

# The cache


def test_what_was_asked_before_is_not_asked_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "cache.sqlite3")
    script = [Text("1: SUPPORTED\n2: PARTLY"), Text("1: MET\n2: UNMET")]
    first = bench.judge(script, a_record(True, True), RUBRIC)

    again = bench.judge([], a_record(True, True), RUBRIC)

    assert bench.requests == []
    assert again == {**first, "usage": again["usage"]}


def test_entailment_is_cached_as_well(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "cache.sqlite3")

    assert bench.entails([Text("1: SUPPORTED")], PAIR) == [True]
    assert bench.entails([], PAIR) == [True]


def test_another_model_and_another_answer_are_asked_anew(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "cache.sqlite3")
    bench.judge([Text("1: SUPPORTED")], a_record(True))

    other = bench.judge([Text("1: MISSING")], a_record(True, answer={"abstained": False, "text": "No.", "claims": []}))
    bench.model = "judge-2"
    another = bench.judge([Text("1: PARTLY")], a_record(True))

    assert (other["nugget_recall"], another["nugget_recall"]) == (0.0, 0.5)


def test_no_key_is_in_the_cache(tmp_path: Path) -> None:
    Bench(tmp_path / "cache.sqlite3").entails([Text("1: SUPPORTED")], PAIR)

    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.iterdir())


# Endpoints that fail, and limits


def test_an_endpoint_that_fails_is_an_error_and_leaves_no_call_running(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "cache.sqlite3", jobs=8)
    pairs = [(PAIR[0], f"{CLAIM} {number}") for number in range(8)]
    all_are_here = threading.Barrier(len(pairs), timeout=30)

    def first_fails(request: Request) -> Reply:
        all_are_here.wait()
        return GONE if f"{CLAIM} 0" in user_of(request) else Text("1: SUPPORTED", delay=30.0)

    with pytest.raises(ModelUnavailable, match="does not accept the key"):
        bench.entails(first_fails, *pairs)
    assert len(bench.requests) == len(pairs)
    assert bench.aborted == len(pairs) - 1


def test_a_passing_fault_is_tried_again_and_told() -> None:
    bench = Bench()

    found = bench.judge([Status(500), Text("1: SUPPORTED")], a_record(True))

    assert (found["nugget_recall"], found["usage"]["calls"]) == (1.0, 2)
    assert any("trying again" in notice for notice in bench.notices)


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ([Refusal("I will not judge this.")], "refused"),
        ([Empty()] * 3, "empty"),
        ([Status(400, "maximum context length is 10 tokens")], "too long"),
    ],
    ids=["refused", "empty", "context"],
)
def test_a_prompt_that_the_model_does_not_take_is_unscored_and_told(
    tmp_path: Path, replies: list[Reply], reason: str
) -> None:
    bench = Bench(tmp_path / "cache.sqlite3")

    found = bench.judge(replies, a_record(True))

    assert (found["nuggets"], found["nugget_recall"], found["unscored"]) == ([None], None, 1)
    assert reason in bench.notices[-1]
    assert bench.judge([Text("1: SUPPORTED")], a_record(True))["nugget_recall"] == 1.0, "and it is not cached"


@pytest.mark.parametrize(
    "limits", [replace(LIMITS, calls=0), replace(LIMITS, tokens=100), replace(LIMITS, seconds=0.3)], ids=str
)
def test_what_goes_over_the_limits_of_a_question_is_unscored_and_told_once(limits: Limits) -> None:
    bench = Bench(limits=limits, jobs=1)

    found = bench.entails([Text("1: SUPPORTED", delay=3.0)] * 2, PAIR, (PAIR[0], "Another claim"))

    assert found == [None, None]
    assert len(bench.notices) == len(set(bench.notices))
    assert "the limit of" in bench.notices[0]


def test_each_question_has_limits_of_its_own() -> None:
    async def twice(judge: Judge) -> list[Any]:
        return [await judge.sitting().judge(a_record(True, id=name)) for name in ("q1", "q2")]

    found = Bench(limits=replace(LIMITS, calls=1)).run([Text("1: SUPPORTED")] * 2, twice)

    assert [one["unscored"] for one in found] == [0, 0]


def test_no_more_calls_run_at_a_time_than_allowed() -> None:
    running, most = 0, 0

    async def watch(judge: Judge) -> list[bool | None]:
        return await judge.entailment.entails([(PAIR[0], f"{CLAIM} {number}") for number in range(6)])

    def respond(_: Request) -> Reply:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.05)
        running -= 1
        return Text("1: SUPPORTED")

    assert Bench(jobs=2).run(respond, watch) == [True] * 6
    assert most <= 2
