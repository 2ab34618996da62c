"""How well cited sentences support a claim, judged by code alone: checks, and a calibrated score.

A claim whose number, name, quotation or address is not where it must be is never supported,
whatever its score. The score is a logistic regression that evals/fit_support.py fits on
SciFact; support.json says how.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from agent.relevance import Logistic
from agent.support_numbers import plain
from agent.support_signals import Cited, problems, signals
from store.embedding import Vector

__all__ = ["Cited", "Rating", "SupportModel", "fitted_model", "rate", "rate_all", "signals_of_all"]

Embed = Callable[[list[str]], Vector]
Pair = tuple[str, Sequence[Cited]]
"""A claim as plain text (Markdown emphasis is ignored), and what it cites: at least one sentence."""


@dataclass(frozen=True, slots=True)
class Rating:
    """How well a claim is supported by what it cites."""

    score: float
    """The probability, by words and meaning, that the sentences support the claim."""
    problems: tuple[str, ...]
    """What exactly is wrong, in plain words, one each."""
    supported: bool
    """The score reaches the threshold and there is no problem."""


@dataclass(frozen=True, slots=True)
class SupportModel:
    """The fitted regression, and the least score at which a claim is shown as supported."""

    logistic: Logistic
    threshold: float


@cache
def fitted_model() -> SupportModel:
    """The model of support.json."""
    content = json.loads(files("agent").joinpath("support.json").read_text(encoding="utf-8"))
    return SupportModel(Logistic(**content["support"]), float(content["threshold"]))


def rate(claim: str, cited: Sequence[Cited], embed: Embed) -> Rating:
    """The rating of one claim."""
    return rate_all([(claim, cited)], embed)[0]


def rate_all(claims: Sequence[Pair], embed: Embed) -> list[Rating]:
    """The ratings of several claims, in order, with one call of `embed`.

    `embed` gives unit vectors, one a row; raises ValueError for a claim that cites nothing.
    """
    model = fitted_model()
    ratings = []
    for (claim, cited), found in zip(claims, signals_of_all(claims, embed), strict=True):
        score = model.logistic(found)
        wrong = problems(claim, cited)
        ratings.append(Rating(score, wrong, score >= model.threshold and not wrong))
    return ratings


def signals_of_all(claims: Sequence[Pair], embed: Embed) -> list[dict[str, float]]:
    """The model's inputs for each claim; every text is embedded once, all in one call."""
    if not claims:
        return []
    if not all(cited for _, cited in claims):
        raise ValueError("a claim that cites nothing has no support to rate")
    wanted = [[plain(claim), *(item.sentence for item in cited)] for claim, cited in claims]
    rows = {text: row for row, text in enumerate(dict.fromkeys(text for texts in wanted for text in texts))}
    vectors = embed(list(rows))
    found = []
    for (claim, cited), (own, *sentences) in zip(claims, wanted, strict=True):
        similar = vectors[[rows[text] for text in sentences]] @ vectors[rows[own]]
        found.append(signals(claim, cited, [float(value) for value in similar]))
    return found
