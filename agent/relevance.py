"""How well found papers and their sentences answer a question: three small calibrated models.

Each is a logistic regression over a handful of signals that can be read off the search:
words of the question weighted by rarity, similarity, the gaps between candidates, the
agreement of the two rankings, and the kind of question. evals/fit_quoting.py fits them and
writes relevance.json, which says on what.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from store import lexical, sentences
from store.embedding import Matrix
from store.lexical import QueryWord
from store.paper import Hit, Sentence
from store.search import SearchResult
from store.text import terms

CANDIDATES = 8
"""How many hits are read for an answer."""
OTHER_SUBJECT_AT_MOST = 0.05

_COMPARISON = re.compile(
    r"\b(?:compar\w+|differ\w*|versus|vs|contrast\w*|against|between|both|each|respectively)\b"
    r"|\b(?:better than|rather than|or)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\bhow (?:many|much|large|big|long|fast|far|often|well|high|low)\b"
    r"|\b(?:percent|percentage|fraction|share|score|accuracy|rate|number|size|latency|cost)\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W_][\w+&^'-]*[^\W_+]|[^\W_]")
_SHORT_NAME_WORDS = 4
_DIGIT = re.compile(r"\d")
_OWN_WORK = re.compile(r"\b(?:we|our|this paper|this work|this study)\b", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?:However|Recent|While|Despite|Although|Existing|Traditional|Large language)")
_ADDRESS = re.compile(r"https?:|github", re.IGNORECASE)
_SHORT_QUERY_WORDS = 4
_RANK_OF_UNRANKED = 200
_LONG_SENTENCE = 400


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence of a candidate: its similarity to the question, the share of the question it holds, its rating."""

    sentence: Sentence
    similarity: float
    coverage: float
    probability: float
    """That it is the sentence which carries the answer, given that its paper has one."""


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
    signals: Mapping[str, float]
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


def read(result: SearchResult, similarities: Matrix, models: Models) -> Reading:
    """Rates the first hits of `result` and their sentences.

    `similarities` has one value a sentence, for the sentences of the first `CANDIDATES` hits
    in order: cosine of sentence and question.
    """
    hits = result.hits[:CANDIDATES]
    ratings = sentence_signals(result, similarities)
    read_sentences: list[tuple[ReadSentence, ...]] = []
    for hit, rated in zip(hits, ratings, strict=True):
        found = [
            ReadSentence(sentence, signals["similarity"], signals["coverage"], models.sentence(signals))
            for sentence, signals in zip(sentences.split(hit.paper.abstract), rated, strict=True)
        ]
        read_sentences.append(tuple(sorted(found, key=lambda item: (-item.probability, item.sentence.index))))
    papers = paper_signals(result, read_sentences)
    candidates = tuple(
        Candidate(hit, found, signals, paper_probability(models.paper, signals))
        for hit, found, signals in zip(hits, read_sentences, papers, strict=True)
    )
    signals = question_signals(candidates)
    return Reading(candidates, signals, models.answerable(signals) if candidates else 0.0)


def sentence_signals(result: SearchResult, similarities: Matrix) -> list[list[dict[str, float]]]:
    """The signals of every sentence of the first hits, a list a hit."""
    asks_quantity = bool(_QUANTITY.search(result.query))
    position = 0
    found = []
    for hit in result.hits[:CANDIDATES]:
        cut = sentences.split(hit.paper.abstract)
        own = [float(value) for value in similarities[position : position + len(cut)]]
        position += len(cut)
        covered = [lexical.coverage(list(result.words), set(terms(sentence.text))) for sentence in cut]
        found.append([_sentence_signals(sentence, len(cut), own, covered, asks_quantity) for sentence in cut])
    return found


def _sentence_signals(
    sentence: Sentence, count: int, similarities: Sequence[float], coverages: Sequence[float], asks_quantity: bool
) -> dict[str, float]:
    at = sentence.index - 1
    has_number = float(bool(_DIGIT.search(sentence.text)))
    return {
        "similarity": similarities[at],
        "coverage": coverages[at],
        "similarity_gap": max(similarities) - similarities[at],
        "coverage_gap": max(coverages) - coverages[at],
        "position": at / max(count - 1, 1),
        "is_first": float(at == 0),
        "is_last": float(at == count - 1),
        "has_number": has_number,
        "gives_quantity": has_number * asks_quantity,
        "own_work": float(bool(_OWN_WORK.search(sentence.text))),
        "background": float(bool(_BACKGROUND.match(sentence.text))),
        "address": float(bool(_ADDRESS.search(sentence.text))),
        "length": min(len(sentence.text), _LONG_SENTENCE) / _LONG_SENTENCE,
    }


def paper_signals(result: SearchResult, read_sentences: Sequence[Sequence[ReadSentence]]) -> list[dict[str, float]]:
    """The signals of the first hits as wholes."""
    hits = result.hits[:CANDIDATES]
    words = list(result.words)
    nearest = max((hit.similarity for hit in hits), default=0.0)
    texts = [f"{hit.paper.title or ''} {hit.paper.abstract}" for hit in hits]
    names = _names(result.query)
    subjects = [name for hit in hits if (name := _name_in_title(hit.paper.title)) and _contains(result.query, name)]
    compares = float(bool(_COMPARISON.search(result.query)))
    is_short = float(len(words) <= _SHORT_QUERY_WORDS)
    asks_quantity = bool(_QUANTITY.search(result.query))
    found = []
    for hit, text, rated in zip(hits, texts, read_sentences, strict=True):
        stems = set(terms(text))
        similar = sorted((item.similarity for item in rated), reverse=True)
        depth = math.log(hit.rank)
        missing_number = asks_quantity and not _DIGIT.search(rated[0].sentence.text)
        found.append(
            {
                "similarity": hit.similarity,
                "coverage": lexical.coverage(words, stems),
                "best_sentence": similar[0],
                "best_two_sentences": sum(similar[:2]) / len(similar[:2]),
                "score_gap": hits[0].score - hit.score,
                "similarity_gap": nearest - hit.similarity,
                "dense_closeness": 1 / (hit.dense_rank or _RANK_OF_UNRANKED),
                "lexical_closeness": 1 / (hit.lexical_rank or _RANK_OF_UNRANKED),
                "depth": depth,
                "comparison": compares,
                "comparison_depth": compares * depth,
                "short": is_short,
                "short_depth": is_short * depth,
                "missing_number": float(missing_number),
                "rarest_missing": _rarest_missing(words, stems),
                "lacks_subject": float(bool(subjects) and not any(_contains(text, name) for name in subjects)),
                "missing_names": sum(not _contains(text, name) for name in names) / max(len(names), 1),
                "matched_rarity": sum(item.idf for item in words),
            }
        )
    for signals in found:
        signals["matched_rarity"] *= signals["coverage"]
    return found


def paper_probability(model: Logistic, signals: Mapping[str, float]) -> float:
    """That a paper answers the question.

    A question about one named system is not answered by papers that do not name it, however
    alike they are: of 224 such candidates of the gold sets, none was gold.
    """
    is_about_another = signals["lacks_subject"] and not signals["comparison"]
    return min(model(signals), OTHER_SUBJECT_AT_MOST) if is_about_another else model(signals)


def _rarest_missing(words: Sequence[QueryWord], stems: set[str]) -> float:
    """The idf of the rarest word that a paper lacks, as a share of the question's rarest."""
    rarest = max((word.idf for word in words), default=1.0)
    return max((word.idf for word in words if word.stem not in stems), default=0.0) / rarest


def _names(question: str) -> list[str]:
    """The words of a question that look like names: a digit, or a capital that begins no sentence."""
    tokens = list(_TOKEN.finditer(question))
    return [
        token.group()
        for token in tokens
        if any(char.isdigit() or (char.isupper() and at + token.start() > 0) for at, char in enumerate(token.group()))
    ]


def _name_in_title(title: str | None) -> str:
    """The short name that stands before the colon of a title, or nothing."""
    name, colon, _ = (title or "").partition(":")
    return name.strip() if colon and len(name.split()) <= _SHORT_NAME_WORDS else ""


def _contains(text: str, name: str) -> bool:
    """Whether `name` stands in `text` as a whole: `Prover` is not in `Prover-V2`, nor `Safe` in `is it safe`."""
    is_plain_word = name.isalpha() and name.istitle()
    flags = 0 if is_plain_word else re.IGNORECASE
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, flags) is not None


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
        "matched_rarity": most("matched_rarity") / 10,
        "missing_number": best.signals["missing_number"],
        "coverage": most("coverage"),
        "sentence_coverage": max(item.coverage for candidate in candidates for item in candidate.sentences),
        "rarest_missing": min(candidate.signals["rarest_missing"] for candidate in candidates),
        "missing_names": min(candidate.signals["missing_names"] for candidate in candidates),
        "best_misses_names": best.signals["missing_names"],
        "comparison": best.signals["comparison"],
    }


def best_set(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates to cite: the set whose expected F1 is highest, best first.

    With independent probabilities p, a set S of the k likeliest has an expected F1 of about
    2 * sum(p in S) / (k + sum(p)) (Lewis, 1995; the ratio of expectations for the expectation).
    """
    ordered = sorted(candidates, key=lambda candidate: (-candidate.probability, candidate.hit.rank))
    total = sum(candidate.probability for candidate in ordered)
    held = [sum(item.probability for item in ordered[:size]) for size in range(1, len(ordered) + 1)]
    scores = [2 * value / (size + total) for size, value in enumerate(held, 1)]
    return ordered[: scores.index(max(scores)) + 1] if scores else []
