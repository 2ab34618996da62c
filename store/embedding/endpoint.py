"""Embeddings from any endpoint that speaks the OpenAI protocol."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from store.embedding.base import Matrix, WordVectors
from store.embedding.builtin import BuiltInEmbedder
from store.errors import EmbeddingFailed, EmbeddingTimeout

if TYPE_CHECKING:
    from openai import OpenAI

_MOST_CHARACTERS = 8000
_TIMEOUT_S = 60.0
_RETRIES = 3


class EndpointEmbedder:
    """A model behind `/embeddings`; the key comes from the settings and is never shown."""

    batch_size = 64

    def __init__(self, model: str, *, base_url: str | None, api_key: str | None) -> None:
        self.name = f"endpoint/{model}"
        self._model = model
        self._base_url = base_url
        self._api_key = api_key

    def embed(self, texts: Sequence[str]) -> Matrix:
        """A float32 matrix of shape (len(texts), dimensions), each row of length 1."""
        import numpy as np
        from openai import APITimeoutError, OpenAIError

        rows: list[list[float]] = []
        try:
            for start in range(0, len(texts), self.batch_size):
                batch = [text[:_MOST_CHARACTERS] or " " for text in texts[start : start + self.batch_size]]
                answer = self._client.embeddings.create(model=self._model, input=batch, encoding_format="float")
                rows.extend(item.embedding for item in sorted(answer.data, key=lambda item: item.index))
            matrix = np.asarray(rows, dtype=np.float32)
        except APITimeoutError:
            raise EmbeddingTimeout(
                f"the embedding endpoint did not answer within {_TIMEOUT_S:.0f} s",
                "try again later; what was added is kept",
            ) from None
        except OpenAIError as error:
            # Not chained: an endpoint may echo the key in what it says.
            raise EmbeddingFailed(
                f"the embedding endpoint failed ({type(error).__name__})",
                "check embedding.base_url, embedding.model and OPENAI_API_KEY; what was added is kept",
            ) from None
        except (AttributeError, KeyError, TypeError, ValueError):
            raise EmbeddingFailed(
                "the embedding endpoint answered something that is no list of vectors",
                "check that embedding.base_url speaks the OpenAI protocol and embedding.model names an embedding model",
            ) from None
        if matrix.ndim != 2 or len(matrix) != len(texts) or not np.isfinite(matrix).all():
            raise EmbeddingFailed(
                f"the embedding endpoint answered {len(rows)} vectors for {len(texts)} texts",
                "check that embedding.model names an embedding model",
            )
        unit: Matrix = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)
        return unit

    def read(self, texts: Sequence[str]) -> tuple[Matrix, list[WordVectors]]:
        """What `embed` returns, and the words of each text by the built-in model: endpoints tell nothing of words."""
        return self.embed(texts), self._reader.read(texts)[1]

    @cached_property
    def _reader(self) -> BuiltInEmbedder:
        return BuiltInEmbedder()

    @cached_property
    def _client(self) -> OpenAI:
        from openai import OpenAI

        return OpenAI(
            api_key=self._api_key or "none",
            base_url=self._base_url,
            timeout=_TIMEOUT_S,
            max_retries=_RETRIES,
        )
