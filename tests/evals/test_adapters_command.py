"""`eval datasets` and `eval convert`: what they print, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from agent.cli.diagnostics import Verbosity
from evals.adapters import DATASETS
from evals.command import data
from tests.evals.adapter_samples import DATA

SCIFACT = DATA / "scifact"


def run(*arguments: str) -> None:
    """The commands as `citeloom eval` runs them."""
    app = typer.Typer()
    data.register(app)
    app(args=[*arguments], standalone_mode=False)


def test_the_command_lists_every_format_with_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    run("datasets")
    text = capsys.readouterr().out
    assert all(dataset.name in text and dataset.wanted[0].patterns[0] in text for dataset in DATASETS)
    run("datasets", "--json")
    content = json.loads(capsys.readouterr().out)
    assert content["schema"] == "citeloom.eval-datasets/1"
    assert [item["name"] for item in content["datasets"]] == [dataset.name for dataset in DATASETS]
    assert all(item["files"] for item in content["datasets"])


def test_the_command_prints_the_counts_and_names_what_is_left_out_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Verbosity, "quiet", False)
    run("convert", "beir", str(DATA / "beir"), "--output", str(tmp_path / "my out"))
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "3 papers, 2 questions (0 unanswerable), 0 facts",
        "left out: 1 × a judged paper that is not among the papers",
        "left out: 1 × a paper whose abstract is missing or too short",
        "left out: 1 × a question none of whose papers is among the papers",
    ]
    assert "left out: corpus.jsonl line 4: a paper whose abstract is missing or too short" in said.err
    assert f"add '{tmp_path}/my out/papers.jsonl'" in said.err


def test_the_command_prints_json_alone_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("convert", "scifact", str(SCIFACT), "-o", str(tmp_path), "--json")
    assert json.loads(capsys.readouterr().out) == {
        "schema": "citeloom.eval-convert/1",
        "written": {"papers": str(tmp_path / "papers.jsonl"), "gold": str(tmp_path / "gold.jsonl")},
        "counts": {"papers": 7, "questions": 5, "unanswerable": 1, "facts": 7, "left_out": {}},
    }


def test_the_command_counts_what_it_does_not_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Verbosity, "quiet", False)
    monkeypatch.setattr(Verbosity, "verbose", False)
    (tmp_path / "corpus.jsonl").write_text((SCIFACT / "corpus.jsonl").read_text() + "no json\n" * 25)
    (tmp_path / "claims.jsonl").write_bytes((SCIFACT / "claims_train.jsonl").read_bytes())
    run("convert", "scifact", str(tmp_path), "-o", str(tmp_path / "out"))
    said = capsys.readouterr().err
    assert said.count("left out: corpus.jsonl line") == 20
    assert "and 5 more; -v names them all" in said
