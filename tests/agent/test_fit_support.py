"""The fit of the support model, on a tiny set in SciFact's format that is made up here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.relevance import Logistic
from agent.support_signals import Cited, signals
from evals import fit_support
from evals.fit_support import figures, load_pairs
from store.embedding import Vector

SUBJECTS = "otters turbines lichens comets violins glaciers magnets beetles harbours lanterns".split()


def write_set(folder: Path) -> None:
    """For each subject an abstract; a claim that it supports, one it contradicts, one it leaves open."""
    (folder / "scifact").mkdir()
    corpus: list[dict[str, Any]] = []
    claims: list[dict[str, Any]] = []
    for number, subject in enumerate(SUBJECTS):
        sentences = [
            f"We watched {subject} for a winter.",
            f"Cold water makes {subject} grow larger.",
            f"Warm rain makes {subject} smaller.",
            "More work is needed.",
        ]
        corpus.append({"doc_id": number, "title": f"On {subject}", "abstract": sentences, "structured": False})
        evidence: list[tuple[str, dict[str, Any]]] = [
            (f"{subject} grow larger in cold water", {str(number): [{"sentences": [1], "label": "SUPPORT"}]}),
            (f"Warm rain makes {subject} larger", {str(number): [{"sentences": [2], "label": "CONTRADICT"}]}),
            (f"{subject} are traded at noon", {}),
        ]
        for text, known in evidence:
            claims.append({"id": len(claims), "claim": text, "evidence": known, "cited_doc_ids": [number]})
    for name, lines in (("corpus", corpus), ("claims_train", claims)):
        written = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / "scifact" / f"{name}.jsonl").write_text(written, encoding="utf-8")


def by_letters(texts: list[str]) -> Vector:
    """Unit vectors of letter counts."""
    counts = np.array(
        [[text.lower().count(chr(97 + at)) + 0.01 for at in range(26)] for text in texts], dtype=np.float32
    )
    unit: Vector = counts / np.linalg.norm(counts, axis=1, keepdims=True)
    return unit


def test_the_pairs_are_of_four_kinds_and_a_negative_is_never_evidence(tmp_path: Path) -> None:
    write_set(tmp_path)

    pairs = load_pairs(tmp_path / "scifact", by_letters)

    kinds = [pair.kind for pair in pairs]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "support": 10,
        "contradict": 10,
        "no evidence": 20,
        "other sentence": 20,
    }
    assert all("grow larger" not in pair.cited[0].sentence for pair in pairs if pair.kind == "other sentence")


def test_claims_and_abstracts_that_hang_together_are_one_group(tmp_path: Path) -> None:
    write_set(tmp_path)

    pairs = load_pairs(tmp_path / "scifact", by_letters)

    assert len({pair.group for pair in pairs}) == len(SUBJECTS)
    for title in {pair.cited[0].title for pair in pairs}:
        assert len({pair.group for pair in pairs if pair.cited[0].title == title}) == 1


def test_the_fit_writes_a_model_of_the_signals_with_its_provenance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_set(tmp_path)
    target = tmp_path / "support.json"

    fit_support.main(["--data", str(tmp_path), "--write"], target=target)

    content = json.loads(target.read_text(encoding="utf-8"))
    assert set(content["support"]["weights"]) == set(signals("A claim.", [Cited("A claim.", "", "A claim.")], [1.0]))
    assert content["provenance"]["pairs"]["support"] == 10
    assert Logistic(**content["support"]).weights["coverage"] > 0
    assert "against contradict" in capsys.readouterr().out


def test_nothing_is_written_unless_asked_for(tmp_path: Path) -> None:
    write_set(tmp_path)

    fit_support.main(["--data", str(tmp_path)], target=tmp_path / "support.json")

    assert not (tmp_path / "support.json").exists()


def test_precision_and_recall_are_shares_of_what_passed_and_of_what_should() -> None:
    truth = np.array([1, 1, 0, 0], dtype=np.float32)

    assert figures(np.array([True, False, True, False]), truth) == (0.5, 0.5)
    assert figures(np.zeros(4, dtype=bool), truth) == (1.0, 0.0)
