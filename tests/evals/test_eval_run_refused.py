"""What bad input to `citeloom eval run` gets: one line, the right code, and nothing is lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from evals.runfolder import RunFolder, runs_folder
from store.catalogue import FILE_NAME
from store.library import Library
from tests.agent.conftest import SHELF, write_papers
from tests.conftest import Citeloom
from tests.evals.conftest import SHELF_GOLD, write_gold
from tests.evals.test_eval_run import busy, error_of, lines_of

# Bad input


def test_a_library_that_is_half_indexed_is_refused(citeloom: Citeloom, shelf_gold: Path, tmp_path: Path) -> None:
    papers = write_papers(tmp_path / "papers.jsonl", SHELF)
    assert citeloom("add", papers, "--library", tmp_path / "half").code == 0
    with sqlite3.connect(tmp_path / "half" / FILE_NAME) as catalogue:
        catalogue.execute("UPDATE parts SET vector = NULL, indexed = 0")
    with Library(tmp_path / "half") as library, busy(library):
        run = citeloom("eval", "run", shelf_gold, "--library", tmp_path / "half", "--mode", "quote")
    assert run.code == 5
    assert "texts of the library are not indexed yet" in error_of(run)[0]
    assert not runs_folder().exists()


def test_a_judge_without_its_key_is_said_before_the_first_question(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path
) -> None:
    run = citeloom("eval", "run", shelf_gold, "--library", shelf_folder, "--mode", "quote", "--judge", "gpt-4.1")
    assert run.code == 3
    assert "key" in error_of(run)[0]
    assert citeloom("eval", "list", "--json").json["runs"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"gold": ["A paper that nobody wrote"], "facts": []},
            "g1: there is no paper 'A paper that nobody wrote' in the library",
        ),
        ({"id": "g2"}, "line 2: the id 'g2' stands in line 1 already"),
        (
            {"facts": [{"paper": "Balloon: Proof Search without Labels", "sentence": "It flies."}]},
            "line 1: a fact is of 'Balloon: Proof Search without Labels', which is none of its gold papers",
        ),
        (
            {"facts": [{"paper": SHELF_GOLD[0]["gold"][0], "sentence": "It flies."}]},
            "has no sentence 'It flies.'",
        ),
    ],
    ids=["no paper", "id twice", "fact elsewhere", "no sentence"],
)
def test_gold_that_does_not_fit_is_one_line_that_names_it(
    citeloom: Citeloom, shelf_folder: Path, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    path = write_gold(tmp_path / "bad.jsonl", [{**SHELF_GOLD[0], **change}, *SHELF_GOLD[1:]])
    run = citeloom("eval", "run", path, "--library", shelf_folder)
    message, hint = error_of(run)
    assert run.code == 5
    assert said in message
    assert "citeloom eval check" in hint
    assert not runs_folder().exists()


def test_an_empty_gold_set_is_said(citeloom: Citeloom, shelf_folder: Path, tmp_path: Path) -> None:
    run = citeloom("eval", "run", write_gold(tmp_path / "empty.jsonl", []), "--library", shelf_folder)
    assert run.code == 5
    assert "there is no question in it" in error_of(run)[0]


def test_a_run_of_another_gold_set_is_refused_and_left_as_it_is(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path, tmp_path: Path
) -> None:
    assert citeloom("eval", "run", shelf_gold, "--library", shelf_folder, "--run", "one").code == 0
    before = lines_of("one")
    other = write_gold(tmp_path / "other.jsonl", SHELF_GOLD[:2])
    run = citeloom("eval", "run", other, "--library", shelf_folder, "--run", "one")
    assert run.code == 5
    assert "the run one has another gold set" in error_of(run)[0]
    assert lines_of("one") == before


def test_a_second_runner_on_a_run_is_refused(citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path) -> None:
    with RunFolder("one").writing():
        run = citeloom("eval", "run", shelf_gold, "--library", shelf_folder, "--run", "one")
    assert run.code == 5
    assert "another process is writing to the run one" in error_of(run)[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--baseline", "bm26"), "--baseline is 'bm26'"),
        (("--entailment", "guess"), "--entailment is 'guess'"),
        (("--baseline", "bm25", "--mode", "quote"), "--baseline and --mode name two things to ask"),
        (("--judge-base-url", "http://localhost:1/v1"), "--judge-base-url is the address of a judge"),
        (("--entailment", "judge"), "--entailment judge needs a judge"),
        (("--baseline", "once"), "the baseline once asks a model, and none is chosen"),
        (("--fail-under", "f1"), "--fail-under 'f1' sets no limit"),
        (("--fail-under", "f1=nan"), "--fail-under 'f1=nan' sets no limit"),
        (("--fail-under", "citation_f2=0.5"), "there is no figure 'citation_f2'"),
        (("--seed", "-5"), "'--seed'"),
        (("--judge", "big", "--judge-base-url", "ftp://x"), "base_url is no address (--judge-base-url)"),
        (("--fail-under", "latency_p95=500", "--baseline", "bm25"), "of latency_p95 less is better"),
        (("--fail-under", "brier=0.1", "--baseline", "bm25"), "of brier less is better"),
        (("--mode", "model"), "no model is chosen"),
        (("--jobs", "0"), "'--jobs'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_options_that_cannot_be_meant_are_a_usage_error(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path, options: tuple[str, ...], said: str
) -> None:
    run = citeloom("eval", "run", shelf_gold, "--library", shelf_folder, *options)
    assert run.code == 2
    assert said in error_of(run)[0]
