"""Model mode without a model: what a simple question sends, and what everything but the model takes.

A server on loopback answers at once with the first sentence of the first paper that it was
sent, cited; so each question costs one call, and nothing of the time is a model's.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import seeds
from agent import events
from agent.assistant import Assistant, Question
from agent.llm.calls import Chat
from agent.llm.models import ModelChoice
from evals.gold import load
from store.library import Library

QUESTIONS = 20
_FIRST_SENTENCE = re.compile(r"^(\d+\.\d+) (.+)$", re.MULTILINE)
_PIECE = 12


def print_table() -> None:
    """Measures the first questions of the seeds that the library answers."""
    questions = [question.text for question in load("seeds") if question.gold][:QUESTIONS]
    with tempfile.TemporaryDirectory() as place, Library(Path(place) / "library") as library, _endpoint() as address:
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


@contextmanager
def _endpoint() -> Iterator[str]:
    """The address of a server that answers every question at once."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Streams the first sentence of the evidence, with its mark."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = _FIRST_SENTENCE.search(body["messages"][-1]["content"])
        said = f"{found[2].rstrip('.')} [{found[1]}]." if found else "The library does not answer this."
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for start in range(0, len(said), _PIECE):
            self._send({"content": said[start : start + _PIECE]}, None)
        self._send({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _send(self, delta: dict[str, str], finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        frame = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "none", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(frame)}\n\n".encode())
