"""Sessions as lines of a list, and what a preview says of one."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from agent.sessions.folder import Summary
from agent.sessions.history import OUTLINE, History
from agent.sessions.transcript import read
from agent.tui.glyphs import Glyphs
from agent.tui.house import app_of
from store.text import clean

_BEGINNING = 400
"""Characters of an answer that a preview shows."""
_NARROW = 56
"""Columns below which the list says nothing of turns."""


class Exchange(NamedTuple):
    """A question, and the beginning of what was answered."""

    question: str
    answer: str


class Preview(NamedTuple):
    """What a session is about: its first and its last exchange, the same one where there is only one."""

    first: Exchange
    last: Exchange


class SessionList(OptionList, inherit_bindings=False):
    """Sessions, a line each, fitted to the width."""

    BINDINGS: ClassVar[list[BindingType]] = [  # Enter is an action of the dialog, so that another key can be given it
        binding for binding in OptionList.BINDINGS if isinstance(binding, Binding) and binding.key != "enter"
    ]

    def __init__(self, current: str) -> None:
        """`current` is the id of the session in the chat."""
        super().__init__(id="sessions", markup=False, compact=True)
        self.current = current
        self.shown: tuple[Summary, ...] = ()

    @property
    def chosen(self) -> Summary | None:
        """The session under the cursor."""
        return self.shown[self.highlighted] if self.highlighted is not None else None

    def show(self, found: Iterable[Summary], at: int = 0) -> None:
        """Lists sessions, the cursor on the one at a position or on the last one before it."""
        self.shown = tuple(found)
        glyphs, now = app_of(self).glyphs, datetime.datetime.now(datetime.UTC).astimezone()
        room = self.scrollable_content_region.width
        lines = [row(one, room, glyphs, now, is_current=one.id == self.current) for one in self.shown]
        self.set_options(Option(Content(line), id=one.id) for line, one in zip(lines, self.shown, strict=True))
        self.highlighted = min(at, len(self.shown) - 1) if self.shown else None

    def on_resize(self) -> None:
        """Fits the lines anew."""
        self.show(self.shown, self.highlighted or 0)


def preview(path: Path) -> Preview | None:
    """The first and the last exchange of a session's file, its papers unread; None where nothing was asked."""
    lines = read(path, OUTLINE | {"answer", "failed"}).lines
    history = History()
    history.replay(line for line in lines if line.record["type"] in OUTLINE)
    if not history.turns:
        return None
    said: dict[object, str] = {}
    for _, record in lines:
        answer = record.get("answer")
        if isinstance(answer, dict):
            said[record.get("turn")] = _beginning(answer)
        elif record["type"] == "failed":
            said[record.get("turn")] = f"no answer: {clean(str(record.get('message', '')))}"
    ends = [Exchange(clean(turn.question), said.get(turn.number, "no answer")) for turn in history.turns]
    return Preview(ends[0], ends[-1])


def _beginning(answer: Mapping[str, object]) -> str:
    """The first claims of a stored answer, without its Markdown; the text where there are none."""
    claims = answer.get("claims")
    texts = (
        [str(claim.get("text", "")) for claim in claims if isinstance(claim, dict)] if isinstance(claims, list) else []
    )
    return clean(" ".join(texts) or str(answer.get("text", "")))[:_BEGINNING]


def row(one: Summary, room: int, glyphs: Glyphs, now: datetime.datetime, *, is_current: bool) -> str:
    """A session in a line of `room` columns: title, turns, when it was last used, and the end of its id."""
    mark = glyphs.current if is_current else " " * cell_len(glyphs.current)
    turns = "" if room < _NARROW else f"{one.turns} {'turn' if one.turns == 1 else 'turns'}".rjust(11)
    rest = f"{turns}  {when(one.updated, now):>12}  {one.id.split('-')[-1][:4]:4}"
    space = max(room - cell_len(mark) - 1 - cell_len(rest), 8)
    title = clean(one.title)
    if cell_len(title) > space:
        title = set_cell_size(title, space - cell_len(glyphs.ellipsis)).rstrip() + glyphs.ellipsis
    return f"{mark} {set_cell_size(title, space)}{rest}"


def when(time: str, now: datetime.datetime) -> str:
    """A time (UTC, as it was written) as a reader there and then would say it; empty where it is none."""
    try:
        local = datetime.datetime.fromisoformat(time).astimezone(now.tzinfo)
    except ValueError:
        return ""
    if local.date() == now.date():
        return f"today {local:%H:%M}"
    return f"{local.day} {local:%b %H:%M}" if local.year == now.year else f"{local:%Y-%m-%d}"


def about(one: Summary, seen: Preview | None, glyphs: Glyphs, *, is_current: bool) -> Content:
    """What the preview says of a session."""
    used = f"used {one.updated[:16].replace('T', ' ')} UTC" if one.updated else ""
    facts = [one.id, used, "open in the chat" if is_current else ""]
    head = Content(f" {glyphs.separator} ".join(clean(fact) for fact in facts if fact)).stylize("$muted")
    if seen is None:  # the title says why, where it is a damaged file's
        return Content("\n").join([head, Content(clean(one.title))])
    ends = [seen.first] if seen.first is seen.last else [seen.first, seen.last]
    parts = [Content.assemble((end.question, "bold"), "\n", end.answer) for end in ends]
    names = ("",) if len(ends) == 1 else ("first  ", "last  ")
    named = [Content.assemble((name, "$muted"), part) for name, part in zip(names, parts, strict=True)]
    return Content("\n").join([head, Content("\n\n").join(named)])
