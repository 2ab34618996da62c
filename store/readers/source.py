"""One text file as a stream of numbered lines: unpacked, decoded, never held whole."""

from __future__ import annotations

import codecs
import gzip
import io
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from store.errors import InputError

HEAD_BYTES = 256 * 1024
"""How much of a file the readers may look at to know its format."""
MAX_LINE_CHARACTERS = 16 * 1024 * 1024
_BLOCK = 1024 * 1024
_GZIP = b"\x1f\x8b"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KNOWN_BINARIES = {b"%PDF": "a PDF", b"PK\x03\x04": "a zip archive or an office file", b"\x89PNG": "a picture"}


class Line(NamedTuple):
    """A line without its end, and its number, from 1."""

    number: int
    text: str

    @property
    def place(self) -> str:
        """How a report names this line."""
        return f"line {self.number}"


class TextSource:
    """A readable text file; `notice` says so where it was not UTF-8."""

    def __init__(self, path: Path, encoding: str, notice: str) -> None:
        self.path = path
        self.encoding = encoding
        self.notice = notice

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    @property
    def suffix(self) -> str:
        """The file's extension in lower case, `.gz` taken off."""
        return Path(self.path.name.lower().removesuffix(".gz")).suffix

    def lines(self) -> Iterator[Line]:
        """Every line; one that is over-long comes cut, so that no file can fill the memory."""
        with _open_bytes(self.path) as raw:
            text = io.TextIOWrapper(raw, encoding=self.encoding, errors="replace", newline=None)
            number = 0
            while line := text.readline(MAX_LINE_CHARACTERS):
                number += 1
                yield Line(number, line.rstrip("\n"))
                while not line.endswith("\n") and (line := text.readline(MAX_LINE_CHARACTERS)):
                    continue

    @cached_property
    def head(self) -> list[str]:
        """The complete lines at the beginning of the file (the first one always)."""
        with _open_bytes(self.path) as raw:
            block = raw.read(HEAD_BYTES)
        decoded = codecs.getincrementaldecoder(self.encoding)("replace").decode(block)
        lines = decoded.splitlines()
        return lines[:-1] if len(block) == HEAD_BYTES and len(lines) > 1 else lines


def open_source(path: Path) -> TextSource:
    """The file at `path`, its encoding known. Raises `InputError` if it is not text or cannot be opened."""
    try:
        with _open_bytes(path) as raw:
            start = raw.read(HEAD_BYTES)
            encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "")
            if not start.strip():
                raise InputError(f"{path.name} is empty", "give a file with papers in it")
            if not encoding:
                _refuse_binary(path, start)
            flaw = None if encoding else _first_flaw(raw, start)
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path.name} cannot be read: {reason}", "check the file and its permissions") from error
    if flaw is None:
        return TextSource(path, encoding or "utf-8", "")
    detected = _detect(flaw)
    return TextSource(path, detected, f"not UTF-8; read as {detected}")


def _open_bytes(path: Path) -> BinaryIO:
    with path.open("rb") as plain:
        packed = plain.read(2) == _GZIP
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def _refuse_binary(path: Path, start: bytes) -> None:
    kind = next((kind for magic, kind in _KNOWN_BINARIES.items() if start.startswith(magic)), "")
    if kind or b"\x00" in start:
        raise InputError(
            f"{path.name} is {kind or 'a binary file'}, not text",
            "Citeloom reads abstracts: export them as JSON Lines or text",
        )


def _first_flaw(raw: BinaryIO, start: bytes) -> bytes | None:
    """The block that is not UTF-8, or None if the whole file is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = start
    while block:
        following = raw.read(_BLOCK)
        try:
            decoder.decode(block, final=not following)
        except UnicodeDecodeError:
            return block
        block = following
    return None


def _detect(block: bytes) -> str:
    from charset_normalizer import from_bytes  # only files that are not UTF-8 need it

    best = from_bytes(block[:HEAD_BYTES] if len(block) > HEAD_BYTES else block).best()
    return best.encoding if best else "cp1252"
