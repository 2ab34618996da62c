"""Quote mode: verbatim sentences under their numbers, or an abstention; never anything else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from agent import quoting
from agent.answer import ABSTENTION, SCHEMA, Answer
from store import sentences
from store.errors import EmptyScope, LibraryError
from store.library import Library
from store.scope import parse

FACT = "What success rate does Goedel-Prover reach on miniF2F?"
FOREIGN = "Which enzyme breaks down PET plastic fastest?"
ANSWERED = (FACT, "process reward models", "How does diffusion help planning?", "reward hacking in RLHF")
MARK = re.compile(r"(?<!\\)\[(\d+)\]")
HOSTILE_FINDING = "The *zeppelin* method [7] reaches ![91.5%](http://x.test/) <b>accuracy</b> on `zeppelin` [2][3]."


@pytest.fixture(scope="module")
def answers(seed_folder: Path) -> list[Answer]:
    with Library(seed_folder) as library:
        return [quoting.answer(library, question) for question in ANSWERED]


@pytest.fixture
def hostile(library: Library, write_jsonl: Callable[..., Path]) -> Callable[..., Answer]:
    """Answers from a library of one paper that tries to be more than text."""

    def ask(**fields: Any) -> Answer:
        paper = {"title": "Zeppelin", "authors": ["Ann Lee"], "year": 2020, "abstract": HOSTILE_FINDING, **fields}
        library.add([write_jsonl([paper])])
        return quoting.answer(library, "What accuracy does the zeppelin method reach?")

    return ask


def shown(markdown: str) -> tuple[set[str], str]:
    """The kinds of everything in a Markdown text, and what a reader sees of it."""
    blocks = MarkdownIt("commonmark").parse(markdown)
    pieces = [piece for block in blocks for piece in block.children or []]
    return {item.type for item in (*blocks, *pieces)}, "".join(piece.content for piece in pieces)


def test_these_questions_are_answered(answers: list[Answer]) -> None:
    assert [answer.abstained for answer in answers] == [False] * len(ANSWERED)


def test_every_claim_is_a_whole_sentence_of_a_stored_abstract(answers: list[Answer], seed_library: Library) -> None:
    for claim in (claim for answer in answers for claim in answer.claims):
        (citation,) = claim.citations
        paper = seed_library.get(citation.key)
        assert paper is not None
        stored = sentences.split(paper.abstract)[citation.sentence - 1]
        assert claim.text == citation.quote == stored.text
        assert (citation.start, citation.end) == (stored.start, stored.end)


def test_references_are_numbered_from_one_without_a_gap(answers: list[Answer]) -> None:
    for answer in answers:
        assert [reference.number for reference in answer.references] == list(range(1, len(answer.references) + 1))


def test_no_paper_is_referred_to_twice(answers: list[Answer]) -> None:
    for answer in answers:
        keys = [reference.paper.key for reference in answer.references]
        assert len(set(keys)) == len(keys)


def test_references_are_just_the_papers_that_are_cited(answers: list[Answer]) -> None:
    for answer in answers:
        cited = {(item.number, item.key, item.sha256) for claim in answer.claims for item in claim.citations}
        assert cited == {(item.number, item.paper.key, item.paper.sha256) for item in answer.references}


def test_the_marks_in_the_text_are_the_claims_in_order(answers: list[Answer]) -> None:
    for answer in answers:
        cited = [item.number for claim in answer.claims for item in claim.citations]
        assert [int(mark) for mark in MARK.findall(answer.text)] == cited


def test_the_text_shows_every_claim_as_a_quotation(answers: list[Answer]) -> None:
    for answer in answers:
        kinds, text = shown(answer.text)
        assert "blockquote_open" in kinds
        assert all(claim.text in text for claim in answer.claims)


def test_quoting_costs_nothing(answers: list[Answer]) -> None:
    for answer in answers:
        usage = answer.usage
        assert (usage.calls, usage.prompt_tokens, usage.completion_tokens, usage.cost_usd) == (0, 0, 0, 0.0)
        assert (answer.mode, answer.model) == ("quote", None)


def test_an_answer_has_every_field_of_the_contract(answers: list[Answer]) -> None:
    content = json.loads(json.dumps(answers[0].to_dict()))

    assert content["schema"] == SCHEMA == "citeloom.answer/1"
    assert set(content) >= set(
        "question mode model abstained text claims references nearest usage timings warnings".split()
    )
    assert set(content["claims"][0]) >= {"text", "support", "citations"}
    assert content["claims"][0]["support"] in ("supported", "weak", "uncited")
    assert set(content["claims"][0]["citations"][0]) >= set("number key sentence start end quote support_score".split())
    assert set(content["references"][0]) >= set("number key title authors year url sha256".split())
    assert set(content["usage"]) >= set("calls prompt_tokens completion_tokens cost_usd".split())
    assert set(content["timings"]) >= {"retrieve_ms", "first_token_ms", "total_ms"}


def test_an_answer_shows_no_nearest_papers(answers: list[Answer]) -> None:
    assert all(answer.nearest == () for answer in answers)


def test_an_abstention_claims_nothing_and_shows_the_nearest_papers_as_such(seed_library: Library) -> None:
    answer = quoting.answer(seed_library, FOREIGN)

    assert answer.abstained
    assert answer.text == ABSTENTION
    assert (answer.claims, answer.references) == ((), ())
    assert len(answer.nearest) == quoting.NEAREST
    assert all(set(item) == {"key", "title"} for item in answer.to_dict()["nearest"])


def test_the_same_question_gets_the_same_answer(answers: list[Answer], seed_library: Library) -> None:
    again = quoting.answer(seed_library, ANSWERED[1]).to_dict()
    before = answers[1].to_dict()

    assert {**again, "timings": None} == {**before, "timings": None}


def test_no_more_papers_are_cited_than_were_allowed(seed_library: Library, answers: list[Answer]) -> None:
    assert len(answers[1].references) > 1
    limited = quoting.answer(seed_library, ANSWERED[1], most_papers=1)

    assert [reference.paper.key for reference in limited.references] == [answers[1].references[0].paper.key]


def test_nothing_outside_the_scope_is_cited_or_shown(seed_library: Library) -> None:
    answer = quoting.answer(seed_library, "process reward models", parse("year:2025"))

    papers = [*(reference.paper for reference in answer.references), *answer.nearest]
    assert papers
    assert {paper.year for paper in papers} == {2025}


def test_a_scope_in_which_there_is_no_paper_is_an_error_not_an_abstention(seed_library: Library) -> None:
    with pytest.raises(EmptyScope):
        quoting.answer(seed_library, FACT, parse("year:1803"))


@pytest.mark.parametrize("question", ["", "   ", "?!", "word " * 10_000])
def test_what_is_no_question_is_refused(seed_library: Library, question: str) -> None:
    with pytest.raises(LibraryError) as caught:
        quoting.answer(seed_library, question)

    assert caught.value.hint


@pytest.mark.parametrize("question", ["どのモデルが最も良いですか", "Какая модель лучше всех?", "أي نموذج هو الأفضل؟"])
def test_a_question_in_another_script_comes_with_a_warning(seed_library: Library, question: str) -> None:
    answer = quoting.answer(seed_library, question)

    assert any("script" in warning for warning in answer.warnings)
    assert answer.to_dict()["warnings"] == list(answer.warnings)


@pytest.mark.parametrize("question", [FACT, "Does Schrödinger's naïve α matter?"])
def test_a_question_in_latin_script_comes_without_a_warning(seed_library: Library, question: str) -> None:
    assert quoting.answer(seed_library, question).warnings == ()


def test_a_library_that_was_emptied_abstains(library: Library, write_jsonl: Callable[..., Path]) -> None:
    library.add([write_jsonl([{"title": "Gone", "abstract": "We study what is gone before anybody can ask for it."}])])
    library.remove([paper.key for paper in library.papers()])

    answer = quoting.answer(library, "What is gone?")

    assert answer.abstained
    assert answer.nearest == ()


def test_no_title_or_abstract_becomes_markup_or_a_citation_mark(hostile: Callable[..., Answer]) -> None:
    answer = hostile(title="The *zeppelin* [9] <i>method</i> `x` [a](http://x.test/)")

    kinds, text = shown(answer.text)
    assert [claim.text for claim in answer.claims] == [HOSTILE_FINDING]
    assert HOSTILE_FINDING in text
    assert "The *zeppelin* [9] <i>method</i> `x` [a](http://x.test/)" in text
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "code_inline", "em_open"}
    assert MARK.findall(answer.text) == ["1"]


def test_no_author_becomes_markup_or_a_citation_mark(hostile: Callable[..., Answer]) -> None:
    answer = hostile(authors=["Mallory <img/src=x> *Lee*[2]"])

    kinds, _ = shown(answer.text)
    assert not kinds & {"html_inline", "link_open", "image", "em_open"}
    assert MARK.findall(answer.text) == ["1"]


@pytest.mark.parametrize("title", ["", None])
def test_a_paper_without_a_title_is_quoted_under_the_beginning_of_its_abstract(
    hostile: Callable[..., Answer], title: str | None
) -> None:
    answer = hostile(title=title)

    assert not answer.abstained
    assert "(untitled)" in shown(answer.text)[1]


@pytest.mark.parametrize(
    "question", ["what do these papers say?", "what is it?", "why", "tell me more", "a", "and how?"]
)
def test_a_question_of_nothing_but_stop_words_is_not_answered(seed_library: Library, question: str) -> None:
    assert quoting.answer(seed_library, question).abstained
