"""Writes a public set as papers for a library and a gold set for its questions.

`target/papers.jsonl` is what `citeloom add` reads, `target/gold.jsonl` what `citeloom eval run` reads. Gold
names only papers that the first holds: where a set judges a paper that has no abstract, that paper is taken
out of the gold, and a question that has no other is left out; both are told. Nothing is held but names.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from agent.errors import EvalError, UsageError
from evals import gold
from evals.adapters import named
from evals.adapters.base import Dataset, Files, names_of
from evals.adapters.choosing import choose
from evals.gold import Flaw, Question

PAPERS = "papers.jsonl"
GOLD = "gold.jsonl"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a conversion wrote, and what it could not use."""

    papers: int
    questions: int
    unanswerable: int
    """Of the questions."""
    facts: int
    left_out: Mapping[str, int]
    """Reason → how many records, papers or facts."""


class _Tally:
    """Counts while it is written."""

    def __init__(self, on_flaw: Callable[[Flaw], None]) -> None:
        self.papers = self.questions = self.unanswerable = self.facts = 0
        self.left_out: Counter[str] = Counter()
        self._on_flaw = on_flaw

    def tell(self, flaw: Flaw) -> None:
        """Counts what is left out, and tells of it."""
        self.left_out[flaw.reason] += 1
        self._on_flaw(flaw)

    @property
    def counts(self) -> Counts:
        """The counts as they stand."""
        return Counts(self.papers, self.questions, self.unanswerable, self.facts, dict(self.left_out))


def convert(
    name: str,
    paths: Sequence[Path],
    target: Path,
    *,
    force: bool = False,
    on_flaw: Callable[[Flaw], None] = lambda _: None,
) -> Counts:
    """Converts the set called `name`; `on_flaw` hears of everything that is left out.

    Raises `UsageError` for a set that is not known, or a target that cannot or must not be
    written, and `EvalError` where the files cannot be used. Files are written whole or not at all.
    """
    dataset = named(name)
    files = choose(dataset, paths)
    _check_target(target, files, force=force)
    tally = _Tally(on_flaw)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with _part(target / PAPERS) as papers, _part(target / GOLD) as questions:
            known = _write_papers(dataset, files, papers, tally)
            _write_questions(dataset, files, questions, known, tally)
            papers.close()
            questions.close()
            if tally.papers:
                Path(papers.name).replace(target / PAPERS)
            else:
                (target / PAPERS).unlink(missing_ok=True)  # the one of an earlier conversion
            Path(questions.name).replace(target / GOLD)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}", "name another folder") from error
    return tally.counts


def _check_target(target: Path, files: Files, *, force: bool) -> None:
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} cannot be written: it is a file", "name a folder")
    there = [path for path in (target / PAPERS, target / GOLD) if path.exists()]
    read = [path for own in files.values() for path in own]
    if any(path.samefile(source) for path in there for source in read):
        raise UsageError(f"{target} holds a file that is to be read", "name another folder")
    if there and not force:
        raise UsageError(f"{there[0]} is there already", "add --force to write it anew, or name another folder")


@contextmanager
def _part(target: Path) -> Iterator[TextIO]:
    """A file beside `target` that takes its place once it is whole, and is gone otherwise."""
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
    finally:
        part.unlink(missing_ok=True)


def _write_papers(dataset: Dataset, files: Files, file: TextIO, tally: _Tally) -> frozenset[str]:
    """Writes the papers; returns which of the names that gold uses mean one of them."""
    wanted = {
        name for item in dataset.questions(files) if isinstance(item, Question) for name in (*item.gold, *item.also)
    }
    found: set[str] = set()
    for item in dataset.papers(files):
        if isinstance(item, Flaw):
            tally.tell(item)
            continue
        tally.papers += 1
        found |= wanted & names_of(item)
        file.write(json.dumps(item, ensure_ascii=False) + "\n")
    if not tally.papers and tally.left_out:
        raise EvalError(f"no paper of {dataset.name} can be used: {_most(tally)}", "check that the files are whole")
    return frozenset(found if tally.papers else wanted)


def _write_questions(dataset: Dataset, files: Files, file: TextIO, known: frozenset[str], tally: _Tally) -> None:
    seen: set[str] = set()
    for item in dataset.questions(files):
        if isinstance(item, Flaw):
            tally.tell(item)
            continue
        question = _kept(item, known, seen, tally)
        if question is None:
            continue
        seen.add(question.id)
        tally.questions += 1
        tally.unanswerable += not (question.answerable or question.gold)
        tally.facts += len(question.facts)
        file.write(json.dumps(question.to_dict(), ensure_ascii=False) + "\n")
    if not tally.questions:
        raise EvalError(
            f"no question of {dataset.name} can be used: {_most(tally)}", "check that the files fit together"
        )


def _kept(question: Question, known: frozenset[str], seen: set[str], tally: _Tally) -> Question | None:
    """The question with what is known of its papers; None, and a flaw, where it cannot be asked."""
    place = f"question {question.id}"
    if question.id in seen:
        tally.tell(Flaw(place, "a question whose id stood there before"))
        return None
    for name in (*question.gold, *question.also):
        if name not in known:
            tally.tell(Flaw(f"{place}, paper {name}", "a judged paper that is not among the papers"))
    kept = replace(
        question,
        gold=tuple(name for name in question.gold if name in known),
        also=tuple(name for name in question.also if name in known),
        facts=tuple(fact for fact in question.facts if fact.paper in known),
    )
    if question.gold and not kept.gold:
        tally.tell(Flaw(place, "a question none of whose papers is among the papers"))
        return None
    flaws = gold.parse(json.dumps(kept.to_dict()).encode())[1]
    if flaws:
        tally.tell(Flaw(f"{place} ({flaws[0].reason})", "a question that no gold set can hold"))
        return None
    return kept


def _most(tally: _Tally) -> str:
    """The commonest reason for which something was left out."""
    common = tally.left_out.most_common(1)
    return f"{common[0][0]} ({common[0][1]:,} times)" if common else "there is none in the files"
