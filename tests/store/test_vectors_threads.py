"""Several libraries of one folder in one process, each in a thread of its own, as the screens have them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from store.library import Library
from tests.conftest import Citeloom

GOEDEL = "Goedel-Prover: A Frontier Model for Open-Source Automated Theorem Proving"
QUESTION = "Who flies kites in strong wind?"


def test_many_threads_open_search_and_close_one_library_at_once(seed_folder: Path) -> None:
    starting = threading.Barrier(4)

    def use(_: int) -> str:
        starting.wait()
        with Library(seed_folder) as library:
            return library.search("Goedel-Prover open-source theorem proving").hits[0].paper.title or ""

    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            assert set(pool.map(use, range(4))) == {GOEDEL}


def test_what_another_process_added_is_found_while_a_second_library_of_this_one_is_open(
    tmp_path: Path, write_jsonl: Callable[..., Path], citeloom: Citeloom
) -> None:
    def papers(*topics: str) -> list[dict[str, Any]]:
        return [
            {"title": topic, "abstract": f"We study {topic} for years and count what comes of it."} for topic in topics
        ]

    folder = tmp_path / "library"
    with Library(folder) as writer:
        writer.add([write_jsonl(papers("ovens", "bells", "rivers"), "first.jsonl")])
    with Library(folder) as one, Library(folder) as other:
        one.search(QUESTION)
        other.search(QUESTION)
        more = write_jsonl(papers("kites in strong wind"), "second.jsonl")
        assert citeloom("--library", folder, "add", more).code == 0

        for library in (one, other):
            hit = library.search(QUESTION).hits[0]
            assert (hit.paper.title, hit.dense_rank) == ("kites in strong wind", 1)
