"""The embedders: the built-in one, and any endpoint that speaks the OpenAI protocol."""

from __future__ import annotations

from dataclasses import dataclass

from store.embedding.base import Embedder, Matrix, ReadingEmbedder, Vector, WordVectors

__all__ = ["BUILT_IN", "Embedder", "EmbedderChoice", "Matrix", "ReadingEmbedder", "Vector", "WordVectors", "create"]

BUILT_IN = "builtin"


@dataclass(frozen=True, slots=True)
class EmbedderChoice:
    """Which embedder to use: the built-in one, or a model of an endpoint."""

    model: str = BUILT_IN
    base_url: str | None = None
    api_key: str | None = None

    def __repr__(self) -> str:
        return f"EmbedderChoice(model={self.model!r}, base_url={self.base_url!r})"

    @property
    def name(self) -> str:
        """What a library remembers of the embedder it was made with."""
        from store.embedding.builtin import NAME

        return NAME if self.model == BUILT_IN else f"endpoint/{self.model}"


def create(choice: EmbedderChoice) -> ReadingEmbedder:
    """The embedder of `choice`, not yet loaded: the first text loads or calls it."""
    if choice.model == BUILT_IN:
        from store.embedding.builtin import BuiltInEmbedder

        return BuiltInEmbedder()
    from store.embedding.endpoint import EndpointEmbedder

    return EndpointEmbedder(choice.model, base_url=choice.base_url, api_key=choice.api_key)
