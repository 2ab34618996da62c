"""Public sets, read from the files that a user has, as papers and gold."""

from __future__ import annotations

from difflib import get_close_matches

from agent.errors import UsageError
from evals.adapters import beir, bioasq, litsearch, pubmedqa, scholarqa, scifact
from evals.adapters.base import Dataset

DATASETS: tuple[Dataset, ...] = (
    scifact.DATASET,
    beir.DATASET,
    pubmedqa.DATASET,
    scholarqa.DATASET,
    litsearch.DATASET,
    bioasq.DATASET,
)

__all__ = ["DATASETS", "Dataset", "named"]


def named(name: str) -> Dataset:
    """The set of this name; raises `UsageError`, which offers the nearest one, where there is none."""
    known = {dataset.name: dataset for dataset in DATASETS}
    if name.casefold() in known:
        return known[name.casefold()]
    near = get_close_matches(name.casefold(), known, n=1, cutoff=0.5)
    raise UsageError(
        f"there is no format {name!r}", f"did you mean {near[0]}?" if near else f"choose one of {', '.join(known)}"
    )
