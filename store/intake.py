"""Takes records into the catalogue: new paper, known paper, or another listing of a known one."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from store.catalogue import Catalogue, paper_content
from store.lexical import query_words
from store.merging import closest_revision, identities, is_same_titled_paper, merge
from store.paper import Paper, Problem, Record, Source, key_stem, text_hash
from store.text import abstract_key, fold, title_key

BATCH = 500
"""Records a transaction."""
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

    def take_file(self, path: str, items: Iterable[Record | Problem], progress: Callable[[int], None]) -> None:
        """All records of one file, a transaction a batch; `progress` is told how many each batch held."""
        seen: set[int] = set()
        replaced: set[int] = set()
        stream = iter(items)
        while batch := list(itertools.islice(stream, BATCH)):
            with self._catalogue.transaction():
                for item in batch:
                    if isinstance(item, Record):
                        self._take(path, item, seen, replaced)
                    elif item.place == "file":
                        self._report.notes.append(f"{path}: {item.reason}")
                    else:
                        self._report.problems.append((path, item))
            progress(len(batch))
        with self._catalogue.transaction():
            self._drop_stale(path, seen, replaced)

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
        if paper_id is None:
            paper_id = self._insert(record)
            report.added.add(paper_id)
        elif self._has_other_row(path, paper_id, seen):
            replaced.add(paper_id)
        else:
            report.merged += 1
            if paper_id not in report.added:
                report.extended.add(paper_id)
                report.unchanged.discard(paper_id)
        seen.add(self._insert_source(paper_id, path, record, text, digest))
        self._remake(paper_id)

    def _insert(self, record: Record) -> int:
        key = self._new_key(record)
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
        rows = self._run("SELECT id FROM sources WHERE paper_id = ? AND path = ?", (paper_id, path))
        return any(row["id"] not in seen for row in rows)

    def _drop_stale(self, path: str, seen: set[int], replaced: set[int]) -> None:
        """Forgets what the file said of a paper earlier and no longer says."""
        several = self._run(
            "SELECT paper_id FROM sources WHERE path = ? GROUP BY paper_id HAVING count(*) > 1", (path,)
        )
        for (paper_id,) in several.fetchall():
            rows = self._run("SELECT id FROM sources WHERE paper_id = ? AND path = ?", (paper_id, path)).fetchall()
            stale = [row["id"] for row in rows if row["id"] not in seen]
            if stale and len(stale) < len(rows):
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
                if identity.kind == "title":
                    other = self._catalogue.paper(paper_id)
                    if other and not is_same_titled_paper(record, other):
                        continue
                elif identity.kind == "abstract" and record.title and self._is_titled(paper_id):
                    continue
                return int(paper_id)
        return self._find_revision(record)

    def _is_titled(self, paper_id: int) -> bool:
        return bool(self._catalogue.value("SELECT titled FROM papers WHERE id = ?", (paper_id,)))

    def _find_revision(self, record: Record) -> int | None:
        """The paper of which the record is another wording, where one of the two has no title."""
        only_untitled = "AND rowid IN (SELECT id FROM papers WHERE NOT titled)" if record.title else ""
        if record.title and not self._catalogue.value("SELECT EXISTS (SELECT 1 FROM papers WHERE NOT titled)"):
            return None
        rarest = sorted(query_words(self._catalogue, record.abstract), key=lambda item: -item.idf)[:_REVISION_WORDS]
        match = "{abstract variants} : (" + " OR ".join(f'"{item.word}"' for item in rarest) + ")"
        rows = self._catalogue.rows(
            f"SELECT rowid FROM lexicon WHERE lexicon MATCH ? {only_untitled} ORDER BY rank, rowid LIMIT ?",
            (match, _REVISION_CANDIDATES),
        )
        papers = self._catalogue.papers([row["rowid"] for row in rows])
        return closest_revision(record.abstract, [(number, paper.abstract) for number, paper in papers.items()])

    def _new_key(self, record: Record) -> str:
        """A key that no other paper ever had; a paper that comes back gets the one it had."""
        stem = key_stem(record.authors, record.date, record.title, record.abstract)
        identity = title_key(record.title) or text_hash(abstract_key(record.abstract))
        for wanted in ([record.wanted_key] if record.wanted_key else []) + [stem]:
            row = self._run(
                "SELECT key FROM keys WHERE (stem = ? OR key = ?) AND identity = ? "
                "AND key NOT IN (SELECT key FROM papers) ORDER BY ordinal",
                (wanted, wanted, identity),
            ).fetchone()
            if row:
                return str(row["key"])
        if record.wanted_key and not self._is_given(record.wanted_key):
            self._run("INSERT INTO keys VALUES (?, ?, 0, ?)", (record.wanted_key, record.wanted_key, identity))
            return record.wanted_key
        last = self._catalogue.value("SELECT max(ordinal) FROM keys WHERE stem = ?", (stem,))
        ordinal = 0 if last is None else last + 1
        while self._is_given(key := stem + key_letters(ordinal)):
            ordinal += 1
        self._run("INSERT INTO keys VALUES (?, ?, ?, ?)", (key, stem, ordinal, identity))
        return key

    def _is_given(self, key: str) -> bool:
        return bool(self._catalogue.value("SELECT EXISTS (SELECT 1 FROM keys WHERE key = ?)", (key,)))

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
            for identity in identities(record, source.path):
                self._run("INSERT OR IGNORE INTO identities VALUES (?, ?, ?)", (*identity, paper_id))
        self._write_lexicon(paper_id, paper)
        self._write_parts(paper_id, paper)

    def _write_lexicon(self, paper_id: int, paper: Paper) -> None:
        self._run("DELETE FROM lexicon WHERE rowid = ?", (paper_id,))
        fields = (
            fold(paper.title or ""),
            fold(paper.abstract),
            fold(" ".join(paper.variants)),
            fold(" ; ".join(paper.authors)),
            fold(paper.venue or ""),
            fold(" ; ".join(paper.categories)),
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


def key_letters(ordinal: int) -> str:
    """What the n-th paper of one stem adds to its key: nothing, then b, c … z, aa, ab and so on."""
    if ordinal == 0:
        return ""
    letters, number = "", ordinal + 1
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def remove_paper(catalogue: Catalogue, paper_id: int) -> None:
    """Takes a paper out of the catalogue; its key is never given to another. Call it in a transaction."""
    run = catalogue.connection.execute
    run("INSERT OR IGNORE INTO orphans SELECT paper_id, part FROM parts WHERE paper_id = ?", (paper_id,))
    run("DELETE FROM lexicon WHERE rowid = ?", (paper_id,))
    run("DELETE FROM papers WHERE id = ?", (paper_id,))
