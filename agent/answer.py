"""An answer and all that it rests on: frozen values, and their JSON (schema citeloom.answer/1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from store.paper import Paper

SCHEMA = "citeloom.answer/1"
Mode = Literal["quote", "model"]
Support = Literal["supported", "weak", "uncited"]
ABSTENTION = "The library does not answer this."


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


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, and what supports it."""

    text: str
    support: Support
    citations: tuple[Citation, ...]


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What the library says to a question, or that it says nothing (`abstained`)."""

    question: str
    mode: Mode
    text: str
    claims: tuple[Claim, ...] = ()
    references: tuple[Reference, ...] = ()
    nearest: tuple[Paper, ...] = ()
    """The papers that came nearest, shown as such and never as support."""
    abstained: bool = False
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    timings: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The answer's JSON form, which front ends, tests and users share."""
        return {
            "schema": SCHEMA,
            "question": self.question,
            "mode": self.mode,
            "model": self.model,
            "abstained": self.abstained,
            "text": self.text,
            "claims": [
                {
                    "text": claim.text,
                    "support": claim.support,
                    "citations": [asdict(citation) for citation in claim.citations],
                }
                for claim in self.claims
            ],
            "references": [reference.to_dict() for reference in self.references],
            "nearest": [{"key": paper.key, "title": paper.title} for paper in self.nearest],
            "usage": asdict(self.usage),
            "timings": self.timings,
            "warnings": list(self.warnings),
        }
