"""Whether what answers cite still stands in the library, each citation checked for itself.

    there           the paper has the sentence at the offsets that were recorded
    moved           the sentence stands elsewhere in the paper, in another wording of its
                    abstract, or under another key of the same paper
    changed         the paper is there, the sentence is not
    missing         neither the paper nor the sentence is in the library
    misattributed   the sentence is not of that paper: it stands in another one only, or the
                    copy that the answer was made from never had it

Nothing here asks a model, and the library is not read through: a sentence that is not where
it was is looked for by search.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, get_args

from agent.answer import Answer, Citation
from agent.sessions.history import every_citation
from agent.sessions.session import Session
from store import sentences
from store.library import Library
from store.paper import Paper
from store.search import MOST_CHARACTERS
from store.text import clean, title_key, word_overlap

SCHEMA = "citeloom.check/1"
Verdict = Literal["there", "moved", "changed", "missing", "misattributed"]
_GOOD: tuple[Verdict, ...] = ("there", "moved")
_VERSION = re.compile(r"v\d+$")
_HITS = 5
"""How many papers are looked through for a sentence that is not where it was."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """What became of one citation."""

    turn: int
    number: int
    key: str
    sentence: int
    """The sentence's number, as the citation has it."""
    quote: str
    verdict: Verdict
    note: str = ""
    """Where the sentence stands now, or what stands nearest to it."""
    flaw: str = ""
    """What is wrong with the stored answer itself; empty where it is whole."""

    @property
    def ok(self) -> bool:
        """Whether the library has the sentence, and the stored answer is whole."""
        return self.verdict in _GOOD and not self.flaw


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What became of every citation of some answers."""

    answers: int
    rows: tuple[CheckRow, ...]
    damage: tuple[str, ...] = ()
    """Records of the session that cannot be read, and so were not checked."""

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many citations have each verdict, in the order above."""
        counted = Counter(row.verdict for row in self.rows)
        return {verdict: counted[verdict] for verdict in get_args(Verdict)}

    @property
    def ok(self) -> bool:
        """Whether every citation is good, and all was read."""
        return not self.damage and all(row.ok for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The report's JSON form."""
        return {
            "schema": SCHEMA,
            "ok": self.ok,
            "answers": self.answers,
            "citations": len(self.rows),
            "counts": self.counts,
            "rows": [asdict(row) | {"ok": row.ok} for row in self.rows],
            "damage": list(self.damage),
        }


class _Finding(NamedTuple):
    verdict: Verdict
    note: str = ""


def check_session(session: Session, library: Library) -> CheckReport:
    """Checks the answers of a session, under the numbers of their turns."""
    answered = [(turn.number, turn.answer) for turn in session.turns if turn.answer]
    report = check([answer for _, answer in answered], library, turns=[number for number, _ in answered])
    return CheckReport(report.answers, report.rows, session.damage)


def check(answers: Sequence[Answer], library: Library, *, turns: Sequence[int] | None = None) -> CheckReport:
    """Checks every citation of `answers`, which `turns` numbers (from 1 without it), against `library`.

    Raises `LibraryError` where there is no library, or it cannot be searched.
    """
    numbers = range(1, len(answers) + 1) if turns is None else turns
    found: dict[tuple[str, int, int, str, str], _Finding] = {}
    rows: list[CheckRow] = []
    for turn, answer in zip(numbers, answers, strict=True):
        for citation in every_citation(answer):
            paper = _cited_copy(answer, citation)
            cited = (citation.key, citation.start, citation.end, citation.quote, paper.sha256 if paper else "")
            finding = found.get(cited) or _find(citation, paper, library)
            found[cited] = finding
            rows.append(
                CheckRow(
                    turn,
                    citation.number,
                    citation.key,
                    citation.sentence,
                    citation.quote,
                    *finding,
                    _flaw(citation, paper),
                )
            )
    return CheckReport(len(answers), tuple(rows))


def _cited_copy(answer: Answer, citation: Citation) -> Paper | None:
    """The paper as it was when it was cited: the copy that is stored with the answer."""
    held = (
        item.paper for item in answer.references if (item.number, item.paper.key) == (citation.number, citation.key)
    )
    return next(held, None)


def _flaw(citation: Citation, paper: Paper | None) -> str:
    if paper is None:
        return f"the answer has no paper {citation.key} under the number {citation.number}"
    if not paper.abstract:
        return "the paper's own record is lost"
    if not _stands(citation, paper):
        return "the quotation is not what stands at its place in the stored copy"
    if paper.sha256 != citation.sha256:
        return "the stored copy has another hash than the citation"
    return ""


def _find(citation: Citation, copy: Paper | None, library: Library) -> _Finding:
    current = library.get(citation.key)
    if current:
        if _stands(citation, current):
            return _Finding("there", "" if current.sha256 == citation.sha256 else "the abstract has changed around it")
        if place := _place(citation.quote, current):
            return _Finding("moved", place)
    return _find_elsewhere(citation, copy, current, library)


def _find_elsewhere(citation: Citation, copy: Paper | None, current: Paper | None, library: Library) -> _Finding:
    """The finding for a sentence that the paper under its key does not have."""
    others = [paper for paper in _likely(citation.quote, library) if paper.key != citation.key]
    renamed = [paper for paper in others if copy and _is_same(copy, paper)]
    for paper in renamed:
        if place := _place(citation.quote, paper):
            return _Finding("moved", f"the paper is now {paper.key}: {place}")
    holder = next((paper for paper in others if citation.quote in paper.abstract), None)
    if holder:
        return _Finding("misattributed", f"it stands in {holder.key}, {_place(citation.quote, holder)}")
    if copy and copy.abstract and not _place(citation.quote, copy):
        return _Finding("misattributed", "it never stood in that paper, as far as the answer's own copy shows")
    if current:
        return _Finding("changed", _nearest(citation.quote, current))
    if renamed:
        return _Finding("changed", f"the paper is now {renamed[0].key}; {_nearest(citation.quote, renamed[0])}")
    return _Finding("missing", "neither the paper nor the sentence is in the library")


def _stands(citation: Citation, paper: Paper) -> bool:
    """Whether the quotation stands in `paper` at its offsets."""
    is_span = 0 <= citation.start < citation.end
    return is_span and paper.abstract[citation.start : citation.end] == citation.quote


def _place(quote: str, paper: Paper) -> str:
    """Where `quote` stands in `paper`; empty where it does not."""
    start = paper.abstract.find(quote) if quote else -1
    if start >= 0:
        first = next((item.index for item in sentences.split(paper.abstract) if start < item.end), 0)
        return f"sentence {first}, characters {start} to {start + len(quote)}"
    return "in another wording of its abstract" if quote and any(quote in text for text in paper.variants) else ""


def _likely(quote: str, library: Library) -> list[Paper]:
    query = clean(quote)[:MOST_CHARACTERS]
    if not any(char.isalnum() for char in query):
        return []
    return [hit.paper for hit in library.search(query, _HITS).hits]


def _is_same(one: Paper, other: Paper) -> bool:
    """Whether two keys are of one paper: a shared identifier, title or abstract."""
    both = [(one.identifiers.get(kind), other.identifiers.get(kind)) for kind in ("doi", "arxiv", "pmid")]
    equal = {
        _VERSION.sub("", mine.lower()) == _VERSION.sub("", theirs.lower()) for mine, theirs in both if mine and theirs
    }
    if equal:
        return True in equal
    has_title = bool(title_key(one.title)) and title_key(one.title) == title_key(other.title)
    return has_title or one.sha256 == other.sha256


def _nearest(quote: str, paper: Paper) -> str:
    """The sentence of `paper` that has most words in common with `quote`."""
    stored = [item for text in (paper.abstract, *paper.variants) for item in sentences.split(text)]
    best = max(stored, key=lambda item: (word_overlap(quote, item.text), -item.index), default=None)
    return f"nearest now: {best.text}" if best else ""
