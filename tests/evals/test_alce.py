"""ALCE's recall and precision on answers worked out by hand.

A fact is a letter: a passage states the letters of its text, and a claim follows from
passages that state all of its letters. A passage with a question mark cannot be judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from evals.entailment import Pair, Passage, judge_claims
from evals.metrics.alce import Counts, Verdict, counts, with_invented

Claims = Sequence[tuple[str, Sequence[str]]]


class Letters:
    """Entailment by letters, exact; keeps what it was asked in each round."""

    name = "letters/1"

    def __init__(self) -> None:
        self.rounds: list[list[tuple[list[str], str]]] = []

    async def entails(self, pairs: Sequence[Pair]) -> list[bool | None]:
        self.rounds.append([([passage.text for passage in passages], claim) for passages, claim in pairs])
        return [self._one("".join(passage.text for passage in passages), claim) for passages, claim in pairs]

    def _one(self, stated: str, claim: str) -> bool | None:
        return None if "?" in stated else set(claim) <= set(stated)


def judged(claims: Claims, backend: Letters | None = None) -> list[Verdict]:
    given = [(claim, tuple(Passage("A title", text) for text in texts)) for claim, texts in claims]
    return asyncio.run(judge_claims(given, backend or Letters()))


def counted(claims: Claims, out_of_range: int = 0) -> Counts:
    return counts(judged(claims), out_of_range)


def test_one_citation_that_entails_its_claim_is_all_there_is_to_want() -> None:
    # recall 1/1, precision 1/1
    found = counted([("ab", ["ab"])])

    assert found == Counts(claims=1, recalled=1, citations=1, correct=1, unscored=0)
    assert (found.recall, found.precision, found.f1) == (1.0, 1.0, 1.0)


def test_one_citation_that_does_not_entail_its_claim_is_wrong() -> None:
    # recall 0/1, precision 0/1
    found = counted([("ab", ["a"])])

    assert found == Counts(1, 0, 1, 0, 0)
    assert (found.recall, found.precision, found.f1) == (0.0, 0.0, 0.0)


def test_two_citations_that_entail_only_together_are_both_correct() -> None:
    # Together ab; alone neither, but without either the other is not enough: both necessary. Precision 2/2.
    assert judged([("ab", ["a", "b"])]) == [Verdict(True, (True, True))]


def test_two_citations_that_each_suffice_are_both_correct() -> None:
    # Each entails the claim alone. Precision 2/2.
    assert judged([("a", ["a", "ab"])]) == [Verdict(True, (True, True))]


def test_a_citation_that_adds_nothing_to_a_sufficient_one_is_wrong() -> None:
    # The second does not entail alone, and without it the first still does: cited too much. Recall 1/1, precision 1/2.
    found = counted([("a", ["a", "c"])])

    assert found == Counts(1, 1, 2, 1, 0)
    assert (found.recall, found.precision) == (1.0, 0.5)
    assert found.f1 == pytest.approx(2 * 0.5 * 1.0 / 1.5)


def test_of_three_citations_the_two_that_are_needed_are_correct() -> None:
    # Without a: bc no; without b: ac no; without c: ab yes. Precision 2/3.
    assert judged([("ab", ["a", "b", "c"])]) == [Verdict(True, (True, True, False))]


def test_of_three_citations_none_is_needed_where_each_fact_stands_twice() -> None:
    # ab alone yes. a: no, rest {ab, b} yes: wrong. b: no, rest {ab, a} yes: wrong. Precision 1/3.
    assert judged([("ab", ["ab", "a", "b"])]) == [Verdict(True, (True, False, False))]


def test_a_claim_that_is_not_entailed_has_no_correct_citation_however_many_bear_on_it() -> None:
    # a and b are stated, c is not: recall 0, precision 0/2.
    assert judged([("abc", ["a", "b"])]) == [Verdict(False, (False, False))]


def test_a_claim_without_a_citation_counts_as_not_recalled() -> None:
    # Two claims, one of them cited: recall 1/2, precision 1/1, F1 = 2 * 1 * 0.5 / 1.5 = 2/3.
    found = counted([("a", ["a"]), ("b", [])])

    assert found == Counts(2, 1, 1, 1, 0)
    assert (found.recall, found.precision) == (0.5, 1.0)
    assert found.f1 == pytest.approx(2 / 3)


def test_a_claim_inherits_nothing_from_the_claim_before_or_after() -> None:
    # All three say a, and the middle one cites it: recall 1/3, where inheritance would give 2/3 or 3/3.
    assert counted([("a", []), ("a", ["a"]), ("a", [])]).recall == pytest.approx(1 / 3)


def test_a_citation_that_names_nothing_lowers_precision() -> None:
    # One right citation and two invented ones: 1/3, where ALCE's own program has 1/1.
    found = counted([("a", ["a"])], out_of_range=2)

    assert found == Counts(1, 1, 3, 1, 0)
    assert found.precision == pytest.approx(1 / 3)


def test_a_claim_that_also_cites_what_does_not_exist_gets_nothing() -> None:
    # ALCE: any citation out of range, and the sentence has recall 0 and no correct citation. Precision 0/(2 + 1).
    (verdict,) = judged([("a", ["a", "ab"])])

    found = counts([with_invented(verdict)], out_of_range=1)

    assert found == Counts(1, 0, 3, 0, 0)


def test_a_claim_that_could_not_be_judged_is_judged_by_what_it_invented() -> None:
    (verdict,) = judged([("a", ["?"])])

    assert counts([with_invented(verdict)], out_of_range=1) == Counts(1, 0, 2, 0, 0)


def test_a_citation_that_is_given_twice_counts_once() -> None:
    # a, a, c is a, c: precision 1/2, where counting each gives 2/3; and a is not judged needless for its own copy.
    assert judged([("a", ["a", "a", "c"])]) == [Verdict(True, (True, False))]
    assert judged([("ab", ["a", "b", "b"])]) == [Verdict(True, (True, True))]


def test_the_same_words_in_two_papers_are_two_citations() -> None:
    claims = [("a", (Passage("One", "a"), Passage("Two", "a")))]

    assert asyncio.run(judge_claims(claims, Letters())) == [Verdict(True, (True, True))]


def test_an_answer_is_the_sum_of_its_claims() -> None:
    # recalled: yes, no, yes, no -> 2/4. Citations: 2 of 2, 0 of 1, 1 of 2, none -> 3/5. F1 = 2 * .6 * .5 / 1.1 = 6/11.
    found = counted([("ab", ["a", "b"]), ("c", ["d"]), ("e", ["e", "f"]), ("g", [])])

    assert found == Counts(4, 2, 5, 3, 0)
    assert found.f1 == pytest.approx(6 / 11)


def test_claims_that_cite_nothing_have_precision_0_and_not_none() -> None:
    found = counted([("a", []), ("b", [])])

    assert (found.recall, found.precision, found.f1) == (0.0, 0.0, 0.0)


def test_an_answer_without_a_claim_has_no_figure() -> None:
    found = counted([])

    assert (found.recall, found.precision, found.f1) == (None, None, None)


def test_invented_citations_without_a_claim_have_precision_0() -> None:
    found = counts([], 3)

    assert (found.recall, found.precision, found.f1) == (None, 0.0, None)


def test_what_could_not_be_judged_is_counted_and_in_no_share() -> None:
    # The second claim and its citation have no verdict: recall 1/1 and precision 1/1 of the first alone.
    found = counted([("a", ["a"]), ("b", ["?"])])

    assert found == Counts(claims=1, recalled=1, citations=1, correct=1, unscored=1)


def test_an_answer_of_which_nothing_could_be_judged_has_no_figure() -> None:
    found = counted([("a", ["?"])])

    assert found == Counts(0, 0, 0, 0, 1)
    assert (found.recall, found.precision, found.f1) == (None, None, None)


class Sometimes(Letters):
    """Cannot judge the passages that are named, taken as they are."""

    def __init__(self, *unknown: str) -> None:
        super().__init__()
        self._unknown = unknown

    def _one(self, stated: str, claim: str) -> bool | None:
        return None if stated in self._unknown else super()._one(stated, claim)


@pytest.mark.parametrize(
    ("claim", "texts", "unknown", "expected"),
    [
        # a alone is unknown, and b alone is not enough: a is needed, whatever it does alone.
        ("ab", ["a", "b"], ["a"], (True, None)),
        # Whether c suffices alone is unknown, and the rest does suffice: c may be right or wrong.
        ("a", ["a", "c"], ["c"], (True, None)),
        # c does not suffice alone, and what the rest does is unknown.
        ("ab", ["ab", "c", "b"], ["abb"], (True, None, False)),
    ],
    ids=["needed", "alone", "rest"],
)
def test_a_citation_is_unscored_only_where_its_verdict_hangs_on_what_is_unknown(
    claim: str, texts: list[str], unknown: list[str], expected: tuple[bool | None, ...]
) -> None:
    (verdict,) = judged([(claim, texts)], Sometimes(*unknown))

    assert verdict == Verdict(True, expected)
    assert counts([verdict], 0).unscored == (None in expected)
    assert counts([verdict], 0).citations == len(expected) - expected.count(None)


def test_a_backend_is_asked_in_three_rounds_for_all_claims_at_once() -> None:
    backend = Letters()

    judged([("ab", ["a", "b"]), ("c", ["c", "d"]), ("e", ["e"]), ("f", []), ("g", ["h", "i"])], backend)

    together, alone, without = backend.rounds
    assert together == [(["a", "b"], "ab"), (["c", "d"], "c"), (["e"], "e"), (["h", "i"], "g")]
    assert alone == [(["a"], "ab"), (["b"], "ab"), (["c"], "c"), (["d"], "c")]
    assert without == [(["b"], "ab"), (["a"], "ab"), (["c"], "c")]


def test_a_backend_is_asked_the_same_thing_once_and_nothing_in_vain() -> None:
    backend = Letters()

    judged([("a", ["a"]), ("a", ["a"])], backend)
    judged([("a", [])], backend)

    assert backend.rounds == [[(["a"], "a")]]
