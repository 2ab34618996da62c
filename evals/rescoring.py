"""Scores the answers of a finished run anew: by another judge or entailment backend, or as Citeloom scores today.

Nothing is asked of what answered. The new run has the answers, rankings, errors, usage and
timings of the old one as they are; verdicts and scores are made again. An error stays one.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from agent.errors import EvalError
from evals.gold import GoldSet, read
from evals.manifest import library_hash
from evals.records import Record
from evals.resolving import Case
from evals.runfolder import RunFolder
from evals.summary import RunData
from store.paper import Paper
from store.text import clean

_HASH_SHOWN = 8


def demand_finished(data: RunData) -> None:
    """Raises `EvalError` unless every question of the run has an answer that is scored, or an error."""
    asked = data.manifest["order"]
    done = sum(not record.unjudged for record in data.records)
    if done < len(asked):
        raise EvalError(
            f"the run {data.id} is not finished: it has {done} of {len(asked)} questions", clean(_how_to_finish(data))
        )


def _how_to_finish(data: RunData) -> str:
    origin = data.manifest.get("answers_of")
    if origin and not RunFolder(origin["run"]).exists:
        return f"the run {origin['run']}, whose answers it scores, is gone: remove this one, too"
    command = f"score {origin['run']}" if origin else f"run {shlex.quote(data.manifest['gold']['path'])}"
    return f"finish it first, with the options that it began with: citeloom eval {command} --run {data.id}"


def demand_library(data: RunData, papers: Iterable[Paper]) -> None:
    """Raises `EvalError` unless these are the papers of the library that the run was asked of."""
    known = tuple(papers)
    asked, found = data.manifest["library"], library_hash(known)
    if found != asked["sha256"]:
        told = f"{asked['papers']:,} ({asked['sha256'][:_HASH_SHOWN]}) and now {len(known):,} ({found[:_HASH_SHOWN]})"
        raise EvalError(
            clean(f"the library is not the one that {data.id} was asked of; papers then {told}"),
            "name that one with --library DIR, or ask this one: citeloom eval run GOLD",
        )


def gold_of(data: RunData) -> GoldSet:
    """The gold set that the run was asked; `EvalError` where its file is not there or has changed.

    A path that is not absolute counts from the folder in which the command is given, as for `eval run`.
    """
    path, sha256 = Path(data.manifest["gold"]["path"]), data.manifest["gold"]["sha256"]
    if not path.is_file():
        hint = "put it back" if path.is_absolute() else "put it back, or give the command in the folder that it lies in"
        raise EvalError(clean(f"the gold set of {data.id} is not there: {path}"), hint)
    found = read(path)
    if found.sha256 != sha256:
        told = f"{sha256[:_HASH_SHOWN]}, now {found.sha256[:_HASH_SHOWN]}"
        raise EvalError(
            clean(f"{path} is not what {data.id} was asked: its hash was {told}"),
            "put the file back as it was, or ask this one: citeloom eval run GOLD",
        )
    return found


def cases(data: RunData, gold: GoldSet) -> list[Case]:
    """The questions of the run, with the papers and facts that its records were held against."""
    known = {question.id: question for question in gold.questions}
    if strange := [record.id for record in data.records if record.id not in known]:
        raise EvalError(
            clean(f"the gold set of {data.id} has no question {strange[0]}"), "its manifest was changed; ask it anew"
        )
    return [Case(known[record.id], record.gold, record.also, record.facts) for record in data.records]


def unscored(data: RunData) -> Mapping[str, Record]:
    """The records of the run by id, without what scoring and judging gave them."""
    return {
        record.id: replace(record, scores={}, counts={}, verdicts=(), judged=None, unjudged=True)
        for record in data.records
    }
