"""What a claim says that its cited sentences do not: numbers, names, quotations, addresses; and signals of support.

Each check gives problems in plain words: they are shown to the reader and put into the prompt
that asks a model to repair its claim.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent.support_numbers import TOKEN, available, has_value, is_number, plain, stands_in, stated
from store.sentences import split
from store.text import STOPWORDS, stem, terms, words


class Cited(NamedTuple):
    """A cited sentence, and the title and the abstract of its paper."""

    sentence: str
    title: str
    abstract: str


_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>()\[\]\"]+|\b10\.\d{4,9}/[^\s<>()\[\]\"]+|(?:arXiv:\s?)?(?<![\d.])\d{4}\.\d{4,5}(?:v\d+)?(?![\d.]\d)"
    r"|\b(?:github|gitlab|huggingface)\.(?:com|io|co)/[^\s<>()\[\]\"]+",
    re.IGNORECASE,
)
_ADDRESS_START = re.compile(r"(?:https?://)?(?:www\.)?|arxiv:\s?", re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]+)"')
_ELLIPSIS = re.compile(r"\s*(?:…|\.{3}|\[\.{3}\])\s*")
_SHORTEST_QUOTATION = 3
_POSSESSIVE = re.compile(r"'s?$")
_CAPITALISED = re.compile(
    r"\b[A-Z][\w-]*(?:\s+(?:(?:of|for|in|and|the|with|to|a|an|on|from|by|via|as|at|is|are)\s+){0,2}[A-Z][\w-]*)+"
)
_ABBREVIATION = re.compile(r"\b([A-Z]{2,5})s?\b")
_NAME_WORDS = 3
"""At most so many words are read as one name: `Llama 3 8B`."""
_EVERYDAY = frozenset("AI LLM ML NLP GPU CPU US USA UK EU OK TV PhD".split())
"""Names that a paraphrase may bring along."""

_NEGATION = re.compile(
    r"\b(?:not|no|never|cannot|without|neither|nor|none|lacks?|lacking|fails?|failed|failure|unable|absence|absent)\b|n't\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:not|never|cannot)\b|n't\b", re.IGNORECASE)
_NEGATIVE = re.compile(
    _NEGATION.pattern + r"|\b(?:un|in|ir|im|dis|non)\w+|\b(?:less|little|few|only|but|however|rather|minor)\b"
    r"|\b(?:low|reduc|decreas|neglig)\w*",
    re.IGNORECASE,
)
"""What a denial may paraphrase; 0.5% of SciFact's supporting sentences have none of it where the claim denies."""
_FRACTIONS = tuple(
    (re.compile(spelled, re.IGNORECASE), re.compile(written, re.IGNORECASE))
    for spelled, written in (
        (
            r"\bhalf\b|\bhalv(?:e[sd]?|ing)\b",
            r"\bhal[fv]|(?<![\d.])50(?:\.0+)?\s?%|(?<!\d)0?\.5(?!\d)|1/2|½|\b2(?:\.0+)?\s?[x×]|\btwice",
        ),
        (r"\b(?:a|one|two)[ -]thirds?\b", r"\bthird|(?<!\d)(?:33|66|67)(?!\d)|[12]/3|[⅓⅔]"),
        (r"\b(?:a|one|three)[ -]quarters?\b", r"\bquarter|(?<!\d)(?:25|75)(?!\d)|[13]/4|[¼¾]"),
    )
)
OPPOSITES = tuple(
    (frozenset(stem(word) for word in one.split()), frozenset(stem(word) for word in other.split()))
    for one, other in (
        (
            "increase raise higher high more greater large larger up upregulate elevate grow rise gain above exceed",
            "decrease reduce lower low less fewer smaller small down downregulate decline drop loss below diminish",
        ),
        (
            "better improve outperform surpass beat superior enhance benefit strong stronger best",
            "worse degrade impair underperform lag inferior harm hurt damage weak weaker worst",
        ),
        (
            "promote activate induce stimulate enable encourage facilitate support",
            "inhibit suppress block prevent hinder repress antagonize discourage disrupt",
        ),
        ("faster accelerate quick speed", "slower slow delay"),
        ("succeed success able effective efficient", "fail failure unable ineffective inefficient"),
        ("longer long early easy positive present always required necessary", ""),
        ("", "shorter short late hard negative absent never unnecessary"),
    )
)


def problems(claim: str, cited: Sequence[Cited]) -> tuple[str, ...]:
    """What of the claim stands in no cited sentence, or paper, where it must; each in plain words."""
    text = plain(claim)
    sentences = [plain(item.sentence) for item in cited]
    return (
        *_unknown_addresses(text, cited),
        *_unknown_quotations(text, sentences),
        *_unknown_names(text, cited),
        *_unknown_titles(text, cited),
        *_unknown_numbers(text, sentences, cited),
        *_unknown_fractions(text, sentences),
        *_opposite_direction(text, sentences),
        *_denial(text, sentences),
    )


def signals(claim: str, cited: Sequence[Cited], similarities: Sequence[float]) -> dict[str, float]:
    """The inputs of the model in support.json; `similarities` are cosines of the claim to each cited sentence."""
    text = plain(claim)
    sentences = [plain(item.sentence) for item in cited]
    asked = terms(text)
    held = [set(terms(sentence)) | _abbreviated(text, sentence) for sentence in sentences]
    shares = [_share(asked, stems) for stems in held]
    best = max(range(len(cited)), key=lambda at: (shares[at] + similarities[at], -at))
    claim_stems, best_stems = _stems(text), _stems(sentences[best])
    given = [one for sentence in sentences for one in available(sentence)]
    wanted = stated(text)
    return {
        "coverage": _share(asked, set().union(*held)),
        "coverage_paper": max(_share(asked, set(terms(plain(f"{item.title} {item.abstract}")))) for item in cited),
        "rival": _rival(asked, cited) - shares[best],
        "similarity": max(similarities),
        "negation": float(bool(_NEGATION.search(text)) != any(_NEGATION.search(one) for one in sentences)),
        "opposed": float(_opposed(claim_stems, best_stems)),
        "agreed": float(_agreed(claim_stems, best_stems)),
        "length": math.log(max(len(held[best]), 1) / max(len(asked), 1)),
        "missing_numbers": sum(not stands_in(one, given) for one in wanted) / max(len(wanted), 1),
    }


def _abbreviated(claim: str, sentence: str) -> set[str]:
    """The stems of the claim that the sentence has shorter or longer, as `RL` for reinforcement learning."""
    found: set[str] = set()
    for short, long in ((sentence, claim), (claim, sentence)):
        said = words(long)
        initials = "".join(word[0] for word in said)
        for name in {match[1].lower() for match in _ABBREVIATION.finditer(short)}:
            at = initials.find(name)
            if at >= 0:
                spelled = {stem(word) for word in said[at : at + len(name)]}
                found |= spelled if long is claim else {stem(name)}
    return found


def _share(asked: Sequence[str], held: set[str]) -> float:
    return sum(one in held for one in asked) / len(asked) if asked else 0.0


def _rival(asked: Sequence[str], cited: Sequence[Cited]) -> float:
    """The share of the claim that the best sentence holds which the papers have and the claim does not cite."""
    chosen = [item.sentence for item in cited]
    every = {one.text for item in cited for one in split(item.abstract)}
    others = [text for text in every if not any(text in one or one in text for one in chosen)]
    return max((_share(asked, set(terms(plain(text)))) for text in others), default=0.0)


def _stems(text: str) -> set[str]:
    return {stem(word) for word in words(text)}


def _opposed(claim: set[str], sentence: set[str]) -> bool:
    """Whether the claim has one side of a pair of opposites and the sentence only the other."""
    return any(
        (claim & one and not claim & other and sentence & other and not sentence & one)
        or (claim & other and not claim & one and sentence & one and not sentence & other)
        for one, other in OPPOSITES
    )


def _opposite_direction(claim: str, sentences: Sequence[str]) -> Iterator[str]:
    if _opposed(_stems(claim), set().union(*map(_stems, sentences))):
        yield "it seems to say the opposite of the cited sentence: the one goes up where the other goes down"


def _denial(claim: str, sentences: Sequence[str]) -> Iterator[str]:
    if _DENIES.search(claim) and not any(_NEGATIVE.search(sentence) for sentence in sentences):
        yield "it denies something, and no cited sentence does"


def _unknown_fractions(claim: str, sentences: Sequence[str]) -> Iterator[str]:
    """Numbers that are not written in plain digits: spelled fractions, and digits of other scripts."""
    given = " ".join(sentences)
    for spelled, written in _FRACTIONS:
        if (match := spelled.search(claim)) and not written.search(given):
            yield f"the number {match.group()} stands in no cited sentence"
    for char in dict.fromkeys(claim):
        if char.isnumeric() and not char.isascii() and char not in given:
            yield f"the number {char} stands in no cited sentence"


def _agreed(claim: set[str], sentence: set[str]) -> bool:
    return any(claim & side and sentence & side for pair in OPPOSITES for side in pair)


def _unknown_addresses(claim: str, cited: Sequence[Cited]) -> Iterator[str]:
    known = {_bare_address(found) for item in cited for text in item for found in _ADDRESS.findall(plain(text))}
    for match in _ADDRESS.finditer(claim):
        if _bare_address(match.group()) not in known:
            yield f"the address {match.group().rstrip('.,;:')} stands in no cited paper"


def _bare_address(address: str) -> str:
    return _ADDRESS_START.sub("", address, count=1).rstrip(".,;:/!?").casefold()


def _unknown_quotations(claim: str, sentences: Sequence[str]) -> Iterator[str]:
    known = [_flat(sentence) for sentence in sentences]
    for match in _QUOTED.finditer(claim):
        if len(match[1].split()) < _SHORTEST_QUOTATION:
            continue
        parts = [_flat(part) for part in _ELLIPSIS.split(match[1].strip(" .,;:"))]
        in_order = re.compile(".*".join(re.escape(part) for part in parts))
        if not any(in_order.search(sentence) for sentence in known):
            yield f"the quotation “{match[1]}” stands in no cited sentence"


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


def _unknown_numbers(claim: str, sentences: Sequence[str], cited: Sequence[Cited]) -> Iterator[str]:
    given = [one for text in sentences for one in available(_without_addresses(text))]
    bare = _without_addresses(claim)
    missing = [one for one in dict.fromkeys(stated(bare)) if not stands_in(one, given)]
    if not missing:
        return
    papers = Names(cited)
    rest = [one for item in cited for one in available(_without_addresses(plain(item.abstract)))]
    for one in missing:
        if _numbers_a_name(bare, one.start, one.end, papers):
            continue
        if has_value(one, given):
            yield f"the cited sentences give the number {one.text} otherwise: with another unit or as another bound"
        elif stands_in(one, rest):
            yield f"the number {one.text} stands in no cited sentence, but elsewhere in the abstract"
        else:
            yield f"the number {one.text} stands in no cited sentence"


def _numbers_a_name(claim: str, start: int, end: int, papers: Names) -> bool:
    """Whether a number is the last part of a name of the paper, as in `Lean 4`."""
    before = re.search(r"([A-Z][\w-]*)[\s-]$", claim[:start])
    if before is None or before[1].lower() in STOPWORDS or claim[start:end].strip("0123456789.") != "":
        return False
    return papers.has_joined(f"{before[1]} {claim[start:end]}")


def _unknown_names(claim: str, cited: Sequence[Cited]) -> Iterator[str]:
    tokens = [match.group() for match in TOKEN.finditer(_without_addresses(claim))]
    if not any(name_in(token) for token in tokens):
        return
    papers = Names(cited)
    named = {}
    for at, token in enumerate(tokens):
        core = name_in(token)
        if core and core not in named:
            named[core] = papers.has(core) or papers.has(token) or any(
                papers.has_joined(" ".join(tokens[first:last]))
                for first in range(max(at - 1, 0), at + 1)
                for last in range(max(at + 1, first + 2), min(first + _NAME_WORDS, len(tokens)) + 1)
            )  # fmt: skip
    for name, is_known in named.items():
        if not is_known:
            yield f"the name {name} stands in no cited paper"


def _unknown_titles(claim: str, cited: Sequence[Cited]) -> Iterator[str]:
    """Runs of capitalised words, as titles and people are written, of which the cited papers lack a word."""
    papers = plain(" ".join(f"{item.title} {item.abstract}" for item in cited))
    known = _stems(papers)
    for match in _CAPITALISED.finditer(claim):
        run = [word for word in match.group().split() if word[0].isupper()]
        if match.start() == 0 or claim[: match.start()].rstrip().endswith((".", ":", "?", "!")):
            run = run[1:]  # a sentence begins with a capital, whatever it begins with
        initials = "".join(word[0] for word in run)
        is_known = all(_stems(word) <= known for word in run) or re.search(rf"\b{re.escape(initials)}s?\b", papers)
        if len(run) > 1 and not is_known:
            yield f"the name {' '.join(run)} stands in no cited paper"


def name_in(token: str) -> str:
    """What of a token looks like a name, `LLM` of `LLM-based`: a digit, a capital inside, all capitals; or nothing."""
    token = _POSSESSIVE.sub("", token)
    if token.casefold() in STOPWORDS or is_number(token) or "^" in token:
        return ""
    parts = token.split("-")
    while parts and re.fullmatch(r"[a-z]*", parts[-1]):
        parts.pop()
    while parts and re.fullmatch(r"[a-z]*|(?:Non|Pre|Post|Multi|Self|Co|Re|Anti)", parts[0]):
        parts.pop(0)
    core = "-".join(parts)
    is_marked = any(char.isdigit() or (char.isupper() and at > 0) for at, char in enumerate(core))
    return core if is_marked and len(core) > 1 and not is_number(core) and _singular(core) not in _EVERYDAY else ""


class Names:
    """The words and names that stand in the cited papers, in the forms in which a claim may write them."""

    def __init__(self, cited: Sequence[Cited]) -> None:
        self._exact: set[str] = set()
        self._folded: set[str] = set()
        self._initials = ""
        for text in dict.fromkeys(text for item in cited for text in item):
            flat = plain(text)
            tokens = [_POSSESSIVE.sub("", match.group()) for match in TOKEN.finditer(flat)]
            for token in tokens:
                self._exact |= {token, _singular(token), name_in(token), _singular(name_in(token))}
            for length in range(1, _NAME_WORDS + 1):
                for at in range(len(tokens) - length + 1):
                    self._folded.add(_squashed(" ".join(tokens[at : at + length])))
            self._folded |= {_squashed(form) for form in self._exact}
            self._initials += " " + "".join(word[0] for word in words(flat))

    def has(self, name: str) -> bool:
        """Whether the papers have this name as a whole, an acronym's words, or each word of a compound."""
        if name.isalpha() and name.isupper():
            return _singular(name) in self._exact or name.lower() in self._initials
        whole = _singular(name)
        if _squashed(name) in self._folded or _squashed(whole) in self._folded:
            return True
        if whole != name and whole.isupper():
            return self.has(whole)
        parts = name.split("-")
        return len(parts) > 1 and all(part.isalpha() and self.has(part) for part in parts)

    def has_joined(self, name: str) -> bool:
        """Whether the papers have this name of several words, however they join them."""
        return _squashed(name) in self._folded


def _singular(name: str) -> str:
    """`LLM` of `LLMs`."""
    return name[:-1] if len(name) > 2 and name.endswith("s") and any(char.isupper() for char in name[1:]) else name


def _squashed(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub(" ", text)
