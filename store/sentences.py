"""Cuts an abstract into sentences, with offsets into the text as it is stored.

sentencex finds the boundaries. It sees a mask of the text, equal in length, in which the
full stops of abbreviations, formulas and addresses are hidden, so its offsets hold for
the original.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sentencex import get_sentence_boundaries

from store.paper import Sentence

_OPENERS = (
    "We|Our|The|This|These|Those|It|In|However|Furthermore|Moreover|Overall|Based|Here|To|For|On|By|As|Experiments|"
    "Experimental|Results|Empirically|Finally|Additionally|Then|Thus|Therefore|Hence|While|When|With|Code"
)
"""Words with which a sentence begins, and hardly ever a name."""
_HIDDEN = re.compile(
    r"""
      \$\$[^$]{1,400}\$\$ | \$(?!\s)[^$\n]{1,200}(?<!\s)\$                # formulas
    | https?:\s?//\S*[^\s.,;:!?)\]}'"]                                    # addresses
    | \b[\w-]+\.\s?(?:com|org|io|net|ai|edu|gov)\b(?:\s?/\s?[\w./~-]*\w)?
    | \b(?:e\.\s?g|i\.\s?e|w\.\s?r\.\s?t|a\.\s?k\.\s?a|s\.\s?t|cf|vs|resp|approx|ca)\.
    | \b(?:et\ al|etc|viz)\.(?=\s*[,;:)\](\[a-z0-9])                       # final only before a capital
    | \b(?:Figs?|Eqs?|Secs?|Tabs?|Thms?|Props?|Defs?|Lem|Cor|Chap|Ch|App|Refs?|Alg|Vol|Nos?|pp|Dr|Prof|Mr|Mrs|Ms|St)
      \.(?=\s*[\dA-Z(\[~])
    | \b(?:[A-Z]\.)+(?=\s(?!(?:OPENERS)\b)[A-Z][\w'-]+)(?<!\bU\.S\.)       # initials
    | [<>]                                                                # which sentencex takes for brackets
    | (?<=\w)\.(?=\w)(?![A-Z][A-Za-z]+\s)                                  # decimals, file names, versions
    | (?<!\w)\(?(?:\d{1,2}|[ivx]{1,4}|[a-h])\)                              # list marks, which sentencex would not end
    | \bi\.(?:\\,|\ )?i\.(?:\\,|\ )?d\b\.?
    | (?<!\.)\.{3,}(?=\s*[a-z,;:)\]])                                             # an ellipsis inside a sentence
    """.replace("OPENERS", _OPENERS),
    re.VERBOSE,
)
_MISSED = re.compile(rf"(?:(?<=[.!?])|(?<=[.!?][)\"'\]]))\s+(?=(?:{_OPENERS})\b)")
_STOPS = str.maketrans(".!?()<>", "_______")
_INDENT = re.compile(r"\s*")
_NO_LETTER = re.compile(r"[\W\d_]*")
_LOWER_CASE_WORD = re.compile(r"[a-z]+(?![\w-])")


@lru_cache(maxsize=4096)
def split(abstract: str) -> tuple[Sentence, ...]:
    """The sentences of `abstract`, in order; what lies between two is blank."""
    return cut(abstract)


def cut(abstract: str) -> tuple[Sentence, ...]:
    """The same, not remembered: for a text that will not be asked for again."""
    mask = _HIDDEN.sub(_masked, abstract)
    sentences: list[Sentence] = []
    for start, end in _joined(_spans(mask), abstract):
        sentences.append(Sentence(len(sentences) + 1, start, end, abstract[start:end]))
    return tuple(sentences)


def _masked(match: re.Match[str]) -> str:
    """The match with its stops and brackets hidden; a bracket that closes an earlier one stays."""
    text, before = match.group(), match.string[: match.start()]
    if text.endswith(")") and not text.startswith("(") and before.rfind("(") > before.rfind(")"):
        return text
    return text.translate(_STOPS)


def _spans(mask: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of `mask`, without the blanks around it."""
    spans = []
    for boundary in get_sentence_boundaries("en", mask):
        start, end = int(boundary["start_index"]), int(boundary["end_index"])
        indent = _INDENT.match(mask, start, end)
        start = indent.end() if indent else start
        end = start + len(mask[start:end].rstrip())
        for missed in _MISSED.finditer(mask, start, end):
            spans.append((start, missed.start()))
            start = missed.end()
        if start < end:
            spans.append((start, end))
    return spans


def _joined(spans: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """`spans` with fragments joined: a list number goes to what follows, a lone mark to what precedes."""
    joined: list[tuple[int, int]] = []
    number_start: int | None = None
    for start, end in spans:
        if number_start is not None:
            start, number_start = number_start, None
        fragment = _NO_LETTER.fullmatch(text, start, end) is not None
        if fragment and any(char.isdigit() for char in text[start:end]) and end != spans[-1][1]:
            number_start = start
        elif joined and (fragment or _LOWER_CASE_WORD.match(text, start)):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
