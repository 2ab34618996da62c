"""What is kept of one question of a run: a line of `results.jsonl`.

A record holds the answer as it was given and the gold that it was held against, so that a
report needs neither the library nor the gold file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from evals.resolving import Case, Nugget
from evals.shapes import demand_record

_COUNTED = {"cited", "right", "acceptable", "gold"}
"""Counts that every scored record has, errors too."""


@dataclass(frozen=True, slots=True)
class Record:
    """One question of a run, what was answered, and how it scored."""

    id: str
    kind: str
    question: str
    answerable: bool
    gold: tuple[str, ...]
    """Keys of the papers that answer."""
    also: tuple[str, ...]
    """Keys of the papers that may be cited too."""
    facts: tuple[Nugget, ...]
    answer: Mapping[str, Any] | None = None
    """The answer's JSON (citeloom.answer/1); None where there was an error."""
    ranking: tuple[str, ...] = ()
    """Keys in the order of the search that the answer rests on, 100 at most."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Titles of the first papers of the ranking, by key."""
    retrieved: tuple[str, ...] = ()
    """Keys of everything that was retrieved for this answer."""
    scores: Mapping[str, float | None] = field(default_factory=dict)
    """From 0 to 1, by name; None where the question cannot have the score."""
    counts: Mapping[str, float] = field(default_factory=dict)
    """What micro means, costs and checks are summed from, by name."""
    verdicts: tuple[Mapping[str, Any], ...] = ()
    """One for each claim: {"entailed": bool or null, "citations": [bool or null, ...]} of the entailment backend."""
    judged: Mapping[str, Any] | None = None
    """What a judge said, and what that took: see evals/judge."""
    error: str | None = None
    seconds: float = 0.0
    unjudged: bool = False
    """Whether the answer is kept and a judge has not had its say yet."""

    @property
    def abstained(self) -> bool:
        """Whether the answer is that the library does not answer."""
        return bool(self.answer and self.answer["abstained"])

    @property
    def answered(self) -> bool:
        """Whether there is an answer other than an abstention."""
        return bool(self.answer and not self.answer["abstained"])

    @property
    def claims(self) -> list[Mapping[str, Any]]:
        """The claims of the answer, as in its JSON."""
        return list(self.answer["claims"]) if self.answer else []

    @property
    def cited(self) -> tuple[str, ...]:
        """Keys of the papers that the claims cite, each once, in the order of the answer."""
        return tuple(dict.fromkeys(one["key"] for claim in self.claims for one in claim["citations"]))

    def with_scores(self, scores: Mapping[str, float | None], counts: Mapping[str, float]) -> Record:
        """The record with these scores and counts beside those that it has."""
        return replace(self, scores={**self.scores, **scores}, counts={**self.counts, **counts})

    def to_dict(self) -> dict[str, Any]:
        """The record's line."""
        return {
            "id": self.id,
            "kind": self.kind,
            "question": self.question,
            "answerable": self.answerable,
            "gold": list(self.gold),
            "also": list(self.also),
            "facts": [{**fact._asdict(), "sentences": list(fact.sentences)} for fact in self.facts],
            "scores": dict(self.scores),
            "counts": dict(self.counts),
            "answer": self.answer,
            "ranking": list(self.ranking),
            "titles": dict(self.titles),
            "retrieved": list(self.retrieved),
            "verdicts": [dict(verdict) for verdict in self.verdicts],
            "judged": self.judged,
            "error": self.error,
            "seconds": self.seconds,
            "unjudged": self.unjudged,
        }

    @classmethod
    def of(cls, case: Case) -> Record:
        """The record of a question that is not answered yet."""
        asked = case.question
        return cls(asked.id, asked.kind, asked.text, asked.answerable, case.gold, case.also, case.facts)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Record:
        """The record that `to_dict` wrote; raises ValueError for anything else."""
        demand_record(content)
        if not content["unjudged"] and not content["counts"].keys() >= _COUNTED:
            raise ValueError("it has not been counted")
        return cls(
            id=content["id"],
            kind=content["kind"],
            question=content["question"],
            answerable=content["answerable"],
            gold=tuple(content["gold"]),
            also=tuple(content["also"]),
            facts=tuple(Nugget(**fact | {"sentences": tuple(fact["sentences"])}) for fact in content["facts"]),
            answer=content["answer"],
            ranking=tuple(content["ranking"]),
            titles=content.get("titles", {}),
            retrieved=tuple(content["retrieved"]),
            scores=content["scores"],
            counts=content["counts"],
            verdicts=tuple(content["verdicts"]),
            judged=content["judged"],
            error=content["error"],
            seconds=content["seconds"],
            unjudged=content["unjudged"],
        )
