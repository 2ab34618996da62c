"""Runs: nothing that was scored is lost, nothing is asked twice, and a folder belongs to one run."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from agent.errors import EvalError
from agent.evalruns import EvalRuns
from agent.llm.models import ModelChoice
from agent.settings import load
from evals import gold, manifest
from evals.entailment import Overlap
from evals.records import Record
from evals.resolving import Case, resolve
from evals.runfolder import RESULTS, RunFolder, named, run_names, runs_folder
from evals.runner import Interrupted, Plan, run
from evals.systems import Attempt, FirstPapers, System
from store.library import Library
from tests.evals.conftest import SHELF_GOLD, write_gold


@dataclass
class Counting:
    """A system that remembers what it was asked, and stops or breaks where it is told to."""

    system: System
    stop_after: int | None = None
    asked: list[str] = field(default_factory=list)
    plan: Plan | None = None
    name: str = "bm25"

    async def answer(self, question: str) -> Attempt:
        self.asked.append(question)
        if self.plan and len(self.asked) == self.stop_after:
            self.plan.stop.set()
            await asyncio.sleep(30)  # until it is cancelled
        return await self.system.answer(question)


def a_plan(library: Library, cases: Sequence[Case], system: System | None = None, **more: Any) -> Plan:
    papers = {paper.key: paper for paper in library.papers()}
    return Plan(cases, system or FirstPapers(library, "bm25", 1), papers, Overlap(), **more)


def begun(name: str, library: Library, path: Path, **more: Any) -> tuple[RunFolder, dict[str, Any]]:
    """A run's folder with its manifest."""
    asked = gold.read(path)
    described = manifest.build(
        asked,
        resolve(asked, library),
        {paper.key: paper for paper in library.papers()},
        load({}),
        **{
            "system": "bm25",
            "choice": None,
            "papers_cited": 1,
            "entailment": "overlap/1",
            "judge": None,
            "seed": 0,
            "jobs": 1,
            **more,
        },
    )
    folder = RunFolder(name)
    folder.write_manifest(described)
    return folder, described


def lines_of(folder: RunFolder) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder.path / RESULTS).read_text().splitlines()]


def test_every_question_is_asked_once_and_kept_with_answer_retrieval_scores_usage_and_timings(
    shelf: Library, cases: Sequence[Case], shelf_gold: Path
) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    heard: list[Record] = []
    asyncio.run(run(a_plan(shelf, cases, on_record=heard.append), folder))
    lines = lines_of(folder)
    assert [line["id"] for line in lines] == [case.question.id for case in cases] == [record.id for record in heard]
    first = lines[0]
    assert first["answer"]["schema"] == "citeloom.answer/1"
    assert first["ranking"][0] == first["retrieved"][0]
    assert first["scores"]["citation_f1"] == 1.0
    assert first["scores"]["citation_validity"] == first["scores"]["span_validity"] == 1.0
    assert first["seconds"] > 0
    assert {"calls", "prompt_tokens", "completion_tokens", "words"} <= set(first["counts"])


def test_the_screens_read_what_a_run_writes(shelf: Library, cases: Sequence[Case], shelf_gold: Path) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    asyncio.run(run(a_plan(shelf, cases), folder))
    (shown,) = EvalRuns(runs_folder()).list()
    assert (shown.id, shown.problem, shown.damaged, shown.errors) == ("one", "", 0, 0)
    assert len(shown.results) == shown.questions == len(cases)
    means = {mean.name: mean for mean in shown.means}
    assert means["citation_f1"].n == sum(bool(case.gold) for case in cases)


def test_a_run_that_is_stopped_keeps_what_is_finished_and_goes_on_with_the_rest(
    shelf: Library, cases: Sequence[Case], shelf_gold: Path
) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    counting = Counting(FirstPapers(shelf, "bm25", 1), stop_after=3)
    plan = counting.plan = a_plan(shelf, cases, counting)
    with pytest.raises(Interrupted):
        asyncio.run(run(plan, folder))
    assert len(lines_of(folder)) == 2
    again = Counting(FirstPapers(shelf, "bm25", 1))
    asyncio.run(run(a_plan(shelf, cases, again), folder))
    assert again.asked == [case.question.text for case in cases[2:]]
    assert len(lines_of(folder)) == len(cases)


def test_a_finished_run_asks_nothing(shelf: Library, cases: Sequence[Case], shelf_gold: Path) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    asyncio.run(run(a_plan(shelf, cases), folder))
    again = Counting(FirstPapers(shelf, "bm25", 1))
    asyncio.run(run(a_plan(shelf, cases, again), folder))
    assert again.asked == []


def test_a_line_that_a_crash_cut_short_is_cut_off_and_its_question_asked_again(
    shelf: Library, cases: Sequence[Case], shelf_gold: Path
) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    asyncio.run(run(a_plan(shelf, cases), folder))
    whole = (folder.path / RESULTS).read_bytes()
    (folder.path / RESULTS).write_bytes(whole[:-200])
    said: list[str] = []
    folder.mend(said.append)
    again = Counting(FirstPapers(shelf, "bm25", 1))
    asyncio.run(run(a_plan(shelf, cases, again), folder))
    assert said == ["the last line of the results was only a beginning; that question is done again"]
    assert again.asked == [cases[-1].question.text]
    assert folder.load().damaged == 0
    assert len(folder.load().records) == len(cases)


def test_a_last_line_that_only_lacks_its_end_is_kept(shelf: Library, cases: Sequence[Case], shelf_gold: Path) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    asyncio.run(run(a_plan(shelf, cases), folder))
    whole = (folder.path / RESULTS).read_bytes()
    (folder.path / RESULTS).write_bytes(whole[:-1])
    folder.mend(pytest.fail)
    assert (folder.path / RESULTS).read_bytes() == whole


def test_a_damaged_line_is_counted_and_its_question_asked_again(
    shelf: Library, cases: Sequence[Case], shelf_gold: Path
) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    asyncio.run(run(a_plan(shelf, cases), folder))
    lines = (folder.path / RESULTS).read_bytes().splitlines(keepends=True)
    (folder.path / RESULTS).write_bytes(b"".join([lines[0], b'{"id": "g2", "kind": 3}\n', *lines[2:]]))
    assert folder.load().damaged == 1
    again = Counting(FirstPapers(shelf, "bm25", 1))
    asyncio.run(run(a_plan(shelf, cases, again), folder))
    assert again.asked == [cases[1].question.text]


@pytest.mark.parametrize(
    "change",
    [
        {"scores": {"citation_f1": float("nan")}},
        {"scores": {"citation_f1": "0.5"}},
        {"scores": {"citation_f1": 10**400}},
        {"scores": {"citation_f1": 7}},
        {"scores": []},
        {"counts": {"cited": 1}},
        {"kind": None},
        {"id": 5},
        {"seconds": None},
        {"verdicts": [1]},
        {"answer": {"text": "It says so."}},
        {"ranking": "lee2024one"},
        {"id": "of another gold set"},
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_line_of_another_shape_is_damaged_and_in_no_figure(
    shelf: Library, cases: Sequence[Case], shelf_gold: Path, change: dict[str, Any]
) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    asyncio.run(run(a_plan(shelf, cases[:2]), folder))
    first, second = lines_of(folder)
    (folder.path / RESULTS).write_text(f"{json.dumps(first | change)}\n{json.dumps(second)}\n")
    data = folder.load()
    assert data.damaged == 1
    assert [record.id for record in data.records] == [cases[1].question.id]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("order", None),
        ("seed", "abc"),
        ("seed", -1),
        ("versions", []),
        ("gold", "seeds"),
        ("judge", "big"),
        ("library", 3),
    ],
)
def test_a_manifest_with_a_part_of_another_shape_is_said_and_hides_no_other_run(
    shelf: Library, shelf_gold: Path, name: str, value: object
) -> None:
    folder, described = begun("bad", shelf, shelf_gold)
    begun("good", shelf, shelf_gold)
    folder.write_manifest({**described, name: value})
    with pytest.raises(EvalError, match=rf"cannot be used: {name}"):
        folder.load()
    assert run_names() == ["good"]


def test_the_records_come_in_the_order_of_the_gold_set_whatever_was_finished_first(
    shelf: Library, cases: Sequence[Case], shelf_gold: Path
) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    asyncio.run(run(a_plan(shelf, list(reversed(cases)), jobs=3), folder))
    assert [line["id"] for line in lines_of(folder)] != [case.question.id for case in cases]
    assert [record.id for record in folder.load().records] == [case.question.id for case in cases]


def test_one_process_at_a_time_writes_to_a_run(shelf: Library, shelf_gold: Path) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    busy = pytest.raises(EvalError, match="another process is writing to the run one")
    with folder.writing(), busy, RunFolder("one").writing():
        pytest.fail("two at once")
    with folder.writing():
        pass


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"system": "dense"}, "another system: bm25, not dense"),
        ({"choice": ModelChoice("other", "http://localhost:1/v1")}, "another model: None, not other"),
        ({"judge": {"model": "big"}}, "another judge: None, not big"),
        ({"entailment": "support/1"}, "another entailment: overlap/1, not support/1"),
        ({"papers_cited": 5}, "another number of papers cited: 1, not 5"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_run_is_not_gone_on_with_as_another(
    shelf: Library, shelf_gold: Path, change: dict[str, Any], said: str
) -> None:
    _, known = begun("one", shelf, shelf_gold)
    _, wanted = begun("two", shelf, shelf_gold, **change)
    assert manifest.difference(known, wanted) == said
    with pytest.raises(EvalError, match=said):
        manifest.demand_same(known, wanted, "one")


def test_a_run_of_another_gold_set_is_not_gone_on_with_but_one_of_a_copy_is(
    shelf: Library, shelf_gold: Path, tmp_path: Path
) -> None:
    _, known = begun("one", shelf, shelf_gold)
    copy = write_gold(tmp_path / "copy.jsonl", SHELF_GOLD)
    shorter = write_gold(tmp_path / "shorter.jsonl", SHELF_GOLD[:3])
    assert manifest.difference(known, begun("two", shelf, copy)[1]) == ""
    with pytest.raises(EvalError, match="the run one has another gold set"):
        manifest.demand_same(known, begun("three", shelf, shorter)[1], "one")


def test_a_run_over_a_library_that_changed_is_another_run(shelf: Library) -> None:
    papers = list(shelf.papers())
    changed = [replace(papers[0], abstract=papers[0].abstract + " And more."), *papers[1:]]
    assert manifest.library_hash(papers) == manifest.library_hash(list(reversed(papers)))
    assert manifest.library_hash(papers) != manifest.library_hash(changed)
    assert manifest.library_hash(papers) != manifest.library_hash(papers[1:])


def test_the_manifest_holds_what_the_figures_depend_on_and_no_key(
    shelf: Library, shelf_gold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    _, described = begun("one", shelf, shelf_gold, system="model", choice=ModelChoice("m", None, "sk-secret"))
    assert {"versions", "settings", "prompts", "library", "gold", "seed"} <= set(described)
    assert set(described["prompts"]) == {"answer", "repair"}
    assert {"citeloom", "chromadb", "python", "relevance.json"} <= set(described["versions"])
    assert "sk-secret" not in json.dumps(described)


@pytest.mark.parametrize("name", ["../up", "", ".hidden", "a/b", "a\x1b[31m", "x" * 101])
def test_a_name_that_is_no_name_of_a_folder_is_refused(name: str) -> None:
    with pytest.raises(EvalError, match="cannot be the name of a run"):
        RunFolder(name)


def test_a_run_that_is_not_there_and_no_run_at_all_are_said(shelf: Library, shelf_gold: Path) -> None:
    with pytest.raises(EvalError, match="there is no run of evals yet"):
        named(None)
    begun("one", shelf, shelf_gold)
    with pytest.raises(EvalError, match="there is no run two"):
        named("two")
    assert named(None).name == "one"
    assert run_names() == ["one"]


@pytest.mark.parametrize(
    "damage", ["{", "[]", '{"schema": "citeloom.eval/99"}', '{"schema": "citeloom.eval/1"}', '{"no": "schema"}']
)
def test_a_manifest_that_cannot_be_used_is_said_and_passed_over_in_the_list(
    shelf: Library, shelf_gold: Path, damage: str
) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    (folder.path / "manifest.json").write_text(damage)
    with pytest.raises(EvalError, match="cannot be used"):
        folder.load()
    assert run_names() == []


def test_the_name_of_a_new_run_is_free_and_speaks_of_gold_and_system() -> None:
    first = manifest.fresh_name(Path("my gold: 1.jsonl"), "quote", [])
    assert first.startswith("my-gold--1-quote-")
    assert manifest.fresh_name(Path("my gold: 1.jsonl"), "quote", [first]) != first
    RunFolder(first)


def test_questions_are_begun_no_faster_than_the_rate(shelf: Library, cases: Sequence[Case], shelf_gold: Path) -> None:
    folder, _ = begun("one", shelf, shelf_gold)
    began = time.monotonic()
    asyncio.run(run(a_plan(shelf, cases[:4], jobs=4, rate=1200), folder))
    assert time.monotonic() - began >= 3 * 60 / 1200
