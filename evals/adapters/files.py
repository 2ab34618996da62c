"""The files of public sets as streams of records: JSON Lines, one large JSON, and tables; packed by gzip or not.

What cannot be read becomes a `Flaw` that names its place; an `EvalError` is raised only where a file
cannot be opened at all, or is no text.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO, cast

from agent.errors import EvalError
from evals.gold import Flaw
from store.text import clean

_HEAD = 256 * 1024
"""Bytes of a file that are looked at to know what it holds."""
_HEAD_LINES = 20
_BLOCK = 1 << 20
_LONGEST_VALUE = 64 << 20
"""Characters of one record; what is longer is a file that was never closed."""
_BREAKS = (OSError, EOFError, zlib.error)
_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"[ \t\r\n]*")
_OBJECT_LINE = re.compile(r"^\{", re.MULTILINE)


class Item(NamedTuple):
    """A record, the name under which it stands in a JSON object, and its place for a report."""

    place: str
    value: Any
    name: str = ""


def records(path: Path) -> Iterator[Item | Flaw]:
    """The records of a file: the items of a JSON list, or JSON Lines."""
    if _first_sign(path) == "[":
        yield from _within(path, _Stream.items)
        return
    for place, line in lines(path):
        if isinstance(line, Flaw):
            yield line
        elif line.strip():
            try:
                yield Item(place, json.loads(line))
            except (ValueError, RecursionError):
                yield Flaw(place, "it is no JSON")


def members(path: Path, inside: str = "") -> Iterator[Item | Flaw]:
    """The members of the JSON object in a file; with `inside`, the items of the list that has this name there."""
    yield from _within(path, lambda stream: stream.members(inside))


def lines(path: Path) -> Iterator[tuple[str, str | Flaw]]:
    """Each line with its place; ended by line feeds only, since texts hold other line ends."""
    number = 0
    try:
        with opened(path) as file:
            for number, raw in enumerate(file, 1):
                place = f"{path.name} line {number}"
                try:
                    yield place, raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                except UnicodeDecodeError:
                    yield place, Flaw(place, "it is not UTF-8")
    except _BREAKS:
        place = f"{path.name} line {number + 1}"
        yield place, Flaw(place, "the file breaks off here")


def opened(path: Path) -> BinaryIO:
    """The bytes of a text file, unpacked; raises `EvalError` where it cannot be opened or is no text."""
    try:
        with path.open("rb") as plain:
            start = plain.read(4)
        if path.suffix == ".parquet" or start == b"PAR1":
            raise EvalError(
                f"{path} is a parquet file, which is not read",
                "export it as JSON Lines: pandas.read_parquet(FILE).to_json(NEW, orient='records', lines=True)",
            )
        if start.startswith(b"PK\x03\x04"):
            raise EvalError(f"{path} is a zip archive", "unpack it, and name the files in it")
        return cast(BinaryIO, gzip.open(path, "rb")) if start.startswith(b"\x1f\x8b") else path.open("rb")
    except OSError as error:
        raise EvalError(f"{path} cannot be read: {error.strerror}", "check the file and its permissions") from error


def start_of(path: Path) -> str:
    """The beginning of a file as text, as much of it as tells what it holds."""
    try:
        with opened(path) as file:
            return codecs.getincrementaldecoder("utf-8-sig")("replace").decode(file.read(_HEAD))
    except _BREAKS as error:
        raise EvalError(f"{path} cannot be unpacked: {error}", "get the file anew") from error


def heads(path: Path) -> Iterator[dict[str, Any]]:
    """What the first objects of a file hold, as far as its beginning tells: a value that is cut off is None."""
    text = start_of(path)
    start = _past_blanks(text, 0)
    if text[start : start + 1] == "[":
        start = _past_blanks(text, start + 1)
    starts = [start, *(match.start() for match in _OBJECT_LINE.finditer(text, start + 1))]
    for position in starts[:_HEAD_LINES]:
        if found := _head(text, position):
            yield found


def _head(text: str, at: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if text[at : at + 1] != "{":
        return found
    try:
        while text[at : at + 1] in ("{", ","):
            name, at = _DECODER.raw_decode(text, _past_blanks(text, at + 1))
            at = _past_blanks(text, at)
            if not isinstance(name, str) or text[at : at + 1] != ":":
                break
            found[name] = None
            found[name], at = _DECODER.raw_decode(text, _past_blanks(text, at + 1))
            at = _past_blanks(text, at)
    except (ValueError, RecursionError):
        pass  # the beginning ends in the middle of a value, or there is no JSON
    return found


def _past_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


def _first_sign(path: Path) -> str:
    text = start_of(path)
    return text[_past_blanks(text, 0) :][:1]


class _Stream:
    """One JSON text that is read a value at a time, so that the whole is never held."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self._path = path
        self._file = file
        self._text = ""
        self._at = 0
        self._lines = 0

    @property
    def place(self) -> str:
        """Where the stream stands now."""
        return f"{self._path.name} line {self._lines + self._text.count(chr(10), 0, self._at) + 1}"

    def items(self) -> Iterator[Item]:
        """The items of the list that begins here."""
        self._expect("[")
        number = 0
        while self._sign() != "]":
            number += 1
            yield Item(f"{self._path.name} record {number}", self._value())
            if self._sign() != ",":
                break
            self._expect(",")
        self._expect("]")

    def members(self, inside: str = "") -> Iterator[Item]:
        """The members of the object that begins here, or the items of one of them."""
        self._expect("{")
        while self._sign() != "}":
            name = self._value()
            self._expect(":")
            if inside and name == inside:
                yield from self.items()
            else:
                value = self._value()
                if not inside:
                    yield Item(f"{self._path.name} record {name}", value, str(name))
            if self._sign() != ",":
                break
            self._expect(",")
        self._expect("}")

    def _value(self) -> Any:
        self._sign()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if len(self._text) - self._at > _LONGEST_VALUE or not self._more():
                    raise
                continue
            if end < len(self._text) or not self._more():
                self._at = end
                return value

    def _sign(self) -> str:
        """The next character that is not blank; none at the end."""
        while True:
            self._at = _past_blanks(self._text, self._at)
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def _expect(self, sign: str) -> None:
        if self._sign() != sign:
            raise ValueError(f"{sign} is missing")
        self._at += 1

    def _more(self) -> bool:
        """Whether there was more to read; as much again as is held, so that a long value is not tried too often."""
        block = self._file.read(max(_BLOCK, len(self._text) - self._at))
        self._lines += self._text.count("\n", 0, self._at)
        self._text, self._at = self._text[self._at :] + block, 0
        return bool(block)


def _within(path: Path, read: Callable[[_Stream], Iterator[Item]]) -> Iterator[Item | Flaw]:
    with io.TextIOWrapper(opened(path), encoding="utf-8-sig", newline="") as file:
        stream = _Stream(path, file)
        try:
            yield from read(stream)
        except UnicodeDecodeError:
            yield Flaw(stream.place, "it is not UTF-8 from about here on")
        except _BREAKS:
            yield Flaw(stream.place, "the file breaks off about here")
        except (ValueError, RecursionError):
            yield Flaw(stream.place, "the JSON ends or breaks here; what follows is not read")


def text_of(value: object) -> str:
    """A text or a number as clean text on one line; empty for whatever else stands there."""
    return clean(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def texts_of(value: object) -> list[str]:
    """The texts and numbers of a list; nothing for whatever else stands there."""
    return [text for part in value if (text := text_of(part))] if isinstance(value, list | tuple) else []


def object_of(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one for whatever else stands there."""
    return value if isinstance(value, dict) else {}
