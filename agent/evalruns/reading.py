"""Reads the runs of `citeloom eval run`: a folder each, with `manifest.json` and a line of `results.jsonl` a question.

A run that still goes on can be read as well. A later line about a question replaces an
earlier one; a last line that is only a beginning is passed over; any other line that
cannot be read is counted. Fields that are not known here are ignored.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.errors import UsageError
from agent.evalruns.results import Fact, Given, Result, Run
from store.text import clean

SCHEMA = "citeloom.eval/1"
_FAMILY = "citeloom.eval/"
_MANIFEST = "manifest.json"
_RESULTS = "results.jsonl"
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading JSON of the wrong shape comes to."""


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
        manifest = _object(json.loads((folder / _MANIFEST).read_bytes()))
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
            content = _object(json.loads(line))
            result = _result(content)
        except _DAMAGE:
            damaged += number < len(whole)
        else:
            if content.get("unjudged") is not True:  # answered, and not scored yet
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
        also=tuple(_texts(line.get("also"))),
        answerable=line.get("answerable", bool(line.get("gold"))) is True,
        facts=tuple(map(_fact, _list(line.get("facts")))),
        scores={clean(name): _number(value) for name, value in scores.items()},
        given=None if answer is None else _given(answer),
        error=error,
        seconds=_number(seconds),
    )


def _fact(content: object) -> Fact:
    fact = _object(content)
    return Fact(
        key=clean(_text(fact, "key")),
        sentences=tuple(map(_whole, _list(fact["sentences"]))),
        text=_text(fact, "text"),
        vital=fact.get("vital") is not False,
    )


def _given(content: object) -> Given:
    """What is needed of an answer (schema citeloom.answer/1); its papers need not be in any library."""
    answer = _object(content)
    references = [_object(paper) for paper in _list(answer.get("references"))]
    named = [*references, *map(_object, _list(answer.get("nearest")))]
    claims = map(_object, _list(answer.get("claims")))
    cited = [_object(citation) for claim in claims for citation in _list(claim["citations"])]
    keys = _texts([citation["key"] for citation in cited])
    return Given(
        text=_text(answer, "marked") or _text(answer, "text"),
        places=tuple((key, _whole(citation.get("sentence"))) for key, citation in zip(keys, cited, strict=True)),
        titles={clean(_text(paper, "key")): clean(_text(paper, "title")) for paper in named},
        numbers={clean(_text(paper, "key")): _whole(paper.get("number")) for paper in references},
    )


def _object(content: object) -> dict[str, object]:
    if not isinstance(content, dict):
        raise TypeError("it is no object")
    return content


def _text(content: Mapping[str, object], name: str) -> str:
    """A text that may be missing."""
    value = content.get(name)
    if not isinstance(value, str | None):
        raise TypeError(f"{name} is no text")
    return value or ""


def _list(value: object) -> list[object]:
    """A list that may be missing."""
    if not isinstance(value, list | None):
        raise TypeError("it is no list")
    return value or []


def _texts(value: object) -> Iterator[str]:
    for item in _list(value):
        if not isinstance(item, str):
            raise TypeError("it is no text")
        yield clean(item)


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | None):
        raise TypeError("it is no whole number")
    return value


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
