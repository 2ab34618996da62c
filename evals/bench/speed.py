"""The time of each operation beside its budget, and beside a baseline taken in the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import seeds
from evals.corpora import questions as gold_questions
from store.library import Library
from store.vectors import Vectors

REPEATS = 5
ADDED_LISTINGS = 1000
_RUN = "import sys; from agent.cli.app import main; sys.exit(main())"
QUESTION = "What success rate does Goedel-Prover reach on miniF2F?"


def print_table(listings: Path | None) -> None:
    """Measures on the seeds, and on the first listings of a file if there is one."""
    print("\n| operation | budget | measured | baseline |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        began = time.perf_counter()
        with Library(home / "library") as library:
            report = library.add([seeds.FOLDER])
        added = time.perf_counter() - began
        embedding = _embedder_alone(home)
        _row("adding the seeds from nothing", "15 s", f"{added:.1f} s", f"{embedding:.1f} s for the embedder alone")
        start = _process([sys.executable, "-c", "pass"], home)
        chroma = _process([sys.executable, "-c", "import chromadb"], home)
        _row("`citeloom --help`", "0.15 s", f"{_citeloom(['--help'], home):.2f} s", f"{start:.2f} s to start Python")
        library_option = ["--library", str(home / "library")]
        searching = _citeloom(["search", QUESTION, *library_option], home)
        _row("`citeloom search`, a fresh process", "1.5 s", f"{searching:.2f} s", f"{chroma:.2f} s to import Chroma")
        asking = _citeloom(["ask", QUESTION, *library_option], home)
        _row("`citeloom ask`, a fresh process", "2.5 s", f"{asking:.2f} s", f"{chroma:.2f} s to import Chroma")
        again = _citeloom(["add", str(seeds.FOLDER), *library_option], home)
        _row("adding the seeds again", "2 s", f"{again:.2f} s", f"{start:.2f} s to start Python")
        with Library(home / "library") as library:
            _warm_rows(library)
        assert len(report.added) > 0
        if listings:
            _listings_row(listings, home)


def _warm_rows(library: Library) -> None:
    from agent import quoting

    questions = [question.text for question in gold_questions("seeds")][:100]
    library.search(questions[0])
    searching = [_timed(partial(library.search, question)) for question in questions]
    plain = _plain_chroma(library, questions)
    _row("search, warm, p50 of 100 questions", "25 ms", _ms(searching), f"{_ms(plain)} for a plain Chroma query")
    asking = [_timed(partial(quoting.answer, library, question)) for question in questions]
    _row("`ask` in quote mode, warm, p50", "0.4 s", _ms(asking), f"{_ms(searching)} for the search in it")


def _plain_chroma(library: Library, questions: list[str]) -> list[float]:
    """Embedding the question and asking Chroma for the ten nearest: the least that any search costs."""
    from store.catalogue import Catalogue

    catalogue = Catalogue(library.folder, read_only=True)
    vectors = Vectors(library.folder, library_id=catalogue.fact("library_id") or "")
    held = catalogue.count()

    def query(question: str) -> None:
        vectors.nearest(library.embed([question])[0], 10, held=held)

    query(questions[0])
    return [_timed(partial(query, question)) for question in questions]


def _listings_row(listings: Path, home: Path) -> None:
    import gzip
    import itertools

    part = home / "listings.jsonl"
    with gzip.open(listings, "rt", encoding="utf-8") as lines:
        part.write_text("".join(itertools.islice(lines, ADDED_LISTINGS)), encoding="utf-8")
    with Library(home / "arxiv") as library:
        adding = _timed(lambda: library.add([part]))
        again = _timed(lambda: library.add([part]))
    _row(
        f"adding {ADDED_LISTINGS:,} arXiv listings",
        "",
        f"{adding:.1f} s",
        f"{ADDED_LISTINGS / adding:.0f} papers a second",
    )
    _row(f"adding {ADDED_LISTINGS:,} arXiv listings again", "", f"{again:.2f} s", "nothing embedded")


def _embedder_alone(home: Path) -> float:
    from store.intake import part_texts

    with Library(home / "library") as library:
        texts = [text for paper in library.papers() for text in part_texts(paper)]
        library.embed(texts[:8])
        return _timed(lambda: library.embed(texts))


def _citeloom(arguments: list[str], home: Path) -> float:
    return _process([sys.executable, "-c", _RUN, *arguments], home)


def _process(command: list[str], home: Path) -> float:
    """Seconds of the fastest of a few runs: what the machine can do, not what else it was doing."""
    environment = {**os.environ, "CITELOOM_HOME": str(home / "home")}

    def run() -> None:
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    return min(_timed(run) for _ in range(REPEATS))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _ms(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.0f} ms"


def _row(operation: str, budget: str, measured: str, baseline: str) -> None:
    print(f"| {operation} | {budget} | {measured} | {baseline} |", flush=True)
