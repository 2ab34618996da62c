"""How a question went, in a word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evals.records import Record
from evals.report.outcome import outcome, papers
from tests.evals import report_samples as samples

GOLD = samples.right()


def citing(*keys: str, gold: tuple[str, ...] = ("a", "b"), also: tuple[str, ...] = ("c",)) -> Record:
    """An answer that cites these papers."""
    cited = [samples.citation(number, key, 1, "A sentence.") for number, key in enumerate(keys, 1)]
    given = samples.answer("?", "A sentence.", samples.claim("A sentence.", *cited))
    return replace(GOLD, gold=gold, also=also, facts=(), answer=given)


def test_cited_papers_are_gold_acceptable_or_neither() -> None:
    found = papers(citing("d", "c", "b"))

    assert found == (("b",), ("a",), ("c",), ("d",))


@pytest.mark.parametrize(
    ("record", "verdict", "why"),
    [
        (citing("a", "b"), "right", "2 of 2 gold papers cited"),
        (citing("b", "c", "a"), "right", "2 of 2 gold papers cited"),
        (citing("a"), "partly", "1 of 2 gold papers cited"),
        (citing("a", "b", "d"), "partly", "2 of 2 gold papers cited, and 1 paper that is not gold"),
        (citing("c"), "wrong", "0 of 2 gold papers cited"),
        (citing("d", "e"), "wrong", "0 of 2 gold papers cited, and 2 papers that are not gold"),
        (citing("a", gold=()), "open", "There are no gold papers to hold the citations against"),
        (replace(citing("a", gold=()), answerable=False), "wrong", "Answered, although no paper answers this"),
        (samples.silent(answerable=False), "right", "Rightly silent: no paper answers this"),
        (samples.silent(answerable=True), "wrong", "Silent, although 1 gold paper would answer"),
        (samples.failed(), "error", "There is no answer: an error counts as 0 in every score"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_the_verdict_is_of_the_cited_papers(record: Record, verdict: str, why: str) -> None:
    assert outcome(record) == (verdict, why)
