"""Takes records into the catalogue: new paper, known paper, or another listing of a known one."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from store import keys
from store.catalogue import Catalogue, paper_content
from store.lexical import query_words
from store.merging import closest_revision, identities, merge
from store.paper import Paper, Problem, Record, Source, text_hash
from store.removal import Removed
from store.text import fold

BETWEEN_NAMES = " qzxq "
"""A word that nobody looks for: without it, one name's end and the next one's beginning would be a phrase."""
BATCH = 500
"""Records a transaction."""
_FORMER_ROWS = 20
"""How many earlier records of one paper in one file are looked at; the end of the file sets all right."""
_REVISION_CANDIDATES = 8
_REVISION_WORDS = 16


@dataclass(slots=True)
class Report:
    """What an `add` did. Papers are counted once each; `merged` counts further listings of a paper."""

    added: set[int] = field(default_factory=set)
    updated: set[int] = field(default_factory=set)
    unchanged: set[int] = field(default_factory=set)
    extended: set[int] = field(default_factory=set)
    """Papers known before, of which another listing was found."""
    merged: int = 0
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    """(file, problem) pairs; each is a record that was left out, or a note on a whole file."""
    notes: list[str] = field(default_factory=list)
    embedded: int = 0
    """Texts that the embedder had to read."""
    seconds: float = 0.0

    @property
    def papers(self) -> int:
        """How many papers the files describe."""
        return len(self.added | self.updated | self.unchanged | self.extended)

    def has_changed(self, paper_id: int) -> bool:
        """Whether something was done to the paper."""
        return paper_id in self.added or paper_id in self.updated or paper_id in self.extended


class Intake:
    """Takes the records of files into a catalogue. Needs the writer's lock."""

    def __init__(self, catalogue: Catalogue, report: Report) -> None:
        self._catalogue = catalogue
        self._report = report
        self._run = catalogue.connection.execute
        self._dirty: set[int] = set()
        """Known papers that got another listing: made anew once a batch, not once a listing."""

    def take_file(self, path: str, items: Iterable[Record | Problem], progress: Callable[[int], None]) -> None:
        """All records of one file, a transaction a batch; `progress` is told how many each batch held."""
        seen: set[int] = set()
        replaced: set[int] = set()
        is_whole = True
        stream = iter(items)
        while batch := list(itertools.islice(stream, BATCH)):
            with self._catalogue.transaction():
                for item in batch:
                    if isinstance(item, Record):
                        self._take(path, item, seen, replaced)
                    elif item.place == "file":
                        self._report.notes.append(f"{path}: {item.reason}")
                    else:
                        is_whole = False
                        self._report.problems.append((path, item))
                self._remake_dirty()
            progress(len(batch))
        with self._catalogue.transaction():
            self._drop_stale(path, seen, replaced, is_whole=is_whole)

    def put_back(self, removed: Removed) -> bool:
        """Brings a removed paper back as it was; whether it was still gone. Call it in a transaction.

        Its vectors are kept: they only have to go into the vector index again.
        """
        key, paper_id = removed.paper.key, removed.paper_id
        if self._catalogue.id_of(key) is not None:  # a file brought it back in the meantime
            return False
        self._run("DELETE FROM retired WHERE key = ?", (key,))
        self._run("INSERT INTO papers (id, key, titled, content) VALUES (?, ?, 0, '')", (paper_id, key))
        many = self._catalogue.connection.executemany
        many(
            "INSERT INTO sources (paper_id, path, place, record, record_hash) VALUES (?, ?, ?, ?, ?)",
            [(paper_id, *listing) for listing in removed.listings],
        )
        many(
            "INSERT INTO parts (paper_id, part, text_hash, vector) VALUES (?, ?, ?, ?)",
            [(paper_id, *part) for part in removed.parts],
        )
        self._remake(paper_id)
        return True

    def _take(self, path: str, record: Record, seen: set[int], replaced: set[int]) -> None:
        report = self._report
        text = record.to_json()
        digest = hashlib.sha256(text.encode()).digest()[:16]
        known = self._run(
            "SELECT id, paper_id FROM sources WHERE path = ? AND record_hash = ?", (path, digest)
        ).fetchone()
        if known:
            if known["id"] in seen:
                report.merged += 1
            elif not report.has_changed(known["paper_id"]):
                report.unchanged.add(known["paper_id"])
            seen.add(known["id"])
            return
        paper_id = self._find(record, path)
        is_new = paper_id is None
        if paper_id is None:
            paper_id = self._insert(record, path)
            report.added.add(paper_id)
        elif self._has_other_row(path, paper_id, seen):
            replaced.add(paper_id)
        else:
            report.merged += 1
            if paper_id not in report.added:
                report.extended.add(paper_id)
                report.unchanged.discard(paper_id)
        seen.add(self._insert_source(paper_id, path, record, text, digest))
        if is_new or (record.title and not self._catalogue.described(paper_id).title):
            self._remake(paper_id)  # what it is recognised by has changed, and the next record may be of it
        else:
            self._write_identities(paper_id, record, path)
            self._dirty.add(paper_id)

    def _insert(self, record: Record, path: str) -> int:
        key = keys.assign(self._catalogue, record, path)
        self._run("INSERT INTO papers (key, titled, content) VALUES (?, 0, '')", (key,))
        return int(self._catalogue.value("SELECT last_insert_rowid()"))

    def _insert_source(self, paper_id: int, path: str, record: Record, text: str, digest: bytes) -> int:
        self._run(
            "INSERT INTO sources (paper_id, path, place, record, record_hash) VALUES (?, ?, ?, ?, ?)",
            (paper_id, path, record.place, text, digest),
        )
        return int(self._catalogue.value("SELECT last_insert_rowid()"))

    def _has_other_row(self, path: str, paper_id: int, seen: set[int]) -> bool:
        """Whether this file gave another record of the paper in an earlier run."""
        rows = self._run("SELECT id FROM sources WHERE paper_id = ? AND path = ? ORDER BY id", (paper_id, path))
        return any(row["id"] not in seen for row in rows.fetchmany(_FORMER_ROWS))

    def _drop_stale(self, path: str, seen: set[int], replaced: set[int], *, is_whole: bool) -> None:
        """Forgets what the file said of a paper earlier and no longer says.

        Of a file that could not be read whole, only what a new record of the paper replaces is
        forgotten: the rest may stand where it could not be read.
        """
        several = self._run(
            "SELECT paper_id FROM sources WHERE path = ? GROUP BY paper_id HAVING count(*) > 1", (path,)
        )
        for (paper_id,) in several.fetchall():
            rows = self._run("SELECT id FROM sources WHERE paper_id = ? AND path = ?", (paper_id, path)).fetchall()
            stale = [row["id"] for row in rows if row["id"] not in seen]
            if stale and len(stale) < len(rows) and (is_whole or paper_id in replaced):
                self._catalogue.connection.executemany("DELETE FROM sources WHERE id = ?", [(row,) for row in stale])
                self._remake(paper_id)
                self._report.updated.add(paper_id)
                self._report.unchanged.discard(paper_id)
        self._report.merged += len(replaced - self._report.updated)

    def _find(self, record: Record, path: str) -> int | None:
        """The paper that the record describes, if the catalogue has it."""
        for identity in identities(record, path):
            rows = self._run(
                "SELECT paper_id FROM identities WHERE kind = ? AND value = ? ORDER BY paper_id", identity
            ).fetchall()
            for (paper_id,) in rows:
                if keys.matches(identity, record, self._catalogue.described(paper_id)):
                    return int(paper_id)
        return self._find_revision(record)

    def _find_revision(self, record: Record) -> int | None:
        """The paper of which the record is another wording, where one of the two has no title."""
        only_untitled = "AND rowid IN (SELECT id FROM papers WHERE NOT titled)" if record.title else ""
        if record.title and not self._catalogue.value("SELECT EXISTS (SELECT 1 FROM papers WHERE NOT titled)"):
            return None
        rarest = sorted(query_words(self._catalogue, record.abstract), key=lambda item: -item.idf)[:_REVISION_WORDS]
        if not rarest:
            return None
        match = "{abstract variants} : (" + " OR ".join(f'"{item.word}"' for item in rarest) + ")"
        rows = self._catalogue.rows(
            f"SELECT rowid FROM lexicon WHERE lexicon MATCH ? {only_untitled} ORDER BY rank, rowid LIMIT ?",
            (match, _REVISION_CANDIDATES),
        )
        candidates = [(row["rowid"], self._catalogue.described(row["rowid"]).abstract) for row in rows]
        return closest_revision(record.abstract, candidates)

    def _remake_dirty(self) -> None:
        for paper_id in sorted(self._dirty):
            self._remake(paper_id)
        self._dirty.clear()

    def _remake(self, paper_id: int) -> None:
        """Writes the paper that its sources now describe, and all that follows from it."""
        key = str(self._catalogue.value("SELECT key FROM papers WHERE id = ?", (paper_id,)))
        rows = self._run("SELECT path, place, record FROM sources WHERE paper_id = ? ORDER BY id", (paper_id,))
        listings = [
            (Record.from_json(row["record"], row["place"]), Source(row["path"], row["place"]))
            for row in rows.fetchall()
        ]
        paper = merge(key, listings)
        self._run(
            "UPDATE papers SET year = ?, titled = ?, content = ? WHERE id = ?",
            (paper.year, paper.title is not None, paper_content(paper), paper_id),
        )
        self._run("DELETE FROM identities WHERE paper_id = ?", (paper_id,))
        for record, source in listings:
            self._write_identities(paper_id, record, source.path)
        self._write_lexicon(paper_id, paper)
        self._write_parts(paper_id, paper)

    def _write_identities(self, paper_id: int, record: Record, path: str) -> None:
        self._catalogue.connection.executemany(
            "INSERT OR IGNORE INTO identities VALUES (?, ?, ?)",
            [(*identity, paper_id) for identity in identities(record, path)],
        )

    def _write_lexicon(self, paper_id: int, paper: Paper) -> None:
        self._run("DELETE FROM lexicon WHERE rowid = ?", (paper_id,))
        fields = (
            fold(paper.title or ""),
            fold(paper.abstract),
            fold(" ".join(paper.variants)),
            fold(BETWEEN_NAMES.join(paper.authors)),
            fold(paper.venue or ""),
            fold(BETWEEN_NAMES.join(paper.categories)),
        )
        self._run(
            "INSERT INTO lexicon (rowid, title, abstract, variants, authors, venue, categories) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (paper_id, *fields),
        )

    def _write_parts(self, paper_id: int, paper: Paper) -> None:
        texts = part_texts(paper)
        rows = self._run("SELECT part, text_hash FROM parts WHERE paper_id = ?", (paper_id,)).fetchall()
        known = {row["part"]: row["text_hash"] for row in rows}
        for part, text in enumerate(texts):
            if known.get(part) != text_hash(text):
                self._run(
                    "INSERT OR REPLACE INTO parts (paper_id, part, text_hash) VALUES (?, ?, ?)",
                    (paper_id, part, text_hash(text)),
                )
        for part in known.keys() - set(range(len(texts))):
            self._run("DELETE FROM parts WHERE paper_id = ? AND part = ?", (paper_id, part))
            self._run("INSERT OR IGNORE INTO orphans VALUES (?, ?)", (paper_id, part))


def part_texts(paper: Paper) -> list[str]:
    """The texts by which a paper is found through similarity: the abstract, and each other wording."""
    heading = f"{paper.title}. " if paper.title else ""
    return [heading + text for text in (paper.abstract, *paper.variants)]


def remove_paper(catalogue: Catalogue, paper_id: int) -> None:
    """Takes a paper out of the catalogue; its key is never given to another. Call it in a transaction."""
    run = catalogue.connection.execute
    run("INSERT OR IGNORE INTO orphans SELECT paper_id, part FROM parts WHERE paper_id = ?", (paper_id,))
    keys.retire(catalogue, paper_id)
    run("DELETE FROM lexicon WHERE rowid = ?", (paper_id,))
    run("DELETE FROM papers WHERE id = ?", (paper_id,))
