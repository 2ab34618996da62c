"""Removed papers that come back: whole, under their keys, at their place, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store.errors import EmbeddingFailed, InputError
from store.library import Library
from store.scope import parse

WriteJsonl = Callable[..., Path]
CATS = {
    "title": "Felines",
    "abstract": "Cats sleep for most of the day. They hunt at night.",
    "authors": ["Ann Lee", "Bo Ek"],
    "date": "2024-02-11",
    "venue": "Journal of Cats",
    "categories": ["q-bio"],
    "identifiers": {"doi": "10.1000/cats", "pmid": "77"},
    "url": "https://example.org/cats",
    "has_code": True,
    "extra": {"comment": "12 pages"},
}
CATS_AGAIN = {
    **CATS,
    "abstract": "Cats sleep for nearly all of the day. They hunt at night, alone.",
    "venue": "Preprints",
}
BANKS = {"title": "Banking", "abstract": "Banks lend money to those who have some. They rarely hunt."}
BOATS = {"title": "Boating", "abstract": "Boats drift on rivers. A rudder steers them well enough."}


@pytest.fixture
def shelf(library: Library, write_jsonl: WriteJsonl) -> Library:
    """Three papers; the first is made of two records of different files."""
    library.add([write_jsonl([CATS, BANKS, BOATS], "one.jsonl"), write_jsonl([CATS_AGAIN], "two.jsonl")])
    return library


def everything(library: Library) -> list[dict[str, Any]]:
    return [paper.to_dict() for paper in library.papers()]


def test_a_restored_paper_is_what_it_was_at_the_place_where_it_was(shelf: Library) -> None:
    before = everything(shelf)
    assert before[0]["variants"]
    assert len(before[0]["sources"]) == 2

    removed = shelf.take_out(["lee2024felines", "boating"])
    assert shelf.keys() == ["banking"]
    restored = shelf.restore(removed)

    assert restored == ["lee2024felines", "boating"]
    assert everything(shelf) == before
    assert json.dumps(removed[0].paper.to_dict()) == json.dumps(before[0])


def test_a_restored_paper_is_found_by_words_by_meaning_and_by_scope(shelf: Library) -> None:
    shelf.restore(shelf.take_out(["lee2024felines"]))

    assert shelf.check_index() is None
    assert shelf.pending() == 0
    assert shelf.search("how long do cats sleep?").hits[0].paper.key == "lee2024felines"
    assert shelf.search("kittens at rest").hits[0].dense_rank == 1
    assert shelf.keys(parse("venue:cats year:2024")) == ["lee2024felines"]


def test_nothing_is_embedded_again_for_a_restored_paper(shelf: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    removed = shelf.take_out(["lee2024felines"])
    monkeypatch.setattr(shelf._embedder, "embed", lambda _texts: pytest.fail("it was embedded again"))

    assert shelf.restore(removed) == ["lee2024felines"]
    assert shelf.check_index() is None


def test_adding_the_files_again_after_a_restore_finds_nothing_new(shelf: Library, tmp_path: Path) -> None:
    shelf.restore(shelf.take_out(["lee2024felines", "banking"]))
    before = everything(shelf)

    report = shelf.add([tmp_path / "one.jsonl", tmp_path / "two.jsonl"])

    assert not report.added
    assert not report.updated
    assert everything(shelf) == before


def test_a_paper_that_a_file_brought_back_is_not_restored_a_second_time(shelf: Library, tmp_path: Path) -> None:
    removed = shelf.take_out(["lee2024felines", "banking"])
    shelf.add([tmp_path / "one.jsonl"])

    assert shelf.restore(removed) == []
    assert sorted(shelf.keys()) == ["banking", "boating", "lee2024felines"]


def test_removing_again_what_was_restored_leaves_nothing_behind(shelf: Library) -> None:
    for _ in range(2):
        removed = shelf.take_out(["lee2024felines"])
        shelf.restore(removed)
    shelf.remove(["lee2024felines"])

    assert shelf.get("lee2024felines") is None
    assert "lee2024felines" not in {hit.paper.key for hit in shelf.search("cats").hits}
    assert shelf.check_index() is None


def test_papers_of_another_library_are_refused(shelf: Library, tmp_path: Path) -> None:
    removed = shelf.take_out(["banking"])
    with Library(tmp_path / "other") as other:
        other.add([tmp_path / "two.jsonl"])
        with pytest.raises(InputError) as raised:
            other.restore(removed)
        assert raised.value.hint
        assert other.keys() == ["lee2024felines"]


def test_what_was_removed_is_handed_out_even_if_the_index_cannot_be_brought_up(
    shelf: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with Library(shelf.folder, notice=said.append) as other:

        def refuse(*_: object) -> None:
            raise EmbeddingFailed("the endpoint did not answer")

        with monkeypatch.context() as broken:
            broken.setattr("store.indexing.bring_up", refuse)
            removed = other.take_out(["banking"])
        assert "the endpoint did not answer" in "".join(said)
        assert other.restore(removed) == ["banking"]
        assert other.check_index() is None


def test_the_keys_of_a_scope_come_in_the_order_of_the_papers(shelf: Library) -> None:
    assert shelf.keys() == ["lee2024felines", "banking", "boating"]
    assert shelf.keys(parse("source:two")) == ["lee2024felines"]
    assert shelf.keys(parse("year:1999")) == []
