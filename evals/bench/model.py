"""Model mode without a model: what a simple question sends, and what everything but the model takes.

A server on loopback answers at once with the first sentence of the first paper that it was
sent, cited; so each question costs one call, and nothing of the time is a model's.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import seeds
from agent import events
from agent.answer import ABSTENTION
from agent.assistant import Assistant, Question
from agent.llm.calls import Chat
from agent.llm.models import ModelChoice
from evals.corpora import questions as gold_questions
from evals.scripted import SENTENCE, endpoint
from store.library import Library

QUESTIONS = 20


def print_table() -> None:
    """Measures the first questions of the seeds that the library answers."""
    questions = [question.text for question in gold_questions("seeds") if question.gold][:QUESTIONS]
    with (
        tempfile.TemporaryDirectory() as place,
        Library(Path(place) / "library") as library,
        endpoint(_first_sentence) as address,
    ):
        library.add([seeds.FOLDER])
        measured = asyncio.run(_all(library, address, [questions[0], *questions]))[1:]
    print("\n| model mode, a simple question | budget | measured (median, most) |\n|---|---|---|")
    for name, budget, unit, at in (
        ("calls of the model", "1", "", 0),
        ("prompt tokens", "3,500", "", 1),
        ("everything but the model", "500 ms", " ms", 2),
        ("first text after the model's first token", "50 ms", " ms", 3),
    ):
        values = [row[at] for row in measured]
        print(f"| {name} | {budget} | {statistics.median(values):,.0f}{unit}, {max(values):,.0f}{unit} |")


async def _all(library: Library, address: str, questions: list[str]) -> list[tuple[float, float, float, float]]:
    chat = Chat(ModelChoice("none", address))
    assistant = Assistant(library, chat, mode="model")
    try:
        return [await _one(assistant, question) for question in questions]
    finally:
        await chat.aclose()


async def _one(assistant: Assistant, question: str) -> tuple[float, float, float, float]:
    """Calls, prompt tokens, milliseconds of our own, and milliseconds from first token to first text."""
    sent: list[int] = []
    shown: list[float] = []

    def hear(event: events.Event) -> None:
        if isinstance(event, events.Asking):
            sent.append(event.prompt_tokens)
        elif isinstance(event, events.Delta) and not shown:
            shown.append(time.perf_counter())

    began = time.perf_counter()
    answer = await assistant.ask(Question(question), listener=hear)
    own = answer.timings["total_ms"] - answer.timings["model_ms"]
    first = (shown[0] - began) * 1000 - answer.timings["first_token_ms"]
    return answer.usage.calls, sent[0], own, max(first, 0.0)


def _first_sentence(prompt: str) -> str:
    """The first sentence of the evidence, with its mark."""
    found = SENTENCE.search(prompt)
    return f"{found[2].rstrip('.')} [{found[1]}]." if found else ABSTENTION
