"""What an embedder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix: TypeAlias = NDArray[np.float32]
    Vector: TypeAlias = NDArray[np.float32]
else:
    Matrix = Vector = object


class WordVectors(NamedTuple):
    """The words of a text, in order, and what each means in its context."""

    words: tuple[str, ...]
    vectors: Matrix
    """Shape (len(words), dimensions), each row of length 1."""


class Embedder(Protocol):
    """Turns texts into unit vectors whose inner product is the similarity of the texts."""

    name: str
    batch_size: int
    """How many texts to give at once."""

    def embed(self, texts: Sequence[str]) -> Matrix:
        """A float32 matrix of shape (len(texts), dimensions), each row of length 1.

        Raises `EmbeddingFailed` where an endpoint does not answer.
        """
        ...


class ReadingEmbedder(Embedder, Protocol):
    """An embedder that tells what it makes of single words."""

    def read(self, texts: Sequence[str]) -> tuple[Matrix, list[WordVectors]]:
        """What `embed` returns, and the words of each text; theirs may be vectors of another model.

        Raises what `embed` raises.
        """
        ...
