"""The reader of the files of eval runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agent import settings
from agent.errors import UsageError
from agent.evalruns import EvalRuns, read
from agent.tui.screens import eval_rows
from tests.tui.exercises_evals import failed, line, write_run
from tests.tui.test_evals_screen import fact, means

# The reader


def test_no_folder_means_no_runs(tmp_path: Path) -> None:
    assert EvalRuns(tmp_path / "evals").list() == ()


def test_runs_come_with_the_one_started_last_first(tmp_path: Path) -> None:
    write_run("a", [], started="2026-11-20T10:00:00Z")
    write_run("b", [], started="2026-11-21T10:00:00Z")
    write_run("c", [], started="2026-11-19T10:00:00Z")
    (settings.data_folder() / "evals" / "no-run").mkdir()
    assert [run.id for run in EvalRuns(settings.data_folder() / "evals").list()] == ["b", "a", "c"]
    assert tmp_path in settings.data_folder().parents


def test_a_mean_is_over_the_questions_that_have_the_score() -> None:
    run = read(write_run("one", [line("q1", 1.0), line("q2", 0.5), line("q3", None)]))
    assert means(run) == {"citation_f1": (0.75, 2), "support": (0.5, 3)}


def test_an_error_counts_as_0_in_every_mean_even_beside_a_score() -> None:
    run = read(write_run("one", [line("q1", 1.0), failed("q2"), line("q3", 1.0, error="stopped")]))
    assert run.errors == 2
    assert means(run) == {"citation_f1": (round(1 / 3, 3), 3), "support": (round(0.5 / 3, 3), 3)}


def test_the_scores_that_decide_come_first_wherever_they_stand() -> None:
    scores = {"mrr": 1, "fact_recall": 1, "coverage": 1, "map": 1, "ndcg@10": 1, "correct": 1, "citation_f1": 0.25}
    run = read(write_run("one", [line("q1", None, scores=scores)]))
    names = ["citation_f1", "correct", "fact_recall", "ndcg@10", "coverage", "mrr", "map"]
    assert [mean.name for mean in run.means] == names
    assert run.results[0].went_wrong


def test_a_question_without_a_citation_f1_goes_by_whether_it_is_correct() -> None:
    scores = {"citation_f1": None, "citation_validity": 1.0, "correct": 0.0}
    (result,) = read(write_run("one", [line("q1", None, scores=scores)])).results
    assert result.went_wrong


def test_a_later_line_replaces_an_earlier_one_in_its_place() -> None:
    run = read(write_run("one", [failed("q1"), line("q2", 1.0), line("q1", 1.0)]))
    assert [(result.id, result.error) for result in run.results] == [("q1", None), ("q2", None)]


def test_a_last_line_that_is_only_a_beginning_is_passed_over_and_is_no_damage() -> None:
    run = read(write_run("one", [line("q1", 1.0)], tail=json.dumps(line("q2", 1.0))[:80]))
    assert [result.id for result in run.results] == ["q1"]
    assert run.damaged == 0


def test_a_last_line_that_only_lacks_its_end_counts() -> None:
    run = read(write_run("one", [line("q1", 1.0)], tail=json.dumps(line("q2", 1.0))))
    assert [result.id for result in run.results] == ["q1", "q2"]


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "[]",
        '{"kind": "no id"}',
        '{"id": "q9", "scores": {"f1": "high"}}',
        '{"id": "q9", "scores": {"f1": NaN}}',
        '{"id": "q9", "scores": [1]}',
        '{"id": "q9", "gold": "lee2024one"}',
        '{"id": "q9", "error": 3}',
        '{"id": "q9", "answer": "yes"}',
        '{"id": "q9", "answer": {"claims": ["a claim"]}}',
        '{"id": "q9", "answer": {"references": ["lee2024one"]}}',
        '{"id": "q9", "answer": {"claims": [{"citations": [{"key": "lee2024one", "sentence": "8"}]}]}}',
        '{"id": "q9", "facts": ["a fact"]}',
        '{"id": "q9", "facts": [{"key": "lee2024one", "sentences": "8"}]}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:40],
)
def test_a_damaged_line_is_counted_and_the_others_stand(damage: str) -> None:
    after = json.dumps(line("q2", 1.0))
    run = read(write_run("one", [line("q1", 1.0)], tail=f"{damage}\n{after}\n"))
    assert [result.id for result in run.results] == ["q1", "q2"]
    assert run.damaged == 1


def test_what_is_not_known_is_ignored_and_what_may_be_missing_may_be_missing() -> None:
    run = read(write_run("one", [{"id": "q1", "new": [1]}], later="field", gold=None))
    assert run.problem == ""
    assert run.questions == 1
    assert [(result.id, result.scores, result.went_wrong) for result in run.results] == [("q1", {}, False)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "manifest.json cannot be used"),
        ('{"schema": "citeloom.eval/2"}', "another version of Citeloom"),
        ('{"schema": "other/1"}', "it is no run"),
        ('{"schema": "citeloom.eval/1", "mode": 3}', "mode is no text"),
    ],
    ids=["broken", "newer", "foreign", "mistyped"],
)
def test_a_manifest_that_cannot_be_used_is_said(content: str, said: str) -> None:
    folder = write_run("one", [line("q1", 1.0)])
    (folder / "manifest.json").write_text(content, encoding="utf-8")
    (run,) = EvalRuns(folder.parent).list()
    assert said in run.problem
    assert run.results == ()


def test_a_run_without_its_manifest_is_listed_with_what_is_wrong() -> None:
    folder = write_run("one", [line("q1", 1.0)])
    (folder / "manifest.json").unlink()
    (run,) = EvalRuns(folder.parent).list()
    assert "manifest.json cannot be read" in run.problem


def test_a_run_that_went_on_is_read_again_and_one_that_did_not_is_not() -> None:
    grown, still = write_run("grown", [line("q1", 1.0)]), write_run("still", [line("q1", 1.0)])
    reader = EvalRuns(still.parent)
    before = {run.id: run for run in reader.list()}
    with (grown / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line("q2", 0.0)) + "\n")
    after = {run.id: run for run in reader.list()}
    assert [result.id for result in after["grown"].results] == ["q1", "q2"]
    assert after["still"] is before["still"]


def test_a_folder_that_is_a_file_is_an_error_for_the_user(tmp_path: Path) -> None:
    (tmp_path / "evals").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be read"):
        EvalRuns(tmp_path / "evals").list()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_run_that_may_not_be_looked_into_is_listed() -> None:
    folder = write_run("one", [])
    folder.chmod(0)
    try:
        (run,) = EvalRuns(folder.parent).list()
    finally:
        folder.chmod(0o700)
    assert "cannot be read" in run.problem


def test_cited_papers_are_told_from_the_gold_ones() -> None:
    (result,) = read(write_run("one", [line("q1", 0.5)])).results
    assert eval_rows.cited(result) == (("lee2024one",), ("lee2024two",), (), ("lee2024three",))


def test_a_fact_is_cited_where_every_sentence_that_it_lies_in_is() -> None:
    citations = [{"key": "lee2024one", "sentence": 3}, {"key": "lee2024one", "sentence": 4}]
    answer = {"marked": "It is so [1.3] [1.4].", "claims": [{"text": "It is so.", "citations": citations}]}
    places = [("lee2024one", [3]), ("lee2024one", [3, 4]), ("lee2024one", [4, 5]), ("lee2024two", [3]), ("none", [])]
    facts = [fact(key, sentences) for key, sentences in places]
    (result,) = read(write_run("one", [line("q1", 0.5, facts=facts, answer=answer)])).results
    assert [eval_rows.is_cited(one, result) for one in result.facts] == [True, True, False, False, False]


def test_no_fact_is_cited_where_there_is_no_answer() -> None:
    asked = failed("q1") | {"facts": [fact("lee2024one", [3])]}
    (result,) = read(write_run("one", [asked])).results
    assert not eval_rows.is_cited(result.facts[0], result)
