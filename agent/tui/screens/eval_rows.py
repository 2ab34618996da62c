"""Runs of evals and their questions as rows of a table, and an answer against its gold. Pure."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual.content import Content

from agent.evalruns import Fact, Mean, Result, Run, ordered
from agent.tui.glyphs import Glyphs
from agent.tui.screens.session_rows import when
from store.text import printable

ERRORS_COUNT = "An error counts as 0 in every mean; n is the number of questions with the score."
WRONG_MEANS = "error, or citation F1, else correct and so on, below 1"
VALIDITIES = ("citation_validity", "span_validity")
"""Shown only where one is below 1, and then loudly: a citation does not stand as it is stored."""
_LOUD = "bold reverse"
_DECIDING = 4
"""Figures over the questions of a run."""
_FOLDED = 6
"""Figures under an answer."""
_NARROWEST = 16
"""Columns that the widest column keeps at least."""
_SHARE = 0.4
"""The part of all room that the questions keep."""
_GAP = 2
"""Columns that a table adds to each of its own."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: a heading of one or two lines, and its cells."""

    heading: str
    cells: tuple[str, ...]
    is_number: bool = False
    takes_rest: bool = False
    """Whether it has all the room that others leave, and is cut short where that is little."""
    rank: int = 0
    """Those with the highest are left out first, where there is no room; those with 0 never."""
    share: float = 0.0
    """The part of all room that it keeps, if it takes the rest."""
    is_alarm: bool = False
    """Whether it is there only because something in it is wrong."""

    @property
    def width(self) -> int:
        """What the widest line in it needs."""
        return max(map(cell_len, (*self.heading.split("\n"), *self.cells)), default=1)

    def least(self, room: int) -> int:
        """What it must have of `room`, with its gap."""
        return (max(_NARROWEST, math.ceil(room * self.share)) if self.takes_rest else self.width) + _GAP


@dataclass(frozen=True, slots=True)
class Fitted:
    """A column and the width that it has."""

    column: Column
    width: int

    def heading(self) -> Text:
        """The heading, over its cells."""
        return Text(self.column.heading, justify="right" if self.column.is_number else "left")

    def cell(self, row: int, glyphs: Glyphs) -> Text:
        """A cell, cut short where it must be."""
        text = Text(self.column.cells[row], no_wrap=True, justify="right" if self.column.is_number else "left")
        if cell_len(text.plain) > self.width:
            text.truncate(self.width - cell_len(glyphs.ellipsis))
            text = Text(text.plain.rstrip() + glyphs.ellipsis, no_wrap=True)
        if self.column.is_alarm and text.plain.startswith(glyphs.uncited):
            text.stylize(_LOUD)
        return text


def fitted(columns: Sequence[Column], room: int) -> list[Fitted]:
    """The columns that `room` has place for, each with its width."""
    kept = [column for column in columns if column.cells and any(column.cells)]
    while sum(column.least(room) for column in kept) > room and any(column.rank for column in kept):
        kept.remove(max(kept, key=lambda column: column.rank))
    rest = max(room - sum(column.least(room) for column in kept if not column.takes_rest) - _GAP, _NARROWEST)
    return [Fitted(column, rest if column.takes_rest else column.width) for column in kept]


def of_runs(runs: Sequence[Run], now: datetime.datetime, glyphs: Glyphs) -> list[Column]:
    """Runs: when, how, against which gold, how far, and the means."""
    means = [{mean.name: mean for mean in run.means} for run in runs]
    golds = tuple(PurePath(run.gold).stem for run in runs)

    def cells(name: str) -> tuple[str, ...]:
        pairs = zip(runs, means, strict=True)
        return tuple(_mean(held.get(name), invalid(run.results, name), glyphs) for run, held in pairs)

    return [
        Column("started", tuple(when(run.started, now) or run.id for run in runs)),
        Column("answered by", tuple(run.problem or how(run) for run in runs), takes_rest=True),
        Column("gold", golds, rank=15 if len(set(golds)) > 1 else 35),
        Column(
            "done", tuple("" if run.problem else f"{len(run.results)}/{run.questions}" for run in runs), True, rank=4
        ),
        Column("errors", tuple(str(run.errors) if run.errors else "" for run in runs), is_number=True, rank=5),
        *_figures([result for run in runs for result in run.results], cells),
    ]


def of_results(results: Sequence[Result], glyphs: Glyphs) -> list[Column]:
    """The questions of a run, with their scores and what they come to."""

    def cells(name: str) -> tuple[str, ...]:
        return tuple(score(one.scores.get(name), invalid([one], name), glyphs) for one in results)

    seconds = tuple("" if one.seconds is None else f"{one.seconds:.1f}" for one in results)
    return [
        Column("", tuple(mark(result, glyphs) for result in results)),
        Column("id", tuple(result.id for result in results), rank=15),
        Column("kind", tuple(result.kind for result in results), rank=25),
        Column("question", tuple(result.question for result in results), takes_rest=True, share=_SHARE),
        *_figures(results, cells),
        Column("seconds", seconds, is_number=True, rank=999),
    ]


def main_scores(names: Iterable[str]) -> list[str]:
    """The scores that are shown, in their order: the report of a run has the others too."""
    return [name for name in ordered(names) if name not in VALIDITIES and not name.endswith("_also")]


def invalid(results: Iterable[Result], name: str) -> int:
    """In how many answers a validity is below 1; none where the score is another one. An error is no answer."""
    found = [one.scores.get(name) for one in results if one.error is None] if name in VALIDITIES else []
    return sum(value is not None and value < 1 for value in found)


def how(run: Run) -> str:
    """What answered the questions of a run."""
    if run.mode in ("model", "quote", ""):
        return f"model {run.model}" if run.model else f"{run.mode} mode" if run.mode else ""
    return f"baseline {run.mode}{f' of {run.model}' if run.model else ''}"


def mark(result: Result, glyphs: Glyphs) -> str:
    """A glyph and a word for what became of a question."""
    deciding = result.deciding
    if result.error is not None:
        return f"{glyphs.uncited} error"
    if deciding is None:
        return f"{glyphs.not_selected} no score"
    if deciding >= 1:
        return f"{glyphs.supported} right"
    return f"{glyphs.weak} partly" if deciding > 0 else f"{glyphs.uncited} wrong"


def score(value: float | None, wrong: int, glyphs: Glyphs) -> str:
    """A score with two digits, nothing where there is none; what is wrong never looks like 1."""
    if value is None:
        return ""
    return f"{glyphs.uncited} {min(value, 0.999):.3f}" if wrong else f"{value:.2f}"


def summary(run: Run, glyphs: Glyphs) -> Content:
    """A run in some lines: what it is, the means that decide, and what is not as it should be."""
    between = f" {glyphs.separator} "
    started = f"{run.started[:16].replace('T', ' ')} UTC" if run.started else ""
    facts = (how(run), PurePath(run.gold).name, started, "finished" if run.finished else "not finished")
    means = {mean.name: mean for mean in run.means}
    shown = [f"{spoken(name)} {means[name].value:.2f} (n {means[name].n})" for name in main_scores(means)[:_DECIDING]]
    lines = [
        Content(between.join(part for part in facts if part)).stylize("$muted"),
        Content(between.join(shown) or "no score yet"),
    ]
    for name in VALIDITIES:
        if wrong := invalid(run.results, name):
            answers = "1 answer" if wrong == 1 else f"{wrong} answers"
            lines.append(Content(f"{glyphs.uncited} {spoken(name)} is below 1 in {answers}").stylize("bold $uncited"))
    if run.errors:
        counted = "1 error, counted" if run.errors == 1 else f"{run.errors} errors, each counted"
        lines.append(Content(f"{glyphs.uncited} {counted} as 0 in every mean").stylize("$uncited"))
    if run.damaged:
        said = "1 damaged line is" if run.damaged == 1 else f"{run.damaged} damaged lines are"
        lines.append(Content(f"{glyphs.weak} {said} left out of all this").stylize("$weak"))
    return Content("\n").join(lines)


def against_gold(result: Result, titles: Mapping[str, str], glyphs: Glyphs) -> Content:
    """The cited papers against the gold ones, the facts, and the scores."""
    parts = [_papers(result, titles, glyphs)]
    if result.facts:
        parts.append(_facts(result, titles, glyphs))
    wrong = [name for name in VALIDITIES if invalid([result], name)]
    known = [name for name in main_scores(result.scores) if result.scores[name] is not None]
    shown = [f"{spoken(one)} {score(result.scores[one], one in wrong, glyphs)}" for one in (*wrong, *known[:_FOLDED])]
    parts.append(Content(f" {glyphs.separator} ".join(shown) or "no score").stylize("$uncited" if wrong else "$muted"))
    return Content("\n\n").join(parts)


class Cited(NamedTuple):
    """The cited papers against the gold ones, as keys."""

    hit: tuple[str, ...]
    missed: tuple[str, ...]
    also: tuple[str, ...]
    extra: tuple[str, ...]


def cited(result: Result) -> Cited:
    """The cited papers against the gold ones, in their own order."""
    keys = result.given.keys if result.given else ()
    return Cited(
        tuple(key for key in result.gold if key in keys),
        tuple(key for key in result.gold if key not in keys),
        tuple(key for key in keys if key in result.also and key not in result.gold),
        tuple(key for key in keys if key not in result.gold and key not in result.also),
    )


def is_cited(fact: Fact, result: Result) -> bool:
    """Whether every sentence that a fact lies in is cited."""
    places = result.given.places if result.given else ()
    return bool(fact.sentences) and all((fact.key, sentence) in places for sentence in fact.sentences)


def spoken(name: str) -> str:
    """The name of a score as words."""
    return name.replace("_", " ")


def _papers(result: Result, titles: Mapping[str, str], glyphs: Glyphs) -> Content:
    found = cited(result)
    groups = (
        (f"{glyphs.supported} hit   ", "$supported", found.hit),
        (f"{glyphs.uncited} missed", "$uncited", found.missed),
        (f"{glyphs.not_selected} may be cited ", "$muted", found.also),
        (f"{glyphs.weak} extra ", "$weak", found.extra),
    )
    none = "There are no gold papers" if result.answerable else "Gold: the library does not answer this"
    head = Content("Cited papers against the gold" if result.gold else none)
    lines = [
        Content.assemble((word, style), f"  {_numbered(key, result)}", (_titled("  ", key, titles), "$muted"))
        for word, style, keys in groups
        for key in keys
    ]
    lines = lines or [Content("no paper is cited").stylize("$muted")]
    return Content("\n").join([head.stylize("bold"), *lines])


def _facts(result: Result, titles: Mapping[str, str], glyphs: Glyphs) -> Content:
    """Each fact with its paper, and whether it is cited."""
    found = [is_cited(fact, result) for fact in result.facts]
    lines = [Content(f"Facts, {sum(found)} of {len(found)} cited").stylize("bold")]
    for fact, is_there in zip(result.facts, found, strict=True):
        word = f"{glyphs.supported} cited    " if is_there else f"{glyphs.uncited} not cited"
        place = f"sentence {', '.join(map(str, fact.sentences))} of {fact.key}{_titled(': ', fact.key, titles)}"
        lines.append(
            Content.assemble(
                (word, "$supported" if is_there else "$uncited"),
                f"  {printable(fact.text)}",
                (f"\n  {'' if fact.vital else 'not vital, '}{place}", "$muted"),
            )
        )
    return Content("\n").join(lines)


def _numbered(key: str, result: Result) -> str:
    """A key, with the number that its marks in the answer have."""
    number = result.given.numbers.get(key) if result.given else None
    return key if number is None else f"[{number}] {key}"


def _titled(before: str, key: str, titles: Mapping[str, str]) -> str:
    return f"{before}{printable(titles[key])}" if titles.get(key) else ""


def _figures(results: Sequence[Result], cells: Callable[[str], tuple[str, ...]]) -> Iterator[Column]:
    """Columns of the scores; no table leaves out the first, nor a validity that is below 1."""
    first, *others = main_scores(name for result in results for name in result.scores) or [""]
    yield Column(_heading(first), cells(first), is_number=True)
    for name in VALIDITIES:
        if invalid(results, name):
            yield Column(_heading(name), cells(name), is_number=True, is_alarm=True)
    for at, name in enumerate(others, 1):
        yield Column(_heading(name), cells(name), is_number=True, rank=at * 10)


def _heading(name: str) -> str:
    """The words of a score's name on two lines at the most."""
    first, _, rest = spoken(name).partition(" ")
    return f"{first}\n{rest}" if rest else first


def _mean(mean: Mean | None, wrong: int, glyphs: Glyphs) -> str:
    return score(mean.value, wrong, glyphs) + ("" if wrong else f" n {mean.n}") if mean else ""
