"""An answer and all that it rests on: frozen values, and their JSON (schema citeloom.answer/1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from store.paper import Paper

SCHEMA = "citeloom.answer/1"
Mode = Literal["quote", "model"]
Support = Literal["supported", "weak", "uncited"]
ABSTENTION = "The library does not answer this."
_PINPOINT = re.compile(r"\[(\d+)\.\d+\]")
_REPEATED_MARK = re.compile(r"(\[\d+\])(?:\1)+")


@dataclass(frozen=True, slots=True)
class Citation:
    """The sentence of a stored abstract that a claim rests on.

    `quote == paper.abstract[start:end]`, offsets in characters; `sha256` is the hash of
    that abstract's UTF-8 bytes.
    """

    number: int
    key: str
    sentence: int
    start: int
    end: int
    quote: str
    sha256: str
    support_score: float
    chosen_by_code: bool = False
    """True where the model named the paper alone, and code chose the sentence."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, what supports it, and what is wrong with it if anything is."""

    text: str
    support: Support
    citations: tuple[Citation, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two stored sentences that seem to say opposite things about one matter."""

    one: Citation
    other: Citation
    reason: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A cited paper under its number."""

    number: int
    paper: Paper
    variant: str | None = None
    """A sentence of another wording of the abstract that bears on the question more than the quoted one."""

    def to_dict(self) -> dict[str, Any]:
        """The reference's JSON form."""
        paper = self.paper
        return {
            "number": self.number,
            "key": paper.key,
            "title": paper.title,
            "authors": list(paper.authors),
            "year": paper.year,
            "date": paper.date,
            "url": paper.url,
            "sha256": paper.sha256,
            "variant": self.variant,
        }


@dataclass(frozen=True, slots=True)
class Usage:
    """What the model cost; all zero in quote mode. `cost_usd` is None where no price is known."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = 0.0
    is_estimate: bool = False
    """True where the provider did not say, and tokens were counted here."""

    def __add__(self, other: Usage) -> Usage:
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            (self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
            self.is_estimate or other.is_estimate,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the library says to a question, or that it says nothing (`abstained`)."""

    question: str
    mode: Mode
    marked: str
    """Markdown with `[3.8]` marks: sentence 8 of paper 3."""
    claims: tuple[Claim, ...] = ()
    references: tuple[Reference, ...] = ()
    nearest: tuple[Paper, ...] = ()
    """The papers that came nearest, shown as such and never as support."""
    disagreements: tuple[Disagreement, ...] = ()
    abstained: bool = False
    stopped: bool = False
    """True where the user stopped the answer; what is there is checked like any other."""
    model: str | None = None
    asked: str | None = None
    """What was looked for, where a follow-up was rewritten to stand alone."""
    scope: str = ""
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Name and hash of each prompt that had a part in it."""
    usage: Usage = field(default_factory=Usage)
    timings: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Markdown with `[3]` marks."""
        return _REPEATED_MARK.sub(r"\1", _PINPOINT.sub(r"[\1]", self.marked))

    def to_dict(self) -> dict[str, Any]:
        """The answer's JSON form, which front ends, tests and users share."""
        return {
            "schema": SCHEMA,
            "question": self.question,
            "asked": self.asked,
            "scope": self.scope,
            "mode": self.mode,
            "model": self.model,
            "abstained": self.abstained,
            "stopped": self.stopped,
            "text": self.text,
            "marked": self.marked,
            "claims": [asdict(claim) for claim in self.claims],
            "references": [reference.to_dict() for reference in self.references],
            "disagreements": [asdict(disagreement) for disagreement in self.disagreements],
            "nearest": [{"key": paper.key, "title": paper.title} for paper in self.nearest],
            "prompts": dict(self.prompts),
            "usage": asdict(self.usage),
            "timings": dict(self.timings),
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], papers: Mapping[str, Paper]) -> Answer:
        """The answer that `to_dict` wrote; `papers` holds those that it names, under their keys.

        A field that an earlier version did not write has its default.
        """
        plain = ("abstained", "stopped", "model", "asked", "scope", "prompts", "timings")
        return cls(
            question=content["question"],
            mode=content["mode"],
            marked=content["marked"],
            **{name: content[name] for name in plain if name in content},
            claims=tuple(_claim(item) for item in content["claims"]),
            references=tuple(
                Reference(item["number"], papers[item["key"]], item.get("variant")) for item in content["references"]
            ),
            nearest=tuple(papers[item["key"]] for item in content.get("nearest", ())),
            disagreements=tuple(
                Disagreement(Citation(**item["one"]), Citation(**item["other"]), item["reason"])
                for item in content.get("disagreements", ())
            ),
            usage=Usage(**content.get("usage", {})),
            warnings=tuple(content.get("warnings", ())),
        )


def _claim(content: Mapping[str, Any]) -> Claim:
    citations = tuple(Citation(**item) for item in content["citations"])
    return Claim(content["text"], content["support"], citations, tuple(content["problems"]))
