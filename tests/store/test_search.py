"""Searching the seeds: by words and by meaning, with a sentence of each paper; questions are just text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from store import sentences
from store.errors import EmptyScope, LibraryError, ScopeError
from store.library import Library
from store.scope import Scope, parse
from store.search import SearchResult

QUESTIONS = (
    "What success rate does Goedel-Prover reach on miniF2F?",
    "process reward models",
    "How does diffusion help planning?",
    "no-regret learning in games",
)


def keys(result: SearchResult) -> list[str]:
    return [hit.paper.key for hit in result.hits]


def test_a_paper_is_found_by_words_that_no_other_paper_has(seed_library: Library) -> None:
    best = seed_library.search("AlgoVeri", 3).hits[0]

    assert best.paper.title is not None
    assert best.paper.title.startswith("AlgoVeri")
    assert best.lexical_rank == 1


def test_a_paper_is_found_by_meaning_though_it_shares_no_word(
    library: Library, write_jsonl: Callable[..., Path]
) -> None:
    cats = {"title": "Felines", "abstract": "Kittens nap on warm sofas most of every afternoon, dreaming of mice."}
    banks = {"title": "Banking", "abstract": "Central lenders raise interest rates whenever prices climb too quickly."}
    library.add([write_jsonl([banks, cats])])

    best = library.search("where do cats sleep", 2).hits[0]

    assert best.paper.title == "Felines"
    assert (best.lexical_rank, best.dense_rank) == (None, 1)


@pytest.mark.parametrize("query", QUESTIONS)
def test_hits_are_ranked_from_one_and_best_first(seed_library: Library, query: str) -> None:
    hits = seed_library.search(query, 20).hits

    assert [hit.rank for hit in hits] == list(range(1, 21))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.paper.key for hit in hits}) == 20
    assert all(hit.lexical_rank or hit.dense_rank for hit in hits)


def test_fewer_hits_are_the_beginning_of_more(seed_library: Library) -> None:
    assert keys(seed_library.search(QUESTIONS[1], 3)) == keys(seed_library.search(QUESTIONS[1], 12))[:3]


@pytest.mark.parametrize("query", QUESTIONS)
def test_ranking_alone_orders_papers_as_a_search_does(seed_library: Library, query: str) -> None:
    assert seed_library.rank(query, 30) == keys(seed_library.search(query, 30))


@pytest.mark.parametrize("query", QUESTIONS)
def test_the_sentence_of_a_hit_is_cut_from_the_abstract(seed_library: Library, query: str) -> None:
    for hit in seed_library.search(query, 20).hits:
        sentence = hit.sentence
        assert hit.paper.abstract[sentence.start : sentence.end] == sentence.text
        assert sentences.split(hit.paper.abstract)[sentence.index - 1] == sentence


def test_the_sentence_of_a_hit_is_the_one_that_holds_most_of_the_question(
    library: Library, write_jsonl: Callable[..., Path]
) -> None:
    abstract = (
        "We study many things in this work. The zebra model reaches an accuracy of 91 percent. Nothing else was seen."
    )
    library.add([write_jsonl([{"title": "Animals", "abstract": abstract}])])

    [hit] = library.search("accuracy of the zebra model", 5).hits

    assert hit.sentence.text == "The zebra model reaches an accuracy of 91 percent."
    assert hit.sentence.index == 2


@pytest.mark.parametrize("query", QUESTIONS)
def test_a_search_gives_the_same_again_and_again(seed_folder: Path, query: str) -> None:
    with Library(seed_folder) as one, Library(seed_folder) as other:
        first, second, third = one.search(query, 30), one.search(query, 30), other.search(query, 30)

    assert first.hits == second.hits == third.hits


def test_papers_that_score_alike_come_in_the_order_of_their_keys(
    library: Library, write_jsonl: Callable[..., Path]
) -> None:
    abstract = "The zebra model reaches an accuracy of ninety percent in every test we know of."
    titles = [letter * 120 for letter in "dbca"]  # words of a length that no index tells apart
    library.add([write_jsonl([{"title": title, "abstract": abstract} for title in titles])])

    hits = library.search("zebra model accuracy", 10).hits

    assert len({hit.score for hit in hits}) == 1
    assert [hit.paper.title for hit in hits] == sorted(titles)


def test_a_fact_that_only_another_wording_holds_is_found_and_quoted(seed_library: Library) -> None:
    revised = [paper for paper in seed_library.papers() if paper.variants]
    assert len(revised) == 2
    for paper in revised:
        here = {text for variant in paper.variants for text in _sentences(variant)}
        only_there = max(here - set(_sentences(paper.abstract)), key=len)
        best = seed_library.search(only_there[:1000], 3).hits[0]

        assert best.paper.key == paper.key
        assert best.variant == only_there


def _sentences(text: str) -> list[str]:
    return [sentence.text for sentence in sentences.split(text)]


def test_where_the_abstract_says_it_as_well_no_other_wording_is_shown(seed_library: Library) -> None:
    [revised] = [paper for paper in seed_library.papers() if paper.variants and (paper.title or "").startswith("Goe")]
    first = sentences.split(revised.abstract)[0].text
    best = seed_library.search(first, 1).hits[0]

    assert best.paper.key == revised.key
    assert best.variant is None
    assert best.sentence.text == first


# Scopes


def test_a_scope_of_years_leaves_out_all_others(seed_library: Library) -> None:
    hits = seed_library.search("reasoning of language models", 50, parse("year:2024-")).hits

    assert hits
    assert all(hit.paper.year is not None and hit.paper.year >= 2024 for hit in hits)


def test_a_scope_is_searched_to_its_last_paper(seed_library: Library) -> None:
    """Though a hundred papers outside of it fit better."""
    scope = parse('author:"Chi Jin"')
    inside = {paper.key for paper in seed_library.papers(scope)}

    assert set(keys(seed_library.search("diffusion models for image generation", 100, scope))) == inside


def test_conditions_of_several_fields_hold_together(seed_library: Library) -> None:
    hits = seed_library.search("learning", 50, parse('author:"Chi Jin" category:LG year:2021- source:001')).hits

    assert hits
    for hit in hits:
        assert "Chi Jin" in hit.paper.authors
        assert "LG" in hit.paper.categories
        assert hit.paper.year is not None
        assert hit.paper.year >= 2021


def test_a_scope_without_a_paper_is_said_to_be_empty(seed_library: Library) -> None:
    with pytest.raises(EmptyScope) as raised:
        seed_library.search("reasoning", 5, parse("author:Nobody"))

    assert "author:Nobody" in raised.value.message
    assert raised.value.hint


def test_the_ranks_of_a_scoped_search_count_within_the_scope(seed_library: Library) -> None:
    hits = seed_library.search("reasoning", 50, parse("category:LG")).hits

    assert sorted(hit.dense_rank for hit in hits if hit.dense_rank)[0] == 1
    assert sorted(hit.lexical_rank for hit in hits if hit.lexical_rank)[0] == 1


# Questions are text


@pytest.mark.parametrize(
    "query",
    [
        "reward AND NOT models",
        'NEAR("reward models", 2)',
        "reward* OR (models",
        '"reward models',
        "title:reward models",
        "{abstract} : reward models",
        "^reward - models +",
        "'; DROP TABLE papers; -- reward models",
        "reward\x00models",
        "reward models %_[a-z]",
        "\x1b[31mreward models\x1b[0m",
        "reward\u200bmodels \u202e",
        "reward " * 500,
    ],
)
def test_operators_quotes_and_controls_in_a_question_are_just_text(seed_library: Library, query: str) -> None:
    hits = seed_library.search(query, 10).hits

    assert len(hits) == 10
    assert any("reward" in hit.paper.abstract.lower() for hit in hits)
    assert seed_library.count() == 433


def test_a_question_that_is_not_valid_unicode_is_searched_all_the_same(seed_library: Library) -> None:
    """As the arguments of a process are, where they are not UTF-8."""
    assert seed_library.search("reward \udcff models", 5).hits


def test_a_boolean_operator_finds_what_its_word_finds(seed_library: Library) -> None:
    assert {word.word for word in seed_library.search("reward OR model*", 1).words} == {"reward", "model"}


@pytest.mark.parametrize("query", ["", " \n\t", "?", "\x00", '"', "---"])
def test_a_question_without_a_word_is_refused_with_a_hint(seed_library: Library, query: str) -> None:
    with pytest.raises(ScopeError) as raised:
        seed_library.search(query)

    assert "empty" in raised.value.message
    assert raised.value.hint


def test_a_question_of_50_000_characters_is_refused_with_a_hint(seed_library: Library) -> None:
    with pytest.raises(ScopeError) as raised:
        seed_library.search("reward " * 7200)

    assert "4,000" in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    "query", ["什么是过程监督？", "推論モデルの報酬", "강화 학습", "что такое обучение с подкреплением"]
)
def test_a_question_in_another_script_is_searched_by_meaning(seed_library: Library, query: str) -> None:
    assert len(seed_library.search(query, 5).hits) == 5


def test_a_question_of_stop_words_alone_is_searched(seed_library: Library) -> None:
    assert len(seed_library.search("what is it about", 5).hits) == 5


def test_a_folder_without_a_library_is_said_to_be_one(tmp_path: Path) -> None:
    with Library(tmp_path / "nothing") as nothing, pytest.raises(LibraryError) as raised:
        nothing.search("reward")

    assert "no library" in raised.value.message
    assert "citeloom add" in raised.value.hint
    assert not (tmp_path / "nothing").exists()


def test_the_result_carries_question_scope_and_timings(seed_library: Library) -> None:
    result = seed_library.search("reward models", 3, Scope((("year", "2024-"),)))

    assert (result.query, str(result.scope)) == ("reward models", "year:2024-")
    assert {"lexical_ms", "dense_ms", "total_ms"} <= result.timings.keys()
