"""Which sentences of an abstract tell what: its contribution, its result, a definition, an open question.

Rules over words, and the sentence models of quote mode where a topic is to be met; what is
chosen is always a whole stored sentence, or, for a table, a contiguous part of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from store import sentences
from store.paper import Paper, Sentence
from store.text import terms

LONGEST_EXCERPT = 160
_SHORTEST_EXCERPT = 12
_OWN = r"(?:we|this (?:paper|work|study|article|report|survey|book|thesis)|our (?:work|paper|approach|method))"
_MAKES = (
    r"(?:introduc|present|propos|develop|design|build|built|construct|releas|devis|formulat|formaliz|establish|"
    r"investigat|stud(?:y|ies)|examin|explor|analy[sz]|initiat|describ|provid|giv|offer|creat|curat|adapt|extend|"
    r"explain|address|tackl|revisit|report|demonstrat|show|prov(?:e|ing)|deriv|advocat|argu|automat|conduct|train)"
)
_CONTRIBUTION = re.compile(rf"\b{_OWN}\b[^.;]{{0,60}}?\b{_MAKES}\w*\b", re.IGNORECASE)
_FIRST_MAKES = re.compile(
    rf"\b{_OWN}\b[^.;]{{0,40}}?\b(?:introduc|present|propos|develop|design|initiat|devis|curat)\w*\b", re.IGNORECASE
)
_RESULT = re.compile(
    r"\b(?:outperform|surpass|exceed|achiev|attain|improv|reduc|increas|gain|reach|accura|state-of-the-art|"
    r"competitive|best|faster|better|only|rate|bound|optimal|polynomial|converge|prove|find|found|reveal|result|"
    r"experiment|evaluation|empirical|demonstrat|solv)\w*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w^_{])[+~]?\$?\d[\d,.]*(?:\s?(?:\\?%|x\b|times\b|-fold|points?\b)|\b)")
_BARE_YEAR = re.compile(r"(?:19|20)\d\d")
_COUNTED = re.compile(
    r"\s+(?:[\w-]+\s+){0,2}?(?:benchmarks?|data\s?sets?|(?:language )?models?|tasks?|domains?|methods?|"
    r"examples?|lines?|steps?|stages?|LLMs?|baselines?)\b"
)
_SHOWS = re.compile(
    r"\b(?:experiments?|results?|evaluations?|empirically|extensive|we (?:show|find|prove|demonstrate|observe))\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"https?:\s?//\S|\bgithub|\bhugging\s?face\.|\b(?:code|models?|data(?:set)?s?)\b[^.]{0,60}\bavailable\b"
    r"|\bopen-?sourc(?:ed|ing)\b|\bwe open-?source\b"
    r"|\breleas(?:e|ed|ing)\b[^.]{0,60}\b(?:code|models?|data\w*|weights?)\b",
    re.IGNORECASE,
)
_DEFINITION = re.compile(
    r"^(?!.*\b(?:we|our)\b).{3,120}?\b(?:is|are|refers? to|aims? (?:to|at)|offers?|involves?|the (?:task|process|"
    r"problem) of|have (?:emerged|become|shown)|has (?:emerged|become|shown)|plays?|provides?|enables?)\b",
    re.IGNORECASE,
)
_OPEN_STRONG = re.compile(
    r"\bopen (?:problem|question|challenge)s?\b|\bfuture (?:work|research|direction)s?\b"
    r"|\bremain(?:s|ed)?\b[^.]{0,40}?\b(?:open|unclear|unknown|un(?:der)?-?explored|unanswered|unresolved|elusive"
    r"|poorly understood|limited|unsolved|challeng\w*|difficult|scarce)|\bstill (?:struggle|fail|lag|far|face|lack)\w*"
    r"|\b(?:not well|poorly) understood\b|\blargely un(?:explored|studied|known)\b|\blittle is known\b"
    r"|\bhas not been (?:explored|studied)\b|\bunder-?explored\b|\bfar from\b",
    re.IGNORECASE,
)
_OPEN_WEAK = re.compile(
    r"\bchallenge[sd]?\b|\bchallenging\b|\blimit(?:ed|ation|ations)\b|\bscarc\w+|\bstruggles?\b|\blacks?\b|\bbottleneck\b",
    re.IGNORECASE,
)
_NO_DEFINITION = re.compile(f"{_CONTRIBUTION.pattern}|{_OPEN_STRONG.pattern}", re.IGNORECASE)
_ANSWERED = re.compile(rf"\b(?:to (?:address|tackle|overcome|mitigate|fill)|{_OWN}\b|we address)", re.IGNORECASE)
_DATA = r"(?:benchmarks?|data\s?sets?|test sets?|test suites?|corp(?:us|ora)|leaderboard)"
_NAME = r"(?:(?:a|an|the|both|our)\s+)?(?:(?![\w.-]+\d[Bb]\b)[A-Z][\w-]*[A-Z\d][\w-]*|mini[- ]?F2F[\w-]*)"
"""A name such as D4RL or ProofNet; those that end in a number of parameters are models."""
_BENCHMARK = re.compile(
    rf"\b[Oo]n\s+({_NAME}(?:(?:\s[\w-]+){{0,3}}?\s{_DATA}\b)?|[^.;:,()\\]{{0,80}}?\b(?:{_DATA}|tasks)\b)"
    rf"|\b[Aa]cross\s+([^.;:,()\\]{{3,60}}?\b(?:{_DATA}|tasks|domains|games|environments)\b)"
)
_CLAUSE_END = re.compile(
    r"[,;:](?=\s)|\s[-–—]{1,3}\s|\s(?=\((?!s\)))|\s(?=(?:which|while|whereas|thereby|where|so that)\b)"
)


class Excerpt(NamedTuple):
    """A contiguous part of a stored sentence: `text in sentence.text`."""

    sentence: Sentence
    text: str


Finder = Callable[[Paper], Excerpt | None]
"""Finds the part of an abstract that goes into one column of a table."""


def contribution(paper: Paper, skip: frozenset[int] = frozenset()) -> Sentence | None:
    """The sentence that says what the paper brings."""
    titled = set(terms(paper.title or ""))
    name = (paper.title or "").partition(":")[0] if ":" in (paper.title or "") else ""

    def score(sentence: Sentence) -> float:
        shared = len(titled & set(terms(sentence.text))) / max(len(titled), 1)
        if "?" in sentence.text:
            return 0.0
        makes = 2.0 * bool(_CONTRIBUTION.search(sentence.text)) + 1.0 * bool(_FIRST_MAKES.search(sentence.text))
        names = bool(name) and name in sentence.text
        return makes * (1.3 if names else 1.0) + 1.5 * shared - 0.06 * sentence.index

    return _best(paper, score, skip, least=0.4)


def result(paper: Paper, skip: frozenset[int] = frozenset()) -> Sentence | None:
    """The sentence that says what came out, with numbers if there are any; None where nothing does."""

    def score(sentence: Sentence) -> float:
        text = sentence.text
        if _is_address(text):
            return 0.0
        words = len(set(_RESULT.findall(text.lower())))
        shows = 0.8 * bool(_SHOWS.search(text))
        return (1.5 if words else 0.6) * bool(_numbers(text)) + min(words, 3) * 0.5 + shows + 0.05 * sentence.index

    return _best(paper, score, skip, least=1.2)


def definition(paper: Paper, topic: frozenset[str]) -> tuple[float, Sentence] | None:
    """How well a sentence says what the topic is, and the best such sentence; `topic` are its stems."""
    found = []
    for sentence in sentences.split(paper.abstract)[:3]:
        share = len(topic & set(terms(sentence.text))) / max(len(topic), 1)
        early = len(topic & set(terms(" ".join(sentence.text.split()[:8])))) / max(len(topic), 1)
        if share > 0.5 and _DEFINITION.match(sentence.text) and not _NO_DEFINITION.search(sentence.text):
            found.append((share + early - 0.1 * sentence.index, sentence))
    return max(found, key=lambda item: (item[0], -item[1].index), default=None)


def open_question(paper: Paper) -> tuple[float, Sentence] | None:
    """How clearly a sentence states what is not solved, and the clearest such sentence."""
    found = []
    for sentence in sentences.split(paper.abstract):
        if not _CONTRIBUTION.search(sentence.text) or _OPEN_STRONG.search(sentence.text):
            strong, weak = bool(_OPEN_STRONG.search(sentence.text)), bool(_OPEN_WEAK.search(sentence.text))
            answered = bool(_ANSWERED.search(sentence.text) or _SHOWS.search(sentence.text))
            score = 2.0 * strong + 1.0 * weak - 0.8 * answered
            if score >= 1.0:
                found.append((score, sentence))
    return max(found, key=lambda item: (item[0], -item[1].index), default=None)


def proposes(paper: Paper) -> Excerpt | None:
    """The part of an abstract that names what is proposed."""
    sentence = contribution(paper)
    if sentence is None:
        return None
    match = _FIRST_MAKES.search(sentence.text) or _CONTRIBUTION.search(sentence.text)
    return _clause(sentence, match.end() if match else 0)


def evaluated_on(paper: Paper) -> Excerpt | None:
    """The part that names the data or tasks of the evaluation."""
    for sentence in reversed(sentences.split(paper.abstract)):
        match = _BENCHMARK.search(sentence.text)
        if match and (_SHOWS.search(sentence.text) or _RESULT.search(sentence.text)) and not _is_address(sentence.text):
            named = match.group(match.lastindex or 0)
            return Excerpt(sentence, named) if len(named) <= LONGEST_EXCERPT else None
    return None


def reported_result(paper: Paper) -> Excerpt | None:
    """The part with the first number of the sentence that tells the result."""
    sentence = result(paper)
    numbers = _numbers(sentence.text) if sentence else []
    if sentence is None or not numbers or not _RESULT.search(sentence.text):
        return None
    text = sentence.text
    ends = [match.end() for match in _CLAUSE_END.finditer(text, 0, numbers[0].start())]
    return _clause(sentence, next((end for end in reversed(ends) if text[end] != "("), 0))


def code(paper: Paper) -> Excerpt | None:
    """The sentence that says where code, models or data are."""
    for sentence in reversed(sentences.split(paper.abstract)):
        if _CODE.search(sentence.text):
            return _clause(sentence, 0)
    return None


def _best(paper: Paper, score: Callable[[Sentence], float], skip: frozenset[int], *, least: float) -> Sentence | None:
    """The highest sentence of at least `least`, the first of equals."""
    rated = [(score(item), -item.index, item) for item in sentences.split(paper.abstract) if item.index not in skip]
    top = max(rated, key=lambda item: item[:2], default=None)
    return top[2] if top and top[0] >= least else None


def _clause(sentence: Sentence, start: int) -> Excerpt | None:
    """What follows `start` up to the end of a clause: the longest that fits, cut between words if none does."""
    text = sentence.text
    while start < len(text) and (text[start].isspace() or text[start] in ",;:"):
        start += 1
    ends = [match.start() for match in _CLAUSE_END.finditer(text, start)] + [len(text)]
    fitting = [
        end for end in ends if _SHORTEST_EXCERPT <= end - start <= LONGEST_EXCERPT and _balanced(text[start:end])
    ]
    end = max(fitting) if fitting else text.rfind(" ", start, start + LONGEST_EXCERPT)
    cut = text[start:end].rstrip(" ,;:")
    if end == len(text):
        cut = cut.removesuffix(".").rstrip()
    return Excerpt(sentence, cut) if len(cut) >= _SHORTEST_EXCERPT else None


def _balanced(text: str) -> bool:
    return text.count("(") == text.count(")") and text.count("$") % 2 == 0


def _numbers(text: str) -> Sequence[re.Match[str]]:
    """The numbers of `text` that may be results: no years, marks of a list, or counts of what was tried."""
    return [
        match
        for match in _NUMBER.finditer(text)
        if not _BARE_YEAR.fullmatch(match.group().strip(" ,.$"))
        and not _COUNTED.match(text, match.end())
        and text[match.start() - 1 : match.end() + 1] != f"({match.group()})"
    ]


def _is_address(text: str) -> bool:
    return bool(re.search(r"https?:|github", text, re.IGNORECASE))
