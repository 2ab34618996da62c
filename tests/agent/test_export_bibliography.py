"""BibTeX, RIS and CSL-JSON: what public parsers read back is what the library holds, and no more."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import rispy
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from pybtex.database import BibliographyData, parse_string

from agent.errors import UsageError
from agent.export import bibliography
from agent.export.names import parse
from store.library import Library
from store.paper import Paper
from tests.agent.export_samples import HOSTILE_TEXTS, hostile_papers, paper

PRINTED = {
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textbraceleft{}": "{",
    r"\textbraceright{}": "}",
    **{f"\\{char}": char for char in "&%$#_"},
}
FULL: dict[str, Any] = {
    "authors": ("Yong Lin", "van der Waals, Johannes", "OpenAI"),
    "date": "2025-02-11",
    "venue": "Journal of Machine Learning Research",
    "identifiers": {"doi": "10.1000/a_b", "arxiv": "2502.07640", "pmid": "123"},
    "url": "https://example.org/a_b?c=d&e=%20f#g",
    "categories": ("cs.LG", "cs.AI"),
}


def as_bibtex(*papers: Paper) -> BibliographyData:
    return parse_string(bibliography(papers, "bib"), "bibtex")


def as_ris(*papers: Paper) -> list[dict[str, Any]]:
    return list(rispy.loads(bibliography(papers, "ris")))


def as_csl(*papers: Paper) -> list[dict[str, Any]]:
    return list(json.loads(bibliography(papers, "csl-json")))


def printed(latex: str) -> str:
    """What LaTeX prints for our escapes; mathematics is left as it is."""
    return re.sub("|".join(map(re.escape, PRINTED)), lambda found: PRINTED[found.group()], latex)


def people(entry: Any) -> list[str]:
    return [printed(str(person)).removeprefix("{").removesuffix("}") for person in entry.persons.get("author", [])]


def sorted_name(name: str) -> str:
    """A name as BibTeX and RIS write it, suffixes apart."""
    parts = parse(name)
    family = " ".join(part for part in (parts.particle, parts.family) if part)
    return parts.literal or ", ".join(part for part in (family, parts.given) if part)


def every_paper(library: Library) -> list[Paper]:
    return [*library.papers(), *hostile_papers(), paper("fullrecord", **FULL)]


def test_bibtex_gives_every_field_of_every_paper_back(seed_library: Library) -> None:
    papers = every_paper(seed_library)

    entries = as_bibtex(*papers).entries

    assert list(entries) == [one.key for one in papers]
    for one in papers:
        entry = entries[one.key]
        assert printed(entry.fields["title"][1:-1]) == one.title
        assert entry.fields.get("year") == (str(one.year) if one.year else None)
        assert entry.fields.get("doi") == one.identifiers.get("doi")
        assert entry.fields.get("url") == one.url
        more = ["others"] if one.authors and not one.authors_complete else []
        assert people(entry) == [sorted_name(name) for name in one.authors] + more


def test_ris_gives_every_field_of_every_paper_back(seed_library: Library) -> None:
    papers = every_paper(seed_library)

    records = as_ris(*papers)

    assert [record["id"] for record in records] == [one.key for one in papers]
    for one, record in zip(papers, records, strict=True):
        assert record["title"] == one.title
        assert record["abstract"] == one.abstract
        assert record.get("authors", []) == [sorted_name(name) for name in one.authors]
        assert record.get("year") == (str(one.year) if one.year else None)
        assert record.get("secondary_title") == one.venue
        assert record.get("doi") == one.identifiers.get("doi")
        assert record.get("keywords", []) == list(one.categories)


def test_csl_json_gives_every_field_of_every_paper_back(seed_library: Library) -> None:
    papers = every_paper(seed_library)

    items = as_csl(*papers)

    assert [item["id"] for item in items] == [one.key for one in papers]
    for one, item in zip(papers, items, strict=True):
        assert item["title"] == one.title
        assert item.get("container-title") == one.venue
        assert item.get("DOI") == one.identifiers.get("doi")
        assert item.get("URL") == one.url
        date = [] if one.year is None else [int(part) for part in str(one.date).split("-")]
        assert item.get("issued", {"date-parts": [[]]})["date-parts"] == [date]
        assert len(item.get("author", [])) == len(one.authors) + bool(one.authors and not one.authors_complete)


def test_a_citation_processor_prints_every_item(seed_library: Library) -> None:
    items = as_csl(*seed_library.papers(), paper("fullrecord", **FULL))
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    made = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    for item in items:
        made.register(Citation([CitationItem(item["id"])]))

    lines = [str(line) for line in made.bibliography()]

    assert len(lines) == len(items)
    assert all(item["title"] in line for item, line in zip(items, lines, strict=True))
    assert lines[-1].startswith("Lin, Y., van der Waals, J. and OpenAI (2025)")


def test_every_kind_of_entry_has_the_fields_that_its_type_asks_for() -> None:
    entry = as_bibtex(paper(**FULL)).entries["lin2025goedel"]

    assert entry.type == "article"
    assert dict(entry.fields) == {
        "title": "{Goedel-Prover}",
        "journal": "Journal of Machine Learning Research",
        "year": "2025",
        "month": "February",
        "day": "11",
        "eprint": "2502.07640",
        "archiveprefix": "arXiv",
        "doi": "10.1000/a_b",
        "pmid": "123",
        "url": FULL["url"],
        "keywords": "cs.LG, cs.AI",
    }


@pytest.mark.parametrize(
    ("venue", "identifiers", "bibtex", "ris", "csl"),
    [
        ("Nature", {}, "article", "JOUR", "article-journal"),
        ("Transactions of the ACL", {}, "article", "JOUR", "article-journal"),
        ("Proceedings of the National Academy of Sciences", {}, "article", "JOUR", "article-journal"),
        ("NeurIPS 2024", {}, "inproceedings", "CPAPER", "paper-conference"),
        ("IEEE Conference on Computer Vision", {}, "inproceedings", "CPAPER", "paper-conference"),
        ("Workshop on Nature-Inspired Search", {}, "inproceedings", "CPAPER", "paper-conference"),
        ("arXiv", {"arxiv": "2502.07640"}, "misc", "GEN", "article"),
        (None, {"arxiv": "2502.07640"}, "misc", "GEN", "article"),
        ("Elsewhere", {}, "misc", "GEN", "article"),
        (None, {}, "misc", "GEN", "article"),
    ],
)
def test_the_type_is_what_the_venue_says(
    venue: str | None, identifiers: dict[str, str], bibtex: str, ris: str, csl: str
) -> None:
    one = paper(venue=venue, identifiers=identifiers)

    assert as_bibtex(one).entries[one.key].type == bibtex
    assert as_ris(one)[0]["type_of_reference"] == ris
    assert as_csl(one)[0]["type"] == csl


def test_a_paper_without_title_authors_or_date_gets_none() -> None:
    bare = paper(title=None)

    assert dict(as_bibtex(bare).entries[bare.key].fields) == {}
    assert as_ris(bare) == [{"type_of_reference": "GEN", "id": bare.key, "abstract": bare.abstract}]
    assert as_csl(bare) == [{"id": bare.key, "type": "article"}]


@pytest.mark.parametrize(
    ("date", "bibtex", "ris", "csl"),
    [
        ("2025-02-11", ("2025", "February", "11"), "2025/02/11/", [2025, 2, 11]),
        ("2025-02", ("2025", "February", None), "2025/02//", [2025, 2]),
        ("2025", ("2025", None, None), "2025///", [2025]),
        ("--06-04", (None, None, None), None, None),
    ],
)
def test_a_date_is_never_more_precise_than_the_record(
    date: str, bibtex: tuple[str | None, ...], ris: str | None, csl: list[int] | None
) -> None:
    one = paper(date=date)

    fields = as_bibtex(one).entries[one.key].fields
    assert tuple(fields.get(name) for name in ("year", "month", "day")) == bibtex
    assert as_ris(one)[0].get("date") == ris
    assert as_csl(one)[0].get("issued") == (csl and {"date-parts": [csl]})


def test_authors_that_the_source_leaves_out_are_said_to_be_left_out() -> None:
    one = paper(authors=("Yong Lin",), authors_complete=False)

    assert people(as_bibtex(one).entries[one.key]) == ["Lin, Yong", "others"]
    assert as_ris(one)[0]["notes"] == ["The source names the first authors only."]
    assert as_csl(one)[0]["author"] == [{"family": "Lin", "given": "Yong"}, {"literal": "others"}]


def test_a_name_in_parts_keeps_its_particle_and_its_suffix() -> None:
    one = paper(authors=("John von Neumann Jr.", "Barnes and Noble"))

    person, group = as_bibtex(one).entries[one.key].persons["author"]
    assert (person.prelast_names, person.last_names, person.lineage_names) == (["von"], ["Neumann"], ["Jr."])
    assert group.last_names == ["{Barnes and Noble}"]
    assert as_csl(one)[0]["author"] == [
        {"family": "Neumann", "given": "John", "non-dropping-particle": "von", "suffix": "Jr."},
        {"literal": "Barnes and Noble"},
    ]


@pytest.mark.parametrize(
    ("title", "written"),
    [
        (r"An $\ell_1$ norm & more", r"An $\ell_1$ norm \& more"),
        (r"$\mathcal{O}(n^{2})$ steps", r"$\mathcal{O}(n^{2})$ steps"),
        ("From $5 to $6", r"From \$5 to \$6"),
        (r"$\input{x}$", r"\$\textbackslash{}input\textbraceleft{}x\textbraceright{}\$"),
        (r"$^^5cinput x$", r"\$\textasciicircum{}\textasciicircum{}5cinput x\$"),
        ("$}{$", r"\$\textbraceright{}\textbraceleft{}\$"),
        ("S^3c-Math", r"S\textasciicircum{}3c-Math"),
    ],
)
def test_mathematics_of_a_title_stays_mathematics_if_it_is_whole_and_harmless(title: str, written: str) -> None:
    assert as_bibtex(paper(title=title)).entries["lin2025goedel"].fields["title"] == f"{{{written}}}"


def test_every_ris_value_is_one_line_that_ends_as_the_format_asks() -> None:
    written = bibliography([paper(title="A\nTY  - JOUR\r\nER  - ", authors=("Ann\nLee",)), *hostile_papers()], "ris")

    lines = written.split("\r\n")
    assert "\n" not in "".join(lines)
    assert "\r" not in "".join(lines)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines if line)
    assert sum(line.startswith("TY  - ") for line in lines) == len(HOSTILE_TEXTS) + 1
    assert sum(line == "ER  - " for line in lines) == len(HOSTILE_TEXTS) + 1


def test_only_web_addresses_are_given_as_addresses() -> None:
    one = paper(url="javascript:alert(1)")

    assert "javascript" not in "".join(bibliography([one], fmt) for fmt in ("bib", "ris", "csl-json"))


@pytest.mark.parametrize("fmt", ["bib", "ris", "csl-json"])
def test_no_papers_make_an_empty_bibliography(fmt: str) -> None:
    assert bibliography([], fmt).strip() in ("", "[]")


@pytest.mark.parametrize("fmt", ["md", "html", "json", "docx"])
def test_what_is_no_bibliography_is_refused_with_the_formats_that_are(fmt: str) -> None:
    with pytest.raises(UsageError) as refused:
        bibliography([], fmt)

    assert "bib, ris, csl-json" in refused.value.hint
