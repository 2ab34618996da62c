"""Makes a topic summary: gather, group, write, and say what was covered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from agent.answer import Reference, Usage
from agent.evidence import Evidence
from agent.summary import themes
from agent.summary.gather import Gathered, gather
from agent.summary.progress import Progress
from agent.summary.quoting import OPEN_QUESTIONS, OVERVIEW, QuotingWriter
from agent.summary.values import (
    OTHER,
    Coverage,
    Listener,
    Names,
    Planned,
    Section,
    SectionDone,
    SectionStarted,
    Summary,
    Table,
)
from agent.summary.writer import Plan, Writer
from store.library import Library
from store.scope import Scope

COMPARISON = "Comparison"
_AT_ONCE = 4
"""Sections written at the same time."""
_NAMES = "names"


async def summarize(
    library: Library,
    topic: str,
    scope: Scope | None = None,
    *,
    writer: Writer | None = None,
    listener: Listener = lambda _: None,
    work_folder: Path | None = None,
) -> Summary:
    """What `library` says on `topic` within `scope`; `abstained` where it does not cover it.

    Without a `writer` it quotes. `listener` is told of searches and sections. Finished parts
    are kept under `work_folder`, if there is one, and used again by a later run over the same
    papers. Raises `LibraryError` where the topic or the scope cannot be used.
    """
    began = time.perf_counter()
    writer = writer or QuotingWriter()
    gathered = gather(library, topic, scope, listener=listener)
    found = time.perf_counter()
    plan = _plan(library, gathered)
    progress = Progress(work_folder, _identity(plan, scope, writer)) if work_folder else None
    parts = await _Making(plan, writer, listener, progress).all() if gathered.papers else None
    timings = {"gather_ms": _ms(found - began), "total_ms": _ms(time.perf_counter() - began)}
    numbered = {plan.number(item): item.paper for item in gathered.papers}
    references = [Reference(number, paper) for number, paper in sorted(numbered.items())]
    cited = parts.cited() if parts else set()
    return Summary(
        topic=topic,
        scope=str(scope or ""),
        mode=writer.mode,
        model=writer.model,
        coverage=_coverage(library, gathered, len(cited)),
        abstained=parts is None,
        overview=parts.overview if parts else None,
        sections=parts.sections if parts else (),
        table=parts.table if parts else None,
        open_questions=parts.open_questions if parts else None,
        references=tuple(item for item in references if item.number in cited),
        uncited=tuple(item for item in references if item.number not in cited),
        nearest=() if parts else gathered.nearest,
        usage=parts.usage if parts else Usage(),
        timings=timings,
        warnings=(*_warnings(gathered), *dict.fromkeys(writer.warnings)),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was written."""

    names: Names
    overview: Section
    sections: tuple[Section, ...]
    table: Table
    open_questions: Section

    @property
    def usage(self) -> Usage:
        """What all parts cost together."""
        parts: list[Names | Section | Table] = [self.names, *self.sections, self.overview, self.table]
        return sum((part.usage for part in [*parts, self.open_questions]), Usage())

    def cited(self) -> set[int]:
        """The numbers of the papers that are cited."""
        parts: list[Section | Table] = [self.overview, *self.sections, self.table, self.open_questions]
        return {citation.number for part in parts for claim in part.claims for citation in claim.citations}


_P = TypeVar("_P", Section, Table)
_K = TypeVar("_K", Section, Table, Names)


class _Making:
    """The writing of one summary, part by part; what an earlier run finished is not written again."""

    def __init__(self, plan: Plan, writer: Writer, listener: Listener, progress: Progress | None) -> None:
        self._plan = plan
        self._writer = writer
        self._listener = listener
        self._progress = progress
        self._total = len(plan.themes) + 3

    async def all(self) -> _Parts:
        """Every part: the sections side by side, then what is made of them."""
        plan, writer, count = self._plan, self._writer, len(self._plan.themes)
        names = await self._kept(_NAMES, Names, lambda: writer.name_themes(plan))
        named = zip(plan.themes, names.titles, strict=True)
        titles = [OTHER if theme.is_rest else title for theme, title in named]
        papers = {plan.number(item): item.paper for item in plan.gathered.papers}
        self._listener(Planned((*titles, OVERVIEW, COMPARISON, OPEN_QUESTIONS), papers))
        sections = await self._sections(titles)
        overview = await self._part(OVERVIEW, count + 1, Section, lambda: writer.write_overview(plan, sections))
        table = await self._part(COMPARISON, count + 2, Table, lambda: writer.fill_table(plan))
        written = (overview, *sections)
        questions = await self._part(
            OPEN_QUESTIONS, count + 3, Section, lambda: writer.write_open_questions(plan, written)
        )
        return _Parts(names, overview, sections, table, questions)

    async def _sections(self, titles: Sequence[str]) -> tuple[Section, ...]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def write(at: int, title: str) -> Section:
            async with gate:
                return await self._part(
                    title, at + 1, Section, lambda: self._writer.write_section(self._plan, at, title)
                )

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(write(at, title)) for at, title in enumerate(titles)]
        except ExceptionGroup as failed:  # the first failure stopped the others, and is what the user can act on
            raise failed.exceptions[0] from failed
        return tuple(task.result() for task in tasks)

    async def _part(self, title: str, position: int, kind: type[_P], write: Callable[[], Awaitable[_P]]) -> _P:
        self._listener(SectionStarted(title, position, self._total))
        name = f"part-{position}"
        reused = self._progress is not None and self._progress.load(name) is not None
        part = await self._kept(name, kind, write)
        self._listener(SectionDone(title, position, self._total, reused, part))
        return part

    async def _kept(self, name: str, kind: type[_K], write: Callable[[], Awaitable[_K]]) -> _K:
        """The part as an earlier run left it, or as it is written now, and kept."""
        if self._progress and (content := self._progress.load(name)):
            return kind.from_dict(content)
        part = await write()
        if self._progress and not part.is_provisional:
            self._progress.save(name, part.to_dict())
        return part


def _plan(library: Library, gathered: Gathered) -> Plan:
    """The papers in their themes, numbered in reading order."""
    grouped = themes.group(gathered.papers)
    evidence = Evidence()
    for theme in grouped:
        for item in theme.papers:
            evidence.add(item.paper)
    return Plan(library, gathered, tuple(grouped), evidence)


def _identity(plan: Plan, scope: Scope | None, writer: Writer) -> dict[str, Any]:
    """All that decides what the parts say."""
    return {
        "topic": plan.topic,
        "scope": str(scope or ""),
        "writer": [writer.mode, writer.model, writer.version],
        "themes": [[[item.paper.key, item.paper.sha256] for item in theme.papers] for theme in plan.themes],
    }


def _coverage(library: Library, gathered: Gathered, cited: int) -> Coverage:
    return Coverage(
        library=library.count(),
        searches=gathered.searches,
        looked_at=gathered.looked_at,
        relevant=len(gathered.papers),
        in_its_words=sum(item.in_its_words for item in gathered.papers),
        cited=cited,
        dated=sum(item.paper.year is not None for item in gathered.papers),
        beyond_limit=gathered.beyond_limit,
        saturated=gathered.saturated,
    )


def _warnings(gathered: Gathered) -> tuple[str, ...]:
    found = []
    if gathered.papers and not gathered.has_full_match:
        found.append("no paper of the library holds every word of the topic; these are the papers nearest to it")
    if gathered.beyond_limit:
        found.append(
            f"{gathered.beyond_limit} more papers bear on the topic than a summary takes in; narrow it, or give a scope"
        )
    if not gathered.saturated:
        found.append("the searches were used up before they stopped bringing new papers; narrow the topic")
    return tuple(found)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
