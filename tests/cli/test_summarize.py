"""`citeloom summarize`: all parts with their citations, in every format, taken up again where it broke off."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pybtex.database
import pytest

from store.library import Library
from tests.agent.conftest import marks_in
from tests.cli.conftest import at, error_of
from tests.conftest import ENTRY, REPOSITORY, Citeloom
from tests.support.replies import Reply, Request, Status, Text
from tests.support.server import ScriptedServer

TOPIC = "autoformalization"
PARTS = ("Overview", "Comparison", "Timeline", "Open questions", "References", "Coverage")
NAMES = ("Synthetic proof data", "Formal verification", "Competition problems", "Large-scale Lean", "Formal languages")
FINISHED = {NAMES[0], NAMES[1]}
FETCHED = re.compile(r"<(?:script|link|img|iframe|object)\b|@import|url\((?!#)|\bsrc=", re.IGNORECASE)
_SENTENCE = re.compile(r"(?m)^(\d+\.\d+) (.+)$")
_CLAIM = re.compile(r"[^.\n]+ \[\d+\.\d+\]")


class Author:
    """A model that writes summaries by copying what it is shown; it may hang at some sections, or know no key."""

    def __init__(self, *, finishes: set[str] | None = None, knows_the_key: bool = True) -> None:
        self.outlines = 0
        self.sections: list[str] = []
        """The themes whose sections were asked for."""
        self._finishes = finishes
        self._knows_the_key = knows_the_key

    def __call__(self, request: Request) -> Reply:
        system, user = (message["content"] for message in request.body["messages"])
        theme = re.search(r"(?m)^Theme of this section: (.+)$", user)
        if theme:
            self.sections.append(theme[1])
        if "Name each theme" in system:
            self.outlines += 1
            return Text("\n".join(f"{at}: {name}" for at, name in enumerate(NAMES, 1)))
        if not self._knows_the_key:
            return Status(401)
        if theme and self._finishes is not None and theme[1] not in self._finishes:
            return Text("too late", delay=300.0)
        if "You fill a table" in system:
            place, sentence = _SENTENCE.findall(user)[0]
            return Text(f"{place.split('.')[0]}/1: {sentence.rstrip('.')} [{place}]")
        if "overview of a literature summary" in system:
            return Text(f"{_CLAIM.findall(user)[0].strip()}.")
        if "Mend each failed claim" in system:
            return Text("1: DELETE")
        return Text(" ".join(f"{sentence.rstrip('.')} [{place}]." for place, sentence in _SENTENCE.findall(user)[:2]))


def claims_of(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Every claim of a summary's JSON."""
    sections = [summary["overview"], *summary["sections"], summary["open_questions"]]
    claims = [claim for section in sections for block in section["blocks"] for claim in block["claims"]]
    return claims + [cell for row in summary["table"]["rows"] for cell in row["cells"] if cell]


def assert_every_citation_resolves(summary: dict[str, Any], library: Library) -> None:
    citations = [citation for claim in claims_of(summary) for citation in claim["citations"]]
    keys = {reference["number"]: reference["key"] for reference in summary["references"]}
    assert citations
    for citation in citations:
        paper = library.get(citation["key"])
        assert paper is not None
        assert paper.abstract[citation["start"] : citation["end"]] == citation["quote"] != ""
        assert paper.sha256 == citation["sha256"]
        assert keys[citation["number"]] == citation["key"]


def summarize(*more: str | Path, library: Path) -> list[str | Path]:
    return ["summarize", TOPIC, "--library", library, *more]


@contextmanager
def begun(arguments: list[str | Path], server: ScriptedServer, kept: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run in whose third section the model hangs, once two parts are on disk."""
    with subprocess.Popen(
        [sys.executable, "-c", ENTRY, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **at(server)},
    ) as process:
        try:
            until = time.monotonic() + 300
            while len(list(kept.glob("*/part-*.json"))) < len(FINISHED) or len(server.requests) < 1 + len(NAMES):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the finished parts of summaries are kept."""
    return tmp_path / "home" / "data" / "summaries"


# By quoting


def test_a_quoted_summary_has_every_part_and_every_mark_names_a_stored_sentence(
    citeloom: Citeloom, seed_folder: Path, seed_library: Library, tmp_path: Path
) -> None:
    text = citeloom(*summarize(library=seed_folder))
    written = citeloom(*summarize("--json", "-o", "out.json", library=seed_folder))
    summary = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))

    assert (text.code, text.err, written.code, written.out, written.err) == (0, "", 0, "", "")
    assert summary["mode"] == "quote"
    headings = re.findall(r"(?m)^## (.+)$", text.out)
    themes = [section["title"] for section in summary["sections"]]
    assert len(themes) > 2
    assert set(headings) - {"Relevant, not cited"} == {*PARTS, *themes}
    assert_every_citation_resolves(summary, seed_library)
    citations = [citation for claim in claims_of(summary) for citation in claim["citations"]]
    assert set(marks_in(text.out)) == {(citation["number"], citation["sentence"]) for citation in citations}


def test_the_page_needs_nothing_from_elsewhere(citeloom: Citeloom, seed_folder: Path, tmp_path: Path) -> None:
    run = citeloom(*summarize("-f", "html", "-o", "out.html", library=seed_folder))

    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert (run.code, run.out, run.err) == (0, "", "")
    assert page.lower().startswith("<!doctype html>")
    assert "<svg" in page
    assert FETCHED.findall(page) == []
    assert all(part in page for part in PARTS)


def test_the_bibliography_of_a_scope_is_read_by_another_program(
    citeloom: Citeloom, seed_folder: Path, seed_library: Library
) -> None:
    run = citeloom("summarize", "process reward models", "-f", "bib", "--scope", "year:2024", "--library", seed_folder)

    found = pybtex.database.parse_string(run.out, "bibtex").entries
    assert run.code == 0
    assert len(found) > 1
    for key in found:
        paper = seed_library.get(key)
        assert paper is not None
        assert paper.year == 2024


def test_a_topic_that_is_not_covered_is_said_so_and_strict_makes_it_code_6(citeloom: Citeloom, papers: Path) -> None:
    arguments = ("summarize", "enzymes that digest plastic", "--library", papers)
    run, strict = citeloom(*arguments), citeloom(*arguments, "--strict")

    assert (run.code, run.err, strict.code) == (0, "", 6)
    assert "The library does not cover this topic." in run.out
    assert "which do not support anything here" in run.out
    assert strict.out == run.out
    assert "does not cover" in error_of(strict.err)[0]


def test_a_bibliography_of_a_topic_that_is_not_covered_is_told_to_be_empty(citeloom: Citeloom, papers: Path) -> None:
    run = citeloom("summarize", "enzymes that digest plastic", "-f", "bib", "--library", papers)

    assert (run.code, run.out.strip()) == (0, "")
    assert "does not cover" in run.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((" ",), 2, "is empty"),
        ((TOPIC, "--scope", "yeer:2024"), 2, "yeer:2024"),
        ((TOPIC, "--scope", "year:1900"), 5, "year:1900"),
        ((TOPIC, "-f", "pdf"), 2, "no format 'pdf'"),
        ((TOPIC, "--mode", "model"), 2, "no model is chosen"),
    ],
)
def test_what_cannot_be_summarised_is_refused_with_a_reason(
    citeloom: Citeloom, papers: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    run = citeloom("summarize", *arguments, "--library", papers)

    assert (run.code, run.out) == (code, "")
    assert said in error_of(run.err)[0]


# With a model


def test_a_summary_that_was_killed_in_its_third_section_is_taken_up_there(
    citeloom: Citeloom, seed_folder: Path, seed_library: Library, kept: Path
) -> None:
    arguments = summarize("--model", "scripted", "--json", library=seed_folder)
    before, after = Author(finishes=FINISHED), Author()
    with ScriptedServer(before) as server, begun(arguments, server, kept) as process:
        process.kill()
    with ScriptedServer(after) as server:
        run = citeloom(*arguments, env=at(server))

    assert (before.outlines, set(before.sections)) == (1, set(NAMES))
    assert (run.code, run.err) == (0, "")
    assert after.outlines == 0
    assert sorted(after.sections) == sorted(set(NAMES) - FINISHED)
    assert (run.json["mode"], run.json["model"]) == ("model", "scripted")
    assert [section["title"] for section in run.json["sections"]] == list(NAMES)
    assert all(section["blocks"] for section in (run.json["overview"], *run.json["sections"]))
    assert run.json["table"]["rows"]
    assert run.json["timeline"]
    assert run.json["usage"]["calls"] >= 1 + len(NAMES) + 2
    assert_every_citation_resolves(run.json, seed_library)


def test_ctrl_c_ends_a_summary_with_code_130_and_keeps_the_finished_parts(seed_folder: Path, kept: Path) -> None:
    arguments = summarize("--model", "scripted", library=seed_folder)
    with ScriptedServer(Author(finishes=FINISHED)) as server, begun(arguments, server, kept) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)

    assert (process.returncode, out) == (130, b"")
    message, hint = error_of(err.decode())
    assert "stopped" in message
    assert "run it again to go on" in hint
    written = [json.loads(path.read_text(encoding="utf-8")) for path in kept.glob("*/part-*.json")]
    assert {part["title"] for part in written} == FINISHED


def test_sections_that_a_failing_model_left_are_quoted_in_mode_auto_and_written_by_the_next_run(
    citeloom: Citeloom, seed_folder: Path, seed_library: Library
) -> None:
    arguments = summarize("--model", "scripted", "--json", library=seed_folder)
    failing, working = Author(knows_the_key=False), Author()
    with ScriptedServer(failing) as server:
        first = citeloom(*arguments, env=at(server))
    with ScriptedServer(working) as server:
        second = citeloom(*arguments, env=at(server))

    assert (first.code, second.code, second.err) == (0, 0, "")
    assert "does not accept the key (401)" in first.err
    assert any("quoted" in warning for warning in first.json["warnings"])
    assert_every_citation_resolves(first.json, seed_library)
    assert set(failing.sections) == set(NAMES)
    assert working.outlines == 0
    assert sorted(working.sections) == sorted(NAMES)
    assert second.json["warnings"] == []


def test_mode_model_never_quotes_a_summary(citeloom: Citeloom, papers: Path) -> None:
    with ScriptedServer(lambda _: Status(401)) as server:
        run = citeloom(
            *("summarize", "proof", "--mode", "model", "--model", "scripted", "--library", papers), env=at(server)
        )

    assert (run.code, run.out) == (3, "")
    assert "(401)" in error_of(run.err)[0]
