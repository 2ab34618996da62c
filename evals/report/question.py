"""One question of the HTML report: folded to a line, and open to all that its scores rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from agent.export.rendering import to_html
from evals.metrics.citations import is_cited
from evals.records import Record
from evals.report import numbers
from evals.report.claims import Claims, standing
from evals.report.numbers import is_known
from evals.report.outcome import MARKS, NAMES, Papers, outcome, papers
from evals.report.tables import listed, text
from evals.resolving import Nugget
from store.text import printable

_RANKED = 10
"""Papers of the ranking that are shown."""
_MAIN = "citation_f1"
_SPENT = {
    "words": ("word", "words"),
    "calls": ("call", "calls"),
    "prompt_tokens": ("token read", "tokens read"),
    "completion_tokens": ("token written", "tokens written"),
}
_NUGGETS: dict[object, str] = {
    1: "in the answer",
    0.5: "partly in the answer",
    0: "not in the answer",
    None: "unscored",
}


class Questions:
    """Writes the questions of a run; it knows the titles that any of its answers knows."""

    def __init__(self, records: Sequence[Record], titles: Mapping[str, str]) -> None:
        self._titles = {**_titles(records), **titles}

    def write(self, record: Record, number: int, kind: int) -> str:
        """The question as HTML; `number` makes its ids, `kind` is the number of its kind for the filter."""
        found = outcome(record)
        score = record.scores.get(_MAIN)
        said = f"F1 {numbers.number(score)}" if numbers.is_known(score) else record.kind
        blocks = "\n".join(self._blocks(record, f"q{number}"))
        return (
            f'<details class="question" id="q{number}" data-verdict="{found.verdict}" data-kind="{kind}">\n'
            f'<summary><span class="verdict {found.verdict}">{MARKS[found.verdict]} {NAMES[found.verdict]}</span>'
            f"{text(record.question)} "
            f'<span class="side">{text(said)} · <code>{text(record.id)}</code></span></summary>\n'
            f"<p>{text(found.why)}.</p>\n{blocks}\n</details>"
        )

    def _blocks(self, record: Record, name: str) -> Iterator[str]:
        if record.error is not None:
            yield f"<h4>Error</h4>\n<pre>{text(record.error)}</pre>"
        if record.answer is not None:
            yield self._answer(record.answer, name)
        found = papers(record)
        yield self._cited(record, found)
        yield from self._facts(record)
        yield from Claims(record, name).blocks()
        yield from self._ranking(record)
        yield from _scores(record)
        yield from _judged(record)

    def _answer(self, answer: Mapping[str, Any], name: str) -> str:
        places = {(one["number"], one["sentence"]) for claim in answer["claims"] for one in claim["citations"]}

        def link(number: int, sentence: int) -> str:
            if (number, sentence) not in places:
                return ""
            return f'<a class="mark" href="#{name}-{number}.{sentence}">[{number}.{sentence}]</a>'

        warnings = listed(text(warning) for warning in answer.get("warnings", ()))
        notes = f"<p>Warnings of the answer:</p>\n{warnings}" if warnings else ""
        return f"<h4>Answer</h4>\n{to_html(printable(answer['marked']), link)}{notes}"

    def _cited(self, record: Record, found: Papers) -> str:
        spared = tuple(key for key in record.also if key not in found.accepted)
        has_gold = bool(record.gold) or not record.answerable
        groups = (
            ("right", "✓ gold, cited", found.hit),
            ("wrong", "✗ gold, missed", found.missed),
            ("right", "✓ acceptable, cited", found.accepted),
            ("wrong", "✗ cited, neither gold nor acceptable", found.extra if has_gold else ()),
            ("open", "○ cited", () if has_gold else found.extra),
            ("open", "○ acceptable, not cited", spared),
        )
        items = [
            f'<span class="verdict {kind}">{said}</span>{self._paper(key)}'
            for kind, said, keys in groups
            for key in keys
        ]
        return f"<h4>Papers</h4>\n{listed(items) or '<p>No gold papers, and none cited.</p>'}"

    def _facts(self, record: Record) -> Iterator[str]:
        if record.facts:
            verdicts = [*((record.judged or {}).get("nuggets") or ()), *[...] * len(record.facts)]
            pairs = zip(record.facts, verdicts, strict=False)
            yield f"<h4>Facts</h4>\n{listed(self._fact(record, fact, said) for fact, said in pairs)}"

    def _fact(self, record: Record, fact: Nugget, judged: object) -> str:
        kind, said = ("right", "✓ cited") if is_cited(fact, record.claims) else ("wrong", "✗ not cited")
        by_judge = f", by the judge {_NUGGETS.get(judged, judged)}" if judged is not ... else ""
        place = f"{'' if fact.vital else 'not vital, '}sentence {', '.join(map(str, fact.sentences))}{by_judge}"
        return (
            f'<span class="verdict {kind}">{said}</span>{text(fact.text)} '
            f'<span class="soft">(<code>{text(fact.key)}</code>, {text(place)})</span>'
        )

    def _ranking(self, record: Record) -> Iterator[str]:
        if record.ranking:
            items = [f"{self._paper(key)}{standing(record, key)}" for key in record.ranking[:_RANKED]]
            further = [
                f"{place}" for place, key in enumerate(record.ranking[_RANKED:], _RANKED + 1) if key in record.gold
            ]
            below = f'<p class="soft">Gold papers further down: place {", ".join(further)}.</p>' if further else ""
            yield f"<h4>First papers of the search</h4>\n{listed(items, 'ol')}{below}"

    def _paper(self, key: str) -> str:
        title = self._titles.get(key, "")
        return f"{text(title)} <code>{text(key)}</code>" if title else f"<code>{text(key)}</code>"


def _titles(records: Iterable[Record]) -> dict[str, str]:
    """The titles that answers and rankings know."""
    known: dict[str, str] = {}
    for record in records:
        named = [*record.answer["references"], *record.answer.get("nearest", ())] if record.answer else []
        known |= {**record.titles, **{paper["key"]: paper["title"] for paper in named if paper["title"]}}
    return known


def _scores(record: Record) -> Iterator[str]:
    known = [f"{text(name)} <b>{numbers.number(score)}</b>" for name, score in record.scores.items() if is_known(score)]
    if known:
        yield f"<h4>Scores</h4>\n{listed(known, 'ul', 'scores')}"
    spent = [numbers.count(int(many), *said) for name, said in _SPENT.items() if (many := record.counts.get(name))]
    yield f'<p class="soft">{text(", ".join([f"{record.seconds:.2f} seconds", *spent]))}</p>'


def _judged(record: Record) -> Iterator[str]:
    if record.judged:
        said = {name: value for name, value in record.judged.items() if name not in ("nuggets", "rubric", "criteria")}
        criteria = record.judged.get("criteria") or ()
        said |= {
            f"{one}, 0 to 2:": grade for one, grade in zip(criteria, record.judged.get("rubric") or (), strict=False)
        }
        items = [f"{text(name)} <b>{text(_plain(value))}</b>" for name, value in said.items()]
        yield f"<h4>The judge</h4>\n{listed(items, 'ul', 'scores')}"
    elif record.unjudged:
        yield '<p class="soft">The judge has not had its say yet.</p>'


def _plain(value: object) -> str:
    if value is None:
        return "unscored"
    return numbers.number(value) if isinstance(value, float) else str(value)
