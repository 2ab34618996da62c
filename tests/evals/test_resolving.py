"""Gold sets find their papers and sentences in a library, by any name; what is not there is named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.errors import EvalError, ExitCode, exit_code_for
from evals.gold import Fact, GoldSet, Question
from evals.resolving import Papers, resolve, resolved
from store.library import Library
from store.paper import Paper

ABSTRACT = "We fold paper cranes by hand. A crane of rice paper keeps its shape for years. Tea stains do not matter."
FOLD = "We fold paper cranes by hand."
SHAPE = "A crane of rice paper keeps its shape for years."
CRANES = Paper(
    "mori2024cranes",
    "Cranes: Folding “Rice” Paper",
    ABSTRACT,
    identifiers={"doi": "10.1234/Cranes.2024", "arxiv": "2403.01234", "pmid": "38012345"},
)
OLD_IDENTIFIER = Paper("abe1999tops", "Spinning Tops", "We spin tops.", identifiers={"arxiv": "hep-th/9901001v2"})
NOTES = Paper("sato2020notes", "Notes", "We keep notes on paper.")
OTHER_NOTES = Paper("ito2021notes", "NOTES.", "We keep notes on stone.")
UNTITLED = Paper("paper", None, "We have no title.")
SHELF = (CRANES, OLD_IDENTIFIER, NOTES, OTHER_NOTES, UNTITLED)


def asked(*gold: str, id: str = "q1", also: Sequence[str] = (), facts: Sequence[Fact] = ()) -> Question:
    """A question that these papers answer."""
    return Question(id, "What is folded?", "fact", gold, tuple(also), tuple(facts), answerable=bool(gold))


def reasons(*questions: Question) -> list[str]:
    """What keeps the questions from fitting the shelf."""
    return [str(flaw) for flaw in resolved(questions, Papers(SHELF))[1]]


@pytest.mark.parametrize(
    "name",
    [
        "mori2024cranes",
        "key: mori2024cranes",
        "Cranes: Folding “Rice” Paper",
        "CRANES - folding rice paper",
        "10.1234/Cranes.2024",
        "10.1234/CRANES.2024",
        "doi:10.1234/cranes.2024",
        "DOI: 10.1234/cranes.2024",
        "https://doi.org/10.1234/cranes.2024",
        "http://dx.doi.org/10.1234/cranes.2024",
        "2403.01234",
        "2403.01234v3",
        "arXiv:2403.01234v1",
        "https://arxiv.org/abs/2403.01234",
        "https://www.arxiv.org/abs/2403.01234v2",
        "https://arxiv.org/pdf/2403.01234v2",
        "https://arxiv.org/pdf/2403.01234v2.pdf",
        "38012345",
        "PMID: 38012345",
        "https://pubmed.ncbi.nlm.nih.gov/38012345/",
    ],
)
def test_a_paper_is_found_by_every_name_that_it_has(name: str) -> None:
    assert Papers(SHELF).keys_of(name) == [CRANES.key]


@pytest.mark.parametrize("name", ["hep-th/9901001", "arXiv:hep-th/9901001v1", "https://arxiv.org/abs/hep-th/9901001v2"])
def test_a_version_that_the_library_states_does_not_matter_either(name: str) -> None:
    assert Papers(SHELF).keys_of(name) == [OLD_IDENTIFIER.key]


@pytest.mark.parametrize("name", ["", "  ", "!?", "cranes", "2403.0123", "https://doi.org/", "38012345 and more"])
def test_what_names_no_paper_finds_none(name: str) -> None:
    assert Papers(SHELF).keys_of(name) == []


def test_an_untitled_paper_is_found_by_its_key_alone() -> None:
    assert Papers(SHELF).keys_of("paper") == ["paper"]
    assert Papers([UNTITLED]).keys_of("None") == []


def test_a_key_comes_before_the_title_of_another_paper() -> None:
    titled_so = Paper("ono2022kites", "sato2020notes", "We fly kites.")
    assert Papers([titled_so, NOTES]).keys_of("sato2020notes") == ["sato2020notes"]


def test_a_title_that_two_papers_have_is_refused_with_both_keys() -> None:
    assert reasons(asked("Notes")) == ["q1: 'Notes' may be sato2020notes or ito2021notes; name it by its key"]
    assert reasons(asked("ito2021notes")) == []


def test_an_identifier_that_two_papers_have_is_refused_with_both_keys() -> None:
    twin = Paper("mori2025cranes", "Cranes Again", ABSTRACT, identifiers={"doi": "10.1234/cranes.2024"})
    cases, flaws = resolved([asked("doi:10.1234/cranes.2024")], Papers([CRANES, twin]))
    assert not cases
    assert "mori2024cranes or mori2025cranes" in flaws[0].reason


def test_a_paper_that_is_not_in_the_library_is_named_with_its_question() -> None:
    assert reasons(asked(CRANES.key), asked("Whales", id="q2"), asked(CRANES.key, id="q3", also=["Seals"])) == [
        "q2: there is no paper 'Whales' in the library",
        "q3: there is no paper 'Seals' in the library",
    ]


def test_the_name_of_a_missing_paper_is_cut_short() -> None:
    (reason,) = reasons(asked("Whales " * 100))
    assert "Whales Whales" in reason
    assert len(reason) < 150


def test_a_fact_is_found_with_its_place_and_its_sentence() -> None:
    (case,), flaws = resolved([asked(CRANES.key, facts=[Fact(CRANES.key, SHAPE, vital=False)])], Papers(SHELF))
    assert not flaws
    (nugget,) = case.facts
    assert ABSTRACT[nugget.start : nugget.end] == nugget.text == SHAPE
    assert (nugget.key, nugget.sentences, nugget.vital) == (CRANES.key, (2,), False)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("keeps its shape", (2,)), (f"{FOLD} {SHAPE}", (1, 2)), ("by hand. A crane", (1, 2)), (ABSTRACT, (1, 2, 3))],
    ids=["a part", "two", "the end of one and the beginning of another", "all"],
)
def test_a_fact_lies_in_every_sentence_that_it_touches(text: str, numbers: tuple[int, ...]) -> None:
    (case,), _ = resolved([asked(CRANES.key, facts=[Fact(CRANES.key, text)])], Papers(SHELF))
    assert case.facts[0].sentences == numbers


@pytest.mark.parametrize(
    "text",
    [SHAPE.replace("years", "ages"), SHAPE.upper(), SHAPE + " Indeed.", "We spin tops."],
    ids=["a word changed", "case changed", "more added", "of another paper"],
)
def test_a_fact_that_does_not_stand_in_its_abstract_to_the_letter_is_named_with_its_paper(text: str) -> None:
    (reason,) = reasons(asked(CRANES.key, facts=[Fact(CRANES.key, text)]))
    assert reason == f"q1: the abstract of mori2024cranes has no sentence {text!r}"


def test_a_fact_of_a_missing_paper_is_not_told_a_second_time() -> None:
    assert len(reasons(asked("Whales", facts=[Fact("Whales", "We watch whales.")]))) == 1


def test_two_names_of_one_paper_count_once_and_what_answers_is_not_merely_acceptable() -> None:
    question = asked("mori2024cranes", "10.1234/cranes.2024", also=["2403.01234", "Spinning Tops", "abe1999tops"])
    (case,), flaws = resolved([question], Papers(SHELF))
    assert not flaws
    assert (case.gold, case.also) == (("mori2024cranes",), ("abe1999tops",))


def test_a_question_with_a_flaw_is_left_out_and_the_others_stay_in_order() -> None:
    cases, flaws = resolved([asked(NOTES.key, id="a"), asked("?", id="b"), asked(id="c")], Papers(SHELF))
    assert [case.question.id for case in cases] == ["a", "c"]
    assert [flaw.place for flaw in flaws] == ["b"]


def test_many_misfits_are_told_as_three_and_a_count_in_one_clean_line(seed_library: Library, tmp_path: Path) -> None:
    questions = tuple(asked("Whales \x1b[31m\nof the sea", id=f"\x1b]0;title\x07q{number}") for number in range(20))
    with pytest.raises(EvalError) as caught:
        resolve(GoldSet(tmp_path / "mine.jsonl", "0" * 64, questions), seed_library)
    told = caught.value.message
    assert told.startswith(f"{tmp_path / 'mine.jsonl'} does not fit the library {seed_library.folder}: q0: there is no")
    assert told.endswith("; and 17 more")
    assert told.count("there is no paper") == 3
    assert told.isprintable()
    assert "eval check" in caught.value.hint
    assert exit_code_for(caught.value) == ExitCode.LIBRARY


def test_nothing_asked_of_a_library_fits_it(seed_library: Library, tmp_path: Path) -> None:
    assert resolve(GoldSet(tmp_path / "none.jsonl", "0" * 64, ()), seed_library) == ()
