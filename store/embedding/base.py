"""What an embedder is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix: TypeAlias = NDArray[np.float32]
    Vector: TypeAlias = NDArray[np.float32]
else:
    Matrix = Vector = object


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
