"""Reads files into records and problems; the format is found by content, then by name.

source = open_source(path)         decoded lines of one file, streamed
reader = reader_for(source)        the first reader whose `matches` says yes
for item in reader.read(source)    Record | Problem, never an exception for one bad record
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from store.errors import InputError
from store.paper import Problem, Record
from store.readers.base import Reader
from store.readers.json_lines import JsonLinesReader
from store.readers.page_dumps import AlternatingReader, DailyPageReader, LabelledReader
from store.readers.plain_text import PlainTextReader
from store.readers.source import MAX_LINE_CHARACTERS, TextSource, open_source
from store.readers.triples import TriplesReader

READERS: tuple[Reader, ...] = (
    JsonLinesReader(),
    LabelledReader(),
    TriplesReader(),
    DailyPageReader(),
    AlternatingReader(),
    PlainTextReader(),
)

__all__ = ["READERS", "expand", "is_untitled", "open_source", "read", "reader_for"]


def reader_for(source: TextSource) -> Reader:
    """The reader of this file's format; an `InputError` where there is none."""
    for reader in READERS:
        if reader.matches(source):
            return reader
    raise InputError(
        f"{source.name} is in no format that Citeloom reads",
        "give JSON Lines, a page dump of abstracts, or a .txt file with one abstract a paragraph",
    )


def read(path: Path) -> Iterator[Record | Problem]:
    """Every record and problem of one file, in order. Raises `InputError` if nothing can be read at all."""
    source = open_source(path)
    reader = reader_for(source)
    try:
        if source.notice:
            yield Problem("file", source.notice)
        yield from reader.read(source)
    except (OSError, EOFError, zlib.error) as error:
        yield Problem("end", f"the file breaks off: {error}", "get it anew and add it again")
    for number in source.over_long:
        yield Problem(f"line {number}", f"a line of over {MAX_LINE_CHARACTERS:,} characters")


def is_untitled(path: Path) -> bool:
    """Whether the file's format has no titles, so that it is better read after those that have."""
    try:
        return reader_for(open_source(path)).untitled
    except InputError:
        return False


def expand(paths: list[Path]) -> tuple[list[Path], list[tuple[Path, InputError]]]:
    """The files that `paths` name, folders walked, and what in the folders is not a file of papers."""
    files: list[Path] = []
    skipped: list[tuple[Path, InputError]] = []
    for path in paths:
        try:
            path.stat()
        except OSError as error:
            raise InputError(
                f"there is no file or folder {path} to read: {error.strerror}", "check the path"
            ) from error
        if not path.is_dir():
            files.append(path)
            continue
        readable = 0
        for file in sorted(path.rglob("*")):
            if not file.is_file() or any(part.startswith((".", "__")) for part in file.relative_to(path).parts):
                continue
            try:
                reader_for(open_source(file))
            except InputError as error:
                skipped.append((file, error))
            else:
                files.append(file)
                readable += 1
        if not readable:
            raise InputError(
                f"the folder {path} holds no file that Citeloom reads",
                "give a folder with JSON Lines, page dumps, or .txt files",
            )
    return list(dict.fromkeys(file.resolve() for file in files)), skipped
