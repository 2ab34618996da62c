"""The model's writer: it names the themes and writes prose, code checks every claim and mends what it can once.

What the model cannot be had for is quoted instead where that is allowed, and said. Open
questions are quoted in either mode: they are what the abstracts themselves state.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import prompts
from agent import events
from agent.answer import Claim, Mode, Usage
from agent.citations import mark
from agent.errors import BudgetExceeded, ModelUnavailable, Stopped
from agent.llm.budget import Budget, Limits
from agent.llm.calls import Calls, Chat, Cut
from agent.reading import fenced, unfenced, whole_abstracts
from agent.repair import failed, repair
from agent.summary.quoting import COLUMNS, OVERVIEW, QuotingWriter
from agent.summary.themes import characteristic_names
from agent.summary.values import Block, Names, Row, Section, Table
from agent.summary.writer import Plan
from agent.verification import Judged, Verifier
from agent.watching import NOBODY, Watcher
from store.text import STOPWORDS, clean, stem, words

_NAMED = re.compile(r"[^\w\n]{0,20}(\d{1,2})[ \t]*[:.)](.+)")
_CELL = re.compile(r"[^\w\n]{0,20}(\d{1,4})[ \t]*/[ \t]*(\d)[ \t]*:(.+)")
_LONGEST_NAME = 60
_MOST_WORDS = 7
_PLAIN_WORDS = STOPWORDS | {stem(word) for word in "approach method application analysis theory foundation".split()}
_PARTS = 11
"""Calls of a summary beside those for repairs: its themes, and what is made of them."""
_TITLES_SHOWN = 6
_ROWS_AT_ONCE = 8


class ModelWriter:
    """Writes with a model. The limits of an answer hold for each part; that of money holds for the whole."""

    mode: Mode = "model"

    def __init__(
        self,
        chat: Chat,
        limits: Limits,
        *,
        may_quote_instead: bool,
        watcher: Watcher = NOBODY,
        stop: asyncio.Event | None = None,
    ) -> None:
        self.model: str | None = chat.choice.name
        self.version = " ".join(
            prompts.load(name).sha256[:12] for name in ("outline", "section", "overview", "table", "repair")
        )
        self.warnings: list[str] = []
        self._chat = chat
        self._budget = Budget(
            Limits(limits.calls * _PARTS, limits.tokens * _PARTS, limits.seconds * _PARTS, limits.cost_usd)
        )
        self._may_quote_instead = may_quote_instead
        self._watcher = watcher
        self._stop = stop
        self._quoting = QuotingWriter()

    async def name_themes(self, plan: Plan) -> Names:
        """The model's names; a theme that it does not name, or names like another, keeps its characteristic terms."""
        terms = characteristic_names(plan.gathered, plan.themes)
        described = "\n".join(_described(plan, at, name) for at, name in enumerate(terms))
        values = {"topic": unfenced(plan.topic), "themes": described}
        reply = await self._reply(self._calls(), "outline", "outline", values, "the names of the themes")
        if reply is None:
            return Names(tuple(terms), self._usage("outline"), is_provisional=True)
        return Names(_names(reply, terms, plan), self._usage("outline"))

    async def write_section(self, plan: Plan, position: int, title: str) -> Section:
        """A section of checked prose on the leading papers of a theme."""
        theme = plan.themes[position]
        numbers = [plan.number(item) for item in plan.leading(theme)]
        values = {
            "topic": unfenced(plan.topic),
            "theme": unfenced(title),
            "evidence": fenced(whole_abstracts(plan.evidence, numbers)),
        }
        step = f"section {position + 1}"
        claims = await self._claims(plan, step, "section", values, title)
        if claims is None:
            return replace(await self._quoting.write_section(plan, position, title), is_provisional=True)
        papers = tuple(plan.number(item) for item in theme.papers)
        return Section(title, (Block(claims),), papers, self._usage(step))

    async def write_overview(self, plan: Plan, written: tuple[Section, ...]) -> Section:
        """An overview of checked prose, made of the sections' claims."""
        sections = "\n\n".join(
            f"{section.title}\n{' '.join(_with_marks(claim) for claim in section.claims if claim.citations)}"
            for section in written
        )
        claims = await self._claims(
            plan, "overview", "overview", {"topic": unfenced(plan.topic), "sections": sections}, OVERVIEW
        )
        if claims is None:
            return replace(await self._quoting.write_overview(plan, written), is_provisional=True)
        cited = dict.fromkeys(citation.number for claim in claims for citation in claim.citations)
        return Section(OVERVIEW, (Block(claims),), tuple(cited), self._usage("overview"))

    async def fill_table(self, plan: Plan) -> Table:
        """The comparison: a cell is the model's where that is supported, a quotation otherwise, or not stated."""
        quoted = await self._quoting.fill_table(plan)
        cells: dict[tuple[int, int], Claim] = {}
        numbers = [row.number for row in quoted.rows]
        verifier = Verifier(plan.evidence, plan.library.embed)
        has_failed = False
        for start in range(0, len(numbers), _ROWS_AT_ONCE):
            some = numbers[start : start + _ROWS_AT_ONCE]
            values = {
                "topic": unfenced(plan.topic),
                "columns": "\n".join(f"{at}: {column}" for at, column in enumerate(COLUMNS, 1)),
                "evidence": fenced(whole_abstracts(plan.evidence, some)),
            }
            reply = await self._reply(self._calls(), "table", "table", values, "the comparison")
            if reply is None:
                has_failed = True
                break
            cells |= _cells(reply, verifier)
        rows = tuple(
            Row(row.number, tuple(cells.get((row.number, at), cell) for at, cell in enumerate(row.cells, 1)))
            for row in quoted.rows
        )
        return Table(COLUMNS, rows, self._usage("table"), is_provisional=has_failed)

    async def write_open_questions(self, plan: Plan, written: tuple[Section, ...]) -> Section:
        """What the abstracts themselves state as open: quoted, in either mode."""
        return await self._quoting.write_open_questions(plan, written)

    async def _claims(
        self, plan: Plan, step: str, prompt: str, values: Mapping[str, str], title: str
    ) -> tuple[Claim, ...] | None:
        """The checked claims of what the model writes; None where it is to be quoted instead."""
        calls = self._calls()
        verifier = Verifier(plan.evidence, plan.library.embed)
        text = await self._reply(calls, step, prompt, values, f"“{title}”")
        if text is None:
            return None
        judged = verifier.judge(text)
        if wrong := failed(judged):
            self._watcher.listener(events.Repairing(tuple(item.claim for item in wrong if item.claim)))
            try:
                text = await repair(calls, verifier, plan.evidence, f"{plan.topic}: {title}", text, judged, step=step)
            except (ModelUnavailable, BudgetExceeded) as error:
                self.warnings.append(
                    f"the claims of “{title}” that failed the check could not be mended: {error.message}"
                )
            except Cut as cut:
                raise _stopped() from cut
            judged = verifier.judge(text)
        claims = _shown(judged)
        if any(claim.citations for claim in claims):
            return claims
        self.warnings.append(f"what the model wrote on “{title}” cites no paper; quoted instead")
        return None

    async def _reply(self, calls: Calls, step: str, prompt: str, values: Mapping[str, str], part: str) -> str | None:
        """The model's reply; None where `part` is to be quoted instead."""
        try:
            return await calls.complete(step, prompt, **values)
        except (ModelUnavailable, BudgetExceeded) as error:
            self._quote_instead(error, part)
        except Cut as cut:
            if cut.reason == "stopped":
                raise _stopped() from cut
            self._quote_instead(BudgetExceeded(cut.reason, f"the limit of {cut.reason} was reached"), part)
        return None

    def _quote_instead(self, error: ModelUnavailable | BudgetExceeded, part: str) -> None:
        """Says that a part is quoted; raises `error` where that is not allowed."""
        if not self._may_quote_instead:
            raise error
        said = f"{part}: {error.message}; quoted instead"
        self.warnings.append(said)
        self._watcher.listener(events.Notice(said, error.hint))

    def _calls(self) -> Calls:
        return Calls(self._chat, self._budget, watcher=self._watcher, stop=self._stop)

    def _usage(self, step: str) -> Usage:
        """What the calls of one step cost, its repair among them."""
        return sum((entry.usage for entry in self._budget.ledger if entry.step == step), Usage())


def _stopped() -> Stopped:
    return Stopped("stopped before the summary was finished", "run it again to go on")


def _described(plan: Plan, at: int, name: str) -> str:
    titles = "\n".join(f"- {unfenced(item.paper.label)}" for item in plan.themes[at].papers[:_TITLES_SHOWN])
    return f"Theme {at + 1}, characteristic terms: {name}\n{titles}"


def _names(reply: str, terms: Sequence[str], plan: Plan) -> tuple[str, ...]:
    """A name for each theme; one is taken over if all its words are words of the theme's own papers or of the topic."""
    said: dict[int, str] = {}
    for line in reply.splitlines():
        if (match := _NAMED.match(line)) and len(name := clean(match[2]).strip('*"“” .')) <= _LONGEST_NAME:
            said.setdefault(int(match[1]), name)
    taken: set[str] = set()
    names = []
    for at, term in enumerate(terms, 1):
        name = said.get(at, "")
        theme = " ".join(f"{item.paper.title} {item.paper.abstract}" for item in plan.themes[at - 1].papers)
        known = {stem(word) for word in words(f"{plan.topic} {theme}")} | _PLAIN_WORDS
        own = words(name)
        has_number = any(char.isnumeric() for char in name)
        is_usable = own and not has_number and len(own) <= _MOST_WORDS and {stem(word) for word in own} <= known
        is_usable = is_usable and name.casefold() not in taken
        names.append(name if is_usable else term)
        taken.add(names[-1].casefold())
    return tuple(names)


def _cells(reply: str, verifier: Verifier) -> dict[tuple[int, int], Claim]:
    """The supported cells of a reply, by paper and column; a cell may cite its own paper alone."""
    found: dict[tuple[int, int], Claim] = {}
    for line in reply.splitlines():
        match = _CELL.match(line)
        if not match:
            continue
        number, column = int(match[1]), int(match[2])
        claims = [item.claim for item in verifier.judge(match[3].strip()) if item.claim]
        if len(claims) != 1 or claims[0].support != "supported":
            continue
        if {citation.number for citation in claims[0].citations} == {number}:
            found.setdefault((number, column), claims[0])
    return found


def _shown(judged: Sequence[Judged]) -> tuple[Claim, ...]:
    return tuple(item.claim for item in judged if item.claim)


def _with_marks(claim: Claim) -> str:
    marks = "".join(mark(citation) for citation in claim.citations)
    return f"{unfenced(claim.text).rstrip('.')} {marks}."
