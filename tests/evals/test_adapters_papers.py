"""The sets that judge papers (SciFact, BEIR, LitSearch) in their exact formats, with variants and broken records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.gold import Flaw
from tests.evals.adapter_samples import DATA, append, converted, copied


def test_a_claim_has_the_papers_with_evidence_as_gold_and_their_sentences_as_facts() -> None:
    counts, questions, papers, flaws = converted("scifact", DATA / "scifact")
    claim = questions["863"]
    assert claim.text == "Notch signaling occurs between tumor cells and stromal cells."
    assert (claim.kind, claim.gold) == ("claim", ("scifact-20568364", "scifact-16361581"))
    assert [fact.paper for fact in claim.facts] == ["scifact-20568364", "scifact-20568364", "scifact-16361581"]
    assert all(fact.sentence in papers[fact.paper]["abstract"] for own in questions.values() for fact in own.facts)
    assert (counts.papers, counts.questions, counts.unanswerable, flaws) == (7, 5, 1, [])


def test_a_cited_paper_without_evidence_is_acceptable() -> None:
    claim = converted("scifact", DATA / "scifact")[1]["1393"]
    assert (claim.gold, claim.also) == (("scifact-12440953",), ("scifact-2000038",))


def test_evidence_against_a_claim_is_evidence() -> None:
    claim = converted("scifact", DATA / "scifact")[1]["1170"]
    assert claim.gold == ("scifact-18956141",)
    assert len(claim.facts) == 2


def test_a_claim_without_evidence_is_unanswerable() -> None:
    claim = converted("scifact", DATA / "scifact")[1]["757"]
    assert not claim.answerable
    assert (claim.gold, claim.also, claim.facts) == ((), ("scifact-17123657",), ())


def test_a_claim_of_the_test_set_is_not_taken_for_an_unanswerable_one() -> None:
    folder = copied("scifact")
    append(folder / "claims_train.jsonl", '{"id": 9001, "claim": "A claim whose verdict is not public."}')
    counts, questions, _, flaws = converted("scifact", folder)
    assert "9001" not in questions
    assert flaws == [Flaw("claims_train.jsonl line 6", "a claim whose evidence is not told, as in the test set")]
    assert counts.left_out == {flaws[0].reason: 1}


def test_broken_records_of_scifact_are_named_and_the_others_kept() -> None:
    folder = copied("scifact")
    append(folder / "corpus.jsonl", '{"doc_id": 1, "title": "Cut off', '{"doc_id": 2, "title": "None", "abstract": []}')
    evidence = {"18956141": [{"sentences": [99], "label": "SUPPORT"}], "404": [{"sentences": [0], "label": "SUPPORT"}]}
    bad = {"id": 9002, "claim": "Half of it is there.", "evidence": evidence, "cited_doc_ids": [18956141, 404]}
    append(folder / "claims_train.jsonl", "[]", json.dumps(bad), json.dumps({**bad, "id": 863}))
    counts, questions, _, flaws = converted("scifact", folder)
    places = {str(flaw) for flaw in flaws}
    assert "corpus.jsonl line 8: it is no JSON" in places
    assert "corpus.jsonl line 9: a paper whose abstract is missing or too short" in places
    assert "claims_train.jsonl line 6: it is no JSON object" in places
    assert "question 9002, paper scifact-404: a judged paper that is not among the papers" in places
    assert "question 863: a question whose id stood there before" in places
    assert questions["9002"].gold == ("scifact-18956141",)
    assert counts.papers == 7


def test_beir_gold_is_what_was_judged_above_zero_in_the_test_split() -> None:
    _, questions, papers, _ = converted("beir", DATA / "beir")
    assert questions["1"].gold == ("beir-101",)
    assert questions["2"].gold == ("beir-102", "beir-a7-v2")
    assert {question.kind for question in questions.values()} == {"retrieval"}
    assert papers["beir-101"]["year"] == "2019"
    assert "3" not in questions


def test_a_beir_paper_without_text_is_left_out_and_so_is_a_query_that_has_no_other() -> None:
    counts, questions, papers, flaws = converted("beir", DATA / "beir")
    assert "beir-104" not in papers
    assert "4" not in questions
    assert [str(flaw) for flaw in flaws] == [
        "corpus.jsonl line 4: a paper whose abstract is missing or too short",
        "question 4, paper beir-104: a judged paper that is not among the papers",
        "question 4: a question none of whose papers is among the papers",
    ]
    assert sum(counts.left_out.values()) == 3


def test_another_split_is_taken_where_it_is_named() -> None:
    questions = converted("beir", DATA / "beir", DATA / "beir" / "qrels" / "train.tsv")[1]
    assert list(questions) == ["3"]


@pytest.mark.parametrize(
    "table",
    [
        "1\t101\t1\n2\t102\t1\n",
        "query-id\tcorpus-id\tscore\r\n1\t101\t1.0\r\n2\t102\t2.0\r\n",
        "1 0 101 1\n2 0 102 1\n2 0 101 -1\n",
        '{"query-id": "1", "corpus-id": 101, "score": 1.0}\n{"query-id": 2, "corpus-id": "102", "score": 1}\n',
    ],
    ids=["no header", "floats and line ends", "trec", "json lines"],
)
def test_tables_of_judgements_are_read_in_every_form_that_there_is(table: str) -> None:
    folder = copied("beir")
    (folder / "qrels" / "test.tsv").write_text(table)
    questions = converted("beir", folder)[1]
    assert {number: question.gold for number, question in questions.items()} == {
        "1": ("beir-101",),
        "2": ("beir-102",),
    }


def test_ids_that_are_numbers_meet_ids_that_are_texts() -> None:
    folder = copied("beir")
    for name in ("corpus.jsonl", "queries.jsonl"):
        rows = [json.loads(line) for line in (folder / name).read_text().splitlines()]
        numbers = [row | {"_id": int(row["_id"]) if row["_id"].isdigit() else row["_id"]} for row in rows]
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in numbers))
    assert converted("beir", folder)[1]["1"].gold == ("beir-101",)


def test_broken_judgements_are_named() -> None:
    folder = copied("beir")
    append(folder / "qrels" / "test.tsv", "1\t102", "1\t102\tmuch", "77\t101\t1", "3\t101\t0")
    assert [str(flaw) for flaw in converted("beir", folder)[3]] == [
        "corpus.jsonl line 4: a paper whose abstract is missing or too short",
        "test.tsv line 7: a judgement that is no query, paper and number",
        "test.tsv line 8: a judgement that is no query, paper and number",
        "query 3: a query for which no paper was judged relevant",
        "question 4, paper beir-104: a judged paper that is not among the papers",
        "question 4: a question none of whose papers is among the papers",
        "query 77: a judged query that is not among the queries",
    ]


def test_litsearch_queries_are_numbered_and_know_how_broad_they_are() -> None:
    counts, questions, papers, flaws = converted("litsearch", DATA / "litsearch")
    assert questions["litsearch-1"].kind == "inline_nonacl specific"
    assert questions["litsearch-2"].kind == "manual_acl broad"
    assert questions["litsearch-2"].gold == ("litsearch-7001", "litsearch-7002")
    assert set(papers) == {"litsearch-7001", "litsearch-7002"}
    assert (counts.questions, flaws) == (2, [])


def test_litsearch_is_read_from_json_lists_too(tmp_path: Path) -> None:
    for name in ("query", "corpus_clean"):
        rows = [json.loads(line) for line in (DATA / "litsearch" / f"{name}.jsonl").read_text().splitlines()]
        (tmp_path / f"{name}.json").write_text(json.dumps(rows, indent=1))
    files = tmp_path / "query.json", tmp_path / "corpus_clean.json"
    assert converted("litsearch", *files) == converted("litsearch", DATA / "litsearch")


def test_a_litsearch_query_without_papers_is_named_and_the_others_keep_their_number() -> None:
    folder = copied("litsearch")
    lines = (folder / "query.jsonl").read_text().splitlines()
    (folder / "query.jsonl").write_text("\n".join(['{"query": "what?", "corpusids": []}', *lines]))
    _, questions, _, flaws = converted("litsearch", folder)
    assert list(questions) == ["litsearch-2", "litsearch-3"]
    assert [str(flaw) for flaw in flaws] == ["query.jsonl line 1: a query without papers"]
