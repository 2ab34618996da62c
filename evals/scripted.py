"""A model by script, behind a real endpoint on loopback: a hasty writer, the same words for the same question.

It quotes the sentences that share most words with the question, and is careless on purpose:
of some answers a mark names nothing, of some a number is changed, of some a sentence has no
mark. So a run with it shows what checking and mending do, and says nothing about any real model.
"""

from __future__ import annotations

import json
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agent.answer import ABSTENTION
from store.text import terms

Writer = Callable[[str], str]
"""From the text of the last message to the reply."""
SENTENCE = re.compile(r"^(\d+\.\d+) (.+)$", re.MULTILINE)
"""A sentence of the evidence as a prompt shows it, with its number."""
_FAILED = re.compile(r"^(\d+): (.+)$", re.MULTILINE)
_NUMBER = re.compile(r"\d+")
_MARK = re.compile(r"\s*\[[\d., ]+\]")
_LEAST = 0.3
"""The share of the question's words that a sentence must hold to be quoted at all."""
_MOST = 3
_NEAR = 0.75
"""A further sentence is quoted if it holds this much of what the first one does."""
_PIECE = 24


@contextmanager
def endpoint(writer: Writer) -> Iterator[str]:
    """The address of a server that answers with `writer`, alive within the block."""
    handler = type("Handler", (_Handler,), {"writer": staticmethod(writer)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def hasty(prompt: str) -> str:
    """The reply to a prompt that asks for an answer, or to mend one."""
    sentences = [(number, text) for number, text in SENTENCE.findall(prompt)]
    if "Failed claims:" in prompt:
        return _mended(prompt, sentences)
    question = prompt.rpartition("Question: ")[2]
    chosen = _nearest(question, sentences)
    if not chosen:
        return ABSTENTION
    claims = [f"{text.rstrip('.')} [{number}]." for number, text in chosen]
    return " ".join(_careless(claims, zlib.crc32(question.encode()) % 6))


def _careless(claims: list[str], turn: int) -> list[str]:
    """The claims with one fault, or with none: in half of all answers."""
    first, *others = claims
    if turn == 0:
        return [_MARK.sub(" [99.1]", first), *others]
    if turn == 1:
        said, mark = first.rsplit(" [", 1)
        return [f"{_NUMBER.sub(lambda found: str(int(found[0]) + 1), said, count=1)} [{mark}", *others]
    if turn == 2:
        return [*claims, "This is of use in many other settings."]
    return claims


def _mended(prompt: str, sentences: list[tuple[str, str]]) -> str:
    """For each claim that failed the sentence nearest to it, or DELETE."""
    evidence, _, failed = prompt.rpartition("Failed claims:")
    del evidence
    lines = []
    for number, claim in _FAILED.findall(failed):
        nearest = _nearest(_MARK.sub("", claim), sentences)[:1]
        lines += [f"{number}: {text.rstrip('.')} [{place}]." for place, text in nearest] or [f"{number}: DELETE"]
    return "\n".join(lines)


def _nearest(wanted: str, sentences: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The sentences that hold most of the words that are wanted, best first; none if none holds enough."""
    words = set(terms(wanted))
    rated = [(len(words & set(terms(text))) / max(len(words), 1), -place) for place, (_, text) in enumerate(sentences)]
    best = max(rated, default=(0.0, 0))[0]
    near = sorted((item for item in rated if item[0] >= max(_LEAST, _NEAR * best)), reverse=True)
    return [sentences[-place] for _, place in near[:_MOST]]


class _Handler(BaseHTTPRequestHandler):
    """Speaks as much of OpenAI's chat completions as Citeloom asks for, streamed."""

    writer: Writer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = self.writer(body["messages"][-1]["content"])
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
        frame = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(frame)}\n\n".encode())
