"""Citation keys, and records as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.library import Library
from store.paper import Record, key_stem

SAFE = re.compile(r"[a-z0-9]+")
ABSTRACT = "Provers learn from proofs, and proofs are scarce, so we make our own and check every one of them."
GOEDEL = "Goedel-Prover: A Frontier Model"


def key(author: str = "Yong Lin", date: str | None = "2025-02-11", title: str | None = GOEDEL) -> str:
    return key_stem((author,) if author else (), date, title, ABSTRACT)


def test_a_key_is_surname_year_and_first_word_of_the_title() -> None:
    assert key() == "lin2025goedel"


@pytest.mark.parametrize(
    ("author", "surname"),
    [
        ("Lin, Yong", "lin"),
        ("Csaba Szepesvári", "szepesvari"),
        ("Łukasz Kaiser", "kaiser"),
        ("Øyvind Ås", "as"),
        ("Ludwig Müller-Straße", "mullerstrasse"),
        ("Laurens van der Maaten", "maaten"),
        ("van der Maaten, Laurens", "maaten"),
        ("Rory O'Neil", "oneil"),
        ("Robert Jones Jr.", "jones"),
        ("King, Jr., Martin", "king"),
        ("Michael. I. Jordan", "jordan"),
        ("Deyuan", "deyuan"),
        ("Дмитрий Иванов", "ivanov"),
        ("王伟", "wangwei"),
        ("김민수", "gimminsu"),
    ],
)
def test_names_of_every_script_make_a_safe_key(author: str, surname: str) -> None:
    assert key(author) == f"{surname}2025goedel"


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("A Survey of Agents", "survey"),
        ("The ART of LLM Refinement", "art"),
        ("On-Policy Learning", "policy"),
        ("3D Generation", "3d"),
        ("S^3c-Math: Corrections", "s3c"),
        ("m&m's: A Benchmark", "mms"),
        ("COS(M+O)S: Curiosity", "cosmos"),
        ("«Élan» vital", "elan"),
        ("大模型综述", "damoxingzongshu"),
        ("What Is It?", "what"),
    ],
)
def test_the_first_word_that_means_something_stands_for_the_title(title: str, word: str) -> None:
    assert key(title=title) == f"lin2025{word}"


def test_an_unknown_author_is_left_out() -> None:
    assert key(author="") == "2025goedel"


@pytest.mark.parametrize("date", [None, "--06-04"])
def test_an_unknown_year_is_left_out(date: str | None) -> None:
    assert key(date=date) == "lingoedel"


def test_an_untitled_paper_is_named_by_its_abstract() -> None:
    assert key(author="", date=None, title=None) == "provers"


def test_a_paper_of_which_nothing_can_be_spelled_still_has_a_key() -> None:
    assert key_stem(("…",), None, "---", "!!!") == "paper"


@given(
    st.lists(st.text()).map(tuple),
    st.sampled_from([None, "2025", "2025-02", "2025-02-11", "--02-11"]),
    st.none() | st.text(),
    st.text(),
)
def test_a_key_is_never_empty_and_safe_for_bibtex(
    authors: tuple[str, ...], date: str | None, title: str | None, abstract: str
) -> None:
    assert SAFE.fullmatch(key_stem(authors, date, title, abstract))


def test_the_keys_of_the_seeds_are_safe_and_distinct(seed_library: Library) -> None:
    keys = [paper.key for paper in seed_library.papers()]

    assert all(SAFE.fullmatch(given_key) for given_key in keys)
    assert len(set(keys)) == len(keys) == 433


def test_a_key_that_is_taken_gets_a_letter(library: Library, write_jsonl: Callable[..., Path]) -> None:
    topics = ["a frontier model for proving", "scaling it with synthetic data", "tools that make it work again"]
    rows = [
        {
            "title": f"Goedel: {topic}",
            "abstract": f"We make {topic} and measure how far it goes on {number} tasks nobody else has tried.",
            "authors": ["Yong Lin"],
            "year": 2025,
        }
        for number, topic in enumerate(topics)
    ]
    library.add([write_jsonl(rows)])

    assert [paper.key for paper in library.papers()] == ["lin2025goedel", "lin2025goedelb", "lin2025goedelc"]


def test_a_key_from_a_file_is_taken_over_only_if_it_is_safe(library: Library, write_jsonl: Callable[..., Path]) -> None:
    library.add([write_jsonl([{"key": "x}, note = {y", "title": GOEDEL, "abstract": ABSTRACT, "year": 2025}])])

    assert [paper.key for paper in library.papers()] == ["2025goedel"]


def test_a_safe_key_from_a_file_is_kept(library: Library, write_jsonl: Callable[..., Path]) -> None:
    library.add([write_jsonl([{"key": "lin2025goedelb", "title": GOEDEL, "abstract": ABSTRACT}])])

    assert [paper.key for paper in library.papers()] == ["lin2025goedelb"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": "T", "authors": ("Ann Poe",), "authors_complete": False, "date": "--06-04", "has_code": False},
        {"identifiers": {"arxiv": "2502.07640"}, "extra": {"comments": "2"}, "variants": ("Other words",)},
        {"categories": ("cs.LG",), "venue": "V", "url": "https://example.org", "author_count": 3, "source_text": " x"},
    ],
)
def test_a_record_survives_its_own_json(make_record: Callable[..., Record], fields: dict[str, Any]) -> None:
    record = make_record(**fields)

    assert Record.from_json(record.to_json(), record.place) == record


def test_the_place_of_a_record_is_no_part_of_its_json(make_record: Callable[..., Record]) -> None:
    assert make_record(place="line 1").to_json() == make_record(place="line 2").to_json()
