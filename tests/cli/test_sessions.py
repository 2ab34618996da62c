"""Sessions on the command line: every question is kept, gone on with, shown, undone, removed and brought back."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.agent.conftest import TRAINING, by_turns, citing
from tests.cli.conftest import LATENCY, RATE, SLOWNESS, SOLVES, at, error_of, one_line, sessions_of
from tests.cli.test_bad_input import obey_modes, run_with
from tests.conftest import Citeloom
from tests.support.replies import Text
from tests.support.server import ScriptedServer


def turns_of(citeloom: Citeloom, *name: str) -> list[str]:
    """The questions of a session, or of the latest."""
    return [turn["question"] for turn in citeloom("sessions", "show", "--json", *name).json["turns"]]


def test_every_question_is_kept_for_its_owner_alone_unless_it_is_not_to_be(
    citeloom: Citeloom, papers: Path, tmp_path: Path
) -> None:
    first = citeloom("ask", RATE, "--library", papers)
    unkept = citeloom("ask", "--no-save", SLOWNESS, "--library", papers)
    again = citeloom("ask", "-c", SLOWNESS, "--library", papers)

    assert [run.code for run in (first, unkept, again)] == [0, 0, 0]
    (kept,) = sessions_of(tmp_path).glob("*.jsonl")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert turns_of(citeloom) == [RATE, SLOWNESS]
    assert f"“{LATENCY}.” [2.2]" in one_line(again.out)


def test_a_fork_leaves_the_session_that_was_named_by_the_beginning_of_its_id_as_it_was(
    citeloom: Citeloom, papers: Path, conversation: Path
) -> None:
    before = conversation.read_bytes()

    run = citeloom("ask", "--session", conversation.stem[:-2], "--fork", "Who ranks proof steps?", "--library", papers)

    assert run.code == 0
    assert conversation.read_bytes() == before
    newest, oldest = citeloom("sessions", "list", "--json").json["sessions"]
    assert (oldest["id"], oldest["turns"], newest["turns"]) == (conversation.stem, 2, 3)
    assert turns_of(citeloom, newest["id"]) == [RATE, SLOWNESS, "Who ranks proof steps?"]


def test_a_follow_up_is_put_so_that_it_stands_alone_and_papers_keep_their_numbers(
    citeloom: Citeloom, papers: Path, conversation: Path
) -> None:
    asked = "How long does the training of Zeppelin-7B take?"
    with ScriptedServer(by_turns(Text(asked), citing(TRAINING))) as server:
        run = citeloom(
            *("ask", "-c", "--model", "scripted", "--json", "And how long does its training take?"),
            *("--library", papers),
            env=at(server),
        )

    assert (run.code, run.err, run.json["asked"], run.json["usage"]["calls"]) == (0, "", asked, 2)
    assert [(one["number"], one["key"]) for one in run.json["references"]] == [(1, "lee2024zeppelin")]
    assert RATE in server.requests[0].prompt
    assert len(turns_of(citeloom, conversation.stem)) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("ask", "-c", "--session", "x", RATE), 2, "-c and --session"),
        (("ask", "--fork", RATE), 2, "--fork needs a session"),
        (("ask", "-c", "--no-save", RATE), 2, "--no-save excludes"),
        (("ask", "-c", RATE), 5, "no session to go on with"),
        (("sessions", "show"), 5, "no session yet"),
        (("sessions", "undo"), 5, "no session yet"),
        (("sessions", "restore", "x"), 5, "no session x"),
    ],
)
def test_what_cannot_be_meant_or_found_is_refused(
    citeloom: Citeloom, arguments: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    run = citeloom(*arguments)

    assert (run.code, run.out) == (code, "")
    assert said in error_of(run.err)[0]
    assert not sessions_of(tmp_path).exists()


def test_an_id_that_there_is_not_is_told_with_the_nearest(citeloom: Citeloom, conversation: Path) -> None:
    meant = conversation.stem
    typed = f"{meant[:-1]}{'x' if meant[-1] != 'x' else 'y'}"

    run = citeloom("sessions", "show", typed)

    assert (run.code, run.out) == (5, "")
    assert error_of(run.err) == (
        f"citeloom: error: there is no session {typed}",
        f"hint: did you mean {meant}?",
    )


def test_showing_a_session_needs_neither_model_nor_library(citeloom: Citeloom, conversation: Path) -> None:
    with ScriptedServer([]) as server:
        env = at(server, CITELOOM_MODEL="scripted")
        shown = citeloom("sessions", "show", env=env)
        second = citeloom("sessions", "show", conversation.stem[-4:], "--turn", "2", "--json", env=env)

    assert (shown.code, shown.err, second.code) == (0, "", 0)
    assert conversation.stem in shown.out.splitlines()[0]
    told = one_line(shown.out)
    assert told.index(f"1. {RATE}") < told.index(f"“{SOLVES}.” [1.3]") < told.index(f"2. {SLOWNESS}")
    assert told.count(f"“{LATENCY}.”") == 1
    assert (second.json["schema"], second.json["id"]) == ("citeloom.session/1", conversation.stem)
    (turn,) = second.json["turns"]
    assert (turn["turn"], turn["answer"]["mode"], turn["answer"]["model"]) == (2, "model", "scripted")
    assert (server.requests, server.other_requests) == ([], [])


def test_a_session_is_found_by_its_words_renamed_removed_and_brought_back(
    citeloom: Citeloom, conversation: Path
) -> None:
    name = conversation.stem
    assert citeloom("sessions", "rename", name, "About robots").out == f"{name}  About robots\n"
    listed = citeloom("sessions", "list").out
    assert listed.startswith(name)
    assert listed.endswith("  2  About robots\n")
    assert citeloom("sessions", "list", "--find", "QUOKKA robots").out == listed
    nothing = citeloom("sessions", "list", "--find", "submarines")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "citeloom: there is no such session\n")

    assert citeloom("sessions", "remove", name).out == f"removed {name}  About robots\n"
    assert citeloom("sessions", "list", "--json").json == {"schema": "citeloom.sessions/1", "sessions": []}
    assert citeloom("sessions", "restore", name).out == f"restored {name}  About robots\n"
    assert citeloom("sessions", "list").out == listed


@pytest.mark.usefixtures("conversation")
def test_undo_takes_back_turn_after_turn_until_there_is_none(citeloom: Citeloom) -> None:
    assert citeloom("sessions", "undo").out == f"taken back: {SLOWNESS}\n"
    assert turns_of(citeloom) == [RATE]
    assert citeloom("sessions", "undo").code == 0
    none_left = citeloom("sessions", "undo")
    assert (none_left.code, none_left.out) == (5, "")
    assert "no turn to take back" in error_of(none_left.err)[0]


def test_where_sessions_cannot_be_kept_the_answer_is_given_all_the_same_and_told(papers: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)

    run = run_with(obey_modes, "ask", RATE, "--library", papers)

    assert run.code == 0
    assert f"“{SOLVES}.”" in one_line(run.out)
    assert run.err == f"citeloom: the answer is not kept in a session: {home} cannot be written to\n"


def test_a_home_that_is_a_file_does_not_cost_the_answer(citeloom: Citeloom, papers: Path, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder", encoding="utf-8")

    run = citeloom("ask", RATE, "--library", papers)

    assert run.code == 0
    assert "not kept in a session" in run.err


def test_a_damaged_file_is_named_with_the_line_and_the_rest_of_it_is_shown(
    citeloom: Citeloom, papers: Path, conversation: Path
) -> None:
    lines = conversation.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines, 1) if f'"text":"{RATE}"' in line)
    lines[place - 1] = lines[place - 1][:40]
    conversation.write_text("\n".join(lines) + "\n", encoding="utf-8")

    shown = citeloom("sessions", "show")
    checked = citeloom("check", "--json", "--library", papers)

    assert shown.code == 0
    assert f"line {place} of {conversation.name}" in shown.err
    assert f"“{SOLVES}.”" in one_line(shown.out)
    assert f"“{LATENCY}.”" in one_line(shown.out)
    assert (checked.code, checked.json["ok"]) == (5, False)
    assert f"line {place} of {conversation.name}" in checked.json["damage"][0]
    assert {row["verdict"] for row in checked.json["rows"]} == {"there"}


def test_many_questions_go_on_with_the_session_that_is_named(
    citeloom: Citeloom, papers: Path, conversation: Path
) -> None:
    run = citeloom(
        *("ask", "-", "--jsonl", "--session", conversation.stem, "--library", papers), stdin=f"{SLOWNESS}\n{RATE}\n"
    )

    assert (run.code, [row["question"] for row in run.json_lines]) == (0, [SLOWNESS, RATE])
    assert turns_of(citeloom) == [RATE, SLOWNESS, SLOWNESS, RATE]
