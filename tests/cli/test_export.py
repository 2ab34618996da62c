"""`citeloom export`: a session in every format, to stdout or to a file, and nothing but what was answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rispy

from agent.export import FORMATS
from tests.cli.conftest import SLOWNESS, SOLVES, error_of
from tests.conftest import Citeloom

CITED = {"lee2024zeppelin", "lee2024quokka"}


def keys_in(text: str, form: str) -> set[str]:
    """The keys of the papers that an export names."""
    rows: list[dict[str, Any]] = rispy.loads(text) if form == "ris" else json.loads(text)
    return {row["id"] for row in rows}


@pytest.mark.usefixtures("conversation")
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_the_same_on_stdout_and_in_a_file(citeloom: Citeloom, tmp_path: Path, form: str) -> None:
    printed = citeloom("export", "-f", form)
    (tmp_path / "out").write_text("what stood there before", encoding="utf-8")
    written = citeloom("export", "-f", form, "-o", "out")

    assert (printed.code, printed.err) == (0, "")
    assert (written.code, written.out, written.err) == (0, "", "")
    assert (tmp_path / "out").read_bytes().decode() == printed.out
    assert all(key in printed.out for key in CITED)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "out"]


@pytest.mark.usefixtures("conversation")
@pytest.mark.parametrize("form", ["ris", "csl-json"])
def test_only_cited_papers_are_listed_unless_all_are_wanted(citeloom: Citeloom, form: str) -> None:
    cited = citeloom("export", "-f", form).out
    every = citeloom("export", "-f", form, "--all").out

    assert keys_in(cited, form) == CITED
    assert keys_in(every, form) > CITED


@pytest.mark.usefixtures("conversation")
def test_one_turn_can_be_exported_alone(citeloom: Citeloom) -> None:
    run = citeloom("sessions", "export", "--turn", "2", "-f", "json")

    (answer,) = run.json["answers"]
    assert answer["question"] == SLOWNESS
    assert SOLVES not in run.out


@pytest.mark.usefixtures("conversation")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("-f", "pdf"), 2, "no format 'pdf'"),
        (("--turn", "7"), 5, "no such answer"),
        (("-o", "home"), 2, "home cannot be written"),
        (("-o", "nowhere/out.md"), 2, "nowhere/out.md cannot be written"),
        (("-o", "."), 2, "cannot be written"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_a_reason(
    citeloom: Citeloom, arguments: tuple[str, ...], code: int, said: str
) -> None:
    run = citeloom("export", *arguments)

    assert (run.code, run.out) == (code, "")
    assert said in error_of(run.err)[0]


def test_a_session_without_an_answer_has_nothing_to_export(citeloom: Citeloom, papers: Path) -> None:
    none_yet = citeloom("export")
    asked = citeloom("ask", SLOWNESS, "--scope", "year:1900", "--library", papers)
    failed = citeloom("export")

    assert asked.code == 5
    assert (none_yet.code, none_yet.out, failed.code, failed.out) == (5, "", 5, "")
    assert "no session yet" in error_of(none_yet.err)[0]
    assert "no such answer" in error_of(failed.err)[0]
