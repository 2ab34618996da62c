"""Page dumps: labelled abstracts, daily pages, and titles and abstracts in turn."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import seeds
from store import readers
from store.paper import Problem, Record

BANNERS = "Get trending papers in your email inbox once a day!\nGet trending papers in your email inbox!\n"
HEADER = (
    "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nDaily Papers\n\n"
    "byAK and the research community\n\nMar 7\n\n"
)


@cache
def lines_of(number: str) -> tuple[str, ...]:
    """The lines of a seed file; index 0 is empty, so that the numbers of the notes hold."""
    (path,) = seeds.FOLDER.glob(f"{number}_*.txt")
    return ("", *path.read_text(encoding="utf-8").split("\n"))


@cache
def seed(number: str) -> tuple[Record, ...]:
    (path,) = seeds.FOLDER.glob(f"{number}_*.txt")
    items = list(readers.read(path))
    assert not any(isinstance(item, Problem) for item in items)
    return tuple(item for item in items if isinstance(item, Record))


def at(number: str, line: int) -> Record:
    """The seed record whose title, or abstract where it has none, stands in this line."""
    (found,) = [record for record in seed(number) if record.place == f"line {line}"]
    return found


def abstract_on(topic: str) -> str:
    return (
        f"We study how {topic} behaves when it is asked for more than it was made for. "
        "We measure the outcome on three tasks, compare it with two others, and say what we would do next time. "
        "The code and the data are free."
    )


def read(tmp_path: Path, text: str, name: str = "a dump of another day") -> list[Record | Problem]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(readers.read(path))


def pairs(items: list[Record | Problem]) -> list[tuple[str | None, str]]:
    return [(item.title, item.abstract) for item in items if isinstance(item, Record)]


def places(items: list[Record | Problem]) -> list[str]:
    return [item.place for item in items if isinstance(item, Problem)]


# Labelled abstracts


def test_the_label_is_no_part_of_an_abstract() -> None:
    printed = [line.removeprefix("Abstract:") for line in lines_of("000") if line]

    assert [record.abstract for record in seed("000")] == printed
    assert len(printed) == 10


def test_labelled_abstracts_have_no_title_author_or_date() -> None:
    assert all((record.title, record.authors, record.date) == (None, (), None) for record in seed("000"))


def test_blank_lines_between_labelled_abstracts_part_nothing() -> None:
    assert [record.place for record in seed("000")] == [f"line {number}" for number in (*range(1, 9), 13, 14)]


def test_latex_of_a_labelled_abstract_is_kept_for_quoting() -> None:
    assert r"\textbf{MU}lti-\textbf{S}tep" in at("000", 1).abstract
    assert r"Pok\'eChamp" in at("000", 7).abstract
    assert r"20\%" in at("000", 6).abstract


@pytest.mark.parametrize("label", ["Abstract:", "Abstract: ", "ABSTRACT: ", "Abstract. "])
def test_another_dump_of_labelled_abstracts_reads_too(tmp_path: Path, label: str) -> None:
    one, two = abstract_on("a robot"), abstract_on("a market")

    assert pairs(read(tmp_path, f"{label}{one}\n\n\n{label}{two}")) == [(None, one), (None, two)]


def test_a_line_without_the_label_is_named_and_joins_no_abstract(tmp_path: Path) -> None:
    one, two = abstract_on("a robot"), abstract_on("a market")

    items = read(tmp_path, f"Abstract:{one}\nHow to cite this page\nAbstract:{two}\n")

    assert pairs(items) == [(None, one), (None, two)]
    assert places(items) == ["line 2"]


# Daily pages


@pytest.mark.parametrize(("number", "count"), [("002", 82), ("004", 90)])
def test_every_title_of_a_seed_page_has_the_abstract_below_it(number: str, count: int) -> None:
    for record in seed(number):
        line = int(record.place.split()[1])
        assert record.title == lines_of(number)[line]
        assert record.abstract == lines_of(number)[line + 2]
    assert len(seed(number)) == count


@pytest.mark.parametrize(("number", "line"), [("002", 11), ("004", 13)])
def test_the_header_of_a_page_is_no_paper(number: str, line: int) -> None:
    assert seed(number)[0].place == f"line {line}"


def test_the_date_of_a_page_is_the_date_of_no_paper() -> None:
    assert {record.date for record in seed("002")} == {None}
    assert "--11-18" not in {record.date for record in seed("004")[:3]}
    assert at("004", 13).date == "--01-28"


def test_authors_below_an_abstract_are_counted() -> None:
    assert at("004", 13).author_count == 1
    assert {121, 445} < {record.author_count for record in seed("004")}
    assert sum(record.author_count is not None for record in seed("004")) == 77


def test_an_organisation_in_place_of_the_count_is_kept_and_is_no_title() -> None:
    found = {
        record.extra["organisation"]: record.author_count for record in seed("004") if "organisation" in record.extra
    }

    assert found == dict.fromkeys(["Apple", "TIGER-Lab", "Ant Group", "Cognizant"])


def test_nine_papers_of_the_seed_page_have_no_metadata_and_take_none_from_others() -> None:
    bare = {record.place for record in seed("004") if not (record.date or record.author_count or record.extra)}

    assert bare == {f"line {line}" for line in (221, 257, 325, 369, 389, 457, 565, 641, 661)}


def test_a_comment_count_is_no_part_of_the_date() -> None:
    record = next(record for record in seed("004") if record.place == "line 37")

    assert lines_of("004")[43] == "Aug 6 2"
    assert (record.date, record.extra["comments"]) == ("--08-06", "2")


def test_twenty_papers_of_the_seed_page_have_comments() -> None:
    printed = (43, 83, 91, 123, 139, 163, 171, 231, 351, 399, 447, 499, 507, 515, 539, 547, 599, 607, 615, 679)

    found = [record.extra["comments"] for record in seed("004") if "comments" in record.extra]
    assert found == [lines_of("004")[line].rpartition(" ")[2] for line in printed]


def test_a_comment_count_may_follow_the_year() -> None:
    assert lines_of("004")[139] == "Jun 26, 2024 2"
    assert ("2024-06-26", "2") in [(record.date, record.extra.get("comments")) for record in seed("004")]


def test_dates_of_the_seed_page_have_a_year_only_where_it_is_printed() -> None:
    dates = [record.date for record in seed("004") if record.date]

    assert sum(date.startswith("--") for date in dates) == 36
    assert sum(date[:4].isdigit() for date in dates) == 45


@pytest.mark.parametrize(
    ("number", "title"),
    [
        ("002", "Inference Scaling scriptsizeFLaws"),
        ("004", "COS(M+O)S"),
        ("004", "S^3c-Math"),
        ("004", "MedS^3"),
        ("004", "m&m's"),
        ("004", "Online Process Reward Leanring"),
    ],
)
def test_odd_titles_of_the_seeds_are_kept_as_printed(number: str, title: str) -> None:
    assert sum((record.title or "").startswith(title) for record in seed(number)) == 1


def test_a_truncated_abstract_of_the_source_is_kept_as_it_is() -> None:
    assert any(record.abstract.endswith("rewards and transition") for record in seed("002"))


def daily(*papers: str) -> str:
    return HEADER + "\n\n".join(papers) + "\n"


def listed(title: str, abstract: str, *metadata: str) -> str:
    return f"{title}\n\n{abstract}" + ("\n\n" + "\n".join(metadata) if metadata else "")


def test_another_daily_page_reads_too(tmp_path: Path) -> None:
    one, two, three = abstract_on("a robot"), abstract_on("a market"), abstract_on("a proof")
    page = daily(
        listed("Robots 2.0", one, "  • 3 authors", "·", "Mar 6, 2025 14"),
        listed("On the Market (Again)", two),
        listed("PROOFS", three, "some-lab Some Lab of Note", "·", "Feb 28"),
    )

    first, second, third = (item for item in read(tmp_path, page, "page.dump") if isinstance(item, Record))

    assert (first.title, first.abstract, first.author_count, first.date) == ("Robots 2.0", one, 3, "2025-03-06")
    assert first.extra == {"comments": "14"}
    assert (second.title, second.author_count, second.date, second.extra) == ("On the Market (Again)", None, None, {})
    assert (third.title, third.date, third.extra) == ("PROOFS", "--02-28", {"organisation": "Some Lab of Note"})


def test_a_page_date_with_a_year_is_no_paper_either(tmp_path: Path) -> None:
    page = daily(listed("Robots", abstract_on("a robot"))).replace("Mar 7", "Mar 7, 2026")

    assert pairs(read(tmp_path, page)) == [("Robots", abstract_on("a robot"))]


def test_a_missing_abstract_in_a_daily_page_shifts_nothing(tmp_path: Path) -> None:
    one, two = abstract_on("a robot"), abstract_on("a market")
    page = daily(listed("Robots", one), "A Title Alone", listed("Markets", two, "  • 2 authors", "·", "Mar 1, 2024"))

    items = read(tmp_path, page)

    assert pairs(items) == [("Robots", one), ("Markets", two)]
    assert places(items) == ["line 17"]


@pytest.mark.parametrize("topic", ["a robot", "a robot that " + "walks on and on and " * 20])
def test_a_missing_title_in_a_daily_page_shifts_nothing(tmp_path: Path, topic: str) -> None:
    one, lost, two = abstract_on("a proof"), abstract_on(topic), abstract_on("a market")
    page = daily(listed("Proofs", one), lost, listed("Markets", two))

    items = read(tmp_path, page)

    assert pairs(items) == [("Proofs", one), ("Markets", two)]
    assert places(items) == ["line 17"]


def test_metadata_of_a_paper_that_could_not_be_read_go_to_no_other(tmp_path: Path) -> None:
    one = abstract_on("a proof")
    page = daily(listed("Proofs", one), "A Title Alone\n\n  • 9 authors\n·\nMar 1, 2024")

    (record,) = (item for item in read(tmp_path, page) if isinstance(item, Record))

    assert (record.title, record.author_count, record.date) == ("Proofs", None, None)


# Title and abstract in turn


def test_titles_and_abstracts_of_the_bare_seed_dump_take_turns() -> None:
    lines = lines_of("003")
    printed = [(lines[line], lines[line + 1]) for line in range(3, len(lines), 2)]

    found = [(record.title, record.abstract) for record in seed("003")]
    assert found[1:] == printed[1:]
    assert len(found) == 229


def test_subscribe_is_taken_off_the_first_title() -> None:
    assert seed("003")[0].title == "Adaptive Instrument Design for Indirect Experiments"


def test_a_pair_that_does_not_belong_together_is_kept_as_printed() -> None:
    record = at("003", 127)

    assert (record.title or "").startswith("GeoSAM2")
    assert "DetailGen3D" in record.abstract


@pytest.mark.parametrize("line", [46, 224])
def test_the_shortest_abstracts_of_the_seeds_are_no_titles(line: int) -> None:
    assert at("003", line - 1).abstract == lines_of("003")[line]


def test_another_bare_dump_reads_too(tmp_path: Path) -> None:
    one, two = abstract_on("a robot"), '"' + abstract_on("a market")
    text = f"{BANNERS}SubscribeRobots on Mars?\n{one}\nMarkets -- A Reply to Roe et al. (2024)\n{two}"

    items = read(tmp_path, text)

    assert pairs(items) == [("Robots on Mars?", one), ("Markets -- A Reply to Roe et al. (2024)", two)]
    assert places(items) == []


def test_a_bare_dump_needs_no_banner(tmp_path: Path) -> None:
    one, two = abstract_on("a robot"), abstract_on("a market")

    assert pairs(read(tmp_path, f"Robots\n{one}\nMarkets\n{two}\n")) == [("Robots", one), ("Markets", two)]


@pytest.mark.parametrize("title", ["m&m's: A Benchmark", "o1-Coder", "$S^3$-Math", "Éclair"])
def test_subscribe_is_taken_off_a_first_title_of_any_kind(tmp_path: Path, title: str) -> None:
    items = read(tmp_path, f"{BANNERS}Subscribe{title}\n{abstract_on('it')}\nMarkets\n{abstract_on('a market')}\n")

    assert pairs(items)[0][0] == title


def test_subscribe_is_kept_in_a_later_title(tmp_path: Path) -> None:
    one, two = abstract_on("a robot"), abstract_on("a newsletter")
    items = read(tmp_path, f"{BANNERS}SubscribeRobots\n{one}\nSubscribeNet: Letters that Learn\n{two}\n")

    assert [title for title, _ in pairs(items)] == ["Robots", "SubscribeNet: Letters that Learn"]


def test_a_missing_abstract_in_a_bare_dump_shifts_nothing(tmp_path: Path) -> None:
    one, two = abstract_on("a robot"), abstract_on("a market")

    items = read(tmp_path, f"{BANNERS}SubscribeRobots\n{one}\nA Title Alone\nMarkets\n{two}\n")

    assert pairs(items) == [("Robots", one), ("Markets", two)]
    assert places(items) == ["line 5"]


@pytest.mark.parametrize("topic", ["a proof", "a proof that " + "goes on and on and " * 20])
def test_a_missing_title_in_a_bare_dump_shifts_nothing(tmp_path: Path, topic: str) -> None:
    one, lost, two = abstract_on("a robot"), abstract_on(topic), abstract_on("a market")

    items = read(tmp_path, f"{BANNERS}SubscribeRobots\n{one}\n{lost}\nMarkets\n{two}\n")

    assert pairs(items) == [("Robots", one), ("Markets", two)]
    assert places(items) == ["line 5"]


def test_a_missing_abstract_in_a_dump_without_a_banner_makes_no_abstract_of_all(tmp_path: Path) -> None:
    topics = ["a robot", "a market", "a proof", "a theory"]
    text = "".join(f"On {topic}\n{abstract_on(topic)}\n" for topic in topics) + "A Title Alone\nOn a city\n"

    items = read(tmp_path, text + abstract_on("a city"))

    assert pairs(items) == [(f"On {topic}", abstract_on(topic)) for topic in [*topics, "a city"]]


@pytest.mark.parametrize("count", [2, 20])
def test_blank_lines_at_the_end_of_a_bare_dump_change_nothing(tmp_path: Path, count: int) -> None:
    topics = [f"a robot of kind {number}" for number in range(count)]
    text = BANNERS + "Subscribe" + "".join(f"On {topic}\n{abstract_on(topic)}\n" for topic in topics)

    assert pairs(read(tmp_path, text + "\n\n\n")) == [(f"On {topic}", abstract_on(topic)) for topic in topics]


def test_a_line_separator_inside_an_abstract_parts_no_lines(tmp_path: Path) -> None:
    one, two = abstract_on("a robot"), abstract_on("a market")
    text = f"Robots\n{one}\u2028{one}\nMarkets\n{two}\n"

    assert pairs(read(tmp_path, text)) == [("Robots", f"{one} {one}"), ("Markets", two)]


# All five together
