"""Whether passages entail a claim: the backends that need no model, and how claims are judged by any backend.

A run names its backend, and figures of two backends are never set side by side.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from importlib.resources import files
from typing import NamedTuple, Protocol

from agent.support import Cited, Embed, rate_all
from evals.metrics.alce import Verdict
from store import sentences
from store.text import fold, terms

__all__ = ["Entailment", "Overlap", "Pair", "Passage", "Support", "Verdict", "judge_claims"]

THRESHOLD = 0.3
"""The share of a claim's terms at which `Overlap` takes it for entailed; see evals/fit_overlap.py."""
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?")
_TOKEN = re.compile(r"[^\W_]+(?:[-@.'’][^\W_]+)*")


class Passage(NamedTuple):
    """What a citation points at: the title of the paper, and the cited text."""

    title: str
    text: str


Pair = tuple[tuple[Passage, ...], str]
"""Passages taken together, and the claim that they may entail."""


class Entailment(Protocol):
    """Says whether passages, taken together, entail a claim."""

    @property
    def name(self) -> str:
        """What the backend is, to the version: verdicts of one name are comparable."""
        ...

    async def entails(self, pairs: Sequence[Pair]) -> list[bool | None]:
        """The verdict of each pair, in order; None where there is none. Nothing entails by no passage."""
        ...


async def judge_claims(claims: Sequence[tuple[str, tuple[Passage, ...]]], backend: Entailment) -> list[Verdict]:
    """ALCE's verdict of each claim, given without its marks, by the passages that it cites.

    A passage that a claim cites twice counts once. The backend is asked at most three times,
    each time with all that is to be known by then: everything a claim cites together; where
    that holds, each of several passages alone; and for those that do not entail the claim
    alone, all the others together. A claim without a passage is not entailed.
    """
    cited = [(claim, tuple(dict.fromkeys(passages))) for claim, passages in claims]
    whole = await _ask(backend, [(passages, claim) for claim, passages in cited])
    several = [
        (at, number)
        for at, (_, passages) in enumerate(cited)
        for number in range(len(passages))
        if whole[at] and len(passages) > 1
    ]
    alone = await _ask(backend, [((cited[at][1][number],), cited[at][0]) for at, number in several])
    weak = [place for place, verdict in zip(several, alone, strict=True) if not verdict]
    without = await _ask(backend, [(_all_but(cited[at][1], number), cited[at][0]) for at, number in weak])
    by_itself = dict(zip(several, alone, strict=True))
    rest = dict(zip(weak, without, strict=True))
    return [
        Verdict(
            whole[at],
            tuple(
                _correct(by_itself[at, number], rest.get((at, number))) if (at, number) in by_itself else whole[at]
                for number in range(len(passages))
            ),
        )
        for at, (_, passages) in enumerate(cited)
    ]


def _correct(alone: bool | None, rest: bool | None) -> bool | None:
    """Whether a citation of a claim that holds is correct: it suffices alone, or the rest does not suffice."""
    if alone or rest is False:
        return True
    return None if alone is None or rest is None else False


def _all_but(passages: tuple[Passage, ...], number: int) -> tuple[Passage, ...]:
    return passages[:number] + passages[number + 1 :]


async def _ask(backend: Entailment, pairs: Sequence[Pair]) -> list[bool | None]:
    """The verdicts of `pairs`; the backend sees those that have passages, each once."""
    wanted = list(dict.fromkeys(pair for pair in pairs if pair[0]))
    known = dict(zip(wanted, await backend.entails(wanted), strict=True)) if wanted else {}
    return [known.get(pair, False) for pair in pairs]


class Overlap:
    """Entailment by words and numbers alone, with no part in common with the product's own model of support.

    A claim is entailed if each of its numbers stands in the passages' text, and at least
    `THRESHOLD` of its content terms (store.text.terms) do. A title is no evidence, but a name
    that stands only there does not count against the claim. It sees no negation, no direction
    and no paraphrase, and is a poor judge: on SciFact's training claims, at the threshold that
    is best in four fifths of them, its balanced accuracy on the last fifth is 0.655 (precision
    0.55, recall 0.59; means of five folds by `python -m evals.fit_overlap`). It lets through
    58 of 100 sentences that contradict their claim, and 14 of 100 that bear on it the most and
    are no evidence.
    """

    name = "overlap/1"

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self.threshold = threshold

    async def entails(self, pairs: Sequence[Pair]) -> list[bool | None]:
        """Whether each claim shares enough with its passages."""
        return [share is not None and share >= self.threshold for share in (overlap(*pair) for pair in pairs)]


def overlap(passages: tuple[Passage, ...], claim: str) -> float | None:
    """The share of the claim's terms that stand in the passages' text, from 0 to 1.

    None where a number of the claim stands in no passage, or nothing of it could stand there.
    """
    text = " ".join(passage.text for passage in passages)
    held, titled = set(terms(text)), set(terms(" ".join(passage.title for passage in passages)))

    def said(token: re.Match[str]) -> str:
        """The token; nothing for a name that only a title has."""
        own = set(terms(token.group()))
        is_of_title = _is_name(token.group()) and not own <= held and own <= held | titled
        return "" if is_of_title else token.group()

    rest = _TOKEN.sub(said, claim)
    asked = [term for term in terms(rest) if not term.isdigit()]
    numbers = set(_numbers(rest))
    if not numbers <= set(_numbers(text)) or not (asked or numbers):
        return None
    return sum(term in held for term in asked) / len(asked) if asked else 1.0


def _is_name(token: str) -> bool:
    """Whether a token may be a name: it has a letter, and a capital or a digit."""
    return any(map(str.isalpha, token)) and any(char.isupper() or char.isdigit() for char in token)


def _numbers(text: str) -> Iterator[Decimal]:
    """The numbers in digits, by their value: 1,000 and 1000, 57.60 and 57.6 are the same."""
    for match in _NUMBER.finditer(fold(text)):
        yield Decimal(match.group().replace(",", ""))


class Support:
    """Entailment by the product's own model of support (agent/support.json), as answers are checked with it.

    Not independent: what it calls entailed is what the product already calls supported, so
    that good figures by it say little of the product. It is here to be set against others.
    """

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        digest = hashlib.sha256(files("agent").joinpath("support.json").read_bytes()).hexdigest()
        self.name = f"support/{digest[:8]}"

    async def entails(self, pairs: Sequence[Pair]) -> list[bool | None]:
        """Whether the model rates each claim as supported; no passage supports nothing."""
        claims = [(claim, [one for passage in passages for one in _cited(passage)]) for passages, claim in pairs]
        ratings = iter(rate_all([pair for pair in claims if pair[1]], self._embed))
        return [bool(cited) and next(ratings).supported for _, cited in claims]


def _cited(passage: Passage) -> list[Cited]:
    """A passage as the model takes it: sentence by sentence."""
    return [Cited(one.text, passage.title, passage.text) for one in sentences.split(passage.text)]
