"""An answer while it is being written: what was told is only added to, and never has a mark that does not resolve."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import events
from agent.evidence import Evidence
from agent.live import LiveText
from agent.verification import Verifier, write
from store.library import Library
from tests.agent.conftest import SOLVES, TRAINING, marks_in

FIRST, SECOND = f"{SOLVES} [1.3].", f"{TRAINING} [1.4]."
BAD = "Zeppelin-7B solves 75.6% of miniF2F [1.3]."
TEXTS = st.lists(
    st.sampled_from(
        [
            FIRST,
            SECOND,
            BAD,
            "Cheese. ",
            " ",
            "\n",
            "\n\n- ",
            "[1.1-3]",
            "[99.1]",
            "[1]",
            "[0, 1]",
            "**",
            "[a](b)",
            "The rest",
        ]
    ),
    min_size=1,
    max_size=8,
).map("".join)


class Told:
    """What a live text has told."""

    def __init__(self, shelf: Library) -> None:
        (paper,) = [paper for paper in shelf.papers() if paper.title and paper.title.startswith("Zeppelin")]
        self.events: list[events.Event] = []
        self.verifier = Verifier(Evidence([paper]), shelf.embed)
        self.live = LiveText(self.verifier, self.events.append)

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, events.Delta))

    @property
    def restarts(self) -> int:
        return sum(isinstance(event, events.Restarted) for event in self.events)

    def grow(self, text: str, cuts: list[int]) -> None:
        for end in [*sorted({cut for cut in cuts if 0 < cut < len(text)}), len(text)]:
            self.live.update(text[:end])
        self.live.finish(text)

    def final(self, text: str) -> str:
        return write(text, self.verifier.judge(text)).strip()


@pytest.fixture
def told(shelf: Library) -> Told:
    """A live text whose evidence is one paper."""
    return Told(shelf)


def letter_by_letter(text: str) -> list[int]:
    return list(range(1, len(text)))


def test_letter_by_letter_the_text_comes_to_what_it_will_be(told: Told) -> None:
    text = f"{FIRST} {SECOND}\n\n- {FIRST}"
    told.grow(text, letter_by_letter(text))

    assert told.text == told.final(text)
    assert told.restarts == 0


@pytest.mark.parametrize("step", [2, 3, 4, 7, 13])
def test_in_pieces_of_any_length_the_text_comes_to_what_it_will_be(told: Told, step: int) -> None:
    text = f"{FIRST} {SECOND}\n\n- {FIRST}\n- {SECOND} {FIRST}"
    told.grow(text, list(range(step, len(text), step)))

    assert told.text == told.final(text)


def test_a_mark_is_told_whole(told: Told) -> None:
    told.grow(FIRST, letter_by_letter(FIRST))

    deltas = [event.text for event in told.events if isinstance(event, events.Delta)]
    assert sum("[1.3]" in delta for delta in deltas) == 1
    assert sum("[" in delta for delta in deltas) == 1


def test_a_claim_that_failed_carries_its_word_as_soon_as_it_is_whole(told: Told) -> None:
    text = f"{BAD} {FIRST}"
    told.grow(text, letter_by_letter(text))

    assert told.text == told.final(text)
    assert told.text.startswith("Zeppelin-7B solves 75.6% of miniF2F [1.3]. *(weak)* ")


def test_every_whole_claim_is_told_once(told: Told) -> None:
    text = f"{FIRST} {BAD} {SECOND}\n"
    told.grow(text, letter_by_letter(text))

    verdicts = [event.claim.support for event in told.events if isinstance(event, events.Verified)]
    assert verdicts == ["supported", "weak", "supported"]


def test_an_empty_text_takes_back_what_was_told_once(told: Told) -> None:
    told.live.update("Cheese")
    told.live.update("")
    told.live.update("")

    assert told.restarts == 1


def test_nothing_is_taken_back_where_nothing_was_told(told: Told) -> None:
    told.live.update("")
    told.live.restart("again")

    assert told.events == []


def test_after_a_restart_everything_is_told_anew(told: Told) -> None:
    told.live.update(f"{FIRST} More")
    told.live.restart("again")
    before = len(told.events)
    told.live.update(f"{FIRST} More")

    assert [type(event).__name__ for event in told.events[before:]] == ["Delta", "Verified"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(TEXTS, st.lists(st.integers(1, 200), max_size=15))
def test_in_whatever_pieces_a_text_comes_it_is_only_added_to(shelf: Library, text: str, cuts: list[int]) -> None:
    told = Told(shelf)
    told.grow(text, cuts)

    final = told.final(text)
    claims = [item.claim for item in told.verifier.judge(text) if item.claim]
    assert told.restarts == 0
    assert set(marks_in(told.text)) <= {(one.number, one.sentence) for claim in claims for one in claim.citations}
    assert set(marks_in(final)) >= set(marks_in(told.text))
    assert "99" not in told.text
