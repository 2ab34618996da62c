"""Brings the vector index up to the catalogue: embeds what is new, drops what is gone.

Each step is marked in the catalogue after it is done, so a run that was killed is
finished by the next one, and nothing is embedded twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from store.catalogue import Catalogue
from store.embedding import Embedder, Matrix
from store.errors import EmbedderMismatch
from store.intake import part_texts
from store.vectors import PartId, Vectors

BYTES = 2
"""Of a stored number: float16."""
CHUNK = 64
"""Texts a step: what a kill can cost at most."""


def pending(catalogue: Catalogue) -> int:
    """How many texts the vector index does not hold yet."""
    return int(catalogue.value("SELECT count(*) FROM parts WHERE NOT indexed"))


def held(catalogue: Catalogue) -> int:
    """How many texts the vector index should hold."""
    return int(catalogue.value("SELECT count(*) FROM parts WHERE indexed"))


def bring_up(catalogue: Catalogue, vectors: Vectors, embedder: Embedder, progress: Callable[[int], None]) -> int:
    """Indexes every pending text; returns how many had to be embedded. Needs the writer's lock."""
    _drop_orphans(catalogue, vectors)
    embedded = 0
    while rows := catalogue.rows(
        "SELECT paper_id, part, vector FROM parts WHERE NOT indexed ORDER BY paper_id, part LIMIT ?", (CHUNK,)
    ):
        new = [PartId(row["paper_id"], row["part"]) for row in rows if row["vector"] is None]
        if new:
            _embed(catalogue, embedder, new)
            embedded += len(new)
        ids = [PartId(row["paper_id"], row["part"]) for row in rows]
        vectors.upsert(ids, stored_vectors(catalogue, ids))
        with catalogue.transaction():
            catalogue.connection.executemany("UPDATE parts SET indexed = 1 WHERE paper_id = ? AND part = ?", ids)
            catalogue.advance_generation()
        progress(len(rows))
    return embedded


def without_vector(catalogue: Catalogue) -> int:
    """How many texts are still to be embedded."""
    return int(catalogue.value("SELECT count(*) FROM parts WHERE vector IS NULL"))


def mark_all_pending(catalogue: Catalogue, *, new_embedder: str | None = None) -> None:
    """Makes the next `bring_up` fill an empty index, embedding anew where there is a new embedder."""
    with catalogue.transaction():
        catalogue.connection.execute("UPDATE parts SET indexed = 0")
        catalogue.connection.execute("DELETE FROM orphans")
        if new_embedder:
            catalogue.remember("embedder", new_embedder)
            catalogue.connection.execute("UPDATE parts SET vector = NULL")
        catalogue.advance_generation()


def stored_vectors(catalogue: Catalogue, ids: Sequence[PartId]) -> Matrix:
    """The vectors of these parts from the catalogue, one a row, in order."""
    found: dict[PartId, bytes] = {}
    for start in range(0, len(ids), 400):
        some = ids[start : start + 400]
        marks = ",".join(["(?, ?)"] * len(some))
        rows = catalogue.rows(
            f"SELECT paper_id, part, vector FROM parts WHERE (paper_id, part) IN (VALUES {marks})",
            [number for part in some for number in part],
        )
        found.update((PartId(row["paper_id"], row["part"]), row["vector"]) for row in rows)
    return unpacked(found[part] for part in ids)


def unpacked(blobs: Iterable[bytes]) -> Matrix:
    """Vectors as the catalogue keeps them (float16) as a float32 matrix, one a row."""
    import numpy as np

    rows: list[Any] = [np.frombuffer(blob, dtype=np.float16) for blob in blobs]
    return np.stack(rows).astype(np.float32) if rows else np.empty((0, 0), dtype=np.float32)


def _embed(catalogue: Catalogue, embedder: Embedder, parts: Sequence[PartId]) -> None:
    import numpy as np

    papers = catalogue.papers(sorted({part.paper for part in parts}))
    vectors = embedder.embed([part_texts(papers[part.paper])[part.part] for part in parts])
    packed = vectors.astype(np.float16)
    known = catalogue.value("SELECT length(vector) FROM parts WHERE vector IS NOT NULL LIMIT 1")
    if known and known != packed.shape[1] * BYTES:
        raise EmbedderMismatch(
            f"the embedder {embedder.name} now gives {packed.shape[1]} dimensions, the library has others",
            "run `citeloom doctor --rebuild` to index it anew, or set the embedder back",
        )
    with catalogue.transaction():
        catalogue.connection.executemany(
            "UPDATE parts SET vector = ? WHERE paper_id = ? AND part = ?",
            [(row.tobytes(), *part) for row, part in zip(packed, parts, strict=True)],
        )


def _drop_orphans(catalogue: Catalogue, vectors: Vectors) -> None:
    orphans = [PartId(row["paper_id"], row["part"]) for row in catalogue.rows("SELECT paper_id, part FROM orphans")]
    if not orphans:
        return
    vectors.delete(orphans)
    with catalogue.transaction():
        catalogue.connection.executemany("DELETE FROM orphans WHERE paper_id = ? AND part = ?", orphans)
        catalogue.advance_generation()
