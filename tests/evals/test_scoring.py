"""What one question scores: answered, silent, failed, answerable or not, with the arithmetic beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.answer import Disagreement, Usage
from evals.entailment import Pair
from evals.metrics.retrieval import NAMES
from evals.records import Record
from evals.scoring import OF_CLAIMS, OF_PAPERS, SCORES, failed
from evals.systems import FirstPapers
from store.library import Library
from tests.evals.answers import (
    ALPHA,
    BETA,
    DELTA,
    GAMMA,
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


class Unsure:
    """A backend that has no verdict on what names Beta."""

    name = "unsure/1"

    async def entails(self, pairs: Sequence[Pair]) -> list[bool | None]:
        return [None if any("Beta" in passage.text for passage in passages) else True for passages, _ in pairs]


def test_an_answer_is_scored_by_papers_facts_sentences_and_ranking() -> None:
    # cited Alpha, Beta, Gamma; gold Alpha, Delta; acceptable Beta: P 1/3, R 1/2, F1 2/5; with acceptable P 2/3, F1 4/7
    # facts: Alpha's 2nd sentence is cited, Delta's is not: 1/2
    record = asked("q", [ALPHA, DELTA], [BETA], [fact(ALPHA, 2), fact(DELTA, 1)])
    claims = [quote(ALPHA, 2), quote(BETA, 1), quote(GAMMA, 1), claim("Nothing is known of tea.")]
    found = score(answered(record, *claims, ranking=[BETA.key, ALPHA.key, "other", DELTA.key]))

    assert list(found.scores) == list(SCORES)
    assert [found.scores[name] for name in OF_PAPERS] == pytest.approx([2 / 5, 1 / 3, 1 / 2, 4 / 7, 2 / 3])
    assert found.scores["fact_recall"] == 0.5
    assert found.scores["correct"] == 1  # a gold paper is cited, and 2 of 3 papers may be
    assert found.scores["citation_validity"] == found.scores["span_validity"] == 1
    assert found.scores["coverage"] == found.scores["alce_recall"] == 3 / 4
    assert found.scores["alce_precision"] == 1
    assert found.scores["recall@10"] == 1
    assert found.scores["mrr"] == 1 / 2
    assert found.scores["map"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    wanted = {"cited": 3, "right": 1, "acceptable": 1, "gold": 2, "facts": 2, "facts_cited": 1}
    wanted |= {"citations": 3, "valid": 3, "spans": 3, "claims": 4, "covered": 3, "invented_marks": 0}
    wanted |= {"alce_claims": 4, "alce_recalled": 3, "alce_citations": 3, "alce_correct": 3, "alce_unscored": 0}
    assert found.counts.items() >= wanted.items()


def test_silence_where_papers_answer_is_0_and_says_nothing_of_citations() -> None:
    found = score(silent(asked("q", [ALPHA], facts=[fact(ALPHA, 1)]), ranking=[ALPHA.key]))

    assert [found.scores[name] for name in (*OF_PAPERS, "fact_recall", "correct")] == [0.0] * 7
    assert [found.scores[name] for name in OF_CLAIMS] == [None] * 5
    assert found.scores["ndcg@10"] == 1
    assert "words" not in found.counts


def test_an_abstention_cites_nothing_whatever_stands_in_it() -> None:
    record = answered(asked("q", [ALPHA]), quote(ALPHA, 1))
    found = score(replace(record, answer={**(record.answer or {}), "abstained": True}))

    assert [found.scores[name] for name in (*OF_PAPERS, "correct")] == [0.0] * 6
    assert found.counts["cited"] == 0


def test_silence_where_no_paper_answers_is_correct_and_has_no_other_score() -> None:
    found = score(silent(asked("q")))

    assert {name: value for name, value in found.scores.items() if value is not None} == {"correct": 1.0}


def test_an_answer_where_no_paper_answers_is_wrong_and_its_citations_are_counted() -> None:
    found = score(answered(asked("q"), quote(ALPHA, 1), quote(BETA, 1)))

    assert found.scores["correct"] == 0
    assert [found.scores[name] for name in (*OF_PAPERS, *NAMES)] == [None] * 10
    assert (found.counts["cited"], found.counts["right"], found.counts["gold"]) == (2, 0, 0)
    assert found.scores["coverage"] == 1


def test_an_answer_that_only_a_rubric_can_judge_is_neither_correct_nor_wrong() -> None:
    found = score(answered(asked("q", answerable=True), quote(ALPHA, 1)))

    assert found.scores["correct"] is None
    assert found.scores["citation_f1"] is None
    assert found.scores["citation_validity"] == 1


@pytest.mark.parametrize(
    ("record", "zeros"),
    [
        pytest.param(asked("q", [ALPHA], facts=[fact(ALPHA, 1)]), set(SCORES), id="answerable"),
        pytest.param(asked("q", [ALPHA]), set(SCORES) - {"fact_recall"}, id="without-facts"),
        pytest.param(asked("q"), {"correct"}, id="unanswerable"),
        pytest.param(asked("q", answerable=True), set(OF_CLAIMS), id="rubric-alone"),
    ],
)
def test_an_error_is_0_in_every_score_that_the_question_could_have_had(record: Record, zeros: set[str]) -> None:
    found = score(broken(record))

    assert found == failed(broken(record))
    assert list(found.scores) == list(SCORES)
    assert {name for name, value in found.scores.items() if value == 0} == zeros
    assert {name for name, value in found.scores.items() if value is None} == set(SCORES) - zeros
    assert (found.counts["cited"], found.counts["gold"]) == (0, len(record.gold))


def test_an_answer_that_cites_nothing_has_no_validity_and_no_credit_either() -> None:
    found = score(answered(asked("q", [ALPHA]), claim("Alpha solves 40 puzzles.")))

    assert found.scores["citation_validity"] is found.scores["span_validity"] is None
    assert found.scores["coverage"] == found.scores["alce_recall"] == found.scores["alce_precision"] == 0
    assert found.scores["correct"] == 0


def test_a_mark_that_names_nothing_takes_alce_s_credit_from_its_claim_and_lowers_precision() -> None:
    # two claims that follow; the first has a second mark that names nothing: recall 1/2, precision 1/3
    claims = [claim("Alpha solves 40 puzzles.", cite(ALPHA, 1), invented=1), quote(BETA, 1)]
    found = score(answered(asked("q", [ALPHA]), *claims))

    assert found.counts["invented_marks"] == 1
    assert found.scores["alce_recall"] == 1 / 2
    assert found.scores["alce_precision"] == pytest.approx(1 / 3)
    assert found.scores["coverage"] == found.scores["citation_validity"] == 1
    assert [one["entailed"] for one in found.verdicts] == [True, True]  # what the backend said stays as it was said


def test_a_citation_that_does_not_stand_is_out_of_range_for_alce() -> None:
    # of two citations one names a sentence that does not exist: recall 0/1, precision 0/2
    record = answered(asked("q", [ALPHA]), claim("Beta solves 55 puzzles.", cite(ALPHA, 1), cite(BETA, 1)))
    found = score(changed(record, sentence=7))

    assert found.scores["citation_validity"] == found.scores["span_validity"] == 1 / 2
    assert (found.scores["alce_recall"], found.scores["alce_precision"]) == (0, 0)
    assert found.counts["alce_citations"] == 2
    assert found.verdicts[0] == {"entailed": True, "citations": [False, True]}


def test_claims_are_held_against_the_stored_sentence_and_not_against_what_the_answer_quotes() -> None:
    record = answered(asked("q", [ALPHA]), claim("Alpha cooks 900 dinners.", cite(ALPHA, 1)))
    found = score(changed(record, quote="Alpha cooks 900 dinners."))

    assert found.scores["span_validity"] == 0
    assert found.scores["alce_recall"] == 0


def test_a_sentence_that_is_cited_twice_has_one_verdict_in_both_places() -> None:
    twice = claim("Alpha solves 40 puzzles.", cite(ALPHA, 1), cite(ALPHA, 1, score=0.4))
    found = score(answered(asked("q", [ALPHA]), twice))

    assert found.verdicts[0]["citations"] == [True, True]
    assert found.counts["alce_citations"] == 1


def test_what_the_backend_cannot_judge_is_in_no_share_and_counted() -> None:
    found = score(answered(asked("q", [ALPHA]), quote(ALPHA, 1), quote(BETA, 1)), backend=Unsure())

    assert (found.scores["alce_recall"], found.scores["alce_precision"]) == (1, 1)
    assert found.counts["alce_unscored"] == 1
    assert found.verdicts[1] == {"entailed": None, "citations": [None]}


def test_the_citations_of_a_disagreement_are_checked_too_and_cite_no_paper_for_the_answer() -> None:
    false = replace(cite(GAMMA, 1), quote="Gamma plays poker.")
    record = asked("q", [ALPHA, BETA])
    found = score(
        answered(record, quote(ALPHA, 1), disagreements=[Disagreement(cite(BETA, 1), false, "they count otherwise")])
    )

    assert (found.counts["citations"], found.counts["valid"], found.counts["spans"]) == (3, 3, 2)
    assert found.counts["cited"] == 1


def test_costs_are_those_that_are_known_and_words_are_without_marks() -> None:
    text = "> Alpha solves **40** puzzles. [1][2]\n\n– *(weak)*"
    usage = Usage(calls=2, prompt_tokens=300, completion_tokens=40, cost_usd=None)
    found = score(answered(asked("q", [ALPHA]), quote(ALPHA, 1), text=text, usage=usage, total_ms=12.5))

    known = {name: found.counts.get(name) for name in ("words", "calls", "prompt_tokens", "completion_tokens")}
    assert known == {"words": 5, "calls": 2, "prompt_tokens": 300, "completion_tokens": 40}
    assert found.counts["total_ms"] == 12.5
    assert not {"cost_usd", "first_token_ms"} & found.counts.keys()


def test_scoring_again_changes_nothing_and_keeps_what_a_judge_gave() -> None:
    first = score(answered(asked("q", [ALPHA]), quote(ALPHA, 1)))
    judged = first.with_scores({"nugget_recall": 0.5, "rubric": None}, {})

    assert score(first) == first
    assert score(judged) == judged
    assert score(replace(judged, error="gone", answer=None)).scores["nugget_recall"] == 0.5


def test_a_record_keeps_its_scores_on_disk() -> None:
    found = score(answered(asked("q", [ALPHA], facts=[fact(ALPHA, 1)]), quote(ALPHA, 1)))

    stored = json.loads(json.dumps(found.to_dict()))
    assert Record.from_dict(stored).to_dict() == stored


def test_quoting_from_the_seeds_cites_what_stands(seed_library: Library) -> None:
    papers = {paper.key: paper for paper in seed_library.papers()}
    system = FirstPapers(seed_library, "fused")
    attempt = asyncio.run(system.answer("How is reward hacking prevented in reasoning models?"))
    record = replace(asked("q", answerable=True), answer=attempt.answer.to_dict(), retrieved=attempt.retrieved)
    found = score(record, papers)

    assert found.counts["citations"] == 3
    assert [found.scores[name] for name in OF_CLAIMS] == [1.0] * 5
