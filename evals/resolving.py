"""Finds the papers and sentences that a gold set names in a library; what is not there is named."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agent.errors import EvalError
from evals.gold import Flaw, GoldSet, Question, short, told
from store import sentences
from store.library import Library
from store.paper import Paper
from store.text import title_key

_PREFIX = re.compile(
    r"^(?:doi|arxiv|pmid|key):\s*"
    r"|^https?://(?:(?:dx\.|www\.)?doi\.org|(?:www\.)?arxiv\.org/(?:abs|html|pdf)|pubmed\.ncbi\.nlm\.nih\.gov)/",
    re.IGNORECASE,
)
_END = re.compile(r"(?:\.pdf|/)$", re.IGNORECASE)
"""What the address of a paper may have after the identifier."""
_ARXIV_VERSION = re.compile(r"v\d+$")


class Nugget(NamedTuple):
    """A fact as the library stores it: `text == abstract[start:end]`, and the sentences that it lies in."""

    key: str
    sentences: tuple[int, ...]
    start: int
    end: int
    text: str
    vital: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A question whose papers are citation keys of one library."""

    question: Question
    gold: tuple[str, ...]
    also: tuple[str, ...]
    facts: tuple[Nugget, ...]


class Papers:
    """The papers of a library by everything that may name one."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        self.by_key: dict[str, Paper] = {}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for paper in papers:
            self.by_key[paper.key] = paper
            for value in paper.identifiers.values():
                self._by_name[_identifier(value)].append(paper.key)
            if title := title_key(paper.title):
                self._by_name[title].append(paper.key)

    def keys_of(self, name: str) -> list[str]:
        """The keys of every paper that `name` may mean: a key, an identifier, or a title, in this order."""
        bare = _PREFIX.sub("", name)
        for known in (name, bare):
            if known in self.by_key:
                return [known]
        for spelling in (_identifier(bare), _identifier(_END.sub("", bare)), title_key(name)):
            if spelling and (found := self._by_name.get(spelling)):
                return list(dict.fromkeys(found))
        return []


def resolve(gold: GoldSet, library: Library) -> tuple[Case, ...]:
    """The questions with the library's own keys; raises `EvalError` naming what is not in the library."""
    cases, flaws = resolved(gold.questions, Papers(library.papers()))
    if flaws:
        raise EvalError(
            f"{gold.path} does not fit the library {library.folder}: {told(flaws)}",
            f"add the papers, or mend the gold set; `citeloom eval check {gold.path}` lists everything",
        )
    return tuple(cases)


def resolved(questions: Sequence[Question], papers: Papers) -> tuple[list[Case], list[Flaw]]:
    """The questions that fit a library, and what keeps the others from it."""
    cases: list[Case] = []
    flaws: list[Flaw] = []
    for question in questions:
        own: list[Flaw] = []
        known = {name: _one(papers, name, question.id, own) for name in (*question.gold, *question.also)}
        facts = []
        for fact in question.facts:
            paper = papers.by_key.get(known[fact.paper])
            nugget = _nugget(paper, fact.sentence, fact.vital) if paper else None
            if paper and not nugget:
                own.append(Flaw(question.id, f"the abstract of {paper.key} has no sentence {short(fact.sentence)}"))
            elif nugget:
                facts.append(nugget)
        gold = tuple(dict.fromkeys(known[name] for name in question.gold))
        also = tuple(key for name in question.also if (key := known[name]) not in gold)
        flaws.extend(own)
        if not own:
            cases.append(Case(question, gold, tuple(dict.fromkeys(also)), tuple(facts)))
    return cases, flaws


def _one(papers: Papers, name: str, question: str, flaws: list[Flaw]) -> str:
    """The key of the one paper that `name` means; empty, with a flaw, where there is not just one."""
    keys = papers.keys_of(name)
    if len(keys) == 1:
        return keys[0]
    if keys:
        flaws.append(Flaw(question, f"{short(name)} may be {' or '.join(keys)}; name it by its key"))
    else:
        flaws.append(Flaw(question, f"there is no paper {short(name)} in the library"))
    return ""


def _nugget(paper: Paper, sentence: str, vital: bool) -> Nugget | None:
    """The fact in the abstract, where it stands there to the letter."""
    start = paper.abstract.find(sentence)
    if start < 0:
        return None
    end = start + len(sentence)
    inside = tuple(item.index for item in sentences.split(paper.abstract) if item.start < end and item.end > start)
    return Nugget(paper.key, inside, start, end, sentence, vital)


def _identifier(value: str) -> str:
    return _ARXIV_VERSION.sub("", value.strip().casefold())
