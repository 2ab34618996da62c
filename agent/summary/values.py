"""A topic summary and its parts: frozen values, and their JSON (schema citeloom.summary/1).

Summary
├── overview, sections, open_questions
│                         Section: blocks of claims; a block may be one paper's quotations
├── table                 Table: a row a leading paper, each cell a cited claim or None ("not stated")
├── references, uncited   numbered papers: those cited, and those that bear on the topic and are not
└── coverage              what was looked for, and what was found
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from agent.answer import Citation, Claim, Mode, Reference, Usage
from store.paper import Paper

SCHEMA = "citeloom.summary/1"
NOT_COVERED = "The library does not cover this topic."
NOT_STATED = "not stated"
OTHER = "Other papers"
"""The title of what belongs to no theme."""
Listener = Callable[[object], None]


@dataclass(frozen=True, slots=True)
class Searched:
    """A search was made; how many papers that bear on the topic are known after it."""

    query: str
    relevant: int


@dataclass(frozen=True, slots=True)
class Planned:
    """What will be written: the titles of the parts, the first at position 1, and all papers under their numbers."""

    titles: tuple[str, ...]
    papers: Mapping[int, Paper]


@dataclass(frozen=True, slots=True)
class SectionStarted:
    """A part of the summary is being written; parts are counted from 1."""

    title: str
    position: int
    total: int


@dataclass(frozen=True, slots=True)
class SectionDone:
    """A part of the summary is there; `reused` where an earlier run had finished it."""

    title: str
    position: int
    total: int
    reused: bool
    part: Section | Table


@dataclass(frozen=True, slots=True)
class Block:
    """Claims that belong together: prose, or, where `about` is a reference number, quotations of that paper."""

    claims: tuple[Claim, ...]
    about: int | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """A name for each theme, in order."""

    titles: tuple[str, ...]
    usage: Usage = field(default_factory=Usage)
    is_provisional: bool = False
    """True where a model failed and the part was made without it: the next run makes it anew."""

    def to_dict(self) -> dict[str, Any]:
        """The names' JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Names:
        """The names that `to_dict` wrote."""
        return cls(tuple(content["titles"]), Usage(**content["usage"]))


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the summary, its papers by reference number."""

    title: str
    blocks: tuple[Block, ...]
    papers: tuple[int, ...] = ()
    usage: Usage = field(default_factory=Usage)
    is_provisional: bool = False
    """True where a model failed and the part was made without it: the next run makes it anew."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of all blocks."""
        return tuple(claim for block in self.blocks for claim in block.claims)

    def to_dict(self) -> dict[str, Any]:
        """The section's JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Section:
        """The section that `to_dict` wrote."""
        blocks = tuple(Block(tuple(map(_claim, item["claims"])), item["about"]) for item in content["blocks"])
        return cls(content["title"], blocks, tuple(content["papers"]), Usage(**content["usage"]))


@dataclass(frozen=True, slots=True)
class Row:
    """What one paper has in each column; None is shown as "not stated"."""

    number: int
    cells: tuple[Claim | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A comparison of papers."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    usage: Usage = field(default_factory=Usage)
    is_provisional: bool = False
    """True where a model failed and the part was made without it: the next run makes it anew."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims of all cells."""
        return tuple(cell for row in self.rows for cell in row.cells if cell)

    def to_dict(self) -> dict[str, Any]:
        """The table's JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Table:
        """The table that `to_dict` wrote."""
        rows = tuple(
            Row(row["number"], tuple(cell and _claim(cell) for cell in row["cells"])) for row in content["rows"]
        )
        return cls(tuple(content["columns"]), rows, Usage(**content["usage"]))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked for and what was found; counts of papers but for `searches`."""

    library: int
    """In the whole library."""
    searches: int
    looked_at: int
    relevant: int
    in_its_words: int
    """Of the relevant, those that hold every word of the topic; the others are close to them in meaning."""
    cited: int
    dated: int
    """Of the relevant, those whose year is known."""
    beyond_limit: int
    """Relevant, and left out because a summary has at most so many."""
    saturated: bool
    """True where the last searches brought nothing new, False where their number was used up."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the library says on a topic, or that it does not cover it (`abstained`)."""

    topic: str
    scope: str
    mode: Mode
    coverage: Coverage
    abstained: bool = False
    overview: Section | None = None
    sections: tuple[Section, ...] = ()
    table: Table | None = None
    open_questions: Section | None = None
    """What the abstracts themselves state as open."""
    references: tuple[Reference, ...] = ()
    uncited: tuple[Reference, ...] = ()
    nearest: tuple[Paper, ...] = ()
    """The papers that came nearest to a topic that is not covered."""
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    timings: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every claim, in reading order."""
        parts = (self.overview, *self.sections, self.table, self.open_questions)
        return tuple(claim for part in parts if part for claim in part.claims)

    @property
    def papers(self) -> dict[int, Paper]:
        """The relevant papers under their numbers."""
        return {item.number: item.paper for item in sorted((*self.references, *self.uncited), key=lambda i: i.number)}

    @property
    def timeline(self) -> dict[int, tuple[int, ...]]:
        """The years that are known, the earliest first, and the numbers of their papers."""
        years: dict[int, list[int]] = {}
        for number, paper in self.papers.items():
            if paper.year is not None:
                years.setdefault(paper.year, []).append(number)
        return {year: tuple(years[year]) for year in sorted(years)}

    def to_dict(self) -> dict[str, Any]:
        """The summary's JSON form."""
        return {
            "schema": SCHEMA,
            "topic": self.topic,
            "scope": self.scope,
            "mode": self.mode,
            "model": self.model,
            "abstained": self.abstained,
            "overview": self.overview.to_dict() if self.overview else None,
            "sections": [section.to_dict() for section in self.sections],
            "table": self.table.to_dict() if self.table else None,
            "timeline": [{"year": year, "papers": list(numbers)} for year, numbers in self.timeline.items()],
            "open_questions": self.open_questions.to_dict() if self.open_questions else None,
            "references": [reference.to_dict() for reference in self.references],
            "uncited": [reference.to_dict() for reference in self.uncited],
            "nearest": [{"key": paper.key, "title": paper.title} for paper in self.nearest],
            "coverage": asdict(self.coverage),
            "usage": asdict(self.usage),
            "timings": dict(self.timings),
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], papers: Mapping[str, Paper]) -> Summary:
        """The summary that `to_dict` wrote; `papers` holds those that it names, under their keys."""

        def section(name: str) -> Section | None:
            return Section.from_dict(content[name]) if content[name] else None

        def references(name: str) -> Iterator[Reference]:
            return (Reference(item["number"], papers[item["key"]], item["variant"]) for item in content[name])

        return cls(
            **{name: content[name] for name in ("topic", "scope", "mode", "model", "abstained", "timings")},
            coverage=Coverage(**content["coverage"]),
            overview=section("overview"),
            sections=tuple(Section.from_dict(item) for item in content["sections"]),
            table=Table.from_dict(content["table"]) if content["table"] else None,
            open_questions=section("open_questions"),
            references=tuple(references("references")),
            uncited=tuple(references("uncited")),
            nearest=tuple(papers[item["key"]] for item in content["nearest"]),
            usage=Usage(**content["usage"]),
            warnings=tuple(content["warnings"]),
        )


def _claim(content: Mapping[str, Any]) -> Claim:
    citations = tuple(Citation(**item) for item in content["citations"])
    return Claim(content["text"], content["support"], citations, tuple(content["problems"]))
