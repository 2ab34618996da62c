"""The tables of a run's report: which figures stand in them, and of which records each is taken."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from evals.figures import Figure, Section, mean, percentile, ratio, total
from evals.judge import agreement
from evals.metrics import abstention, calibration, citations
from evals.metrics.calibration import Rated
from evals.metrics.retrieval import NAMES
from evals.metrics.statistics import FloatArray
from evals.records import Record
from evals.scoring import JUDGED, OF_PAPERS

MAIN = "citation_f1"
BY_KIND = (MAIN, "citation_precision", "citation_recall", "fact_recall", "correct", "ndcg@10")
_PAPERS = ("cited", "right", "acceptable", "gold")
_MICRO = {
    "micro_f1": citations.micro_f1,
    "micro_precision": citations.micro_precision,
    "micro_recall": citations.micro_recall,
    "micro_precision_also": citations.micro_precision_also,
}
_OVER_ANSWERS = {
    "words": ("words", "words"),
    "calls": ("calls", "calls"),
    "prompt_tokens": ("prompt_tokens", "tokens"),
    "completion_tokens": ("completion_tokens", "tokens"),
    "cost": ("cost_usd", "USD"),
}
_CORRECT = (
    "Accuracy is over all questions: correct is an abstention where no paper answers, and elsewhere an answer that "
    "cites a gold paper and of whose papers at most half are neither gold nor acceptable. Precision is over the "
    "answered questions, unanswerable ones among them. An error is no abstention: it counts as answered, and wrong."
)
_JUDGED = (
    "A model's verdicts, no human's. A reply that cannot be read scores nothing. Agreement is with what is counted "
    "without the judge: verdicts on claims with Citeloom's own support check (share that agree, and Cohen's kappa, "
    "from -1 to 1), nugget recall with fact recall (Spearman's rho)."
)
_TOOK = (
    "What the judge took is summed over the questions: prompts whose reply was in the cache (judge_cached) cost "
    "nothing, and of a question whose judging failed at first only the last attempt is counted."
)
_OF_JUDGE = {
    "judge_calls": ("calls", "calls"),
    "judge_cached": ("cached", "prompts"),
    "judge_prompt_tokens": ("prompt_tokens", "tokens"),
    "judge_completion_tokens": ("completion_tokens", "tokens"),
}
_TIMES = {"latency": "total_ms", "first_token": "first_token_ms"}


def against_gold(records: Sequence[Record], seed: int) -> Section:
    """Cited papers against gold papers: a mean of the questions with gold, and sums over all."""
    figures = [_score(records, name, seed) for name in OF_PAPERS]
    if any(record.error is not None for record in records):
        rest = [record for record in records if record.error is None]
        figures.append(_score(rest, MAIN, seed)._replace(name=f"{MAIN}_without_errors"))
    rows = [[record.counts[name] for name in _PAPERS] for record in records if record.gold or not record.answerable]
    figures += [ratio(name, rows, of_sums, seed=seed) for name, of_sums in _MICRO.items()]
    return Section(
        "Citations against gold",
        tuple(figures),
        "Means are over the questions with gold papers, where an abstention and an error count as 0; names with _also "
        "take acceptable papers for right. Micro figures are of sums over all questions: what is cited where no paper "
        "answers lowers their precision.",
    )


def evidence(records: Sequence[Record], backend: str, seed: int) -> Section:
    """Whether citations stand, and whether claims follow from them."""
    figures = (
        _standing(records, "citation_validity", "valid", seed),
        _standing(records, "span_validity", "spans", seed),
        _score(records, "coverage", seed),
        _score(records, "fact_recall", seed),
        _score(records, "alce_recall", seed),
        _score(records, "alce_precision", seed),
        ratio("alce_f1", [_entailed(record) for record in records], _f1_of_means, seed=seed)._replace(
            n=sum(record.scores.get("alce_recall") is not None for record in records)
        ),
        total("invented_marks", _sum(records, "invented_marks"), _sum(records, "claims"), "marks"),
        total("unscored", _sum(records, "alce_unscored"), _sum(records, "claims"), "claims"),
    )
    return Section(
        "Evidence",
        figures,
        "The validities are shares of all citations that were shown, and must be 1. The others are means, in which an "
        f"error on an answerable question counts as 0. ALCE's are by the entailment backend {told(backend)}, and "
        "cannot be set beside those of another; invented marks count among its citations, and what the backend could "
        "not judge is unscored.",
    )


def silence(records: Sequence[Record], seed: int) -> Section:
    """Abstaining as a prediction that no paper answers, and what was right of all and of the answered."""
    silent = [abstention.silence(abstained=one.abstained, answerable=one.answerable) for one in records]
    decided = [one for one in records if one.scores.get("correct") is not None]
    tried = [abstention.answered(correct=bool(one.scores["correct"]), abstained=one.abstained) for one in decided]
    shares = {"precision": abstention.precision, "recall": abstention.recall, "f1": abstention.f1}
    unanswerable = sum(not record.answerable for record in records)
    taken_over = {"precision": sum(one.abstained for one in records), "recall": unanswerable, "f1": len(records)}
    figures = [
        ratio(f"abstention_{name}", silent, share, seed=seed)._replace(n=taken_over[name])
        for name, share in shares.items()
        if unanswerable
    ]
    return Section(
        "Abstention",
        (
            *figures,
            _score(records, "correct", seed)._replace(name="accuracy"),
            ratio("precision_over_answered", tried, abstention.precision_over_answered, seed=seed)._replace(
                n=sum(one.answered for one in tried)
            ),
        ),
        f"{unanswerable:,} of {len(records):,} questions are answered by no paper. {_CORRECT}",
    )


def retrieval(records: Sequence[Record], seed: int) -> Section:
    """How well the ranking finds the gold papers."""
    figures = tuple(_score(records, name, seed) for name in NAMES)
    return Section("Retrieval", figures, "Of the first 100 papers of the ranking; acceptable papers are not relevant.")


def judged(records: Sequence[Record], backend: str, seed: int) -> Section | None:
    """What a judge said, and how far it agrees with what is counted without it; None where there was none."""
    said = [record.judged for record in records if record.judged is not None]
    if not said:
        return None
    exact = [float(value) for one in said if (value := one.get("nugget_recall_strict")) is not None]
    figures = (
        *(_score(records, name, seed) for name in JUDGED),
        mean("nugget_recall_strict", exact, seed=seed),
        total("judge_unscored", sum(one.get("unscored") or 0 for one in said), len(said), "grades"),
        *_agreement(records, backend),
    )
    used = [usage for one in said if (usage := one.get("usage"))]
    if not used:
        return Section("Judge", figures, _JUDGED)
    estimate = _estimate(sum(usage["is_estimate"] for usage in used), len(used), "questions")
    return Section("Judge", (*figures, *_took(used)), f"{_JUDGED} {_TOOK}{estimate}")


def _took(used: Sequence[Mapping[str, Any]]) -> Iterator[Figure]:
    """What the judge took in all; no cost where no price is known."""
    for name, (field, unit) in _OF_JUDGE.items():
        yield total(name, sum(usage[field] for usage in used), len(used), unit)
    money = [usage["cost_usd"] for usage in used if "cost_usd" in usage]
    if money:
        yield total("judge_cost", math.fsum(money), len(money), "USD")


def _estimate(counted: int, of_all: int, things: str) -> str:
    """A sentence, after a blank, where tokens of some were counted; else nothing."""
    told = "tokens were counted here, not told by the provider"
    return f" In {counted:,} of {of_all:,} {things} {told}." if counted else ""


def _agreement(records: Sequence[Record], backend: str) -> Iterator[Figure]:
    """A judge's verdicts beside the deterministic ones on the same claims and questions."""
    if backend.startswith("judge:"):
        claims = agreement.with_support(records)
        yield Figure("agreement_with_support", claims.raw, n=claims.n)
        yield Figure("kappa_with_support", claims.kappa, n=claims.n)
    questions = agreement.with_fact_recall(records)
    yield Figure("rho_with_fact_recall", questions.rho, n=questions.n)


def support(rated: Sequence[Sequence[Rated]], note: str, seed: int) -> Section | None:
    """Whether the support scores mean what they say, by questions; None where nothing is rated."""
    if not any(rated):
        return None
    figures = (
        ratio("calibration_error", [calibration.row(one) for one in rated], calibration.expected_error, seed=seed),
        ratio("brier", [calibration.squared(one) for one in rated], calibration.brier, seed=seed),
    )
    count = sum(map(len, rated))
    return Section("Support calibration", tuple(one._replace(n=count) for one in figures), f"0 is best. {note}")


def cost(records: Sequence[Record], seed: int) -> Section:
    """Length, calls, tokens, money and time of the answers."""
    answers = [record for record in records if record.answer is not None]
    counted = sum(bool((record.answer or {}).get("usage", {}).get("is_estimate")) for record in answers)
    figures = [
        mean(name, _values(answers, field), seed=seed, unit=unit) for name, (field, unit) in _OVER_ANSWERS.items()
    ]
    money = _values(answers, "cost_usd")
    figures.append(total("cost_of_all", math.fsum(money), len(money), "USD"))
    for name, field in _TIMES.items():
        spread = partial(percentile, values=_values(answers, field), seed=seed, unit="ms")
        figures += [spread(f"{name}_p50", share=0.5), spread(f"{name}_p95", share=0.95)]
    estimate = _estimate(counted, len(answers), "answers")
    return Section(
        "Cost",
        tuple(figures),
        f"A mean or a percentile of the answers, abstentions too but for the words; errors are left out.{estimate}",
    )


def by_kind(records: Sequence[Record], seed: int) -> dict[str, tuple[Figure, ...]]:
    """The main scores of each kind of question."""
    kinds = sorted({record.kind for record in records})
    groups = {kind: [record for record in records if record.kind == kind] for kind in kinds}
    return {kind: tuple(_score(own, name, seed) for name in BY_KIND) for kind, own in groups.items()}


def told(backend: str) -> str:
    """An entailment backend, and what its verdicts are worth."""
    if backend.startswith("judge:"):
        return f"{backend} (a model's verdict, no human judgement)"
    own = ", and the product's own: it is not independent" if backend.startswith("support/") else ""
    return f"{backend or 'unknown'} (offline: a program's verdict, no human judgement{own})"


def known(records: Sequence[Record], name: str) -> list[float]:
    """The scores of a name, of the questions that have it."""
    return [value for record in records if (value := record.scores.get(name)) is not None]


def _score(records: Sequence[Record], name: str, seed: int) -> Figure:
    return mean(name, known(records, name), seed=seed)


def _standing(records: Sequence[Record], name: str, good: str, seed: int) -> Figure:
    """The share of all citations that stand; an error has none."""
    rows = [(record.counts[good], record.counts["citations"]) for record in records if "citations" in record.counts]
    share = ratio(name, rows, lambda sums: sums[..., 0] / sums[..., 1], seed=seed)
    return share._replace(n=_sum(records, "citations"), note=f"{_sum(records, good):,} of them stand")


def _values(records: Sequence[Record], name: str) -> list[float]:
    return [record.counts[name] for record in records if name in record.counts]


def _sum(records: Sequence[Record], name: str) -> int:
    return int(sum(_values(records, name)))


def _entailed(record: Record) -> tuple[float, ...]:
    """ALCE's recall and whether there is one, and the same for its precision."""
    pairs: Iterator[float | None] = (record.scores.get(name) for name in ("alce_recall", "alce_precision"))
    return tuple(value for score in pairs for value in (score or 0.0, float(score is not None)))


def _f1_of_means(sums: FloatArray) -> FloatArray:
    """The harmonic mean of mean recall and mean precision, as ALCE reports it; 0 where both are 0."""
    recall, precision = sums[..., 0] / sums[..., 1], sums[..., 2] / sums[..., 3]
    found: FloatArray = 2 * recall * precision / (recall + precision).clip(min=1e-12)
    return found
