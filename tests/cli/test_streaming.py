"""`citeloom ask` on a terminal: text as it is written, what the check says of it, and Ctrl-C."""

from __future__ import annotations

import re
from pathlib import Path

from tests.agent.conftest import by_turns, citing, place_of
from tests.cli.conftest import COLUMNS, KEY, LATENCY, RATE, SOLVES, Terminal, at, one_line
from tests.conftest import Citeloom
from tests.support.replies import Break, Reply, Request, Stall, Status, Text
from tests.support.server import ScriptedServer

WRONG = "Quokka plans a motion of a robot arm in 12 ms"
BARE = "Everybody likes to fly kites on Sundays"
COLOUR = re.compile(r"\x1b\[[\d;]*m")
ASKING = re.compile(r"asking the model|searching|found \d|mending|reading \d")


def mixed(request: Request) -> Reply:
    """A claim with another number than its sentence has, one that cites nothing, and one that holds."""
    solves, latency = place_of(request, SOLVES), place_of(request, LATENCY)
    return Text(f"{WRONG} [{latency}]. {BARE}. {SOLVES} [{solves}].")


def half(request: Request) -> Reply:
    """A whole claim and the beginning of another one, and then silence."""
    return Stall(f"{SOLVES} [{place_of(request, SOLVES)}]. And moreover the ")


def ask(papers: Path, server: ScriptedServer, *more: str, question: str = RATE, **env: str) -> Terminal:
    return Terminal("ask", "--model", "scripted", "--library", papers, *more, question, env=at(server, **env))


def test_text_is_on_the_screen_before_the_model_has_finished_and_ctrl_c_keeps_it(
    citeloom: Citeloom, papers: Path
) -> None:
    with ScriptedServer(by_turns(half)) as server:
        with ask(papers, server) as terminal:
            terminal.wait_for(f"{SOLVES} [1.3]. And moreover")
            terminal.type("\x03")
            code = terminal.end()
        assert server.wait_for_abort()

    assert code == 130
    assert "Traceback" not in terminal.raw
    seen = one_line(terminal.screen)
    assert f"“{SOLVES}.” [1.3]" in seen
    assert "stopped before it was finished" in seen
    assert "citeloom: error: stopped" in seen
    shown = citeloom("sessions", "show", "--json").json["turns"]
    assert [turn["stopped"] for turn in shown] == [True]
    assert shown[0]["answer"]["claims"][0]["support"] == "supported"
    assert shown[0]["answer"]["stopped"] is True


def test_ctrl_c_pressed_twice_before_any_text_ends_the_command(citeloom: Citeloom, papers: Path) -> None:
    with ScriptedServer([Text("too late", delay=300.0)]) as server, ask(papers, server) as terminal:
        assert server.wait_for_requests(1, timeout=180.0)
        terminal.type("\x03\x03")
        code = terminal.end()

    assert code == 130
    assert "Traceback" not in terminal.raw
    assert "citeloom: error: " in terminal.screen
    turn = citeloom("sessions", "show", "--json").json["turns"][0]
    assert (turn["question"], turn["stopped"], turn["answer"]) == (RATE, True, None)


def test_what_fails_the_check_is_flagged_in_the_text_and_the_mended_text_follows(papers: Path) -> None:
    script = by_turns(mixed, lambda request: Text(f"1: {LATENCY} [{place_of(request, LATENCY)}]."))
    question = f"{RATE} How fast does Quokka plan a motion of a robot arm?"
    with ScriptedServer(script) as server, ask(papers, server, question=question, NO_COLOR="1") as terminal:
        code = terminal.end()

    seen = one_line(terminal.screen)
    before, mended = seen.split("After the check against the papers:")
    assert code == 0
    assert re.search(rf"{re.escape(WRONG)} \[\d\.2\]\. \(weak\)", before)
    assert f"{BARE}. (uncited)" in before
    assert f"{SOLVES} [" in mended
    assert f"{LATENCY} [" in mended
    assert WRONG not in mended
    assert f"- (uncited) {BARE}." in mended
    assert max(map(len, terminal.screen.splitlines())) <= COLUMNS
    assert not ASKING.search(terminal.screen)
    assert not COLOUR.search(terminal.raw)
    assert KEY not in terminal.raw


def test_without_streaming_only_the_checked_text_is_shown(papers: Path) -> None:
    script = by_turns(citing(LATENCY, WRONG + " [{place}]."), lambda _: Text("1: DELETE"))
    with ScriptedServer(script) as server, ask(papers, server, "--no-stream", question=LATENCY) as terminal:
        code = terminal.end()

    seen = one_line(terminal.screen)
    assert code == 0
    assert len(re.findall(rf"{WRONG} \[\d\.2\]\. \(weak\)", seen)) == 1
    assert "After the check" not in seen
    assert not ASKING.search(terminal.screen)


def test_text_that_broke_off_is_ended_visibly_and_written_anew(papers: Path) -> None:
    def broken(request: Request) -> Reply:
        return Break(f"{SOLVES} [{place_of(request, SOLVES)}]. And moreover the robots ")

    with ScriptedServer(by_turns(broken, citing(SOLVES))) as server, ask(papers, server) as terminal:
        code = terminal.end()

    broken_off, again = terminal.screen.split("\n…\n")
    assert code == 0
    assert "And moreover" in one_line(broken_off)
    assert f"{SOLVES} [1.3]." in one_line(again)
    assert "And moreover" not in one_line(again)
    assert "trying again" in one_line(terminal.screen)


def test_where_the_model_fails_the_quoted_answer_is_shown_once(papers: Path) -> None:
    with ScriptedServer([Status(401)]) as server, ask(papers, server) as terminal:
        code = terminal.end()

    seen = one_line(terminal.screen)
    assert code == 0
    assert seen.count(f"“{SOLVES}.”") == 1
    assert "answered by quoting instead" in seen
    assert not ASKING.search(terminal.screen)
