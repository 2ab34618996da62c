"""The summary of a run: every figure with its n and interval, warnings first, the same in any order."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from agent.answer import Usage
from evals.figures import Figure
from evals.metrics.calibration import Bin
from evals.records import Record
from evals.summary import RunData, Summary, summarize
from tests.evals.answers import ALPHA, BETA, DELTA, GAMMA, answered, asked, broken, changed, claim, quote, score, silent

MANIFEST: dict[str, Any] = {
    "schema": "citeloom.eval/1",
    "gold": {"path": "gold.jsonl", "sha256": "ab" * 32, "questions": 6},
    "mode": "model",
    "system": "model",
    "model": "some-model",
    "library": {"papers": 1433, "sha256": "cd" * 32},
    "entailment": "overlap/1",
    "judge": None,
    "versions": {"citeloom": "0.2", "python": "3.11"},
    "started": "2026-11-21T10:00:00Z",
    "finished": None,
    "jobs": 2,
    "seed": 0,
}


def six() -> list[Record]:
    """Perfect, half, silent where papers answer; rightly silent, wrongly answered; an error."""
    records = [
        answered(asked("q1", [ALPHA, BETA]), quote(ALPHA, 1, 0.9), quote(BETA, 1, 0.8), ranking=[ALPHA.key, BETA.key]),
        answered(
            asked("q2", [ALPHA], [BETA], kind="topic"),
            quote(ALPHA, 2, 0.7),
            claim("No mark."),
            ranking=["x", ALPHA.key],
        ),
        silent(asked("q3", [DELTA], kind="topic"), ranking=[DELTA.key]),
        silent(asked("q4", kind="unanswerable")),
        answered(asked("q5", kind="unanswerable"), quote(GAMMA, 1, 0.6), quote(GAMMA, 2, 0.5), total_ms=10.0),
        broken(asked("q6", [GAMMA])),
    ]
    return [score(record) for record in records]


def of(*records: Record, damaged: int = 0, **manifest: Any) -> Summary:
    gold = {**MANIFEST["gold"], "questions": len(records)}
    return summarize(RunData("run-1", {**MANIFEST, "gold": gold, **manifest}, records, damaged))


def figure(summary: Summary, name: str) -> Figure:
    (found,) = [one for section in summary.sections for one in section.figures if one.name == name]
    return found


@pytest.mark.parametrize(
    ("name", "value", "n"),
    [
        # F1 of q1 1, q2 1, q3 0, q6 0
        pytest.param("citation_f1", 2 / 4, 4, id="macro-with-the-error-as-0"),
        pytest.param("citation_f1_without_errors", 2 / 3, 3, id="beside-it-without"),
        # cited 2 + 1 + 0 + 0 + 1 (Gamma) + 0, right 2 + 1, gold 2 + 1 + 1 + 0 + 0 + 1
        pytest.param("micro_precision", 3 / 4, 6, id="micro-precision-of-all-questions"),
        pytest.param("micro_recall", 3 / 5, 6, id="micro-recall"),
        pytest.param("micro_f1", 6 / 9, 6, id="micro-f1"),
        pytest.param("citation_validity", 1.0, 5, id="validity-of-the-5-citations"),
        # q1 1, q2 1/2, q5 1, q6 0; the silent ones have no claims
        pytest.param("coverage", 2.5 / 4, 4, id="coverage"),
        pytest.param("alce_recall", 2.5 / 4, 4, id="alce-recall"),
        pytest.param("alce_precision", 3 / 4, 4, id="alce-precision"),
        pytest.param("alce_f1", 2 * 0.625 * 0.75 / 1.375, 4, id="alce-f1-of-the-means"),
        # silent on q3 and q4, unanswerable q4 and q5
        pytest.param("abstention_precision", 1 / 2, 2, id="abstention-precision"),
        pytest.param("abstention_recall", 1 / 2, 2, id="abstention-recall"),
        pytest.param("abstention_f1", 1 / 2, 6, id="abstention-f1"),
        # correct: q1, q2, q4; answered: q1, q2, q5 and the error
        pytest.param("accuracy", 3 / 6, 6, id="accuracy"),
        pytest.param("precision_over_answered", 2 / 4, 4, id="precision-over-answered"),
        # RR 1, 1/2, 1, 0
        pytest.param("mrr", 2.5 / 4, 4, id="mrr"),
        pytest.param("latency_p50", 10, 1, id="latency"),
    ],
)
def test_a_run_by_hand(name: str, value: float, n: int) -> None:
    found = figure(of(*six()), name)

    assert found.value == pytest.approx(value)
    assert found.n == n
    assert found.low is not None
    assert found.high is not None
    assert found.low <= value + 1e-9
    assert found.high >= value - 1e-9


def test_every_figure_that_is_no_total_has_an_interval_or_no_value() -> None:
    totals = {"invented_marks", "unscored", "cost_of_all"}
    summary = of(*six())

    for section in summary.sections:
        for one in section.figures:
            assert (one.value is None) == (one.low is None) or one.name in totals, one.name
            assert one.value is not None or one.n == 0, one.name


def test_the_order_of_completion_changes_nothing() -> None:
    dice = random.Random(7)
    rated = [dice.uniform(0.9, 1.0) for _ in range(40)]  # a sum of so many depends on their order in the last digit
    more = [answered(asked(f"r{place}", [ALPHA]), quote(ALPHA, 1, one)) for place, one in enumerate(rated)]
    records = [*six(), *map(score, more)]

    for _ in range(3):
        assert of(*dice.sample(records, len(records))) == of(*records)


def test_kinds_have_the_same_figures_and_what_a_kind_cannot_have_is_empty() -> None:
    summary = of(*six())

    assert list(summary.by_kind) == ["fact", "topic", "unanswerable"]
    assert len({tuple(one.name for one in figures) for figures in summary.by_kind.values()}) == 1
    unanswerable = {one.name: (one.value, one.n) for one in summary.by_kind["unanswerable"]}
    assert unanswerable["citation_f1"] == (None, 0)
    assert unanswerable["correct"] == (0.5, 2)


def test_the_head_says_what_was_asked_of_what_and_leaves_out_what_is_not_known() -> None:
    head = of(*six(), judge={"model": "judge-1", "prompts": {"nuggets": "ef" * 32}}).head

    assert head["gold"] == "gold.jsonl (abababababab)"
    assert head["library"] == "1,433 papers (cdcdcdcdcdcd)"
    assert (head["judge"], head["judge prompts"]) == ("judge-1", "nuggets efefefefefef")
    assert head["versions"] == "citeloom 0.2, python 3.11"
    assert head["seed"] == "0"
    assert "finished" not in head
    assert of(*six(), versions=None, library=None, judge=None).head.keys().isdisjoint({"versions", "library", "judge"})


def test_a_run_without_a_manifest_or_a_record_has_a_summary_too() -> None:
    empty = summarize(RunData("r", {}, ()))

    assert (empty.asked, empty.done, empty.errors, dict(empty.head), empty.warnings) == (0, 0, 0, {}, ())
    assert all(one.value in (None, 0) for section in empty.sections for one in section.figures)


def test_hostile_names_in_a_manifest_are_shown_without_their_escapes() -> None:
    assert "\x1b" not in "".join(of(*six(), model="a\x1b[31mb\x07", command="x\ny").head.values())


def test_unfinished_errors_and_damage_are_told_before_the_figures() -> None:
    summary = of(*six(), damaged=1, gold={"path": "g", "questions": 9})

    assert (summary.asked, summary.done, summary.errors) == (9, 6, 1)
    assert summary.warnings == (
        "unfinished: 6 of 9 questions are done",
        "1 question ended in an error, and counts as 0; without them citation_f1 is 0.667, not 0.500",
        "1 line of the results cannot be read",
        "only 6 questions: intervals of so few are narrower than what is known",
    )


def test_a_sample_is_said_to_be_one() -> None:
    summary = of(*six(), gold={"path": "g", "questions": 6, "of": 40}, seed=3)
    assert "a sample: 6 of 40 questions, drawn by the seed 3" in summary.warnings


def test_answers_that_wait_for_a_judge_are_not_done_and_not_counted() -> None:
    first, *others = six()
    summary = of(replace(first, unjudged=True), *others)

    assert (summary.asked, summary.done) == (6, 5)
    assert summary.warnings[0] == "unfinished: 5 of 6 questions are done; answered and not yet judged: 1"
    assert figure(summary, "citation_f1").n == 3


def test_a_citation_that_does_not_stand_is_the_first_thing_that_is_said() -> None:
    first, *others = six()
    misquoted = score(changed(first, quote="Alpha solves 90 puzzles."))
    unknown = score(changed(first, key="alpha2024x"))

    assert of(misquoted, *others).warnings[0] == "BROKEN CITATIONS: 1 of 5 misquote; this must never be"
    assert figure(of(misquoted, *others), "span_validity").value == pytest.approx(4 / 5)
    assert of(unknown, *others).warnings[0].startswith("BROKEN CITATIONS: 1 of 5 name a paper or a sentence")
    assert not any("BROKEN" in warning for warning in of(first, *others).warnings)


def test_answers_by_quoting_instead_of_by_the_model_are_counted() -> None:
    first, *others = six()
    quoted = score(answered(asked("q1", [ALPHA, BETA]), quote(ALPHA, 1), mode="quote"))

    assert "1 answer by quoting instead of by the model" in of(quoted, *others).warnings
    assert not any("quoting" in warning for warning in of(first, *others).warnings)


def test_of_a_run_by_quoting_alce_and_coverage_are_said_to_say_nothing() -> None:
    records = [score(answered(asked("q1", [ALPHA]), quote(ALPHA, 1), mode="quote"))]

    warning, _ = of(*records, mode="bm25", system="bm25").warnings
    assert "1 by construction" in warning


def test_calibration_of_quoting_takes_a_citation_of_gold_or_acceptable_papers_for_right() -> None:
    records = [
        answered(asked("q1", [ALPHA], [BETA]), quote(ALPHA, 1, 0.95), quote(BETA, 1, 0.55), mode="quote"),
        answered(asked("q2"), quote(GAMMA, 1, 0.55), mode="quote"),
        answered(asked("q3", answerable=True), quote(GAMMA, 1, 0.15), mode="quote"),
    ]
    summary = of(*map(score, records))

    assert summary.calibration == (Bin(0.5, 0.6, 2, 0.55, 0.5), Bin(0.9, 1.0, 1, 0.95, 1.0))
    assert "gold or acceptable" in summary.calibration_note
    # |1.1 - 1| + |0.95 - 1| = 0.15, of 3; 0.45^2 + 0.55^2 + 0.05^2 = 0.5075, of 3
    assert figure(summary, "calibration_error").value == pytest.approx(0.15 / 3)
    assert figure(summary, "brier").value == pytest.approx(0.5075 / 3)
    assert figure(summary, "brier").n == 3


def test_calibration_of_a_model_goes_by_entailment_and_says_by_whose() -> None:
    wrong = claim("Delta cooks 900 dinners.", *quote(DELTA, 1, 0.35).citations)
    records = [
        answered(asked("q1", [ALPHA]), quote(GAMMA, 1, 0.95), wrong),  # Gamma is not gold, and yet says this
        answered(asked("q2", [ALPHA]), quote(ALPHA, 1, 0.35), mode="quote"),
    ]
    summary = of(*map(score, records))

    assert summary.calibration == (Bin(0.3, 0.4, 1, 0.35, 0.0), Bin(0.9, 1.0, 1, 0.95, 1.0))
    assert "overlap/1 (offline: a program's verdict, no human judgement)" in summary.calibration_note
    assert summary.calibration_note.endswith("Answers by quoting are left out.")
    assert "it is not independent" in of(*map(score, records), entailment="support/1234").calibration_note
    assert "offline" not in of(*map(score, records), entailment="judge:m/1234").calibration_note


def test_a_system_that_rates_nothing_has_no_calibration() -> None:
    summary = of(score(answered(asked("q1", [ALPHA]), quote(ALPHA, 1, 0.0))))

    assert summary.calibration == ()
    assert summary.calibration_note.startswith("Nothing is rated")
    assert "Support calibration" not in [section.title for section in summary.sections]


def test_costs_are_means_and_percentiles_of_the_answers() -> None:
    usages = [Usage(1, 100, 10, 0.01), Usage(3, 300, 30, 0.03, is_estimate=True), Usage(1, 50, 5, None)]
    records = [
        score(answered(asked(f"q{place}", [ALPHA]), quote(ALPHA, 1), usage=usage, total_ms=time, first_token_ms=1.0))
        for place, (usage, time) in enumerate(zip(usages, (100.0, 200.0, 1000.0), strict=True))
    ]
    summary = of(*records, score(broken(asked("q9", [ALPHA]))))

    assert figure(summary, "calls").value == pytest.approx(5 / 3)
    assert figure(summary, "cost").value == pytest.approx(0.02)
    assert figure(summary, "cost_of_all").value == pytest.approx(0.04)
    assert figure(summary, "cost").n == figure(summary, "cost_of_all").n == 2
    assert figure(summary, "latency_p50").value == 200
    assert figure(summary, "latency_p95").value == pytest.approx(200 + 0.9 * 800)  # rank 1.9 of 0 to 2
    assert figure(summary, "words").value == 4
    assert "In 1 of 3 answers tokens were counted here" in summary.sections[-1].note


def test_a_judge_has_a_section_where_there_is_one() -> None:
    first, second, *others = six()
    said: list[dict[str, Any]] = [
        {"nugget_recall": 1.0, "nugget_recall_strict": 0.5, "unscored": 2},
        {"nugget_recall_strict": None},
    ]
    scores: list[dict[str, float | None]] = [
        {"nugget_recall": 1.0, "rubric": 0.4},
        {"nugget_recall": 0.0, "rubric": None},
    ]
    judged = [
        replace(record, judged=told).with_scores(given, {})
        for record, told, given in zip((first, second), said, scores, strict=True)
    ]
    summary = of(*judged, *others)

    assert (figure(summary, "nugget_recall").value, figure(summary, "nugget_recall").n) == (0.5, 2)
    assert (figure(summary, "rubric").value, figure(summary, "rubric").n) == (0.4, 1)
    assert (figure(summary, "nugget_recall_strict").value, figure(summary, "judge_unscored").value) == (0.5, 2)
    assert "Judge" not in [section.title for section in of(*six()).sections]


def test_what_a_judge_took_is_summed_over_the_questions_that_say_it() -> None:
    first, second, third, *others = six()
    known = {"calls": 3, "cached": 0, "prompt_tokens": 1200, "completion_tokens": 30, "cost_usd": 0.1}
    usages: list[dict[str, Any]] = [
        {"usage": {**known, "is_estimate": True}},
        {"usage": {**known, "cached": 2, "calls": 1, "cost_usd": 0.2, "is_estimate": False}},
        {"calls": 9, "cached": 9},  # as it was once kept
    ]
    judged = [replace(one, judged=said) for one, said in zip((first, second, third), usages, strict=True)]
    summary = of(*judged, *others)

    assert [(one.value, one.n) for one in (figure(summary, f"judge_{name}") for name in ("calls", "cached"))] == [
        (4, 2),
        (2, 2),
    ]
    assert (figure(summary, "judge_prompt_tokens").value, figure(summary, "judge_completion_tokens").value) == (
        2400,
        60,
    )
    assert figure(summary, "judge_cost").value == pytest.approx(0.3)
    assert figure(summary, "judge_cost").n == 2
    (note,) = [section.note for section in summary.sections if section.title == "Judge"]
    assert note.endswith("In 1 of 2 questions tokens were counted here, not told by the provider.")


def test_the_cost_of_a_judge_is_that_of_the_questions_where_it_is_known() -> None:
    first, second, *others = six()
    usage = {"calls": 1, "cached": 0, "prompt_tokens": 9, "completion_tokens": 1, "is_estimate": False}
    free, priced = ({"usage": usage}, {"usage": {**usage, "cost_usd": 0.5}})

    some = of(replace(first, judged=free), replace(second, judged=priced), *others)
    none = of(replace(first, judged=free), replace(second, judged=free), *others)

    assert (figure(some, "judge_cost").value, figure(some, "judge_cost").n, figure(some, "judge_calls").n) == (
        0.5,
        1,
        2,
    )
    assert "judge_cost" not in [one.name for section in none.sections for one in section.figures]
