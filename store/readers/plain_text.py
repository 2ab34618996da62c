"""Plain text: one abstract a paragraph, paragraphs parted by blank lines."""

from __future__ import annotations

from collections.abc import Iterator

from store.paper import Problem, Record
from store.readers.base import CleanAbstract
from store.readers.source import Line, TextSource


class PlainTextReader:
    """Reads paragraphs of a text file as abstracts without titles."""

    name = "plain text"
    untitled = True

    def matches(self, source: TextSource) -> bool:
        """Whether the file calls itself text, or has no extension, and is prose."""
        if source.suffix not in (".txt", ".text", ""):
            return False
        return any(len(line.split()) > 1 and not line.lstrip().startswith(("{", "[", "<")) for line in source.head)

    def read(self, source: TextSource) -> Iterator[Record | Problem]:
        """Yields one record a paragraph."""
        for paragraph in _paragraphs(source):
            place = paragraph[0].place
            abstract = CleanAbstract("\n".join(line.text for line in paragraph))
            if abstract.flaw:
                yield Problem(place, abstract.flaw)
            else:
                yield Record(abstract=abstract.text, place=place, source_text=abstract.printed)


def _paragraphs(source: TextSource) -> Iterator[list[Line]]:
    paragraph: list[Line] = []
    for line in source.lines():
        if line.text.strip():
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph
