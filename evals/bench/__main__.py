"""Prints the benchmark tables.

usage: python -m evals.bench [--data DIR] [--only retrieval|fusion|speed|model|screens|scale|contrast] [--papers N]

DIR holds scifact/corpus.jsonl and claims_train.jsonl, and arxiv/listings-30k.jsonl.gz. What
is not there is left out, and said.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

TABLES = ("retrieval", "fusion", "speed", "model", "screens", "scale", "contrast")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the benchmarks that are asked for and prints a table each."""
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description=__doc__)
    parser.add_argument("--data", type=Path, default=None, help="folder with scifact/ and arxiv/")
    parser.add_argument("--only", choices=TABLES, action="append", help="one table; scale and contrast only if named")
    parser.add_argument("--papers", type=int, default=30_000, help="size of the library for the scale table")
    options = parser.parse_args(arguments)
    wanted = options.only or ("speed", "model", "screens", "retrieval", "fusion")
    if "speed" in wanted:
        from evals.bench import speed

        speed.print_table(_needed(options.data, "arxiv/listings-30k.jsonl.gz"))
    if "model" in wanted:
        from evals.bench import model

        model.print_table()
    if "screens" in wanted:
        from evals.bench import screens

        screens.print_table()
    if "retrieval" in wanted or "fusion" in wanted:
        folder = _needed(options.data, "scifact")
        if folder:
            from evals.bench import retrieval

            retrieval.print_tables(folder, compare_fusions="fusion" in wanted)
    if "scale" in wanted:
        listings = _needed(options.data, "arxiv/listings-30k.jsonl.gz")
        if listings:
            from evals.bench import scale

            scale.print_table(listings, options.papers)
    if "contrast" in wanted:
        from evals.bench import contrast

        folder = _needed(options.data, "scifact")
        if folder:
            contrast.print_claims(folder)
        contrast.print_questions()


def _needed(data: Path | None, name: str) -> Path | None:
    path = data / name if data else None
    if path is None or not path.exists():
        print(f"left out: {name} (give the folder that holds it with --data DIR)", file=sys.stderr)
        return None
    return path


if __name__ == "__main__":
    main()
