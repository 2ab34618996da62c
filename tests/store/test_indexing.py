"""The vector index follows the catalogue: nothing embedded twice, and thrown away without loss."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import chromadb
import numpy as np
import pytest

from store import indexing
from store.catalogue import Catalogue
from store.embedding import Matrix
from store.embedding.builtin import DIMENSIONS
from store.errors import EmbeddingFailed
from store.intake import Intake, Report, remove_paper
from store.library import Library
from store.paper import Record
from store.vectors import FOLDER_NAME, PartId, Vectors

MakeRecord = Callable[..., Record]
WriteJsonl = Callable[..., Path]


class CountingEmbedder:
    """A vector that follows from the text's hash; remembers what it was given, and may stop working."""

    name = "counting"
    batch_size = 8

    def __init__(self, fails_after: int | None = None) -> None:
        self.given: list[str] = []
        self.fails_after = fails_after

    def embed(self, texts: Sequence[str]) -> Matrix:
        if self.fails_after is not None and len(self.given) + len(texts) > self.fails_after:
            raise EmbeddingFailed("no more", "later")
        self.given.extend(texts)
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> Matrix:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        vector = np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)
        unit: Matrix = vector / np.linalg.norm(vector)
        return unit


class Index(NamedTuple):
    """A catalogue and the vectors that follow it."""

    catalogue: Catalogue
    vectors: Vectors

    def take(self, *records: Record, path: str = "one.jsonl") -> Report:
        report = Report()
        Intake(self.catalogue, report).take_file(path, records, lambda _: None)
        return report

    def bring_up(self, embedder: CountingEmbedder) -> int:
        return indexing.bring_up(self.catalogue, self.vectors, embedder, lambda _: None)

    def parts(self) -> set[PartId]:
        return {PartId(row["paper_id"], row["part"]) for row in self.catalogue.rows("SELECT paper_id, part FROM parts")}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = Index(Catalogue(tmp_path, read_only=False), Vectors(tmp_path, library_id="test"))
    yield made
    made.vectors.close()
    made.catalogue.close()


def test_every_text_is_embedded_once_with_its_title(index: Index, make_record: MakeRecord) -> None:
    index.take(make_record("cells", title="On cells"), make_record(abstract=BANKS["abstract"]))
    embedder = CountingEmbedder()

    assert index.bring_up(embedder) == 2
    assert sorted(embedder.given) == [BANKS["abstract"], f"On cells. {make_record('cells').abstract}"]
    assert index.vectors.ids() == index.parts()
    assert indexing.pending(index.catalogue) == 0


def test_nothing_is_embedded_where_nothing_changed(index: Index, make_record: MakeRecord) -> None:
    records = [make_record(str(number), title=f"Paper {number}") for number in range(5)]
    index.take(*records)
    index.bring_up(CountingEmbedder())
    index.take(*records)
    again = CountingEmbedder()

    assert index.bring_up(again) == 0
    assert again.given == []


def test_only_the_changed_abstract_is_embedded_again(index: Index, make_record: MakeRecord) -> None:
    index.take(make_record("cells", title="On cells"), make_record("banks", title="On banks"))
    index.bring_up(CountingEmbedder())
    index.take(make_record("stars", title="On cells"), make_record("banks", title="On banks"))
    again = CountingEmbedder()
    index.bring_up(again)

    assert again.given == [f"On cells. {make_record('stars').abstract}"]
    assert index.vectors.ids() == index.parts() == {PartId(1, 0), PartId(2, 0)}


def test_metadata_that_change_cost_no_embedding(index: Index, make_record: MakeRecord) -> None:
    index.take(make_record(title="On cells"))
    index.bring_up(CountingEmbedder())
    index.take(make_record(title="On cells", authors=("Ann Lee",), date="2024"), path="two.jsonl")

    assert index.bring_up(CountingEmbedder()) == 0


def test_another_wording_is_a_text_of_its_own(index: Index, make_record: MakeRecord) -> None:
    index.take(make_record("cells", title="On cells"))
    index.bring_up(CountingEmbedder())
    index.take(make_record("neurons", title="On cells"), path="two.jsonl")

    assert index.bring_up(CountingEmbedder()) == 1
    assert index.vectors.ids() == {PartId(1, 0), PartId(1, 1)}


def test_a_text_that_is_gone_is_gone_from_the_index(index: Index, make_record: MakeRecord) -> None:
    index.take(make_record("cells", title="On cells"), make_record("banks", title="On banks"))
    index.bring_up(CountingEmbedder())
    with index.catalogue.transaction():
        remove_paper(index.catalogue, 1)
    index.bring_up(CountingEmbedder())

    assert index.vectors.ids() == index.parts() == {PartId(2, 0)}


def test_an_embedder_that_stops_half_way_is_taken_up_where_it_stopped(index: Index, make_record: MakeRecord) -> None:
    index.take(*(make_record(str(number), title=f"Paper {number}") for number in range(300)))
    first = CountingEmbedder(fails_after=indexing.CHUNK + 1)
    with pytest.raises(EmbeddingFailed):
        index.bring_up(first)
    second = CountingEmbedder()
    index.bring_up(second)

    assert len(first.given) == indexing.CHUNK
    assert len(second.given) == 300 - indexing.CHUNK
    assert not set(first.given) & set(second.given)
    assert index.vectors.ids() == index.parts()


def test_progress_counts_every_text_once(index: Index, make_record: MakeRecord) -> None:
    index.take(*(make_record(str(number), title=f"Paper {number}") for number in range(200)))
    told: list[int] = []
    indexing.bring_up(index.catalogue, index.vectors, CountingEmbedder(), told.append)

    assert sum(told) == 200


def test_readers_are_told_of_every_change_of_the_index(index: Index, make_record: MakeRecord) -> None:
    index.take(make_record("cells", title="On cells"))
    index.bring_up(CountingEmbedder())
    after_adding = index.catalogue.generation()
    with index.catalogue.transaction():
        remove_paper(index.catalogue, 1)
    index.bring_up(CountingEmbedder())

    assert 0 < after_adding < index.catalogue.generation()


def test_an_empty_index_is_filled_from_the_catalogue_without_embedding(index: Index, make_record: MakeRecord) -> None:
    index.take(*(make_record(str(number), title=f"Paper {number}") for number in range(200)))
    index.bring_up(CountingEmbedder())
    index.vectors.reset()
    indexing.mark_all_pending(index.catalogue)
    again = CountingEmbedder()

    assert index.bring_up(again) == 0
    assert again.given == []
    assert index.vectors.ids() == index.parts()


def test_vectors_are_kept_closely_enough(index: Index, make_record: MakeRecord) -> None:
    index.take(make_record("cells", title="On cells"))
    embedder = CountingEmbedder()
    index.bring_up(embedder)
    [kept] = indexing.stored_vectors(index.catalogue, [PartId(1, 0)])
    [given] = embedder.embed([*embedder.given])

    assert np.allclose(kept, given, atol=1e-3)
    [(part, similarity)] = index.vectors.nearest(given, 5, held=1)
    assert part == PartId(1, 0)
    assert similarity == pytest.approx(1.0, abs=1e-3)


# A vector index that was lost or spoilt


def delete_folder(vectors: Path) -> None:
    shutil.rmtree(vectors)


def spoil_database(vectors: Path) -> None:
    (vectors / "chroma.sqlite3").write_bytes(b"garbage " * 1000)


def spoil_every_file(vectors: Path) -> None:
    for path in vectors.rglob("*"):
        if path.is_file():
            path.write_bytes(b"garbage " * 10)


def spoil_segment(vectors: Path) -> None:
    for path in vectors.rglob("*.bin"):
        path.write_bytes(b"garbage " * 10)


def remove_segment(vectors: Path) -> None:
    for path in vectors.iterdir():
        if path.is_dir():
            shutil.rmtree(path)


def put_a_file_in_its_place(vectors: Path) -> None:
    shutil.rmtree(vectors)
    vectors.write_text("garbage", encoding="utf-8")


def begin_database_anew(vectors: Path) -> None:
    (vectors / "chroma.sqlite3").write_bytes(b"")


def lose_the_beginning(vectors: Path) -> None:
    database = sqlite3.connect(vectors / "chroma.sqlite3")
    with database:
        database.execute("DELETE FROM tenants")
    database.close()


Damage = Callable[[Path], None]
CATS = {"title": "Felines", "abstract": "Kittens nap on warm sofas most of every afternoon, dreaming of mice."}
BANKS = {"title": "Banking", "abstract": "Central lenders raise interest rates whenever prices climb too quickly."}
QUESTION = "where do cats sleep"
"""Shares no word with CATS: only similarity finds it."""
DAMAGES = (
    *(delete_folder, spoil_database, spoil_every_file, spoil_segment, remove_segment, put_a_file_in_its_place),
    *(begin_database_anew, lose_the_beginning),
)


@pytest.fixture(scope="module")
def large_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library so large that Chroma has written its segment to disk; not to be changed."""
    base = tmp_path_factory.mktemp("large")
    (base / "cats.jsonl").write_text(json.dumps(CATS), encoding="utf-8")
    with Library(base / "library") as library:
        library.add([base / "cats.jsonl"])
    catalogue = Catalogue(base / "library", read_only=False)
    vectors = Vectors(base / "library", library_id=catalogue.fact("library_id") or "")
    index = Index(catalogue, vectors)
    records = (
        Record(abstract=f"We wrote text number {number} about nothing at all.", place="", title=f"Text {number}")
        for number in range(1200)
    )
    index.take(*records, path="many.jsonl")
    index.bring_up(CountingEmbedder())
    vectors.close()
    catalogue.close()
    assert list((base / "library" / FOLDER_NAME).rglob("*.bin"))
    return base / "library"


@pytest.fixture
def large(large_folder: Path, tmp_path: Path) -> Path:
    """A copy of the large library of the test's own."""
    return Path(shutil.copytree(large_folder, tmp_path / "large"))


def kept_vectors(folder: Path) -> list[tuple[int, int, bytes]]:
    """Every vector that the catalogue keeps; another embedder would have made others."""
    catalogue = Catalogue(folder, read_only=True)
    rows = [tuple(row) for row in catalogue.rows("SELECT paper_id, part, vector FROM parts ORDER BY paper_id, part")]
    catalogue.close()
    return rows


def indexed(folder: Path) -> int:
    """How many of all vectors a fresh look at the index finds."""
    catalogue = Catalogue(folder, read_only=True)
    vectors = Vectors(folder, library_id=catalogue.fact("library_id") or "")
    probe = indexing.stored_vectors(catalogue, [PartId(1, 0)])[0]
    found = len(vectors.nearest(probe, 5000, held=vectors.count()))
    vectors.close()
    catalogue.close()
    return found


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_search_with_a_damaged_index_finds_by_similarity_and_says_so(large: Path, damage: Damage) -> None:
    damage(large / FOLDER_NAME)
    notices: list[str] = []
    with Library(large, notice=notices.append) as library:
        best = library.search(QUESTION, 3).hits[0]

    assert (best.paper.title, best.lexical_rank, best.dense_rank) == ("Felines", None, 1)
    assert len(notices) == 1
    assert "vector index" in notices[0]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_found_out_by_the_check(large: Path, damage: Damage) -> None:
    damage(large / FOLDER_NAME)
    with Library(large) as library:
        assert library.check_index()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_rebuild_repairs_a_damaged_index_without_embedding(large: Path, damage: Damage) -> None:
    kept = kept_vectors(large)
    damage(large / FOLDER_NAME)
    with Library(large) as library:
        assert library.rebuild() == 1201
    with Library(large) as library:
        assert library.check_index() is None
        assert library.search(QUESTION, 3).hits[0].dense_rank == 1
    assert kept_vectors(large) == kept


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_next_add_repairs_a_damaged_index_though_it_brings_nothing_new(
    large: Path, damage: Damage, write_jsonl: WriteJsonl
) -> None:
    kept = kept_vectors(large)
    damage(large / FOLDER_NAME)
    with Library(large) as library:
        report = library.add([write_jsonl([CATS])])

    assert (report.embedded, indexed(large)) == (0, 1201)
    assert kept_vectors(large) == kept


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_next_add_repairs_a_damaged_index_and_embeds_what_it_brings_alone(
    large: Path, damage: Damage, write_jsonl: WriteJsonl
) -> None:
    kept = kept_vectors(large)
    damage(large / FOLDER_NAME)
    with Library(large) as library:
        report = library.add([write_jsonl([BANKS])])

    assert (report.embedded, indexed(large)) == (1, 1202)
    assert kept_vectors(large)[:-1] == kept


def test_the_next_add_repairs_an_index_that_chroma_takes_for_a_server_that_is_not_there(
    library: Library, write_jsonl: WriteJsonl, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, refused = chromadb.PersistentClient, ["Could not connect to tenant default_tenant. Are you sure it exists?"]

    def connect(*arguments: Any, **more: Any) -> Any:
        if refused:
            raise ValueError(refused.pop())
        return client(*arguments, **more)

    monkeypatch.setattr(chromadb, "PersistentClient", connect)
    report = library.add([write_jsonl([CATS])])

    assert (report.embedded, library.pending(), refused) == (1, 0, [])
    assert library.search(QUESTION, 3).hits[0].dense_rank == 1
