"""Whether a paper speaks of what a question asks about, word by word, be it in other words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from store.embedding import WordVectors
from store.lexical import QueryWord
from store.text import STOPWORDS, terms


class Alignment(NamedTuple):
    """How much of a question has a counterpart in a paper that may say it in other words, from -1 to 1.

    For each word of the question, its highest cosine with any word of the paper: the late
    interaction of ColBERT (Khattab and Zaharia, 2020), here weighted.
    """

    mean: float
    """The mean, each word weighted by its idf."""
    least: float
    """That of the word which has the poorest counterpart."""


def alignment(asked: WordVectors, texts: Sequence[WordVectors], words: Sequence[QueryWord]) -> Alignment:
    """The alignment of a question with the texts of a paper, all taken together.

    Words of the question that are not in `words`, and so weigh nothing, and stop words, which
    have counterparts everywhere, are left out; 0 where none is left.
    """
    import numpy as np

    rarity = {word.stem: word.idf for word in words if word.word not in STOPWORDS}
    weights = np.array([max((rarity.get(stem, 0.0) for stem in terms(word)), default=0.0) for word in asked.words])
    read = [text.vectors for text in texts if text.words]
    counted = weights > 0
    if not read or not counted.any():
        return Alignment(0.0, 0.0)
    # Not by `@`: the threads that it starts may keep those of the embedder off the processor.
    best = np.einsum("ad,bd->ab", asked.vectors[counted], np.concatenate(read)).max(axis=1)
    return Alignment(float(best @ weights[counted] / weights[counted].sum()), float(best.min()))
