"""What a judge takes: told of each record by itself, and summed in the report."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ModelUnavailable
from agent.llm.calls import Chat
from agent.llm.models import ModelChoice
from agent.llm.prices import Price
from evals import gold
from evals.comparing import compare
from evals.entailment import Passage, judge_claims
from evals.figures import Figure
from evals.judge import Judge
from evals.records import Record
from evals.report import html, markdown, terminal
from evals.report import json as as_json
from evals.resolving import Case, resolve
from evals.runfolder import RunFolder
from evals.runner import run
from evals.summary import Summary, summarize
from evals.systems import FirstPapers
from prompts import load
from store.library import Library
from tests.evals.conftest import SHELF_GOLD, write_gold
from tests.evals.test_judge import CLAIM, RUBRIC, SENTENCE, TITLE, Bench, a_record, user_of
from tests.evals.test_runs import a_plan, begun, lines_of
from tests.support.replies import Reply, Request, Status, Text, Usage
from tests.support.server import Responder, ScriptedServer

TAKEN = {"judge/entailment": Usage(1, 10), "judge/nuggets": Usage(100, 1_000), "judge/rubric": Usage(10_000, 100_000)}
"""What a reply to each prompt takes: each has a digit of its own in the sums."""
PRICE = Price(1.0, 2.0)
RUN_FIGURES = ("judge_calls", "judge_cached", "judge_prompt_tokens", "judge_completion_tokens")


def prompt_of(request: Request) -> str:
    """The name of the prompt that a request was made of."""
    return next(
        name for name in TAKEN if load(name).render(**dict.fromkeys(load(name).variables, "")).system in request.prompt
    )


def supported(request: Request, **more: Any) -> Reply:
    """A reply that finds three things supported, and met; it takes what its prompt takes."""
    label = "MET" if prompt_of(request) == "judge/rubric" else "SUPPORTED"
    told = {"usage": TAKEN[prompt_of(request)], **more}
    return Text("\n".join(f"{number}: {label}" for number in (1, 2, 3)), **told)


@dataclass(slots=True)
class Court:
    """Runs over the shelf's questions, judged by endpoints that answer by script; all have one address."""

    library: Library
    path: Path
    cases: Sequence[Case]
    price: Price | None = PRICE
    cache: Path | None = None
    port: int = 0
    requests: list[Request] = field(default_factory=list)

    def run(self, name: str, script: Iterable[Reply] | Responder = supported, *, jobs: int = 1) -> list[dict[str, Any]]:
        """The judged lines of the run of this name, which is begun or goes on."""
        with ScriptedServer(script, keep_alive=False, port=self.port) as server:
            self.port, self.requests = server.port, server.requests
            asyncio.run(self._run(name, server.base_url, jobs))
        return [line for line in lines_of(RunFolder(name)) if not line["unjudged"]]

    async def _run(self, name: str, address: str, jobs: int) -> None:
        chat = Chat(ModelChoice("judge", address), self.price, first_wait=0.01)
        judge = Judge(chat, self.cache)
        described = {"entailment": judge.entailment.name, "judge": judge.manifest(), "jobs": jobs}
        folder = RunFolder(name)
        if not folder.exists:
            folder, _ = begun(name, self.library, self.path, **described)
        plan = a_plan(self.library, self.cases, FirstPapers(self.library, "bm25", 1), judge=judge, jobs=jobs)
        plan.entailment, plan.entailment_is_model = judge.entailment, True
        try:
            await run(plan, folder)
        finally:
            await chat.aclose()


@pytest.fixture
def court(shelf: Library, tmp_path: Path) -> Callable[..., Court]:
    """A court for questions of the shelf, given by their places; the first has a rubric, too."""

    def make(*places: int, **more: Any) -> Court:
        first = {**SHELF_GOLD[0], "rubric": [{"criterion": "States the share.", "weight": 1}]}
        chosen = [(first, *SHELF_GOLD[1:])[place] for place in places]
        path = write_gold(tmp_path / "judged-gold.jsonl", chosen)
        return Court(shelf, path, resolve(gold.read(path), shelf), **more)

    return make


def usage_of(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line["judged"]["usage"] for line in lines]


def report(name: str) -> tuple[Summary, dict[str, Figure]]:
    """The summary of a run, and the figures of its judge by their names."""
    summary = summarize(RunFolder(name).load())
    (section,) = [one for one in summary.sections if one.title == "Judge"]
    return summary, {one.name: one for one in section.figures}


# One record


def test_what_a_sitting_takes_is_the_sum_of_entailment_facts_and_rubric() -> None:
    # Of two passages: both together, each alone, and the first without the second: 4 calls; then one each.
    def weak_alone(request: Request) -> Reply:
        is_second_alone = "Passage 2" not in user_of(request) and "It proves 44.1%." in user_of(request)
        if prompt_of(request) == "judge/entailment" and is_second_alone:
            return Text("1: UNSUPPORTED", usage=TAKEN["judge/entailment"])
        return supported(request)

    async def all_of_it(judge: Judge) -> dict[str, Any]:
        sitting = judge.sitting()
        passages = (Passage(TITLE, SENTENCE), Passage("Balloon", "It proves 44.1%."))
        await judge_claims([(CLAIM, passages)], sitting.entailment)
        assert sitting.usage["calls"] == 4
        return dict((await sitting.judge(a_record(True, True), RUBRIC))["usage"])

    assert Bench().run(weak_alone, all_of_it) == {
        "calls": 6,
        "cached": 0,
        "prompt_tokens": 10_104,
        "completion_tokens": 101_040,
        "is_estimate": False,
    }


def test_two_sittings_of_one_judge_have_each_their_own_usage() -> None:
    async def both(judge: Judge) -> list[dict[str, Any]]:
        sittings = [judge.sitting(), judge.sitting()]
        facts = (a_record(True, id="q1"), a_record(True, True, True, id="q2"))
        said = await asyncio.gather(*(one.judge(record) for one, record in zip(sittings, facts, strict=True)))
        await sittings[1].entailment.entails([((Passage(TITLE, SENTENCE),), CLAIM)])
        assert [one["usage"] for one in said] == [sittings[0].usage] * 2
        return [one.usage for one in sittings]

    first, second = Bench().run(supported, both)
    assert (first["calls"], first["prompt_tokens"]) == (1, 100)
    assert (second["calls"], second["prompt_tokens"]) == (2, 101)


def test_a_try_that_failed_is_a_call_and_tokens_that_are_not_told_make_an_estimate() -> None:
    usage = Bench().judge([Status(500), Text("1: SUPPORTED", usage=None)], a_record(True))["usage"]

    assert (usage["calls"], usage["is_estimate"]) == (2, True)
    assert usage["prompt_tokens"] > usage["completion_tokens"] > 0


# A run


def test_a_record_of_a_run_holds_what_its_judging_took_and_cost(court: Callable[..., Court]) -> None:
    (line,) = court(0).run("one")

    # 10,101 tokens at a dollar a million, and 101,010 at two.
    assert line["judged"]["usage"] == {
        "calls": 3,
        "cached": 0,
        "prompt_tokens": 10_101,
        "completion_tokens": 101_010,
        "cost_usd": pytest.approx(0.212121),
        "is_estimate": False,
    }


def test_records_that_are_judged_at_the_same_time_have_each_their_own_usage(court: Callable[..., Court]) -> None:
    all_are_here = threading.Barrier(3, timeout=30)
    takes = {"Zeppelin": 1, "Quokka": 100, "Sleep": 10_000}

    def by_paper(request: Request) -> Reply:
        if prompt_of(request) == "judge/entailment":
            all_are_here.wait()
        (tokens,) = [value for name, value in takes.items() if name in user_of(request)]
        return supported(request, usage=Usage(tokens, 2 * tokens))

    lines = court(0, 1, 4).run("one", by_paper, jobs=3)

    found = {line["id"]: usage for line, usage in zip(lines, usage_of(lines), strict=True)}
    # The first has facts and a rubric, the second facts, and the third neither.
    assert {name: (usage["calls"], usage["prompt_tokens"]) for name, usage in found.items()} == {
        "g1": (3, 3),
        "g2": (2, 200),
        "g5": (1, 10_000),
    }
    assert all(usage["completion_tokens"] == 2 * usage["prompt_tokens"] for usage in found.values())


def test_what_the_cache_knows_costs_nothing_and_is_counted(court: Callable[..., Court], tmp_path: Path) -> None:
    held = court(0, cache=tmp_path / "cache.sqlite3")
    first, again = held.run("one"), held.run("two", [])

    assert held.requests == []
    assert [one["cached"] for one in usage_of([*first, *again])] == [0, 3]
    assert usage_of(again) == [
        {
            "calls": 0,
            "cached": 3,
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "cost_usd": 0.0,
            "is_estimate": False,
        }
    ]
    assert again[0]["scores"] == first[0]["scores"]


def test_where_no_price_is_known_there_is_no_cost_even_of_what_the_cache_knows(
    court: Callable[..., Court], tmp_path: Path
) -> None:
    held = court(0, price=None, cache=tmp_path / "cache.sqlite3")

    for name, script in (("one", supported), ("two", [])):
        (usage,) = usage_of(held.run(name, script))
        assert "cost_usd" not in usage
        assert "judge_cost" not in report(name)[1]


def test_of_a_record_that_is_judged_anew_after_a_failure_the_last_attempt_is_told(
    court: Callable[..., Court], tmp_path: Path
) -> None:
    def no_facts(request: Request) -> Reply:
        return Status(401) if prompt_of(request) == "judge/nuggets" else supported(request)

    held = court(0, cache=tmp_path / "cache.sqlite3")
    with pytest.raises(ModelUnavailable):
        held.run("one", no_facts)
    (usage,) = usage_of(held.run("one"))

    assert (usage["calls"], usage["cached"], usage["prompt_tokens"]) == (2, 1, 10_100)


# The report


def test_the_report_says_what_the_judge_took_in_all_in_every_format(court: Callable[..., Court]) -> None:
    # 3 + 2 + 1 calls; entailment thrice, facts twice, the rubric once.
    court(0, 1, 4).run("one")
    summary, figures = report("one")

    assert {name: (one.value, one.n, one.unit) for name, one in figures.items() if name in RUN_FIGURES} == {
        "judge_calls": (6, 3, "calls"),
        "judge_cached": (0, 3, "prompts"),
        "judge_prompt_tokens": (10_203, 3, "tokens"),
        "judge_completion_tokens": (102_030, 3, "tokens"),
    }
    cost = figures["judge_cost"]
    assert cost.value == pytest.approx(0.214263)
    assert (cost.n, cost.unit) == (3, "USD")
    in_terminal = {tuple(line.split()) for line in terminal.render(summary, 100).splitlines()}
    assert {
        ("judge_calls", "6", "calls", "3"),
        ("judge_completion_tokens", "102,030", "tokens", "3"),
        ("judge_cost", "0.2143", "USD", "3"),
    } <= in_terminal
    page = html.render(summary, RunFolder("one").load())
    for text in (terminal.render(summary, 40), markdown.render(summary).replace("\\", ""), page):
        assert all(name in text for name in (*RUN_FIGURES, "judge_cost"))
    (section,) = [one for one in as_json.to_dict(summary)["sections"] if one["title"] == "Judge"]
    assert {one["name"]: one["value"] for one in section["figures"]}["judge_prompt_tokens"] == 10_203


def test_a_comparison_takes_what_a_judge_took_for_no_score_and_no_cost_of_the_answers(
    court: Callable[..., Court], tmp_path: Path
) -> None:
    held = court(0, 1, 4, cache=tmp_path / "cache.sqlite3")
    held.run("one")
    held.run("two", [])

    found = compare(RunFolder("one").load(), RunFolder("two").load())

    names = [*(row.name for row in found.scores), *(row.name for row in found.costs)]
    assert "nugget_recall" in names
    assert not [name for name in names if "judge" in name or "cached" in name]
    assert all(row.difference.value == 0 for row in found.costs if row.unit != "ms")


# What was kept


def test_a_run_of_before_usage_was_kept_is_read_and_says_nothing_of_it(court: Callable[..., Court]) -> None:
    (line,) = court(0).run("one")
    del line["judged"]["usage"]
    folder = RunFolder("one")
    (folder.path / "results.jsonl").write_text(
        json.dumps({**line, "judged": {**line["judged"], "calls": 3, "cached": 0}})
    )

    summary, figures = report("one")

    assert (summary.done, folder.load().damaged) == (1, 0)
    assert figures["nugget_recall"].value == 1.0
    assert not [name for name in figures if name in (*RUN_FIGURES, "judge_cost")]


@pytest.mark.parametrize(
    ("name", "value"),
    [("calls", -1), ("calls", "3"), ("prompt_tokens", 10**400), ("cost_usd", None), ("cost_usd", 1e300)],
    ids=["negative", "text", "vast", "no-cost", "vast-cost"],
)
def test_a_usage_that_no_run_wrote_is_a_damaged_line(court: Callable[..., Court], name: str, value: object) -> None:
    (line,) = court(0).run("one")
    assert Record.from_dict(line).judged == line["judged"]
    line["judged"]["usage"][name] = value

    with pytest.raises(ValueError, match=rf"judged\.usage\.{name}"):
        Record.from_dict(line)
