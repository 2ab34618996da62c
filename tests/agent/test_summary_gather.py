"""Gathering: other ways to say a topic, saturation, limits, and what belongs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.summary import naming, variants
from agent.summary.gather import MOST_PAPERS, MOST_SEARCHES, PATIENCE, gather
from agent.summary.values import Searched
from store.catalogue import FILE_NAME
from store.library import Library
from store.paper import Paper


def paper(abstract: str, title: str | None = None) -> Paper:
    return Paper(key="k", title=title, abstract=abstract)


def test_searching_ends_when_it_brings_nothing_new(seed_library: Library) -> None:
    told: list[object] = []
    gathered = gather(seed_library, "process reward models", listener=told.append)

    counts = [event.relevant for event in told if isinstance(event, Searched)]
    assert gathered.saturated
    assert len(counts) > PATIENCE
    assert counts == sorted(counts)
    assert len(set(counts[-PATIENCE:])) == 1
    assert counts[-1] == len(gathered.papers)


def test_own_words_of_the_first_papers_find_more_than_the_topic_alone(seed_library: Library) -> None:
    told: list[object] = []
    gathered = gather(seed_library, "autoformalization", listener=told.append)

    first = next(event for event in told if isinstance(event, Searched))
    assert first.relevant < len(gathered.papers)


def test_no_topic_takes_more_searches_or_papers_than_the_limits(seed_library: Library) -> None:
    for topic in ("reasoning", "large language models", "learning"):
        gathered = gather(seed_library, topic)
        assert gathered.searches <= MOST_SEARCHES
        assert len(gathered.papers) <= MOST_PAPERS


def test_papers_beyond_the_limit_are_counted_and_not_said_to_be_irrelevant(
    library: Library, write_jsonl: Callable[..., Path]
) -> None:
    rows = [
        {"title": f"Zeppelin navigation {number}", "abstract": f"Zeppelin navigation over region {number} is studied."}
        for number in range(MOST_PAPERS + 40)
    ]
    library.add([write_jsonl(rows)])
    gathered = gather(library, "zeppelin navigation")

    assert len(gathered.papers) == MOST_PAPERS
    assert gathered.beyond_limit > 0
    assert gathered.looked_at == len(gathered.papers) + len(gathered.others) + gathered.beyond_limit
    assert gathered.searches <= MOST_SEARCHES


def test_an_abbreviation_finds_what_its_long_form_finds(seed_library: Library) -> None:
    short = {item.paper.key for item in gather(seed_library, "PRM").papers}
    long = {item.paper.key for item in gather(seed_library, "process reward models").papers}

    assert len(short & long) >= 0.9 * len(long)


def test_papers_that_are_not_indexed_yet_are_rated_too(library: Library, write_jsonl: Callable[..., Path]) -> None:
    library.add([write_jsonl([{"title": "Zeppelins", "abstract": "Zeppelin navigation is steered from a gondola."}])])
    library.close()
    with closing(sqlite3.connect(library.folder / FILE_NAME)) as catalogue, catalogue:
        catalogue.execute("UPDATE parts SET vector = NULL, indexed = 0")
    with Library(library.folder) as opened:
        assert opened.vectors(["zeppelins"]) == {}
        assert [item.paper.key for item in gather(opened, "zeppelin navigation").papers] == ["zeppelins"]


def test_stored_vectors_are_those_of_title_and_abstract(seed_library: Library) -> None:
    papers = list(seed_library.papers())[:3]
    stored = seed_library.vectors([paper.key for paper in papers])
    made = seed_library.embed([f"{paper.title}. {paper.abstract}" for paper in papers])

    for paper, vector in zip(papers, made, strict=True):
        assert float(stored[paper.key] @ vector) > 0.98


def test_unknown_keys_have_no_vector(seed_library: Library) -> None:
    assert seed_library.vectors(["nobody"]) == {}


@pytest.mark.parametrize(
    ("topic", "abstract", "expected"),
    [
        ("process reward models", "We train process reward models (PRMs) anew.", ["PRM"]),
        ("PRM", "We train process reward models (PRMs) anew.", ["process reward models"]),
        ("offline RL", "Progress in reinforcement learning (RL) is fast.", ["offline reinforcement learning"]),
        ("multi-agent games", "Nothing is defined here.", ["multiagent games"]),
        ("reward models", "The large (2024) survey of the World (W).", []),
    ],
)
def test_other_ways_to_say_a_topic_are_taken_from_the_papers(topic: str, abstract: str, expected: list[str]) -> None:
    assert variants.of(topic, [paper(abstract)]) == expected


def test_the_commonest_long_form_of_an_abbreviation_is_taken() -> None:
    found = [
        paper("We use direct preference optimization (DPO)."),
        paper("We use Direct Preference Optimization (DPO)."),
        paper("We use dual path order (DPO)."),
    ]
    assert variants.of("DPO", found) == ["direct preference optimization"]


def test_a_characteristic_term_is_held_inside_and_not_outside() -> None:
    inside = [naming.of_paper(paper("In Lean, proof search is slow.", "Proof Search")) for _ in range(2)]
    outside = [naming.of_paper(paper("Image editing in the dark with lamps.")) for _ in range(2)]

    ranked = naming.characteristic(inside, [outside])
    assert ranked[0] == ("proof", "search")
    assert naming.shown(ranked[0], inside) == "proof search"
    assert not any("edit" in term for term in ranked)


def test_a_long_name_is_not_cut() -> None:
    inside = [
        naming.of_paper(paper(f"We use Monte Carlo Tree Search, {at}.", "A Monte Carlo Tree Search")) for at in "ab"
    ]
    assert naming.shown(naming.characteristic(inside, [])[0], inside) == "Monte Carlo Tree Search"


def test_picked_terms_share_no_stem_and_are_not_taken() -> None:
    ranked = [("proof", "search"), ("search",), ("lean",), ("tree",)]
    assert naming.pick(ranked, 2, {("lean",)}) == [("proof", "search"), ("tree",)]
