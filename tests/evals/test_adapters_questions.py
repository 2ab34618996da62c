"""The sets of questions (PubMedQA, ScholarQABench, BioASQ) in their exact formats, with variants and broken records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.gold import Flaw
from tests.evals.adapter_samples import DATA, converted, copied


def test_the_paper_of_a_pubmedqa_question_is_the_abstract_with_its_conclusion() -> None:
    counts, questions, papers, flaws = converted("pubmedqa", DATA / "pubmedqa" / "ori_pqal.json")
    question, paper = questions["90000001"], papers["pmid-90000001"]
    assert paper["abstract"].startswith("Clerks sit for most of the day.")
    assert paper["abstract"].endswith("The effect was gone by the evening.")
    assert "title" not in paper
    assert question.gold == ("pmid:90000001",)
    assert [fact.sentence for fact in question.facts] == [
        "A short walk lowered the pulse by four beats.",
        "The effect was gone by the evening.",
    ]
    assert (counts.papers, counts.questions, counts.facts, flaws) == (2, 2, 3, [])


def test_the_mirrored_form_of_pubmedqa_gives_the_same() -> None:
    one = converted("pubmedqa", DATA / "pubmedqa" / "ori_pqal.json")
    other = converted("pubmedqa", DATA / "pubmedqa" / "mirrored.jsonl")
    assert other[1]["90000001"] == one[1]["90000001"]
    assert other[2]["pmid-90000001"]["abstract"] == one[2]["pmid-90000001"]["abstract"]


def test_a_pubmedqa_file_that_breaks_off_gives_what_stands_before(tmp_path: Path) -> None:
    text = (DATA / "pubmedqa" / "ori_pqal.json").read_text()
    cut = tmp_path / "ori_pqal.json"
    cut.write_text(text[: text.index("Fifty patients")])
    counts, questions, _, flaws = converted("pubmedqa", cut)
    assert list(questions) == ["90000001"]
    assert {flaw.reason for flaw in flaws} == {"the JSON ends or breaks here; what follows is not read"}
    assert counts.papers == 1


def test_a_record_of_pubmedqa_without_question_or_text_is_named(tmp_path: Path) -> None:
    content = json.loads((DATA / "pubmedqa" / "ori_pqal.json").read_text())
    content["90000003"] = {"QUESTION": "Where is the text?", "CONTEXTS": [], "LONG_ANSWER": ""}
    content["90000004"] = {**content["90000002"], "QUESTION": None}
    file = tmp_path / "test_set.json"
    file.write_text(json.dumps(content))
    counts, questions, _, flaws = converted("pubmedqa", file)
    assert list(questions) == ["90000001", "90000002"]
    assert [str(flaw) for flaw in flaws] == [
        "test_set.json record 90000003: a paper whose abstract is missing or too short",
        "test_set.json record 90000004: a record without a question",
    ]
    assert counts.left_out == {"a paper whose abstract is missing or too short": 1, "a record without a question": 1}


def test_scholarqa_cs_gives_rubrics_for_answerable_questions_without_gold() -> None:
    folder = DATA / "scholarqa" / "scholarqa_cs"
    counts, questions, papers, flaws = converted("scholarqa", folder)
    question = questions["c0ffee00"]
    assert question.answerable
    assert question.gold == ()
    assert [(item.criterion, item.weight) for item in question.rubric] == [
        ("The answer says what the strength of a knot is.", 0.4),
        ("The answer names a test under shock.", 0.2),
    ]
    assert questions["c0ffee01"].rubric[0].weight == 0.6
    assert (counts.papers, counts.unanswerable, papers, flaws) == (0, 0, {}, [])


def test_scholarqa_multi_has_the_cited_papers_as_gold_and_the_others_as_acceptable() -> None:
    counts, questions, papers, flaws = converted("scholarqa", DATA / "scholarqa" / "scholarqa_multi")
    crabs, bees = "scholarqa-" + "0" * 39 + "a", "scholarqa-" + "0" * 39 + "b"
    assert questions["ada_bio_1"].gold == (crabs, bees)
    assert questions["ada_bio_1"].also == ("scholarqa-carbon-in-salt-marshes",)
    assert questions["ada_bio_2"].gold == ("scholarqa-carbon-in-salt-marshes", crabs)
    assert papers[bees]["abstract"].startswith("Bees fly lower")
    assert counts.papers == 4
    assert [str(flaw) for flaw in flaws] == [
        "human_answers.json record 3: a question whose answer cites a paper that it does not have"
    ]


def test_all_of_scholarqa_is_read_from_its_folder() -> None:
    questions = converted("scholarqa", DATA / "scholarqa")[1]
    assert {"c0ffee00", "ada_bio_1", "scholarqabench_bio-1", "scholarqabench_bio-2"} <= set(questions)
    bare = questions["scholarqabench_bio-2"]
    assert bare.answerable
    assert (bare.gold, bare.rubric) == ((), ())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"case_id": None}, "a question without an id or a text"),
        ({"metric_config": {"config": {"other_properties": []}}}, "a question without a rubric"),
        (
            {"metric_config": {"config": {"other_properties": [{"criterion": "It is there.", "weight": 0}]}}},
            "a question with a criterion that has no text, or no weight above 0",
        ),
    ],
    ids=["no id", "no rubric", "no weight"],
)
def test_a_broken_record_of_scholarqa_cs_is_named(change: dict[str, Any], reason: str) -> None:
    file = copied("scholarqa") / "scholarqa_cs" / "test_configs_snippets.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps([content[0] | change, content[1]]))
    _, questions, _, flaws = converted("scholarqa", file)
    assert list(questions) == ["c0ffee01"]
    assert [str(flaw) for flaw in flaws] == [f"test_configs_snippets.json record 1: {reason}"]


def test_an_excerpt_that_is_not_a_number_is_left_out() -> None:
    file = copied("scholarqa") / "scholarqa_multi" / "human_answers.json"
    content = json.loads(file.read_text())
    content[0]["ctxs"][1]["text"] = float("nan")
    file.write_text(json.dumps(content[:1]))
    _, questions, _, flaws = converted("scholarqa", file)
    assert questions["ada_bio_1"].gold == ("scholarqa-" + "0" * 39 + "a",)
    assert flaws[0] == Flaw("human_answers.json record 1, ctxs 1", "a paper whose abstract is missing or too short")


def test_bioasq_alone_gives_questions_with_pubmed_ids_and_no_papers() -> None:
    counts, questions, papers, flaws = converted("bioasq", DATA / "bioasq" / "training13b.json")
    assert questions["5500000000000000000000a1"].gold == ("pmid:90000001", "pmid:90000009")
    assert questions["5500000000000000000000a2"].gold == ("pmid:90000002",)
    assert {question.kind for question in questions.values()} == {"yesno", "summary"}
    assert (counts.papers, counts.facts, papers, flaws) == (0, 0, {}, [])


def test_a_bioasq_snippet_of_whole_sentences_is_a_fact_where_the_papers_are_given() -> None:
    counts, questions, papers, flaws = converted("bioasq", DATA / "bioasq")
    question = questions["5500000000000000000000a1"]
    assert question.gold == ("pmid:90000001",)
    assert [fact.sentence for fact in question.facts] == ["A short walk lowered the pulse by four beats."]
    assert set(papers) == {"pmid-90000001", "pmid-90000002"}
    assert counts.left_out == {
        "a snippet that is no whole sentences of its abstract": 1,
        "a judged paper that is not among the papers": 1,
    }
    assert Flaw("training13b.json record 1, snippet 1", "a snippet that is no whole sentences of its abstract") in flaws


def test_a_bioasq_question_of_a_test_set_is_named() -> None:
    file = copied("bioasq") / "training13b.json"
    content = json.loads(file.read_text())
    content["questions"] += [
        {"id": "a3", "body": "Who knows?", "type": "factoid"},
        {"id": "a4", "body": "What is in full text?", "documents": ["http://www.ncbi.nlm.nih.gov/pmc/articles/PMC1/"]},
    ]
    file.write_text(json.dumps(content))
    counts, _, _, flaws = converted("bioasq", file)
    assert counts.questions == 2
    assert [str(flaw) for flaw in flaws] == [
        "training13b.json record 3: a question without papers, as in a test set",
        "training13b.json record 4, http://www.ncbi.nlm.nih.gov/pmc/articles/PMC1/: a document that is not at PubMed",
        "training13b.json record 4: a question without papers, as in a test set",
    ]
