"""Groups gathered papers into themes, and names them by characteristic terms.

Ward's hierarchical clustering of the papers' vectors, the topic that they share taken away;
the number of themes is the one with the best silhouette (Rousseeuw, 1987). Nothing depends on
chance, nor on the order in which the papers were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from agent.summary import naming
from agent.summary.gather import Gathered, Relevant
from agent.summary.values import OTHER
from store.text import terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from store.embedding import Matrix

    Labels: TypeAlias = NDArray[np.int64]

MOST_THEMES = 8
LEAST_TO_PART = 6
"""Fewer papers make one theme."""
_PAPERS_A_THEME = 3
"""On average at least; else themes are too small to say anything."""
_TERMS_A_NAME = 3
_MISPLACED = -0.02
"""A paper with a lower silhouette lies closer to another theme than to its own."""
_NEAR = 0.6
"""A paper that is less similar to every theme's mean belongs to none."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Papers that belong together, the most relevant first."""

    papers: tuple[Relevant, ...]
    is_rest: bool = False
    """True of the papers that belong to no theme."""

    @property
    def first_year(self) -> int:
        """The earliest year that is known, or a year after all."""
        return min((item.paper.year for item in self.papers if item.paper.year is not None), default=9999)


def group(papers: Sequence[Relevant]) -> list[Theme]:
    """The themes of `papers`: the largest first, then the earliest; what belongs to none comes last."""
    ordered = sorted(papers, key=lambda item: item.paper.key)
    if len(ordered) < LEAST_TO_PART:
        return [_theme(ordered)] if ordered else []
    labels = _labels(ordered)
    groups: dict[int, list[Relevant]] = {}
    for label, item in zip(labels, ordered, strict=True):
        groups.setdefault(label, []).append(item)
    themes = [_theme(own) for own in groups.values() if len(own) > 1]
    rest = [item for own in groups.values() if len(own) == 1 for item in own]
    themes.sort(key=lambda theme: (-len(theme.papers), theme.first_year, theme.papers[0].paper.key))
    return [*themes, _theme(rest, is_rest=True)] if rest else themes


def characteristic_names(gathered: Gathered, themes: Sequence[Theme]) -> tuple[str, ...]:
    """A name for each theme: the terms that set it apart from the other themes, and from what is not relevant."""
    topic = frozenset(stem for way in gathered.variants for stem in terms(way))
    background = [naming.of_paper(paper) for paper in gathered.others]
    vocabularies = [[naming.of_paper(item.paper) for item in theme.papers] for theme in themes]
    taken: set[naming.Term] = set()
    names = []
    for at, (theme, inside) in enumerate(zip(themes, vocabularies, strict=True)):
        others = [paper for place, group in enumerate(vocabularies) if place != at for paper in group]
        ranked = naming.characteristic(inside, [others, background], unwanted=topic)
        chosen = naming.pick(ranked, _TERMS_A_NAME, taken)
        taken.update(chosen)
        name = ", ".join(naming.shown(term, inside) for term in chosen)
        names.append(OTHER if theme.is_rest or not name else name[0].upper() + name[1:])
    return tuple(names)


def _theme(papers: Sequence[Relevant], *, is_rest: bool = False) -> Theme:
    return Theme(tuple(sorted(papers, key=lambda item: (-item.relevance, item.paper.key))), is_rest)


def _labels(papers: Sequence[Relevant]) -> list[int]:
    """The theme of each paper, as a number; a paper that fits none has a number of its own."""
    import numpy as np
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics import silhouette_samples

    vectors = _centred(np.stack([item.vector for item in papers]))
    if len({row.tobytes() for row in vectors}) < LEAST_TO_PART:
        return [0] * len(papers)
    most = min(MOST_THEMES, len(papers) // _PAPERS_A_THEME)
    best, labels, fits = -2.0, np.zeros(len(papers), dtype=int), np.zeros(len(papers))
    for count in range(2, most + 1):
        tried = AgglomerativeClustering(n_clusters=count, linkage="ward").fit_predict(vectors)
        own = silhouette_samples(vectors, tried)
        if round(float(own.mean()), 6) > best:
            best, labels, fits = round(float(own.mean()), 6), tried, own
    return _resettled(np.stack([item.vector for item in papers]), labels, fits)


def _resettled(vectors: Matrix, labels: Labels, fits: NDArray[np.float64]) -> list[int]:
    """The labels, those that fit badly or stand alone moved to the nearest theme, or to a number of their own."""
    import numpy as np

    sizes = np.bincount(labels)
    settled = (fits >= _MISPLACED) & (sizes[labels] > 1)
    kept = [int(label) for label in np.unique(labels[settled])]
    if not kept:
        return [0] * len(labels)
    centres = np.stack([vectors[settled & (labels == label)].mean(axis=0) for label in kept])
    nearness = vectors @ (centres / np.linalg.norm(centres, axis=1, keepdims=True)).T
    found = []
    for at, is_settled in enumerate(settled):
        nearest = int(np.argmax(np.round(nearness[at], 5)))
        is_near = float(nearness[at, nearest]) >= _NEAR
        found.append(int(labels[at]) if is_settled else kept[nearest] if is_near else len(sizes) + at)
    return found


def _centred(vectors: Matrix) -> Matrix:
    """Unit vectors of what sets each paper apart from the mean of all."""
    import numpy as np

    apart = vectors - vectors.mean(axis=0)
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    unit: Matrix = apart / np.maximum(lengths, 1e-9)
    return np.round(unit, 5)
