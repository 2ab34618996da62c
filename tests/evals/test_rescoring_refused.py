"""What `citeloom eval score` refuses, each in one line and with nothing made; and comparisons that lead to it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from agent.llm.budget import Limits
from evals.command.preparing import folder_for
from evals.manifest import scored_name
from evals.runfolder import MANIFEST, RESULTS, RunFolder, runs_folder
from evals.systems import Agent, FirstPapers
from store.library import Library
from tests.agent.conftest import SHELF, write_papers
from tests.conftest import Citeloom, Run
from tests.evals.conftest import SHELF_GOLD, write_gold
from tests.evals.test_eval_run import error_of, judging, lines_of
from tests.evals.test_rescoring import made
from tests.support.server import ScriptedServer


@pytest.fixture
def score(citeloom: Citeloom, shelf: Library, shelf_folder: Path, shelf_gold: Path) -> Callable[..., Run]:
    """Scores the run `quoted`, which is finished."""
    made(shelf, shelf_gold, "quoted", Agent(shelf, None, Limits()))
    return lambda *words, library=shelf_folder: citeloom("eval", "score", "quoted", "--library", library, *words)


def refused(run: Run, code: int = 5) -> tuple[str, str]:
    """The error and its hint; no run was made."""
    said = error_of(run)
    assert run.code == code
    assert [path.name for path in runs_folder().iterdir() if path.is_dir()] == ["quoted"]
    return said


def test_a_run_that_is_not_finished_is_refused_with_how_to_finish_it(
    score: Callable[..., Run], shelf_gold: Path
) -> None:
    results = runs_folder() / "quoted" / RESULTS
    first, *rest = results.read_bytes().splitlines(keepends=True)
    results.write_bytes(b"".join([json.dumps({**json.loads(first), "unjudged": True}).encode() + b"\n", *rest[:-1]]))
    said, hint = refused(score())
    assert said == "the run quoted is not finished: it has 4 of 6 questions"
    assert hint.endswith(f"citeloom eval run {shelf_gold} --run quoted")


def test_a_scored_run_that_is_not_finished_and_whose_origin_is_gone_can_only_be_removed(
    citeloom: Citeloom, score: Callable[..., Run]
) -> None:
    assert score().code == 0
    results = runs_folder() / "scored-quoted" / RESULTS
    results.write_bytes(b"".join(results.read_bytes().splitlines(keepends=True)[:-1]))
    again = ("eval", "score", "scored-quoted")
    assert error_of(citeloom(*again))[1].endswith("citeloom eval score quoted --run scored-quoted")
    RunFolder("quoted").remove()
    assert "the run quoted, whose answers it scores, is gone" in error_of(citeloom(*again))[1]


def test_a_library_that_has_changed_is_refused(citeloom: Citeloom, score: Callable[..., Run], tmp_path: Path) -> None:
    papers = write_papers(tmp_path / "papers.jsonl", dict(list(SHELF.items())[1:]))
    assert citeloom("add", papers, "--library", tmp_path / "other").code == 0
    said, hint = refused(score(library=tmp_path / "other"))
    assert said.startswith("the library is not the one that quoted was asked of; papers then 14 (")
    assert " and now 13 (" in said
    assert "--library DIR" in hint


def test_a_gold_set_that_is_not_there_or_has_changed_is_refused(score: Callable[..., Run], shelf_gold: Path) -> None:
    whole = shelf_gold.read_bytes()
    shelf_gold.write_bytes(whole + b"\n")
    said, hint = refused(score())
    assert said.startswith(f"{shelf_gold} is not what quoted was asked: its hash was ")
    assert hint.startswith("put the file back as it was")
    shelf_gold.unlink()
    assert refused(score()) == (f"the gold set of quoted is not there: {shelf_gold}", "put it back")
    shelf_gold.write_bytes(whole)
    assert score().code == 0


def test_a_gold_set_of_a_relative_path_is_looked_for_where_the_command_is_given(score: Callable[..., Run]) -> None:
    folder = RunFolder("quoted")
    manifest = folder.manifest()
    folder.write_manifest({**manifest, "gold": {**manifest["gold"], "path": "shelf-gold.jsonl"}})
    assert score("--run", "found").code == 0
    RunFolder("found").remove()
    folder.write_manifest({**manifest, "gold": {**manifest["gold"], "path": "deeper/shelf-gold.jsonl"}})
    assert "give the command in the folder that it lies in" in refused(score())[1]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--run", "quoted"), 2, "--run quoted names the run whose answers are scored"),
        (("--entailment", "guess"), 2, "--entailment is 'guess'"),
        (("--entailment", "judge"), 2, "--entailment judge needs a judge"),
        (("--judge-base-url", "http://localhost:1/v1"), 2, "--judge-base-url is the address of a judge"),
        (("--fail-under", "citation_f2=0.5"), 2, "there is no figure 'citation_f2'"),
        (("--jobs", "0"), 2, "'--jobs'"),
        (("--judge", "gpt-4.1"), 3, "key"),
        (("--run", "../up"), 5, "cannot be the name of a run"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_options_that_cannot_be_meant_are_said_before_anything_is_scored(
    score: Callable[..., Run], options: tuple[str, ...], code: int, said: str
) -> None:
    assert said in refused(score(*options), code)[0]


def test_a_run_that_is_not_there_is_said(citeloom: Citeloom) -> None:
    assert citeloom("eval", "score").code == 2
    run = citeloom("eval", "score", "nothing")
    assert run.code == 5
    assert error_of(run)[0] == "there is no run nothing"


def test_a_second_scorer_on_a_run_is_refused(score: Callable[..., Run]) -> None:
    with RunFolder("new").writing():
        run = score("--run", "new")
    assert run.code == 5
    assert "another process is writing to the run new" in error_of(run)[0]


def test_a_new_run_under_the_name_of_another_is_refused_and_the_other_left_as_it_is(
    citeloom: Citeloom, score: Callable[..., Run], shelf: Library, shelf_folder: Path, shelf_gold: Path
) -> None:
    made(shelf, shelf_gold, "bm25", FirstPapers(shelf, "bm25"))
    asked = ("eval", "run", shelf_gold, "--library", shelf_folder)
    assert score("--run", "again").code == 0
    before = lines_of("bm25"), lines_of("again")
    for run, said in (
        (score("--run", "bm25"), "the run bm25 has another set of answers: None, not quoted"),
        (score("--run", "again", "--entailment", "support"), "the run again has another entailment: overlap/1, not s"),
        (citeloom(*asked, "--mode", "quote", "--run", "again"), "the run again has another set of answers: quoted, no"),
    ):
        assert run.code == 5
        assert error_of(run)[0].startswith(said)
    assert (lines_of("bm25"), lines_of("again")) == before


@pytest.mark.usefixtures("score")
def test_results_whose_manifest_is_lost_do_not_become_those_of_a_new_run() -> None:
    shutil.copytree(runs_folder() / "quoted", runs_folder() / "scored-quoted")
    (runs_folder() / "scored-quoted" / MANIFEST).unlink()
    described = {**RunFolder("quoted").manifest(), "answers_of": {"run": "quoted", "sha256": ""}}
    assert folder_for(described, None, partial(scored_name, "quoted"), another="--run").name == "scored-quoted-2"


# Runs that are held against each other


def test_runs_of_different_judges_are_compared_after_one_is_scored_as_the_other(
    citeloom: Citeloom, score: Callable[..., Run], shelf: Library, shelf_folder: Path, shelf_gold: Path
) -> None:
    made(shelf, shelf_gold, "bm25", FirstPapers(shelf, "bm25"))
    command = ("eval", "score", "bm25", "--library", shelf_folder, "--judge")
    with ScriptedServer(judging, keep_alive=False) as server:
        address = ("--judge-base-url", server.base_url)
        assert citeloom(*command, "small", *address, "--run", "old").code == 0
        assert score("--judge", "big one", *address, "--run", "new").code == 0
        apart = citeloom("eval", "compare", "new", "old")
        words = f"citeloom eval score old --judge 'big one' --judge-base-url {server.base_url}"
        assert apart.code == 5
        assert error_of(apart)[1] == f"score B as A is, and compare with that: {words}"
        run = citeloom("eval", "score", "old", "--library", shelf_folder, "--judge", "big one", *address)
    assert run.code == 0, run.err
    together = citeloom("eval", "compare", "new", "scored-bm25", "--json")
    assert together.code == 0, together.err
    assert together.json["compared"] == len(SHELF_GOLD)
    assert "nugget_recall" in {row["name"] for row in together.json["scores"]}
    assert together.json["warnings"] == []


def test_a_run_and_its_own_answers_scored_anew_are_not_two_systems(
    citeloom: Citeloom, score: Callable[..., Run]
) -> None:
    assert score("--run", "alike").code == 0
    assert score("--run", "other", "--entailment", "support").code == 0
    alike = citeloom("eval", "compare", "quoted", "alike", "--json")
    assert alike.json["warnings"] == ["A and B hold the same answers: where they differ, their scoring does"]
    for pair in (("quoted", "other"), ("other", "alike")):
        apart = citeloom("eval", "compare", *pair)
        assert apart.code == 5
        assert error_of(apart)[1].startswith("they hold the same answers")


def test_versions_that_scored_differently_are_told(citeloom: Citeloom, score: Callable[..., Run]) -> None:
    assert score("--run", "new").code == 0
    folder = RunFolder("new")
    folder.write_manifest({**folder.manifest(), "scored_by": {"citeloom": "99.1"}})
    told = citeloom("eval", "compare", "quoted", "new", "--json").json["warnings"]
    assert any(warning.startswith("A and B have different scorers: citeloom (") for warning in told)


def test_a_question_that_is_no_more_in_the_gold_set_is_said(score: Callable[..., Run], shelf_gold: Path) -> None:
    folder = RunFolder("quoted")
    manifest = folder.manifest()
    shorter = write_gold(shelf_gold, SHELF_GOLD[:5])
    sha256 = hashlib.sha256(shorter.read_bytes()).hexdigest()
    folder.write_manifest({**manifest, "gold": {**manifest["gold"], "sha256": sha256}})
    assert refused(score())[0] == "the gold set of quoted has no question g6"
