"""Converting a set: from files to a library and gold that fits it, and what is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from agent.errors import EvalError, UsageError
from evals import gold
from evals.adapters import DATASETS
from evals.adapters.converting import convert
from evals.adapters.files import Item, members, records
from evals.gold import Flaw
from evals.resolving import resolve
from store.library import Library

FILES = Path(__file__).parent / "data"
SCIFACT = FILES / "scifact"


@pytest.mark.parametrize("name", ["scifact", "beir", "litsearch", "bioasq"])
def test_all_gold_of_a_converted_set_resolves_in_a_library_of_its_papers(name: str, tmp_path: Path) -> None:
    counts = convert(name, [FILES / name], tmp_path)
    with Library(tmp_path / "library") as library:
        report = library.add([tmp_path / "papers.jsonl"])
        cases = resolve(gold.read(tmp_path / "gold.jsonl"), library)
        held = {paper.key: paper for paper in library.papers()}
    assert (len(report.added), report.problems) == (counts.papers, [])
    assert len(cases) == counts.questions
    assert sum(len(case.facts) for case in cases) == counts.facts
    assert all(held[fact.key].abstract[fact.start : fact.end] == fact.text for case in cases for fact in case.facts)
    assert all(bool(case.gold) == case.question.answerable for case in cases)


def test_untitled_papers_and_excerpts_of_one_paper_resolve_too(tmp_path: Path) -> None:
    for name, source in (("pubmedqa", "pubmedqa/ori_pqal.json"), ("scholarqa", "scholarqa/scholarqa_multi")):
        target = tmp_path / name
        convert(name, [FILES / source], target)
        with Library(target / "library") as library:
            library.add([target / "papers.jsonl"])
            cases = resolve(gold.read(target / "gold.jsonl"), library)
        assert len(cases) == 2
        assert all(case.gold for case in cases)


def test_two_records_that_the_library_makes_one_paper_of_are_both_found(tmp_path: Path) -> None:
    text = "Shore crabs rest when the tide is out. We filmed forty crabs over two months."
    papers = [{"_id": name, "title": "Tides and crabs", "text": text} for name in ("one", "two")]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in papers))
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "when do crabs rest"}\n')
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("q\ttwo\t1\n")
    convert("beir", [tmp_path], tmp_path / "out")
    with Library(tmp_path / "library") as library:
        library.add([tmp_path / "out" / "papers.jsonl"])
        assert len(list(library.papers())) == 1
        assert resolve(gold.read(tmp_path / "out" / "gold.jsonl"), library)[0].gold == ("beir-one",)


def test_packed_files_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "corpus.jsonl.gz", "wb") as file:
        file.write((SCIFACT / "corpus.jsonl").read_bytes())
    (tmp_path / "claims_dev.jsonl").write_bytes(b"\xef\xbb\xbf" + (SCIFACT / "claims_train.jsonl").read_bytes())
    assert convert("scifact", [tmp_path], tmp_path / "out") == convert("scifact", [SCIFACT], tmp_path / "other")


def test_a_packed_file_that_breaks_off_is_told_and_what_stands_before_is_kept(tmp_path: Path) -> None:
    rows = b"".join(
        json.dumps(
            {"doc_id": number, "title": f"Number {number}", "abstract": [f"{number * 7919**9} stands " * 9]}
        ).encode()
        + b"\n"
        for number in range(3000)
    )
    packed = gzip.compress(rows)
    (tmp_path / "corpus.jsonl.gz").write_bytes(packed[: len(packed) * 3 // 4])
    claim = {"id": 1, "claim": "A claim.", "evidence": {}, "cited_doc_ids": [0]}
    (tmp_path / "claims.jsonl").write_text(json.dumps(claim))
    counts = convert("scifact", [tmp_path], tmp_path / "out")
    assert 100 < counts.papers < 3000
    assert counts.left_out["the file breaks off here"] == 1


def test_text_that_a_terminal_would_obey_does_not_come_through(tmp_path: Path) -> None:
    corpus = {
        "doc_id": 1,
        "title": "A\x1b[31m title",
        "abstract": ["It stands\x07 here \ud800 and is\nlong.", " We end. "],
    }
    claim = {
        "id": 1,
        "claim": "It\x1b[2J stands.",
        "evidence": {"1": [{"sentences": [0], "label": "SUPPORT"}]},
        "cited_doc_ids": [1],
    }
    (tmp_path / "corpus.jsonl").write_text(json.dumps(corpus))
    (tmp_path / "claims.jsonl").write_text(json.dumps(claim))
    convert("scifact", [tmp_path], tmp_path / "out")
    paper = json.loads((tmp_path / "out" / "papers.jsonl").read_text())
    question = gold.read(tmp_path / "out" / "gold.jsonl").questions[0]
    assert paper["title"] == "A title"
    assert paper["abstract"] == "It stands here and is long. We end."
    assert question.text == "It stands."
    assert question.facts[0].sentence == "It stands here and is long."


def test_nothing_is_written_over_without_being_told_so(tmp_path: Path) -> None:
    convert("scifact", [SCIFACT], tmp_path)
    before = (tmp_path / "gold.jsonl").read_bytes()
    with pytest.raises(UsageError, match=r"papers\.jsonl is there already") as raised:
        convert("beir", [FILES / "beir"], tmp_path)
    assert "--force" in raised.value.hint
    assert (tmp_path / "gold.jsonl").read_bytes() == before
    convert("beir", [FILES / "beir"], tmp_path, force=True)
    assert (tmp_path / "gold.jsonl").read_bytes() != before


def test_a_conversion_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out"
    convert("scifact", [SCIFACT], target)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    claims = tmp_path / "claims.jsonl"
    claims.write_text('{"id": 1, "claim": "Without a verdict."}')
    with pytest.raises(EvalError, match="no question of scifact can be used: a claim whose evidence is not told"):
        convert("scifact", [SCIFACT / "corpus.jsonl", claims], target, force=True)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before


def test_the_papers_of_an_earlier_conversion_do_not_stay_beside_gold_that_has_none(tmp_path: Path) -> None:
    convert("scifact", [SCIFACT], tmp_path)
    convert("bioasq", [FILES / "bioasq" / "training13b.json"], tmp_path, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["gold.jsonl"]


def test_a_file_that_is_read_is_never_written_over(tmp_path: Path) -> None:
    own = tmp_path / "papers.jsonl"
    own.write_bytes((FILES / "bioasq" / "pubmed.jsonl").read_bytes())
    before = own.read_bytes()
    with pytest.raises(UsageError, match="holds a file that is to be read"):
        convert("bioasq", [FILES / "bioasq" / "training13b.json", own], tmp_path, force=True)
    assert own.read_bytes() == before


def test_an_unknown_format_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no format 'sci-fact'") as raised:
        convert("sci-fact", [SCIFACT], tmp_path)
    assert raised.value.hint == "did you mean scifact?"


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"there is no file or folder .*nowhere"):
        convert("scifact", [tmp_path / "nowhere"], tmp_path)


def test_a_missing_part_is_named_with_how_it_is_called(tmp_path: Path) -> None:
    with pytest.raises(
        EvalError, match=r"scifact lacks the claims: there is no file such as claims\*\.jsonl"
    ) as raised:
        convert("scifact", [SCIFACT / "corpus.jsonl"], tmp_path)
    assert "claims*.jsonl" in raised.value.hint


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: str(dataset.name))
def test_a_file_of_another_format_is_refused(dataset: object, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"something": "else"}\nplain text\n')
    name = str(getattr(dataset, "name", ""))
    with pytest.raises(EvalError, match=rf"other\.jsonl is no file of {name}"):
        convert(name, [other], tmp_path / "out")


def test_a_parquet_file_is_refused_with_how_to_export_it(tmp_path: Path) -> None:
    file = tmp_path / "full-00000-of-00001.parquet"
    file.write_bytes(b"PAR1\x00\x01\x02PAR1")
    with pytest.raises(EvalError, match="is a parquet file") as raised:
        convert("litsearch", [file], tmp_path / "out")
    assert "JSON Lines" in raised.value.hint
    with pytest.raises(EvalError, match="litsearch lacks the queries") as raised:
        convert("litsearch", [tmp_path], tmp_path / "out")
    assert "parquet files are not read" in raised.value.hint


def test_several_files_for_one_part_are_a_question_back(tmp_path: Path) -> None:
    for name in ("corpus", "claims_train"):
        (tmp_path / f"{name}.jsonl").write_bytes((SCIFACT / f"{name}.jsonl").read_bytes())
    (tmp_path / "claims_dev.jsonl").write_bytes((SCIFACT / "claims_train.jsonl").read_bytes())
    with pytest.raises(EvalError, match=r"several files may be the claims of scifact: .*claims_dev.*claims_train"):
        convert("scifact", [tmp_path], tmp_path / "out")
    assert convert("scifact", [tmp_path, tmp_path / "claims_dev.jsonl"], tmp_path / "out").questions == 5


def test_a_corpus_without_one_usable_paper_is_an_error_that_says_why(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text('{"doc_id": 1, "title": "None", "abstract": []}\n')
    (tmp_path / "claims.jsonl").write_bytes((SCIFACT / "claims_train.jsonl").read_bytes())
    with pytest.raises(
        EvalError, match=r"no paper of scifact can be used: a paper whose abstract is missing or too short \(1 times\)"
    ):
        convert("scifact", [tmp_path], tmp_path / "out")
    assert not any((tmp_path / "out").iterdir())


def test_a_large_json_is_read_record_by_record(tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    wide = {"text": "ü" * 700_000, "number": -12.5e3}
    file.write_text(
        json.dumps({"other": [1, {"a": "]"}], "questions": [wide | {"id": n} for n in range(5)], "last": 7})
    )
    items = list(members(file, "questions"))
    assert [item.value["id"] for item in items if isinstance(item, Item)] == [0, 1, 2, 3, 4]
    assert all(isinstance(item, Item) and item.value["text"] == wide["text"] for item in items)
    assert [item.value for item in members(file) if isinstance(item, Item) and item.name == "last"] == [7]


@pytest.mark.parametrize(
    ("text", "read", "place"),
    [
        ('[{"a": 1}, {"a": 2}', 2, "x.json line 1"),
        ('[{"a": 1},\n{"a": ', 1, "x.json line 2"),
        ('[{"a": 1}\n{"a": 2}]', 1, "x.json line 2"),
        ("[" + "[" * 100_000, 0, "x.json line 1"),
    ],
    ids=["not closed", "cut off", "no comma", "too deep"],
)
def test_json_that_breaks_gives_what_stands_before_and_names_the_line(
    tmp_path: Path, text: str, read: int, place: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    *good, last = records(file)
    assert len(good) == read
    assert last == Flaw(place, "the JSON ends or breaks here; what follows is not read")


def test_a_line_that_is_not_utf8_is_named_and_the_next_one_read(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_bytes(b'{"a": 1}\n{"a": "\xff"}\n\n{"a": 3}\n')
    assert list(records(file)) == [
        Item("x.jsonl line 1", {"a": 1}),
        Flaw("x.jsonl line 2", "it is not UTF-8"),
        Item("x.jsonl line 4", {"a": 3}),
    ]
