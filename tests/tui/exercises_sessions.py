"""The exercises of the switcher of sessions, and sessions to switch between."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from agent import settings
from agent.answer import Answer, Claim
from agent.sessions import Sessions
from agent.tui.screens.asking import AskDialog
from agent.tui.screens.sessions import SessionsDialog
from tests.tui.driving import house, running, wait_for, write
from tests.tui.exercises import exercise


def sessions() -> Sessions:
    """The sessions of this test's own home."""
    return Sessions(settings.sessions_folder())


def kept(*questions: str, answer: str = "Nothing is known of it.") -> str:
    """A session on disk in which these questions were answered; its id."""
    with sessions().create() as session:
        for question in questions:
            session.begin(question, "", "quote")
            session.finish(Answer(question, "quote", f"**{answer}**", (Claim(answer, "uncited", ()),)))
    return session.id


def dialog(pilot: Pilot[None]) -> SessionsDialog:
    """The switcher, which is on top."""
    assert isinstance(pilot.app.screen, SessionsDialog)
    return pilot.app.screen


def listed(pilot: Pilot[None]) -> list[str]:
    """The ids in the list; none while the switcher is not there or has not found them yet."""
    top = pilot.app.screen
    return [one.id for one in top.sessions.shown] if isinstance(top, SessionsDialog) else []


async def switcher(pilot: Pilot[None], *ids: str) -> None:
    """Opens the switcher, waits until it lists these sessions, and goes to the list."""
    await pilot.press("f5")
    await wait_for(pilot, lambda: sorted(listed(pilot)) == sorted(ids))
    await pilot.press("down")
    await wait_for(pilot, lambda: dialog(pilot).sessions.has_focus)


async def go_to(pilot: Pilot[None], name: str) -> None:
    """Moves the cursor to the session with this id."""
    for _ in range(listed(pilot).index(name) - (dialog(pilot).sessions.highlighted or 0)):
        await pilot.press("down")
    chosen = dialog(pilot).sessions.chosen
    assert chosen is not None
    assert chosen.id == name


@exercise("sessions.open")
async def _(shelf: Path) -> None:
    old, new = kept("How do birds sing?"), kept("How do mice sleep?")
    async with running(shelf) as pilot:
        await switcher(pilot, old, new)
        await go_to(pilot, old)
        chat = house(pilot).chat
        await pilot.press("enter")
        await wait_for(pilot, lambda: [turn.question for turn in chat.transcript.turns] == ["How do birds sing?"])
        assert chat.session.id == old


@exercise("sessions.search")
async def _(shelf: Path) -> None:
    birds, mice = kept("How do birds sing?"), kept("How do mice sleep?")
    async with running(shelf) as pilot:
        await switcher(pilot, birds, mice)
        await pilot.press("slash")
        await write(pilot, "sing")
        await wait_for(pilot, lambda: listed(pilot) == [birds])


@exercise("sessions.rename")
async def _(shelf: Path) -> None:
    name = kept("How do birds sing?")
    async with running(shelf) as pilot:
        await switcher(pilot, name)
        await pilot.press("r")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, AskDialog))
        await pilot.press("ctrl+u")
        await write(pilot, "Birds")
        await pilot.press("enter")
        await wait_for(pilot, lambda: [one.title for one in sessions().list()] == ["Birds"])
        await wait_for(pilot, lambda: listed(pilot) == [name] and dialog(pilot).sessions.shown[0].title == "Birds")


@exercise("sessions.fork")
async def _(shelf: Path) -> None:
    name = kept("How do birds sing?")
    async with running(shelf) as pilot:
        await switcher(pilot, name)
        await pilot.press("f")
        await wait_for(pilot, lambda: house(pilot).chat.session.parent == name)
        await wait_for(pilot, lambda: len(house(pilot).chat.transcript.turns) == 1)
        assert len(sessions().list()) == 2


@exercise("sessions.delete")
async def _(shelf: Path) -> None:
    name, other = kept("How do birds sing?"), kept("How do mice sleep?")
    async with running(shelf) as pilot:
        await switcher(pilot, name, other)
        await go_to(pilot, name)
        await pilot.press("x")
        await wait_for(pilot, lambda: [one.id for one in sessions().list()] == [other])
        assert listed(pilot) == [other]


@exercise("sessions.undo")
async def _(shelf: Path) -> None:
    name, other = kept("How do birds sing?"), kept("How do mice sleep?")
    async with running(shelf) as pilot:
        await switcher(pilot, name, other)
        await pilot.press("x", "u")
        await wait_for(pilot, lambda: sorted(listed(pilot)) == sorted((name, other)))
        assert len(sessions().list()) == 2
