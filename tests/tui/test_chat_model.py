"""Model mode in the chat: text while it is written, live citations, Esc, and endpoints that fail."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from agent import settings
from tests.agent.conftest import KEY, LATENCY, RATE, SOLVES, by_turns, citing, place_of
from tests.support.replies import Break, Hangup, Reply, Request, Stall, Status, Text, Usage
from tests.tui.driving import PATIENCE, ask, house, running, screen_text, told, wait_for, write
from tests.tui.talking import last, prompt_text, scripted, seen, sessions, stored, under

WRONG = "Quokka plans a motion of a robot arm in 12 ms"
BARE = "Everybody likes to fly kites on Sundays"
BOTH = f"{RATE} How fast does Quokka plan a motion of a robot arm?"


def half(request: Request) -> Reply:
    """A whole claim and the beginning of another one, and then silence."""
    return Stall(f"{SOLVES} [{place_of(request, SOLVES)}]. And moreover the ")


def mixed(request: Request) -> Reply:
    """A claim with another number than its sentence has, one that cites nothing, and one that holds."""
    solves, latency = place_of(request, SOLVES), place_of(request, LATENCY)
    return Text(f"{WRONG} [{latency}]. {BARE}. {SOLVES} [{solves}].")


def mended(request: Request) -> Reply:
    """The repair of the wrong claim."""
    return Text(f"1: {LATENCY} [{place_of(request, LATENCY)}].")


def test_text_and_citations_are_live_while_the_model_writes_and_esc_keeps_them(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            assert "model scripted" in seen(pilot, chat.status)
            await write(pilot, RATE)
            await pilot.press("enter")
            await wait_for(pilot, lambda: chat.asked and "And moreover" in seen(pilot, chat.asked))
            assert last(pilot).is_open
            assert last(pilot).answer is None
            assert f"{SOLVES} [1.3]." in seen(pilot, last(pilot))
            assert "writing" in seen(pilot, chat.status)

            await pilot.press("tab", "n")
            assert last(pilot).is_open
            assert chat.stop is not None
            assert chat.stop.place == "1.3"
            assert "✓ supported" in seen(pilot, chat.sources)
            assert f"{SOLVES}." in seen(pilot, chat.sources.query_one("#source-sentence"))

            await pilot.press("escape")
            assert chat.stop is None
            assert last(pilot).is_open
            await pilot.press("escape")
            await wait_for(pilot, lambda: chat.asked is None)
            answer = last(pilot).answer
            assert answer
            assert answer.stopped
            assert "stopped; this is what there was" in under(last(pilot))
            assert f"{SOLVES} [1.3]." in seen(pilot, last(pilot))
            assert stored().turns[0].answer == answer
            assert prompt_text(pilot) == ""
            await pilot.press("escape")
            assert chat.prompt.area.has_focus

    with scripted(monkeypatch, by_turns(half)) as server:
        asyncio.run(story())
        assert server.wait_for_abort()


def test_esc_before_the_first_token_takes_the_turn_back_and_returns_the_question(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await write(pilot, RATE)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "asking the model" in seen(pilot, chat.status))
            assert stored().turns[0].is_open
            await pilot.press("escape")
            await wait_for(pilot, lambda: chat.asked is None)
            await wait_for(pilot, lambda: not chat.transcript.turns)
            assert prompt_text(pilot) == RATE
            assert "the question is back in the prompt" in told(pilot)
            assert stored().turns == ()

    with scripted(monkeypatch, [Text("too late", delay=300.0)]):
        asyncio.run(story())


def test_what_is_typed_while_the_model_is_slow_stays_in_the_prompt(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await write(pilot, RATE)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "asking the model" in seen(pilot, chat.status))
            await write(pilot, "and then?")
            assert prompt_text(pilot) == "and then?"
            await pilot.press("enter")
            await wait_for(pilot, lambda: "an answer is being made" in told(pilot))
            assert prompt_text(pilot) == "and then?"
            assert len(chat.transcript.turns) == 1
            await pilot.press("escape")
            await wait_for(pilot, lambda: chat.asked is None)
            assert prompt_text(pilot) == "and then?"
            await pilot.press("up")
            assert prompt_text(pilot) == RATE

    with scripted(monkeypatch, [Text("too late", delay=300.0)]):
        asyncio.run(story())


def test_a_question_that_could_not_return_to_the_prompt_is_not_said_to_be_there(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await write(pilot, RATE)
            await pilot.press("enter")
            await wait_for(pilot, lambda: "asking the model" in seen(pilot, chat.status))
            await write(pilot, "and then?")
            await pilot.press("escape")
            await wait_for(pilot, lambda: "stopped" in told(pilot))
            assert prompt_text(pilot) == "and then?"
            assert "the question is back in the prompt" not in told(pilot)

    with scripted(monkeypatch, [Text("too late", delay=300.0)]):
        asyncio.run(story())


def test_weak_and_uncited_claims_are_marked_in_words_and_the_repair_replaces_the_text(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    async def story() -> None:
        async with running(shelf_folder, size=(120, 45)) as pilot:
            chat = house(pilot).chat
            chat.prompt.area.load_text(BOTH)
            await pilot.press("enter")
            await wait_for(pilot, lambda: len(server.requests) == 2)
            await wait_for(pilot, lambda: "(uncited)" in seen(pilot, last(pilot)))
            shown.append(seen(pilot, last(pilot)))
            assert "asking the model (repair" in seen(pilot, chat.status)
            release.set()
            await wait_for(pilot, lambda: chat.asked is None)
            shown.append(seen(pilot, last(pilot)))
            await pilot.press("tab", "n", "n")
            shown.append(seen(pilot, chat.sources))

    release = threading.Event()

    def when_released(request: Request) -> Reply:
        release.wait(PATIENCE)
        return mended(request)

    with scripted(monkeypatch, by_turns(mixed, when_released)) as server:
        asyncio.run(story())
    before, after, _source = shown
    assert f"{WRONG} [" in before
    assert "(weak)" in before
    assert f"{BARE}. (uncited)" in before
    assert WRONG not in after
    assert f"{LATENCY} [" in after
    assert f"✗ uncited {BARE}." in after
    assert "Not supported as it stands:" in after


def test_a_weak_claim_says_so_in_the_sources_too(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(120, 45)) as pilot:
            await ask(pilot, LATENCY)
            assert "(weak)" in seen(pilot, last(pilot).markdown)
            assert f"~ weak {WRONG}" in under(last(pilot))
            await pilot.press("tab", "n")
            sources = seen(pilot, house(pilot).chat.sources)
            assert "~ weak" in sources
            assert f"→ {WRONG}" in sources
            assert "12" in sources

    with scripted(monkeypatch, by_turns(citing(LATENCY, WRONG + " [{place}]."), lambda _: Text("1: KEEP"))):
        asyncio.run(story())


def test_usage_and_cost_stand_in_the_status_line_and_in_tokens(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = settings.config_folder()
    folder.mkdir(parents=True)
    (folder / "prices.toml").write_text("[prices]\nscripted = [1000, 2000]\n", encoding="utf-8")

    def billed(request: Request) -> Reply:
        return Text(f"{SOLVES} [{place_of(request, SOLVES)}].", usage=Usage(1500, 40))

    async def story() -> None:
        async with running(shelf_folder, size=(200, 50)) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            assert "1,500+40 tokens $1.5800 answer, 1,500+40 tokens $1.5800 session" in seen(pilot, chat.status)
            await ask(pilot, "What share of miniF2F does Zeppelin-7B solve within 32 attempts?")
            line = seen(pilot, chat.status)
            assert "$3.1600 session" in line
            await write(pilot, "/tokens")
            await pilot.press("enter")
            await wait_for(pilot, lambda: "last answer:" in told(pilot))
            assert "session: 2 calls, 3,000+80 tokens $3.1600" in told(pilot)

    with scripted(monkeypatch, by_turns(billed, billed)):
        asyncio.run(story())


def test_the_mode_and_the_model_can_be_changed_between_two_questions(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat

            async def command(text: str) -> None:
                chat.prompt.area.load_text(text)
                before = told(pilot)
                await pilot.press("enter")
                await wait_for(pilot, lambda: told(pilot) != before)

            await command("/model")
            assert "model scripted" in told(pilot)
            await command("/mode quote")
            assert "quote mode" in seen(pilot, chat.status)
            await ask(pilot, RATE)
            assert not server.requests
            await command("/mode model")
            await command("/model scripted:second")
            await command("/mode nonsense")
            assert "nonsense" in told(pilot).splitlines()[-2:][0]
            assert house(pilot).desk.settings.text("mode") == "model"

    with scripted(monkeypatch, by_turns(citing(SOLVES))) as server:
        asyncio.run(story())


def test_the_key_is_nowhere_to_be_seen_or_found(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with running(shelf_folder, size=(200, 50)) as pilot:
            await ask(pilot, RATE)
            assert "answered by quoting instead" in under(last(pilot))
            assert SOLVES in str(last(pilot).answer)
            await write(pilot, "/settings")
            await pilot.press("enter")
            await wait_for(pilot, lambda: "base_url" in screen_text(pilot))
            assert KEY not in screen_text(pilot)
            await pilot.press("escape")
            assert KEY not in screen_text(pilot)
            assert KEY not in told(pilot)

    refusal = Status(401, f"Incorrect API key provided: {KEY}")
    with scripted(monkeypatch, [refusal]):
        asyncio.run(story())
    texts = [path.read_bytes() for path in settings.data_folder().parent.rglob("*") if path.is_file()]
    assert texts
    assert not any(KEY.encode() in text for text in texts)
    assert sessions().list()


@pytest.mark.parametrize("reply", [Status(500), Hangup(), Status(429), Status(404)], ids=lambda reply: repr(reply)[:11])
def test_in_mode_model_an_endpoint_that_fails_is_explained_and_the_next_question_is_answered(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    def respond(request: Request) -> Reply:
        return citing(SOLVES)(request) if is_well else reply

    is_well: list[bool] = []

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            chat = house(pilot).chat
            await ask(pilot, RATE)
            assert last(pilot).has_class("failed")
            *_, message, hint = under(last(pilot)).split("\n")
            assert message.startswith("✗ ")
            assert hint
            assert (stored().turns[0].error, stored().turns[0].hint) == (message[2:], hint)
            assert chat.status.stage == ""
            is_well.append(True)
            await pilot.press("tab", "r")
            await wait_for(pilot, lambda: len(chat.transcript.turns) == 2 and chat.asked is None)
            assert SOLVES in str(last(pilot).answer)

    with scripted(monkeypatch, respond, mode="model"):
        asyncio.run(story())


def test_text_that_breaks_off_is_written_anew(shelf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: Request) -> Reply:
        return Break(f"{SOLVES} [{place_of(request, SOLVES)}]. And moreover the robots ")

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, RATE)
            text = seen(pilot, last(pilot).markdown)
            assert "And moreover" not in text
            assert text.count(SOLVES) == 1
            assert len(last(pilot).stops) == 1
            assert "trying again" in under(last(pilot))

    with scripted(monkeypatch, by_turns(broken, citing(SOLVES))):
        asyncio.run(story())


def test_an_endpoint_that_falls_silent_does_not_hold_the_chat_for_ever(
    shelf_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELOOM_LIMITS_SILENCE", "1")

    async def story() -> None:
        async with running(shelf_folder) as pilot:
            await ask(pilot, RATE)
            assert "silent" in under(last(pilot)) + told(pilot)
            assert SOLVES in str(last(pilot).answer)

    with scripted(monkeypatch, lambda request: half(request)):
        asyncio.run(story())
