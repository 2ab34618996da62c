"""A question is put together from marks, and is added to a gold set whole or not at all."""

from __future__ import annotations

import pytest

from agent.errors import UsageError
from evals.authoring import Draft, guessed_kind, name_of, one_paper, twin
from evals.gold import Fact, Question
from evals.resolving import Papers, resolved
from store.errors import ScopeError
from store.paper import Paper

FOLD, SHAPE, STAIN = "We fold paper cranes.", "A crane keeps its shape.", "Tea stains do not matter."
CRANES = Paper("mori2024cranes", "Cranes: Folding Rice Paper", f"{FOLD} {SHAPE} {STAIN}", identifiers={"doi": "10.1/c"})
TOPS = Paper("abe1999tops", "Spinning Tops", "We spin tops. A top of oak spins for an hour.")
NOTES = Paper("sato2020notes", "Notes", "We keep notes on paper.")
OTHER_NOTES = Paper("ito2021notes", "NOTES.", "We keep notes on stone.")
MISLEADING = Paper("abe2001joke", "abe1999tops", "We name a paper after a key.")
UNTITLED = Paper("paper", None, "We have no title.")
SHELF = (CRANES, TOPS, NOTES, OTHER_NOTES, MISLEADING, UNTITLED)
ASKED = "How long does a crane keep its shape?"


def marked(*lines: str, kind: str = "") -> Draft:
    """A question with these marks."""
    draft = Draft(ASKED, kind)
    for line in lines:
        draft.mark(line, SHELF)
    return draft


def written(*lines: str) -> Question:
    """The question as these marks make it."""
    return marked(*lines).question(Papers(SHELF), "q1")


# Marks


@pytest.mark.parametrize(
    ("lines", "marks"),
    [
        (["1"], "1"),
        (["1 2"], "1 2"),
        (["1.2"], "1.2"),
        (["1 1.2"], "1.2"),
        (["1.3, 1.1,2"], "2 1.1 1.3"),
        (["+2"], "+2"),
        (["1.2", "+1"], "+1"),
        (["+1", "1"], "1"),
        (["1.2 1.3", "-1.2"], "1.3"),
        (["1.2", "-1.2"], "1"),
        (["1.2 +2", "-1"], "+2"),
        (["-1"], "nothing"),
    ],
)
def test_marks_name_papers_and_sentences_and_can_be_taken_back(lines: list[str], marks: str) -> None:
    assert marked(*lines).marks(SHELF) == marks


def test_marks_are_given_back_as_they_can_be_given() -> None:
    draft = marked("2 1.3 1.1 +3")
    assert marked(draft.marks(SHELF)).marks(SHELF) == draft.marks(SHELF)


@pytest.mark.parametrize("line", ["0", "7", "1.0", "1.4", "+1.2", "-9", "one", "1.", ".2", "1-2", "²", "9" * 30])
def test_a_line_with_a_mistake_marks_nothing_and_says_why(line: str) -> None:
    draft = marked("2.1 +3")
    with pytest.raises(UsageError) as caught:
        draft.mark(f"1 -2 {line}", SHELF)
    assert caught.value.hint
    assert draft.marks(SHELF) == "2.1 +3"


def test_a_marked_sentence_becomes_a_fact_to_the_letter_and_its_paper_gold() -> None:
    question = written("2 1.3 1.1 +3")
    assert question.gold == ("Spinning Tops", "Cranes: Folding Rice Paper")
    assert question.also == ("sato2020notes",)
    assert question.facts == (Fact("Cranes: Folding Rice Paper", FOLD), Fact("Cranes: Folding Rice Paper", STAIN))
    assert question.answerable


def test_what_is_marked_resolves_in_the_library_that_it_was_marked_in() -> None:
    cases, flaws = resolved([written("1.2 2.2 3.1 5 6.1 +4")], Papers(SHELF))
    assert flaws == []
    assert cases[0].gold == (CRANES.key, TOPS.key, NOTES.key, MISLEADING.key, UNTITLED.key)
    assert cases[0].also == (OTHER_NOTES.key,)
    assert [(fact.key, fact.sentences) for fact in cases[0].facts] == [
        (CRANES.key, (2,)),
        (TOPS.key, (2,)),
        (NOTES.key, (1,)),
        (UNTITLED.key, (1,)),
    ]


@pytest.mark.parametrize(
    ("paper", "name"),
    [
        (CRANES, "Cranes: Folding Rice Paper"),
        (NOTES, "sato2020notes"),
        (OTHER_NOTES, "ito2021notes"),
        (MISLEADING, "abe2001joke"),
        (UNTITLED, "paper"),
    ],
    ids=["unique title", "shared title", "shared title in capitals", "title that is a key", "no title"],
)
def test_a_paper_is_named_by_its_title_only_where_that_means_it_alone(paper: Paper, name: str) -> None:
    assert name_of(paper, Papers(SHELF)) == name


def test_giving_up_takes_every_mark_back() -> None:
    draft = marked("1.2 +2")
    draft.give_up()
    question = draft.question(Papers(SHELF), "q1")
    assert question == Question("q1", ASKED, "unanswerable")


@pytest.mark.parametrize("text", ["", "   ", "???", "\x1b[2J", "why " * 2000])
def test_a_question_that_no_search_could_look_for_is_refused(text: str) -> None:
    with pytest.raises(ScopeError):
        Draft(text)


def test_keys_that_were_pressed_by_mistake_are_no_part_of_a_question() -> None:
    assert Draft("How  long\x1b[D does\x07 it take?\r\n").text == "How long does it take?"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("How many steps does it take?", "fact"),
        ("Does A solve more problems than B?", "comparison"),
        ("How do A and B differ?", "comparison"),
        ("Which methods make proofs shorter?", "synthesis"),
        ("process supervision for mathematics", "topic"),
    ],
)
def test_the_kind_is_guessed_from_the_words(text: str, kind: str) -> None:
    assert guessed_kind(text) == kind


def test_a_kind_that_was_chosen_stays_even_where_no_paper_answers() -> None:
    draft = marked(kind="trick")
    draft.give_up()
    assert draft.kind == "trick"


@pytest.mark.parametrize("name", ["mori2024cranes", "cranes - folding RICE paper", "doi: 10.1/C"])
def test_a_paper_is_found_by_key_title_or_identifier(name: str) -> None:
    assert one_paper(Papers(SHELF), name) is CRANES


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mori2024crane", "did you mean mori2024cranes, 'Cranes: Folding Rice Paper'?"),
        ("papr", "did you mean paper, '(untitled) We have no title.…'?"),
        ("", "citeloom search"),
        ("notes", "name it by its key"),
    ],
)
def test_a_name_that_means_no_paper_or_two_is_refused_with_what_to_do(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        one_paper(Papers(SHELF), name)
    assert hint in caught.value.hint


def test_of_a_long_name_or_mark_an_error_tells_the_beginning() -> None:
    with pytest.raises(UsageError, match=f"there is no paper '{'x' * 79}…' in the library"):
        one_paper(Papers(SHELF), "x" * 5000)
    with pytest.raises(UsageError, match=f"'{'x' * 79}…' is no mark"):
        marked("x" * 5000)


def test_a_question_of_the_same_words_is_found_whatever_its_marks() -> None:
    known = [Question("a", "Who folds?"), Question("b", "How long does a Crane keep its shape")]
    assert twin(known, ASKED) is known[1]
    assert twin(known, "Who?") is None
