"""Several records of one paper made into one: every fact kept, none invented."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.merging import Identity, closest_revision, identities, is_same_titled_paper, merge
from store.paper import Paper, Record, Source

MakeRecord = Callable[..., Record]

TEN_WORDS = "one two three four five six seven eight nine ten"


def merged(*records: Record) -> Paper:
    return merge("key", [(record, Source(f"file {number}", record.place)) for number, record in enumerate(records)])


def test_one_record_gives_a_paper_of_just_its_fields(make_record: MakeRecord) -> None:
    record = make_record(title="On cells", authors=("Ann Lee",), date="2024", has_code=False, extra={"comments": "2"})
    paper = merged(record)

    assert (paper.title, paper.abstract, paper.authors) == (record.title, record.abstract, record.authors)
    assert (paper.date, paper.has_code, dict(paper.extra)) == ("2024", False, {"comments": "2"})
    assert (paper.venue, paper.url, paper.author_count, paper.variants, paper.categories) == (None, None, None, (), ())


def test_the_titled_wording_is_the_abstract_though_another_came_first(make_record: MakeRecord) -> None:
    paper = merged(make_record("bare text"), make_record("the listing", title="On cells"))

    assert paper.title == "On cells"
    assert "the listing" in paper.abstract
    assert [text for text in paper.variants if "bare text" in text] == list(paper.variants)


def test_the_first_of_two_titled_wordings_is_the_abstract(make_record: MakeRecord) -> None:
    paper = merged(make_record("first", title="On cells"), make_record("second", title="On Cells"))

    assert "first" in paper.abstract
    assert paper.title == "On cells"
    assert len(paper.variants) == 1


def test_a_wording_that_differs_in_case_and_accents_alone_is_no_variant(make_record: MakeRecord) -> None:
    paper = merged(make_record("Pokémon", title="On games"), make_record("POKEMON"), make_record("pok\\'emon"))

    assert paper.variants == ()


def test_a_wording_given_three_times_is_one_variant(make_record: MakeRecord) -> None:
    paper = merged(make_record("cells", title="On cells"), make_record("banks"), make_record("banks"))

    assert len(paper.variants) == 1


def test_variants_that_a_record_brings_itself_are_kept(make_record: MakeRecord) -> None:
    paper = merged(make_record("cells", title="On cells", variants=(TEN_WORDS,)))

    assert paper.variants == (TEN_WORDS,)


def test_a_complete_list_of_authors_wins_over_a_longer_partial_one(make_record: MakeRecord) -> None:
    partial = make_record(title="T", authors=("Ann Lee", "Bo Ek", "Cy Dee"), authors_complete=False)
    complete = make_record(title="T", authors=("Ann Lee", "Bo Ek"))
    paper = merged(partial, complete)

    assert paper.authors == ("Ann Lee", "Bo Ek")
    assert paper.authors_complete


def test_a_partial_list_of_authors_stays_marked_as_partial(make_record: MakeRecord) -> None:
    partial = make_record(title="T", authors=("Ann Lee",), authors_complete=False)
    paper = merged(make_record(title="T"), partial, make_record(title="T"))

    assert paper.authors == ("Ann Lee",)
    assert not paper.authors_complete


@pytest.mark.parametrize(
    ("dates", "kept"),
    [
        ([None, "2024"], "2024"),
        (["2024", "2024-05", "2024-05-06"], "2024-05-06"),
        (["--06-04", "2025"], "2025"),
        (["--06-04", None], "--06-04"),
        ([None, None], None),
        (["2024-05-06", "2023-01-01"], "2024-05-06"),
    ],
)
def test_the_date_that_says_most_is_kept(make_record: MakeRecord, dates: list[str | None], kept: str | None) -> None:
    assert merged(*(make_record(title="T", date=date) for date in dates)).date == kept


@pytest.mark.parametrize(
    ("flags", "known"),
    [([None, None], None), ([None, False], False), ([False, True], True), ([True, None], True)],
)
def test_code_is_known_where_one_source_knows_it(
    make_record: MakeRecord, flags: list[bool | None], known: bool | None
) -> None:
    assert merged(*(make_record(title="T", has_code=flag) for flag in flags)).has_code is known


def test_facts_under_one_name_that_differ_are_both_kept(make_record: MakeRecord) -> None:
    paper = merged(make_record(extra={"comments": "2"}), make_record(extra={"comments": "5"}))

    assert set(paper.extra.values()) == {"2", "5"}


def test_a_fact_that_two_sources_state_alike_is_kept_once(make_record: MakeRecord) -> None:
    paper = merged(make_record(extra={"comments": "2"}), make_record(extra={"comments": "2"}))

    assert dict(paper.extra) == {"comments": "2"}


def test_categories_and_identifiers_of_all_sources_are_united(make_record: MakeRecord) -> None:
    one = make_record(categories=("LG", "CL"), identifiers={"doi": "10.1/a"})
    two = make_record(categories=("CL", "AI"), identifiers={"arxiv": "2401.00001"})

    assert merged(one, two).categories == ("LG", "CL", "AI")
    assert dict(merged(one, two).identifiers) == {"doi": "10.1/a", "arxiv": "2401.00001"}


def test_every_source_is_named_in_the_order_of_coming(make_record: MakeRecord) -> None:
    paper = merged(make_record("bare"), make_record(title="T"))

    assert [source.path for source in paper.sources] == ["file 0", "file 1"]


@given(st.permutations(range(4)))
def test_sets_of_facts_do_not_depend_on_the_order(order: list[int]) -> None:
    records = [
        Record(abstract=TEN_WORDS, place="1"),
        Record(abstract=TEN_WORDS, place="2", title="On cells", date="--06-04", author_count=3),
        Record(abstract=TEN_WORDS, place="3", title="On cells", date="2024-05", authors=("Ann Lee",)),
        Record(abstract=TEN_WORDS + " more", place="4", categories=("LG",), has_code=True),
    ]
    paper = merged(*(records[number] for number in order))

    assert (paper.title, paper.abstract, paper.variants) == ("On cells", TEN_WORDS, (TEN_WORDS + " more",))
    assert (paper.date, paper.author_count, paper.authors) == ("2024-05", 3, ("Ann Lee",))
    assert (paper.categories, paper.has_code) == (("LG",), True)


# Recognising


def test_doi_and_arxiv_id_are_surer_than_title_and_abstract(make_record: MakeRecord) -> None:
    record = make_record(title="On Cells", identifiers={"arxiv": "2401.00001v2", "doi": "10.1/A", "pmid": "77"})
    found = identities(record, "a.jsonl")

    assert found[:2] == [Identity("doi", "10.1/a"), Identity("arxiv", "2401.00001")]
    assert found[-2] == Identity("title", "on cells")
    assert found[-1].kind == "abstract"


def test_an_own_id_counts_within_its_file_only(make_record: MakeRecord) -> None:
    record = make_record(identifiers={"id": "1"})

    assert set(identities(record, "a.jsonl")) & set(identities(record, "b.jsonl")) == {
        identity for identity in identities(record, "a.jsonl") if identity.kind == "abstract"
    }


def test_a_title_without_letters_identifies_nothing(make_record: MakeRecord) -> None:
    assert "title" not in {identity.kind for identity in identities(make_record(title="???"), "a.jsonl")}


def test_one_title_and_no_conflict_is_one_paper_whatever_the_abstracts(make_record: MakeRecord) -> None:
    paper = merged(make_record(title="T", abstract=TEN_WORDS, identifiers={"doi": "10.1/a"}))

    assert is_same_titled_paper(make_record(title="T", identifiers={"arxiv": "2401.00001"}), paper)


def test_conflicting_identifiers_part_papers_of_one_title_unless_the_abstracts_agree(make_record: MakeRecord) -> None:
    paper = merged(make_record(title="T", abstract=TEN_WORDS, identifiers={"doi": "10.1/a"}))
    other_doi = {"doi": "10.1/b"}

    assert not is_same_titled_paper(make_record("banks", title="T", identifiers=other_doi), paper)
    assert is_same_titled_paper(make_record(title="T", abstract=TEN_WORDS, identifiers=other_doi), paper)


def test_a_revision_must_stand_out() -> None:
    revision = "one two three four five six alpha beta gamma delta"

    assert closest_revision(revision, [(1, TEN_WORDS), (2, "nothing of this is shared at all")]) == 1
    assert closest_revision(revision, [(1, TEN_WORDS), (2, TEN_WORDS + " eleven")]) is None


def test_texts_of_one_field_are_no_revisions_of_each_other() -> None:
    assert closest_revision("one two three alpha beta gamma delta epsilon zeta eta", [(1, TEN_WORDS)]) is None


def test_without_candidates_there_is_no_revision() -> None:
    assert closest_revision(TEN_WORDS, []) is None
