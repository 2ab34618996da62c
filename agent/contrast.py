"""Sentences of different papers that seem to say opposite things, found by words and meaning, without a model.

A reader is told that papers may disagree, so a pair counts only where both sentences say
of the same thing that it acts on the same other thing, in opposite ways. Everything that makes
a statement another one is left out: goals, conjectures, conditions, the setting of a work, a
paper's own system, numbers of different systems. Nearly all answers have no such pair, and most
real disagreements are missed (evals/bench/README.md).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from agent.answer import Citation, Disagreement
from agent.evidence import Evidence
from agent.relevance import Candidate
from agent.signals import ReadSentence
from agent.support_numbers import TOKEN, Quantity, plain, stands_in, stated
from agent.support_signals import OPPOSITES, name_in
from store.embedding import Vector
from store.text import STOPWORDS, stem, terms, words

MOST = 2
"""Pairs that an answer shows."""
CLOSE = 0.55
"""The least cosine of two sentences that speak of one matter; chosen by reading pairs (evals/bench/README.md)."""
BEARS = 0.35
"""The least similarity to the question, or share of it, of a sentence that bears on it."""
_SHARE = 0.5
"""The least overlap of two subjects, and of two objects."""
_OBJECT_WORDS = 6
_NEGATION_REACH = 4
_LEAST_SHARED = 3
_LEAST_NAMES = 2

_STATES = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for one, other in (
        ("sufficient suffice suffices", "insufficient"),
        ("necessary required essential indispensable needed", "unnecessary"),
        ("effective", "ineffective"),
        ("reliable", "unreliable"),
        ("possible feasible achievable", "impossible infeasible unachievable"),
        ("generalize generalizes generalized transfer transfers", ""),
        ("help helps helped beneficial helpful", "unhelpful detrimental counterproductive"),
        ("correlate correlates correlated associated", "uncorrelated"),
        ("faithful", "unfaithful"),
        ("robust", "brittle fragile"),
    )
)
"""What can be said of a thing or denied, each with its denial in one word."""
_ALSO_DOWN = frozenset({stem("reduction")})
_NO_EFFECT = frozenset(
    stem(word)
    for word in """high higher low lower more less fewer great greater large larger small smaller up down above below
    strong stronger weak weaker better best worst worse gain loss grow rise activate block support exceed beat superior
    inferior lag outperform surpass underperform drop enable encourage""".split()
)
"""Words of opposites that mostly compare or describe, rather than say what one thing does to another."""
_EFFECTS = tuple(
    (one - _NO_EFFECT, (other | _ALSO_DOWN if axis == 0 else other) - _NO_EFFECT)
    for axis, (one, other) in enumerate(OPPOSITES[:3])
)
"""What one thing does to another: makes more or less of it, does it good or harm, promotes or inhibits it."""
_GENERIC = frozenset(
    stem(word)
    for word in """method approach result work model task significantly significant propose novel new use using used
    based set data dataset different various many several across problem system framework large language llm llms
    existing current recent state art show demonstrate evaluate evaluation experiment experimental find research first
    two three number even well effect associate analysis rate patient group however thus respectively compared year
    ability capability benchmark domain further way challenge important potential key simple example case type
    general specific standard additional introduce provide make take fine self risk level treatment technique strategy
    role conclusion background""".split()
)
"""Words that two sentences share whatever they are about."""
_DENIALS = frozenset("not no never cannot neither nor fail fails failed unable little hardly".split())
_TAKEN_AWAY = frozenset(
    stem(word)
    for word in """without lack lacking loss absence removing removal deplete depletion deficient deficiency knockout
    knockdown ablation ablating eliminate eliminating inhibitor antagonist less fewer excessive too over poor wrong
    incorrect noisy adversarial only beyond""".split()
)
"""Words that make another thing of the thing beside them."""
_CLAUSE_END = re.compile(
    r"[;:()?!]|--+|,|\b(?:but|whereas|while|although|though|despite|because|than|which|that|and|or)\b", re.IGNORECASE
)
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_UNCERTAIN = re.compile(
    r"\b(?:whether|hypothes\w+|conjectur\w+|question|if|unless|when|could|would|might|may|can we|how|why|aim\w*|goal|"
    r"(?:commonly|widely|previously|often|generally) (?:believed|thought|assumed)|not only|necessarily|always)\b|\?",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(
    r"\b(?:recent(?:ly)?|existing|current(?:ly)?|traditional(?:ly)?|conventional|typical(?:ly)?|prior|previous|despite|"
    r"while|although|remains?|challeng\w+|struggle\w*|suffer\w*|bottlenecks?|potential(?:ly)?|crucial|essential to|"
    r"(?:has|have) (?:emerged|become|demonstrated|shown|achieved|greatly|notably|significantly)|propose\w*|introduc\w+|"
    r"present|novel|limitations?|issues?|framework|(?:our|this) (?:method|approach|model|system))\b",
    re.IGNORECASE,
)
"""What marks a sentence as the setting of a work, or as praise of its own system, not as a finding about the world."""
_OWN = re.compile(r"\b(?:we|our|us|this|these|it|its|they|such)\b", re.IGNORECASE)
_ATTRIBUTIVE_AFTER = frozenset("in of for from by to a the and or resulting offer offers".split())
_NOUN = re.compile(r".*(?:ment|tion|ful|benefit)s?")
_BEFORE_INFINITIVE = frozenset("fail fails failed shown found able unable tend tends seem seems".split())
_REACHES = re.compile(r"\b(?:achiev|reach|attain|obtain|scor)\w*", re.IGNORECASE)
_CHANGE = re.compile(
    r"\b(?:by|improv\w+|increas\w+|gain\w*|outperform\w*|over|from|than|compared|relative|we|our)\b", re.IGNORECASE
)
_SETTINGS = frozenset(
    stem(word)
    for word in """test valid validation dev development train training zero few shot greedy vote voting majority
    ensemble sample samples sampling hard easy split subset version fine tuned tuning tool tools human expert accuracy
    recall precision success error pass exact f1 large small base""".split()
)
"""Words that tell one measurement of a system from another."""


class Statement(NamedTuple):
    """That one thing does something to another, or that something holds of it; stems, without generic words."""

    axis: int
    sign: int
    denied: bool
    word: str
    subject: frozenset[str]
    object: frozenset[str]
    taken_away: bool
    """Whether the subject is a lack or a removal of something."""


class Reached(NamedTuple):
    """The one number that a sentence gives as somebody's result, and all that the sentence names."""

    quantity: Quantity
    names: frozenset[str]
    words: frozenset[str]


class Told(NamedTuple):
    """What a sentence says that another can contradict."""

    statements: tuple[Statement, ...]
    reached: Reached | None


class Opposition(NamedTuple):
    """Why two sentences seem to disagree, and how many words of the matter they share."""

    reason: str
    shared: int


class _Bearing(NamedTuple):
    candidate: Candidate
    item: ReadSentence
    told: Told


_Pair = tuple[float, _Bearing, _Bearing, Opposition]


def disagreements(
    candidates: Sequence[Candidate], evidence: Evidence, embed: Callable[[list[str]], Vector], question: str
) -> tuple[Disagreement, ...]:
    """At most `MOST` pairs of sentences of different papers that seem to disagree, the surest first.

    Looks at the sentences that bear on `question`; the papers of the pairs get numbers in
    `evidence`. `embed` gives unit vectors, one a row, and is called at most once, with the
    sentences that oppose each other by their words; mostly there are none.
    """
    asked = set(terms(question))
    pairs = [
        (one, other, found)
        for one, other in itertools.combinations(_bearing(candidates, asked), 2)
        if one.candidate.hit.paper.key != other.candidate.hit.paper.key and (found := opposition(one.told, other.told))
    ]
    if not pairs:
        return ()
    texts = list(dict.fromkeys(each.item.sentence.text for one, other, _ in pairs for each in (one, other)))
    vectors = dict(zip(texts, embed(texts), strict=True))
    close = [
        (float(vectors[one.item.sentence.text] @ vectors[other.item.sentence.text]), one, other, found)
        for one, other, found in pairs
    ]
    surest = sorted((pair for pair in close if pair[0] >= CLOSE), key=lambda pair: (-pair[0], -pair[3].shared))
    return tuple(
        Disagreement(_cite(one, evidence), _cite(other, evidence), found.reason)
        for _, one, other, found in _each_paper_once(surest)[:MOST]
    )


def told(text: str) -> Told:
    """What a sentence says that another can contradict; nothing of what is only supposed or asked."""
    flat = re.sub(r"n't\b", " not", plain(text))
    statements = () if _UNCERTAIN.search(flat) or _BACKGROUND.search(flat) else tuple(_statements(flat))
    return Told(statements, _reached(flat))


def opposition(one: Told, other: Told) -> Opposition | None:
    """The strongest reason for which two sentences exclude each other, if there is one."""
    found = [
        Opposition(reason, len(left.subject & right.subject) + len(left.object & right.object))
        for left, right in itertools.product(one.statements, other.statements)
        if (reason := _contrary(left, right)) and _same_matter(left, right)
    ]
    if one.reached and other.reached and _other_value(one.reached, other.reached):
        numbers = f"{one.reached.quantity.text} and {other.reached.quantity.text}"
        found.append(Opposition(f"they give different values for the same thing: {numbers}", len(one.reached.names)))
    return max(found, key=lambda item: item.shared, default=None)


def _bearing(candidates: Sequence[Candidate], asked: set[str]) -> list[_Bearing]:
    return [
        _Bearing(candidate, item, said)
        for candidate in candidates
        for item in candidate.sentences
        if max(item.similarity, item.coverage) >= BEARS
        and asked & set(terms(item.sentence.text))
        and any(said := told(item.sentence.text))
    ]


def _each_paper_once(pairs: Sequence[_Pair]) -> list[_Pair]:
    """The first pair of each two papers: a second one would say the same again."""
    first: dict[frozenset[str], _Pair] = {}
    for pair in pairs:
        first.setdefault(frozenset(each.candidate.hit.paper.key for each in pair[1:3]), pair)
    return list(first.values())


def _cite(found: _Bearing, evidence: Evidence) -> Citation:
    citation = evidence.cite(
        evidence.add(found.candidate.hit.paper), found.item.sentence.index, found.candidate.probability
    )
    assert citation is not None  # the sentence was read from this very abstract
    return citation


def _statements(text: str) -> Iterator[Statement]:
    """The statements of a plain text; a clause that opens with its verb has the subject of what stands before it."""
    subject: frozenset[str] = frozenset()
    is_own = False
    for clause in _CLAUSE_END.split(_ASIDE.sub(" ", text)):
        found = words(clause)
        marks = [at for at, word in enumerate(found) if _meaning(word)]
        before = found[: marks[0]] if marks else found
        if _content(before):
            subject, is_own = _content(before), bool(_OWN.search(" ".join(before)))
        if subject and not is_own:
            for at in marks:
                if _is_asserted(found, at):
                    yield _statement(found, at, subject)


def _statement(found: Sequence[str], at: int, subject: frozenset[str]) -> Statement:
    """What the word at `at` says of the subject; its object ends before the next effect."""
    axis, sign = _meaning(found[at]) or (-1, 0)
    before = found[:at]
    after = list(itertools.takewhile(lambda word: not _is_effect(word), found[at + 1 :]))
    denied = any(word in _DENIALS for word in before[-_NEGATION_REACH:]) or after[:1] == ["no"]
    taken_away = any(stem(word) in _TAKEN_AWAY for word in before)
    return Statement(axis, sign, denied, found[at], subject, _content(after[:_OBJECT_WORDS]), taken_away)


@cache
def _meaning(word: str) -> tuple[int, int] | None:
    """Which pair of opposites a folded word belongs to, and to which side: 1 or -1."""
    for axis, sides in enumerate(_EFFECTS):
        for side, sign in zip(sides, (1, -1), strict=True):
            if stem(word) in side:
                return axis, sign
    for axis, sides in enumerate(_STATES, len(_EFFECTS)):
        for side, sign in zip(sides, (1, -1), strict=True):
            if word in side:
                return axis, sign
    return None


def _is_effect(word: str) -> bool:
    meaning = _meaning(word)
    return meaning is not None and meaning[0] < len(_EFFECTS)


def _content(found: Sequence[str]) -> frozenset[str]:
    """The stems that tell of what a text is, without stop words, adverbs, generic words, opposites and numbers."""
    telling = (
        stem(word)
        for word in found
        if len(word) > 1
        and word not in STOPWORDS
        and not word.isdigit()
        and not word.endswith("ly")
        and not _meaning(word)
    )
    return frozenset(telling) - _GENERIC - _TAKEN_AWAY


def _is_asserted(found: Sequence[str], at: int) -> bool:
    """Whether the word says that something is so: `to improve` is a goal, `degraded images` are things."""
    word, before, after = found[at], found[max(at - 2, 0) : at], found[at + 1 : at + 2]
    if any(_is_effect(one) for one in found[:at]):  # an effect of an effect
        return False
    if before[-1:] == ["to"]:
        return bool(_BEFORE_INFINITIVE & set(before))
    if after == ["by"] or (_NOUN.fullmatch(word) and after not in (["in"], ["of"])):
        return False
    return not (word.endswith("ed") and _is_effect(word) and _ATTRIBUTIVE_AFTER & set(before[-1:]))


def _contrary(one: Statement, other: Statement) -> str:
    """In plain words, how two statements exclude each other if they are about one matter; empty if they do not."""
    if one.axis != other.axis:
        return ""
    if one.sign == other.sign and one.denied != other.denied:
        return "one denies what the other states"
    if one.sign != other.sign and not one.denied and not other.denied:
        return f"one says “{one.word}”, the other “{other.word}”"
    return ""


def _same_matter(one: Statement, other: Statement) -> bool:
    """Whether two statements have the same subject and, where they have any, the same object."""
    if one.taken_away != other.taken_away or bool(one.object) != bool(other.object):
        return False
    shared = len(one.subject & other.subject) + len(one.object & other.object)
    return (
        shared >= _LEAST_SHARED
        and _overlap(one.subject, other.subject) >= _SHARE
        and (not one.object or _overlap(one.object, other.object) >= _SHARE)
    )


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient of two sets, from 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other))


def _reached(text: str) -> Reached | None:
    """The result that a sentence gives for something which it names, if it gives one and compares nothing."""
    numbers = stated(text)
    if len(numbers) != 1 or "%" not in numbers[0].units or not _REACHES.search(text) or _CHANGE.search(text):
        return None
    names = frozenset(name for match in TOKEN.finditer(text) if (name := name_in(match.group())))
    return Reached(numbers[0], names, frozenset(terms(text))) if len(names) >= _LEAST_NAMES else None


def _other_value(one: Reached, other: Reached) -> bool:
    """Whether two results are of the same system by the same measure, as far as names tell, and differ."""
    left, right = one.quantity, other.quantity
    return (
        one.names == other.names
        and not (one.words ^ other.words) & _SETTINGS
        and _overlap(one.words, other.words) >= _SHARE
        and not stands_in(left, [right])
        and not stands_in(right, [left])
    )
