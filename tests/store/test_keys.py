"""Citation keys: given once, never changed, never given to another paper; and what else is never lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from store import readers
from store.catalogue import Catalogue
from store.keys import letters as key_letters
from store.library import Library
from tests.store.test_intake import MARKETS, NEURONS, REVISED, MakeRecord, all_papers, keys_of, remove, take


def test_a_key_names_author_year_and_the_first_telling_word(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(title="On the Firing of Cells", authors=("Ann Lee",), date="2024-05")])

    assert keys_of(catalogue) == ["lee2024firing"]


def test_a_key_stays_when_a_later_listing_knows_more(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(title="Firing cells")])
    before = keys_of(catalogue)
    take(catalogue, [make_record(title="Firing cells", authors=("Ann Lee",), date="2024-05")], "two.jsonl")

    assert keys_of(catalogue) == before == ["firing"]


def test_papers_of_one_stem_get_letters(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(f"thing {n}", title=f"Firing {n}") for n in range(28)])

    assert keys_of(catalogue) == ["firing", *(f"firing{chr(code)}" for code in range(ord("b"), ord("z") + 1)), *AFTER_Z]


AFTER_Z = ["firingaa", "firingab"]


@pytest.mark.parametrize(("ordinal", "letters"), [(0, ""), (1, "b"), (25, "z"), (26, "aa"), (51, "az"), (52, "ba")])
def test_letters_go_on_after_z(ordinal: int, letters: str) -> None:
    assert key_letters(ordinal) == letters


def test_a_removed_paper_that_comes_back_has_its_key_again(catalogue: Catalogue, make_record: MakeRecord) -> None:
    records = [make_record(topic, title=f"Firing {topic}") for topic in ("cells", "guns", "staff")]
    take(catalogue, records)
    before = {paper.title: paper.key for paper in all_papers(catalogue)}
    remove(catalogue, "firing")
    remove(catalogue, "firingb")

    take(catalogue, [records[1]], "elsewhere.jsonl")
    take(catalogue, records)

    assert {paper.title: paper.key for paper in all_papers(catalogue)} == before


def test_a_removed_paper_has_its_key_again_though_another_listing_brings_it_back(
    catalogue: Catalogue, make_record: MakeRecord
) -> None:
    take(catalogue, [make_record(title="Firing cells")])
    remove(catalogue, "firing")
    take(catalogue, [make_record(title="Firing cells", authors=("Ann Lee",), date="2024-05")], "two.jsonl")

    assert keys_of(catalogue) == ["firing"]


def test_a_removed_paper_has_its_key_again_though_it_came_without_a_title_first(
    catalogue: Catalogue, make_record: MakeRecord
) -> None:
    bare, titled = make_record(abstract=NEURONS), make_record(title="Why cells fire", abstract=NEURONS)
    take(catalogue, [bare], "bare.txt")
    take(catalogue, [titled], "titled.jsonl")
    [key] = keys_of(catalogue)
    remove(catalogue, key)

    take(catalogue, [titled], "titled.jsonl")
    take(catalogue, [bare], "bare.txt")

    assert keys_of(catalogue) == [key]


def test_a_removed_papers_key_is_never_given_to_another(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(title="Firing cells", abstract=NEURONS)])
    remove(catalogue, "firing")
    take(catalogue, [make_record(title="Firing staff", abstract=MARKETS)])

    assert keys_of(catalogue) == ["firingb"]


def test_a_removed_papers_key_is_not_given_to_another_of_the_same_title(
    catalogue: Catalogue, make_record: MakeRecord
) -> None:
    take(catalogue, [make_record(title="Editorial", abstract=NEURONS, identifiers={"doi": "10.1/a"})])
    remove(catalogue, "editorial")
    take(catalogue, [make_record(title="Editorial", abstract=MARKETS, identifiers={"doi": "10.1/b"})], "two.jsonl")

    assert keys_of(catalogue) != ["editorial"]


def test_an_exported_library_read_back_has_the_same_papers_under_the_same_keys(
    catalogue: Catalogue, make_record: MakeRecord, tmp_path: Path
) -> None:
    take(catalogue, [make_record(title="Firing cells", abstract=NEURONS), make_record(title="Firing staff")])
    take(catalogue, [make_record(abstract=REVISED)], "bare.txt")
    take(catalogue, [make_record(title="Firing cells", authors=("Ann Lee",), date="2024")], "two.jsonl")
    exported = [paper.to_dict() for paper in all_papers(catalogue)]
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(json.dumps(paper) for paper in reversed(exported)), encoding="utf-8")
    (tmp_path / "other").mkdir()
    other = Catalogue(tmp_path / "other", read_only=False)

    take(other, readers.read(path), str(path))

    read_back = {paper.key: paper.to_dict() | {"sources": []} for paper in all_papers(other)}
    other.close()
    assert read_back == {paper["key"]: paper | {"sources": []} for paper in exported}


def test_a_file_that_breaks_off_takes_nothing_away(library: Library, write_jsonl: Callable[..., Path]) -> None:
    plain = {"title": "Kites in the wind", "abstract": "We fly kites in the wind and measure how far they go."}
    full = {**plain, "authors": ["Ann Lee"], "doi": "10.1000/kites"}
    path = write_jsonl([plain, full])
    library.add([path])

    path.write_text(path.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    library.add([path])

    (paper,) = library.papers()
    assert paper.authors == ("Ann Lee",)
    assert paper.identifiers["doi"] == "10.1000/kites"


def test_a_second_venue_is_kept_beside_the_first(library: Library, write_jsonl: Callable[..., Path]) -> None:
    paper = {"title": "Kites in the wind", "abstract": "We fly kites in the wind and measure how far they go."}
    library.add(
        [write_jsonl([{**paper, "venue": "arXiv"}], "a.jsonl"), write_jsonl([{**paper, "venue": "NeurIPS"}], "b.jsonl")]
    )

    (merged,) = library.papers()
    assert (merged.venue, merged.extra["venue2"]) == ("arXiv", "NeurIPS")
