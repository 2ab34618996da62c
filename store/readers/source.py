"""One text file as a stream of numbered lines: unpacked, decoded, never held whole."""

from __future__ import annotations

import codecs
import gzip
import io
import re
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
        self.over_long: list[int] = []
        self._start = start
        self._mark = next((name for mark, name in _MARKS if start.startswith(mark)), "")

    @cached_property
    def encoding(self) -> str:
        """UTF-8 if the whole file is, or nearly; else what it seems to be."""
        return self._encoding_and_notice[0]

    @property
    def notice(self) -> str:
        """Says so where the file is not UTF-8 throughout."""
        return self._encoding_and_notice[1]

    @cached_property
    def _encoding_and_notice(self) -> tuple[str, str]:
        if self._mark.startswith(("utf-16", "utf-32")):
            return self._mark, ""
        utf = self._mark or "utf-8"
        flaw = _first_flaw(self.path)
        if flaw is None:
            return utf, ""
        if self._mark or _is_mostly_utf8(flaw):
            return utf, "not UTF-8 everywhere; letters that could not be read stand as \ufffd"
        detected = _detect(flaw)
        return detected, f"not UTF-8; read as {detected}"

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
        """Every line but the over-long ones, whose numbers go to `over_long`: no file can fill the memory."""
        with _open_bytes(self.path) as raw:
            text = io.TextIOWrapper(raw, encoding=self.encoding, errors="replace", newline=None)
            number = 0
            while line := text.readline(MAX_LINE_CHARACTERS):
                number += 1
                is_whole = line.endswith("\n") or len(line) < MAX_LINE_CHARACTERS
                if is_whole:
                    yield Line(number, line.rstrip("\n"))
                    continue
                self.over_long.append(number)
                while line and not line.endswith("\n"):
                    line = text.readline(MAX_LINE_CHARACTERS)

    @cached_property
    def head(self) -> list[str]:
        """The complete lines at the beginning of the file (the first one always)."""
        decoded = codecs.getincrementaldecoder(self._mark or "utf-8")("replace").decode(self._start)
        lines = re.split(r"\r\n|\r|\n", decoded)
        if len(self._start) == HEAD_BYTES and len(lines) > 1:
            return lines[:-1]
        while lines and not lines[-1].strip():
            lines.pop()
        return lines


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
    """The first block that is not UTF-8, or None if the whole file is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = b""
    with _open_bytes(path) as raw:
        while following := raw.read(_BLOCK):
            block = following
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return block
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return block
    return None


def _is_mostly_utf8(block: bytes) -> bool:
    """Whether most of what is not ASCII in `block` is UTF-8 after all."""
    others = [char for char in block.decode("utf-8", "replace") if not char.isascii()]
    return others.count("\ufffd") * 2 < len(others)


def _detect(block: bytes) -> str:
    from charset_normalizer import from_bytes  # only files that are not UTF-8 need it

    matches = from_bytes(_around_flaw(block), cp_isolation=list(_LIKELY_ENCODINGS))
    best = matches.best()
    if best is None:
        return "cp1252"
    western = next((match for match in matches if match.encoding == "cp1252"), None)
    is_latin = best.encoding in ("cp1250", "cp1252")
    return "cp1252" if is_latin and western and western.chaos <= best.chaos else best.encoding


def _around_flaw(block: bytes) -> bytes:
    """The part of `block` that begins shortly before its first byte that is not ASCII."""
    first = next((index for index, byte in enumerate(block) if byte > 0x7F), 0)
    return block[max(first - HEAD_BYTES // 2, 0) : first + HEAD_BYTES // 2]
