"""Whether two runs may be held against each other, and what a reader must know where they may.

Runs of different gold sets, judges or entailment backends are refused: their figures would
compare what scores, not what is scored. Where scoring one of them anew would help, the hint
is the command that does.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from agent.errors import EvalError
from agent.llm.models import ModelChoice
from evals.manifest import answers_hash
from evals.records import Record
from evals.summary import RunData
from store.text import clean

_JUDGE = "judge:"


def demand_comparable(a: RunData, b: RunData) -> None:
    """Raises `EvalError` where figures of the two runs do not mean the same."""
    _demand_same_gold(a.manifest, b.manifest)
    _demand_same_judge(a, b)
    _demand_same_entailment(a, b)
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
    found = []
    if a.id == b.id:
        found.append("A and B are the same run")
    elif _hold_the_same_answers(a, b):
        found.append("A and B hold the same answers: where they differ, their scoring does")
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


def _demand_same_judge(a: RunData, b: RunData) -> None:
    """Where only one run has a judge, its scores are left out instead."""
    one, other = part_of(a.manifest, "judge"), part_of(b.manifest, "judge")
    if not one or not other:
        return
    told = [
        f"{one.get(name)} and {other.get(name)}" for name in ("model", "address") if one.get(name) != other.get(name)
    ]
    ours, theirs = part_of(one, "prompts"), part_of(other, "prompts")
    prompts = [f"the prompt {name}" for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
    if told or prompts:
        raise EvalError(
            clean(f"the two runs have different judges: {'; '.join((*told, *prompts))}"),
            _how_to_score_alike(a, b, is_of_version=bool(prompts)),
        )


def _demand_same_entailment(a: RunData, b: RunData) -> None:
    one, other = (str(data.manifest.get("entailment")) for data in (a, b))
    if one != other:
        raise EvalError(
            clean(f"the two runs have different entailment backends: {one} and {other}"),
            _how_to_score_alike(a, b, is_of_version=_backend(one) == _backend(other)),
        )


def _how_to_score_alike(a: RunData, b: RunData, *, is_of_version: bool) -> str:
    """The commands after which the two runs are scored alike; prompts and models of other versions are gone."""
    if _hold_the_same_answers(a, b):
        return "they hold the same answers; what differs is how they were scored: see `citeloom eval report` of each"
    options = _options(a.manifest)
    rescore = [f"citeloom eval score {data.id} {options}" for data in (a, b)]
    if is_of_version:
        return clean(f"score both anew, and compare those: {rescore[0]}; {rescore[1]}")
    return clean(f"score B as A is, and compare with that: {rescore[1]}")


def _options(manifest: Mapping[str, Any]) -> str:
    """What `eval score` is given to score as this run is."""
    backend, judge = _backend(str(manifest.get("entailment"))), part_of(manifest, "judge")
    is_judge = backend.startswith(_JUDGE)
    words = []
    if model := judge.get("model") or (backend.removeprefix(_JUDGE) if is_judge else None):
        words += ["--judge", str(model)]
        address = str(judge.get("address") or "")
        if "://" in address and address != ModelChoice(str(model)).address:
            words += ["--judge-base-url", address]
    if not is_judge:
        words += ["--entailment", backend]
    return shlex.join(words)


def _backend(name: str) -> str:
    """The name of an entailment backend without its version."""
    return name.rpartition("/")[0] or name


def _hold_the_same_answers(a: RunData, b: RunData) -> bool:
    """Whether one run has scored the answers of the other anew, or both have those of a third."""
    origins = [part_of(data.manifest, "answers_of").get("sha256") for data in (a, b)]
    if not any(origins):
        return False
    one, other = (origin or answers_hash(data.records) for origin, data in zip(origins, (a, b), strict=True))
    return bool(one == other)


def _demand_numbers(data: RunData) -> None:
    for record in data.records:
        for name, value in (*record.scores.items(), *record.counts.items()):
            if value is not None and not (isinstance(value, int | float) and math.isfinite(value)):
                raise EvalError(
                    clean(f"the {name} of the question {record.id} in the run {data.id} is no number"),
                    "remove its line from results.jsonl, and give the command that made the run again with --run",
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
        found += _unlike(name, part_of(a, name), part_of(b, name))
    if a.get("scored_by") or b.get("scored_by"):
        found += _unlike("scorers", _scorer(a), _scorer(b))
    if a.get("jobs") != b.get("jobs"):
        jobs = f"A ran with --jobs {a.get('jobs', '?')}, B with --jobs {b.get('jobs', '?')}"
        found.append(f"{jobs}: their latency cannot be compared")
    return found


def _unlike(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Where two mappings say different things of the same; nothing where they do not."""
    unlike = sorted(key for key in one.keys() & other.keys() if one[key] != other[key])
    told = ", ".join(f"{key} ({_short(one[key])} and {_short(other[key])})" for key in unlike)
    return [f"A and B have different {name}: {told}"] if unlike else []


def _scorer(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """The versions of what scored a run: of what answered, too, unless its answers were scored anew."""
    return part_of(manifest, "scored_by") or {**part_of(manifest, "versions"), **part_of(manifest, "settings")}


def _short(value: object) -> str:
    """A value in a few letters: hashes are told apart by their beginning."""
    text = str(value)
    return text[:8] if len(text) in (16, 64) else text
