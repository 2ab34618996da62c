"""Reads a judge's reply: a line for each thing judged, with its number and one label; pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TypeVar

_MARKS = r"[\s*_`]*"
_LINE = re.compile(rf"[\s*_`>#-]*(?:(\d{{1,3}}){_MARKS}[:.)]{_MARKS})?([A-Za-z]+)[\s*_`.]*")
Meaning = TypeVar("Meaning")


def labelled(reply: str, count: int, meanings: Mapping[str, Meaning]) -> list[Meaning | None]:
    """What the labels mean that the reply gives to things 1 to `count`; the keys of `meanings` are the labels.

    None for a thing that has no label of its own, or two that differ. Only a line that holds
    a number and a label and nothing else counts; a single thing needs no number.
    """
    found: dict[int, set[str]] = defaultdict(set)
    for line in reply.splitlines():
        match = _LINE.fullmatch(line)
        if match and match[2].upper() in meanings and (match[1] or count == 1):
            found[int(match[1] or 1)].add(match[2].upper())
    return [meanings[next(iter(found[at]))] if len(found[at]) == 1 else None for at in range(1, count + 1)]
