"""Library: the one door to the store. Open it, add papers, search, get, remove.

    with Library(folder) as library:
        report = library.add([Path("papers.jsonl")])
        result = library.search("does process supervision help?")

Reading needs no lock; whatever writes holds one, and leaves the library consistent
whenever it is stopped.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

from store import indexing, readers, removal
from store.catalogue import FILE_NAME, Catalogue
from store.embedding import EmbedderChoice, Matrix, ReadingEmbedder, Vector, WordVectors, create
from store.errors import EmbedderMismatch, InputError, LibraryError
from store.intake import Intake, Report, remove_paper
from store.lock import writing
from store.paper import Paper, Problem
from store.removal import Removed
from store.scope import Scope, to_sql
from store.search import Searcher, SearchResult, check_scope
from store.vectors import Vectors, VectorsDamaged, VectorsReadOnly

SMALL_REMAINDER = 400
"""So many unindexed papers are finished when a library is opened; more wait for the next `add`."""


class Step(NamedTuple):
    """How far an `add` is: `stage` is "reading" or "indexing", `total` None while it is unknown."""

    stage: str
    done: int
    total: int | None


class Library:
    """A folder of papers. Methods raise `LibraryError` with a message and a hint for the user."""

    def __init__(
        self,
        folder: Path,
        choice: EmbedderChoice | None = None,
        *,
        server: str | None = None,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder = folder
        self._choice = choice or EmbedderChoice()
        self._server = server
        self._notice = notice

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of every file."""
        for name in ("_searcher", "_reading"):
            self.__dict__.pop(name, None)
        if "_vectors" in self.__dict__:
            self._vectors.close()

    @property
    def exists(self) -> bool:
        """Whether there is a library in the folder."""
        try:
            return (self.folder / FILE_NAME).is_file()
        except OSError as error:
            raise LibraryError(
                f"the library folder {self.folder} cannot be entered: {error.strerror}",
                "check its permissions, or name another library with --library",
            ) from error

    def add(
        self,
        paths: Sequence[Path],
        *,
        names: Mapping[Path, str] | None = None,
        progress: Callable[[Step], None] = lambda _: None,
        wait: bool = True,
    ) -> Report:
        """Reads files and folders into the library and indexes what is new.

        `names` gives a file another name than its path, under which its papers are remembered.
        """
        began = time.perf_counter()
        report = Report()
        files, skipped = readers.expand(list(paths))
        with writing(self.folder, wait=wait, on_wait=self._notice), self._writable() as catalogue:
            intake = Intake(catalogue, report)
            done = 0

            def on_batch(count: int) -> None:
                nonlocal done
                done += count
                progress(Step("reading", done, None))

            # Texts without titles come last, so that they find the papers they belong to.
            for file in sorted(files, key=readers.is_untitled):
                try:
                    name = os.fsencode(file).decode("utf-8", "backslashreplace")
                    intake.take_file((names or {}).get(file, name), readers.read(file), on_batch)
                except InputError as error:
                    if len(files) == 1:
                        raise
                    report.problems.append((str(file), Problem("file", error.message, error.hint)))
            report.notes.extend(f"{path}: skipped, {error.message}" for path, error in skipped)
            report.embedded = self._index(catalogue, progress)
        report.seconds = time.perf_counter() - began
        return report

    def finish(self, *, progress: Callable[[Step], None] = lambda _: None, at_most: int | None = None) -> int:
        """Indexes what an interrupted `add` left; returns how many texts were pending.

        Does nothing, and says so, where more than `at_most` are pending.
        """
        pending = indexing.pending(self._reading)
        if pending == 0:
            return 0
        if at_most is not None and pending > at_most:
            self._notice(f"{pending:,} papers are not indexed yet; run `citeloom add` again to finish")
            return pending
        with writing(self.folder, wait=False, on_wait=self._notice), self._writable() as catalogue:
            self._index(catalogue, progress)
        return pending

    def search(self, query: str, count: int = 10, scope: Scope | None = None) -> SearchResult:
        """The `count` best papers for `query` within `scope`, by words and by meaning."""
        return self._searcher.search(query, count, scope or Scope())

    def rank(self, query: str, count: int, scope: Scope | None = None) -> list[str]:
        """The keys of the `count` best papers, best first; the order of `search`, for less than its time."""
        return self._searcher.rank(query, count, scope or Scope())

    def embed(self, texts: list[str]) -> Vector:
        """Unit vectors of `texts` by the library's embedder, shape (len(texts), dimensions)."""
        return self._searcher.embed(texts)

    def read(self, texts: list[str]) -> tuple[Matrix, list[WordVectors]]:
        """What `embed` returns, and the words of each text with vectors of their own."""
        return self._searcher.read(texts)

    def vectors(self, keys: Sequence[str]) -> dict[str, Vector]:
        """The stored vectors of these papers' titles and abstracts; what is not indexed yet is left out."""
        found: dict[str, Vector] = {}
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            marks = ",".join("?" * len(some))
            rows = self._reading.rows(
                "SELECT key, vector FROM papers JOIN parts ON paper_id = papers.id "
                f"WHERE part = 0 AND vector IS NOT NULL AND key IN ({marks})",
                some,
            )
            unpacked = indexing.unpacked(row["vector"] for row in rows)
            found.update(zip((row["key"] for row in rows), unpacked, strict=True))
        return found

    def get(self, key: str) -> Paper | None:
        """The paper with this citation key."""
        paper_id = self._reading.id_of(key)
        return None if paper_id is None else self._reading.paper(paper_id)

    def papers(self, scope: Scope | None = None) -> Iterator[Paper]:
        """Every paper in `scope`, in the order in which they came; an `EmptyScope` where there is none."""
        if scope:
            check_scope(self._reading, scope)
        condition, parameters = to_sql(scope or Scope())
        ids = [
            row["id"] for row in self._reading.rows(f"SELECT id FROM papers WHERE {condition} ORDER BY id", parameters)
        ]
        for start in range(0, len(ids), 500):
            yield from self._reading.papers(ids[start : start + 500]).values()

    def keys(self, scope: Scope | None = None) -> list[str]:
        """The keys of every paper in `scope`, in the order in which they came."""
        condition, parameters = to_sql(scope or Scope())
        return [
            row["key"]
            for row in self._reading.rows(f"SELECT key FROM papers WHERE {condition} ORDER BY id", parameters)
        ]

    def count(self) -> int:
        """How many papers the library holds."""
        return self._reading.count()

    def pending(self) -> int:
        """How many texts are not yet found by similarity."""
        return indexing.pending(self._reading)

    def remove(self, keys: Sequence[str], *, wait: bool = True) -> list[Paper]:
        """Takes papers out; returns them. Nothing is removed if one of the keys is unknown."""
        return [item.paper for item in self.take_out(keys, wait=wait)]

    def take_out(self, keys: Sequence[str], *, wait: bool = True) -> list[Removed]:
        """Removes papers, and returns them with what `restore` needs to bring them back."""
        self._demand_library()
        with writing(self.folder, wait=wait, on_wait=self._notice), self._writable() as catalogue:
            ids = {key: catalogue.id_of(key) for key in keys}
            if unknown := [key for key, paper_id in ids.items() if paper_id is None]:
                raise InputError(f"there is no paper {unknown[0]} in the library", "see `citeloom papers list`")
            known = sorted(paper_id for paper_id in ids.values() if paper_id is not None)
            with catalogue.transaction():
                removed = [removal.copied(catalogue, paper_id) for paper_id in known]
                for paper_id in known:
                    remove_paper(catalogue, paper_id)
            self._index_if_possible(catalogue)
        return removed

    def restore(self, removed: Sequence[Removed], *, wait: bool = True) -> list[str]:
        """Brings papers back as they were, under their keys; returns the keys of those that were still gone."""
        self._demand_library()
        with writing(self.folder, wait=wait, on_wait=self._notice), self._writable() as catalogue:
            if any(item.library_id != catalogue.fact("library_id") for item in removed):
                raise InputError(
                    f"the papers were removed from another library than {self.folder}", "open that library first"
                )
            intake = Intake(catalogue, Report())
            with catalogue.transaction():
                restored = [item.paper.key for item in removed if intake.put_back(item)]
            self._index_if_possible(catalogue)
        return restored

    def rebuild(self, *, progress: Callable[[Step], None] = lambda _: None) -> int:
        """Makes the vector index anew, with the embedder now configured; returns how many texts it holds."""
        self._demand_library()
        with writing(self.folder, wait=True, on_wait=self._notice), self._writable(any_embedder=True) as catalogue:
            width = self._embedder.embed(["Does the embedder answer?"]).shape[1]  # before anything is given up
            stored = catalogue.value("SELECT length(vector) FROM parts WHERE vector IS NOT NULL LIMIT 1")
            changed = catalogue.fact("embedder") != self._choice.name or stored not in (None, indexing.BYTES * width)
            indexing.mark_all_pending(catalogue, new_embedder=self._choice.name if changed else None)
            self._vectors.reset()
            self._index(catalogue, progress)
            return indexing.held(catalogue)

    def check_index(self) -> str | None:
        """What is wrong with the vector index, or None: it holds just what the catalogue says."""
        try:
            self._vectors.reopen()
            self._demand_whole_index(self._reading)
        except VectorsReadOnly:
            return None
        except VectorsDamaged as error:
            return str(error)
        return None

    def embedder_name(self) -> str | None:
        """The embedder that the library was made with."""
        return self._reading.fact("embedder")

    def _index(self, catalogue: Catalogue, progress: Callable[[Step], None]) -> int:
        total = indexing.pending(catalogue)
        done = 0

        def on_chunk(count: int) -> None:
            nonlocal done
            done += count
            progress(Step("indexing", done, total))

        embedded = 0
        try:
            self._demand_whole_index(catalogue)
            return indexing.bring_up(catalogue, self._vectors, self._embedder, on_chunk)
        except VectorsDamaged:
            embedded = total - indexing.without_vector(catalogue) if total else 0
            self._notice("the vector index is damaged; rebuilding it from the catalogue")
        self._vectors.reset()
        indexing.mark_all_pending(catalogue)
        total, done = indexing.pending(catalogue), 0
        return embedded + indexing.bring_up(catalogue, self._vectors, self._embedder, on_chunk)

    def _index_if_possible(self, catalogue: Catalogue) -> None:
        """Brings the index up after a change that stands whether or not this succeeds."""
        try:
            self._index(catalogue, lambda _: None)
        except LibraryError as error:
            self._notice(f"the vector index is behind, the next `citeloom add` brings it up: {error.message}")

    def _demand_whole_index(self, catalogue: Catalogue) -> None:
        """Raises `VectorsDamaged` unless the index holds what the catalogue says that it holds."""
        held = indexing.held(catalogue)
        if not held:
            return
        count, orphans = self._vectors.count(), int(catalogue.value("SELECT count(*) FROM orphans"))
        if not held <= count <= held + orphans + indexing.pending(catalogue):
            raise VectorsDamaged(f"it holds {count} vectors, the catalogue {held}")
        probe = catalogue.value("SELECT vector FROM parts WHERE indexed ORDER BY paper_id DESC LIMIT 1")
        self._vectors.nearest(indexing.unpacked([probe])[0], 1, held=held)

    def _demand_library(self) -> None:
        if not self.exists:
            raise LibraryError(f"there is no library at {self.folder}", "add papers first: citeloom add PATH")

    def _writable(self, *, any_embedder: bool = False) -> _Writable:
        return _Writable(self.folder, None if any_embedder else self._choice.name)

    @cached_property
    def _reading(self) -> Catalogue:
        self._demand_library()
        catalogue = Catalogue(self.folder, read_only=True)
        check_embedder(catalogue, self._choice.name)
        return catalogue

    @cached_property
    def _vectors(self) -> Vectors:
        return Vectors(self.folder, library_id=self._reading.fact("library_id") or "", server=self._server)

    @cached_property
    def _embedder(self) -> ReadingEmbedder:
        return create(self._choice)

    @cached_property
    def _searcher(self) -> Searcher:
        return Searcher(self._reading, self._vectors, self._embedder, self._notice)


class _Writable:
    """A writing connection for the length of a `with`; makes the library where there is none."""

    def __init__(self, folder: Path, embedder: str | None) -> None:
        self._folder = folder
        self._embedder = embedder

    def __enter__(self) -> Catalogue:
        self._catalogue = catalogue = Catalogue(self._folder, read_only=False, embedder=self._embedder or "")
        if self._embedder:
            check_embedder(catalogue, self._embedder)
        return catalogue

    def __exit__(self, *_: object) -> None:
        self._catalogue.close()


def check_embedder(catalogue: Catalogue, name: str) -> None:
    """Refuses a library whose vectors another embedder made: they cannot be compared."""
    made_with = catalogue.fact("embedder")
    if made_with and made_with != name:
        raise EmbedderMismatch(
            f"the library was made with the embedder {made_with}, the settings say {name}",
            "run `citeloom doctor --rebuild` to index it anew, or set the embedder back",
        )
