"""`citeloom ask`: quoted answers, abstentions, and their JSON."""

from __future__ import annotations

from pathlib import Path

from store.library import Library
from tests.conftest import Citeloom

FACT = "What success rate does Goedel-Prover reach on miniF2F?"
FOREIGN = "Which enzyme breaks down PET plastic fastest?"


def test_a_fact_is_quoted_from_the_paper_that_states_it(citeloom: Citeloom, seed_folder: Path) -> None:
    answer = citeloom("ask", FACT, "--json", "--library", seed_folder).json

    assert [reference["key"] for reference in answer["references"]] == ["lin2025goedel"]
    assert any("57.6%" in claim["text"] for claim in answer["claims"])
    assert answer["schema"] == "citeloom.answer/1"
    assert answer["mode"] == "quote"
    assert answer["model"] is None


def test_every_quotation_is_byte_identical_to_the_stored_sentence(
    citeloom: Citeloom, seed_folder: Path, seed_library: Library
) -> None:
    questions = [FACT, "process reward models", "How does diffusion help planning?", "reward hacking in RLHF"]
    answers = citeloom("ask", "-", "--jsonl", "--library", seed_folder, stdin="\n".join(questions)).json_lines

    citations = [citation for answer in answers for claim in answer["claims"] for citation in claim["citations"]]
    assert len(citations) >= len(questions)
    for citation in citations:
        paper = seed_library.get(citation["key"])
        assert paper is not None
        assert paper.abstract[citation["start"] : citation["end"]] == citation["quote"]
        assert citation["sha256"] == paper.sha256


def test_a_question_that_the_library_does_not_answer_gets_an_abstention(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom("ask", FOREIGN, "--json", "--library", seed_folder)

    assert run.code == 0
    assert run.json["abstained"] is True
    assert run.json["claims"] == []
    assert run.json["references"] == []
    assert len(run.json["nearest"]) == 3


def test_strict_turns_an_abstention_into_exit_code_6(citeloom: Citeloom, seed_folder: Path) -> None:
    run = citeloom("ask", "--strict", FOREIGN, "--library", seed_folder)

    assert run.code == 6
    assert "does not answer" in run.out
    assert run.err.startswith("citeloom: error: ")


def test_no_more_papers_are_quoted_than_are_wanted(citeloom: Citeloom, seed_folder: Path) -> None:
    question = "How are process reward models trained?\n"
    freely = citeloom("ask", "-", "--jsonl", "--library", seed_folder, stdin=question).json_lines[0]
    one = citeloom("ask", "-", "-k", "1", "--jsonl", "--library", seed_folder, stdin=question).json_lines[0]

    assert len(freely["references"]) > 1
    assert [reference["key"] for reference in one["references"]] == [freely["references"][0]["key"]]
