"""Scopes: which papers they hold, how they are written, and what is said of those that cannot be understood."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.catalogue import Catalogue
from store.errors import ScopeError
from store.intake import Intake, Report
from store.library import Library
from store.paper import Record
from store.scope import Scope, from_question, parse, to_sql

MakeRecord = Callable[..., Record]
Held = Callable[[str | Scope], list[str]]


@pytest.fixture
def held(tmp_path: Path, make_record: MakeRecord) -> Iterator[Held]:
    """Gives the titles of the papers that a scope holds, of a small library of five."""
    catalogue = Catalogue(tmp_path, read_only=False)
    listings = {
        "/data/conference/list.jsonl": [
            make_record("a", title="Bandits", authors=("Chi Jin", "Ann Lee"), date="2019-05", categories=("cs.LG",)),
            make_record("b", title="Games", authors=("Bo Ek", "Chi Jin"), date="2021-02-03", categories=("cs.GT",)),
            make_record("c", title="Proofs", authors=("Csaba Szepesvári",), date="2022", venue="Journal of Logic"),
        ],
        "/data/preprints.jsonl": [
            make_record("d", title="Provers", authors=("Jin Chi",), date="2024-01", categories=("cs.LG", "cs.AI")),
            make_record("e", title="Undated", authors=("Wei Chi", "Jin Lee"), date="--06-04"),
        ],
    }
    for path, records in listings.items():
        Intake(catalogue, Report()).take_file(path, records, lambda _: None)

    def titles(scope: str | Scope) -> list[str]:
        condition, parameters = to_sql(parse(scope) if isinstance(scope, str) else scope)
        rows = catalogue.rows(f"SELECT id FROM papers WHERE {condition} ORDER BY id", parameters)
        return [str(paper.title) for paper in catalogue.papers([row["id"] for row in rows]).values()]

    yield titles
    catalogue.close()


@pytest.mark.parametrize(
    ("scope", "titles"),
    [
        ("year:2024-", ["Provers"]),
        ("year:-2020", ["Bandits"]),
        ("year:2021-2022", ["Games", "Proofs"]),
        ("year:2022", ["Proofs"]),
        ("year:2019 year:2024", ["Bandits", "Provers"]),
        ("author:szepesvari", ["Proofs"]),
        ("author:Szepesvári", ["Proofs"]),
        ('venue:"journal of logic"', ["Proofs"]),
        ("source:preprints", ["Provers", "Undated"]),
        ("source:/data/conference/", ["Bandits", "Games", "Proofs"]),
        ("category:LG", ["Bandits", "Provers"]),
        ("category:cs.GT", ["Games"]),
        ("category:cs.LG year:-2020", ["Bandits"]),
        ("author:Jin year:2021- source:data category:cs", ["Games", "Provers"]),
        ("author:Ek author:Lee year:2021-2022", ["Games"]),
        ("YEAR:2022", ["Proofs"]),
        ("", ["Bandits", "Games", "Proofs", "Provers", "Undated"]),
    ],
)
def test_a_scope_holds_just_the_papers_it_describes(held: Held, scope: str, titles: list[str]) -> None:
    assert held(scope) == titles


def test_a_full_name_is_one_authors_name(held: Held) -> None:
    assert held('author:"Chi Jin"') == ["Bandits", "Games"]


def test_the_author_of_a_scope_is_found_in_the_seeds(seed_library: Library) -> None:
    papers = list(seed_library.papers(parse('author:"Chi Jin"')))

    assert papers
    assert all("Chi Jin" in paper.authors for paper in papers)
    assert len(papers) == sum("Chi Jin" in paper.authors for paper in seed_library.papers())


def test_a_key_is_exact(held: Held) -> None:
    assert held("key:jin2019bandits") == ["Bandits"]
    assert held("key:jin2019bandit") == []


def test_a_date_without_a_year_is_in_no_range_of_years(held: Held) -> None:
    assert "Undated" not in held("year:0001-") + held("year:-9999")


@pytest.mark.parametrize("value", ["%", "_", "*", "list%", "l_st", "' OR 1=1 --", "?"])
def test_a_wildcard_or_sql_in_a_source_is_just_text(held: Held, value: str) -> None:
    assert held(Scope((("source", value),))) == []


@pytest.mark.parametrize(
    "value", ["Chi J*", "Jin OR Lee", 'Jin" OR "Ek', "authors:Jin", "NEAR(Chi Jin)", "Jin NOT Chi", "Jin; DROP TABLE"]
)
def test_an_operator_in_a_name_is_just_text(held: Held, value: str) -> None:
    assert held(Scope((("author", value),))) == []


@pytest.mark.parametrize(
    "malformed",
    [
        "year:20",
        "year:abcd",
        "year:20242025",
        "year:2024--2025",
        "year:-",
        "year:2024-2020",
        "year:",
        "author:",
        'author:""',
        'author:"Chi Jin',
        "author:!!!",
        "key:",
        "source:",
        "reward",
        "yeer:2024",
        "year=2024",
        "title:Games",
        ":",
        '"',
    ],
)
def test_a_scope_that_cannot_be_understood_is_refused_with_a_hint(malformed: str) -> None:
    with pytest.raises(ScopeError) as raised:
        parse(malformed)

    assert raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    ("wrong", "near"), [("yeer:2024", "year:"), ("autor:Jin", "author:"), ("sources:x", "source:")]
)
def test_a_misspelt_field_is_answered_with_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(ScopeError) as raised:
        parse(wrong)

    assert near in raised.value.hint


@pytest.mark.parametrize("text", ["", "year:2023-", 'author:"Chi Jin" year:2019', "category:cs.LG category:AI key:a"])
def test_a_scope_is_written_as_it_is_read(text: str) -> None:
    assert str(parse(text)) == text
    assert parse(str(parse(text))) == parse(text)


def test_scopes_narrow_each_other() -> None:
    assert parse("year:2024") & parse("author:Jin year:2024") == parse("year:2024 author:Jin")


def test_scope_words_of_a_question_are_taken_out_of_it() -> None:
    asked = from_question('what did author:"Chi Jin" prove year:2020- about bandits')

    assert asked.text == "what did prove about bandits"
    assert asked.scope == parse('author:"Chi Jin" year:2020-')


@pytest.mark.parametrize(
    "question",
    [
        "which year: is it",
        "http://example.org/a:b",
        "key : value stores",
        "note:this is text",
        "the year:",
        "a keyed:x",
    ],
)
def test_a_colon_alone_does_not_make_a_scope(question: str) -> None:
    assert from_question(question).scope == Scope()
    assert from_question(question).text == question


def test_a_malformed_scope_word_of_a_question_is_refused() -> None:
    with pytest.raises(ScopeError):
        from_question("bandits year:soon")


@given(st.text(max_size=60) | st.from_regex(r'(year|author|source|key):"?[^"]{0,9}"?', fullmatch=True))
def test_any_text_is_a_scope_or_a_scope_error(text: str) -> None:
    with contextlib.suppress(ScopeError):
        condition, parameters = to_sql(parse(text))
        assert condition.count("?") == len(parameters)
