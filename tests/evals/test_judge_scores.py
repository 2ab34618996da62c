"""What a judge says of an answer: the facts that it states, and the criteria that it meets."""

from __future__ import annotations

import re
from typing import Any

import pytest

from evals.gold import Criterion
from evals.resolving import Nugget
from prompts import load
from tests.evals.test_judge import CLAIM, FACTS, RUBRIC, Bench, a_record, user_of
from tests.support.replies import Reply, Request, Text

# Facts


def test_a_fact_counts_1_partly_one_half_and_missing_0() -> None:
    # (1 + 1/2 + 0) / 3; strictly 1/3.
    found = Bench().judge([Text("1: SUPPORTED\n2: PARTLY\n3: MISSING")], a_record(True, True, True))

    assert found == {
        "nuggets": [1.0, 0.5, 0.0],
        "nugget_recall": pytest.approx(0.5),
        "nugget_recall_strict": pytest.approx(1 / 3),
        "rubric": [],
        "rubric_score": None,
        "unscored": 0,
        "usage": {**found["usage"], "calls": 1, "cached": 0},
    }


def test_vital_facts_alone_count_where_there_are_others() -> None:
    # Vital are the first and the third: (1 + 1/2) / 2, strictly 1/2.
    found = Bench().judge([Text("1: SUPPORTED\n2: MISSING\n3: PARTLY")], a_record(True, False, True))

    assert (found["nugget_recall"], found["nugget_recall_strict"]) == (0.75, 0.5)


def test_all_facts_count_where_none_is_vital() -> None:
    assert Bench().judge([Text("1: SUPPORTED\n2: MISSING")], a_record(False, False))["nugget_recall"] == 0.5


def test_a_fact_without_a_label_is_unscored_and_in_no_share() -> None:
    found = Bench().judge([Text("1: SUPPORTED\n2: maybe\n3: MISSING")], a_record(True, True, True))

    assert found["nuggets"] == [1.0, None, 0.0]
    assert (found["nugget_recall"], found["nugget_recall_strict"], found["unscored"]) == (0.5, 0.5, 1)


def test_a_reply_that_cannot_be_read_gives_no_score_at_all() -> None:
    found = Bench().judge([Text("I think that it is a good answer.")] * 2, a_record(True, True), RUBRIC)

    assert (found["nuggets"], found["nugget_recall"], found["nugget_recall_strict"]) == ([None, None], None, None)
    assert (found["rubric"], found["rubric_score"]) == ([None, None], None)
    assert found["unscored"] == 4


def test_the_judge_of_facts_is_sent_the_question_the_facts_and_the_answer() -> None:
    bench = Bench()

    bench.judge([Text("1: SUPPORTED\n2: MISSING")], a_record(True, True))

    (request,) = bench.requests
    expected = load("judge/nuggets").render(
        question="What share does it solve?", facts=f"1: {FACTS[0]}\n2: {FACTS[1]}", answer=f"{CLAIM} [1]."
    )
    assert request.prompt == f"{expected.system}\n{expected.user}"


def test_many_facts_are_judged_in_several_calls_and_come_back_in_order() -> None:
    facts = tuple(Nugget("zeppelin", (1,), 0, 1, f"Fact {number}.", True) for number in range(45))

    def every_third(request: Request) -> Reply:
        shown = re.findall(r"(?m)^(\d+): Fact (\d+)\.$", user_of(request))
        return Text("\n".join(f"{at}: {'SUPPORTED' if int(fact) % 3 == 0 else 'MISSING'}" for at, fact in shown))

    bench = Bench()
    found = bench.judge(every_third, a_record(facts=facts))

    assert found["nuggets"] == [float(number % 3 == 0) for number in range(45)]
    assert found["usage"]["calls"] == len(bench.requests) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"answer": {"abstained": True, "text": "The library does not answer this.", "claims": []}},
        {"answer": None, "error": "the model is gone"},
    ],
    ids=["abstained", "error"],
)
def test_an_abstention_and_an_error_have_0_where_there_is_an_answer_and_nothing_is_asked(
    fields: dict[str, Any],
) -> None:
    bench = Bench()

    found = bench.judge([], a_record(True, True, **fields), RUBRIC)

    assert bench.requests == []
    assert (found["nuggets"], found["nugget_recall"], found["nugget_recall_strict"]) == ([0.0, 0.0], 0.0, 0.0)
    assert (found["rubric"], found["rubric_score"], found["unscored"]) == ([0, 0], 0.0, 0)


def test_a_question_without_facts_and_rubric_has_no_score_and_nothing_is_asked() -> None:
    bench = Bench()

    found = bench.judge([], a_record())

    assert bench.requests == []
    assert (found["nugget_recall"], found["rubric_score"], found["usage"]["calls"]) == (None, None, 0)


# Rubric


def test_criteria_are_graded_from_0_to_2_and_weighted() -> None:
    # (3 * 1/2 + 1 * 2/2) / 4
    found = Bench().judge([Text("1: PARTLY\n2: MET")], a_record(), RUBRIC)

    assert (found["rubric"], found["rubric_score"]) == ([1, 2], pytest.approx(0.625))


def test_an_ungraded_criterion_takes_its_weight_with_it() -> None:
    # The second alone, of weight 1: 2/2.
    found = Bench().judge([Text("2: MET")], a_record(), RUBRIC)

    assert (found["rubric"], found["rubric_score"], found["unscored"]) == ([None, 2], 1.0, 1)


def test_the_judge_of_a_rubric_is_sent_the_criteria_without_their_weights() -> None:
    bench = Bench()

    bench.judge([Text("1: MET\n2: MET")], a_record(), RUBRIC)

    expected = load("judge/rubric").render(
        question="What share does it solve?",
        criteria="1: States the share.\n2: Names the benchmark.",
        answer=f"{CLAIM} [1].",
    )
    assert bench.requests[0].prompt == f"{expected.system}\n{expected.user}"


def test_an_abstention_is_graded_where_that_may_be_what_the_rubric_wants() -> None:
    answer = {"abstained": True, "text": "The library does not answer this.", "claims": []}
    record = a_record(answer=answer, answerable=False, gold=())

    found = Bench().judge([Text("1: MET")], record, [Criterion("Says that nothing is known.")])

    assert found["rubric_score"] == 1.0
