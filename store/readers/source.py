"""One text file as a stream of numbered lines: unpacked, decoded, never held whole."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
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
_LIKELY_ENCODINGS = ("cp1252", "cp1250", "cp1251", "koi8_r", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr")
"""Rarer ones are guessed for short Western texts far more often than they are met."""
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
    """A readable text file. Its beginning is read at once, all of it only when its lines are."""

    def __init__(self, path: Path, start: bytes) -> None:
        self.path = path
        self._start = start
        self._mark = next((name for mark, name in _MARKS if start.startswith(mark)), "")

    @cached_property
    def encoding(self) -> str:
        """UTF-8 if the whole file is, else what it seems to be."""
        if self._mark:
            return self._mark
        flaw = _first_flaw(self.path)
        return "utf-8" if flaw is None else _detect(flaw)

    @property
    def notice(self) -> str:
        """Says so where the file is not UTF-8."""
        is_unicode = self.encoding.startswith("utf")
        return "" if is_unicode else f"not UTF-8; read as {self.encoding}"

    @property
    def is_marked(self) -> bool:
        """Whether a byte order mark states the encoding."""
        return bool(self._mark)

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
        decoded = codecs.getincrementaldecoder(self._mark or "utf-8")("replace").decode(self._start)
        lines = decoded.splitlines()
        return lines[:-1] if len(self._start) == HEAD_BYTES and len(lines) > 1 else lines


def open_source(path: Path) -> TextSource:
    """The file at `path`. Raises `InputError` if it is not text or cannot be opened."""
    try:
        with _open_bytes(path) as raw:
            start = raw.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path.name} cannot be read: {reason}", "check the file and its permissions") from error
    if not start.strip():
        raise InputError(f"{path.name} is empty", "give a file with papers in it")
    source = TextSource(path, start)
    if not source.is_marked:
        _refuse_binary(path, start)
    return source


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


def _first_flaw(path: Path) -> bytes | None:
    """The block that is not UTF-8, or None if the whole file is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _open_bytes(path) as raw:
        while block := raw.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return block
    return None


def _detect(block: bytes) -> str:
    from charset_normalizer import from_bytes  # only files that are not UTF-8 need it

    best = from_bytes(block[:HEAD_BYTES], cp_isolation=list(_LIKELY_ENCODINGS)).best()
    return best.encoding if best and "cp1252" not in best.could_be_from_charset else "cp1252"
