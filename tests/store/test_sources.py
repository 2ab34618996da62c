"""Files as sources: encodings, packing, what is no text, and how a format is found."""

from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path

import pytest

from store import readers
from store.errors import InputError
from store.paper import Problem, Record

ACCENTED = "Nous étudions le problème où un modèle très général échoue, et une tâche simple où il réussit même mieux."
GERMAN = (
    "Wir prüfen, für welche größeren Modelle die Schätzung möglich ist, und wie häufig sie dabei über das Ziel schießt."
)
PLAIN = "We study how a system behaves when it is asked for more than it was made for, and we measure the outcome."


def write(tmp_path: Path, content: bytes, name: str = "papers.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def read(tmp_path: Path, content: bytes, name: str = "papers.txt") -> list[Record | Problem]:
    return list(readers.read(write(tmp_path, content, name)))


def abstracts(items: list[Record | Problem]) -> list[str]:
    return [item.abstract for item in items if isinstance(item, Record)]


def notices(items: list[Record | Problem]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Problem) and item.place == "file"]


@pytest.mark.parametrize(
    "content",
    [
        ACCENTED.encode(),
        codecs.BOM_UTF8 + ACCENTED.encode(),
        codecs.BOM_UTF16_LE + ACCENTED.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + ACCENTED.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16 little", "utf-16 big"],
)
def test_unicode_reads_in_every_form_without_a_word(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == [Record(ACCENTED, "line 1")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["papers.jsonl", "papers"])
def test_a_byte_order_mark_hides_no_format(tmp_path: Path, encoding: str, name: str) -> None:
    line = json.dumps({"title": "Pokémon", "abstract": PLAIN}, ensure_ascii=False)

    (record,) = read(tmp_path, line.encode(encoding), name)

    assert isinstance(record, Record)
    assert record.title == "Pokémon"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize("abstract", [GERMAN, f"{PLAIN} We play Pokémon."])
def test_a_western_encoding_is_detected_and_said(tmp_path: Path, encoding: str, abstract: str) -> None:
    items = read(tmp_path, abstract.encode(encoding))

    assert abstracts(items) == [abstract]
    assert len(notices(items)) == 1
    assert "not UTF-8" in notices(items)[0]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_french_in_a_western_encoding_keeps_its_accents(tmp_path: Path, encoding: str) -> None:
    assert abstracts(read(tmp_path, ACCENTED.encode(encoding))) == [ACCENTED]


def test_an_encoding_that_shows_late_in_a_large_file_is_detected(tmp_path: Path) -> None:
    items = read(tmp_path, f"{PLAIN}\n\n".encode() * 6000 + GERMAN.encode("cp1252"))

    assert abstracts(items)[-1] == GERMAN


@pytest.mark.parametrize(
    "content",
    [f"{ACCENTED}\n\n{GERMAN}\n\n{PLAIN} Poké".encode()[:-1], f"{ACCENTED}\n\n{GERMAN}\n\n".encode() + b"\xff\n"],
    ids=["cut inside a letter", "one stray byte"],
)
def test_one_flaw_does_not_spoil_the_accents_of_a_utf_8_file(tmp_path: Path, content: bytes) -> None:
    items = read(tmp_path, content)

    assert abstracts(items)[:2] == [ACCENTED, GERMAN]
    assert notices(items)


def test_a_flaw_in_a_file_with_a_byte_order_mark_is_said(tmp_path: Path) -> None:
    items = read(tmp_path, codecs.BOM_UTF8 + ACCENTED.encode() + b" \xff.")

    assert any(isinstance(item, Problem) for item in items)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\n\t", "is empty"),
        (b"%PDF-1.7\nsome text", "is a PDF"),
        (b"PK\x03\x04 and so on", "is a zip archive"),
        (bytes(range(256)) * 8, "is a binary file"),
        (gzip.compress(b"%PDF-1.7\nsome text"), "is a PDF"),
        (gzip.compress(b""), "is empty"),
        (b"\x1f\x8bjunkjunkjunk", "cannot be read"),
        (codecs.BOM_UTF8, "in no format"),
        (b"<html><body>Some words here</body></html>", "in no format"),
    ],
    ids=[
        "no bytes",
        "blanks",
        "pdf",
        "zip",
        "binary",
        "packed pdf",
        "packed nothing",
        "not gzip",
        "only a mark",
        "html",
    ],
)
def test_what_holds_no_papers_is_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = write(tmp_path, content)

    with pytest.raises(InputError, match=reason) as refused:
        list(readers.read(path))

    assert path.name in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize("name", ["papers.txt.gz", "papers.txt"])
def test_a_packed_file_reads_like_the_one_in_it_whatever_its_name(tmp_path: Path, name: str) -> None:
    assert abstracts(read(tmp_path, gzip.compress(PLAIN.encode()), name)) == [PLAIN]


def test_packed_json_lines_read_too(tmp_path: Path) -> None:
    line = json.dumps({"title": "Robots", "abstract": PLAIN}).encode()

    assert abstracts(read(tmp_path, gzip.compress(line), "papers.jsonl.gz")) == [PLAIN]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(PLAIN.encode() * 50)[:-9],
        gzip.compress(PLAIN.encode())[:-8] + bytes(8),
        gzip.compress(b"")[:10] + b"\x07" + b"\xff" * 40,
    ],
    ids=["cut", "wrong sum", "damaged"],
)
def test_a_damaged_packed_file_is_refused_with_a_reason(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path, content, "papers.txt.gz")


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param(b""),
        codecs.BOM_UTF8,
    ],
)
def test_a_large_packed_file_that_is_cut_off_is_refused_or_named(tmp_path: Path, mark: bytes) -> None:
    content = gzip.compress(mark + b"".join(f"{number} {PLAIN}\n\n".encode() for number in range(9000)))

    try:
        items = read(tmp_path, content[:-900], "papers.txt.gz")
    except InputError as error:
        items = [Problem("file", error.message)]

    assert any(isinstance(item, Problem) for item in items)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_every_known_way(tmp_path: Path, end: str) -> None:
    items = read(tmp_path, f"{PLAIN}{end}{end}{GERMAN}{end}".encode())

    assert items == [Record(PLAIN, "line 1"), Record(GERMAN, "line 3")]


def test_an_over_long_json_line_is_named_and_the_next_one_is_read(tmp_path: Path) -> None:
    rows = [{"title": "Too long", "abstract": "word " * 3_400_000}, {"title": "Robots", "abstract": PLAIN}]

    items = read(tmp_path, "".join(json.dumps(row) + "\n" for row in rows).encode(), "papers.jsonl")

    assert abstracts(items) == [PLAIN]
    assert [item.place for item in items if isinstance(item, Problem)] == ["line 1"]


def test_an_over_long_line_of_text_is_named_and_not_cut_in_silence(tmp_path: Path) -> None:
    items = read(tmp_path, f"Abstract:{PLAIN}\nAbstract:{'word ' * 3_400_000}\nAbstract:{GERMAN}\n".encode())

    assert abstracts(items) == [PLAIN, GERMAN]
    assert [item.place for item in items if isinstance(item, Problem)] == ["line 2"]


def test_paragraphs_of_plain_text_are_abstracts_without_titles(tmp_path: Path) -> None:
    wrapped = PLAIN.replace(" when ", "\nwhen ")

    items = read(tmp_path, f"\n{wrapped}\n\n\nA caption\n\n{GERMAN}".encode(), "notes.text")

    assert abstracts(items) == [PLAIN, GERMAN]
    assert all(item.title is None for item in items if isinstance(item, Record))
    assert [item.place for item in items if isinstance(item, Problem)] == ["line 6"]


@pytest.mark.parametrize(
    ("content", "name", "format_name"),
    [
        (f'{{"title": "T", "abstract": "{PLAIN}"}}', "papers.txt", "JSON Lines"),
        (f'{{"_id": "1", "text": "{PLAIN}"}}', "corpus", "JSON Lines"),
        ('{"body": "unknown fields"}', "x.jsonl", "JSON Lines"),
        (f"Abstract: {PLAIN}", "papers.jsonl", "labelled abstracts"),
        (f"CRJun 4\nSafe Titles OnlyAnn Poe\n{PLAIN}", "x", "listing in triples"),
        (f"new\n\nGet trending papers in your email inbox!\n\nRobots\n\n{PLAIN}{PLAIN}", "x.txt", "daily page"),
        (f"Robots\n{PLAIN}{PLAIN}\nMarkets\n{PLAIN}{PLAIN}\n", "x.md", "alternating lines"),
        (PLAIN, "README", "plain text"),
    ],
)
def test_the_format_is_found_by_content(tmp_path: Path, content: str, name: str, format_name: str) -> None:
    source = readers.open_source(write(tmp_path, content.encode(), name))

    assert readers.reader_for(source).name == format_name


def test_a_folder_gives_its_readable_files_and_names_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    (folder / "deep" / "deeper").mkdir(parents=True)
    good = [write(folder, PLAIN.encode(), "b.txt"), write(folder / "deep" / "deeper", GERMAN.encode(), "a.txt")]
    bad = write(folder, b"%PDF-1.7", "c.pdf")
    write(folder, PLAIN.encode(), ".hidden.txt")

    files, skipped = readers.expand([folder])

    assert sorted(files) == sorted(path.resolve() for path in good)
    assert [path for path, _ in skipped] == [bad]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path, PLAIN.encode())

    assert readers.expand([path, tmp_path, path])[0] == [path.resolve()]


def test_a_folder_without_papers_is_refused(tmp_path: Path) -> None:
    write(tmp_path, b"%PDF-1.7", "c.pdf")

    with pytest.raises(InputError, match="holds no file"):
        readers.expand([tmp_path])


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file or folder .*missing\.txt"):
        readers.expand([tmp_path / "missing.txt"])
