"""Text: cleaned once for storing, folded for searching."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import text


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("  two \t words\n", "two words"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07after", "after"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("nul\x00byte", "nulbyte"),
        ("\u202etpircs\u202c", "tpircs"),
        ("zero\u200bwidth", "zerowidth"),
        ("\ufeffmark", "mark"),
        ("half \ud83d pair", "half pair"),
        ("Poke\u0301mon", "Pokémon"),
        ("no\u00a0break\u2028line", "no break line"),
    ],
)
def test_what_could_harm_a_terminal_or_is_invisible_goes(dirty: str, clean: str) -> None:
    assert text.clean(dirty) == clean


@pytest.mark.parametrize(
    "kept",
    [r"\textbf{MU}lti-\textbf{S}tep", "Φ, Ψ and $\\varepsilon$", "Lean~4", '"\\n\\n"', "👩‍🔬 <b>&amp;</b>", "62.0\\%"],
)
def test_what_is_printed_stays(kept: str) -> None:
    assert text.clean(kept) == kept


@given(st.text(alphabet=st.characters()))
def test_clean_text_has_no_control_characters_and_single_blanks(dirty: str) -> None:
    clean = text.clean(dirty)

    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in clean)
    assert clean == " ".join(clean.split())


@pytest.mark.parametrize("dirty", ["Poke\u200b\u0301mon", "A\x1f\u0300"])
def test_clean_text_stays_as_it_is_when_cleaned_again(dirty: str) -> None:
    assert text.clean(text.clean(dirty)) == text.clean(dirty)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"Pok\'eChamp", "PokéChamp"),
        ("PokéChamp", "pokechamp"),
        (r"G\"odel", "Gödel"),
        (r"\textit{training}", "training"),
        (r"20\%", "20%"),
        ("autoformalisation", "autoformalization"),
        ("optimised", "optimized"),
        (r"\'a la", "à la"),
        ("Lean~4", "Lean 4"),
        ("miniF2F", "MiniF2F"),
    ],
)
def test_two_spellings_are_one_to_the_search(one: str, other: str) -> None:
    assert text.words(one) == text.words(other)


@pytest.mark.parametrize("word", ["precise", "promise", "rise", "noise", "expertise", "comprise"])
def test_an_english_word_in_ise_is_not_respelled(word: str) -> None:
    assert text.fold(word) == word


def test_stop_words_carry_no_meaning_but_a_query_of_nothing_else_keeps_them() -> None:
    assert text.content_words("What is the role of the reward?") == ["role", "reward"]
    assert text.content_words("to be or not to be") != []


def test_each_content_word_counts_once() -> None:
    assert text.content_words("Reward reward REWARD model") == ["reward", "model"]


def test_inflections_share_a_stem() -> None:
    assert text.terms("proving proves proved") == text.terms("prove")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Is RLHF More Difficult?", "is rlhf more difficult"),
        ("PokéChamp: an Agent", "Pok\\'eChamp:  An  Agent"),
        ("S^3c-Math", "s 3c math"),
    ],
)
def test_two_spellings_of_a_title_have_one_key(one: str, other: str) -> None:
    assert text.title_key(one) == text.title_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Step-DPO", "Full-Step-DPO"), ("REFER", "REFINER"), ("Goedel-Prover", "Goedel-Prover-V2")]
)
def test_two_titles_that_look_alike_have_two_keys(one: str, other: str) -> None:
    assert text.title_key(one) != text.title_key(other)


def test_no_title_has_an_empty_key() -> None:
    assert text.title_key(None) == ""


@pytest.mark.parametrize(("one", "other", "overlap"), [("a b c", "c B a", 1.0), ("a b", "c d", 0.0), ("", "", 0.0)])
def test_word_overlap_runs_from_nothing_to_all(one: str, other: str, overlap: float) -> None:
    assert text.word_overlap(one, other) == overlap


@given(st.text(alphabet=st.characters()))
def test_folding_never_fails(anything: str) -> None:
    assert text.fold(anything) == text.fold(anything).lower()


_ENDINGS = ("alization", "isations", "ational", "iveness", "fulness", "alism", "ating", "ically", "ality")


def test_stems_are_the_same_whichever_threads_ask_for_them_at_once() -> None:
    words = [f"{head}{tail}" for head in ("gener", "optim", "regul", "form") for tail in _ENDINGS]
    wanted = [text.stem.__wrapped__(word) for word in words]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: [text.stem.__wrapped__(word) for word in words], range(40)))
    assert all(stems == wanted for stems in found)
