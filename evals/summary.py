"""The scores of a run taken together: means with their intervals, shares, costs, and what was not scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals import sections
from evals.figures import Figure, Section
from evals.metrics.calibration import Bin, Rated, reliability
from evals.records import Record
from store.text import clean

__all__ = ["Bin", "Figure", "RunData", "Section", "Summary", "summarize"]

_QUOTED = (
    "A citation counts as right if its paper is gold or acceptable; questions without gold that have an answer are "
    "left out."
)
_ENTAILED = "A citation counts as right if its claim follows from what it cites; claims without a verdict are left out."
_FEW = 20
"""Under so many questions, a bootstrap interval promises more than it can keep."""
_HASH_SHOWN = 12


@dataclass(frozen=True, slots=True)
class RunData:
    """A run as it was read: its manifest, and a record a question, in the order of the gold set."""

    id: str
    manifest: Mapping[str, Any]
    records: tuple[Record, ...]
    damaged: int = 0
    """Lines of the results that cannot be read."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a report shows of a run."""

    run: str
    head: Mapping[str, str]
    """What was asked of what, by name: gold, system, model, library, entailment, judge, versions, started ..."""
    asked: int
    """Questions of the gold set."""
    done: int
    errors: int
    sections: tuple[Section, ...]
    by_kind: Mapping[str, tuple[Figure, ...]]
    """The main figures of each kind of question."""
    calibration: tuple[Bin, ...]
    calibration_note: str
    """What counts as right there."""
    warnings: tuple[str, ...]
    """What a reader must know before the figures: unfinished, errors, answers by quoting instead, ..."""


def summarize(data: RunData, *, seed: int = 0) -> Summary:
    """The summary of a run as far as it is; the same whatever the order of the records.

    Answers that a judge has still to see are not done. Names of figures are those of
    `Record.scores` where they are means of a score (the validities are shares of all citations).
    """
    records = sorted((record for record in data.records if not record.unjudged), key=lambda record: record.id)
    backend = clean(str(data.manifest.get("entailment") or ""))
    rated, note = _rated(records, backend)
    tables = (
        sections.against_gold(records, seed),
        sections.evidence(records, backend, seed),
        sections.silence(records, seed),
        sections.retrieval(records, seed),
        sections.judged(records, backend, seed),
        sections.support(rated, note, seed),
        sections.cost(records, seed),
    )
    return Summary(
        run=data.id,
        head=_head(data.manifest),
        asked=max(_asked(data), len(records)),
        done=len(records),
        errors=sum(record.error is not None for record in records),
        sections=tuple(table for table in tables if table),
        by_kind=sections.by_kind(records, seed),
        calibration=reliability([one for own in rated for one in own]),
        calibration_note=note,
        warnings=tuple(_warnings(data, records)),
    )


def _asked(data: RunData) -> int:
    count = (data.manifest.get("gold") or {}).get("questions")
    return count if isinstance(count, int) else len(data.records)


def _is_quoted(record: Record) -> bool:
    return bool(record.answer) and (record.answer or {})["mode"] == "quote"


def _head(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What the manifest says, a line each; what it does not say is left out."""
    gold, library, judge, origin = (manifest.get(name) or {} for name in ("gold", "library", "judge", "answers_of"))
    versions, scorers = (manifest.get(name) or {} for name in ("versions", "scored_by"))
    told = {
        "gold": _with_hash(gold.get("path"), gold),
        "system": manifest.get("system"),
        "mode": manifest.get("mode"),
        "model": manifest.get("model"),
        "library": _with_hash(_counted(library.get("papers"), "paper"), library),
        "answers of": origin.get("run"),
        "entailment": manifest.get("entailment"),
        "judge": judge.get("model"),
        "judge prompts": _listed({name: sha[:_HASH_SHOWN] for name, sha in (judge.get("prompts") or {}).items()}),
        "versions": _listed(versions),
        "scored by": _listed({name: one for name, one in scorers.items() if one != versions.get(name)}),
        **{name: manifest.get(name) for name in ("started", "finished", "jobs", "seed", "command")},
    }
    return {name: clean(str(value)) for name, value in told.items() if value not in (None, "")}


def _with_hash(said: str | None, item: Mapping[str, Any]) -> str | None:
    sha = item.get("sha256")
    return f"{said} ({sha[:_HASH_SHOWN]})" if said and sha else said


def _listed(items: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in items.items())


def _counted(number: int | None, noun: str) -> str | None:
    return None if number is None else f"{number:,} {noun}{'' if number == 1 else 's'}"


def _rated(records: Sequence[Record], backend: str) -> tuple[list[list[Rated]], str]:
    """The rated citations of each answer with whether they are right, and what counts as right.

    Quoting rates papers and a model's answer is rated claim by claim: the two are never mixed.
    """
    answers = [record for record in records if record.answered]
    by_model = [record for record in answers if not _is_quoted(record)]
    found = [_by_verdict(one) for one in by_model] or [
        _by_gold(one) for one in answers if one.gold or not one.answerable
    ]
    if not any(score for own in found for score, _ in own):
        return [], "Nothing is rated: there is no citation with a support score."
    if not by_model:
        return found, _QUOTED
    left_out = " Answers by quoting are left out." if len(by_model) < len(answers) else ""
    return found, f"{_ENTAILED} Entailment is by {sections.told(backend)}.{left_out}"


def _by_gold(record: Record) -> list[Rated]:
    right = {*record.gold, *record.also}
    return [Rated(one["support_score"], one["key"] in right) for claim in record.claims for one in claim["citations"]]


def _by_verdict(record: Record) -> list[Rated]:
    return [
        Rated(one["support_score"], verdict["entailed"])
        for claim, verdict in zip(record.claims, record.verdicts, strict=False)
        if verdict["entailed"] is not None
        for one in claim["citations"]
    ]


def _warnings(data: RunData, records: Sequence[Record]) -> Iterator[str]:
    """The worst first."""
    shown = sum(record.counts.get("citations", 0) for record in records)
    for name, what in (("valid", "name a paper or a sentence that was not retrieved"), ("spans", "misquote")):
        bad = int(shown - sum(record.counts.get(name, 0) for record in records))
        if bad:
            yield f"BROKEN CITATIONS: {bad:,} of {shown:,.0f} {what}; this must never be"
    asked = max(_asked(data), len(records))
    if len(records) < asked:
        unjudged = sum(record.unjudged for record in data.records)
        judging = f"; answered and not yet judged: {unjudged:,}" if unjudged else ""
        yield f"unfinished: {len(records):,} of {asked:,} questions are done{judging}"
    yield from _about_errors(records)
    answers = [record for record in records if record.answer is not None]
    quoted = [record for record in answers if _is_quoted(record)]
    if quoted and (len(quoted) < len(answers) or data.manifest.get("mode") == "model"):
        yield f"{_counted(len(quoted), 'answer')} by quoting instead of by the model"
    if data.damaged:
        yield f"{_counted(data.damaged, 'line')} of the results cannot be read"
    if quoted and len(quoted) == len(answers):
        yield (
            "every claim is its own sentence, quoted, so ALCE's figures and coverage are 1 by construction (errors "
            "aside) and say nothing"
        )
    of_all = (data.manifest.get("gold") or {}).get("of")
    if isinstance(of_all, int) and of_all > asked:
        yield f"a sample: {asked:,} of {of_all:,} questions, drawn by the seed {data.manifest.get('seed')}"
    if 0 < len(records) < _FEW:
        yield f"only {_counted(len(records), 'question')}: intervals of so few are narrower than what is known"


def _about_errors(records: Sequence[Record]) -> Iterator[str]:
    wrong = [record for record in records if record.error is not None]
    if not wrong:
        return
    rest = sections.known([record for record in records if record.error is None], sections.MAIN)
    of_all = sections.known(records, sections.MAIN)
    beside = ""
    if rest:
        beside = f"; without them {sections.MAIN} is {sum(rest) / len(rest):.3f}, not {sum(of_all) / len(of_all):.3f}"
    yield f"{_counted(len(wrong), 'question')} ended in an error, and count{'s' * (len(wrong) == 1)} as 0{beside}"
