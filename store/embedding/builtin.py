"""The built-in embedder: all-MiniLM-L6-v2 in int8 on onnxruntime, no network, no torch.

Mean pooling over the word pieces, then L2 norm, as the model was trained (see NOTICE and
build.py in minilm/). The vectors of single words are a by-product that it was not trained for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, TypeVar

from store.embedding.base import Matrix, Vector, WordVectors

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers

Taken = TypeVar("Taken")
NAME = "builtin/all-MiniLM-L6-v2-int8-256"
DIMENSIONS = 384
MAX_TOKENS = 256
_BATCH = 8
"""Larger batches cost memory and gain no speed (measured on 2 cores)."""
_MOST_CHARACTERS = 8 * MAX_TOKENS
"""More text than this never reaches the model: no token is that long on average."""


class BuiltInEmbedder:
    """all-MiniLM-L6-v2: 384 dimensions, the first 256 word pieces of each text."""

    name = NAME
    batch_size = _BATCH

    def embed(self, texts: Sequence[str]) -> Matrix:
        """A float32 matrix of shape (len(texts), 384), each row of length 1."""
        return _stacked(self._taken(texts, lambda _text, _encoding, pieces: _mean(pieces)))

    def read(self, texts: Sequence[str]) -> tuple[Matrix, list[WordVectors]]:
        """What `embed` returns, and the words of each text with vectors from the same pass."""
        read = self._taken(texts, lambda text, encoding, pieces: (_mean(pieces), _words(text, encoding, pieces)))
        return _stacked([mean for mean, _ in read]), [words for _, words in read]

    def _taken(self, texts: Sequence[str], take: Callable[[str, tokenizers.Encoding, Matrix], Taken]) -> list[Taken]:
        """What is taken of each text and the vectors of its word pieces in the last layer, shape (pieces, 384).

        Those vectors are let go of batch by batch: a long text has half a megabyte of them.
        """
        found: dict[int, Taken] = {}
        by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(texts), _BATCH):
            chosen = by_length[start : start + _BATCH]
            batch = [texts[index] for index in chosen]
            for index, text, (encoding, pieces) in zip(chosen, batch, self._run(batch), strict=True):
                found[index] = take(text, encoding, pieces)
        return [found[index] for index in range(len(texts))]

    def _run(self, texts: list[str]) -> list[tuple[tokenizers.Encoding, Matrix]]:
        import numpy as np

        encoded = self._tokenizer.encode_batch([text[:_MOST_CHARACTERS] for text in texts])
        ids = np.array([item.ids for item in encoded], dtype=np.int64)
        mask = np.array([item.attention_mask for item in encoded], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = np.asarray(self._session.run(["last_hidden_state"], inputs)[0], dtype=np.float32)
        return [(item, own[: sum(item.attention_mask)]) for item, own in zip(encoded, hidden, strict=True)]

    @cached_property
    def _tokenizer(self) -> tokenizers.Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(_folder().joinpath("tokenizer.json").read_text(encoding="utf-8"))
        # The file has lengths of 128 baked in.
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.enable_padding()
        return tokenizer

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        with as_file(_folder().joinpath("model.onnx")) as model:
            return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _mean(pieces: Matrix) -> Vector:
    mean: Vector = pieces.mean(axis=0)
    return mean


def _words(text: str, encoding: tokenizers.Encoding, pieces: Matrix) -> WordVectors:
    """The words of a text, each where the sum of its pieces points; what marks begin and end is no word."""
    import numpy as np

    word_of = encoding.word_ids[: len(pieces)]
    starts = [at for at, word in enumerate(word_of) if word is not None and word != word_of[at - 1]]
    if not starts:
        return WordVectors((), np.empty((0, DIMENSIONS), dtype=np.float32))
    end = max(at for at, word in enumerate(word_of) if word is not None) + 1
    spans = (encoding.word_to_chars(word_of[at] or 0) or (0, 0) for at in starts)
    return WordVectors(tuple(text[first:last] for first, last in spans), _unit(np.add.reduceat(pieces[:end], starts)))


def _stacked(rows: Sequence[Vector]) -> Matrix:
    import numpy as np

    return _unit(np.stack(rows)) if rows else np.empty((0, DIMENSIONS), dtype=np.float32)


def _unit(rows: Matrix) -> Matrix:
    """The rows, each of length 1."""
    import numpy as np

    unit: Matrix = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit


def _folder() -> Traversable:
    return files("store.embedding").joinpath("minilm")
