"""The claims of one answer in the HTML report, each with the sentences that it cites and what is thought of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.export.evidence import CHOSEN_BY_CODE
from evals.records import Record
from evals.report.tables import listed, text

_Verdict = Mapping[str, Any]


class Claims:
    """Writes the claims of a record; `name` begins the ids of their quotations, to which the answer's marks lead."""

    def __init__(self, record: Record, name: str) -> None:
        self._record = record
        self._name = name
        self._known: set[str] = set()

    def blocks(self) -> Iterator[str]:
        """The claims, and the disagreements that the answer shows."""
        record = self._record
        unjudged: list[_Verdict] = [{}] * (len(record.claims) - len(record.verdicts))
        pairs = zip(record.claims, [*record.verdicts, *unjudged], strict=False)
        if claims := listed((self._claim(claim, verdict) for claim, verdict in pairs), "ol"):
            yield f"<h4>Claims and the sentences that they cite</h4>\n{claims}"
        found = (record.answer or {}).get("disagreements", ())
        if disagreements := listed(map(self._disagreement, found)):
            yield f"<h4>Disagreements</h4>\n{disagreements}"

    def _claim(self, claim: Mapping[str, Any], verdict: _Verdict) -> str:
        citations = claim["citations"]
        is_quotation = len(citations) == 1 and claim["text"] == citations[0]["quote"]
        support = text(claim["support"])
        parts = [
            f'<span class="support {support}">{support}</span>',
            "" if is_quotation else text(claim["text"]),
            f'<span class="soft">{_entailed(verdict.get("entailed"))}</span>',
            *(f"<p>{text(problem)}</p>" for problem in claim["problems"]),
        ]
        known = verdict.get("citations") or [None] * len(citations)
        parts += [self._quotation(one, is_right) for one, is_right in zip(citations, known, strict=False)]
        return "\n".join(part for part in parts if part)

    def _disagreement(self, found: Mapping[str, Any]) -> str:
        return f"{text(found['reason'])}\n{self._quotation(found['one'])}\n{self._quotation(found['other'])}"

    def _quotation(self, citation: Mapping[str, Any], is_right: bool | None = None) -> str:
        """A quoted sentence; the first of several quotations of one is where the marks of the answer lead."""
        mark = text(f"{citation['number']}.{citation['sentence']}")
        own = "" if mark in self._known else f' id="{self._name}-{mark}"'
        self._known.add(mark)
        notes = [f"support {citation['support_score']}"]
        if citation.get("chosen_by_code"):
            notes.append(CHOSEN_BY_CODE)
        if is_right is not None:
            notes.append("✓ correct by ALCE" if is_right else "✗ incorrect by ALCE")
        key = citation["key"]
        where = f'<span class="soft">[{mark}] <code>{text(key)}</code></span>'
        rank = standing(self._record, key) or _not_gold(self._record)
        said = f'<span class="soft">{text(", ".join(notes))}</span>'
        return f"<blockquote{own}>{text(citation['quote'])} {where}{rank} {said}</blockquote>"


def standing(record: Record, key: str) -> str:
    """What a paper is to the question; nothing where it is neither gold nor acceptable."""
    if key in record.gold:
        return ' <span class="verdict right">✓ gold</span>'
    return ' <span class="soft">acceptable</span>' if key in record.also else ""


def _not_gold(record: Record) -> str:
    is_wrong = record.gold or not record.answerable
    return ' <span class="verdict wrong">✗ not gold</span>' if is_wrong else ""


def _entailed(verdict: bool | None) -> str:
    if verdict is None:
        return "entailment unscored"
    return "✓ entailed by what it cites" if verdict else "✗ not entailed by what it cites"
