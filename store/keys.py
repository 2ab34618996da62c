"""Citation keys: given once, never changed, never given to another paper.

A paper that was removed leaves its key behind, with all by which it can be recognised, so
that it gets the same key when it comes back.
"""

from __future__ import annotations

from store.catalogue import Catalogue, paper_from_row
from store.merging import Identity, identities, is_same_titled_paper
from store.paper import Paper, Record, key_stem


def assign(catalogue: Catalogue, record: Record, path: str) -> str:
    """The key for a new paper: the one that it had, the one its source wishes for, or a new one."""
    run = catalogue.connection.execute
    if former := _former_key(catalogue, record, path):
        run("DELETE FROM retired WHERE key = ?", (former,))
        return former
    if record.wanted_key and not _is_given(catalogue, record.wanted_key):
        run("INSERT INTO keys VALUES (?, ?, 0)", (record.wanted_key, record.wanted_key))
        return record.wanted_key
    stem = key_stem(record.authors, record.date, record.title, record.abstract)
    last = catalogue.value("SELECT max(ordinal) FROM keys WHERE stem = ?", (stem,))
    ordinal = 0 if last is None else last + 1
    while _is_given(catalogue, key := stem + letters(ordinal)):
        ordinal += 1
    run("INSERT INTO keys VALUES (?, ?, ?)", (key, stem, ordinal))
    return key


def retire(catalogue: Catalogue, paper_id: int) -> None:
    """Keeps the key of a paper that is about to be removed. Call it in the removing transaction."""
    run = catalogue.connection.execute
    run("INSERT OR REPLACE INTO retired SELECT key, content FROM papers WHERE id = ?", (paper_id,))
    run(
        "INSERT OR IGNORE INTO retired_identities SELECT kind, value, key FROM identities "
        "JOIN papers ON papers.id = paper_id WHERE paper_id = ?",
        (paper_id,),
    )


def letters(ordinal: int) -> str:
    """What the n-th paper of one stem adds to its key: nothing, then b, c … z, aa, ab and so on."""
    if ordinal == 0:
        return ""
    found, number = "", ordinal + 1
    while number > 0:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("a") + rest) + found
    return found


def _former_key(catalogue: Catalogue, record: Record, path: str) -> str | None:
    for identity in identities(record, path):
        rows = catalogue.rows(
            "SELECT key, content FROM retired JOIN retired_identities USING (key) "
            "WHERE kind = ? AND value = ? ORDER BY key",
            identity,
        )
        for row in rows:
            if matches(identity, record, paper_from_row(row["key"], row["content"], ())):
                return str(row["key"])
    return None


def matches(identity: Identity, record: Record, other: Paper) -> bool:
    """Whether sharing `identity` makes the record a record of `other`.

    A title may be common, and two titled papers may share an abstract.
    """
    if identity.kind == "title":
        return is_same_titled_paper(record, other)
    return identity.kind != "abstract" or not record.title or not other.title


def _is_given(catalogue: Catalogue, key: str) -> bool:
    return bool(catalogue.value("SELECT EXISTS (SELECT 1 FROM keys WHERE key = ?)", (key,)))
