"""Quote mode's writer: every claim is a stored sentence, every cell a part of one; no model, no network."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Citation, Claim, Mode
from agent.summary import telling
from agent.summary.gather import Relevant
from agent.summary.telling import Excerpt
from agent.summary.themes import characteristic_names
from agent.summary.values import Block, Names, Row, Section, Table
from agent.summary.writer import Plan
from store.paper import Sentence
from store.text import abstract_key, terms

OVERVIEW = "Overview"
OPEN_QUESTIONS = "Open questions"
COLUMNS = ("Brings", "Evaluated on", "Reported result", "Code and data")
_COLUMN_EXCERPTS = (telling.proposes, telling.evaluated_on, telling.reported_result, telling.code)
_OVERVIEW_SENTENCES = 3
_ROWS_A_THEME = 3
_MOST_ROWS = 16
_MOST_OPEN_QUESTIONS = 8


class QuotingWriter:
    """Writes with stored sentences alone."""

    mode: Mode = "quote"
    model: str | None = None
    version = "1"

    def __init__(self) -> None:
        self.warnings: list[str] = []

    async def name_themes(self, plan: Plan) -> Names:
        """The terms that set each theme apart."""
        return Names(characteristic_names(plan.gathered, plan.themes))

    async def write_section(self, plan: Plan, position: int, title: str) -> Section:
        """The sentences with the contribution and the result of each leading paper of the theme."""
        theme = plan.themes[position]
        blocks = []
        said: set[str] = set()
        for item in plan.leading(theme):
            quoted = [sentence for sentence in _telling(item) if abstract_key(sentence.text) not in said]
            said.update(abstract_key(sentence.text) for sentence in quoted)
            claims = tuple(_quotation(plan, item, sentence) for sentence in quoted)
            if claims:
                blocks.append(Block(claims, plan.number(item)))
        return Section(title, tuple(blocks), tuple(plan.number(item) for item in theme.papers))

    async def write_overview(self, plan: Plan, written: tuple[Section, ...]) -> Section:
        """The sentences that say best what the topic is, of those that no section quotes."""
        said = _quoted(written)
        ways = [frozenset(terms(way)) for way in plan.gathered.variants]
        rated: list[tuple[float, Relevant, Sentence]] = []
        for item in plan.gathered.papers:
            found = [best for way in ways if (best := telling.definition(item.paper, way))]
            if found:
                score, sentence = max(found, key=lambda pair: pair[0])
                rated.append((round(score + item.relevance, 6), item, sentence))
        rated.sort(key=lambda entry: (-entry[0], entry[1].paper.key))
        chosen: list[tuple[Relevant, Sentence]] = []
        for _, item, sentence in rated:
            if sentence.text not in said and len(chosen) < _OVERVIEW_SENTENCES:
                said.add(sentence.text)
                chosen.append((item, sentence))
        return _one_each(plan, OVERVIEW, chosen)

    async def fill_table(self, plan: Plan) -> Table:
        """A row for the first papers of each theme, each cell the part of a sentence that tells it."""
        leading = [item for theme in plan.themes for item in theme.papers[:_ROWS_A_THEME]]
        kept = {item.paper.key for item in sorted(leading, key=lambda item: -item.relevance)[:_MOST_ROWS]}
        rows = []
        for item in (item for item in leading if item.paper.key in kept):
            cells = tuple(_cell(plan, item, find(item.paper)) for find in _COLUMN_EXCERPTS)
            if any(cells):
                rows.append(Row(plan.number(item), cells))
        return Table(COLUMNS, tuple(rows))

    async def write_open_questions(self, plan: Plan, written: tuple[Section, ...]) -> Section:
        """The sentences that say most clearly what is not solved, one a paper, of those not quoted before."""
        said = _quoted(written)
        rated = [
            (round(found[0] + item.relevance, 6), item, found[1])
            for item in plan.gathered.papers
            if (found := telling.open_question(item.paper)) and found[1].text not in said
        ]
        rated.sort(key=lambda entry: (-entry[0], entry[1].paper.key))
        once = {abstract_key(sentence.text): (item, sentence) for _, item, sentence in reversed(rated)}
        chosen = list(reversed(once.values()))[:_MOST_OPEN_QUESTIONS]
        return _one_each(plan, OPEN_QUESTIONS, chosen)


def _quoted(written: Sequence[Section]) -> set[str]:
    """The sentences that are quoted already."""
    return {citation.quote for section in written for claim in section.claims for citation in claim.citations}


def _one_each(plan: Plan, title: str, chosen: Sequence[tuple[Relevant, Sentence]]) -> Section:
    """A section of one quotation a paper."""
    blocks = tuple(Block((_quotation(plan, item, sentence),), plan.number(item)) for item, sentence in chosen)
    return Section(title, blocks, tuple(plan.number(item) for item, _ in chosen))


def _telling(item: Relevant) -> list[Sentence]:
    """The contribution and the result, in the order of the abstract."""
    first = telling.contribution(item.paper)
    second = telling.result(item.paper, frozenset({first.index}) if first else frozenset())
    return sorted((sentence for sentence in (first, second) if sentence), key=lambda sentence: sentence.index)


def _quotation(plan: Plan, item: Relevant, sentence: Sentence) -> Claim:
    return Claim(sentence.text, "supported", (_citation(plan, item, sentence),))


def _cell(plan: Plan, item: Relevant, excerpt: Excerpt | None) -> Claim | None:
    return excerpt and Claim(excerpt.text, "supported", (_citation(plan, item, excerpt.sentence),))


def _citation(plan: Plan, item: Relevant, sentence: Sentence) -> Citation:
    citation = plan.evidence.cite(plan.number(item), sentence.index, item.relevance)
    assert citation is not None, "the sentence was cut from the paper under this number"
    return citation
