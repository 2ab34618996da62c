"""The five seed files as one library."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.library import Library
from store.text import title_key
from tests.store.test_page_dumps import at, lines_of


def test_the_seeds_are_433_distinct_papers(seed_library: Library) -> None:
    titles = {title_key(paper.title) for paper in seed_library.papers()}

    assert seed_library.count() == 433
    assert len(titles) == 433
    assert "" not in titles


def test_a_labelled_abstract_finds_its_titled_paper_and_keeps_its_other_wording(seed_library: Library) -> None:
    papers = {
        source.place: paper for paper in seed_library.papers() for source in paper.sources if "000_" in source.path
    }

    assert len(papers) == 10
    for line, listed_at in ((6, 90), (8, 72), (7, 87)):
        assert papers[f"line {line}"].abstract == lines_of("001")[listed_at]
    for line in (6, 8):
        assert papers[f"line {line}"].variants == (at("000", line).abstract,)


def test_nearly_equal_abstracts_of_two_titles_stay_two_papers(seed_library: Library) -> None:
    found = [
        paper.abstract
        for paper in seed_library.papers()
        if paper.abstract in (lines_of("003")[64], lines_of("003")[174])
    ]

    assert len(found) == 2


@pytest.mark.parametrize(
    "title", ["ART:", "The ART of LLM Refinement", "REFINER", "REFER", "Step-DPO", "Full-Step-DPO"]
)
def test_look_alike_short_names_stay_apart(seed_library: Library, title: str) -> None:
    assert sum((paper.title or "").startswith(title) for paper in seed_library.papers()) == 1


def test_a_paper_of_several_dumps_has_the_facts_of_all(seed_library: Library) -> None:
    (paper,) = [paper for paper in seed_library.papers() if "Why think step by step" in (paper.title or "")]

    assert {Path(source.path).name[:3] for source in paper.sources} == {"002", "003", "004"}
    assert paper.date is not None
    assert paper.author_count is not None


def test_25_papers_stand_in_more_than_one_dump(seed_library: Library) -> None:
    counts = [len(paper.sources) for paper in seed_library.papers()]

    assert sum(counts) == 461
    assert sum(count > 1 for count in counts) == 25
