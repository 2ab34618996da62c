"""The exercises of the evals, and runs to look at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from agent import settings
from agent.tui.screens.chat import ChatScreen
from agent.tui.screens.evals import AnswerDialog, EvalsScreen
from tests.tui.driving import running, screen_text, wait_for
from tests.tui.exercises import exercise

Line = dict[str, object]


def line(name: str, f1: float | None, **fields: object) -> Line:
    """A line of results: `f1` is the citation F1, None where the question has none."""
    content: Line = {
        "id": name,
        "kind": "fact",
        "question": f"What of {name}?",
        "gold": ["lee2024one", "lee2024two"],
        "scores": {"citation_f1": f1, "support": 0.5},
        "answer": {
            "schema": "citeloom.answer/1",
            "text": f"An answer to {name}. [1]",
            "abstained": False,
            "claims": [{"text": "An answer.", "citations": [{"key": "lee2024one"}, {"key": "lee2024three"}]}],
            "references": [
                {"number": 1, "key": "lee2024one", "title": "The First"},
                {"number": 2, "key": "lee2024three", "title": "The Third"},
            ],
            "nearest": [],
        },
        "error": None,
        "seconds": 1.25,
    }
    return content | fields


def failed(name: str) -> Line:
    """A line of results of a question that ended in an error."""
    return line(name, None, scores={}, answer=None, error="the endpoint is silent")


def write_run(
    name: str, lines: Sequence[Line], *, model: str | None = None, tail: str = "", **manifest: object
) -> Path:
    """A run on disk, `tail` behind its lines; its folder."""
    folder = settings.data_folder() / "evals" / name
    folder.mkdir(parents=True)
    content: Line = {
        "schema": "citeloom.eval/1",
        "id": name,
        "gold": {"path": "gold/seeds.jsonl", "sha256": "0" * 64, "questions": 4},
        "mode": "model" if model else "quote",
        "model": model,
        "started": "2026-11-20T10:00:00Z",
        "finished": None,
    }
    (folder / "manifest.json").write_text(json.dumps(content | manifest), encoding="utf-8")
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (folder / "results.jsonl").write_text(text + tail, encoding="utf-8")
    return folder


def evals(pilot: Pilot[None]) -> EvalsScreen:
    """The screen of evals, which is on top."""
    assert isinstance(pilot.app.screen, EvalsScreen)
    return pilot.app.screen


def dialog(pilot: Pilot[None]) -> AnswerDialog:
    """The answer against its gold, which is on top."""
    assert isinstance(pilot.app.screen, AnswerDialog)
    return pilot.app.screen


async def look(pilot: Pilot[None], rows: int) -> None:
    """Goes to the evals, and waits until so many runs are listed."""
    await pilot.press("f10")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, EvalsScreen) and evals(pilot).table.row_count == rows)


@exercise("runs.open")
async def _(shelf: Path) -> None:
    write_run("one", [line("q1", 1.0), line("q2", 0.5)])
    async with running(shelf) as pilot:
        await look(pilot, 1)
        await pilot.press("enter")
        await wait_for(pilot, lambda: evals(pilot).opened == "one" and evals(pilot).table.row_count == 2)
        await pilot.press("down", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, AnswerDialog))
        assert "What of q2?" in screen_text(pilot)


@exercise("runs.failed")
async def _(shelf: Path) -> None:
    write_run("one", [line("q1", 1.0), line("q2", 0.5), failed("q3")])
    async with running(shelf) as pilot:
        await look(pilot, 1)
        await pilot.press("enter", "f")
        await wait_for(pilot, lambda: [one.id for one in evals(pilot).results] == ["q2", "q3"])
        assert evals(pilot).table.row_count == 2
        await pilot.press("f")
        await wait_for(pilot, lambda: evals(pilot).table.row_count == 3)


@exercise("evals.reload")
async def _(shelf: Path) -> None:
    write_run("one", [line("q1", 1.0)])
    async with running(shelf) as pilot:
        await look(pilot, 1)
        write_run("two", [line("q1", 1.0)])
        await pilot.press("ctrl+l")
        await wait_for(pilot, lambda: evals(pilot).table.row_count == 2)


@exercise("evals.leave")
async def _(shelf: Path) -> None:
    write_run("one", [line("q1", 1.0)])
    async with running(shelf) as pilot:
        await look(pilot, 1)
        await pilot.press("enter", "escape")
        await wait_for(pilot, lambda: not evals(pilot).opened)
        await pilot.press("escape")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
