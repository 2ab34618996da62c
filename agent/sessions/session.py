"""One conversation: asked, answered, undone, forked; every step is on disk before it counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from agent.answer import Answer
from agent.errors import SessionError
from agent.evidence import Evidence
from agent.sessions import transcript
from agent.sessions.history import SCHEMA, History, Turn
from agent.sessions.transcript import Line, Record, Transcript
from store.paper import Paper
from store.text import clean

_OWN_KINDS = frozenset({"session", "title", "question", "papers", "answer", "failed", "stopped", "undo", "redo"})
_NEVER_COPIED = frozenset({"session", "title", "undo", "redo"})
_DURABLE = frozenset({"question", "answer"})


class Session:
    """A session and its file, which is made by the first record.

    From `begin` to `finish`, `fail` or `stop` no other process can write; before each turn,
    what others wrote meanwhile is read. Methods that write raise a `SessionError` where the
    session is in use or the disk is full; nothing counts then that was not written.
    """

    def __init__(self, path: Path, *, title: str = "", parent: str | None = None) -> None:
        """Opens the session whose file is `path`, or prepares it if there is none yet."""
        self.id = path.stem
        self.path = path
        self.damage: tuple[str, ...] = ()
        """Records in the file that cannot be read or used, each named by its line; the rest is kept."""
        self.is_cut_short = False
        """Whether the last record is only a beginning: a process was killed, or the disk was full."""
        self._title, self._parent = clean(title), parent
        self._transcript = Transcript(path)
        self._history = History()
        self._last_time = ""
        self._open_turn: int | None = None
        self._holds_file = False
        if self._transcript.exists:
            self._load()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets other processes write; a turn that has no end yet stays without one."""
        self._open_turn = None
        if self._holds_file:
            self._holds_file = False
            self._transcript.release()

    @property
    def title(self) -> str:
        """The title that was given, or the beginning of the first question."""
        return self._title if self._title and not self.is_recorded else self._history.title

    @property
    def created(self) -> str:
        """When the session was begun (UTC); empty before anything is recorded."""
        return self._history.created

    @property
    def parent(self) -> str | None:
        """The id of the session that this one was forked from."""
        return self._history.parent if self.is_recorded else self._parent

    @property
    def is_recorded(self) -> bool:
        """Whether the session has a file."""
        return self._transcript.exists

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the state of the file."""
        if not self.is_cut_short:
            return self.damage
        return (*self.damage, f"the last record of {self.path.name} was cut short, and is passed over")

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns that stand, undone ones left out."""
        return self._history.turns

    @property
    def evidence(self) -> Evidence:
        """The numbered papers. Add to it while answering: it is recorded with the next record.

        Take it anew after `begin`, which may have read what another process added.
        """
        return self._history.evidence

    def records(self) -> Iterator[Record]:
        """Every record of the file in order, those of undone turns and unknown types among them."""
        if self._transcript.exists:
            yield from (line.record for line in transcript.read(self.path).lines)

    def begin(self, question: str, scope: str, mode: str) -> int:
        """Records a question; returns the number of its turn. Keeps other writers out until the turn ends."""
        if not self._holds_file:
            self._hold()
            self._holds_file = True
        try:
            number = self._history.last_number + 1
            self._write("question", {"turn": number, "text": question, "scope": scope, "mode": mode})
        except BaseException:  # Ctrl-C too must not leave the file held
            self.close()
            raise
        self._open_turn = number
        return number

    def record(self, kind: str, **fields: Any) -> None:
        """Records a step of the turn, such as a `retrieval` or a `call`; `fields` are plain JSON values."""
        if kind in _OWN_KINDS or fields.keys() & {"type", "time", "turn"}:
            raise ValueError(f"a record {kind!r} with {sorted(fields)} has another way to be made")
        self._write(kind, {"turn": self._open_turn, **fields})

    def finish(self, answer: Answer) -> Turn:
        """Ends the turn with its answer, whose references have the numbers of `evidence`."""
        number = self._demand_turn()
        for reference in sorted(answer.references, key=lambda item: item.number):
            if (known := self.evidence.add(reference.paper)) != reference.number:
                raise ValueError(f"{reference.paper.key} is {known} in the session, {reference.number} in the answer")
        others = (*(reference.paper for reference in answer.references), *answer.nearest)
        return self._end(number, "answer", {"answer": answer.to_dict()}, others)

    def fail(self, message: str, hint: str = "") -> Turn:
        """Ends the turn without an answer, and says why."""
        return self._end(self._demand_turn(), "failed", {"message": message, "hint": hint})

    def stop(self) -> Turn:
        """Ends the turn without an answer because the user stopped it; a partial answer goes to `finish`."""
        return self._end(self._demand_turn(), "stopped", {})

    def abandon(self) -> None:
        """Ends the turn as a stopped one, if it is still open and was begun here; does nothing otherwise.

        For a turn whose own end was interrupted.
        """
        turn = self.turns[-1] if self._holds_file and self.turns else None
        if turn and turn.is_open:
            self._end(turn.number, "stopped", {})

    def undo(self) -> Turn | None:
        """Takes the last turn back, and returns it; None if there is none. Its evidence keeps its numbers."""
        self._hold()
        try:
            if not self.turns:
                return None
            turn = self.turns[-1]
            self._write("undo", {"turn": turn.number})
        finally:
            self._transcript.release()
        if turn.number == self._open_turn:
            self.close()
        return turn

    def redo(self) -> Turn | None:
        """Brings back the turn that was taken back last, unless another was asked since."""
        self._hold()
        try:
            turn = self._history.undone
            if turn:
                self._write("redo", {"turn": turn.number})
        finally:
            self._transcript.release()
        return turn

    def rename(self, title: str) -> None:
        """Gives the session a title; an empty one is the beginning of the first question again."""
        if self.is_recorded:
            self._write("title", {"title": clean(title)})
        else:
            self._title = clean(title)

    def fork(self, at_turn: int | None = None) -> Session:
        """A new session that holds the turns so far, or those up to `at_turn`, with the same numbers.

        It is created now; what it holds keeps its times, which are earlier.
        """
        lines = transcript.read(self.path).lines if self.is_recorded else ()
        history = History()
        history.replay(lines)
        standing = [turn.number for turn in history.turns if not turn.is_open]
        if at_turn is not None and at_turn not in standing:
            there = ", ".join(map(str, standing)) or "none"
            raise SessionError(f"the session {self.id} has no turn {at_turn} to fork at", f"there are: {there}")
        kept = {number for number in standing if at_turn is None or number <= at_turn}
        title = self._history.given_title or self._title
        made = Session(transcript.unused(self.path.parent), title=title, parent=self.id)
        copied = [
            (record["type"], {name: value for name, value in record.items() if name not in ("type", "time")}, time)
            for record, time in _up_to(lines, at_turn)
            if record["type"] == "papers" or (record["type"] not in _NEVER_COPIED and record.get("turn") in kept)
        ]
        if copied:
            made._write_all(copied, transcript.now())
        return made

    def _end(self, number: int, kind: str, fields: dict[str, Any], others: tuple[Paper, ...] = ()) -> Turn:
        self._write(kind, {"turn": number, **fields}, others)
        self.close()
        return next(turn for turn in self.turns if turn.number == number)

    def _demand_turn(self) -> int:
        if self._open_turn is None:
            raise ValueError("no turn was begun")
        return self._open_turn

    def _hold(self) -> None:
        """Keeps other writers out, and reads what they wrote before."""
        was_held = self._transcript.is_held
        self._transcript.hold()
        if not was_held and self._transcript.has_grown():
            try:
                self._load()
            except BaseException:  # Ctrl-C too must not leave the file held
                self._transcript.release()
                raise

    def _load(self) -> None:
        history = History()
        reading = self._transcript.read()
        self.damage = (*reading.damage, *history.replay(reading.lines))
        self.is_cut_short = reading.cut_short
        self._last_time = reading.last_time
        self._history = history

    def _write(self, kind: str, fields: dict[str, Any], others: tuple[Paper, ...] = ()) -> None:
        """Writes a record, before it the papers that it needs, and takes them in."""
        self._hold()
        try:
            time = transcript.not_before(self._last_time)
            papers = self._unrecorded(others)
            before = [("papers", {"turn": fields.get("turn"), "papers": papers}, time)] if papers else []
            self._write_all([*before, (kind, fields, time)], time)
        finally:
            self._transcript.release()

    def _write_all(self, records: list[tuple[str, dict[str, Any], str]], now: str) -> None:
        """Writes records with one write; a file that does not exist begins with what the session is."""
        if not self.is_recorded:
            about = {"id": self.id, "created": now, "title": self._title, "schema": SCHEMA, "parent": self._parent}
            records = [("session", about, now), *records]
        lines = [transcript.encoded(*record) for record in records]
        with self._transcript.held():
            self._transcript.append(b"".join(lines), durable=any(kind in _DURABLE for kind, _, _ in records))
        self.is_cut_short = False
        self._last_time = max(self._last_time, *(time for _, _, time in records))
        # What is in memory is what reading the file would give: the same records, the same way.
        for line in lines:
            self._history.apply(transcript.decoded(line))

    def _unrecorded(self, others: tuple[Paper, ...]) -> list[dict[str, Any]]:
        """The evidence that has no record yet, numbered, and those of `others` that have none."""
        found: list[tuple[int | None, Paper]] = []
        number = self._history.recorded_evidence + 1
        while paper := self.evidence.paper(number):
            found.append((number, paper))
            number += 1
        new = {paper.key: paper for _, paper in found}
        found += [(None, paper) for paper in others if new.get(paper.key) != paper and not self._history.holds(paper)]
        return [{"number": number, "paper": paper.to_dict()} for number, paper in found]


def _up_to(lines: Sequence[Line], at_turn: int | None) -> Iterator[tuple[Record, str]]:
    """Records and their times, up to the first question after `at_turn`."""
    for _, record in lines:
        if at_turn is not None and record["type"] == "question" and record.get("turn", 0) > at_turn:
            return
        yield record, str(record.get("time", ""))
