"""`citeloom ask --model`: one request, a checked answer, and plain words where the model cannot be had."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent import events
from agent.answer import Answer
from agent.cli.streaming import AnswerOnTerminal
from tests.agent.conftest import by_turns, citing, place_of
from tests.cli.conftest import KEY, LATENCY, RATE, SLOWNESS, SOLVES, at, error_of, one_line, sessions_of
from tests.conftest import ENTRY, REPOSITORY, Citeloom
from tests.support.replies import Reply, Request, Status, Text
from tests.support.server import ScriptedServer

CONTRACT = """schema question mode model abstained text claims references nearest usage timings warnings""".split()
CLAIM = {"text", "support", "citations"}
CITATION = {"number", "key", "sentence", "start", "end", "quote", "support_score"}
REFERENCE = {"number", "key", "title", "authors", "year", "url", "sha256"}
USAGE = {"calls", "prompt_tokens", "completion_tokens", "cost_usd"}
TIMINGS = {"retrieve_ms", "first_token_ms", "total_ms"}
AT_ONCE = {"retry-after": "0"}
FAULTS = {
    "What does a wrong key do?": [Status(401, f"Incorrect API key provided: {KEY}")],
    "What does a forbidden model do?": [Status(403)],
    "What does an unknown model do?": [Status(404)],
    "What does a bad request do?": [Status(400)],
    "What does a crowd do?": [Status(429, headers=AT_ONCE)] * 3,
    "What does a failing server do?": [Status(500, headers=AT_ONCE)] * 3,
    "What does an overloaded server do?": [Status(503, headers=AT_ONCE)] * 3,
}
SAID = ("(401)", "(403)", "(404)", "(400)", "(429)", "(500)", "(503)")


# What an answer is


def test_a_question_is_one_request_and_the_answer_ends_with_the_exact_sentence(
    citeloom: Citeloom, papers: Path, tmp_path: Path
) -> None:
    with ScriptedServer(by_turns(citing(SOLVES))) as server:
        env = at(server, CITELOOM_MODEL="another")
        run = citeloom("ask", "--model", "scripted", "--offline", RATE, "--library", papers, env=env)

    assert (run.code, run.err, len(server.requests)) == (0, "", 1)
    text, references = run.out.split("\n\n", 1)
    assert one_line(text) == f"{SOLVES} [1.3]."
    assert one_line(references) == (
        f"[1] Zeppelin: Open Provers for Formal Mathematics (Lee, 2024) lee2024zeppelin “{SOLVES}.” [1.3]"
    )
    assert "\x1b" not in run.out
    (request,) = server.requests
    assert request.body["model"] == "scripted"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    (kept,) = sessions_of(tmp_path).glob("*.jsonl")
    assert KEY not in kept.read_text(encoding="utf-8")


def test_the_json_has_every_field_of_the_contract_and_every_citation_resolves_to_the_library(
    citeloom: Citeloom, papers: Path
) -> None:
    def some_wrong(request: Request) -> Reply:
        solves, latency = place_of(request, SOLVES), place_of(request, LATENCY)
        return Text(f"{SOLVES} [{solves}]. Quokka plans in 12 ms [{latency}]. It is the best of all [99.1].")

    script = by_turns(some_wrong, Text("2: DELETE"))
    question = f"{RATE} {SLOWNESS}"
    with ScriptedServer(script) as server:
        run = citeloom("ask", "--model", "scripted", "--json", question, "--library", papers, env=at(server))
    stored = {row["key"]: row for row in citeloom("papers", "list", "--jsonl", "--library", papers).json_lines}

    answer = run.json
    assert set(CONTRACT) <= answer.keys()
    assert answer["usage"].keys() >= USAGE
    assert answer["timings"].keys() >= TIMINGS
    assert (answer["schema"], answer["mode"], answer["model"]) == ("citeloom.answer/1", "model", "scripted")
    assert (answer["usage"]["calls"], len(server.requests), answer["usage"]["cost_usd"]) == (2, 2, None)
    assert answer["usage"]["prompt_tokens"] > 500
    assert [claim["support"] for claim in answer["claims"]] == ["supported", "weak"]
    assert all(claim.keys() >= CLAIM for claim in answer["claims"])
    citations = [citation for claim in answer["claims"] for citation in claim["citations"]]
    assert len(citations) == 2
    for citation in citations:
        assert citation.keys() >= CITATION
        paper = stored[citation["key"]]
        assert paper["abstract"][citation["start"] : citation["end"]] == citation["quote"]
        assert paper["sha256"] == citation["sha256"]
    listed = {reference["number"]: reference for reference in answer["references"]}
    assert set(map(int, re.findall(r"\[(\d+)\]", answer["text"]))) == set(listed)
    for reference in listed.values():
        assert reference.keys() >= REFERENCE
        assert reference["title"] == stored[reference["key"]]["title"]


# Which model, and where


def test_model_and_key_may_stand_in_files_and_an_address_in_the_environment_beats_the_settings(
    citeloom: Citeloom, papers: Path, tmp_path: Path, nobody: str
) -> None:
    folder = tmp_path / "home" / "config"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f'model = "from-the-file"\nbase_url = "{nobody}"\n', encoding="utf-8")
    (folder / "keys.toml").write_text(f'openai_api_key = "{KEY}"\n', encoding="utf-8")
    (folder / "keys.toml").chmod(0o600)
    with ScriptedServer(by_turns(citing(SOLVES))) as server:
        run = citeloom("ask", RATE, "--library", papers, env={"CITELOOM_BASE_URL": server.base_url})

    assert (run.code, run.err) == (0, "")
    (request,) = server.requests
    assert request.body["model"] == "from-the-file"
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_mode_quote_asks_no_model_and_says_nothing_of_it(citeloom: Citeloom, papers: Path) -> None:
    with ScriptedServer([]) as server:
        run = citeloom(
            "ask", "--mode", "quote", "--model", "scripted", "--json", RATE, "--library", papers, env=at(server)
        )

    assert (run.code, run.err, run.json["mode"], run.json["model"]) == (0, "", "quote", None)
    assert run.json["usage"]["calls"] == 0
    assert (server.requests, server.other_requests) == ([], [])


def test_a_key_without_a_model_is_told_and_quoted_without_a_request(citeloom: Citeloom, papers: Path) -> None:
    with ScriptedServer([]) as server:
        run = citeloom("ask", RATE, "--library", papers, env=at(server))
        demanded = citeloom("ask", "--mode", "model", RATE, "--library", papers, env=at(server))

    assert run.code == 0
    assert f"“{SOLVES}.”" in one_line(run.out)
    assert "no model is chosen (--model NAME)" in run.err
    assert (demanded.code, demanded.out) == (2, "")
    assert "no model is chosen" in error_of(demanded.err)[0]
    assert (server.requests, server.other_requests) == ([], [])


def test_offline_excludes_a_model_that_is_elsewhere(citeloom: Citeloom, papers: Path) -> None:
    env = {"OPENAI_BASE_URL": "http://models.example.com/v1", "OPENAI_API_KEY": KEY, "CITELOOM_MODEL": "scripted"}
    run = citeloom("--offline", "ask", RATE, "--json", "--library", papers, env=env)
    demanded = citeloom("--offline", "ask", RATE, "--mode", "model", "--library", papers, env=env)

    assert (run.code, run.json["mode"]) == (0, "quote")
    assert run.err == "citeloom: answering by quoting: --offline excludes the model at models.example.com\n"
    assert (demanded.code, demanded.out) == (2, "")
    assert "models.example.com" in error_of(demanded.err)[0]


# What becomes of a model that fails


def test_mode_auto_quotes_where_the_model_cannot_be_had_and_says_so(citeloom: Citeloom, papers: Path) -> None:
    with ScriptedServer([Status(401, f"Incorrect API key provided: {KEY}")]) as server:
        run = citeloom("ask", "--model", "scripted", "--json", RATE, "--library", papers, env=at(server))

    said = "127.0.0.1 does not accept the key (401); answered by quoting instead"
    assert run.code == 0
    assert run.json["mode"] == "quote"
    assert run.json["warnings"] == [said]
    assert run.json["usage"]["calls"] == 1
    assert run.err == f"citeloom: {said} (check OPENAI_API_KEY, or keys.toml)\n"
    assert KEY not in run.out


def test_a_fall_back_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    said = "the model is gone; answered by quoting instead"
    terminal = AnswerOnTerminal(streams=False, chat=True)
    with terminal.watching() as hear:
        hear(events.Notice(said, "start it"))
    terminal.show(Answer("How fast?", "quote", "", warnings=(said,)))

    assert capsys.readouterr().err == f"citeloom: {said} (start it)\n"


def test_mode_model_never_quotes_and_every_fault_of_a_list_of_questions_is_told_in_order(
    citeloom: Citeloom, papers: Path
) -> None:
    script = [reply for replies in FAULTS.values() for reply in replies]
    questions = [*FAULTS, RATE]
    with ScriptedServer(by_turns(*script, citing(SOLVES))) as server:
        run = citeloom(
            *("ask", "-", "--jsonl", "--mode", "model", "--model", "scripted", "--library", papers),
            stdin="\n".join(questions) + "\n",
            env=at(server),
        )

    *failed, answer = run.json_lines
    assert run.code == 3
    assert [row["question"] for row in (*failed, answer)] == questions
    assert {(row["schema"], row["exit_code"]) for row in failed} == {("citeloom.error/1", 3)}
    assert [said for said, row in zip(SAID, failed, strict=True) if said not in row["error"]] == []
    assert all(row["hint"] for row in failed)
    assert (answer["mode"], answer["references"][0]["key"]) == ("model", "lee2024zeppelin")
    assert len(server.requests) == len(script) + 1
    assert "(401)" in error_of(run.err)[0]
    assert KEY not in run.out


def test_an_endpoint_that_is_not_there_ends_mode_model_with_code_3_and_two_lines(
    citeloom: Citeloom, papers: Path, nobody: str
) -> None:
    run = citeloom(
        *("-q", "ask", "--mode", "model", "--model", "scripted", RATE, "--library", papers),
        env={"OPENAI_BASE_URL": nobody, "OPENAI_API_KEY": KEY},
    )

    assert (run.code, run.out, len(run.err.splitlines())) == (3, "", 2)
    assert nobody in error_of(run.err)[0]
    turn = citeloom("sessions", "show", "--json").json["turns"][0]
    assert (turn["question"], turn["answer"]) == (RATE, None)
    assert nobody in turn["error"]


def test_a_silent_endpoint_ends_mode_model_with_code_4(citeloom: Citeloom, papers: Path) -> None:
    with ScriptedServer([Text("too late", delay=300.0)]) as server:
        run = citeloom(
            *("ask", "--mode", "model", "--model", "scripted", RATE, "--library", papers),
            env=at(server, CITELOOM_LIMITS_SILENCE="1", CITELOOM_LIMITS_CALLS="1"),
        )

    assert (run.code, run.out) == (4, "")
    message, hint = error_of(run.err)
    assert "was silent for 1 s" in message
    assert "limits.silence" in hint


def test_a_limit_that_leaves_no_room_for_a_call_is_told_and_the_answer_quoted_in_any_mode(
    citeloom: Citeloom, papers: Path
) -> None:
    with ScriptedServer([]) as server:
        run = citeloom(
            *("ask", "--mode", "model", "--model", "scripted", "--json", RATE, "--library", papers),
            env=at(server, CITELOOM_LIMITS_TOKENS="1000"),
        )

    assert (run.code, run.json["mode"], server.requests) == (0, "quote", [])
    assert run.json["warnings"] == ["the limit of 1,000 tokens is reached; answered by quoting instead"]
    assert "raise limits.tokens" in run.err


def test_strict_turns_an_abstention_of_the_model_into_code_6(citeloom: Citeloom, papers: Path) -> None:
    with ScriptedServer([Text("The library does not answer this.")]) as server:
        run = citeloom("ask", "--strict", "--model", "scripted", RATE, "--library", papers, env=at(server))

    assert (run.code, len(server.requests)) == (6, 1)
    assert run.out.startswith("The library does not answer this.\n\nNearest papers (they do not answer it):\n")
    assert "does not answer" in error_of(run.err)[0]


def test_whoever_reads_the_answer_may_leave_and_it_is_kept_all_the_same(papers: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENTRY, "ask", RATE, "--library", str(papers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (141, b"")
    (kept,) = sessions_of(tmp_path).glob("*.jsonl")
    assert json.loads(kept.read_text(encoding="utf-8").splitlines()[-1])["type"] == "answer"
