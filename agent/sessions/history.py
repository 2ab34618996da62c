"""What the records of a session add up to: its turns, its papers, and their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from agent.answer import Answer, Citation
from agent.errors import SessionError
from agent.evidence import Evidence
from agent.sessions.transcript import Line, Record
from store.paper import Paper
from store.text import clean

SCHEMA = "citeloom.session/1"
OUTLINE = frozenset({"session", "title", "question", "undo", "redo"})
"""The records that say what a session is called and how many turns it has."""
_FAMILY = "citeloom.session/"
_TITLE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what became of it. Numbers are never given twice, not even after an undo."""

    number: int
    question: str
    scope: str
    mode: str
    started: str
    """When it was asked: UTC, `2026-11-21T10:43:05.120Z`."""
    answer: Answer | None = None
    error: str | None = None
    """Why there is no answer."""
    hint: str = ""
    """What can be done about the error."""
    stopped: bool = False
    """Whether the user stopped it; what was there by then is the answer."""

    @property
    def is_open(self) -> bool:
        """Whether nothing became of it: it is being answered, or the process died meanwhile."""
        return self.answer is None and self.error is None and not self.stopped


class History:
    """The state of a session after all records so far."""

    def __init__(self) -> None:
        self.created = ""
        self.given_title = ""
        self.parent: str | None = None
        self.last_number = 0
        self.evidence = Evidence()
        self.recorded_evidence = 0
        """How many papers of the evidence have a record."""
        self._turns: dict[int, Turn] = {}
        self._live: list[int] = []
        self._undone: list[int] = []
        self._papers: dict[tuple[str, str], Paper] = {}
        self._latest: dict[str, Paper] = {}

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns that stand, in order."""
        return tuple(self._turns[number] for number in self._live)

    @property
    def undone(self) -> Turn | None:
        """The turn that a redo would bring back."""
        return self._turns[self._undone[-1]] if self._undone else None

    @property
    def title(self) -> str:
        """The title that was given, or the beginning of the first question."""
        if self.given_title:
            return self.given_title
        first = next((self._turns[number].question for number in (*self._live, *sorted(self._turns))), "")
        return _shortened(clean(first)) or "(no question yet)"

    def holds(self, paper: Paper) -> bool:
        """Whether this very paper has a record, and is the last one under its key."""
        return self._latest.get(paper.key) == paper

    def replay(self, lines: Iterable[Line]) -> list[str]:
        """Applies records; returns what is wrong with those that had to be passed over."""
        problems = []
        for number, record in lines:
            try:
                self.apply(record)
            except (ValueError, KeyError, TypeError, AttributeError) as error:  # whatever a damaged record lacks
                problems.append(f"line {number}: the record {clean(str(record['type']))!r} cannot be used: {error!r}")
        return problems

    def apply(self, record: Record) -> None:
        """Takes one record in; a type that is not known changes nothing.

        Raises ValueError, KeyError, TypeError or AttributeError where the record is damaged.
        """
        if act := self._acts().get(record["type"]):
            act(record)

    def _acts(self) -> dict[str, Callable[[Record], None]]:
        return {
            "session": self._begin,
            "title": self._name,
            "question": self._ask,
            "papers": self._keep,
            "answer": self._answer,
            "failed": self._fail,
            "stopped": self._stop,
            "undo": self._undo,
            "redo": self._redo,
        }

    def _begin(self, record: Record) -> None:
        if record["schema"] != SCHEMA and str(record["schema"]).startswith(_FAMILY):
            raise SessionError(
                f"the session {clean(str(record['id']))} was written by a newer Citeloom ({clean(record['schema'])})",
                "upgrade Citeloom, or begin another session",
            )
        self.created = str(record["created"])
        self.given_title = clean(record["title"] or "")
        self.parent = record.get("parent")

    def _name(self, record: Record) -> None:
        self.given_title = clean(record["title"])

    def _ask(self, record: Record) -> None:
        text, scope, mode, time = (str(record[name]) for name in ("text", "scope", "mode", "time"))
        self._add(Turn(int(record["turn"]), text, scope, mode, time))

    def _add(self, turn: Turn) -> None:
        if turn.number in self._turns:
            raise ValueError(f"there are two turns {turn.number}")
        self._turns[turn.number] = turn
        self._live.append(turn.number)
        self._undone.clear()
        self.last_number = max(self.last_number, turn.number)

    def _keep(self, record: Record) -> None:
        for item in record["papers"]:
            paper, number = Paper.from_dict(item["paper"]), item["number"]
            self._papers[paper.key, paper.sha256] = self._latest[paper.key] = paper
            if number is not None:
                self._number(paper, int(number))

    def _number(self, paper: Paper, number: int) -> None:
        """Gives the paper its number; where the records before it are lost, their numbers stay taken."""
        while self.recorded_evidence < number - 1:
            self.recorded_evidence += 1
            self.evidence.add(Paper(f"lost-paper-{self.recorded_evidence}", "(the record of this paper is lost)", ""))
        if (given := self.evidence.add(paper)) != number:
            raise ValueError(f"the paper {paper.key} is numbered {given} and {number}")
        self.recorded_evidence = max(self.recorded_evidence, number)

    def _answer(self, record: Record) -> None:
        content = record["answer"]
        number = int(record["turn"])
        if number not in self._turns:  # the line of its question is damaged
            question, scope, mode = (str(content[name]) for name in ("question", "scope", "mode"))
            self._add(Turn(number, question, scope, mode, str(record["time"])))
        try:
            answer = self._decoded(content)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._turns[number] = replace(self._turns[number], error="the stored answer cannot be read")
            raise
        self._turns[number] = replace(self._turns[number], answer=answer, error=None, stopped=answer.stopped)

    def _decoded(self, content: dict[str, Any]) -> Answer:
        references = content["references"]
        papers = {item["key"]: self._latest.get(item["key"]) or _remains(item) for item in content["nearest"]}
        papers |= {item["key"]: self._referred(item) for item in references}
        answer = Answer.from_dict(content, papers)
        if not all(_is_sound(citation) for citation in every_citation(answer)):
            raise ValueError("a citation in it is malformed")
        exact = zip(answer.references, references, strict=True)
        # Two wordings of one paper have one key and two numbers, which a table by key cannot tell apart.
        return replace(answer, references=tuple(replace(known, paper=self._referred(item)) for known, item in exact))

    def _referred(self, item: dict[str, Any]) -> Paper:
        return self._papers.get((item["key"], item["sha256"])) or _remains(item)

    def _fail(self, record: Record) -> None:
        number = int(record["turn"])
        message, hint = str(record["message"]), str(record["hint"])
        self._turns[number] = replace(self._turns[number], error=message, hint=hint)

    def _stop(self, record: Record) -> None:
        number = int(record["turn"])
        self._turns[number] = replace(self._turns[number], stopped=True)

    def _undo(self, record: Record) -> None:
        number = int(record["turn"])
        self._live.remove(number)
        self._undone.append(number)

    def _redo(self, record: Record) -> None:
        number = int(record["turn"])
        self._undone.remove(number)
        self._live.append(number)


def every_citation(answer: Answer) -> Iterator[Citation]:
    """The citations of the claims, then those of the disagreements."""
    for claim in answer.claims:
        yield from claim.citations
    for disagreement in answer.disagreements:
        yield from (disagreement.one, disagreement.other)


def _is_sound(citation: Citation) -> bool:
    numbers = (citation.number, citation.sentence, citation.start, citation.end)
    texts = (citation.key, citation.quote, citation.sha256)
    return all(isinstance(item, int) for item in numbers) and all(isinstance(item, str) for item in texts)


def _remains(item: dict[str, Any]) -> Paper:
    """What an answer itself says of a paper whose own record is lost: no abstract."""
    title, authors = item["title"], tuple(item.get("authors", ()))
    return Paper(item["key"], title, "", authors, date=item.get("date"), url=item.get("url"))


def _shortened(text: str) -> str:
    """`text`, or its beginning up to the end of a word."""
    if len(text) <= _TITLE_LENGTH:
        return text
    cut = text[:_TITLE_LENGTH]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:") + "…"
