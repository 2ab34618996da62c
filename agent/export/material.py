"""What an export is made of: answers and papers in which one key means one paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from agent.answer import Answer, Citation
from store.paper import Paper
from store.text import title_key

_UNSAFE = re.compile(r"[^A-Za-z0-9_:.+-]+")


class Material(NamedTuple):
    """Answers, the papers they cite, further papers to list, and those shown as nearest; no paper twice."""

    answers: tuple[Answer, ...]
    cited: tuple[Paper, ...]
    further: tuple[Paper, ...]
    nearest: tuple[Paper, ...]

    @property
    def listed(self) -> tuple[Paper, ...]:
        """The papers of the bibliography."""
        return self.cited + self.further


def gather(answers: Sequence[Answer], more: Sequence[Paper] = ()) -> Material:
    """The answers with keys that are safe and unique in every format.

    Where a paper changed between two answers, the last state of it is listed. Keys that
    differ in case alone are told apart, since BibTeX does not.
    """
    keys = _Keys()
    mapped = [{paper.key: keys.give(paper) for paper in _named(answer)} for answer in answers]
    cited = dict.fromkeys(
        known[reference.paper.key]
        for answer, known in zip(answers, mapped, strict=True)
        for reference in answer.references
    )
    further = dict.fromkeys(key for paper in more if (key := keys.give(paper)) not in cited)
    nearest = dict.fromkeys(
        key
        for answer, known in zip(answers, mapped, strict=True)
        for paper in answer.nearest
        if (key := known[paper.key]) not in cited and key not in further
    )
    return Material(
        tuple(_rekeyed(answer, known) for answer, known in zip(answers, mapped, strict=True)),
        *(tuple(keys.paper(key) for key in found) for found in (cited, further, nearest)),
    )


class _Keys:
    def __init__(self) -> None:
        self._given: dict[str, tuple[str, Paper]] = {}

    def give(self, paper: Paper) -> str:
        """The key of this paper in the export; the paper takes the place of an earlier state of it."""
        base = _UNSAFE.sub("-", paper.key) or "paper"
        candidates = (base if number == 1 else f"{base}-{number}" for number in count(1))
        key = next(candidate for candidate in candidates if self._may_have(paper, candidate))
        self._given[key.casefold()] = (key, paper)
        return key

    def _may_have(self, paper: Paper, key: str) -> bool:
        known = self._given.get(key.casefold())
        return known is None or _is_same(known[1], paper)

    def paper(self, key: str) -> Paper:
        """The paper under a given key, as it was seen last."""
        return replace(self._given[key.casefold()][1], key=key)


def _is_same(one: Paper, other: Paper) -> bool:
    """Whether these are states of one paper: a session may have lived through changes of its library."""
    return one.key == other.key and (
        one.abstract == other.abstract
        or bool(one.title and title_key(one.title) == title_key(other.title))
        or any(value == other.identifiers.get(kind) for kind, value in one.identifiers.items())
    )


def _named(answer: Answer) -> Iterable[Paper]:
    return (*(reference.paper for reference in answer.references), *answer.nearest)


def _rekeyed(answer: Answer, keys: Mapping[str, str]) -> Answer:
    if all(key == given for key, given in keys.items()):
        return answer

    def cite(citation: Citation) -> Citation:
        return replace(citation, key=keys.get(citation.key, citation.key))

    return replace(
        answer,
        claims=tuple(replace(claim, citations=tuple(map(cite, claim.citations))) for claim in answer.claims),
        references=tuple(
            replace(reference, paper=replace(reference.paper, key=keys[reference.paper.key]))
            for reference in answer.references
        ),
        nearest=tuple(replace(paper, key=keys[paper.key]) for paper in answer.nearest),
        disagreements=tuple(replace(item, one=cite(item.one), other=cite(item.other)) for item in answer.disagreements),
    )
