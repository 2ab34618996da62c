"""JSON Lines: our own export, BEIR, SciFact, arXiv listings, and lines that are none of these."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import readers
from store.library import Library
from store.paper import Paper, Problem, Record
from store.readers import json_lines
from store.readers.json_lines import JsonLinesReader
from store.readers.source import Line
from tests.conftest import Citeloom

ABSTRACT = "We study how a system behaves when it is asked for more than it was made for, and we measure the outcome."

Read = Callable[..., list[Record | Problem]]


@pytest.fixture
def read(write_jsonl: Callable[..., Path]) -> Read:
    """Reads rows as a file of JSON Lines."""

    def read_rows(*rows: dict[str, Any]) -> list[Record | Problem]:
        return list(readers.read(write_jsonl(list(rows))))

    return read_rows


def only(items: list[Record | Problem]) -> Record:
    (item,) = items
    assert isinstance(item, Record)
    return item


def facts(paper: Paper) -> dict[str, Any]:
    content = paper.to_dict()
    del content["sources"]
    return content


def test_the_export_of_a_library_reads_back_without_loss(
    seed_library: Library, write_jsonl: Callable[..., Path]
) -> None:
    papers = list(seed_library.papers())
    items = list(readers.read(write_jsonl([paper.to_dict() for paper in papers])))

    for paper, item in zip(papers, items, strict=True):
        assert isinstance(item, Record)
        fields = ("title", "abstract", "authors", "authors_complete", "author_count", "date", "venue", "categories")
        more = ("identifiers", "url", "has_code", "extra", "variants")
        assert {name: getattr(item, name) for name in (*fields, *more)} == {
            name: getattr(paper, name) for name in (*fields, *more)
        }
        assert item.wanted_key == paper.key


def test_what_the_command_exports_another_library_takes_back(
    citeloom: Citeloom, seed_folder: Path, seed_library: Library, library: Library, tmp_path: Path
) -> None:
    exported = citeloom("papers", "list", "--jsonl", "--scope", "author:Karten", "--library", seed_folder).out
    path = tmp_path / "export.jsonl"
    path.write_text(exported, encoding="utf-8")

    library.add([path])

    copies = {paper.key: facts(paper) for paper in library.papers()}
    assert len(copies) == 7
    for key, copy in copies.items():
        original = seed_library.get(key)
        assert original is not None
        assert copy == facts(original)


def test_beir_reads_with_its_own_id(read: Read) -> None:
    record = only(read({"_id": "MED-10", "title": "Statins", "text": ABSTRACT, "metadata": {"url": "x"}}))

    assert (record.title, record.abstract) == ("Statins", ABSTRACT)
    assert "MED-10" in record.identifiers.values()


def test_scifact_reads_with_its_sentences_joined(read: Read) -> None:
    sentences = ["We study a system. ", "It was made for one thing.", " We ask for another, and it fails."]

    record = only(read({"doc_id": 4983, "title": "Systems", "abstract": sentences, "structured": False}))

    assert record.abstract == "We study a system. It was made for one thing. We ask for another, and it fails."
    assert "4983" in record.identifiers.values()


def test_an_arxiv_listing_reads_with_all_it_says(read: Read) -> None:
    record = only(
        read(
            {
                "id": "2502.07640v2",
                "title": "Goedel-Prover:\n  A Frontier Model",
                "abstract": f"  {ABSTRACT}\n",
                "authors": "Yong Lin, Shange Tang and Chi Jin",
                "categories": "cs.LG cs.AI",
                "doi": "10.48550/arXiv.2502.07640",
                "comments": "12 pages",
            }
        )
    )

    assert record.title == "Goedel-Prover: A Frontier Model"
    assert record.abstract == ABSTRACT
    assert record.authors == ("Yong Lin", "Shange Tang", "Chi Jin")
    assert record.categories == ("cs.LG", "cs.AI")
    assert record.identifiers == {"arxiv": "2502.07640v2", "doi": "10.48550/arXiv.2502.07640"}
    assert record.date == "2025-02"
    assert record.extra == {"comments": "12 pages"}


def test_an_old_arxiv_identifier_is_kept(read: Read) -> None:
    assert only(read({"id": "math/0211159", "abstract": ABSTRACT})).identifiers == {"arxiv": "math/0211159"}


def test_a_stated_date_goes_before_that_of_the_identifier(read: Read) -> None:
    assert only(read({"id": "2502.07640", "date": "2025-02-11", "abstract": ABSTRACT})).date == "2025-02-11"


def test_a_date_without_a_year_stays_without_one(read: Read) -> None:
    assert only(read({"date": "--06-04", "year": None, "abstract": ABSTRACT})).date == "--06-04"


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        (["Yong Lin", "Chi Jin"], ("Yong Lin", "Chi Jin")),
        ([{"name": "Yong Lin"}, {"name": "Chi Jin"}], ("Yong Lin", "Chi Jin")),
        ("Yong Lin, Chi Jin", ("Yong Lin", "Chi Jin")),
        ("Yong Lin and Chi Jin", ("Yong Lin", "Chi Jin")),
        ("Lin, Yong; Jin, Chi", ("Lin, Yong", "Jin, Chi")),
        pytest.param(
            "Yong Lin, Bohan Lyu, and Chi Jin",
            ("Yong Lin", "Bohan Lyu", "Chi Jin"),
        ),
        pytest.param(
            "Lin, Yong and Jin, Chi",
            ("Lin, Yong", "Jin, Chi"),
        ),
    ],
)
def test_authors_read_as_a_list_or_as_one_text(read: Read, printed: object, names: tuple[str, ...]) -> None:
    assert only(read({"authors": printed, "abstract": ABSTRACT})).authors == names


@pytest.mark.parametrize("doi", ["10.1145/123.45", "https://doi.org/10.1145/123.45", "doi:10.1145/123.45"])
def test_a_doi_reads_in_every_way_it_is_written(read: Read, doi: str) -> None:
    assert only(read({"doi": doi, "abstract": ABSTRACT})).identifiers == {"doi": "10.1145/123.45"}


def test_an_identifier_of_null_is_no_identifier(read: Read) -> None:
    rows = [{"abstract": f"{ABSTRACT} {n}", "identifiers": {"doi": None, "arxiv": None}} for n in range(2)]

    assert [item.identifiers for item in read(*rows) if isinstance(item, Record)] == [{}, {}]


def test_a_line_that_is_cut_off_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    line = json.dumps({"title": "Robots", "abstract": ABSTRACT})
    path = tmp_path / "papers.jsonl"
    path.write_text(f"{line}\n{line[:60]}\n\n{line}\n[1]\n{line[:-1]}", encoding="utf-8")

    items = list(readers.read(path))

    assert [item.place for item in items if isinstance(item, Record)] == ["line 1", "line 4"]
    assert [item.place for item in items if isinstance(item, Problem)] == ["line 2", "line 5", "line 6"]


@pytest.mark.parametrize("abstract", [{}, {"abstract": ""}, {"abstract": None}, {"abstract": "N/A"}, {"abstract": 5}])
def test_a_record_without_an_abstract_is_named(read: Read, abstract: dict[str, object]) -> None:
    good = {"title": "Robots", "abstract": ABSTRACT}

    problem, record = read({"title": "A Title Alone", **abstract}, good)

    assert isinstance(problem, Problem)
    assert problem.place == "line 1"
    assert "A Title Alone" in problem.reason
    assert isinstance(record, Record)


@pytest.mark.parametrize("title", [{}, {"title": ""}, {"title": None}, {"title": 5}])
def test_a_record_without_a_title_is_kept(read: Read, title: dict[str, object]) -> None:
    record = only(read({"abstract": ABSTRACT, **title}))

    assert (record.title, record.abstract) == (None, ABSTRACT)


def test_what_could_harm_a_terminal_is_taken_from_every_field(read: Read) -> None:
    evil = "\x1b[31mRobots\u202e"
    rows = {
        "title": evil,
        "venue": evil,
        "url": evil,
        "authors": [evil],
        "categories": [evil],
        "identifiers": {evil: evil},
    }

    record = only(read({"abstract": ABSTRACT + evil, **rows, "extra": {evil: evil}, "key": evil, "variants": [evil]}))

    shown = json.loads(record.to_json())
    del shown["source_text"]
    text = json.dumps(shown, ensure_ascii=True)
    assert "\\u001b" not in text
    assert "\\u202e" not in text


FIELDS = (
    "title abstract text summary authors authors_complete author_count has_code date published year venue journal "
    "categories identifiers url extra variants key doi id arxiv arxiv_id _id doc_id corpus_id paperId pmid comments"
).split()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(ABSTRACT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_fields_of_wrong_types_never_raise(fields: dict[str, Any]) -> None:
    item = json_lines._parse(Line(1, json.dumps(fields)))

    assert isinstance(item, Record | Problem)
    if isinstance(item, Record):
        assert Record.from_json(item.to_json(), item.place) == item


@pytest.mark.parametrize("line", ["[" * 100_000, '{"year": ' + "9" * 5000 + "}", "NaN", '"text"', "{", "\x00"])
def test_no_line_however_odd_raises(line: str) -> None:
    assert isinstance(json_lines._parse(Line(7, line)), Problem)


def test_the_format_is_named() -> None:
    assert JsonLinesReader().name == "JSON Lines"
