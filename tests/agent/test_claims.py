"""What of a model's text is a claim, and which marks belong to it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.claims import cut

MARKS = ["[1.1]", "[1.1, 2.3]", "【2.1】", "[99.1]", "[0, 1]", "[", "]"]
MARKUP = [". ", "! ", "? ", ": ", "\n", "\n\n", "- ", "1. ", "# ", "**", "`", "> ", "|", "\t", " "]
WORDS = ["Foo-7B solves 57.6%", "the library does not say", "e.g. ", "et al. ", "...", "…"]
FRAGMENTS = st.sampled_from([*MARKS, *MARKUP, *WORDS])
TEXTS = st.one_of(st.lists(FRAGMENTS, max_size=12).map("".join), st.text(max_size=60))


def claims(text: str) -> list[tuple[str, list[str]]]:
    return [(piece.words, [str(place) for place in piece.places]) for piece in cut(text) if piece.kind == "claim"]


@settings(max_examples=400)
@given(TEXTS)
def test_the_pieces_are_the_text_without_gap_or_overlap(text: str) -> None:
    pieces = cut(text)

    assert "".join(text[piece.start : piece.end] for piece in pieces) == text
    assert [piece.start for piece in pieces] == [0, *(piece.end for piece in pieces)][: len(pieces)]
    assert all(piece.start < piece.end for piece in pieces)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Foo works [1.2]. Bar does not [2.1].", [("Foo works.", ["1.2"]), ("Bar does not.", ["2.1"])]),
        ("Foo works. [1.2] Bar does not. [2.1]", [("Foo works.", ["1.2"]), ("Bar does not.", ["2.1"])]),
        ("Foo works [1.2], while Bar does not [2.1].", [("Foo works, while Bar does not.", ["1.2", "2.1"])]),
        ("Foo works [1.2][2.1].", [("Foo works.", ["1.2", "2.1"])]),
        ("Foo reaches 57.6% of e.g. Bar [1.2].", [("Foo reaches 57.6% of e.g. Bar.", ["1.2"])]),
        ("- Foo works [1.2].\n- Bar works [2.1].", [("Foo works.", ["1.2"]), ("Bar works.", ["2.1"])]),
        ("1. Foo works [1.2].", [("Foo works.", ["1.2"])]),
        ("**Foo** `works` _well_ [1.2].", [("Foo works well.", ["1.2"])]),
        ("> Foo works [1.2].", [("Foo works.", ["1.2"])]),
        ("[1.2] Foo works.", [("Foo works.", ["1.2"])]),
        ("Foo works", [("Foo works", [])]),
    ],
)
def test_a_claim_is_a_sentence_with_the_marks_that_belong_to_it(
    text: str, expected: list[tuple[str, list[str]]]
) -> None:
    assert claims(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("# Findings", "**Findings**", "**Findings:**", "Here is what the papers say:", "Does Foo work?", "---", ""),
        *("\n\n", "| | |", "The library does not say what Foo costs.", "The evidence does not mention Bar.", "OK."),
    ],
)
def test_what_states_nothing_is_no_claim(text: str) -> None:
    assert claims(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The library does not say what Foo costs, but it is 40 dollars.",
        "The library does not say that Foo solves 91% of Bar.",
        "The library does not say so, however Foo works.",
        "The library does not fly.",
    ],
)
def test_a_claim_cannot_hide_behind_what_the_library_lacks(text: str) -> None:
    assert len(claims(text)) == 1


def test_a_question_with_a_mark_is_a_claim() -> None:
    assert claims("Does Foo work [1.1]?") == [("Does Foo work?", ["1.1"])]
