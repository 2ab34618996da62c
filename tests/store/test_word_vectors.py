"""The words of a text with what each means there: a by-product of the built-in embedder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from store.embedding.builtin import DIMENSIONS, MAX_TOKENS, BuiltInEmbedder
from store.embedding.endpoint import EndpointEmbedder
from store.library import Library
from tests.store.test_embedding import KEY, Endpoint, vector_of

STRANGE = ["什么 cats", "naïve café", "\x00", "", " ", "\U0001f642 it's 57.6%\n\tGoedel-Prover", "a" * 3000]


@pytest.fixture(scope="module")
def built_in() -> BuiltInEmbedder:
    return BuiltInEmbedder()


def test_reading_gives_the_vectors_that_embedding_gives(built_in: BuiltInEmbedder) -> None:
    texts = ["cats sleep", *STRANGE]

    matrix, words = built_in.read(texts)

    assert np.array_equal(matrix, built_in.embed(texts))
    assert len(words) == len(texts)


def test_words_stand_in_order_as_the_text_has_them(built_in: BuiltInEmbedder) -> None:
    _, [read] = built_in.read(["Goedel-Prover reaches 57.6% on miniF2F."])

    assert read.words == ("Goedel", "-", "Prover", "reaches", "57", ".", "6", "%", "on", "miniF2F", ".")


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_every_word_of_any_text_has_a_vector_of_unit_length(built_in: BuiltInEmbedder, text: str) -> None:
    _, [read] = built_in.read([text])

    assert read.vectors.shape == (len(read.words), DIMENSIONS)
    assert np.allclose(np.linalg.norm(read.vectors, axis=1), 1.0, atol=1e-5)
    assert all(word and word in text for word in read.words)


def test_a_text_without_words_has_none(built_in: BuiltInEmbedder) -> None:
    assert [read.words for read in built_in.read(["", " ", "\x00"])[1]] == [(), (), ()]
    assert built_in.read([])[0].shape == (0, DIMENSIONS)


def test_of_a_very_long_text_only_the_beginning_is_read(built_in: BuiltInEmbedder) -> None:
    _, [read] = built_in.read(["word " * 3000])

    assert 0 < len(read.words) < MAX_TOKENS


def test_one_word_means_what_its_sentence_makes_of_it(built_in: BuiltInEmbedder) -> None:
    texts = ["she sat by the bank of the river", "the bank raised its rates", "grass grew along the bank of the stream"]
    _, read = built_in.read(texts)
    river, money, stream = (own.vectors[own.words.index("bank")] for own in read)

    assert river @ stream > river @ money


def test_an_endpoint_gives_the_vectors_and_the_built_in_model_the_words(built_in: BuiltInEmbedder) -> None:
    endpoint = Endpoint()
    try:
        matrix, words = EndpointEmbedder("small", base_url=endpoint.url, api_key=KEY).read(["banana bread", "eel"])
    finally:
        endpoint.stop()

    expected = np.array([vector_of(text) for text in ("banana bread", "eel")])
    assert np.allclose(matrix, expected / np.linalg.norm(expected, axis=1, keepdims=True))
    assert [own.words for own in words] == [("banana", "bread"), ("eel",)]
    assert np.array_equal(words[0].vectors, built_in.read(["banana bread", "eel"])[1][0].vectors)


def test_a_library_reads_with_its_own_embedder(seed_folder: Path) -> None:
    with Library(seed_folder) as library:
        matrix, words = library.read(["cats sleep"])

        assert np.array_equal(matrix, library.embed(["cats sleep"]))
    assert words[0].words == ("cats", "sleep")
