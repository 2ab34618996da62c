"""What happens while an answer or a summary is made; every front end consumes the same events.

An event is told to a `Listener` in the thread that makes the answer. The text of an answer
comes as `Delta`s, in which every mark already resolves and what fails the check carries a
word; `Restarted` takes back all of it; `Done` brings the answer as it stands at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.answer import Answer, Claim, Usage


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A follow-up was rewritten to stand alone."""

    question: str


@dataclass(frozen=True, slots=True)
class Searching:
    """The library is being searched."""

    query: str
    scope: str


@dataclass(frozen=True, slots=True)
class Found:
    """A search is over: the evidence numbers of what it found, new ones among them."""

    numbers: tuple[int, ...]
    new: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Evidence is being read: by the model, or sentence by sentence in quote mode."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """The model is called; `step` names what for, `prompt_tokens` is counted before the call."""

    step: str
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the answer's text, as Markdown with `[3.8]` marks."""

    text: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The text so far is void: the model is asked again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A claim was checked against the sentences that it cites."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Repairing:
    """The model is asked, once, to mend the claims that failed."""

    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """What the answer has cost so far."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Progress:
    """A part of a long work has begun (`done` of `total` are over)."""

    part: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know, and what to do about it."""

    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The answer, whole and checked; it is on disk if there is a session."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer: what happened, and what to do."""

    message: str
    hint: str


Event = (
    Rewritten
    | Searching
    | Found
    | Reading
    | Asking
    | Delta
    | Restarted
    | Verified
    | Repairing
    | Spent
    | Progress
    | Notice
    | Done
    | Failed
)
Listener = Callable[[Event], None]


def ignore(_: Event) -> None:
    """A listener that hears nothing."""


def spoken(event: Event) -> str:
    """What a status line says of an event; empty where it says nothing."""
    match event:
        case Rewritten(question):
            return f"asking: {question}"
        case Searching(query, _):
            return f"searching: {query}"
        case Found(numbers):
            return f"found {len(numbers)} papers"
        case Reading(numbers):
            return f"reading {len(numbers)} papers"
        case Asking(step, tokens):
            return f"asking the model ({step}, {tokens:,} tokens)"
        case Repairing(claims):
            return f"checking: mending {len(claims)} claims"
        case Progress(part, done, total):
            return f"{part} ({done} of {total})"
        case _:
            return ""
