"""Holes in the measures of other systems, each with what they would report beside what we report.

The small functions named after a system follow what its evaluation computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from statistics import fmean

import pytest

from evals.metrics.alce import Verdict, counts
from evals.records import Record
from evals.summary import RunData, Summary, summarize
from tests.evals.answers import (
    ALPHA,
    BETA,
    DELTA,
    GAMMA,
    PAPERS,
    answered,
    asked,
    broken,
    changed,
    cite,
    claim,
    fact,
    quote,
    score,
    silent,
)

TITLES = {paper.title or "": paper.key for paper in PAPERS.values()}


def summary(*records: Record) -> Summary:
    return summarize(RunData("run", {"entailment": "overlap/1"}, tuple(map(score, records))))


def figure(of: Summary, name: str) -> float | None:
    (found,) = [one.value for section in of.sections for one in section.figures if one.name == name]
    return found


def test_alce_an_invented_citation_lowers_precision() -> None:
    # Three claims, of which the third cites only what does not exist.
    def alce(correct: Sequence[int], given: Sequence[int], out_of_range: Sequence[int]) -> float:
        """Sentences with a citation out of range are passed over before their citations are counted."""
        kept = [place for place, outside in enumerate(out_of_range) if not outside]
        return sum(correct[place] for place in kept) / sum(given[place] for place in kept)

    found = score(answered(asked("q", [ALPHA]), quote(ALPHA, 1), quote(BETA, 1), claim("It sings.", invented=2)))

    assert alce([1, 1, 0], [1, 1, 2], [0, 0, 2]) == 1
    assert found.scores["alce_precision"] == 2 / 4


def test_alce_a_citation_that_is_given_twice_counts_once() -> None:
    # One claim cites a right sentence once and another a wrong one, written three times.
    right, wrong = quote(ALPHA, 1), claim("Beta cooks 900 dinners.", cite(BETA, 1), cite(BETA, 1), cite(BETA, 1))

    as_written = 1 / (1 + 3)

    found = score(answered(asked("q", [ALPHA]), right, wrong))
    assert found.scores["alce_precision"] == 1 / (1 + 1) != as_written


def test_scholarqabench_a_claim_inherits_nothing_from_the_sentence_before() -> None:
    claims = [quote(ALPHA, 1), claim("Alpha solves puzzles.")]
    inheriting = [claims[0], claim(claims[1].text, *claims[0].citations)]

    assert score(answered(asked("q", [ALPHA]), *inheriting)).scores["alce_recall"] == 1  # as they would have it
    found = score(answered(asked("q", [ALPHA]), *claims))
    assert found.scores["alce_recall"] == found.scores["coverage"] == 1 / 2


def test_scholarqabench_short_sentences_are_claims_too() -> None:
    claims = [quote(ALPHA, 1), claim("It beats everyone."), claim("It costs nothing.")]
    long_enough = [one for one in claims if len(one.text) >= 20]

    assert score(answered(asked("q", [ALPHA]), *long_enough)).scores["coverage"] == 1
    assert score(answered(asked("q", [ALPHA]), *claims)).scores["coverage"] == pytest.approx(1 / 3)


def test_autosurvey_recall_is_over_all_claims_and_not_over_the_cited_ones() -> None:
    claims = [quote(ALPHA, 1), claim("Everyone knows it."), claim("It is the future."), claim("Nobody doubts it.")]
    cited = [one for one in claims if one.citations]

    assert score(answered(asked("q", [ALPHA]), *cited)).scores["alce_recall"] == 1
    assert score(answered(asked("q", [ALPHA]), *claims)).scores["alce_recall"] == 1 / 4


def test_autosurvey_a_made_up_title_never_becomes_the_nearest_paper() -> None:
    # A model cites "Alphax", which is no paper.
    (nearest,) = get_close_matches("Alphax", TITLES, n=1, cutoff=0.0)
    record = asked("q", [ALPHA])
    mapped = answered(record, claim("Alpha solves 40 puzzles.", cite(PAPERS[TITLES[nearest]], 1)))
    ours = score(answered(record, claim("Alpha solves 40 puzzles.", invented=1)))

    assert score(mapped).scores["citation_f1"] == score(mapped).scores["alce_precision"] == 1
    assert ours.cited == ()
    assert ours.scores["citation_f1"] == ours.scores["alce_precision"] == 0
    assert ours.counts["invented_marks"] == 1


def test_fact_an_answer_without_a_citation_is_not_skipped() -> None:
    answers = [answered(asked("q1", [ALPHA]), quote(ALPHA, 1)), answered(asked("q2", [BETA]), claim("Beta is great."))]
    deep_research_bench = [one for one in map(score, answers) if one.counts["citations"]]

    assert fmean(one.scores["alce_precision"] or 0.0 for one in deep_research_bench) == 1
    assert figure(summary(*answers), "alce_precision") == 1 / 2


def test_fact_a_claim_that_is_supported_in_part_is_not_supported() -> None:
    # The sentence has the 40 puzzles and not the 3 seconds.
    half = claim("Alpha solves 40 puzzles in 3 seconds.", cite(ALPHA, 1))
    supported_entirely_or_partially = 1.0

    found = score(answered(asked("q", [ALPHA]), half))
    assert found.scores["alce_recall"] == found.scores["alce_precision"] == 0 < supported_entirely_or_partially


def test_fact_a_source_that_has_gone_is_a_broken_citation_and_not_left_out() -> None:
    record = answered(asked("q", [ALPHA]), quote(ALPHA, 1), quote(BETA, 1))
    left = {ALPHA.key: ALPHA}
    deep_research_bench = 1 / (1 + 0)  # supported / (supported + unsupported), unknown ones excluded

    found = score(record, left)
    assert found.scores["citation_validity"] == found.scores["alce_precision"] == 1 / 2 < deep_research_bench


def test_haiku_rag_errors_are_in_the_mean() -> None:
    records = [answered(asked("q1", [ALPHA]), quote(ALPHA, 1)), broken(asked("q2", [BETA])), broken(asked("q3"))]
    found = summary(*records)

    assert figure(found, "citation_f1_without_errors") == 1  # as they report
    assert figure(found, "citation_f1") == 1 / 2
    assert figure(found, "accuracy") == pytest.approx(1 / 3)
    assert figure(found, "abstention_recall") == 0  # an error is no refusal
    assert found.errors == 2
    assert "without them citation_f1 is 1.000, not 0.500" in found.warnings[0]


def test_haiku_rag_wrong_citations_after_the_right_one_lower_the_score() -> None:
    def cited_map(cited: Sequence[str], gold: Sequence[str]) -> float:
        """Average precision of the cited sources in their order."""
        hits = [place for place, key in enumerate(cited, 1) if key in gold]
        return sum(found / place for found, place in enumerate(hits, 1)) / len(gold)

    found = score(answered(asked("q", [ALPHA]), quote(ALPHA, 1), quote(BETA, 1), quote(GAMMA, 1), quote(DELTA, 1)))

    assert cited_map(found.cited, found.gold) == 1
    assert found.scores["citation_precision"] == 1 / 4
    assert found.scores["correct"] == 0


def test_haiku_rag_a_citation_of_what_was_never_retrieved_is_not_valid() -> None:
    record = answered(asked("q", [ALPHA]), quote(ALPHA, 1), retrieved=[BETA.key])
    in_the_store = 1.0 if ALPHA.key in PAPERS else 0.0

    assert score(record).scores["citation_validity"] == score(record).scores["alce_precision"] == 0 < in_the_store


def test_haiku_rag_a_mangled_key_is_not_mended() -> None:
    record = changed(answered(asked("q", [ALPHA]), quote(ALPHA, 1)), key="alpha2O24")
    (snapped,) = get_close_matches("alpha2O24", PAPERS, n=1)

    assert snapped == ALPHA.key
    assert score(record).scores["citation_validity"] == score(record).scores["citation_f1"] == 0


def test_deepscholar_a_neighbour_lends_no_citation() -> None:
    claims = [claim("It is famous."), quote(ALPHA, 1), claim("It is loved.")]
    window = [
        any(one.citations for one in claims[max(place - 1, 0) : place + 2]) for place in range(len(claims))
    ]  # what is meant by a window of one sentence on each side

    assert sum(window) / len(window) == 1
    assert score(answered(asked("q", [ALPHA]), *claims)).scores["coverage"] == pytest.approx(1 / 3)


def test_astabench_a_title_alone_is_no_support() -> None:
    # What is claimed stands in the title; the cited sentence says something else.
    titled = claim("Beta", cite(BETA, 2))
    record = asked("q", [BETA])
    astabench = (1 - 0.5 * 1) / 1  # (supported - half of those by the title alone) / claims

    found = score(answered(record, claim("Attention Is All One Needs.", cite(BETA, 2))))
    assert found.scores["alce_recall"] == 0 < astabench
    assert score(answered(record, titled)).scores["alce_recall"] == 0 < astabench


def test_paper_qa_a_key_inside_another_is_not_used() -> None:
    # used_contexts asks whether the key is a part of the text; alpha2024 is a part of alpha2024b.
    text, known = "Gamma plays chess (alpha2024b).", ["alpha2024", "alpha2024b"]
    found = score(changed(answered(asked("q", [ALPHA]), quote(ALPHA, 1), text=text), key="alpha2024b"))

    assert [key for key in known if key in text] == known
    assert found.cited == ("alpha2024b",)
    assert found.scores["citation_recall"] == 0


def test_scholarqa_a_quotation_that_resembles_the_source_is_no_quotation() -> None:
    def word_overlap(quoted: str, source: str) -> float:
        return len(set(quoted.split()) & set(source.split())) / len(set(quoted.split()))

    resembling = "Alpha never solves 40 puzzles."
    record = changed(answered(asked("q", [ALPHA]), quote(ALPHA, 1)), quote=resembling)

    assert word_overlap(resembling, ALPHA.abstract) >= 0.75
    assert score(record).scores["span_validity"] == 0


def test_storm_an_invented_mark_takes_no_true_citation_with_it() -> None:
    cited = claim("Alpha solves 40 puzzles.", cite(ALPHA, 1), cite(ALPHA, 2), invented=1)
    storm = cited.citations[:-1]  # the last true citation is deleted with the invented one

    found = score(answered(asked("q", [ALPHA]), cited))
    assert found.counts["citations"] == 2 > len(storm)
    assert found.scores["citation_validity"] == 1


def test_litqa2_precision_counts_what_was_answered_in_vain_and_what_failed() -> None:
    records = [
        answered(asked("q1", [ALPHA]), quote(ALPHA, 1)),
        silent(asked("q2", [BETA])),
        answered(asked("q3"), quote(GAMMA, 1)),
        broken(asked("q4", [DELTA])),
    ]
    answerable_and_answered = 1 / 1

    found = figure(summary(*records), "precision_over_answered")
    assert found == pytest.approx(1 / 3) != answerable_and_answered
    assert figure(summary(*records), "accuracy") == 1 / 4


def test_citations_to_unanswerable_questions_lower_micro_precision() -> None:
    records = [answered(asked("q1", [ALPHA]), quote(ALPHA, 1)), answered(asked("q2"), quote(BETA, 1), quote(GAMMA, 1))]
    found = summary(*records)

    assert figure(found, "citation_precision") == 1  # a mean over the questions with gold cannot see it
    assert figure(found, "micro_precision") == pytest.approx(1 / 3)


def test_a_paper_is_not_a_fact_citing_another_of_its_sentences_recalls_nothing() -> None:
    found = score(answered(asked("q", [ALPHA], facts=[fact(ALPHA, 1)]), quote(ALPHA, 3)))

    assert found.scores["citation_recall"] == 1
    assert found.scores["fact_recall"] == 0


def test_an_unreadable_verdict_is_unscored_and_neither_true_nor_false() -> None:
    found = counts([Verdict(True, (True,)), Verdict(None, (None,))], out_of_range=0)

    assert (found.recall, found.precision, found.unscored) == (1, 1, 1)


def test_two_questions_are_shown_to_be_two() -> None:
    # gpt-researcher's hallucination score rests on two cases and does not say so.
    records = [answered(asked("q1", [ALPHA]), quote(ALPHA, 1)), answered(asked("q2", [ALPHA]), quote(BETA, 1))]
    (found,) = [one for one in summary(*records).sections[0].figures if one.name == "citation_f1"]

    assert (found.value, found.n, found.low, found.high) == (0.5, 2, 0, 1)
