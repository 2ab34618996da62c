"""The gold set of the seeds says what it should: every paper and sentence is in the library, every rule is kept."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

import seeds
from evals import gold
from evals.gold import UNANSWERABLE, Question
from evals.resolving import Case, resolve
from store import sentences
from store.library import Library
from store.paper import Paper
from store.text import terms, title_key

KINDS = ("fact", "comparison", "synthesis", "topic", "paraphrase", UNANSWERABLE)
FEWEST = 60
FEWEST_OF_A_KIND = 10
KEYWORD_SHARE = 0.1
"""A keyword is a stemmed content word that a smaller share of the library's papers has."""
SEEDS = gold.FOLDER / "seeds.jsonl"


class Seeds(NamedTuple):
    """The cases, and the papers that they are of by their keys."""

    cases: tuple[Case, ...]
    papers: dict[str, Paper]

    @property
    def questions(self) -> list[Question]:
        """The questions as the file has them."""
        return [case.question for case in self.cases]


@pytest.fixture(scope="module")
def known(seed_folder: Path) -> Seeds:
    """The gold set of the seeds as their library understands it; `resolve` raises for whatever it lacks."""
    with Library(seed_folder) as library:
        return Seeds(resolve(gold.read(SEEDS), library), {paper.key: paper for paper in library.papers()})


def words_of(paper: Paper) -> set[str]:
    """The stemmed content words of a paper's title and abstract."""
    return set(terms(f"{paper.title or ''} {paper.abstract}"))


def test_every_question_fits_the_library_of_the_seeds(known: Seeds) -> None:
    assert len(known.cases) == len(gold.read(SEEDS).questions) >= FEWEST


def test_there_are_enough_questions_of_each_kind_and_none_of_another(known: Seeds) -> None:
    counted = Counter(question.kind for question in known.questions)
    assert set(counted) == set(KINDS)
    assert min(counted.values()) >= FEWEST_OF_A_KIND


def test_each_seed_file_has_papers_that_answer(known: Seeds) -> None:
    answering = {
        Path(source.path).name for case in known.cases for key in case.gold for source in known.papers[key].sources
    }
    assert answering == {path.name for path in seeds.FOLDER.glob("*.txt")}
    assert len(answering) == 5


def test_unanswerable_questions_and_they_alone_have_no_paper(known: Seeds) -> None:
    for case in known.cases:
        unanswerable = case.question.kind == UNANSWERABLE
        assert unanswerable == (not case.gold) == (not case.question.answerable), case.question.id
        assert not (unanswerable and (case.also or case.facts)), case.question.id


def test_comparisons_and_syntheses_need_more_than_one_paper(known: Seeds) -> None:
    lonely = [c.question.id for c in known.cases if c.question.kind in ("comparison", "synthesis") and len(c.gold) < 2]
    assert not lonely


def test_no_question_is_asked_twice(known: Seeds) -> None:
    counted = Counter(title_key(question.text) for question in known.questions)
    assert [text for text, count in counted.items() if count > 1] == []


def test_each_fact_is_exactly_one_stored_sentence(known: Seeds) -> None:
    for case in known.cases:
        for fact in case.facts:
            stored = sentences.split(known.papers[fact.key].abstract)
            assert [(fact.start, fact.end, fact.text)] == [
                (item.start, item.end, item.text) for item in stored if item.index in fact.sentences
            ], case.question.id


def test_each_paper_that_answers_has_a_fact_that_an_answer_must_have(known: Seeds) -> None:
    for case in known.cases:
        assert set(case.gold) == {fact.key for fact in case.facts if fact.vital}, case.question.id


def test_no_fact_is_named_twice_for_one_question(known: Seeds) -> None:
    for case in known.cases:
        assert len(set(case.facts)) == len(case.facts), case.question.id


def test_paraphrases_share_no_keyword_with_their_papers(known: Seeds) -> None:
    words = {key: words_of(paper) for key, paper in known.papers.items()}
    held = Counter(word for of_one in words.values() for word in of_one)
    rare = {word for word, count in held.items() if count < KEYWORD_SHARE * len(words)}
    shared = {
        case.question.id: found
        for case in known.cases
        if case.question.kind == "paraphrase"
        and (found := sorted(rare & set(terms(case.question.text)) & set().union(*(words[key] for key in case.gold))))
    }
    assert shared == {}


def test_the_names_of_papers_are_titles_that_a_reader_knows(known: Seeds) -> None:
    titles = {paper.title for paper in known.papers.values()}
    strange = {name for question in known.questions for name in (*question.gold, *question.also)} - titles
    assert strange == set()
