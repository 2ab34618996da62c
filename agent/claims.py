"""Cuts what a model wrote into claims, with their marks; pure functions.

Every sentence is a claim, but for what states nothing: rules and blank lines, short headings,
questions and lead-ins without a number or a name, and short plain statements of what the
library lacks ("The library does not say ..."), which nothing could support.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from agent.citations import Place, find_marks
from agent.support_signals import name_in
from store import sentences

Kind = Literal["claim", "gap", "other"]
_LINE = re.compile(r"[^\n]*\n?")
_PREFIX = re.compile(r"\s*(?:>\s*)*(?:(?:[-*+•]|\d{1,3}[.)])[ \t]+)?(?:#{1,6}\s+)?")
_BEGINS_A_BLOCK = re.compile(r"\s*(?:>|#{1,6}\s|\||```|(?:[-*+•]|\d{1,3}[.)])[ \t])")
_STANDS_ALONE = re.compile(r"\s*(?:#{1,6}\s|\||```)|\s*\*\*[^*]+\*\*:?\s*$")
_RULE = re.compile(r"[\s|:*_=-]*$")
_GAP = re.compile(
    r"\W*the\s+(?:library|evidence|abstracts|retrieved\s+(?:papers|abstracts|evidence))\s+"
    r"(?:do|does)\s*(?:not|n['’]t)\s+"
    r"(?:answer|say|state|mention|report|address|cover|contain|specify|describe|discuss|give|provide|indicate)\b",
    re.IGNORECASE,
)
_MORE_THAN_A_GAP = re.compile(
    r"(?<![\w@-])\d|[;:–—]|,\s*(?:which|who|whose|where|as)\b"
    r"|\b(?:but|however|although|though|while|whereas|instead|because|since|so)\b"
    r"|\band\b.*\b(?:is|was|are|were|has|have|had|can|will|made|beats?|wins?|best|\w+(?:ed|es))\b",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|`")
_FEW_LETTERS = 3
_SHORT_HEADING = 8
_SHORT_LEAD_IN = 12
_SHORT_GAP = 30


class Piece(NamedTuple):
    """A stretch of the text, `text[start:end]`; all pieces together are the text."""

    start: int
    end: int
    kind: Kind
    words: str
    """What it says, without marks and emphasis."""
    places: tuple[Place, ...]


def cut(text: str) -> list[Piece]:
    """The pieces of `text`, in order, without gap or overlap."""
    pieces: list[Piece] = []
    for start, end in _blocks(text):
        pieces.extend(_pieces_of_block(text[start:end], start))
    return pieces


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each block: lines that belong to one paragraph or list item, or one line of another kind."""
    start = end = 0
    may_grow = False
    for match in _LINE.finditer(text):
        line = match.group()
        if not line:
            continue
        is_plain = not (_RULE.fullmatch(line.rstrip()) or _BEGINS_A_BLOCK.match(line) or _STANDS_ALONE.match(line))
        if not (may_grow and is_plain) and end > start:
            yield start, end
            start = end
        may_grow = not (_RULE.fullmatch(line.rstrip()) or _STANDS_ALONE.match(line))
        end = match.end()
    if end > start:
        yield start, end


def _pieces_of_block(block: str, offset: int) -> Iterator[Piece]:
    prefix = _PREFIX.match(block)
    start = prefix.end() if prefix else 0
    body = block[start:].rstrip()
    if _RULE.fullmatch(body) or (_STANDS_ALONE.match(block) and _is_heading(body)):
        yield Piece(offset, offset + len(block), "other", _plain(body), ())
        return
    if start:
        yield Piece(offset, offset + start, "other", "", ())
    position = start
    for end, words, places in _sentences(body.replace("\n", " ")):
        yield Piece(offset + position, offset + start + end, _kind(words, places), _plain(words), places)
        position = start + end
    if position < len(block):
        yield Piece(offset + position, offset + len(block), "other", "", ())


def _sentences(body: str) -> Iterator[tuple[int, str, tuple[Place, ...]]]:
    """End in `body`, words and places of each sentence; marks right after its full stop belong to it."""
    marks = find_marks(body)
    kept, original = _without(body, [(mark.start, mark.end) for mark in marks])
    positions = [bisect.bisect_left(original, mark.start) for mark in marks]
    spans = [(item.start, item.end) for item in sentences.cut(kept)]
    for at, (start, end) in enumerate(spans):
        limit = spans[at + 1][0] if at + 1 < len(spans) else len(kept) + 1
        own = [
            mark
            for mark, position in zip(marks, positions, strict=True)
            if (start <= position or at == 0) and position < limit
        ]
        stop = max([original[end - 1] + 1, *(mark.end for mark in own)])
        if at + 1 == len(spans):
            stop = len(body)
        places = tuple(dict.fromkeys(place for mark in own for place in mark.places))
        yield stop, kept[start:end], places


def _without(text: str, spans: list[tuple[int, int]]) -> tuple[str, list[int]]:
    """`text` without the spans and the blank before each, and for every kept character its place in `text`."""
    kept: list[str] = []
    original: list[int] = []
    position = 0
    for start, end in [*spans, (len(text), len(text))]:
        stop = start - 1 if start > position and start < len(text) and text[start - 1] == " " else start
        kept.append(text[position:stop])
        original.extend(range(position, stop))
        position = end
    return "".join(kept), original


def _kind(words: str, places: tuple[Place, ...]) -> Kind:
    if places:
        return "claim"
    said = _plain(words)
    if sum(char.isalpha() for char in said) < _FEW_LETTERS and not any(char.isnumeric() for char in said):
        return "other"
    if _GAP.match(said):
        is_plain = len(said.split()) <= _SHORT_GAP and not _MORE_THAN_A_GAP.search(said)
        return "gap" if is_plain else "claim"
    states_nothing = said.endswith(("?", ":")) and _is_bare(said, _SHORT_LEAD_IN)
    return "other" if states_nothing else "claim"


def _is_heading(body: str) -> bool:
    return not find_marks(body) and "|" not in body and _is_bare(_plain(body), _SHORT_HEADING)


def _is_bare(said: str, most_words: int) -> bool:
    """Whether it is short, and holds no number and no name that it could say something of."""
    words = said.split()
    has_name = any(name_in(word.strip(".,:;?!()\"'“”")) for word in words)
    return len(words) <= most_words and not has_name and not any(char.isnumeric() for char in said)


def _plain(words: str) -> str:
    return " ".join(_EMPHASIS.sub("", words).replace("|", " ").split())
