"""The embedders: the built-in one, and an endpoint that may refuse, fail, or answer nonsense."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from store.embedding import EmbedderChoice, create
from store.embedding.builtin import DIMENSIONS, BuiltInEmbedder
from store.embedding.endpoint import EndpointEmbedder
from store.errors import EmbedderMismatch, EmbeddingFailed
from store.library import Library

KEY = "sk-test-0123456789-secret"
Answer = tuple[int, str]
Respond = Callable[[dict[str, Any]], Answer]


class Endpoint:
    """An OpenAI-compatible server on loopback; `respond` decides what it answers."""

    def __init__(self) -> None:
        self.respond: Respond = well
        self.requests: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append({"path": self.path, **body})
                endpoint.authorizations.append(self.headers["Authorization"])
                status, text = endpoint.respond(body)
                content = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.send_header("retry-after-ms", "1")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def vector_of(text: str) -> list[float]:
    """Four numbers that follow from the text, far from unit length."""
    return [float(len(text) + 1), float(text.count("a")), float(text.count("e")), float(text.count("z") * 9)]


def rows(vectors: list[Any]) -> str:
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    return json.dumps({"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}})


def well(body: dict[str, Any]) -> Answer:
    return 200, rows([vector_of(text) for text in body["input"]])


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    started = Endpoint()
    yield started
    started.stop()


@pytest.fixture
def embedder(endpoint: Endpoint) -> EndpointEmbedder:
    return EndpointEmbedder("small", base_url=endpoint.url, api_key=KEY)


# The endpoint


def test_vectors_of_an_endpoint_come_in_the_order_of_the_texts_with_unit_length(embedder: EndpointEmbedder) -> None:
    texts = ["banana", "zebra crossing", "eel"]
    matrix = embedder.embed(texts)

    expected = np.array([vector_of(text) for text in texts])
    assert matrix.dtype == np.float32
    assert np.allclose(matrix, expected / np.linalg.norm(expected, axis=1, keepdims=True))


def test_vectors_that_come_out_of_order_are_put_right(endpoint: Endpoint, embedder: EndpointEmbedder) -> None:
    def shuffled(body: dict[str, Any]) -> Answer:
        content = json.loads(well(body)[1])
        content["data"].reverse()
        return 200, json.dumps(content)

    straight = embedder.embed(["banana", "zebra"])
    endpoint.respond = shuffled

    assert np.array_equal(embedder.embed(["banana", "zebra"]), straight)


def test_many_texts_are_sent_in_several_requests(endpoint: Endpoint, embedder: EndpointEmbedder) -> None:
    texts = ["e" * number for number in range(1, 151)]
    matrix = embedder.embed(texts)

    assert [text for request in endpoint.requests for text in request["input"]] == texts
    assert len(endpoint.requests) > 1
    assert matrix.shape == (150, 4)


def test_the_model_and_the_key_are_sent(endpoint: Endpoint, embedder: EndpointEmbedder) -> None:
    embedder.embed(["banana"])

    assert (endpoint.requests[0]["path"], endpoint.requests[0]["model"]) == ("/v1/embeddings", "small")
    assert endpoint.authorizations == [f"Bearer {KEY}"]


def test_a_passing_failure_of_the_endpoint_is_tried_again(endpoint: Endpoint, embedder: EndpointEmbedder) -> None:
    def fails_once(body: dict[str, Any]) -> Answer:
        return well(body) if len(endpoint.requests) > 1 else (503, "{}")

    endpoint.respond = fails_once

    assert embedder.embed(["banana"]).shape == (1, 4)


def refusal(_: dict[str, Any]) -> Answer:
    """Some servers say the whole key back."""
    return 401, json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}", "type": "invalid_request"}})


FAILURES: dict[str, Respond] = {
    "401": refusal,
    "403": lambda _: (403, "{}"),
    "404": lambda _: (404, "not here"),
    "429": lambda _: (429, "{}"),
    "500": lambda _: (500, "<html>oh no</html>"),
    "too few": lambda body: (200, rows([vector_of(text) for text in body["input"][1:]])),
    "too many": lambda body: (200, rows([[1.0, 2.0]] * (len(body["input"]) + 1))),
    "not a number": lambda body: (200, rows([[1.0, float("nan")]] * len(body["input"]))),
    "no vectors": lambda _: (200, rows([])),
    "rows of null": lambda body: (200, rows([None] * len(body["input"]))),
    "rows without vectors": lambda body: (200, json.dumps({"data": [{"index": 0}] * len(body["input"])})),
}
BROKEN: dict[str, Respond] = {
    "not JSON": lambda _: (200, "<html>welcome to the hotel</html>"),
    "empty": lambda _: (200, ""),
    "no data": lambda _: (200, '{"object": "list"}'),
    "null data": lambda _: (200, '{"data": null}'),
    "a list": lambda _: (200, "[1, 2, 3]"),
    "rows of words": lambda body: (200, rows(["many"] * len(body["input"]))),
    "ragged rows": lambda body: (200, rows([[1.0], *[[1.0, 2.0]] * (len(body["input"]) - 1)])),
    "chat": lambda _: (200, '{"choices": [{"message": {"content": "Hello!"}}]}'),
}


@pytest.mark.parametrize("kind", [*FAILURES, *BROKEN])
def test_an_endpoint_that_fails_or_answers_nonsense_is_an_error_with_a_hint(
    endpoint: Endpoint, embedder: EndpointEmbedder, kind: str
) -> None:
    endpoint.respond = (FAILURES | BROKEN)[kind]

    with pytest.raises(EmbeddingFailed) as raised:
        embedder.embed(["banana", "zebra", "eel"])

    assert "endpoint" in raised.value.message
    assert raised.value.hint


def test_a_vector_of_zeros_is_no_reason_to_divide_by_zero(endpoint: Endpoint, embedder: EndpointEmbedder) -> None:
    endpoint.respond = lambda body: (200, rows([[0.0, 0.0]] * len(body["input"])))

    assert np.isfinite(embedder.embed(["banana"])).all()


def test_an_endpoint_that_is_not_there_is_an_error_with_a_hint(nobody: str) -> None:
    with pytest.raises(EmbeddingFailed) as raised:
        EndpointEmbedder("small", base_url=nobody, api_key=KEY).embed(["banana"])

    assert raised.value.hint


def test_the_key_stands_in_no_message_and_no_hint(endpoint: Endpoint, embedder: EndpointEmbedder) -> None:
    endpoint.respond = refusal

    with pytest.raises(EmbeddingFailed) as raised:
        embedder.embed(["banana"])

    assert KEY not in repr(raised.value) + raised.value.message + raised.value.hint


def test_the_key_stands_in_no_traceback_though_the_server_says_it_back(
    endpoint: Endpoint, embedder: EndpointEmbedder
) -> None:
    endpoint.respond = refusal

    with pytest.raises(EmbeddingFailed) as raised:
        embedder.embed(["banana"])

    assert KEY not in "".join(traceback.format_exception(raised.value))


def test_the_key_stands_in_no_repr(embedder: EndpointEmbedder) -> None:
    assert KEY not in repr(EmbedderChoice("small", "http://127.0.0.1/v1", KEY))
    assert KEY not in repr(embedder)


# A library whose texts an endpoint embeds


def test_a_library_is_made_and_searched_with_an_endpoint(
    endpoint: Endpoint, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    path = write_jsonl([{"title": "Zoo", "abstract": "zebra zebra zebra zebra zebra zebra zebra zebra zoo"}])
    choice = EmbedderChoice("small", endpoint.url, KEY)
    with Library(tmp_path / "library", choice) as library:
        report = library.add([path])
        [hit] = library.search("zzz").hits

    assert report.embedded == 1
    assert library.embedder_name() == "endpoint/small"
    assert hit.dense_rank == 1
    assert endpoint.requests[-1]["input"] == ["zzz"]


def test_papers_that_the_endpoint_refused_are_kept_and_embedded_by_the_next_add(
    endpoint: Endpoint, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    path = write_jsonl([{"title": "Zoo", "abstract": "zebra zebra zebra zebra zebra zebra zebra zebra zoo"}])
    with Library(tmp_path / "library", EmbedderChoice("small", endpoint.url, KEY)) as library:
        endpoint.respond = FAILURES["401"]
        with pytest.raises(EmbeddingFailed):
            library.add([path])
        assert (library.count(), library.pending()) == (1, 1)
        endpoint.respond = well
        report = library.add([path])

        assert (report.embedded, len(report.added), library.pending()) == (1, 0, 0)
        assert library.check_index() is None


def test_a_library_of_another_embedder_is_refused_with_the_command_that_rebuilds_it(
    endpoint: Endpoint, library: Library, write_jsonl: Callable[..., Path]
) -> None:
    path = write_jsonl([{"title": "Zoo", "abstract": "zebra zebra zebra zebra zebra zebra zebra zebra zoo"}])
    library.add([path])
    with Library(library.folder, EmbedderChoice("small", endpoint.url, KEY)) as other:
        for attempt in (lambda: other.add([path]), lambda: other.search("zebra"), lambda: other.remove(["zoo"])):
            with pytest.raises(EmbedderMismatch) as raised:
                attempt()
            assert "citeloom doctor --rebuild" in raised.value.hint

    assert endpoint.requests == []
    assert library.search("zebra").hits[0].paper.key == "zoo"


def test_a_rebuild_takes_the_library_over_to_another_embedder(
    endpoint: Endpoint, library: Library, write_jsonl: Callable[..., Path]
) -> None:
    abstracts = ["zebra zebra zebra zebra zebra zebra zebra zebra zoo", "apples and bananas are eaten every day at sea"]
    library.add([write_jsonl([{"title": f"Text {n}", "abstract": text} for n, text in enumerate(abstracts)])])
    library.close()

    with Library(library.folder, EmbedderChoice("small", endpoint.url, KEY)) as other:
        assert other.rebuild() == 2
        assert other.check_index() is None
        assert other.search("zzzz").hits[0].paper.abstract == abstracts[0]
        assert other.embedder_name() == "endpoint/small"


def test_a_rebuild_that_fails_leaves_the_library_as_it_was(
    endpoint: Endpoint, library: Library, write_jsonl: Callable[..., Path]
) -> None:
    library.add([write_jsonl([{"title": "Zoo", "abstract": "zebra zebra zebra zebra zebra zebra zebra zebra zoo"}])])
    library.close()
    endpoint.respond = FAILURES["401"]
    with Library(library.folder, EmbedderChoice("small", endpoint.url, KEY)) as other, pytest.raises(EmbeddingFailed):
        other.rebuild()

    with Library(library.folder) as again:
        assert again.search("zebra").hits[0].dense_rank == 1


# The built-in embedder


@pytest.fixture(scope="module")
def built_in() -> BuiltInEmbedder:
    return BuiltInEmbedder()


def test_built_in_vectors_have_unit_length(built_in: BuiltInEmbedder) -> None:
    matrix = built_in.embed(["cats sleep", "", "什么是过程监督", "word " * 3000, "\x00", "\U0001f642"])

    assert matrix.shape == (6, DIMENSIONS)
    assert matrix.dtype == np.float32
    assert np.allclose(np.linalg.norm(matrix, axis=1), 1.0, atol=1e-5)


def test_built_in_vectors_come_in_the_order_of_the_texts(built_in: BuiltInEmbedder) -> None:
    texts = [f"a text on subject {number} " * (20 - number) for number in range(20)]
    together, apart = built_in.embed(texts), np.vstack([built_in.embed([text]) for text in texts])

    assert ((together * apart).sum(axis=1) > 0.97).all()
    assert (together @ apart.T).argmax(axis=1).tolist() == list(range(20))


def test_built_in_vectors_are_the_same_again(built_in: BuiltInEmbedder) -> None:
    texts = ["cats sleep", "banks fail"]

    assert np.array_equal(built_in.embed(texts), BuiltInEmbedder().embed(texts))


def test_texts_of_one_meaning_are_nearer_than_texts_of_two(built_in: BuiltInEmbedder) -> None:
    cat, kitten, bank = built_in.embed(["the cat sleeps", "a kitten is napping", "the bank raised its rates"])

    assert cat @ kitten > cat @ bank


def test_no_text_gives_no_vector(built_in: BuiltInEmbedder) -> None:
    assert built_in.embed([]).shape == (0, DIMENSIONS)


def test_a_choice_names_what_a_library_remembers() -> None:
    assert EmbedderChoice().name == create(EmbedderChoice()).name
    assert EmbedderChoice("small", "http://127.0.0.1/v1", KEY).name == "endpoint/small"
    assert create(EmbedderChoice("small", "http://127.0.0.1/v1", KEY)).name == "endpoint/small"
