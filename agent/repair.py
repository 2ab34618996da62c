"""The one call in which a model may mend the claims that failed, and what is taken over from its reply."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agent.citations import without_unfinished_mark
from agent.evidence import Evidence
from agent.llm.calls import Calls
from agent.reading import fenced, unfenced, whole_abstracts
from agent.verification import Judged, Verifier

STEP = PROMPT = "repair"
_LINE = re.compile(r"[^\w\n]{0,20}(\d{1,3})[ \t]*[:.)](.+)")
_DELETE = re.compile(r"\W*DELETE\b", re.IGNORECASE)
_RANK = {"uncited": 0, "weak": 1, "supported": 2}
_MOST_PAPERS = 4


def failed(judged: Sequence[Judged]) -> list[Judged]:
    """The pieces whose claims are not supported."""
    return [item for item in judged if item.claim and item.claim.support != "supported"]


async def repair(
    calls: Calls,
    verifier: Verifier,
    evidence: Evidence,
    question: str,
    text: str,
    judged: Sequence[Judged],
    *,
    step: str = STEP,
) -> str:
    """`text` with its failed claims mended as far as that makes them better; asks the model once.

    A claim is replaced only by one that is supported better. One that the model
    takes back is left out, unless nothing would be left.
    """
    wrong = failed(judged)
    reply = await calls.complete(
        step,
        PROMPT,
        question=unfenced(question),
        evidence=fenced(whole_abstracts(evidence, _numbers(wrong, evidence))),
        claims="\n".join(f"{at}: {_described(text, item)}" for at, item in enumerate(wrong, 1)),
    )
    mended = _mended(reply)
    chosen: dict[int, str] = {}
    for at, item in enumerate(wrong, 1):
        new = mended.get(at)
        if new is None or (new and not _is_better(verifier, new, item)):
            continue
        chosen[item.piece.start] = new
    parts: list[str] = []
    for item in judged:
        raw = text[item.piece.start : item.piece.end]
        new = chosen.get(item.piece.start)
        parts.append(raw if new is None else _in_place(raw, new))
    result = re.sub(r"(?m)^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+$\n?", "", "".join(parts))
    return result.strip() or text


def _is_better(verifier: Verifier, new: str, old: Judged) -> bool:
    judged = [item for item in verifier.judge(new) if item.piece.words]
    claims = [item.claim for item in judged if item.claim]
    if not claims or len(claims) < len(judged) or old.claim is None:
        return False
    return min(_RANK[claim.support] for claim in claims) > _RANK[old.claim.support]


def _numbers(wrong: Sequence[Judged], evidence: Evidence) -> list[int]:
    """The papers that the failed claims cite, and the first ones, which a claim without a mark may rest on."""
    cited = [citation.number for item in wrong if item.claim for citation in item.claim.citations]
    return list(dict.fromkeys([*cited, *range(1, len(evidence) + 1)]))[:_MOST_PAPERS]


def _described(text: str, item: Judged) -> str:
    problems = "; ".join(item.claim.problems) if item.claim else ""
    return f"{text[item.piece.start : item.piece.end].strip()}\n   wrong: {problems}"


def _mended(reply: str) -> Mapping[int, str]:
    """The mended claims by their numbers; an empty one is taken back."""
    found: dict[int, str] = {}
    for line in reply.splitlines():
        if match := _LINE.match(line):
            said = without_unfinished_mark(match[2].strip())
            found.setdefault(int(match[1]), "" if _DELETE.match(said) else said)
    return found


def _in_place(raw: str, new: str) -> str:
    """`new` between the blanks that stand around `raw`."""
    start = len(raw) - len(raw.lstrip())
    end = len(raw.rstrip())
    if new and raw[:end].endswith((".", "!", "?")) and not new.endswith((".", "!", "?")):
        new += "."  # so that it does not run into the next sentence
    return raw[:start] + new + raw[end:] if new else ""
