"""A summary that broke off is taken up again: what was finished is not written, or paid for, a second time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent.answer import Usage
from agent.errors import CiteloomError
from agent.summary import progress
from agent.summary.making import summarize
from agent.summary.progress import Progress
from agent.summary.quoting import QuotingWriter
from agent.summary.values import Names, Section, SectionDone, SectionStarted, Summary, Table
from agent.summary.writer import Plan
from store.library import Library
from store.scope import parse

TOPIC = "process reward models"


class ProviderDown(CiteloomError):
    """What a writer raises whose provider is gone."""


class CostlyWriter(QuotingWriter):
    """Quotes, notes each part that it is asked for, and may fail at one."""

    def __init__(self, fails_at: int | None = None, version: str = "1") -> None:
        super().__init__()
        self.version = version
        self.asked: list[str] = []
        self._fails_at = fails_at

    async def name_themes(self, plan: Plan) -> Names:
        self.asked.append("names")
        return replace(await super().name_themes(plan), usage=Usage(1, 100, 10, 0.01))

    async def write_section(self, plan: Plan, position: int, title: str) -> Section:
        if self._fails_at is not None and position > self._fails_at:
            await asyncio.Event().wait()  # under way until it is cancelled
        if position == self._fails_at:
            raise ProviderDown("the provider does not answer", "try again later")
        self.asked.append(f"section {position}")
        return replace(await super().write_section(plan, position, title), usage=Usage(1, 1000, 200, 0.1))

    async def fill_table(self, plan: Plan) -> Table:
        self.asked.append("table")
        return await super().fill_table(plan)


def run(library: Library, writer: CostlyWriter, folder: Path | None, **options: str) -> Summary:
    return asyncio.run(summarize(library, TOPIC, parse(options.get("scope", "")), writer=writer, work_folder=folder))


def test_after_a_failure_in_the_third_section_the_first_two_are_not_written_again(
    seed_library: Library, tmp_path: Path
) -> None:
    first = CostlyWriter(fails_at=2)
    with pytest.raises(ProviderDown):
        run(seed_library, first, tmp_path)
    assert first.asked == ["names", "section 0", "section 1"]

    second = CostlyWriter()
    summary = run(seed_library, second, tmp_path)

    assert not set(first.asked) & set(second.asked)
    assert {"section 2", "table"} <= set(second.asked)
    untroubled = run(seed_library, CostlyWriter(), None)
    assert replace(summary, timings={}) == replace(untroubled, timings={})


def test_what_finished_parts_cost_is_still_counted(seed_library: Library, tmp_path: Path) -> None:
    summary = run(seed_library, CostlyWriter(), tmp_path)
    again = run(seed_library, CostlyWriter(), tmp_path)

    assert again.usage == summary.usage
    assert summary.usage.calls == 1 + len(summary.sections)
    assert summary.usage.cost_usd == pytest.approx(0.01 + 0.1 * len(summary.sections))


def test_a_finished_summary_is_not_written_again(seed_library: Library, tmp_path: Path) -> None:
    run(seed_library, CostlyWriter(), tmp_path)
    second = CostlyWriter()
    run(seed_library, second, tmp_path)
    assert second.asked == []


def test_another_writer_or_scope_reuses_nothing(seed_library: Library, tmp_path: Path) -> None:
    run(seed_library, CostlyWriter(), tmp_path)
    for writer, scope in ((CostlyWriter(version="2"), ""), (CostlyWriter(), "year:2024")):
        run(seed_library, writer, tmp_path, scope=scope)
        assert "section 0" in writer.asked


def test_a_changed_abstract_makes_every_part_anew(
    library: Library, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    row = {"title": "Free Process Reward Models", "abstract": "We propose process reward models without labels."}
    library.add([write_jsonl([row])])
    run(library, CostlyWriter(), tmp_path / "work")
    library.remove(["free"])
    library.add([write_jsonl([{**row, "abstract": "We propose process reward models with many labels."}])])
    writer = CostlyWriter()
    summary = run(library, writer, tmp_path / "work")

    assert "section 0" in writer.asked
    assert summary.sections[0].claims[0].text == "We propose process reward models with many labels."


def test_a_torn_part_is_written_again(seed_library: Library, tmp_path: Path) -> None:
    run(seed_library, CostlyWriter(), tmp_path)
    (part,) = tmp_path.glob("*/part-1.json")
    part.write_text(part.read_text()[:40])
    writer = CostlyWriter()
    run(seed_library, writer, tmp_path)
    assert writer.asked == ["section 0"]


def test_every_part_is_announced_and_reuse_is_said(seed_library: Library, tmp_path: Path) -> None:
    for expected in (False, True):
        told: list[object] = []
        asyncio.run(summarize(seed_library, TOPIC, listener=told.append, work_folder=tmp_path))
        started = [event for event in told if isinstance(event, SectionStarted)]
        done = [event for event in told if isinstance(event, SectionDone)]
        assert sorted(event.position for event in done) == list(range(1, done[0].total + 1))
        assert {event.title for event in started} == {event.title for event in done}
        assert {event.reused for event in done} == {expected}


def test_parts_survive_saving_and_are_gone_after_removal(tmp_path: Path) -> None:
    kept = Progress(tmp_path, {"topic": "zeppelins"})
    assert kept.load("part-1") is None
    kept.save("part-1", {"title": "Ä"})

    assert Progress(tmp_path, {"topic": "zeppelins"}).load("part-1") == {"title": "Ä"}
    assert Progress(tmp_path, {"topic": "airships"}).load("part-1") is None
    assert [path.name for path in kept.folder.iterdir()] == ["part-1.json"]
    kept.remove()
    assert kept.load("part-1") is None


def test_a_topic_never_becomes_a_path(tmp_path: Path) -> None:
    kept = Progress(tmp_path / "summaries", {"topic": "../../etc/passwd"})
    kept.save("part-1", {})
    assert kept.folder.parent == tmp_path / "summaries"
    assert kept.folder.name.isalnum()


def test_no_more_than_so_many_summaries_are_kept(tmp_path: Path) -> None:
    for number in range(progress.KEPT + 3):
        kept = Progress(tmp_path, {"number": number})
        kept.save("part-1", {})
        os.utime(kept.folder, (number, number))

    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == progress.KEPT
    assert Progress(tmp_path, {"number": 0}).folder.name not in left
    assert kept.folder.name in left


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "summaries").write_text("a file")
    with pytest.raises(CiteloomError, match="cannot be kept") as failed:
        Progress(tmp_path / "summaries", {}).save("part-1", {})
    assert failed.value.hint
