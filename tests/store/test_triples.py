"""Listings in triples: category and date, title and authors with nothing between, abstract."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import seeds
from store import readers
from store.paper import Problem, Record
from store.readers.triples import split_byline

FIRST = "We study how a first system behaves when it is asked for more than it was made for, and measure it."
SECOND = "We study how a second system behaves when it is asked for less than it was made for, and say why."
THIRD = "We study how a third system behaves when nobody asks it for anything at all, and we draw lessons."
LISTING = f"AIJun 4Code\nOne good titleAnn Poe\n{FIRST}\nLGMay 12, 2023\nAnother titleBob Roe et al.\n{SECOND}\n"


@cache
def seed_lines() -> tuple[str, ...]:
    (path,) = seeds.FOLDER.glob("001_*.txt")
    return tuple(path.read_text(encoding="utf-8").split("\n"))


@cache
def seed_records() -> dict[int, Record]:
    """The records of the seed listing, by the number of their title's line."""
    (path,) = seeds.FOLDER.glob("001_*.txt")
    items = list(readers.read(path))
    assert not any(isinstance(item, Problem) for item in items)
    return {int(item.place.split()[1]) + 1: item for item in items if isinstance(item, Record)}


def read(tmp_path: Path, text: str, name: str = "some other name.txt") -> list[Record | Problem]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(readers.read(path))


def records(items: list[Record | Problem]) -> list[Record]:
    return [item for item in items if isinstance(item, Record)]


def problems(items: list[Record | Problem]) -> list[Problem]:
    return [item for item in items if isinstance(item, Problem)]


def test_the_seed_listing_holds_fifty_papers_in_order() -> None:
    assert list(seed_records()) == list(range(2, 151, 3))


def test_every_abstract_of_the_seed_listing_is_the_line_below_its_title() -> None:
    assert all(record.abstract == seed_lines()[number] for number, record in seed_records().items())


def test_title_authors_and_affiliation_make_up_the_printed_line() -> None:
    for number, record in seed_records().items():
        affiliation = f" · {record.extra['affiliation']}" if record.extra else ""
        partial = "" if record.authors_complete else " et al."
        assert f"{record.title}{', '.join(record.authors)}{partial}{affiliation}" == seed_lines()[number - 1]


@pytest.mark.parametrize(
    ("line", "title_end", "first_author"),
    [
        (5, "Reinforcement Learning Not Scary?", "Qinghua Liu"),
        (14, "Context-lumpable stochastic bandits", "Chung-Wei Lee"),
        (20, "on Classical Algorithms", "Haoyu Zhao"),
        (29, "Standard RL?", "Yuanhao Wang"),
        (32, "Long-Context Learning at Scale", "Seth Karten"),
        (38, "Multi-Agent RL with Function Approximation", "Yuanhao Wang"),
        (47, "with particle gradient descent", "Hadi Daneshmand"),
        (53, "Optimal Market Making in DeFi", "Viraj Nadkarni"),
        (86, "PokéChamp: an Expert-level Minimax Language Agent", "Seth Karten"),
        (101, "Competitive Multi-Agent Reinforcement Learning", "Wenzhe Li"),
        (104, "on Building Better AI", "Bohan Lyu"),
        (110, "Advanced Table Question Answering", "Tong Wang"),
        (113, "Large Language Models Beneficial?", "Wenzhe Li"),
        (137, "Local SGD: Learning Rates, Momentum, and Acceleration", "Ahmed Khaled"),
    ],
)
def test_a_seed_title_ends_where_the_first_author_begins(line: int, title_end: str, first_author: str) -> None:
    record = seed_records()[line]

    assert record.title is not None
    assert record.title.endswith(title_end)
    assert record.authors[0] == first_author


@pytest.mark.parametrize(
    ("line", "author"),
    [
        (23, "Allen Z. Ren"),
        (5, "Csaba Szepesvári"),
        (95, "Jui-Hui Chung"),
        (14, "Yasin Abbasi-Yadkori"),
        (47, "Jason D. Lee"),
        (65, "Michael. I. Jordan"),
        (92, "Deyuan"),
        (98, "Rahul Dev Appapogu"),
    ],
)
def test_unusual_names_of_the_seeds_are_kept_as_printed(line: int, author: str) -> None:
    assert author in seed_records()[line].authors


def test_et_al_says_that_the_list_of_authors_is_partial() -> None:
    partial = {number for number, record in seed_records().items() if not record.authors_complete}

    assert partial == {number for number in seed_records() if " et al." in seed_lines()[number - 1]}
    assert not any("et al" in author for record in seed_records().values() for author in record.authors)


def test_affiliations_are_kept_where_they_are_printed() -> None:
    found = {number: record.extra["affiliation"] for number, record in seed_records().items() if record.extra}

    deepmind = dict.fromkeys((5, 8, 14), "deepmind")
    assert found == deepmind | {11: "cmu", 17: "princeton", 119: "princeton", 23: "baidu", 74: "uw"}


def test_categories_are_cut_from_the_date() -> None:
    found = Counter(category for record in seed_records().values() for category in record.categories)

    assert found == {"LG": 31, "AI": 4, "ML": 3, "CL": 3, "CV": 3, "SE": 2, "MA": 2, "RO": 1, "OC": 1}


def test_the_code_flag_stands_where_it_is_printed_and_is_unknown_elsewhere() -> None:
    flagged = {number - 1 for number, record in seed_records().items() if record.has_code}

    assert flagged == {1, 19, 31, 58, 70, 73, 85, 88, 94, 100}
    assert {record.has_code for record in seed_records().values()} == {True, None}


@pytest.mark.parametrize(
    ("line", "date"),
    [(71, "2025-02-11"), (26, "2023-03-02"), (101, "2024-06-04"), (119, "2024-02-12"), (80, "2025-12-31")],
)
def test_a_printed_date_is_read_to_the_day(line: int, date: str) -> None:
    assert seed_records()[line].date == date


def test_a_year_that_is_not_printed_is_never_guessed() -> None:
    yearless = {number - 1: record.date for number, record in seed_records().items() if "--" in (record.date or "")}

    assert set(yearless) == {1, 19, 31, 58, 82, 91, 94, 97, 103, 109, 115}
    assert yearless[1] == "--06-04"
    assert yearless[115] == "--05-01"
    assert yearless[82] == "--05-17"


@pytest.mark.parametrize(
    ("heading", "category", "date", "code"),
    [
        ("quant-phJun 4, 2021", "quant-ph", "2021-06-04", None),
        ("CRMar 12Code", "CR", "--03-12", True),
        ("cs.CRDec 1, 2024Code", "cs.CR", "2024-12-01", True),
        ("astro-ph.COMay 31", "astro-ph.CO", "--05-31", None),
        ("MASep 2", "MA", "--09-02", None),
        ("LGFeb 29", "LG", "--02-29", None),
        ("LGFeb 30, 2023", "LG", None, None),
    ],
)
def test_headings_of_other_categories_read_too(
    tmp_path: Path, heading: str, category: str, date: str | None, code: bool | None
) -> None:
    (record,) = records(read(tmp_path, f"{heading}\nOne good titleAnn Poe\n{FIRST}\n"))

    assert (record.categories, record.date, record.has_code) == ((category,), date, code)


@pytest.mark.parametrize("name", ["LISTING", "papers.txt", "17.dump", "x.listing.md"])
def test_a_listing_is_known_by_its_content_whatever_its_name(tmp_path: Path, name: str) -> None:
    assert [record.title for record in records(read(tmp_path, LISTING, name))] == ["One good title", "Another title"]


@pytest.mark.parametrize(
    "title",
    [
        "What Comes After GPT-4",
        "Learning to Rank at NeurIPS 2023",
        "Serving DeepSeek-V3.2",
        "Sparse Layers for All (MoE)",
        "Compilers for C++",
        "What Is 2+2?",
        "Scale!",
        'A "Thing"',
        "Nobody Needs AI",
        "Agents of AlphaGo",
        "A Survey of BERT",
        "Training LLMs",
        "Optimal Bounds for $k$",
        "Law, Ethics, Society",
        "On the mean-field limit",
        "Vitamin D",
        pytest.param(
            "Generation in 3D",
        ),
        pytest.param(
            "Beyond PPO",
        ),
        pytest.param(
            "Rethinking DPO and GRPO",
        ),
        pytest.param(
            "What We Mean by 'model'",
        ),
    ],
)
def test_a_title_keeps_its_end_whatever_that_is(title: str) -> None:
    byline = split_byline(f"{title}Wei Xiong, Ann Poe et al.")

    assert (byline.title, byline.authors) == (title, ("Wei Xiong", "Ann Poe"))


@pytest.mark.parametrize(
    "name",
    [
        "Laurens van der Maaten",
        "Aäron van den Oord",
        "Nando de Freitas",
        "Élise Dupont",
        "Øyvind Ås",
        "Łukasz Kaiser",
        "Đỗ Minh",
        "Csaba Szepesvári",
        "Jane McDonald",
        "Ronald MacDonald",
        "Yann LeCun",
        "Rory O'Neil",
        "Vincent D'Orazio",
        "J. K. Rowling",
        "L.P. Kaelbling",
        "S. M. Ali Eslami",
        "Jean-Baptiste Mouret",
        "Rami Al-Rfou",
        "Robert Jones Jr.",
        "DJ Strouse",
        "Deyuan",
        pytest.param("Jason D Lee"),
        pytest.param("John Doe III"),
        pytest.param("Claudia d'Amato"),
        pytest.param("Nora al-Haddad"),
        pytest.param("Santiago Ramón y Cajal"),
    ],
)
@pytest.mark.parametrize("line", ["A Fine Piece of work{}", "A Fine Piece of workAnn Poe, {}"])
def test_names_of_many_kinds_are_told_from_the_title(line: str, name: str) -> None:
    byline = split_byline(line.format(name))

    assert byline.title == "A Fine Piece of work"
    assert byline.authors[-1] == name


def test_a_triple_without_an_abstract_is_named_and_shifts_nothing(tmp_path: Path) -> None:
    items = read(tmp_path, f"{LISTING}CRJun 1\nA title aloneCid Doe\nRODec 3, 2022\nThe last titleDan Loe\n{THIRD}\n")

    assert [(record.title, record.abstract) for record in records(items)] == [
        ("One good title", FIRST),
        ("Another title", SECOND),
        ("The last title", THIRD),
    ]
    assert [problem.place for problem in problems(items)] == ["line 7"]


def test_a_triple_without_a_title_is_named_and_shifts_nothing(tmp_path: Path) -> None:
    items = read(tmp_path, f"CRJun 1\n{THIRD}\n{LISTING}")

    assert [record.abstract for record in records(items)] == [FIRST, SECOND]
    assert [problem.place for problem in problems(items)] == ["line 1"]


def test_a_triple_without_a_heading_does_not_end_up_in_the_abstract_above(tmp_path: Path) -> None:
    items = read(tmp_path, f"AIJun 4\nOne good titleAnn Poe\n{FIRST}\nA lost titleCid Doe\n{THIRD}\n")

    assert not any("A lost title" in record.abstract for record in records(items))
    assert problems(items)


def test_a_byline_without_any_name_is_a_problem_and_not_an_invented_author(tmp_path: Path) -> None:
    items = read(tmp_path, f"{LISTING}CRJun 1\na title in lower case alone\n{THIRD}\n")

    assert len(records(items)) == 2
    assert [problem.place for problem in problems(items)] == ["line 8"]
