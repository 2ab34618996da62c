"""The folder of all sessions: made, found by what a user types, listed, removed and brought back."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.errors import SessionError
from agent.sessions.history import OUTLINE, History
from agent.sessions.session import Session
from agent.sessions.transcript import FOLDER_MODE, REMOVED, SUFFIX, Transcript, read, unused
from store.text import clean

_SHOWN = 5
"""How many sessions an error names."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of the list of sessions. Times are UTC, `2026-11-21T10:43:05.120Z`."""

    id: str
    title: str
    created: str
    updated: str
    turns: int
    path: Path


class Sessions:
    """All sessions of a user, each a file of one folder; the folder is made when there is something to keep."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, title: str | None = None) -> Session:
        """A new session; it has no file before something is recorded."""
        return Session(unused(self.folder), title=title or "")

    def open(self, name: str) -> Session:
        """The session with this id, or the only one whose id begins so or has this four-letter tail."""
        return Session(self._path(_the_one(name, self._ids())))

    def latest(self) -> Session | None:
        """The session that was last written to."""
        found = self.list()
        return Session(found[0].path) if found else None

    def list(self) -> tuple[Summary, ...]:
        """All sessions, the last used first."""
        return _by_use(found for name in self._ids() if (found := summary(self._path(name))))

    def search(self, text: str) -> tuple[Summary, ...]:
        """The sessions in whose title, questions and answers every word of `text` stands, the last used first."""
        wanted = text.casefold().split()
        matching = []
        for name in self._ids():
            path = self._path(name)
            content = _text(path).casefold()
            if all(word in content for word in wanted) and (found := summary(path)):
                matching.append(found)
        return _by_use(matching)

    def questions(self, at_most: int) -> tuple[str, ...]:
        """The questions that were asked in all sessions, each once, the last asked first."""
        asked: dict[str, str] = {}
        for name in self._ids():
            for text, time in _questions(self._path(name)):
                asked[text] = max(time, asked.get(text, ""))
        return tuple(sorted(asked, key=lambda text: asked[text], reverse=True)[:at_most])

    def remove(self, name: str) -> Summary | None:
        """Takes a session out of the list; `restore` brings it back. Refused while it is in use."""
        return self._move(_the_one(name, self._ids()), removed=True)

    def restore(self, name: str) -> Summary | None:
        """Brings back a session that was removed."""
        return self._move(_the_one(name, self._ids(removed=True)), removed=False)

    def _move(self, session_id: str, *, removed: bool) -> Summary | None:
        origin, target = self._path(session_id, removed=not removed), self._path(session_id, removed=removed)
        with Transcript(self._path(session_id)).held():
            try:
                target.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
                if target.exists():
                    raise SessionError(f"there is another file at {target}", "move it away first")
                origin.rename(target)
            except OSError as error:
                raise SessionError(
                    f"the session {session_id} cannot be moved to {target.parent}: {error.strerror}",
                    f"check the permissions of {self.folder}",
                ) from error
        return summary(target)

    def _path(self, session_id: str, *, removed: bool = False) -> Path:
        return (self.folder / REMOVED if removed else self.folder) / f"{session_id}{SUFFIX}"

    def _ids(self, *, removed: bool = False) -> tuple[str, ...]:
        folder = self.folder / REMOVED if removed else self.folder
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise SessionError(
                f"the sessions in {folder} cannot be read: {error.strerror}", "check the folder's permissions"
            ) from error
        return tuple(sorted(name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)))


def summary(path: Path) -> Summary | None:
    """What a list says of a session, read without its answers; None where the file holds no record."""
    try:
        reading = read(path, OUTLINE)
        history = History()
        history.replay(reading.lines)
    except SessionError as error:  # one bad file must not hide the others; the list says what is wrong with it
        return Summary(path.stem, f"({clean(error.message)})", "", "", 0, path)
    if not reading.last_time:
        return None
    return Summary(path.stem, history.title, history.created, reading.last_time, len(history.turns), path)


def _questions(path: Path) -> list[tuple[str, str]]:
    """The questions of a session, those of undone turns among them, and when they were asked."""
    try:
        lines = read(path, {"question"}).lines
    except SessionError:  # `list` names it
        return []
    return [(str(record.get("text", "")), str(record.get("time", ""))) for _, record in lines]


def _text(path: Path) -> str:
    """Title, questions and answers of the turns that stand."""
    try:
        lines = read(path, OUTLINE | {"answer"}).lines
        history = History()
        history.replay(line for line in lines if line.record["type"] in OUTLINE)
    except SessionError:  # `list` names it; there is nothing in it to be found
        return ""
    standing = {turn.number: turn.question for turn in history.turns}
    answers = [
        str(content.get("text", ""))
        for _, record in lines
        if record["type"] == "answer"
        and record.get("turn") in standing
        and isinstance(content := record.get("answer"), dict)
    ]
    return "\n".join([history.title, *standing.values(), *answers])


def _by_use(summaries: Iterable[Summary]) -> tuple[Summary, ...]:
    return tuple(sorted(summaries, key=lambda item: (item.updated, item.id), reverse=True))


def _the_one(name: str, ids: Sequence[str]) -> str:
    """The id that was meant. A name is only ever compared with those that there are, and never made a path."""
    matching = [item for item in ids if item == name]
    matching = matching or [item for item in ids if name and (item.startswith(name) or item.split("-")[-1] == name)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        named = ", ".join(matching[-_SHOWN:])
        raise SessionError(
            f"{len(matching)} sessions begin with {clean(name)}", f"write more of the id; the latest are {named}"
        )
    near = difflib.get_close_matches(name, [*ids, *(item.split("-")[-1] for item in ids)], n=1)
    hint = f"did you mean {near[0]}?" if near else "see `citeloom sessions list`"
    raise SessionError(f"there is no session {clean(name) or '(an empty id)'}", hint)
