from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from agent.errors import EvalError, ExitCode, exit_code_for
from evals.comparing import CitedPaper, compare
from evals.manifest import answers_hash
from evals.records import Record
from evals.summary import RunData
from tests.evals.comparison_samples import GOLD, HOSTILE, JUDGE, pair, record, run, three


def refused(a: RunData, b: RunData) -> EvalError:
    with pytest.raises(EvalError) as caught:
        compare(a, b)
    assert exit_code_for(caught.value) == ExitCode.LIBRARY
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    "other", [{**GOLD, "sha256": "d" * 64}, {"path": "gold.jsonl"}, None], ids=["other", "no hash", "none"]
)
def test_runs_of_different_gold_sets_are_refused(other: Mapping[str, Any] | None) -> None:
    error = refused(run("one", three()), run("two", three(), gold=other))
    assert "different gold sets" in error.message


def test_runs_that_do_not_say_what_they_were_asked_are_refused() -> None:
    error = refused(run("one", three(), gold=None), run("two", three(), gold=None))
    assert "? (?) and ? (?)" in error.message


def test_the_same_gold_set_under_another_path_is_the_same() -> None:
    assert compare(run("one", three()), run("two", three(), gold={**GOLD, "path": "copy.jsonl"})).compared == 3


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("model", "judge-2", "judge-1 and judge-2"),
        ("address", "http://example.org/v1", "http://localhost/v1 and http://example.org/v1"),
        ("prompts", {"judge/nuggets": "e" * 64}, "the prompt judge/nuggets"),
        ("prompts", {**JUDGE["prompts"], "judge/rubric": "e" * 64}, "the prompt judge/rubric"),
    ],
    ids=["model", "address", "prompt", "one more prompt"],
)
def test_runs_with_different_judges_are_refused(field: str, value: object, told: str) -> None:
    error = refused(run("one", three(), judge=JUDGE), run("two", three(), judge={**JUDGE, field: value}))
    assert "different judges" in error.message
    assert told in error.message


def test_different_entailment_backends_are_never_compared() -> None:
    error = refused(run("one", three()), run("two", three(), entailment="judge:m/12345678"))
    assert "overlap/1 and judge:m/12345678" in error.message
    assert error.hint.endswith("--entailment overlap")


@pytest.mark.parametrize(
    ("a", "b", "hint"),
    [
        (
            {"judge": JUDGE, "entailment": "judge:judge-1/12345678"},
            {},
            "score B as A is, and compare with that: "
            "citeloom eval score two --judge judge-1 --judge-base-url http://localhost/v1",
        ),
        (
            {"judge": {**JUDGE, "model": "org/m", "address": "https://api.openai.com/v1"}, "entailment": "support/1"},
            {"judge": JUDGE},
            "score B as A is, and compare with that: citeloom eval score two --judge org/m --entailment support",
        ),
        (
            {"entailment": "judge:org/m/12345678"},
            {},
            "score B as A is, and compare with that: citeloom eval score two --judge org/m",
        ),
        (
            {"entailment": "overlap/1"},
            {"entailment": "overlap/2"},
            "score both anew, and compare those: "
            "citeloom eval score one --entailment overlap; citeloom eval score two --entailment overlap",
        ),
        (
            {"judge": {**JUDGE, "address": "anthropic"}},
            {"judge": {**JUDGE, "address": "anthropic", "prompts": {"judge/nuggets": "e" * 64}}},
            "score both anew, and compare those: citeloom eval score one --judge judge-1 --entailment overlap; "
            "citeloom eval score two --judge judge-1 --entailment overlap",
        ),
    ],
    ids=["a judge's entailment", "another judge", "a judge of entailment alone", "another version", "other prompts"],
)
def test_runs_that_are_scored_differently_are_refused_with_how_to_score_them_alike(
    a: Mapping[str, Any], b: Mapping[str, Any], hint: str
) -> None:
    assert refused(run("one", three(), **a), run("two", three(0.0), **b)).hint == hint


def test_runs_of_the_same_answers_are_told_from_those_of_other_answers() -> None:
    first, silent = three(), [record(name, 0.0) for name in ("q1", "q2", "q3")]
    anew = {"answers_of": {"run": "one", "sha256": answers_hash(first)}, "scored_by": {"citeloom": "0.1.0"}}
    judged = [replace(one, scores={"citation_f1": 0.5}, unjudged=False, judged={"unscored": 0}) for one in first]
    same = "A and B hold the same answers: where they differ, their scoring does"
    assert compare(run("one", first), run("two", judged, **anew)).warnings == (same,)
    assert compare(run("three", judged, **anew), run("two", judged, **anew)).warnings == (same,)
    assert compare(run("other", silent), run("two", judged, **anew)).warnings == ()
    assert compare(run("one", first), run("copy", first)).warnings == ()
    assert (
        "they hold the same answers"
        in refused(run("one", first, entailment="support/1"), run("two", judged, **anew)).hint
    )


def test_what_scored_is_told_where_it_is_of_another_version() -> None:
    anew = {"answers_of": {"run": "x", "sha256": "0" * 64}, "versions": {"citeloom": "0.1.0"}}
    one = run("one", three(), versions={"citeloom": "0.1.0"}, settings={"embedding.model": "minilm"})
    other = run("two", three(0.0), **anew, scored_by={"citeloom": "0.2.0", "embedding.model": "other"})
    told = "A and B have different scorers: citeloom (0.1.0 and 0.2.0), embedding.model (minilm and other)"
    assert compare(one, other).warnings == (told,)
    assert compare(other, replace(other, id="three", records=tuple(three()))).warnings == (
        "A and B hold the same answers: where they differ, their scoring does",
    )


def test_runs_without_a_common_question_are_refused() -> None:
    error = refused(run("one", [record("q1", 1.0)]), run("two", [record("q2", 1.0)]))
    assert "no question in common" in error.message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "high"], ids=["nan", "infinite", "text"])
def test_a_score_that_is_no_number_is_named(value: Any) -> None:
    damaged = [*three()[:2], record("q3", scores={"citation_f1": value})]
    error = refused(run("one", three()), run("two", damaged))
    assert "the citation_f1 of the question q3 in the run two" in error.message


def test_a_message_about_hostile_manifests_is_harmless() -> None:
    error = refused(run("one", three()), run("two", three(), entailment=HOSTILE))
    assert "\x1b" not in error.message + error.hint


def test_judge_scores_are_left_out_where_only_one_run_has_a_judge() -> None:
    judged = [replace(one, scores={**one.scores, "rubric": 1.0}) for one in three()]
    found = compare(run("one", judged, judge=JUDGE), run("two", judged))
    assert [row.name for row in found.scores] == ["citation_f1", "correct"]
    assert "only A has a judge; what it says is left out" in found.warnings


def test_judge_scores_are_compared_where_the_judge_is_the_same() -> None:
    judged = [replace(one, scores={**one.scores, "rubric": 1.0}) for one in three()]
    found = compare(run("one", judged, judge=JUDGE), run("two", judged, judge=JUDGE))
    assert [row.name for row in found.scores] == ["citation_f1", "correct", "rubric"]


def test_runs_that_fit_have_no_warning() -> None:
    assert compare(run("one", three()), run("two", three(0.0))).warnings == ()


def test_only_questions_that_both_runs_have_scored_are_compared() -> None:
    first = [record("q1", 1.0, "g"), record("q2", 0.0, "x")]
    second = [record("q2", 1.0, "g"), replace(record("q1"), scores={}, unjudged=True), record("q3", 1.0, "g")]
    found = compare(run("one", first), run("two", second))
    assert found.compared == 1
    assert [(row.a, row.b, row.paired.n) for row in found.scores] == [(0.0, 1.0, 1), (0.0, 1.0, 1)]
    assert found.warnings == (
        "A is not finished: it has 2 of 3 questions",
        "B is not finished: it has 2 of 3 questions",
        "only the 1 of 3 questions that both have are compared",
    )


def test_an_error_counts_as_0_and_is_told() -> None:
    failed = replace(record("q1", 0.0), answer=None, error="no answer")
    found = compare(run("one", three()), run("two", [failed, *three()[1:]]))
    assert found.scores[0].b == pytest.approx(2 / 3)
    assert found.b.errors == 1
    assert found.warnings == ("questions that ended in an error: 0 of A, 1 of B; each counts as 0",)
    assert found.losses[0].said == ("answered", "error")


def test_what_else_differs_is_named() -> None:
    ours = {"versions": {"citeloom": "0.1.0", "python": "3.11"}, "prompts": {"answer": "1" * 64, "repair": "2" * 64}}
    theirs = {
        "versions": {"citeloom": "0.2.0", "python": "3.11"},
        "prompts": {"answer": "3" * 64, "baseline": "4" * 64},
    }
    one = run("one", three(), **ours)
    other = replace(run("two", three(), jobs=4, library={"papers": 41, "sha256": "f" * 64}, **theirs), damaged=2)
    assert compare(one, other).warnings == (
        "lines of the results of B that cannot be read: 2",
        "A and B were asked of different libraries, of 40 and 41 papers",
        "A and B have different versions: citeloom (0.1.0 and 0.2.0)",
        "A and B have different prompts: answer (11111111 and 33333333)",
        "A ran with --jobs 1, B with --jobs 4: their latency cannot be compared",
    )


def test_a_run_against_itself_is_told_and_differs_in_nothing() -> None:
    data = run("one", three(0.5))
    found = compare(data, data)
    assert found.warnings == ("A and B are the same run",)
    assert found.changes == ()
    assert {row.better for row in found.scores} == {None}


def test_the_difference_is_of_b_less_a() -> None:
    row = pair([0.0, 0.5, None, 1.0], [1.0, 0.5, 1.0, None]).scores[0]
    assert (row.a, row.b, row.paired.difference.value) == (0.25, 0.75, 0.5)
    assert (row.paired.n, row.paired.wins, row.paired.losses, row.paired.ties) == (2, 1, 0, 1)


def test_a_score_that_no_question_has_in_both_runs_is_left_out() -> None:
    assert pair([None, 1.0], [1.0, None]).scores == ()


def test_p_values_are_corrected_for_the_number_of_scores() -> None:
    # Six wins of six: p = 2 / 64; two scores alike: twice that.
    first = [record(f"q{place}", 0.0, scores={"one": 0.0, "other": 0.0}) for place in range(6)]
    second = [record(f"q{place}", 0.0, scores={"one": 1.0, "other": 1.0}) for place in range(6)]
    found = compare(run("one", first), run("two", second))
    assert [row.paired.p for row in found.scores] == pytest.approx([2 / 64] * 2)
    assert [row.p_holm for row in found.scores] == pytest.approx([4 / 64] * 2)


def test_a_run_is_better_only_where_the_corrected_p_value_is_below_005() -> None:
    # The interval of five wins of five has no width and leaves out 0, and p is 2 / 32.
    assert pair([0.0] * 5, [1.0] * 5).scores[0].better is None
    assert pair([0.0] * 6, [1.0] * 6).scores[0].better == "b"
    assert pair([1.0] * 6, [0.0] * 6).scores[0].better == "a"


def test_costs_have_an_interval_and_those_that_nobody_pays_are_left_out() -> None:
    first = [replace(one, counts={"calls": 0, "total_ms": 100, "words": 20}) for one in three()]
    second = [
        replace(one, counts={"calls": 0, "total_ms": 130, "words": 20 + place}) for place, one in enumerate(three())
    ]
    found = compare(run("one", first), run("two", second))
    assert [(row.name, row.unit, row.a, row.b) for row in found.costs] == [
        ("words", "words", 20, 21),
        ("total_ms", "ms", 100, 130),
    ]
    words = found.costs[0].difference
    assert words.value == 1
    assert 0 <= words.low < 1 < words.high <= 2


def test_each_kind_is_compared_by_the_first_main_score_that_it_has() -> None:
    def records(silent: float) -> list[Record]:
        unanswerable: dict[str, Any] = {
            "kind": "unanswerable",
            "answerable": False,
            "gold": (),
            "scores": {"correct": silent},
        }
        return [
            record("q1", 0.5, "g"),
            record("q2", **unanswerable),
            record("q3", kind="open", scores={"correct": None}),
        ]

    found = compare(run("one", records(0.0)), run("two", records(1.0)))
    assert [(row.name, row.score, row.n, row.difference.value) for row in found.kinds] == [
        ("fact", "citation_f1", 1, 0.0),
        ("unanswerable", "correct", 1, 1.0),
    ]


def test_a_change_names_the_papers_that_only_one_run_cites_and_what_they_are_worth() -> None:
    first, second = record("q1", 0.5, "x", "o"), record("q1", 0.8, "g", "o")
    (change,) = compare(run("one", [first]), run("two", [second])).wins
    assert change.only_a == (CitedPaper("x", "A paper on x", "wrong"),)
    assert change.only_b == (CitedPaper("g", "A paper on g", "gold"),)
    assert change.both == (CitedPaper("o", "A paper on o", "acceptable"),)
    assert (change.score, change.a, change.b) == ("citation_f1", 0.5, 0.8)


def test_the_greatest_changes_stand_first_and_ties_in_the_order_of_the_gold_set() -> None:
    found = pair([0.5, 0.1, 0.0, 0.9, 0.4], [0.5, 0.4, 1.0, 0.1, 0.1])
    assert [change.id for change in found.changes] == ["q2", "q3", "q1", "q4"]
    assert [change.id for change in found.wins] == ["q2", "q1"]
    assert [change.id for change in found.losses] == ["q3", "q4"]


def test_the_order_in_which_questions_were_asked_changes_no_score() -> None:
    first, second = (
        run("one", [record(f"q{i}", i / 9, "g") for i in range(9)]),
        [record(f"q{i}", i * i / 81) for i in range(9)],
    )
    there, back = (compare(first, run("two", order)) for order in (second, second[::-1]))
    assert (there.scores, there.changes) == (back.scores, back.changes)
