"""What a writer of summaries is: quote mode is one, a model is another.

Code decides the structure: which papers, which themes, which numbers. A writer names the
themes and fills the parts, and every citation it gives comes from the `Evidence` of the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent.answer import Mode
from agent.evidence import Evidence
from agent.summary.gather import Gathered, Relevant
from agent.summary.themes import Theme
from agent.summary.values import Names, Section, Table
from store.library import Library

LEADING = 6
"""So many papers of a theme are written about; the others are listed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written: the gathered papers in their themes, and the evidence that holds them all."""

    library: Library
    gathered: Gathered
    themes: tuple[Theme, ...]
    evidence: Evidence

    @property
    def topic(self) -> str:
        """The topic as it was given."""
        return self.gathered.topic

    def leading(self, theme: Theme) -> tuple[Relevant, ...]:
        """The papers of a theme to be written about."""
        return theme.papers[:LEADING]

    def number(self, paper: Relevant) -> int:
        """The paper's reference number."""
        return self.evidence.add(paper.paper)


class Writer(Protocol):
    """Names themes and writes the parts of a summary. Each method may be called while others run."""

    mode: Mode
    model: str | None
    warnings: list[str]
    """What the reader should know of how the parts were made."""
    version: str
    """Whatever else decides what is written, such as hashes of prompts: a part is reused if this is the same."""

    async def name_themes(self, plan: Plan) -> Names:
        """A name for each theme, in order."""
        ...

    async def write_section(self, plan: Plan, position: int, title: str) -> Section:
        """The section on the theme at `position`, counted from 0."""
        ...

    async def write_overview(self, plan: Plan, written: tuple[Section, ...]) -> Section:
        """What the topic is and what the sections already `written` have in common."""
        ...

    async def fill_table(self, plan: Plan) -> Table:
        """The comparison of leading papers."""
        ...

    async def write_open_questions(self, plan: Plan, written: tuple[Section, ...]) -> Section:
        """What the abstracts themselves state as open; `written` are the overview and the sections."""
        ...
