"""The built-in embedder: all-MiniLM-L6-v2 in int8 on onnxruntime, no network, no torch.

Mean pooling over the attention mask, then L2 norm, as the model was trained (see NOTICE
and build.py in minilm/).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from store.embedding.base import Matrix

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers

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
        import numpy as np

        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(texts), _BATCH):
            chosen = by_length[start : start + _BATCH]
            vectors[chosen] = self._embed_batch([texts[index] for index in chosen])
        return vectors

    def _embed_batch(self, texts: list[str]) -> Matrix:
        import numpy as np

        encoded = self._tokenizer.encode_batch([text[:_MOST_CHARACTERS] for text in texts])
        ids = np.array([item.ids for item in encoded], dtype=np.int64)
        mask = np.array([item.attention_mask for item in encoded], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = np.asarray(self._session.run(["last_hidden_state"], inputs)[0], dtype=np.float32)
        weights = mask[:, :, None].astype(np.float32)
        pooled = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
        unit: Matrix = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return unit

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


def _folder() -> Traversable:
    return files("store.embedding").joinpath("minilm")
