"""The shapes of a run's files, checked where they are read: anyone may have edited them by hand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, NotRequired

from pydantic import Field, FiniteFloat, NonNegativeInt, TypeAdapter, ValidationError
from typing_extensions import TypedDict

_Share = Annotated[FiniteFloat, Field(ge=-1e-9, le=1 + 1e-9)]
"""A share from 0 to 1, but for what rounding does."""
_MOST = 2**53
"""Up to here a number is whole to JSON's readers, and a run's sum is no overflow."""
_Count = Annotated[int, Field(ge=0, le=_MOST)]
_Texts = list[str]


class _Citation(TypedDict):
    key: str
    sentence: int
    start: int
    end: int
    quote: str
    sha256: str
    support_score: FiniteFloat


class _Claim(TypedDict):
    text: str
    support: str
    problems: _Texts
    citations: list[_Citation]


class _Named(TypedDict):
    key: str
    title: str | None


class _Disagreement(TypedDict):
    one: _Citation
    other: _Citation


class _Answer(TypedDict):
    text: str
    marked: str
    mode: str
    abstained: bool
    claims: list[_Claim]
    references: list[_Named]
    nearest: list[_Named]
    disagreements: list[_Disagreement]
    usage: dict[str, FiniteFloat | bool | None]
    timings: dict[str, FiniteFloat]


class _Nugget(TypedDict):
    key: str
    sentences: list[int]
    start: int
    end: int
    text: str
    vital: bool


class _Verdict(TypedDict):
    entailed: bool | None
    citations: list[bool | None]


class _JudgeUsage(TypedDict):
    calls: _Count
    cached: _Count
    prompt_tokens: _Count
    completion_tokens: _Count
    cost_usd: NotRequired[Annotated[FiniteFloat, Field(ge=0, le=_MOST)]]
    is_estimate: bool


class _Judged(TypedDict):
    nuggets: NotRequired[list[FiniteFloat | None]]
    nugget_recall_strict: NotRequired[_Share | None]
    rubric: NotRequired[list[int | None]]
    criteria: NotRequired[_Texts]
    unscored: NotRequired[_Count]
    usage: NotRequired[_JudgeUsage]
    """Runs of older versions have none."""


class _Record(TypedDict):
    id: str
    kind: str
    question: str
    answerable: bool
    gold: _Texts
    also: _Texts
    facts: list[_Nugget]
    scores: dict[str, _Share | None]
    counts: dict[str, FiniteFloat]
    answer: _Answer | None
    ranking: _Texts
    titles: NotRequired[dict[str, str]]
    retrieved: _Texts
    verdicts: list[_Verdict]
    judged: _Judged | None
    error: str | None
    seconds: FiniteFloat
    unjudged: bool


class _Gold(TypedDict):
    path: str
    sha256: str
    questions: NonNegativeInt


class _Library(TypedDict):
    papers: NonNegativeInt
    sha256: str


class _Judge(TypedDict):
    model: str
    address: str
    prompts: dict[str, str]


class _AnswersOf(TypedDict):
    run: str
    sha256: str


class _Manifest(TypedDict):
    gold: _Gold
    mode: str
    system: str
    model: str | None
    library: _Library
    entailment: str
    judge: _Judge | None
    prompts: dict[str, str]
    settings: dict[str, str]
    versions: dict[str, str]
    answers_of: NotRequired[_AnswersOf]
    scored_by: NotRequired[dict[str, str]]
    seed: NonNegativeInt
    jobs: NonNegativeInt
    started: str
    finished: str | None
    order: _Texts
    titles: dict[str, str]


def demand_record(content: object) -> Mapping[str, Any]:
    """A line of results; raises ValueError, which says what is wrong, unless it has a record's shape."""
    return _demand(content, _record())


def demand_manifest(content: object) -> dict[str, Any]:
    """A manifest; raises ValueError, which says what is wrong, unless it has its shape."""
    return dict(_demand(content, _manifest()))


def _demand(content: object, adapter: TypeAdapter[Any]) -> Mapping[str, Any]:
    try:
        adapter.validate_python(content, strict=True)  # no text passes for a number
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}") from None
    except OverflowError as error:
        raise ValueError("a number is too large") from error
    if not isinstance(content, Mapping):
        raise ValueError("it is no object")
    return content


@cache
def _record() -> TypeAdapter[Any]:
    return TypeAdapter(_Record)


@cache
def _manifest() -> TypeAdapter[Any]:
    return TypeAdapter(_Manifest)
