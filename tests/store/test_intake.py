"""Records taken into a catalogue: one paper each, whatever the order, the spelling or the number of copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import seeds
from store import readers
from store.catalogue import Catalogue
from store.intake import Intake, Report, remove_paper
from store.paper import Paper, Problem, Record

MakeRecord = Callable[..., Record]

FILES = sorted(seeds.FOLDER.glob("*.txt"))
ORDERS = ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1])
GOEDEL = "Goedel-Prover: A Frontier Model for Open-Source Automated Theorem Proving"
INEQ_COMP = (
    "Ineq-Comp: Benchmarking Human-Intuitive Compositional Reasoning in Automated Theorem Proving on Inequalities"
)
NEURONS = "Neurons of the visual cortex fire together when light falls into the left eye of a mouse."
MARKETS = "Leverage and contagion explain why three banks of that country collapsed within one week."
REVISED = "Neurons of the visual cortex fire together when light falls into either eye of a young rat."


def take(catalogue: Catalogue, items: Iterable[Record | Problem], path: str = "one.jsonl") -> Report:
    report = Report()
    Intake(catalogue, report).take_file(path, items, lambda _: None)
    return report


def all_papers(catalogue: Catalogue) -> list[Paper]:
    ids = [row["id"] for row in catalogue.rows("SELECT id FROM papers ORDER BY id")]
    return list(catalogue.papers(ids).values())


def keys_of(catalogue: Catalogue) -> list[str]:
    return [paper.key for paper in all_papers(catalogue)]


def remove(catalogue: Catalogue, key: str) -> None:
    paper_id = catalogue.id_of(key)
    assert paper_id is not None
    with catalogue.transaction():
        remove_paper(catalogue, paper_id)


# The seeds, one file at a time


@pytest.fixture(scope="module", params=ORDERS, ids=lambda order: "-".join(map(str, order)))
def seeds_in_some_order(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Paper]:
    catalogue = Catalogue(tmp_path_factory.mktemp("catalogue"), read_only=False)
    for number in request.param:
        take(catalogue, readers.read(FILES[number]), str(FILES[number]))
    papers = all_papers(catalogue)
    catalogue.close()
    return papers


@pytest.fixture(scope="module")
def seed_records() -> dict[tuple[str, str], Record]:
    """Every record of the seeds, by file and place."""
    found = {}
    for path in FILES:
        for item in readers.read(path):
            assert isinstance(item, Record)
            found[str(path), item.place] = item
    return found


def test_the_seeds_are_433_papers_in_any_order(seeds_in_some_order: list[Paper]) -> None:
    assert len(seeds_in_some_order) == 433
    assert len({paper.key for paper in seeds_in_some_order}) == 433
    assert len({paper.title for paper in seeds_in_some_order}) == 433


def test_no_seed_record_is_lost_and_none_stands_in_two_papers(
    seeds_in_some_order: list[Paper], seed_records: dict[tuple[str, str], Record]
) -> None:
    stands = [(source.path, source.place) for paper in seeds_in_some_order for source in paper.sources]

    assert sorted(stands) == sorted(seed_records)


def test_exactly_two_seed_papers_have_another_wording(seeds_in_some_order: list[Paper]) -> None:
    assert {paper.title for paper in seeds_in_some_order if paper.variants} == {GOEDEL, INEQ_COMP}


def test_the_abstract_is_the_titled_listings_wording_in_any_order(
    seeds_in_some_order: list[Paper], seed_records: dict[tuple[str, str], Record]
) -> None:
    for paper in seeds_in_some_order:
        records = [seed_records[source.path, source.place] for source in paper.sources]
        assert paper.abstract in [record.abstract for record in records if record.title]


def test_the_untitled_wording_is_kept_as_a_variant(
    seeds_in_some_order: list[Paper], seed_records: dict[tuple[str, str], Record]
) -> None:
    revised = [paper for paper in seeds_in_some_order if paper.variants]
    for paper in revised:
        records = [seed_records[source.path, source.place] for source in paper.sources]
        assert paper.variants == tuple(record.abstract for record in records if not record.title)


def test_nearly_equal_abstracts_of_two_titled_seed_papers_stay_two_papers(seeds_in_some_order: list[Paper]) -> None:
    twins = [paper for paper in seeds_in_some_order if paper.title and "Automatic Differentiation" in paper.title]
    titles = {paper.title for paper in twins}

    assert "Higher Order Automatic Differentiation of Higher Order Functions" in titles
    assert any(title and title.startswith("Correctness of Automatic Differentiation via") for title in titles)
    assert all(not paper.variants for paper in twins)


def test_no_field_of_a_merged_seed_paper_is_invented(
    seeds_in_some_order: list[Paper], seed_records: dict[tuple[str, str], Record]
) -> None:
    for paper in seeds_in_some_order:
        records = [seed_records[source.path, source.place] for source in paper.sources]
        assert paper.authors in [record.authors for record in records]
        assert paper.date in [record.date for record in records]
        assert paper.author_count in [record.author_count for record in records]
        assert paper.has_code in [record.has_code for record in records]
        assert set(paper.categories) == {name for record in records for name in record.categories}
        assert set(paper.extra.values()) == {value for record in records for value in record.extra.values()}
        assert (paper.venue, paper.url, dict(paper.identifiers)) == (None, None, {})


def test_no_fact_of_a_seed_listing_is_thrown_away(
    seeds_in_some_order: list[Paper], seed_records: dict[tuple[str, str], Record]
) -> None:
    for paper in seeds_in_some_order:
        records = [seed_records[source.path, source.place] for source in paper.sources]
        assert bool(paper.authors) == any(record.authors for record in records)
        assert bool(paper.date) == any(record.date for record in records)
        assert bool(paper.author_count) == any(record.author_count for record in records)
        assert {record.abstract for record in records if not record.title} <= {
            *paper.variants,
            paper.abstract,
            *(record.abstract for record in records if _only_accents_differ(record.abstract, paper.abstract)),
        }


def _only_accents_differ(left: str, right: str) -> bool:
    """PokéChamp stands in one file with an accent and in another with its LaTeX."""
    return left.replace("Pok\\'e", "Poke") == right.replace("Poké", "Poke")


# Recognising a paper


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"doi": "10.1145/3580305.3599"}, {"doi": "10.1145/3580305.3599"}),
        ({"doi": "10.1145/ABC.def"}, {"doi": "10.1145/abc.DEF"}),
        ({"doi": "10.1145/x1"}, {"doi": "https://doi.org/10.1145/x1"}),
        ({"doi": "10.1145/x1"}, {"doi": "doi:10.1145/x1"}),
        pytest.param(
            {"doi": "10.1145/x1"},
            {"identifiers": {"doi": "https://doi.org/10.1145/x1"}},
        ),
        ({"arxiv_id": "2401.00001"}, {"arxiv_id": "2401.00001v3"}),
        ({"arxiv_id": "2401.00001v1"}, {"arxiv_id": "arXiv:2401.00001v2"}),
        ({"id": "cs.LG/0701001"}, {"arxiv_id": "cs.LG/0701001v2"}),
        pytest.param(
            {"arxiv_id": "2401.00001"},
            {"id": "http://arxiv.org/abs/2401.00001v2"},
        ),
        pytest.param(
            {"arxiv_id": "2401.00001"},
            {"identifiers": {"arxiv": "arXiv:2401.00001v2"}},
        ),
    ],
)
def test_one_identifier_is_one_paper_however_it_is_written(
    catalogue: Catalogue, write_jsonl: Callable[..., Path], one: dict[str, object], other: dict[str, object]
) -> None:
    first = {"title": "Why cells fire", "abstract": NEURONS, **one}
    second = {"title": "On the firing of cells", "abstract": MARKETS, **other}
    path = write_jsonl([first, second])

    take(catalogue, readers.read(path), str(path))

    assert [paper.title for paper in all_papers(catalogue)] == ["Why cells fire"]
    assert all_papers(catalogue)[0].variants == (MARKETS,)


@pytest.mark.parametrize(
    "other",
    ["why CELLS fire", "Why  cells: fire!", "“Why cells fire”", "Why $\\textbf{cells}$ fire", "Why célls fire."],
)
def test_one_title_is_one_paper_however_it_is_spelt(catalogue: Catalogue, make_record: MakeRecord, other: str) -> None:
    take(catalogue, [make_record(title="Why cells fire")])
    report = take(catalogue, [make_record(title=other)], "two.jsonl")

    assert catalogue.count() == 1
    assert report.merged == 1
    assert not report.added


def test_a_common_title_with_other_identifiers_and_another_abstract_is_another_paper(
    catalogue: Catalogue, make_record: MakeRecord
) -> None:
    take(catalogue, [make_record(title="Editorial", abstract=NEURONS, identifiers={"doi": "10.1/a"})])
    take(catalogue, [make_record(title="Editorial", abstract=MARKETS, identifiers={"doi": "10.1/b"})], "two.jsonl")

    assert [paper.abstract for paper in all_papers(catalogue)] == [NEURONS, MARKETS]
    assert len(set(keys_of(catalogue))) == 2


def test_papers_of_one_title_stay_two_when_their_files_are_added_again(
    catalogue: Catalogue, make_record: MakeRecord
) -> None:
    records = [
        make_record(title="Editorial", abstract=NEURONS, identifiers={"doi": "10.1/a"}),
        make_record(title="Editorial", abstract=MARKETS, identifiers={"doi": "10.1/b"}),
    ]
    take(catalogue, records)
    report = take(catalogue, records)

    assert catalogue.count() == 2
    assert len(report.unchanged) == 2


def test_row_numbers_of_two_files_do_not_make_one_paper_of_two(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(title="Why cells fire", abstract=NEURONS, identifiers={"id": "1"})], "one.jsonl")
    take(catalogue, [make_record(title="Why banks fail", abstract=MARKETS, identifiers={"id": "1"})], "two.jsonl")

    assert catalogue.count() == 2


def test_equal_abstracts_under_two_titles_stay_two_papers(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(title="Why cells fire"), make_record(title="Why banks fail")])

    assert catalogue.count() == 2


def test_ten_thousand_copies_of_one_record_are_one_paper(catalogue: Catalogue, make_record: MakeRecord) -> None:
    report = take(catalogue, (make_record(title="Copies", place=f"line {n}") for n in range(10_000)))

    assert catalogue.count() == 1
    assert len(report.added) == 1
    assert report.merged == 9_999


def test_copies_under_ids_of_their_own_are_one_paper(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, (make_record(title="Copies", identifiers={"id": str(n)}) for n in range(60)))

    assert catalogue.count() == 1


# Records without a title


def test_a_record_without_a_title_is_a_paper_without_one(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(abstract=NEURONS)])

    [paper] = all_papers(catalogue)
    assert paper.title is None
    assert paper.abstract == NEURONS
    assert paper.key


@pytest.mark.parametrize("titled_first", [True, False])
def test_a_text_without_a_title_joins_the_titled_paper_it_belongs_to(
    catalogue: Catalogue, make_record: MakeRecord, titled_first: bool
) -> None:
    titled = (make_record(title="Why cells fire", abstract=NEURONS), "titled.jsonl")
    bare = (make_record(abstract=NEURONS), "bare.txt")
    for record, path in (titled, bare) if titled_first else (bare, titled):
        take(catalogue, [record], path)

    [paper] = all_papers(catalogue)
    assert paper.title == "Why cells fire"
    assert paper.variants == ()
    assert {source.path for source in paper.sources} == {"titled.jsonl", "bare.txt"}


@pytest.mark.parametrize("titled_first", [True, False])
def test_a_revision_without_a_title_becomes_a_variant(
    catalogue: Catalogue, make_record: MakeRecord, titled_first: bool
) -> None:
    titled = (make_record(title="Why cells fire", abstract=NEURONS), "titled.jsonl")
    bare = (make_record(abstract=REVISED), "bare.txt")
    take(catalogue, [make_record(title="Why banks fail", abstract=MARKETS)], "other.jsonl")
    for record, path in (titled, bare) if titled_first else (bare, titled):
        take(catalogue, [record], path)

    assert catalogue.count() == 2
    [paper] = [paper for paper in all_papers(catalogue) if paper.title == "Why cells fire"]
    assert paper.abstract == NEURONS
    assert paper.variants == (REVISED,)


def test_an_unrelated_text_without_a_title_is_a_paper_of_its_own(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(title="Why cells fire", abstract=NEURONS)])
    take(catalogue, [make_record(abstract=MARKETS)], "bare.txt")

    assert [paper.title for paper in all_papers(catalogue)] == ["Why cells fire", None]


@pytest.mark.parametrize("wordless", ["- " * 12, "\U0001f642 " * 12])
def test_an_abstract_without_a_word_does_not_stop_the_others(
    catalogue: Catalogue, make_record: MakeRecord, wordless: str
) -> None:
    items = [make_record("cells"), make_record(abstract=wordless.strip()), make_record(title="Banks", abstract=MARKETS)]
    take(catalogue, items)

    assert {"Banks", None} <= {paper.title for paper in all_papers(catalogue)}


# Adding again


def test_the_same_file_again_changes_nothing(catalogue: Catalogue, make_record: MakeRecord) -> None:
    records = [make_record(topic, title=f"On {topic}") for topic in ("cells", "banks", "stars")]
    take(catalogue, records)
    before = all_papers(catalogue)

    report = take(catalogue, records)

    assert len(report.unchanged) == 3
    assert (report.added, report.updated, report.merged) == (set(), set(), 0)
    assert all_papers(catalogue) == before


def test_a_changed_abstract_in_the_same_file_is_an_update_and_no_variant(
    catalogue: Catalogue, make_record: MakeRecord
) -> None:
    take(catalogue, [make_record(title="Why cells fire", abstract=NEURONS), make_record(title="Other")])
    report = take(catalogue, [make_record(title="Why cells fire", abstract=MARKETS), make_record(title="Other")])

    assert (len(report.updated), len(report.unchanged), len(report.added)) == (1, 1, 0)
    changed = all_papers(catalogue)[0]
    assert (changed.abstract, changed.variants, len(changed.sources)) == (MARKETS, (), 1)


def test_a_changed_text_without_a_title_is_an_update_too(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(abstract=NEURONS), make_record(abstract=MARKETS)])
    report = take(catalogue, [make_record(abstract=REVISED), make_record(abstract=MARKETS)])

    assert len(report.updated) == 1
    assert [paper.abstract for paper in all_papers(catalogue)] == [REVISED, MARKETS]
    assert all(not paper.variants for paper in all_papers(catalogue))


def test_a_fact_that_a_file_no_longer_states_is_gone(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(title="Why cells fire", venue="Nature")])
    take(catalogue, [make_record(title="Why cells fire")])

    assert all_papers(catalogue)[0].venue is None


def test_a_record_that_merely_moved_within_its_file_is_unchanged(catalogue: Catalogue, make_record: MakeRecord) -> None:
    one, two = make_record(title="One"), make_record(title="Two", place="line 2")
    take(catalogue, [one, two])
    report = take(catalogue, [two, one])

    assert len(report.unchanged) == 2
    assert not report.updated


def test_metadata_of_several_files_are_merged(catalogue: Catalogue, make_record: MakeRecord) -> None:
    take(catalogue, [make_record(title="On cells", authors=("Ann Lee", "Bo Ek"))], "authors.jsonl")
    take(catalogue, [make_record(title="On cells", date="2024-05-06", author_count=7)], "dates.jsonl")

    [paper] = all_papers(catalogue)
    assert (paper.authors, paper.date, paper.author_count) == (("Ann Lee", "Bo Ek"), "2024-05-06", 7)
    assert (paper.venue, paper.url, paper.has_code, dict(paper.identifiers)) == (None, None, None, {})


def test_a_problem_is_reported_with_its_file_and_never_becomes_a_paper(
    catalogue: Catalogue, make_record: MakeRecord
) -> None:
    problem = Problem("line 2", "no abstract")
    report = take(catalogue, [make_record(title="One"), problem], "one.jsonl")

    assert report.problems == [("one.jsonl", problem)]
    assert catalogue.count() == 1


def test_a_batch_that_fails_leaves_nothing_half_done(catalogue: Catalogue, make_record: MakeRecord) -> None:
    def breaks() -> Iterator[Record]:
        yield make_record(title="One")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(catalogue, breaks())

    assert catalogue.count() == 0
    assert take(catalogue, [make_record(title="One")]).added == {1}
