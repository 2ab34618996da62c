"""Whether two runs may be held against each other, and what a reader must know where they may.

Runs of different gold sets, judges or entailment backends are refused: their figures would
compare what scores, not what is scored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from agent.errors import EvalError
from evals.records import Record
from evals.summary import RunData
from store.text import clean


def demand_comparable(a: RunData, b: RunData) -> None:
    """Raises `EvalError` where figures of the two runs do not mean the same."""
    _demand_same_gold(a.manifest, b.manifest)
    _demand_same_judge(part_of(a.manifest, "judge"), part_of(b.manifest, "judge"))
    _demand_same_entailment(a.manifest.get("entailment"), b.manifest.get("entailment"))
    for data in (a, b):
        _demand_numbers(data)


def finished(data: RunData) -> dict[str, Record]:
    """The scored questions of a run by their ids, in the order of the gold set."""
    return {record.id: record for record in data.records if not record.unjudged}


def questions_of(a: RunData, b: RunData) -> int:
    """How many questions the gold set has; those that are known of, if the manifest does not say."""
    told = part_of(a.manifest, "gold").get("questions")
    return told if isinstance(told, int) else len({*finished(a), *finished(b)})


def part_of(manifest: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A mapping within a manifest; an empty one where there is none."""
    value = manifest.get(name)
    return value if isinstance(value, Mapping) else {}


def warnings_on(a: RunData, b: RunData, pairs: Sequence[tuple[Record, Record]]) -> list[str]:
    """What a reader must know before the figures; `pairs` are the questions that are compared."""
    asked = questions_of(a, b)
    found = ["A and B are the same run"] if a.id == b.id else []
    for letter, data in (("A", a), ("B", b)):
        if (done := len(finished(data))) < asked:
            found.append(f"{letter} is not finished: it has {done} of {asked} questions")
        if data.damaged:
            found.append(f"lines of the results of {letter} that cannot be read: {data.damaged}")
    if len(pairs) < asked:
        found.append(f"only the {len(pairs)} of {asked} questions that both have are compared")
    errors = [sum(record.error is not None for record in side) for side in zip(*pairs, strict=True)]
    if any(errors):
        found.append(f"questions that ended in an error: {errors[0]} of A, {errors[1]} of B; each counts as 0")
    return [clean(warning) for warning in (*found, *_differences(a.manifest, b.manifest))]


def _demand_same_gold(a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    one, other = part_of(a, "gold"), part_of(b, "gold")
    if not one.get("sha256") or one["sha256"] != other.get("sha256"):
        told = " and ".join(f"{gold.get('path', '?')} ({_short(gold.get('sha256', '?'))})" for gold in (one, other))
        raise EvalError(
            clean(f"the two runs were asked different gold sets: {told}"),
            "compare runs of the same file, unchanged between them",
        )


def _demand_same_judge(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Where only one run has a judge, its scores are left out instead."""
    if not one or not other:
        return
    told = [
        f"{one.get(name)} and {other.get(name)}" for name in ("model", "address") if one.get(name) != other.get(name)
    ]
    ours, theirs = part_of(one, "prompts"), part_of(other, "prompts")
    told += [f"the prompt {name}" for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
    if told:
        raise EvalError(
            clean(f"the two runs have different judges: {'; '.join(told)}"),
            "make one of them anew with the judge of the other: citeloom eval run GOLD --new --judge MODEL",
        )


def _demand_same_entailment(one: object, other: object) -> None:
    if one != other:
        backend = str(one).split("/")[0]
        option = (
            f"--judge {backend.removeprefix('judge:')}" if backend.startswith("judge:") else f"--entailment {backend}"
        )
        raise EvalError(
            clean(f"the two runs have different entailment backends: {one} and {other}"),
            clean(f"make B anew with that of A: citeloom eval run GOLD --new {option}"),
        )


def _demand_numbers(data: RunData) -> None:
    for record in data.records:
        for name, value in (*record.scores.items(), *record.counts.items()):
            if value is not None and not (isinstance(value, int | float) and math.isfinite(value)):
                raise EvalError(
                    clean(f"the {name} of the question {record.id} in the run {data.id} is no number"),
                    "remove its line from results.jsonl; citeloom eval run asks the question again",
                )


def _differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """What else is not the same, and may be the reason for a difference or rob one of its meaning."""
    found = []
    if bool(a.get("judge")) != bool(b.get("judge")):
        found.append(f"only {'A' if a.get('judge') else 'B'} has a judge; what it says is left out")
    libraries = part_of(a, "library"), part_of(b, "library")
    if libraries[0].get("sha256") != libraries[1].get("sha256"):
        sizes = " and ".join(str(library.get("papers", "?")) for library in libraries)
        found.append(f"A and B were asked of different libraries, of {sizes} papers")
    for name in ("versions", "prompts", "settings"):
        one, other = part_of(a, name), part_of(b, name)
        if unlike := sorted(key for key in one.keys() & other.keys() if one[key] != other[key]):
            told = ", ".join(f"{key} ({_short(one[key])} and {_short(other[key])})" for key in unlike)
            found.append(f"A and B have different {name}: {told}")
    if a.get("jobs") != b.get("jobs"):
        jobs = f"A ran with --jobs {a.get('jobs', '?')}, B with --jobs {b.get('jobs', '?')}"
        found.append(f"{jobs}: their latency cannot be compared")
    return found


def _short(value: object) -> str:
    """A value in a few letters: hashes are told apart by their beginning."""
    text = str(value)
    return text[:8] if len(text) in (16, 64) else text
