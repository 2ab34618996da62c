"""Reads the runs of `citeloom eval run`: a folder each, with `manifest.json` and a line of `results.jsonl` a question.

A run that still goes on can be read as well. A later line about a question replaces an
earlier one; a last line that is only a beginning is passed over; any other line that
cannot be read is counted. Fields that are not known here are ignored.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from agent.errors import UsageError
from store.text import clean

SCHEMA = "citeloom.eval/1"
_FAMILY = "citeloom.eval/"
_MANIFEST = "manifest.json"
_RESULTS = "results.jsonl"
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading JSON of the wrong shape comes to."""


class Mean(NamedTuple):
    """The mean of a score over `n` questions."""

    name: str
    value: float
    n: int


class Cited(NamedTuple):
    """The cited papers against the gold ones, as keys."""

    hit: tuple[str, ...]
    missed: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What there was of an answer: its text, the keys that its claims cite, and the titles that it knows."""

    text: str
    abstained: bool
    keys: tuple[str, ...]
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """A question of a run, and how its answer met the gold; no gold means that no paper answers it."""

    id: str
    kind: str
    question: str
    gold: tuple[str, ...]
    scores: Mapping[str, float | None]
    given: Given | None
    error: str | None
    seconds: float | None

    @property
    def cited(self) -> Cited:
        """The cited papers against the gold ones, in their own order."""
        keys = self.given.keys if self.given else ()
        return Cited(
            tuple(key for key in self.gold if key in keys),
            tuple(key for key in self.gold if key not in keys),
            tuple(key for key in keys if key not in self.gold),
        )

    @property
    def deciding(self) -> Mean | None:
        """The score that says whether the question went right: the citation F1, else the first that it has."""
        known = [Mean(name, value, 1) for name, value in self.scores.items() if value is not None]
        return next((score for score in known if is_main(score.name)), known[0] if known else None)

    @property
    def went_wrong(self) -> bool:
        """Whether there was an error, or the deciding score is below 1."""
        score = self.deciding
        return self.error is not None or (score is not None and score.value < 1)


@dataclass(frozen=True, slots=True)
class Run:
    """A run: what was asked of whom, and what came of it so far. Times are UTC, as they were written."""

    id: str
    gold: str = ""
    """The file of the gold questions."""
    questions: int = 0
    """How many there are to be asked."""
    mode: str = ""
    """Which system was asked: quote, model, or a baseline."""
    model: str = ""
    started: str = ""
    finished: str = ""
    results: tuple[Result, ...] = ()
    damaged: int = 0
    """Lines that cannot be read."""
    problem: str = ""
    """Why nothing is known of the run, where nothing is."""

    @property
    def errors(self) -> int:
        """How many questions ended in an error."""
        return sum(result.error is not None for result in self.results)

    @property
    def means(self) -> tuple[Mean, ...]:
        """The mean of each score over the questions that have it, the citation F1 first.

        A question that ended in an error counts as 0 in every one that it could have.
        """
        names = dict.fromkeys(name for result in self.results for name in result.scores)
        found = []
        for name in sorted(names, key=lambda name: not is_main(name)):
            values = [value for result in self.results if (value := _counted(result, name)) is not None]
            if values:
                found.append(Mean(name, math.fsum(values) / len(values), len(values)))
        return tuple(found)


class EvalRuns:
    """The runs in a folder; one whose files are as they were is not read again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, tuple[tuple[int, ...], Run]] = {}

    def list(self) -> tuple[Run, ...]:
        """All runs, the one that was started last first. Raises `UsageError` where the folder cannot be read."""
        try:
            folders = sorted(path for path in self.folder.iterdir() if path.is_dir())
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise UsageError(
                f"the runs in {self.folder} cannot be read: {error.strerror}", "check the folder's permissions"
            ) from error
        runs = [self._run(path) for path in folders if _is_run(path)]
        return tuple(sorted(runs, key=lambda run: (run.started, run.id), reverse=True))

    def _run(self, folder: Path) -> Run:
        stamp = (*_stamp(folder / _MANIFEST), *_stamp(folder / _RESULTS))
        known = self._known.get(folder.name)
        if known is None or known[0] != stamp:
            known = self._known[folder.name] = (stamp, read(folder))
        return known[1]


def read(folder: Path) -> Run:
    """The run in a folder; one whose manifest cannot be used has nothing but a problem."""
    name = clean(folder.name)
    try:
        manifest = _object((folder / _MANIFEST).read_bytes())
        schema = _text(manifest, "schema")
        if schema != SCHEMA:
            newer = "it was written by another version of Citeloom" if schema.startswith(_FAMILY) else "it is no run"
            return Run(name, problem=f"{newer} ({clean(schema)})")
        results, damaged = _results(folder / _RESULTS)
        return _described(name, manifest, results, damaged)
    except OSError as error:
        return Run(name, problem=f"{Path(error.filename or folder).name} cannot be read: {error.strerror}")
    except _DAMAGE as error:
        return Run(name, problem=f"{_MANIFEST} cannot be used: {clean(str(error))}")


def is_main(name: str) -> bool:
    """Whether a score is the citation F1, whatever stands between its words."""
    letters = "".join(char for char in name.casefold() if char.isalnum())
    return letters in ("citationf1", "citationsf1", "f1")


def _counted(result: Result, name: str) -> float | None:
    """A score as it goes into the mean; after an error 0, unless the question cannot have the score."""
    if result.error is None:
        return result.scores.get(name)
    return None if name in result.scores and result.scores[name] is None else 0.0


def _described(name: str, manifest: Mapping[str, object], results: tuple[Result, ...], damaged: int) -> Run:
    gold = manifest.get("gold")
    told = gold if isinstance(gold, dict) else {}
    count = told.get("questions")
    return Run(
        id=name,
        gold=clean(_text(told, "path")),
        questions=count if isinstance(count, int) else len(results),
        mode=clean(_text(manifest, "mode")),
        model=clean(_text(manifest, "model")),
        started=clean(_text(manifest, "started")),
        finished=clean(_text(manifest, "finished")),
        results=results,
        damaged=damaged,
    )


def _results(path: Path) -> tuple[tuple[Result, ...], int]:
    """The results, each question once, in the order in which they were first asked; and how many lines are damaged."""
    try:
        *whole, last = path.read_bytes().split(b"\n")
    except FileNotFoundError:  # nothing was asked yet
        return (), 0
    found: dict[str, Result] = {}
    damaged = 0
    for number, line in enumerate((*whole, last)):
        if not line.strip():
            continue
        try:
            result = _result(_object(line))
        except _DAMAGE:
            damaged += number < len(whole)
        else:
            found[result.id] = result
    return tuple(found.values()), damaged


def _result(line: Mapping[str, object]) -> Result:
    answer, error, seconds = line.get("answer"), line.get("error"), line.get("seconds")
    scores = line.get("scores") or {}
    if not isinstance(scores, dict) or not isinstance(error, str | None):
        raise TypeError("the scores or the error have another shape")
    return Result(
        id=clean(str(line["id"])),
        kind=clean(_text(line, "kind")),
        question=clean(_text(line, "question")),
        gold=tuple(_texts(line.get("gold"))),
        scores={clean(name): _number(value) for name, value in scores.items()},
        given=None if answer is None else _given(answer),
        error=error,
        seconds=_number(seconds),
    )


def _given(answer: object) -> Given:
    """What is needed of an answer (schema citeloom.answer/1); its papers need not be in any library."""
    if not isinstance(answer, dict):
        raise TypeError("the answer is no object")
    named = [*(answer.get("references") or ()), *(answer.get("nearest") or ())]
    cited = [citation["key"] for claim in answer.get("claims") or () for citation in claim["citations"]]
    titles = {clean(_text(paper, "key")): clean(_text(paper, "title")) for paper in named}
    return Given(
        text=_text(answer, "text"),
        abstained=answer.get("abstained") is True,
        keys=tuple(dict.fromkeys(_texts(cited))),
        titles=titles,
    )


def _object(data: bytes) -> dict[str, object]:
    content = json.loads(data)
    if not isinstance(content, dict):
        raise TypeError("it is no object")
    return content


def _text(content: Mapping[str, object], name: str) -> str:
    """A text that may be missing."""
    value = content.get(name)
    if not isinstance(value, str | None):
        raise TypeError(f"{name} is no text")
    return value or ""


def _texts(value: object) -> Iterator[str]:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("it is no list of texts")
    yield from map(clean, value)


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("it is no number")
    return float(value)


def _is_run(folder: Path) -> bool:
    """Whether a folder holds a run, or may hold one and cannot be looked into."""
    try:
        return not {_MANIFEST, _RESULTS}.isdisjoint(path.name for path in folder.iterdir())
    except OSError:
        return True


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, -1)
    return (status.st_mtime_ns, status.st_size)
