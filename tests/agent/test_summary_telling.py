"""Which sentence of an abstract tells what, and which part of it goes into a table."""

from __future__ import annotations

import pytest

from agent.summary import telling
from store.library import Library
from store.paper import Paper

ABSTRACT = (
    "Zeppelin steering is the task of moving airships. However, steering in storms remains an open problem. "
    "We present HelmNet, a network that steers airships from wind maps, and we release a simulator. "
    "It was tried in 2021 with (1) calm and (2) storm settings. "
    "On the AlpineBench benchmark, HelmNet reaches 57.6\\% success, while the best earlier pilot reaches 31%. "
    "Our code is available at https://example.org/helm."
)


def paper(abstract: str = ABSTRACT, title: str | None = "HelmNet: Steering Airships") -> Paper:
    return Paper(key="helm", title=title, abstract=abstract)


def test_the_contribution_is_what_the_authors_present() -> None:
    found = telling.contribution(paper())
    assert found is not None
    assert found.text.startswith("We present HelmNet")


def test_the_result_is_the_sentence_with_the_measured_number() -> None:
    found = telling.result(paper())
    assert found is not None
    assert "57.6" in found.text


def test_a_skipped_sentence_is_not_told_again() -> None:
    first = telling.contribution(paper())
    assert first is not None
    second = telling.contribution(paper(), frozenset({first.index}))
    assert second is None or second.index != first.index


def test_the_definition_says_what_the_topic_is() -> None:
    found = telling.definition(paper(), frozenset({"zeppelin", "steer"}))
    assert found is not None
    assert found[1].index == 1


def test_a_paper_on_something_else_defines_nothing() -> None:
    assert telling.definition(paper(), frozenset({"protein", "fold"})) is None


def test_an_open_question_is_one_that_the_abstract_states() -> None:
    found = telling.open_question(paper())
    assert found is not None
    assert found[1].text == "However, steering in storms remains an open problem."
    assert telling.open_question(paper("We present a helm. It works well in all weather.")) is None


def test_excerpts_are_short_parts_of_their_sentences() -> None:
    brings, data = telling.proposes(paper()), telling.evaluated_on(paper())
    result, code = telling.reported_result(paper()), telling.code(paper())

    assert brings is not None
    assert brings.text.startswith("HelmNet, a network that steers airships")
    assert data is not None
    assert data.text == "the AlpineBench benchmark"
    assert result is not None
    assert result.text.startswith("HelmNet reaches 57.6\\% success")
    assert code is not None
    assert code.text == "Our code is available at https://example.org/helm"


@pytest.mark.parametrize("find", [telling.evaluated_on, telling.reported_result, telling.code])
def test_what_is_not_said_is_not_found(find: telling.Finder) -> None:
    assert find(paper("We discuss airships at length. They are large and slow.", "Airships")) is None


def test_marks_of_a_list_years_and_counts_are_no_results() -> None:
    text = "We improve steering in 2021 by (1) sails and (2) oars across 14 diverse domains, which is the best."
    assert telling.reported_result(paper(text)) is None


def test_every_excerpt_of_the_seeds_is_a_part_of_its_sentence_and_not_long(seed_library: Library) -> None:
    finders = (telling.proposes, telling.evaluated_on, telling.reported_result, telling.code)
    found = {find.__name__: 0 for find in finders}
    for seed in seed_library.papers():
        for find in finders:
            if excerpt := find(seed):
                found[find.__name__] += 1
                assert excerpt.text in excerpt.sentence.text
                assert seed.abstract[excerpt.sentence.start : excerpt.sentence.end] == excerpt.sentence.text
                assert 0 < len(excerpt.text) <= telling.LONGEST_EXCERPT
                assert excerpt.text == excerpt.text.strip()
    assert all(count > 50 for count in found.values()), found
