"""`citeloom eval run`, `report`, `list` and `compare` as a user runs them, and what bad input gets."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals import gold as golds
from evals.runfolder import RESULTS, RunFolder, runs_folder
from evals.scripted import endpoint, hasty
from store.library import Library
from store.lock import writing
from tests.conftest import ENTRY, REPOSITORY, Citeloom, Run
from tests.evals.conftest import SHELF_GOLD
from tests.support.replies import Reply, Request, Status, Text
from tests.support.server import ScriptedServer

KILLED = [(10, ("--mode", "quote")), (4, ("--mode", "model", "--model", "scripted", "--jobs", "3"))]
"""How often a run is killed, and with which options."""


def error_of(run: Run) -> tuple[str, str]:
    """What happened and what to do: the last two lines; there is no traceback."""
    assert "Traceback" not in run.err
    first, second = run.err.splitlines()[-2:]
    assert first.startswith("citeloom: error: ")
    assert second.startswith("hint: ")
    return first.removeprefix("citeloom: error: "), second.removeprefix("hint: ")


def figures_of(run: Run) -> dict[str, dict[str, Any]]:
    """The figures of a report by their names, but for those of time."""
    sections = run.json["sections"]
    return {figure["name"]: figure for section in sections for figure in section["figures"] if figure["unit"] != "ms"}


@pytest.fixture(scope="session")
def seeds_gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every twelfth question of the seeds' gold set."""
    lines = (golds.FOLDER / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
    path = tmp_path_factory.mktemp("gold") / "some.jsonl"
    path.write_text("\n".join(lines[::12]) + "\n", encoding="utf-8")
    return path


# A small eval of the seeds, which fails if a citation does not hold


def test_the_seeds_are_answered_by_quoting_with_every_citation_valid(
    citeloom: Citeloom, seed_folder: Path, seeds_gold: Path
) -> None:
    run = citeloom("eval", "run", seeds_gold, "--mode", "quote", "--library", seed_folder, "--json")
    assert run.code == 0, run.err
    figures = figures_of(run)
    questions = len(seeds_gold.read_text().splitlines())
    assert run.json["done"] == run.json["asked"] == questions >= 20
    assert run.json["errors"] == 0
    assert figures["citation_validity"]["value"] == figures["span_validity"]["value"] == 1.0
    assert figures["citation_validity"]["n"] > 0
    assert 0 < figures["citation_f1"]["low"] < figures["citation_f1"]["value"] <= figures["citation_f1"]["high"]


def test_a_citation_that_does_not_hold_fails_the_report(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path
) -> None:
    assert citeloom("eval", "run", shelf_gold, "--library", shelf_folder, "--run", "one", "-q").code == 0
    results = runs_folder() / "one" / RESULTS
    lines = results.read_text().splitlines()
    first = json.loads(lines[0])
    first["counts"]["spans"] -= 1
    first["scores"]["span_validity"] = 0.0
    results.write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n")
    run = citeloom("eval", "report", "one")
    said, _ = error_of(run)
    assert run.code == 5
    assert said.startswith("span_validity is 0.8")


@contextlib.contextmanager
def busy(library: Library) -> Iterator[None]:
    """Within this another process cannot write to the library, and so cannot index it."""
    with writing(library.folder, wait=False, on_wait=pytest.fail):
        yield


# Interrupted and gone on with


def start(shelf: Path, gold: Path, name: str, *options: str, home: Path) -> subprocess.Popen[bytes]:
    """A run in a process of its own."""
    words = ["eval", "run", str(gold), "--library", str(shelf), "--run", name, *options, "-q"]
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


def lines_of(name: str) -> list[bytes]:
    """The whole lines of a run's results so far."""
    with contextlib.suppress(FileNotFoundError):
        return (runs_folder() / name / RESULTS).read_bytes().split(b"\n")[:-1]
    return []


@pytest.mark.parametrize(("times", "options"), KILLED, ids=["quote", "model"])
def test_killed_at_random_moments_and_gone_on_with_a_run_gives_the_same_table(
    citeloom: Citeloom,
    seed_folder: Path,
    seeds_gold: Path,
    tmp_path: Path,
    times: int,
    options: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(5)
    with endpoint(hasty) as address:
        monkeypatch.setenv("CITELOOM_BASE_URL", address)
        whole = citeloom("eval", "run", seeds_gold, "--library", seed_folder, *options, "--run", "whole", "--json")
        for _ in range(times):
            before = len(lines_of("broken"))
            process = start(seed_folder, seeds_gold, "broken", *options, home=tmp_path)
            deadline = time.monotonic() + 300
            while len(lines_of("broken")) == before and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.25))
            process.kill()
            process.communicate()
        done = len(lines_of("broken"))
        broken = citeloom("eval", "run", seeds_gold, "--library", seed_folder, *options, "--run", "broken", "--json")
    assert whole.code == broken.code == 0, broken.err
    assert done >= times
    assert figures_of(broken) == figures_of(whole)
    assert broken.json["by_kind"] == whole.json["by_kind"]
    ids = [json.loads(line)["id"] for line in lines_of("broken") if line.strip()]
    assert len(ids) == len(set(ids)) == broken.json["asked"]


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(
    seed_folder: Path, seeds_gold: Path, tmp_path: Path
) -> None:
    process = start(seed_folder, seeds_gold, "one", "--mode", "quote", "--rate", "60", home=tmp_path)  # one a second
    while len(lines_of("one")) < 2 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 130
    kept = len(RunFolder("one").load().records)
    assert f"stopped; {kept} of " in said.decode()
    assert "give the same command again to go on" in said.decode()
    assert b"Traceback" not in said
    assert RunFolder("one").manifest()["finished"] is None


def test_the_same_command_goes_on_with_what_is_not_finished_and_new_starts_another(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path
) -> None:
    command = ("eval", "run", shelf_gold, "--library", shelf_folder, "--mode", "quote")
    assert citeloom(*command).code == 0
    (name,) = [path.name for path in runs_folder().iterdir() if path.is_dir()]
    manifest = RunFolder(name).manifest()
    RunFolder(name).write_manifest({**manifest, "finished": None})
    again = citeloom(*command)
    assert f"going on with the run {name}" in again.err
    RunFolder(name).write_manifest({**manifest, "finished": None})
    another = citeloom(*command, "--new")
    assert "going on" not in another.err
    listed = citeloom("eval", "list", "--json").json["runs"]
    assert [(run["done"], bool(run["finished"])) for run in listed] == [(6, True), (6, False)]


def test_a_sample_is_drawn_by_the_seed_and_said_to_be_one(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path
) -> None:
    command = ("eval", "run", shelf_gold, "--library", shelf_folder, "--baseline", "bm25", "--sample", "3")
    runs = [citeloom(*command, "--seed", seed, "--run", name, "--json") for seed, name in (("1", "a"), ("1", "b"))]
    ids = [[json.loads(line)["id"] for line in lines_of(name)] for name in ("a", "b")]
    assert [run.code for run in runs] == [0, 0]
    assert ids[0] == ids[1] == sorted(ids[0])
    assert len(ids[0]) == 3
    assert any(warning.startswith("a sample: 3 of 6 questions") for warning in runs[0].json["warnings"])
    other = citeloom(*command, "--sample", "4", "--seed", "1", "--run", "a")
    assert other.code == 5
    assert "another choice of questions: 3, not 4" in error_of(other)[0]


def test_a_run_is_found_by_the_beginning_of_its_name_and_can_be_removed(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path
) -> None:
    command = ("eval", "run", shelf_gold, "--library", shelf_folder, "--baseline", "bm25", "-q")
    for name in ("lexical-1", "lexical-2", "other"):
        assert citeloom(*command, "--run", name).code == 0
    assert citeloom("eval", "report", "oth").out == citeloom("eval", "report", "other").out
    several = citeloom("eval", "report", "lexical")
    assert several.code == 5
    assert error_of(several)[0] == "2 runs begin with lexical"
    assert citeloom("eval", "remove", "other", "--no-input").code == 2
    assert citeloom("eval", "remove", "other", "--yes").code == 0
    assert {run["run"] for run in citeloom("eval", "list", "--json").json["runs"]} == {"lexical-1", "lexical-2"}
    with RunFolder("lexical-1").writing():
        busy = citeloom("eval", "remove", "lexical-1", "--yes")
    assert busy.code == 5
    assert lines_of("lexical-1")


def test_the_same_command_asks_again_what_ended_in_an_error(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.prompt.rpartition("Question: ")[2])
        if "Quokka" in asked[-1] and len(asked) < 10:
            return Status(400)
        return Text("The library does not answer this.")

    with ScriptedServer(answer, keep_alive=False) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        command = ("eval", "run", shelf_gold, "--library", shelf_folder, "--baseline", "once", "--model", "m", "--json")
        first = citeloom(*command)
        assert first.json["errors"] == 1
        assert "questions that ended in an error: 1; the same command asks them again" in first.err
        asked.extend([""] * 10)
        second = citeloom(*command)
    assert second.json["errors"] == 0
    assert asked[-1].startswith("How fast does Quokka")
    assert len(asked) == 6 + 10 + 1
    assert len(citeloom("eval", "list", "--json").json["runs"]) == 1


def test_a_key_goes_to_its_own_endpoint_and_not_to_that_of_the_judge(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-main")
    command = ("eval", "run", shelf_gold, "--library", shelf_folder, "--mode", "quote", "--judge", "m")
    with ScriptedServer(judging, keep_alive=False) as server:
        citeloom(*command, "--judge-base-url", server.base_url)
        monkeypatch.setenv("OPENAI_JUDGE_API_KEY", "sk-judge")
        citeloom(*command, "--judge-base-url", server.base_url, "--new", "--entailment", "overlap")
        headers = [request.headers.get("authorization", "") for request in server.requests]
    assert headers
    assert not any("sk-main" in header for header in headers)
    files = [path for path in runs_folder().parent.rglob("*") if path.is_file()]
    assert not any(b"sk-judge" in path.read_bytes() or b"sk-main" in path.read_bytes() for path in files)


def test_reports_limits_and_comparisons_of_runs(citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path) -> None:
    command = ("eval", "run", shelf_gold, "--library", shelf_folder)
    assert citeloom(*command, "--mode", "quote", "--run", "quote").code == 0
    assert citeloom(*command, "--baseline", "bm25", "--run", "bm25", "-k", "2").code == 0
    good = citeloom("eval", "report", "quote", "--fail-under", "f1=0.9", "--fail-under", "abstention_f1=0.9")
    bad = citeloom("eval", "report", "bm25", "--fail-under", "f1=0.9")
    unknown = citeloom("eval", "report", "bm25", "--fail-under", "citation_f2=0.9")
    compared = citeloom("eval", "compare", "bm25", "quote")
    assert good.code == 0
    assert bad.code == 5
    assert error_of(bad)[0].startswith("citation_f1 is ")
    assert unknown.code == 2
    assert "did you mean citation_f1?" in error_of(unknown)[1]
    assert compared.code == 0
    assert "citation_f1" in compared.out
    assert citeloom("eval", "report", "nothing").code == 5
    assert citeloom("eval", "compare", "quote", "nothing").code == 5
    assert citeloom("eval", "report", "quote", "-f", "pdf").code == 2


@pytest.mark.parametrize("form", ["text", "md", "html", "json"])
def test_a_report_can_be_written_to_a_file_in_every_format(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path, tmp_path: Path, form: str
) -> None:
    assert citeloom("eval", "run", shelf_gold, "--library", shelf_folder, "--run", "one", "-q").code == 0
    shown = citeloom("eval", "report", "one", "-f", form)
    kept = citeloom("eval", "report", "one", "-f", form, "-o", tmp_path / "report")
    assert shown.code == kept.code == 0
    assert kept.out == ""
    assert (tmp_path / "report").read_text() == shown.out


def test_without_runs_the_report_says_how_to_make_one(citeloom: Citeloom) -> None:
    run = citeloom("eval", "report")
    assert run.code == 5
    assert error_of(run) == ("there is no run of evals yet", "make one: citeloom eval run GOLD")
    assert citeloom("eval", "list").out == ""


# A judge


def judging(request: Request) -> Reply:
    """A judge that finds everything supported, however many things it is asked about."""
    numbers = [line.split(":")[0] for line in request.prompt.splitlines() if line[:1].isdigit() and ":" in line[:4]]
    return Text("\n".join(f"{number}: SUPPORTED" for number in dict.fromkeys(numbers)) or "1: SUPPORTED")


def test_a_judge_whose_endpoint_fails_is_one_line_and_nothing_scored_is_lost(
    citeloom: Citeloom, shelf_folder: Path, shelf_gold: Path
) -> None:
    well = False
    command = ["eval", "run", shelf_gold, "--library", shelf_folder, "--mode", "quote", "--run", "one"]
    with ScriptedServer(lambda request: judging(request) if well else Status(401), keep_alive=False) as server:
        judge = ("--judge", "big", "--judge-base-url", server.base_url)
        failed = citeloom(*command, *judge)
        answered = [json.loads(line) for line in lines_of("one")]
        well = True
        done = citeloom(*command, *judge, "--json")
    assert failed.code == 3
    error_of(failed)
    assert answered[-1]["unjudged"]
    assert answered[-1]["answer"]["claims"]
    assert done.code == 0, done.err
    figures = figures_of(done)
    assert figures["nugget_recall"]["value"] == 1.0
    assert figures["nugget_recall"]["n"] == sum(bool(question.get("facts")) for question in SHELF_GOLD)
    kept = RunFolder("one").load().records
    assert [record.answer for record in kept if record.id == answered[-1]["id"]] == [answered[-1]["answer"]]
    assert "judge:big/" in done.json["head"]["entailment"]
