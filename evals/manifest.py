"""What a run's manifest holds: everything that its figures depend on, and no secret."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from agent.errors import EvalError
from agent.evalruns import SCHEMA
from agent.llm.models import ModelChoice
from agent.settings import Settings
from evals.gold import GoldSet
from evals.records import Record
from evals.resolving import Case
from prompts import load
from store.paper import Paper
from store.text import clean

IDENTITY = (
    "answers_of",
    "gold",
    "library",
    "system",
    "model",
    "address",
    "papers_cited",
    "entailment",
    "judge",
    "prompts",
    "settings",
    "versions",
    "scored_by",
    "order",
)
"""What must be the same for a run to be gone on with; its figures depend on it."""
_PACKAGES = ("citeloom", "chromadb", "onnxruntime", "tokenizers", "langchain", "openai")
_PROMPTS = {"model": ("answer", "repair"), "once": ("baseline",)}
_WEIGHTS = ("relevance.json", "support.json")
_SCORES = ("python", "citeloom", "onnxruntime", "tokenizers", "support.json")
_OF_SCORING = ("scores", "counts", "verdicts", "judged", "unjudged")
"""What scoring gives a record; all else is the answer and what it was held against."""
_SPOKEN = {
    "answers_of": "set of answers",
    "gold": "gold set",
    "papers_cited": "number of papers cited",
    "settings": "limits or embedder",
    "order": "choice of questions",
    "versions": "version of Citeloom, or of a package",
    "scored_by": "version of what scores",
}


def build(
    gold: GoldSet,
    cases: Sequence[Case],
    papers: Mapping[str, Paper],
    chosen: Settings,
    *,
    system: str,
    choice: ModelChoice | None,
    papers_cited: int | None,
    entailment: str,
    judge: Mapping[str, Any] | None,
    seed: int,
    jobs: int,
) -> dict[str, Any]:
    """The manifest of a run that begins now."""
    shown = {key: papers[key].label for case in cases for key in (*case.gold, *case.also)}
    return {
        "schema": SCHEMA,
        "gold": {
            "path": clean(str(gold.path)),
            "sha256": gold.sha256,
            "questions": len(cases),
            "of": len(gold.questions),
        },
        "mode": system,
        "system": system,
        "model": choice.name if choice else None,
        "address": choice.address if choice else None,
        "papers_cited": papers_cited,
        "library": {"papers": len(papers), "sha256": library_hash(papers.values())},
        "entailment": entailment,
        "judge": judge,
        "prompts": {name: load(name).sha256 for name in _PROMPTS.get(system, ())},
        "settings": {
            name: chosen.shown(name)
            for name in sorted(chosen.values)
            if name.startswith("limits.") or name == "embedding.model"
        },
        "versions": versions(),
        "seed": seed,
        "jobs": jobs,
        "started": now(),
        "finished": None,
        "order": [case.question.id for case in cases],
        "titles": shown,
    }


def rescored(
    source: Mapping[str, Any],
    run: str,
    records: Iterable[Record],
    *,
    entailment: str,
    judge: Mapping[str, Any] | None,
    scored_by: Mapping[str, str],
) -> dict[str, Any]:
    """The manifest of a run that scores these records of `run` anew; `source` is that run's manifest.

    What answered stays as it is, its versions and `jobs` too, which its timings depend on.
    `answers_of` names the run that asked, however often its answers were scored since.
    """
    origin = (source.get("answers_of") or {}).get("run") or run
    return {
        **source,
        "entailment": entailment,
        "judge": judge,
        "answers_of": {"run": origin, "sha256": answers_hash(records)},
        "scored_by": dict(scored_by),
        "started": now(),
        "finished": None,
    }


def versions() -> dict[str, str]:
    """The versions of Citeloom, of Python and of the packages that figures depend on, and hashes of the weights."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        **{name: _hash_of(name) for name in _WEIGHTS},
    }


def scoring_versions() -> dict[str, str]:
    """Those of `versions` that scores depend on, and answers need not."""
    return {name: value for name, value in versions().items() if name in _SCORES}


def demand_same(known: Mapping[str, Any], wanted: Mapping[str, Any], run: str) -> None:
    """Raises `EvalError` unless a run that is there is the one that is wanted."""
    if differs := difference(known, wanted):
        raise EvalError(f"the run {run} has {differs}", "go on with it as it was begun, or give another --run")


def difference(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """What a run that is there has that is not wanted, as `another model: a, not b`; empty for the same run."""
    for name in IDENTITY:
        if known.get(name) != _comparable(wanted, name, known):
            was, is_now = (_told(manifest, name) for manifest in (known, wanted))
            return f"another {_SPOKEN.get(name, name)}{f': {was}, not {is_now}' if was != is_now else ''}"
    return ""


def library_hash(papers: Iterable[Paper]) -> str:
    """SHA-256 over the keys and abstracts of all papers, in the order of the keys."""
    lines = sorted(f"{paper.key}\t{paper.sha256}\n" for paper in papers)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def answers_hash(records: Iterable[Record]) -> str:
    """SHA-256 over the records without what scoring gave them: questions, gold, answers, retrieval, usage, times."""
    kept = ({name: value for name, value in one.to_dict().items() if name not in _OF_SCORING} for one in records)
    return hashlib.sha256("".join(f"{json.dumps(one)}\n" for one in kept).encode()).hexdigest()


def fresh_name(gold: Path, system: str, taken: Collection[str]) -> str:
    """A name for a new run: gold set, system, and when."""
    stem = "".join(char if char.isalnum() and char.isascii() else "-" for char in gold.stem).strip("-")[:40] or "gold"
    return _free(f"{stem}-{system}-{datetime.now(UTC):%Y%m%d-%H%M%S}", taken)


def scored_name(run: str, taken: Collection[str]) -> str:
    """A name for a run that scores another anew; it does not begin as that one's, whose beginning may be its name."""
    return _free(f"scored-{run[:80]}", taken)


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _free(base: str, taken: Collection[str]) -> str:
    names = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _comparable(wanted: Mapping[str, Any], name: str, known: Mapping[str, Any]) -> object:
    """A value as it is compared: where the gold file lies does not matter, what is in it does."""
    if name != "gold":
        return wanted.get(name)
    before = known.get("gold")
    return (
        {**wanted["gold"], "path": before.get("path"), "questions": before.get("questions")}
        if isinstance(before, dict)
        else None
    )


def _told(manifest: Mapping[str, Any], name: str) -> str:
    value = manifest.get(name)
    if isinstance(value, list):
        return f"{len(value)}"
    if isinstance(value, dict):
        value = value.get("path") or value.get("run") or value.get("model") or value.get("sha256", "")[:8]
    return clean(str(value))


def _hash_of(name: str) -> str:
    return hashlib.sha256(files("agent").joinpath(name).read_bytes()).hexdigest()[:16]
