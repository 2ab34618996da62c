"""Fits the models of agent/relevance.json and prints how they do on libraries they have not seen.

usage: python -m evals.fit_quoting [--write]

Needs scikit-learn (extra `dev`). The three corpora are the seeds and two samples of arXiv
listings, with gold questions written for them; none is the set that answers are judged on.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from agent.closeness import Closeness, closeness
from agent.relevance import Logistic, Models, question_signals, rate_papers, rate_sentences
from agent.selection import best_set
from agent.signals import CANDIDATES, ReadSentence, paper_signals, sentence_signals, sentences_to_read
from evals.corpora import CORPORA, build_library, questions
from evals.gold import FOLDER, Question
from evals.metrics.citations import abstention_scores, citation_scores
from store.search import SearchResult

FOLDS = 5
INVERSE_REGULARISATION = {"sentence": 0.3, "paper": 0.3, "answerable": 0.1}
ALSO_WEIGHT = 0.5
"""A paper that may be cited but need not is half an example of each kind."""
SENTENCE_INPUTS = (
    "similarity coverage similarity_gap coverage_gap better_covering beyond_title beyond_title_gap is_first is_last "
    "before_own_work first_made after_first_made finds has_number has_amount gives_quantity way_made way_told "
    "topic_first_own topic_first_made address length"
).split()
PAPER_INPUTS = (
    "similarity coverage alignment alignment_gap best_sentence best_two_sentences score_gap similarity_gap "
    "dense_closeness lexical_closeness depth comparison comparison_depth short short_depth missing_number "
    "lacks_subject missing_names"
).split()
QUESTION_INPUTS = (
    "best_log_odds second_best expected_papers similarity best_two_sentences alignment least_aligned "
    "best_least_aligned coverage sentence_coverage rarest_missing matched_rarity missing_number missing_names "
    "best_misses_names comparison"
).split()
NEARLY_BEST = 0.02
"""Thresholds whose sums of two F1 differ by less are as good as each other: one or two questions decide."""
THRESHOLDS = [round(0.30 + 0.02 * step, 2) for step in range(24)]
Signals = Mapping[str, float]


class Case(NamedTuple):
    """A gold question with what the search found and how close that is."""

    question: Question
    result: SearchResult
    close: Closeness


class Example(NamedTuple):
    """Signals, how right they are (0 to 1), and to which question they belong."""

    signals: Signals
    truth: float
    question: str


def main() -> None:
    """Fits, reports on held-out libraries, and writes the coefficients if asked to."""
    cases = {corpus: _cases(corpus) for corpus in CORPORA}
    held_out: list[tuple[str, Sequence[Case], list[frozenset[str]], list[float]]] = []
    for corpus in CORPORA:
        models = _fit([case for other in CORPORA if other != corpus for case in cases[other]])
        held_out.append((corpus, cases[corpus], *_answers(cases[corpus], models)))
    threshold = _best_threshold(held_out)
    print("corpus            n    citation P / R / F1      abstention P / R / F1   (fitted on the other two)")
    for corpus, own, cited, answerable in held_out:
        kept = [one if likely >= threshold else frozenset() for one, likely in zip(cited, answerable, strict=True)]
        gold = [frozenset(case.question.gold) for case in own]
        one, two = citation_scores(kept, gold), abstention_scores(kept, gold)
        print(
            f"{corpus:<16} {len(own):>3}    {one.precision:.3f} / {one.recall:.3f} / {one.f1:.3f}"
            f"    {two.precision:.3f} / {two.recall:.3f} / {two.f1:.3f}"
        )
    models = _fit([case for corpus in CORPORA for case in cases[corpus]])
    print(f"threshold {threshold}")
    if "--write" in sys.argv:
        _write(models, threshold, sum(len(own) for own in cases.values()))


def _cases(corpus: str) -> list[Case]:
    cases = []
    with tempfile.TemporaryDirectory() as folder, build_library(corpus, Path(folder)) as library:
        for question in questions(corpus):
            result = library.search(question.text, CANDIDATES)
            cases.append(Case(question, result, closeness(library, result)))
    return cases


def _fit(cases: Sequence[Case]) -> Models:
    """All three models; the one for the question learns from papers rated by a paper model that did not see them.

    The sentence model, which only helps to rate papers, has seen all cases.
    """
    sentence = _logistic(_sentence_examples(cases), SENTENCE_INPUTS, "sentence")
    rated = [rate_sentences(case.result, case.close.similarities, sentence) for case in cases]
    paper = _logistic(_paper_examples(cases, rated), PAPER_INPUTS, "paper")
    examples: list[Example] = []
    for fold in range(FOLDS):
        inside = [_fold(case) == fold for case in cases]
        seen = [(case, own) for case, own, held in zip(cases, rated, inside, strict=True) if not held]
        partial = _logistic(_paper_examples(*zip(*seen, strict=True)), PAPER_INPUTS, "paper")
        for case, own, held in zip(cases, rated, inside, strict=True):
            if held:
                signals = question_signals(rate_papers(case.result, own, case.close.alignments, partial))
                examples.append(Example(signals, float(bool(case.question.gold)), case.question.id))
    return Models(sentence, paper, _logistic(examples, QUESTION_INPUTS, "answerable"), 0.5)


def _fold(case: Case) -> int:
    return zlib.crc32(case.question.id.encode()) % FOLDS


def _sentence_examples(cases: Sequence[Case]) -> list[Example]:
    """The sentences of found gold papers: those that carry the answer, and the others."""
    examples: list[Example] = []
    for case in cases:
        facts = {fact.paper: [] for fact in case.question.facts}  # type: dict[str, list[str]]
        for fact in case.question.facts:
            facts[fact.paper].append(fact.sentence)
        for hit, rated in zip(case.result.hits, sentence_signals(case.result, case.close.similarities), strict=True):
            known = facts.get(hit.paper.title or "", [])
            if not known:
                continue
            for sentence, signals in zip(sentences_to_read(hit, case.result.words), rated, strict=True):
                carries = any(sentence.text in fact or fact in sentence.text for fact in known)
                examples.append(Example(signals, float(carries), case.question.id))
    return examples


def _paper_examples(cases: Sequence[Case], rated: Sequence[list[tuple[ReadSentence, ...]]]) -> list[Example]:
    examples: list[Example] = []
    for case, own in zip(cases, rated, strict=True):
        for hit, signals in zip(case.result.hits, paper_signals(case.result, own, case.close.alignments), strict=True):
            title = hit.paper.title or ""
            truth = 1.0 if title in case.question.gold else ALSO_WEIGHT if title in case.question.also else 0.0
            examples.append(Example(signals, truth, case.question.id))
    return examples


def _logistic(examples: Sequence[Example], inputs: Sequence[str], name: str) -> Logistic:
    """A fitted regression with its weights taken back to the signals' own units."""
    matrix = np.array([[example.signals[key] for key in inputs] for example in examples])
    truth = np.array([example.truth for example in examples])
    scale = StandardScaler().fit(matrix)
    twice = np.vstack([scale.transform(matrix)] * 2)
    labels = np.concatenate([np.ones(len(truth)), np.zeros(len(truth))])
    model = LogisticRegression(C=INVERSE_REGULARISATION[name], max_iter=5000)
    model.fit(twice, labels, sample_weight=np.concatenate([truth, 1 - truth]))
    weights = model.coef_[0] / scale.scale_
    intercept = float(model.intercept_[0] - (weights * scale.mean_).sum())
    rounded = {key: round(float(value), 5) for key, value in zip(inputs, weights, strict=True)}
    return Logistic(round(intercept, 5), rounded)


def _answers(cases: Sequence[Case], models: Models) -> tuple[list[frozenset[str]], list[float]]:
    """For each case the titles that would be cited, and how likely it is answerable at all."""
    cited, answerable = [], []
    for case in cases:
        rated = rate_sentences(case.result, case.close.similarities, models.sentence)
        candidates = rate_papers(case.result, rated, case.close.alignments, models.paper)
        cited.append(frozenset(candidate.hit.paper.title or "" for candidate in best_set(candidates)))
        answerable.append(models.answerable(question_signals(candidates)))
    return cited, answerable


def _best_threshold(held_out: Sequence[tuple[str, Sequence[Case], list[frozenset[str]], list[float]]]) -> float:
    """Where citation F1 and abstention F1, over all held-out libraries, have the highest sum, or nearly.

    Of thresholds that are nearly as good as the best it is the lowest, which answers most.
    """
    gold = [frozenset(case.question.gold) for _, own, _, _ in held_out for case in own]

    def value(threshold: float) -> float:
        kept = [
            one if likely >= threshold else frozenset()
            for _, _, cited, answerable in held_out
            for one, likely in zip(cited, answerable, strict=True)
        ]
        return citation_scores(kept, gold).f1 + abstention_scores(kept, gold).f1

    values = {threshold: value(threshold) for threshold in THRESHOLDS}
    return min(threshold for threshold, reached in values.items() if reached > max(values.values()) - NEARLY_BEST)


def _write(models: Models, threshold: float, count: int) -> None:
    digests = {corpus: hashlib.sha256((FOLDER / f"{corpus}.jsonl").read_bytes()).hexdigest()[:16] for corpus in CORPORA}
    content = {
        "provenance": {
            "made_by": "python -m evals.fit_quoting --write",
            "questions": count,
            "gold_sha256": digests,
            "threshold": "the lowest that nearly maximises citation F1 + abstention F1 on libraries not fitted on",
        },
        "threshold": threshold,
        "sentence": asdict(models.sentence),
        "paper": asdict(models.paper),
        "answerable": asdict(models.answerable),
    }
    target = Path(str(files("agent").joinpath("relevance.json")))
    target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
