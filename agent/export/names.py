"""Names of authors, taken apart as reference formats want them; nothing is added and nothing is lost."""

from __future__ import annotations

import re
from typing import NamedTuple

_PARTICLES = frozenset(
    "af al av ben bin da das de del della den der des di dos du el ibn la le ten ter van vom von zu zum zur".split()
)
_LEADS_PARTICLE = frozenset({"De", "Van", "Von"})
_SUFFIX = re.compile(r"(?:jr|sr)\.?|ii|iii|iv", re.IGNORECASE)
_COLLECTIVE = re.compile(
    r"\b(?:and|association|alliance|centers?|centre|collaboration|committee|company|consortium|contributors|"
    r"corporation|department|foundation|group|inc|initiative|institutes?|labs?|laborator(?:y|ies)|network|"
    r"organi[sz]ation|project|research|society|teams?|university)\b|^the\s|\d|&",
    re.IGNORECASE,
)


class Name(NamedTuple):
    """A person's name in parts, or a name that has none (`literal`): of a group, or a single word."""

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""


def parse(text: str) -> Name:
    """The parts of a printed name: `Chi Jin`, `Jin, Chi`, `Johannes van der Waals`, `Lee, John, Jr.`, `{OpenAI}`."""
    bare = text.strip()
    if bare.startswith("{") and bare.endswith("}"):
        return Name(literal=bare[1:-1].strip() or bare)
    parts = [part.strip() for part in bare.split(",")]
    if _COLLECTIVE.search(bare) or not all(parts) or len(parts) > 3:
        return Name(literal=bare)
    if len(parts) == 1:
        return _in_print_order(bare)
    return _family_first(bare, parts)


def _family_first(bare: str, parts: list[str]) -> Name:
    *inner, last = parts[1:]
    if not inner and _SUFFIX.fullmatch(last):
        return _in_print_order(parts[0])._replace(suffix=last) if " " in parts[0] else Name(literal=bare)
    given, suffix = last, ""
    if inner:
        given, suffix = (inner[0], last) if _SUFFIX.fullmatch(last) else (last, inner[0])
        if not _SUFFIX.fullmatch(suffix):
            return Name(literal=bare)
    words = parts[0].split()
    start = _family_start(words, 0)
    return Name(" ".join(words[start:]), given, " ".join(words[:start]), suffix)


def _in_print_order(text: str) -> Name:
    words = text.split()
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    if len(words) < 2:
        return Name(literal=text)
    first = next((place for place, word in enumerate(words[:-1]) if _begins_particle(words, place)), len(words) - 1)
    start = _family_start(words, first)
    return Name(" ".join(words[start:]), " ".join(words[:first]), " ".join(words[first:start]), suffix)


def _begins_particle(words: list[str], place: int) -> bool:
    """Whether the family name begins here: `van`, or `Van` before `den`; a `Van` alone may be a given name."""
    word = words[place]
    return word in _PARTICLES or (word in _LEADS_PARTICLE and words[place + 1] in _PARTICLES)


def _family_start(words: list[str], first: int) -> int:
    """Where the particles that start at `first` end; the last word is never one."""
    place = first
    while place < len(words) - 1 and (words[place] in _PARTICLES or _begins_particle(words, place)):
        place += 1
    return place
