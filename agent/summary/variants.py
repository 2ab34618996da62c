"""Other ways to say a topic, as the papers themselves say it; pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from store.paper import Paper
from store.text import terms

MOST = 3
_DEFINED = re.compile(r"(?<![\w-])((?:[\w-]+\s+){1,8})\(([A-Z][A-Za-z-]{1,9})\)")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")


def of(topic: str, papers: Sequence[Paper]) -> list[str]:
    """Other ways to say `topic`: without its hyphens, and with the abbreviations that `papers` define.

    `process reward models` is also `PRMs` where a paper says `process reward models (PRMs)`,
    and the other way round.
    """
    found: Counter[str] = Counter()
    joined = _HYPHEN.sub("", topic)
    if joined != topic:
        found[joined] += 1
    for (long, short), count in _settled(papers):
        for way in (_replaced(topic, short, long), _replaced(topic, long, short)):
            if way and way.lower() != topic.lower():
                found[way] += count
    ranked = sorted(found, key=lambda way: (-found[way], way))
    distinct = {" ".join(terms(way)): way for way in reversed(ranked) if terms(way) != terms(topic)}
    return [way for way in ranked if way in distinct.values()][:MOST]


def _settled(papers: Sequence[Paper]) -> list[tuple[tuple[str, str], int]]:
    """(long form, abbreviation) and how many papers define it so; of one abbreviation the commonest long form."""
    defined: Counter[tuple[str, str]] = Counter()
    for paper in papers:
        defined.update(set(_abbreviations(f"{paper.title or ''}. {paper.abstract}")))
    ranked = sorted(defined.items(), key=lambda item: (item[1], item[0]))
    return list({pair[1].removesuffix("s"): (pair, count) for pair, count in ranked}.values())


def _abbreviations(text: str) -> Iterator[tuple[str, str]]:
    """(long form, abbreviation) wherever the initials before a bracket spell what stands in it."""
    for match in _DEFINED.finditer(text):
        short = match[2].removesuffix("s")
        words = match[1].split()
        letters = short.replace("-", "").lower()
        for size in range(1, min(len(words), len(letters)) + 1):
            tail = words[-size:]
            initials = "".join(part[0] for word in tail for part in word.split("-") if part)
            if initials.lower() == letters:
                yield " ".join(tail).lower(), short


def _replaced(topic: str, old: str, new: str) -> str | None:
    """`topic` with `old` (in the singular or plural) replaced, or None where it does not hold it."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(old.removesuffix('s'))}s?(?![\w-])", re.IGNORECASE)
    return pattern.sub(lambda _: new, topic) if pattern.search(topic) else None
