"""Search in a large library. Texts are real listings; vectors are real ones with noise.

Embedding 200,000 abstracts takes over an hour and changes nothing about the time of a search,
so the vectors of a few hundred papers are repeated with noise. Only times are measured here.
"""

from __future__ import annotations

import gzip
import itertools
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from evals.corpora import questions as gold_questions
from store import indexing
from store.catalogue import Catalogue
from store.intake import Intake, Report
from store.library import Library
from store.paper import Problem, Record
from store.readers import read

EMBEDDED = 500
NOISE = 0.6
"""Standard deviation of the noise's length beside the vector's: neighbours stay neighbours."""


def print_table(listings: Path, papers: int) -> None:
    """Makes a library of `papers` papers and prints what searching it takes."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with Library(folder) as library:
            first = folder / "first.jsonl"
            with gzip.open(listings, "rt", encoding="utf-8") as lines:
                first.write_text("".join(itertools.islice(lines, EMBEDDED)), encoding="utf-8")
            library.add([first])
        began = time.perf_counter()
        _fill(folder, listings, papers)
        filled = time.perf_counter() - began
        with Library(folder) as library:
            library.finish()
            _measure(library, papers, filled)


def _fill(folder: Path, listings: Path, papers: int) -> None:
    catalogue = Catalogue(folder, read_only=False)
    wanted = papers - catalogue.count()
    Intake(catalogue, Report()).take_file("listings", _copies(listings, wanted), lambda _: None)
    known = indexing.unpacked(row[0] for row in catalogue.rows("SELECT vector FROM parts WHERE vector IS NOT NULL"))
    random = np.random.default_rng(0)
    rows = catalogue.rows("SELECT paper_id, part FROM parts WHERE vector IS NULL")
    for start in range(0, len(rows), 1000):
        some = rows[start : start + 1000]
        noise = random.normal(0, NOISE / np.sqrt(known.shape[1]), (len(some), known.shape[1]))
        vectors = known[random.integers(0, len(known), len(some))] + noise
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        with catalogue.transaction():
            catalogue.connection.executemany(
                "UPDATE parts SET vector = ? WHERE paper_id = ? AND part = ?",
                [(vector.astype(np.float16).tobytes(), *row) for vector, row in zip(vectors, some, strict=True)],
            )
    catalogue.close()


def _copies(listings: Path, count: int) -> Iterator[Record | Problem]:
    """`count` records, the listings over and over, each round under titles of its own."""
    made = 0
    for turn in itertools.count():
        for record in read(listings):
            if not isinstance(record, Record) or made == count:
                break
            made += 1
            fields = json.loads(record.to_json()) | {"title": f"{record.title} {turn}", "identifiers": {}}
            yield Record.from_json(json.dumps(fields), record.place)
        if made == count:
            return


def _measure(library: Library, papers: int, filled: float) -> None:
    questions = [question.text for question in gold_questions("arxiv-mixed")]
    library.search(questions[0])
    times = []
    for question in questions:
        began = time.perf_counter()
        library.search(question)
        times.append((time.perf_counter() - began) * 1000)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("\n| papers | search p50 | search p95 | peak memory | taking in the records |\n|---|---|---|---|---|")
    print(
        f"| {papers:,} | {statistics.median(times):.0f} ms | {statistics.quantiles(times, n=20)[-1]:.0f} ms "
        f"| {memory:,.0f} MB | {filled:.0f} s |"
    )
