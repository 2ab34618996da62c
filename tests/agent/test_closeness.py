"""How close a paper is to a question, word by word: other words for the same thing count, rare words most."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.alignment import Alignment, alignment
from agent.closeness import closeness
from agent.signals import CANDIDATES, sentences_to_read
from store.embedding import EmbedderChoice, WordVectors, create
from store.lexical import QueryWord
from store.library import Library
from store.search import SearchResult
from store.text import stem

QUESTION = "How do physicians treat hypertension?"
PARAPHRASE = "Doctors lower high blood pressure with drugs."
OTHER = "The telescope maps distant galaxies."


def read(*texts: str) -> list[WordVectors]:
    return create(EmbedderChoice()).read(texts)[1]


def weighed(**words: float) -> list[QueryWord]:
    return [QueryWord(word, stem(word), idf) for word, idf in words.items()]


WORDS = weighed(physicians=2.0, treat=1.0, hypertension=3.0)


def test_a_text_is_aligned_with_itself_entirely() -> None:
    asked, same = read(QUESTION, QUESTION)

    assert alignment(asked, [same], WORDS) == pytest.approx((1.0, 1.0), abs=1e-3)


def test_a_paraphrase_that_shares_no_word_is_closer_than_another_subject() -> None:
    asked, paraphrase, other = read(QUESTION, PARAPHRASE, OTHER)

    near, far = (alignment(asked, [text], WORDS) for text in (paraphrase, other))
    assert near.mean > far.mean + 0.1
    assert near.least > far.least


def test_each_word_finds_its_counterpart_in_any_of_the_texts() -> None:
    asked, paraphrase, other = read(QUESTION, PARAPHRASE, OTHER)

    assert alignment(asked, [other, paraphrase], WORDS).mean >= alignment(asked, [paraphrase], WORDS).mean


def test_the_rarest_words_decide() -> None:
    asked, galaxies, drugs = read("galaxies drugs", "distant galaxies", "cheap drugs")

    first, last = weighed(galaxies=5.0, drugs=0.1), weighed(galaxies=0.1, drugs=5.0)
    assert alignment(asked, [galaxies], first).mean > alignment(asked, [drugs], first).mean
    assert alignment(asked, [galaxies], last).mean < alignment(asked, [drugs], last).mean


def test_the_word_with_the_poorest_counterpart_is_told_whatever_it_weighs() -> None:
    asked, galaxies = read("galaxies drugs", "distant galaxies")

    alone, both = (
        alignment(asked, [galaxies], words) for words in (weighed(galaxies=1.0), weighed(galaxies=9, drugs=0.1))
    )
    assert both.least < alone.least
    assert both.least < both.mean


def test_words_that_weigh_nothing_are_left_out() -> None:
    asked, other = read("the drugs of the galaxies", "drugs")

    one, both = (alignment(asked, [other], words) for words in (weighed(drugs=1.0), weighed(drugs=1.0, galaxies=1.0)))
    assert one.mean > both.mean
    assert one.mean == pytest.approx(one.least)


@pytest.mark.parametrize(("question", "text"), [("the of", "drugs"), ("drugs", ""), ("", "")])
def test_nothing_to_align_is_no_alignment(question: str, text: str) -> None:
    asked, other = read(question, text)

    assert alignment(asked, [other], weighed(drugs=1.0)) == Alignment(0.0, 0.0)


@pytest.fixture(scope="module")
def result(seed_folder: Path) -> SearchResult:
    with Library(seed_folder) as library:
        return library.search("Which prover reaches the highest pass rate on miniF2F?", CANDIDATES + 3)


def test_the_first_hits_have_an_alignment_each_and_every_sentence_a_similarity(
    result: SearchResult, seed_library: Library
) -> None:
    found = closeness(seed_library, result)

    assert len(found.alignments) == CANDIDATES
    assert len(found.similarities) == sum(len(sentences_to_read(hit, result.words)) for hit in result.hits[:CANDIDATES])
    assert all(-1 <= value <= 1 for value in (*(one.mean for one in found.alignments), *found.similarities))
    assert all(one.least <= one.mean for one in found.alignments)


def test_the_alignment_of_a_hit_is_that_of_its_own_title_and_sentences(
    result: SearchResult, seed_library: Library
) -> None:
    at = 2
    hit = result.hits[at]
    texts = [result.query, hit.paper.title or "", *(item.text for item in sentences_to_read(hit, result.words))]
    asked, *own = seed_library.read(texts)[1]

    # A text's vectors depend a little on what is read beside it: the model is quantised batch by batch.
    expected = alignment(asked, own, result.words)
    assert closeness(seed_library, result).alignments[at] == pytest.approx(expected, abs=0.05)
