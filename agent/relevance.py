"""How well found papers and their sentences answer a question: three small calibrated models.

Each is a logistic regression over the signals of agent/signals.py. evals/fit_quoting.py fits
them and writes relevance.json, which says on what.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from agent.alignment import Alignment
from agent.closeness import Closeness
from agent.signals import CANDIDATES, ReadSentence, paper_signals, sentence_signals, sentences_to_read
from store.embedding import Vector
from store.paper import Hit
from store.search import SearchResult

OTHER_SUBJECT_AT_MOST = 0.05


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit that was read, with its signals and the probability that it answers the question."""

    hit: Hit
    sentences: tuple[ReadSentence, ...]
    """Best first."""
    signals: Mapping[str, float]
    probability: float


@dataclass(frozen=True, slots=True)
class Reading:
    """All candidates in search order, and the probability that any of them answers."""

    candidates: tuple[Candidate, ...]
    answerable: float


@dataclass(frozen=True, slots=True)
class Logistic:
    """P = 1 / (1 + exp(-(intercept + sum of weight * signal)))."""

    intercept: float
    weights: Mapping[str, float]

    def __call__(self, signals: Mapping[str, float]) -> float:
        """The probability, from 0 to 1."""
        total = self.intercept + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(min(total, 35.0), -35.0)))


@dataclass(frozen=True, slots=True)
class Models:
    """The fitted models, and the least `answerable` at which an answer is given."""

    sentence: Logistic
    paper: Logistic
    answerable: Logistic
    threshold: float


@cache
def fitted_models() -> Models:
    """The models of relevance.json."""
    content = json.loads(files("agent").joinpath("relevance.json").read_text(encoding="utf-8"))
    one, two, three = (Logistic(**content[name]) for name in ("sentence", "paper", "answerable"))
    return Models(one, two, three, float(content["threshold"]))


def read(result: SearchResult, close: Closeness, models: Models) -> Reading:
    """Rates the first hits of `result` and their sentences."""
    rated = rate_sentences(result, close.similarities, models.sentence)
    candidates = rate_papers(result, rated, close.alignments, models.paper)
    signals = question_signals(candidates)
    return Reading(candidates, models.answerable(signals) if candidates else 0.0)


def rate_sentences(result: SearchResult, similarities: Vector, model: Logistic) -> list[tuple[ReadSentence, ...]]:
    """The sentences of each of the first hits, the likeliest to carry the answer first.

    `similarities` are those of `Closeness`.
    """
    found = []
    for hit, rated in zip(result.hits[:CANDIDATES], sentence_signals(result, similarities), strict=True):
        own = [
            ReadSentence(sentence, signals["similarity"], signals["coverage"], model(signals))
            for sentence, signals in zip(sentences_to_read(hit, result.words), rated, strict=True)
        ]
        found.append(tuple(sorted(own, key=lambda item: (-item.probability, item.sentence.index))))
    return found


def rate_papers(
    result: SearchResult, rated: Sequence[tuple[ReadSentence, ...]], alignments: Sequence[Alignment], model: Logistic
) -> tuple[Candidate, ...]:
    """The first hits as candidates, in search order; `alignments` are those of `Closeness`."""
    found = paper_signals(result, rated, alignments)
    return tuple(
        Candidate(hit, own, signals, paper_probability(model, signals))
        for hit, own, signals in zip(result.hits[:CANDIDATES], rated, found, strict=True)
    )


def paper_probability(model: Logistic, signals: Mapping[str, float]) -> float:
    """That a paper answers the question.

    A question about one named system is not answered by papers that do not name it, however
    alike they are: of 224 such candidates of the gold sets, none was gold.
    """
    is_about_another = signals["lacks_subject"] and not signals["comparison"]
    return min(model(signals), OTHER_SUBJECT_AT_MOST) if is_about_another else model(signals)


def question_signals(candidates: Sequence[Candidate]) -> dict[str, float]:
    """The signals of the question as a whole: what the best candidates look like."""
    if not candidates:
        return {}
    likely = sorted((candidate.probability for candidate in candidates), reverse=True)
    best = max(candidates, key=lambda candidate: candidate.probability)

    def most(name: str) -> float:
        return max(candidate.signals[name] for candidate in candidates)

    return {
        "best_log_odds": math.log(likely[0] / (1 - likely[0])),
        "second_best": likely[1] if len(likely) > 1 else 0.0,
        "expected_papers": sum(likely),
        "similarity": most("similarity"),
        "best_two_sentences": most("best_two_sentences"),
        "alignment": most("alignment"),
        "least_aligned": most("least_aligned"),
        "best_least_aligned": best.signals["least_aligned"],
        "matched_rarity": most("matched_rarity") / 10,
        "missing_number": best.signals["missing_number"],
        "coverage": most("coverage"),
        "sentence_coverage": max(item.coverage for candidate in candidates for item in candidate.sentences),
        "rarest_missing": min(candidate.signals["rarest_missing"] for candidate in candidates),
        "missing_names": min(candidate.signals["missing_names"] for candidate in candidates),
        "best_misses_names": best.signals["missing_names"],
        "comparison": best.signals["comparison"],
    }
