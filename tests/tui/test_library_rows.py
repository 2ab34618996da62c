"""What the library screen lists, in which order, and in which columns."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rich.cells import cell_len

from agent.tui.screens.library_columns import GAP, fitted, placed
from agent.tui.screens.library_rows import COLUMNS, Column, Row, Sorting, filter_of, listed, longest, matching, row_of
from store.errors import ScopeError
from store.paper import Paper, Source

ALL = dict.fromkeys(COLUMNS, 60)


def paper(
    key: str = "lee2024cats", title: str | None = "Cats", abstract: str = "Cats sleep.", **known: object
) -> Paper:
    return Paper.from_dict({"key": key, "title": title, "abstract": abstract, **known})


def found(text: str, *papers: Paper) -> list[str]:
    return [row.key for row in matching([row_of(each) for each in papers], text)]


def ordered(sorting: Sorting, *papers: Paper) -> list[str]:
    return [row.key for row in listed([row_of(each) for each in papers], "", sorting=sorting)]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("generalised bounds", "We give generalised bounds."),
        ("generalized bounds", "We give generalised bounds."),
        ("organisation", "The organization of labour."),
        ("poincare", "On the Poincaré conjecture."),
        ("goedel-prover", "Goedel-Prover proves."),
        ("relational", "A relational model."),
    ],
    ids=["british", "american", "noun", "accent", "hyphen", "longer than its stem"],
)
def test_a_paper_stays_listed_while_one_of_its_words_is_typed(phrase: str, text: str) -> None:
    for length in range(1, len(phrase) + 1):
        assert found(phrase[:length], paper(abstract=text)), phrase[:length]


def test_every_word_must_begin_a_word_of_title_authors_abstract_or_key() -> None:
    known = paper(authors=["Chi Jin"])

    assert found("sle jin cat lee2024", known)
    assert not found("sle jin dog", known)
    assert not found("leep", known)


def test_a_word_of_a_script_without_blanks_is_found_within_the_text() -> None:
    assert found("学习", paper(title="深度学习综述"))


def test_scope_words_are_told_from_other_words() -> None:
    wanted = filter_of('theorem year:2023- author:"Chi Jin" prov')

    assert wanted.text == "theorem prov"
    assert str(wanted.scope) == 'year:2023- author:"Chi Jin"'
    with pytest.raises(ScopeError):
        filter_of("year:20")


def test_a_ranking_lists_what_it_found_in_its_order_among_what_there_is() -> None:
    rows = [row_of(paper(key)) for key in ("a", "b", "c")]

    assert [row.key for row in listed(rows, "x", found={"c": 1, "gone": 2, "a": 3}, sorting=Sorting())] == ["c", "a"]


def test_papers_without_a_year_come_last_whichever_way_round() -> None:
    papers = paper("a", date="2021"), paper("b"), paper("c", date="2019-02")

    assert ordered(Sorting("year"), *papers) == ["c", "a", "b"]
    assert ordered(Sorting("year", is_reversed=True), *papers) == ["a", "c", "b"]


def test_titles_are_sorted_without_regard_to_case_accents_and_quotation_marks() -> None:
    papers = paper("a", "zebra"), paper("b", "Émile"), paper("c", "“Apples”"), paper("d", "fox")

    assert ordered(Sorting("title"), *papers) == ["c", "b", "d", "a"]


def test_the_next_column_after_the_last_is_the_order_in_which_papers_came() -> None:
    columns: tuple[Column, ...] = ("year", "title")

    assert Sorting().next(columns) == Sorting("year")
    assert Sorting("year", is_reversed=True).next(columns) == Sorting("title")
    assert Sorting("title").next(columns) == Sorting()
    assert Sorting("venue").next(columns) == Sorting("year")
    assert Sorting("year").by("year") == Sorting("year", is_reversed=True)


def test_authors_are_told_by_their_family_names() -> None:
    def authors(*names: str, complete: bool = True) -> str:
        return row_of(paper(authors=names, authors_complete=complete)).authors

    assert authors() == ""
    assert authors("Chi Jin") == "Jin"
    assert authors("Chi Jin", "Johannes van der Waals") == "Jin and van der Waals"
    assert authors("Chi Jin", "A B", "C D") == "Jin et al."
    assert authors("Jin, Chi", complete=False) == "Jin et al."


def test_a_row_holds_nothing_that_a_terminal_would_obey() -> None:
    row = row_of(
        paper(title="a\x1b[31mb\nc\x07", authors=["\x1b]0;x\x07Lee"], sources=[{"path": "x/\x1b[2Jy", "place": "1"}])
    )

    assert (row.title, row.authors, row.source) == ("ab c", "Lee", "y")


def test_a_row_names_the_file_and_a_paper_without_a_venue_its_categories() -> None:
    known = Paper(
        "k", None, "An abstract.", categories=("LG", "AI"), sources=(Source("/home/me/list.jsonl", "line 3"),)
    )

    assert (row_of(known).source, row_of(known).venue) == ("list.jsonl", "LG, AI")
    assert row_of(known).title.startswith("(untitled) An abstract")


@pytest.mark.parametrize("width", range(8, 220, 7))
def test_the_columns_fill_the_width_and_never_exceed_it(width: int) -> None:
    columns = placed(width, ALL, margin=4)

    assert columns[0].start == 4
    for column, following in pairwise(columns):
        assert following.start == column.start + column.width + GAP
    assert columns[-1].start + columns[-1].width == max(width, 5)


def test_a_wider_list_has_more_columns_and_one_in_which_nothing_stands_is_left_out() -> None:
    shown = [[item.column for item in placed(width, ALL, margin=4)] for width in (30, 60, 80, 130, 190)]

    assert shown[0] == ["title"]
    assert shown[1] == shown[2] == ["year", "authors", "title"]
    assert set(shown[3]) < set(shown[4]) == set(COLUMNS)
    rows = [row_of(paper())]
    assert [item.column for item in placed(190, longest(rows), margin=4)] == ["title", "key"]


@pytest.mark.parametrize("text", ["", "short", "a text that is longer", "深度学习深度学习深度学习", "e\u0301" * 30])
@pytest.mark.parametrize("width", [0, 1, 2, 3, 7, 12])
def test_a_cell_has_just_its_width(text: str, width: int) -> None:
    for ellipsis in ("…", "..."):
        assert cell_len(fitted(text, width, ellipsis)) == width


def test_a_text_that_is_cut_says_so() -> None:
    assert fitted("Felines at rest", 8, "…") == "Felines…"
    assert fitted("Felines", 7, "…") == "Felines"


def test_the_longest_texts_of_no_rows_are_none() -> None:
    nothing: list[Row] = []
    assert longest(nothing) == {}
