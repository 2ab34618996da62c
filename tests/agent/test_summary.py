"""Topic summaries in quote mode: every part is there, every claim is a stored sentence, nothing depends on chance."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.answer import Claim
from agent.summary import themes
from agent.summary.gather import gather
from agent.summary.making import summarize
from agent.summary.values import OTHER, SCHEMA, Summary
from agent.summary.writer import LEADING
from store import sentences
from store.errors import EmptyScope, LibraryError
from store.library import Library
from store.scope import parse

TOPICS = ("autoformalization", "process reward models", "sample complexity of offline reinforcement learning")
FOREIGN = ("protein folding", "PET plastic degradation by enzymes", "climate change", "quantum computing")


@pytest.fixture(scope="module")
def summaries(seed_folder: Path) -> list[Summary]:
    with Library(seed_folder) as library:
        return [asyncio.run(summarize(library, topic)) for topic in TOPICS]


@pytest.fixture
def of_rows(library: Library, write_jsonl: Callable[..., Path]) -> Callable[..., Summary]:
    """The summary of a small library, made of these papers, on zeppelins."""

    def make(*rows: dict[str, Any]) -> Summary:
        library.add([write_jsonl(list(rows))])
        return asyncio.run(summarize(library, "zeppelin navigation"))

    return make


def zeppelin(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "title": f"Zeppelin Navigation {number}",
        "abstract": f"Zeppelin navigation is the task of steering airships. We propose helm {number} for zeppelin "
        f"navigation. It reduces drift by {number + 10}% in experiments over the Alps.",
        **fields,
    }


def claims_of(summary: Summary) -> list[Claim]:
    assert summary.claims
    return list(summary.claims)


def test_a_covered_topic_has_every_part(summaries: list[Summary]) -> None:
    for summary in summaries:
        assert not summary.abstained
        assert summary.overview is not None
        assert 1 <= len(summary.sections) <= themes.MOST_THEMES + 1
        assert all(section.blocks for section in summary.sections)
        assert summary.table is not None
        assert summary.table.rows
        assert summary.open_questions is not None
        assert summary.open_questions.blocks
        assert summary.timeline
        assert summary.references


def test_every_quotation_is_byte_identical_to_what_is_stored(summaries: list[Summary], seed_library: Library) -> None:
    for claim in (claim for summary in summaries for claim in claims_of(summary)):
        (citation,) = claim.citations
        paper = seed_library.get(citation.key)
        assert paper is not None
        assert citation.quote == paper.abstract[citation.start : citation.end]
        assert citation.sha256 == paper.sha256
        assert sentences.split(paper.abstract)[citation.sentence - 1].text == citation.quote
        assert claim.text in citation.quote


def test_sections_quote_whole_sentences_of_the_paper_that_they_name(summaries: list[Summary]) -> None:
    for summary in summaries:
        for block in (block for section in summary.sections for block in section.blocks):
            for claim in block.claims:
                assert claim.text == claim.citations[0].quote
                assert claim.citations[0].number == block.about


def test_every_mark_resolves_to_a_reference(summaries: list[Summary]) -> None:
    for summary in summaries:
        cited = {(item.number, item.key) for claim in claims_of(summary) for item in claim.citations}
        assert cited == {(item.number, item.paper.key) for item in summary.references}


def test_every_relevant_paper_is_cited_or_listed_as_uncited(summaries: list[Summary]) -> None:
    for summary in summaries:
        numbers = [item.number for item in (*summary.references, *summary.uncited)]
        assert sorted(numbers) == list(range(1, summary.coverage.relevant + 1))
        in_sections = [number for section in summary.sections for number in section.papers]
        assert sorted(in_sections) == sorted(numbers)


def test_no_sentence_is_quoted_twice_outside_the_table(summaries: list[Summary]) -> None:
    for summary in summaries:
        assert summary.overview is not None
        assert summary.open_questions is not None
        parts = (summary.overview, *summary.sections, summary.open_questions)
        quoted = [claim.text for part in parts for claim in part.claims]
        assert len(set(quoted)) == len(quoted)


def test_the_coverage_figures_are_those_of_the_summary(summaries: list[Summary]) -> None:
    for summary in summaries:
        cover = summary.coverage
        assert cover.library == 433
        assert cover.cited == len(summary.references)
        assert cover.relevant == cover.cited + len(summary.uncited)
        assert cover.relevant <= cover.looked_at <= cover.library
        assert cover.dated == sum(len(numbers) for numbers in summary.timeline.values())


def test_the_seeds_on_autoformalization_are_found_and_nothing_foreign(summaries: list[Summary]) -> None:
    titles = {paper.label for paper in summaries[0].papers.values()}
    assert "Autoformalization with Large Language Models" in titles
    assert "ProofNet: Autoformalizing and Formally Proving Undergraduate-Level Mathematics" in titles
    assert "Lean Workbook: A large-scale Lean problem set formalized from natural language math problems" in titles
    assert len(titles) >= 15
    for title in titles:
        assert any(word in title.lower() for word in ("formal", "prov", "theorem", "lean", "math")), title


@pytest.mark.parametrize("topic", FOREIGN)
def test_a_topic_that_the_library_does_not_cover_is_an_abstention_with_the_nearest_papers(
    seed_library: Library, topic: str
) -> None:
    summary = asyncio.run(summarize(seed_library, topic))

    assert summary.abstained
    assert not summary.claims
    assert not summary.references
    assert not summary.sections
    assert len(summary.nearest) == 3


def test_a_topic_of_which_no_paper_holds_all_words_comes_with_a_warning(summaries: list[Summary]) -> None:
    assert summaries[2].coverage.in_its_words == 0
    assert any("every word of the topic" in warning for warning in summaries[2].warnings)
    assert not summaries[0].warnings


def test_the_same_library_gives_the_same_summary(summaries: list[Summary], seed_library: Library) -> None:
    for topic, summary in zip(TOPICS, summaries, strict=True):
        again = asyncio.run(summarize(seed_library, topic))
        assert replace(again, timings={}) == replace(summary, timings={})


def test_themes_do_not_depend_on_the_order_in_which_papers_were_found(seed_library: Library) -> None:
    gathered = gather(seed_library, "process reward models")
    expected = [theme.papers for theme in themes.group(gathered.papers)]
    for seed in range(5):
        mixed = list(gathered.papers)
        random.Random(seed).shuffle(mixed)
        assert [[item.paper.key for item in theme.papers] for theme in themes.group(mixed)] == [
            [item.paper.key for item in papers] for papers in expected
        ]


def test_no_theme_but_the_rest_has_one_paper(summaries: list[Summary]) -> None:
    for section in (section for summary in summaries for section in summary.sections):
        assert len(section.papers) > 1 or section.title == OTHER


def test_no_two_themes_have_the_same_name_or_share_a_term(summaries: list[Summary]) -> None:
    for summary in summaries:
        terms = [term.lower() for section in summary.sections for term in section.title.split(", ")]
        assert len(set(terms)) == len(terms)


def test_a_section_writes_of_its_leading_papers_only(summaries: list[Summary]) -> None:
    for section in (section for summary in summaries for section in summary.sections):
        assert len(section.blocks) <= LEADING
        assert [block.about for block in section.blocks] == [
            number for number in section.papers if number in {block.about for block in section.blocks}
        ]


def test_a_scope_narrows_the_summary(seed_library: Library) -> None:
    summary = asyncio.run(summarize(seed_library, "process reward models", parse("year:2024")))

    assert summary.scope == "year:2024"
    assert {paper.year for paper in summary.papers.values()} == {2024}


def test_a_scope_without_papers_is_refused(seed_library: Library) -> None:
    with pytest.raises(EmptyScope):
        asyncio.run(summarize(seed_library, "process reward models", parse("year:1850")))


@pytest.mark.parametrize("topic", ["", "  ", "?!"])
def test_an_empty_topic_is_refused(seed_library: Library, topic: str) -> None:
    with pytest.raises(LibraryError):
        asyncio.run(summarize(seed_library, topic))


def test_a_summary_survives_its_json(summaries: list[Summary]) -> None:
    for summary in summaries:
        content = json.loads(json.dumps(summary.to_dict()))
        papers = {paper.key: paper for paper in summary.papers.values()}
        assert content["schema"] == SCHEMA == "citeloom.summary/1"
        assert Summary.from_dict(content, papers) == summary


def test_an_abstention_survives_its_json(seed_library: Library) -> None:
    summary = asyncio.run(summarize(seed_library, "protein folding"))
    papers = {paper.key: paper for paper in summary.nearest}
    assert Summary.from_dict(json.loads(json.dumps(summary.to_dict())), papers) == summary


def test_one_paper_makes_one_theme(of_rows: Callable[..., Summary]) -> None:
    summary = of_rows(zeppelin(1))

    assert [section.papers for section in summary.sections] == [(1,)]
    assert summary.coverage.relevant == summary.coverage.cited == 1
    assert summary.sections[0].claims[0].text == "We propose helm 1 for zeppelin navigation."


def test_two_papers_make_one_theme(of_rows: Callable[..., Summary]) -> None:
    summary = of_rows(zeppelin(1), zeppelin(2, year=2001))

    assert [sorted(section.papers) for section in summary.sections] == [[1, 2]]
    assert list(summary.timeline) == [2001]


def test_a_library_about_one_thing_covers_it_though_a_word_of_the_topic_is_nowhere(
    library: Library, write_jsonl: Callable[..., Path]
) -> None:
    library.add([write_jsonl([zeppelin(number) for number in range(9)])])
    summary = asyncio.run(summarize(library, "zeppelin navigation approaches"))

    assert not summary.abstained
    assert summary.coverage.relevant == 9


def test_abstracts_of_endless_words_stops_and_brackets_are_summarized(of_rows: Callable[..., Summary]) -> None:
    endless = (
        "a" * 60_000,
        "." * 2_000,
        "(A" * 30_000,
        "1," * 30_000,
        "on AAAa" * 8_000,
        "$" * 60_000,
        "we " * 20_000,
    )
    summary = of_rows(*(zeppelin(at, abstract=f"{zeppelin(at)['abstract']} {text}") for at, text in enumerate(endless)))

    assert summary.coverage.looked_at == len(endless)
    assert summary.claims


def test_papers_without_dates_leave_the_timeline_empty(of_rows: Callable[..., Summary]) -> None:
    summary = of_rows(*(zeppelin(number) for number in range(8)))

    assert summary.timeline == {}
    assert summary.coverage.dated == 0
    assert summary.coverage.relevant == 8


def test_cells_are_not_stated_where_the_abstract_says_nothing(of_rows: Callable[..., Summary]) -> None:
    summary = of_rows(zeppelin(3, abstract="We propose a rudder for zeppelin navigation that never jams at all."))

    assert summary.table is not None
    (row,) = summary.table.rows
    assert row.cells[0] is not None
    assert row.cells[1:] == (None, None, None)
