"""The catalogue: the record of everything in a library, in SQLite.

    papers       a row a paper: key and merged content (JSON)
    sources      a row a record of a paper, as its reader gave it; papers are merged from these
    identities   what a paper can be recognised by (DOI, arXiv id, title, abstract)
    keys         every citation key ever given, so that none is given to another paper
    retired      removed papers, and with retired_identities how to know them when they come back
    parts        a row a text to be found by similarity: part 0 is title and abstract, the
                 others are variants; holds the vector, and whether the vector index has it
    orphans      parts that are gone and must go from the vector index too
    lexicon      full-text index over folded text (FTS5, Porter stemmer)
    facts        name and value: library_id, embedder, generation

The catalogue is the truth; the vector index can be rebuilt from it at any time.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from store.errors import LibraryError
from store.paper import Paper, Source

FILE_NAME = "papers.db"
SCHEMA_VERSION = 1
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

_SCHEMA = """
CREATE TABLE papers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, year INTEGER, titled INTEGER NOT NULL,
    content TEXT NOT NULL);
CREATE INDEX papers_year ON papers (year);
CREATE INDEX papers_untitled ON papers (id) WHERE NOT titled;
CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT, paper_id INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
    path TEXT NOT NULL, place TEXT NOT NULL, record TEXT NOT NULL, record_hash BLOB NOT NULL);
CREATE INDEX sources_record ON sources (path, record_hash);
CREATE INDEX sources_paper ON sources (paper_id);
CREATE TABLE identities (
    kind TEXT NOT NULL, value TEXT NOT NULL, paper_id INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
    PRIMARY KEY (kind, value, paper_id)) WITHOUT ROWID;
CREATE INDEX identities_paper ON identities (paper_id);
CREATE TABLE keys (key TEXT PRIMARY KEY, stem TEXT NOT NULL, ordinal INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX keys_stem ON keys (stem, ordinal);
CREATE TABLE retired (key TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE retired_identities (
    kind TEXT NOT NULL, value TEXT NOT NULL, key TEXT NOT NULL REFERENCES retired ON DELETE CASCADE,
    PRIMARY KEY (kind, value, key)) WITHOUT ROWID;
CREATE TABLE parts (
    paper_id INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE, part INTEGER NOT NULL, text_hash TEXT NOT NULL,
    vector BLOB, indexed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (paper_id, part)) WITHOUT ROWID;
CREATE INDEX parts_pending ON parts (paper_id, part) WHERE NOT indexed;
CREATE TABLE orphans (paper_id INTEGER NOT NULL, part INTEGER NOT NULL, PRIMARY KEY (paper_id, part)) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE lexicon USING fts5(
    title, abstract, variants, authors, venue, categories, tokenize='porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(lexicon, col);
"""


class Catalogue:
    """One connection to a library's catalogue. A reader is never blocked by the writer (WAL).

    A writer makes the catalogue where there is none, for a library whose vectors `embedder` makes.
    """

    def __init__(self, folder: Path, *, read_only: bool, embedder: str = "") -> None:
        self.path = folder / FILE_NAME
        self.read_only = read_only
        self._embedder = embedder
        with explained(self.path):
            self.connection = self._connect()
            self._check_version()

    def _connect(self) -> sqlite3.Connection:
        if not self.read_only:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
        else:
            connection = self._connect_reading()
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA busy_timeout=10000")
        return connection

    def _connect_reading(self) -> sqlite3.Connection:
        """A reader; where the folder cannot be written, one that needs no lock file beside the database."""
        unmerged = self.path.with_name(FILE_NAME + "-wal")
        has_unmerged = unmerged.exists() and unmerged.stat().st_size > 0
        for options in ("mode=ro",) if has_unmerged else ("mode=ro", "mode=ro&immutable=1"):
            uri = f"{self.path.absolute().as_uri()}?{options}"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.OperationalError as error:
                connection.close()
                if error.sqlite_errorcode & 0xFF in _IN_USE:  # by one who may be writing: not to be read unlocked
                    raise
            else:
                return connection
        raise LibraryError(f"the library at {self.path.parent} cannot be read", "check the folder's permissions")

    def _check_version(self) -> None:
        version = int(self.connection.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise LibraryError(
                f"the library at {self.path.parent} was made by a newer Citeloom (format {version})",
                "upgrade Citeloom, or name another library with --library",
            )
        if version == 0 and self.read_only:
            raise LibraryError(f"there is no library at {self.path.parent}", "add papers first: citeloom add PATH")
        if self.read_only or (version and self.fact("library_id")):
            return
        with self.transaction():
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    self.connection.execute(statement)
                self.connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            self.remember("library_id", uuid.uuid4().hex[:12])
            self.remember("embedder", self._embedder)

    def close(self) -> None:
        """Closes the connection; nothing of an open transaction is kept."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is written, or none of it."""
        with explained(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:  # Ctrl-C too must roll back; it is raised again
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with explained(self.path):
            return self.connection.execute(sql, parameters).fetchall()

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None where there is no row."""
        with explained(self.path):
            row = self.connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def fact(self, name: str) -> str | None:
        """What the library remembers under `name`."""
        value: str | None = self.value("SELECT value FROM facts WHERE name = ?", (name,))
        return value

    def remember(self, name: str, value: str) -> None:
        """Writes a fact; call it in a transaction."""
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def count(self) -> int:
        """How many papers there are."""
        return int(self.value("SELECT count(*) FROM papers"))

    def generation(self) -> int:
        """A number that grows whenever the vector index changes."""
        return int(self.fact("generation") or 0)

    def advance_generation(self) -> None:
        """Tells every reader that its view of the vector index is old."""
        self.remember("generation", str(self.generation() + 1))

    def paper(self, paper_id: int) -> Paper | None:
        """The paper with this row id."""
        found = self.papers([paper_id])
        return found.get(paper_id)

    def described(self, paper_id: int) -> Paper:
        """The paper with this row id, its sources left out."""
        row = self.rows("SELECT key, content FROM papers WHERE id = ?", (paper_id,))[0]
        return paper_from_row(row["key"], row["content"], ())

    def papers(self, paper_ids: Sequence[int]) -> dict[int, Paper]:
        """The papers with these row ids; unknown ids are left out."""
        found: dict[int, Paper] = {}
        for start in range(0, len(paper_ids), 500):
            some = paper_ids[start : start + 500]
            marks = ",".join("?" * len(some))
            contents = self.rows(f"SELECT id, key, content FROM papers WHERE id IN ({marks})", some)
            sources: dict[int, list[Source]] = {}
            query = f"SELECT paper_id, path, place FROM sources WHERE paper_id IN ({marks}) ORDER BY id"
            for row in self.rows(query, some):
                sources.setdefault(row["paper_id"], []).append(Source(row["path"], row["place"]))
            for row in contents:
                found[row["id"]] = paper_from_row(row["key"], row["content"], sources.get(row["id"], []))
        return found

    def id_of(self, key: str) -> int | None:
        """The row id of the paper with this citation key."""
        found: int | None = self.value("SELECT id FROM papers WHERE key = ?", (key,))
        return found


def paper_content(paper: Paper) -> str:
    """What the `papers` table keeps of a paper: all but key, sources and what follows from the rest."""
    content = paper.to_dict()
    for name in ("key", "sources", "sha256", "year"):
        del content[name]
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def paper_from_row(key: str, content: str, sources: Sequence[Source]) -> Paper:
    """The paper that `paper_content` wrote."""
    fields = json.loads(content)
    for name in ("authors", "categories", "variants"):
        fields[name] = tuple(fields[name])
    return Paper(key=key, sources=tuple(sources), **fields)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """SQLite's errors in the user's words; nothing that was stored is lost by any of them."""
    try:
        yield
    except sqlite3.OperationalError as error:
        said = str(error)
        if "full" in said or "I/O" in said:
            hint = "free some space and run the command again; what was added before is kept"
            raise LibraryError(f"the disk is full or failing: {said}", hint) from error
        if "readonly" in said or "unable to open" in said:
            hint = "check the folder's permissions, or name another library with --library"
            raise LibraryError(f"the library at {path.parent} cannot be written: {said}", hint) from error
        raise LibraryError(f"the library at {path.parent} failed: {said}", "run `citeloom doctor`") from error
    except sqlite3.DatabaseError as error:
        hint = "restore papers.db from a backup, or add the papers to a new library"
        raise LibraryError(f"the library at {path.parent} is damaged: {error}", hint) from error
