"""`citeloom eval score`: answers stay to the byte, nothing is asked of what gave them, and their scores are anew."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.evalruns import EvalRuns
from agent.llm.budget import Limits
from agent.llm.calls import Chat
from agent.llm.models import ModelChoice
from evals import rescoring
from evals.gold import read
from evals.resolving import resolve
from evals.runfolder import MANIFEST, RESULTS, RunFolder, runs_folder
from evals.runner import Interrupted, run
from evals.systems import Agent, AskOnce, System
from store.library import Library
from tests.agent.conftest import SOLVES
from tests.conftest import ENTRY, REPOSITORY, Citeloom
from tests.evals.conftest import SHELF_GOLD, write_gold
from tests.evals.test_eval_run import error_of, figures_of, judging, lines_of
from tests.evals.test_runs import a_plan, begun
from tests.support.replies import Reply, Request, Status, Text
from tests.support.server import ScriptedServer

OF_SCORING = ("scores", "counts", "verdicts", "judged", "unjudged")
RUBRIC: list[dict[str, Any]] = [{"criterion": "It names a share in percent.", "weight": 2}]


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """The shelf's gold questions, the first one with a rubric."""
    return write_gold(tmp_path / "gold.jsonl", [{**SHELF_GOLD[0], "rubric": RUBRIC}, *SHELF_GOLD[1:]])


@pytest.fixture
def one(shelf: Library, gold: Path) -> str:
    """The finished run `one`, asked of a model that is gone now; one question ended in an error."""

    async def work(address: str) -> None:
        chat = Chat(ModelChoice("m", address))
        try:
            await run(a_plan(shelf, resolve(read(gold), shelf), AskOnce(shelf, chat, Limits())), folder)
        finally:
            await chat.aclose()

    with ScriptedServer(writing, keep_alive=False) as server:
        folder, described = begun("one", shelf, gold, system="once", choice=ModelChoice("m", server.base_url))
        asyncio.run(work(server.base_url))
    folder.write_manifest({**described, "finished": None})  # as it is left while there is an error
    return "one"


@pytest.fixture
def quoted(shelf: Library, gold: Path) -> str:
    """The finished run `quoted`."""
    return made(shelf, gold, "quoted", Agent(shelf, None, Limits()))


@contextmanager
def judge(*held: int) -> Iterator[ScriptedServer]:
    """A judge that finds everything supported and met, but does not answer its requests of these numbers, from 1."""
    number = itertools.count(1)

    def respond(request: Request) -> Reply:
        found = Text("1: MET") if RUBRIC[0]["criterion"] in request.prompt else judging(request)
        return Text("", delay=60.0) if next(number) in held else found

    with ScriptedServer(respond, keep_alive=False) as server:
        yield server


def made(library: Library, gold: Path, name: str, system: System) -> str:
    """A finished run that asked no model."""
    folder, described = begun(name, library, gold, system=system.name, papers_cited=None)
    asyncio.run(run(a_plan(library, resolve(read(gold), library), system), folder))
    folder.write_manifest({**described, "finished": described["started"]})
    return name


def writing(request: Request) -> Reply:
    """A writer that cites well, cites what is not there, or fails."""
    if "Quokka" in request.prompt.rpartition("Question: ")[2]:
        return Status(400)
    return Text(f"{SOLVES} [1.3]. It was seen by others, too [9.9]. Nobody knows why.")


def answers_of(name: str) -> dict[str, bytes]:
    """What scoring does not touch of a run's lines, as the bytes that stand there, by question."""
    found = {}
    for line in lines_of(name):
        content = json.loads(line)
        kept = {field: value for field, value in content.items() if field not in OF_SCORING}
        for field, value in kept.items():
            piece = f"{json.dumps(field)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}".encode()
            assert piece in line
        found[content["id"]] = json.dumps(kept).encode()
    return found


def files_of(name: str) -> dict[str, bytes]:
    return {file: (runs_folder() / name / file).read_bytes() for file in (MANIFEST, RESULTS)}


# What a run scored anew has


def test_scored_by_the_same_backend_every_line_is_the_same_and_nothing_is_asked(
    citeloom: Citeloom, shelf_folder: Path, one: str
) -> None:
    before = files_of(one)
    scored = citeloom("eval", "score", one, "--library", shelf_folder, "--json")
    assert scored.code == 0, scored.err
    assert scored.json["run"] == "scored-one"
    assert files_of("scored-one")[RESULTS] == before[RESULTS]
    told = citeloom("eval", "report", one, "--json")
    assert scored.json["sections"] == told.json["sections"]
    assert scored.json["errors"] == told.json["errors"] == 1
    assert files_of(one) == before


def test_its_manifest_is_that_of_the_run_with_whose_answers_it_has_and_what_scored_them(
    citeloom: Citeloom, shelf_folder: Path, one: str
) -> None:
    older = {**RunFolder(one).manifest(), "versions": {"citeloom": "0.0.1"}, "jobs": 7, "seed": 3}
    RunFolder(one).write_manifest(older)
    command = ("eval", "score", one, "--library", shelf_folder, "--entailment", "support", "--json")
    scored = citeloom(*command)
    assert scored.code == 0, scored.err
    head = scored.json["head"]
    made = RunFolder("scored-one").manifest()
    changed = {"entailment", "answers_of", "scored_by", "started", "finished"}
    assert {**made, **dict.fromkeys(changed)} == {**older, **dict.fromkeys(changed)}
    assert made["entailment"].startswith("support/")
    assert made["answers_of"]["run"] == "one"
    assert made["scored_by"].keys() >= {"citeloom", "python", "support.json", "embedding.model"}
    assert made["finished"]  # though a question ended in an error: it is not asked again
    assert head["answers of"] == "one"
    assert head["versions"] == "citeloom 0.0.1"
    assert "support.json" in head["scored by"]


def test_a_judge_adds_its_scores_and_the_answers_stay_to_the_byte(
    citeloom: Citeloom, shelf_folder: Path, one: str
) -> None:
    command = ("eval", "score", one, "--library", shelf_folder, "--judge", "big", "--jobs", "3", "--json")
    with judge() as server:
        scored = citeloom(*command, "--judge-base-url", server.base_url)
    assert scored.code == 0, scored.err
    figures = figures_of(scored)
    assert figures["nugget_recall"]["n"] == sum(bool(question.get("facts")) for question in SHELF_GOLD)
    assert figures["rubric"]["n"] == 1
    assert scored.json["head"]["entailment"].startswith("judge:big/")
    assert answers_of("scored-one") == answers_of(one)
    assert {request.body["model"] for request in server.requests} == {"big"}
    (failed,) = [record for record in RunFolder("scored-one").load().records if record.error is not None]
    assert failed.scores["nugget_recall"] == failed.scores["citation_f1"] == 0.0


def test_without_a_judge_nothing_of_an_earlier_one_is_left(citeloom: Citeloom, shelf_folder: Path, quoted: str) -> None:
    words = ("--library", shelf_folder)
    with judge() as server:
        judged = (*words, "--judge", "big", "--judge-base-url", server.base_url)
        assert citeloom("eval", "score", quoted, *judged, "--run", "judged").code == 0
    assert citeloom("eval", "score", "judged", *words, "--run", "plain").code == 0
    assert files_of("plain")[RESULTS] == files_of(quoted)[RESULTS]
    manifest = RunFolder("plain").manifest()
    assert manifest["judge"] is None
    assert manifest["answers_of"] == RunFolder("judged").manifest()["answers_of"]
    assert manifest["answers_of"]["run"] == quoted


def test_the_screens_and_the_list_show_it_as_a_run(citeloom: Citeloom, shelf_folder: Path, quoted: str) -> None:
    assert citeloom("eval", "score", "quo", "--library", shelf_folder).code == 0
    assert citeloom("eval", "score", "quo", "--library", shelf_folder).code == 0  # the beginning still names one run
    listed = citeloom("eval", "list", "--json").json["runs"]
    assert {each["run"] for each in listed} == {quoted, "scored-quoted", "scored-quoted-2"}
    assert all(each["finished"] and each["done"] == len(SHELF_GOLD) for each in listed)
    shown = {each.id: each for each in EvalRuns(runs_folder()).list()}
    assert shown["scored-quoted"].problem == ""
    assert shown["scored-quoted"].means == shown[quoted].means


# Interrupted and gone on with


def test_between_answers_that_are_scored_without_waiting_an_interrupt_is_heard(
    shelf: Library, gold: Path, quoted: str
) -> None:
    data = RunFolder(quoted).load()

    def press(_: object) -> None:
        asyncio.get_running_loop().call_soon_threadsafe(plan.stop.set)

    plan = a_plan(shelf, rescoring.cases(data, read(gold)), given=rescoring.unscored(data), on_record=press)
    plan.system = None
    folder = RunFolder("new")
    folder.write_manifest(data.manifest)
    with pytest.raises(Interrupted):
        asyncio.run(run(plan, folder))
    assert 1 <= len(folder.load().records) < len(data.records)


def start(home: Path, name: str, *words: str | Path) -> subprocess.Popen[bytes]:
    """A scoring of a run in a process of its own, with the judge's entailment left out."""
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, "eval", "score", name, *map(str, words), "--entailment", "overlap"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


def test_killed_again_and_again_and_gone_on_with_it_scores_nothing_twice_and_gives_the_same(
    citeloom: Citeloom, shelf_folder: Path, quoted: str, tmp_path: Path
) -> None:
    with judge(3, 5) as server:
        judged = ("--library", shelf_folder, "--judge", "big", "--judge-base-url", server.base_url)
        for count in (1, 2):
            process = start(tmp_path, quoted, *judged, "-q")
            assert server.wait_for_requests(2 * count + 1, 300)
            process.kill()
            process.communicate()
            assert len(lines_of("scored-quoted")) == count
        resumed = citeloom("eval", "score", quoted, *judged, "--entailment", "overlap", "--json")
        whole = citeloom("eval", "score", quoted, *judged, "--entailment", "overlap", "--json")
    assert resumed.code == whole.code == 0, resumed.err
    assert "going on with the run scored-quoted; --run NAME starts another" in resumed.err
    assert len(server.requests) == 4 + 2  # a rubric and the facts of three questions; two were not answered
    assert [json.loads(line)["id"] for line in lines_of("scored-quoted")] == [each["id"] for each in SHELF_GOLD]
    assert (resumed.json["run"], whole.json["run"]) == ("scored-quoted", "scored-quoted-2")
    assert scores_of("scored-quoted") == scores_of("scored-quoted-2")
    assert answers_of("scored-quoted") == answers_of(quoted)


def scores_of(name: str) -> list[Any]:
    return [(record.id, record.scores, record.verdicts) for record in RunFolder(name).load().records]


def test_ctrl_c_keeps_what_is_scored_and_says_how_to_go_on(shelf_folder: Path, quoted: str, tmp_path: Path) -> None:
    with judge(3) as server:
        judged = ("--library", shelf_folder, "--judge", "big", "--judge-base-url", server.base_url)
        process = start(tmp_path, quoted, *judged)
        assert server.wait_for_requests(3, 300)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=300)
    assert process.returncode == 130
    assert len(lines_of("scored-quoted")) == 1
    assert f"stopped; 1 of {len(SHELF_GOLD)} questions are kept in the run scored-quoted" in said.decode()
    assert "give the same command again to go on" in said.decode()
    assert RunFolder("scored-quoted").manifest()["finished"] is None
    assert RunFolder(quoted).manifest()["finished"]


def test_a_judge_whose_endpoint_fails_leaves_what_was_scored(
    citeloom: Citeloom, shelf_folder: Path, quoted: str
) -> None:
    script: list[Reply] = [Text("1: SUPPORTED"), Text("1: MET"), Status(401)]
    command = ("eval", "score", quoted, "--library", shelf_folder, "--entailment", "overlap", "--judge", "big")
    with ScriptedServer(lambda _: script.pop(0) if script else Text("1: SUPPORTED\n2: MISSING")) as server:
        failed = citeloom(*command, "--judge-base-url", server.base_url)
        kept = lines_of("scored-quoted")
        done = citeloom(*command, "--judge-base-url", server.base_url, "--json")
    assert failed.code == 3
    error_of(failed)
    assert [json.loads(line)["scores"]["rubric"] for line in kept] == [1.0]
    assert done.code == 0, done.err
    assert lines_of("scored-quoted")[: len(kept)] == kept
    assert done.json["done"] == len(SHELF_GOLD) == len(lines_of("scored-quoted"))


def test_what_is_not_finished_is_not_gone_on_with_after_the_answers_have_changed(
    citeloom: Citeloom, shelf_folder: Path, one: str
) -> None:
    command = ("eval", "score", one, "--library", shelf_folder)
    assert citeloom(*command).code == 0
    begun = RunFolder("scored-one")
    begun.write_manifest({**begun.manifest(), "finished": None})
    error = next(record for record in RunFolder(one).load().records if record.error is not None)
    RunFolder(one).append(error.with_scores({"citation_f1": 0.5}, {}))
    assert "going on with the run scored-one;" in citeloom(*command).err  # scores are not answers
    begun.write_manifest({**begun.manifest(), "finished": None})
    lines = lines_of(one)
    (runs_folder() / one / RESULTS).write_bytes(b"\n".join(lines).replace(b'"error":"', b'"error":"Again: ') + b"\n")
    again = citeloom(*command)
    assert "scored-one is not finished and not gone on with: it has another set of answers" in again.err
    assert "run scored-one-2;" in again.err
