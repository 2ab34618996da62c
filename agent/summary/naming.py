"""Characteristic terms: the words and two-word phrases that set a group of papers apart; pure functions.

A term is weighed by the share of the group's papers that hold it, times the logarithm of how
much larger that share is than elsewhere: class-based TF-IDF (Grootendorst, 2022), with papers
counted in place of occurrences, so that one talkative abstract names nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from store.paper import Paper
from store.text import STOPWORDS, fold, stem

Term = tuple[str, ...]
"""The stems of a word or phrase: one way to count `Proof Search` and `proof searches` together."""

_TITLE_BONUS = 0.5
_PHRASE_BONUS = 2.0
_LEAST_PAPERS = 2
_NAME_WORDS = (3, 4)
_MARKUP = re.compile(r"\$[^$]{0,200}\$|\\[A-Za-z]+|https?:\S+|\{|\}")
_BREAK = re.compile(r"[.,;:!?()\[\]\"“”`|/]{1,4}\s|\s[-–—]{1,4}\s|[()\[\]\"“”`]")
_TOKEN = re.compile(r"[^\W\d_][\w+-]*")
_GENERIC = frozenset(
    """ability able academic achieve across address advance advanced aim allow analysis analyze answer apply approach
    available average based baseline benchmark best better beyond bring broad capabilities capability capable case
    challenge challenging claim class clear code combine common comparable compare competitive complete complex
    component comprehensive compute concept consider consistent contain content context contribute contribution
    correct cost create critical current data dataset demonstrate demonstrated design despite detail develop
    different difficult direct diverse domain due easily effect effective effectively effectiveness efficiency
    efficient efficiently enable end enhance enhanced ensure error especially evaluate evaluation even example exist
    existing experiment experimental experiments explore extensive extensively extract extracting fail fast finally
    find finding first focus following form framework full fully future gain gap general generate generated github
    given good great guide guided guiding handle help high higher highly hold hundred idea identify impact implement
    important improve improved improvement include including increase increasingly inherent initial input insight
    instance instead introduce introduced investigate involve involving issue key known lack language large largely
    latest lead leading learn learning less level leverage leveraging like limit limitation limited line little llm
    llms long low lower main mainly major make many match mean means method methodology methods metric model
    modeling models moreover multiple need new notably novel number observe obtain offer often open orchestrate
    orchestrating order original outperform output overall parameter part particular particularly perform
    performance popular possible potential power powerful practical practice present previous previously prior
    problem problems produce project promising property propose proposed provide public publicly quality question
    range real recent recently reduce refine refining related release reliable rely remain report require required
    research researcher result resulting results reveal role room sample scale score second seed separate separating
    set setting several shot show significant significantly similar simple single size small solution solve solving
    space specific specifically stage standard start state strategy strong struggle struggling study substantial
    substantially success successful suffer suggest suite superior support system systems take target task tasks
    technique term text third thoroughly thousand time together top total traditional train trained training true
    two type typically underlying understand understanding unified unique unlike use useful user using utilize valid
    value variant variety various verify version via way weak well wide widely work works world year""".split()
)


_WEAK_ALONE = frozenset("human process natural step steps test source self code".split())
"""Words that tell something in a phrase only."""
_NO_TERM = STOPWORDS | frozenset(
    "like based using via novel propose introduce present show achieve however e.g".split()
)
"""Words that neither are nor begin nor end a term."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms of one paper: how much each counts, and how it is written there."""

    weights: Mapping[Term, float]
    titled: frozenset[Term]
    """Those that stand in the title."""
    forms: Mapping[Term, Counter[str]]


@lru_cache(maxsize=4096)
def vocabulary(title: str | None, abstract: str) -> Vocabulary:
    """The terms of a title and an abstract; a term of the title counts half as much again."""
    weights: dict[Term, float] = {}
    forms: dict[Term, Counter[str]] = {}
    for text, weight in ((abstract, 1.0), (title or "", _TITLE_BONUS)):
        found = _terms(text)
        for term in dict.fromkeys(term for term, _ in found):
            weights[term] = weights.get(term, 1.0 - weight) + weight
        for term, form in found:
            if text == abstract or term not in weights:
                forms.setdefault(term, Counter())[form] += 1
            else:
                forms.setdefault(term, Counter([form]))
    return Vocabulary(weights, frozenset(term for term, _ in _terms(title or "")), forms)


def of_paper(paper: Paper) -> Vocabulary:
    """The terms of a paper."""
    return vocabulary(paper.title, paper.abstract)


def characteristic(
    inside: Sequence[Vocabulary], outside: Sequence[Sequence[Vocabulary]], *, unwanted: frozenset[str] = frozenset()
) -> list[Term]:
    """The terms that set `inside` apart from the groups `outside`, the most telling first.

    Terms made of `unwanted` stems alone are left out, and so are those of a single paper
    where there are more. Terms that stand in a title come before all others.
    """
    held: Counter[Term] = Counter(term for paper in inside for term in paper.weights)
    titled = frozenset[Term]().union(*(paper.titled for paper in inside))
    least = min(_LEAST_PAPERS, len(inside))
    shares = [_shares(group) for group in outside if group]
    scores: dict[Term, float] = {}
    for term, papers in held.items():
        if papers < least or unwanted.issuperset(term):
            continue
        share = sum(paper.weights.get(term, 0.0) for paper in inside) / len(inside)
        elsewhere = sum(group.get(term, 0.0) for group in shares) / max(len(shares), 1)
        lift = math.log((share + 0.02) / (elsewhere + 0.02))
        if lift > 0:
            scores[term] = share * lift * (_PHRASE_BONUS if len(term) > 1 else 1.0)
    return sorted(scores, key=lambda term: (term not in titled, -round(scores[term], 9), -len(term), term))


def pick(ranked: Sequence[Term], count: int, taken: Set[Term]) -> list[Term]:
    """The first `count` terms that are not `taken` and share no stem with one another."""
    chosen: list[Term] = []
    for term in ranked:
        if len(chosen) == count:
            break
        if term not in taken and not any(set(term) & set(other) for other in chosen):
            chosen.append(term)
    return chosen


def shown(term: Term, papers: Sequence[Vocabulary]) -> str:
    """The term as these papers most often write it, in small letters where they do so at all."""
    forms: Counter[str] = Counter()
    for paper in papers:
        forms.update(paper.forms.get(term, {}))
    plain = [form for form in forms if form == form.lower()]
    return min(plain or forms, key=lambda form: (-forms[form], form), default=" ".join(term))


def _shares(group: Sequence[Vocabulary]) -> dict[Term, float]:
    totals: dict[Term, float] = {}
    for paper in group:
        for term, weight in paper.weights.items():
            totals[term] = totals.get(term, 0.0) + weight
    return {term: total / len(group) for term, total in totals.items()}


def _terms(text: str) -> list[tuple[Term, str]]:
    """Every telling word, pair of neighbouring telling words and longer name, with its form in the text."""
    found: list[tuple[Term, str]] = []
    for piece in _BREAK.split(_MARKUP.sub(" | ", text)):
        tokens = _TOKEN.findall(piece)
        stems = [_stems(token) for token in tokens]
        for at, (token, own) in enumerate(zip(tokens, stems, strict=True)):
            if own and (len(own) > 1 or not (_is_generic(token) or fold(token) in _WEAK_ALONE)):
                found.append((own, token))
            following = stems[at + 1] if at + 1 < len(stems) else ()
            pair = (*own, *following)
            if own and following and len(pair) <= 3 and not _is_generic(token):
                found.append((pair, f"{token} {tokens[at + 1]}"))
            if size := _name_length(tokens[at : at + _NAME_WORDS[-1] + 1]):
                name = tuple(part for own in stems[at : at + size] for part in own)
                found.append((name, " ".join(tokens[at : at + size])))
    return found


def _name_length(tokens: Sequence[str]) -> int:
    """How many words long the name is with which `tokens` begin, such as Monte Carlo Tree Search; 0 if it is short."""
    size = next((at for at, token in enumerate(tokens) if not token[0].isupper() or not _stems(token)), len(tokens))
    return size if size in _NAME_WORDS else 0


@lru_cache(maxsize=50_000)
def _stems(token: str) -> Term:
    """The stems of a token's parts; nothing for a stop word or a lone letter."""
    parts = [part for part in re.split(r"[-+_]", fold(token)) if part]
    if not parts or parts[0] in _NO_TERM or parts[-1] in _NO_TERM or len("".join(parts)) < 3:
        return ()
    return tuple(stem(part) for part in parts)


@lru_cache(maxsize=50_000)
def _is_generic(token: str) -> bool:
    folded = fold(token)
    return folded in _GENERIC or folded.removesuffix("s") in _GENERIC
