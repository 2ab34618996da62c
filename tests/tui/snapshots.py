"""Snapshots of the screen as text: what stands there, and in a second block how each cell looks.

    .  plain text      m  muted         a  the accent: citations, keys, borders with the focus
    s  supported       w  weak          u  uncited
    l  a quiet line    t  a scrollbar   -  another colour, as of what lies under a dialog
    q  text of the cited sentence       x  text of what is selected, on the accent

A capital letter is bold; `B` is bold plain text, and `R` plain text that is reversed. `_` is a blank
cell that is coloured as selected or reversed; other blank cells are left out, and so are other grounds.

What differs from run to run is masked. `UPDATE_SNAPSHOTS=1` writes the files anew: look at the diff.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from rich.color import Color as RichColor
from rich.segment import Segment
from textual.color import Color
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input, TextArea

from agent import settings
from agent.answer import Answer, Citation, Claim, Reference, Usage
from agent.sessions import Session
from agent.tui.commands import places_of
from agent.tui.themes import defaults
from store import sentences
from store.library import Library
from store.paper import Paper
from tests.agent.conftest import RATE
from tests.tui.driving import USUAL, Size, house, running, screen_text, wait_for

FOLDER = Path(__file__).with_name("snapshots")
ENZYME = "Which enzyme breaks down PET plastic fastest?"
SESSION = "20250102-1200-abcd"
_TIME = "2025-01-02T12:00:00.000Z"
_ROLES = {
    "foreground": ".",
    "muted": "m",
    "cite": "a",
    "supported": "s",
    "weak": "w",
    "uncited": "u",
    "border-blurred": "l",
    "scrollbar": "t",
    "sentence-text": "q",
    "cite-selected": "x",
}
_MASKS = (
    (re.compile(r"\b\d{8}-\d{4}-[a-z0-9]{4}\b"), SESSION),
    (re.compile(r"\b(\d+) s\b"), lambda match: "0" * len(match[1]) + " s"),
)


class Scene(NamedTuple):
    """A screen to look at: keys that lead there, what comes last of all that is seen, the answers of the session."""

    keys: tuple[str, ...] = ()
    words: str = "14 papers"
    answers: tuple[str, ...] = ()
    place: str = "chat"
    """A place whose actions can be carried out; of a dialog, the one beneath."""


SCENES = {
    "chat-empty": Scene(),
    "chat-citation": Scene(("tab", "n"), "citation 1 of 2", ("quoted",)),
    "chat-abstention": Scene((), "The library does not answer this.", ("abstained",)),
    "chat-model": Scene(("tab", "n", "n"), "citation 2 of 2", ("written",)),
    "chat-slash": Scene(("slash", "s"), "/settings"),
    "library": Scene(("f3",), "Formal proofs are scarce", (), "library"),
    "summary": Scene(("f8",), "Topic", (), "summary"),
    "evals": Scene(("f10",), "No runs yet", (), "evals"),
    "help": Scene(("f1",), "Close: Esc"),
    "sessions": Scene(("f5",), "used 2025-01-02", ("quoted", "written"), ""),
    "welcome": Scene(("slash", *"setup", "enter"), "First steps", (), ""),
    "source": Scene(("tab", "n", "enter"), "sha256", ("quoted",)),
    "palette": Scene(("ctrl+p",), "Sessions (/sessions)", (), ""),
    "history": Scene(("ctrl+r",), "Earlier questions", ("quoted",)),
    "scope": Scene(("ctrl+t",), "Enter takes it"),
    "export": Scene(("ctrl+s",), "Tab to the file name", ("quoted",)),
    "settings": Scene(("slash", *"settings", "enter"), "mode = auto"),
    "diagnostics": Scene(("f12",), "packages: Python"),
}


@asynccontextmanager
async def at(name: str, shelf: Path, size: Size = USUAL) -> AsyncIterator[Pilot[None]]:
    """The app, at a scene."""
    scene = SCENES[name]
    session = write_session(shelf, *scene.answers) if scene.answers else None
    async with running(shelf, size, session=session) as pilot:
        await wait_for(pilot, lambda: len(house(pilot).chat.transcript.turns) == len(scene.answers))
        await pilot.press(*scene.keys)
        await wait_for(pilot, lambda: scene.words in screen_text(pilot))
        assert not scene.place or scene.place in places_of(pilot.app.screen) or pilot.app.screen.is_modal
        await _come_to_rest(pilot)
        yield pilot


async def _come_to_rest(pilot: Pilot[None]) -> None:
    """Waits until nothing is scrolled or laid out any more."""
    before = ""
    while before != (before := screen_text(pilot)):
        await pilot.pause(0.1)


def matches(name: str, pilot: Pilot[None]) -> None:
    """Fails, with the difference, unless the screen is as its snapshot has it."""
    path = FOLDER / f"{name}.txt"
    now = picture(pilot)
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(now, encoding="utf-8")
    assert path.exists(), f"there is no snapshot {path.name}; make it with UPDATE_SNAPSHOTS=1, and look at it"
    before = path.read_text(encoding="utf-8")
    changed = difflib.unified_diff(before.splitlines(), now.splitlines(), path.name, "now", lineterm="", n=2)
    assert before == now, "the screen has changed; UPDATE_SNAPSHOTS=1 takes it over\n" + "\n".join(changed)


def picture(pilot: Pilot[None]) -> str:
    """The screen as a snapshot has it."""
    strips = shown_strips(pilot)
    roles = letters(pilot)
    text = "\n".join(strip.text.rstrip() for strip in strips)
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    looks = "\n".join("".join(_look(segment, roles) for segment in strip).rstrip() for strip in strips)
    return f"{text}\n{'=' * strips[0].cell_length}\n{looks}\n"


def shown_strips(pilot: Pilot[None]) -> list[Strip]:
    """What is sent to the terminal, a strip a line; cursors do not blink."""
    for field in pilot.app.screen.query("Input, TextArea"):
        assert isinstance(field, Input | TextArea)
        field.cursor_blink = False
        if isinstance(field, TextArea):
            field._line_cache.clear()  # what was drawn between two blinks counts there as drawn without blinking
        field.refresh()
    width, height = pilot.app.size
    return [strip.crop(0, width) for strip in pilot.app.screen._compositor.render_strips()[:height]]


def letters(pilot: Pilot[None]) -> dict[str, str]:
    """The letter for each colour of the theme; where two roles share a colour, the first has it."""
    theme = pilot.app.current_theme
    values: Mapping[str, str] = {**pilot.app.theme_variables, **defaults(theme)}
    found: dict[str, str] = {"default": "."}
    for role, letter in _ROLES.items():
        value = values.get(role, "")
        if value.startswith("ansi_"):
            found.setdefault(value.removeprefix("ansi_"), letter)
        elif value:
            found.setdefault(Color.parse(value).rich_color.name, letter)
    return found


def _look(segment: Segment, roles: Mapping[str, str]) -> str:
    style = segment.style
    colour, ground = (style.color, style.bgcolor) if style else (None, None)
    marked = bool(style and style.reverse) or _name(ground) in {name for name, role in roles.items() if role == "a"}
    letter = roles.get(_name(colour), "-")
    if style and style.reverse:
        letter = "R" if letter == "." else letter.upper()
    elif style and style.bold:
        letter = {".": "B", "-": "="}.get(letter, letter.upper())
    width = segment.cell_length
    if not segment.text.strip():
        return ("_" if marked else " ") * width
    looks = "".join(letter if char.strip() or marked else " " for char in segment.text)
    return looks.ljust(width, letter)


def _name(colour: RichColor | None) -> str:
    if colour is None or colour.is_default:
        return "default"
    return colour.get_truecolor().hex if colour.triplet else colour.name


# Sessions with fixed answers: nothing in them was measured, so nothing differs between machines


def cited(paper: Paper, number: int, sentence: int, score: float = 0.99) -> Citation:
    """A citation of a sentence of a paper."""
    found = sentences.split(paper.abstract)[sentence - 1]
    return Citation(number, paper.key, sentence, found.start, found.end, found.text, paper.sha256, score)


def quoted(papers: Mapping[str, Paper]) -> Answer:
    """An answer that quotes two papers."""
    one, other = papers["lee2024zeppelin"], papers["lee2024balloon"]
    citations = cited(one, 1, 3), cited(other, 2, 3, 0.97)
    marked = "\n\n".join(
        f"**{paper.title}** (Lee, 2024)\n\n> {citation.quote} [{citation.number}.{citation.sentence}]"
        for paper, citation in zip((one, other), citations, strict=True)
    )
    claims = tuple(Claim(citation.quote, "supported", (citation,)) for citation in citations)
    return Answer(RATE, "quote", marked, claims, (Reference(1, one), Reference(2, other)))


def abstained(papers: Mapping[str, Paper]) -> Answer:
    """An abstention."""
    nearest = tuple(papers[key] for key in ("lee2024coral", "lee2024sleep", "lee2024speech"))
    return Answer(ENZYME, "quote", "", nearest=nearest, abstained=True)


def written(papers: Mapping[str, Paper]) -> Answer:
    """An answer that a model wrote: one claim is supported, one weak, one uncited."""
    one = papers["lee2024zeppelin"]
    solves, training = cited(one, 1, 3), cited(one, 1, 4, 0.21)
    claims = (
        Claim("Zeppelin-7B solves 57.6% of the problems of miniF2F.", "supported", (solves,)),
        Claim("Its training takes 9 hours.", "weak", (training,), ("9 stands in none of the cited sentences",)),
        Claim("It is the best prover of all.", "uncited", (), ("it cites nothing",)),
    )
    marked = (
        "Zeppelin-7B solves 57.6% of the problems of miniF2F [1.3]. Its training takes 9 hours [1.4] *(weak)*. "
        "It is the best prover of all *(uncited)*."
    )
    usage = Usage(1, 3114, 120, 0.0012)
    return Answer(RATE, "model", marked, claims, (Reference(1, one),), model="owl-1", usage=usage)


def write_session(library: Path, *kinds: str) -> str:
    """Writes a session with these answers, of fixed times, into the home of the test; returns its id."""
    makers = {"quoted": quoted, "abstained": abstained, "written": written}
    with Library(library) as opened:
        papers = {paper.key: paper for paper in opened.papers()}
    path = settings.sessions_folder() / f"{SESSION}.jsonl"
    with Session(path) as session:
        for kind in kinds:
            answer = makers[kind](papers)
            session.begin(answer.question, "", answer.mode)
            for reference in answer.references:
                session.evidence.add(reference.paper)
            session.finish(answer)
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'(?m)^(\{"type":"\w+","time":)"[^"]+"', rf'\1"{_TIME}"', text), encoding="utf-8")
    return SESSION
