"""Runs of evals and their questions as rows of a table, and an answer against its gold. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from rich.cells import cell_len
from rich.text import Text
from textual.content import Content

from agent.evalruns import Mean, Result, Run, is_main
from agent.tui.glyphs import Glyphs
from agent.tui.screens.session_rows import when
from store.text import printable

ERRORS_COUNT = "An error counts as 0 in every mean; n is the number of questions with the score."
WRONG_MEANS = "an error, or a citation F1 (else the first score) below 1"
_NARROWEST = 16
"""Columns that the widest column keeps."""
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
    """Those with the highest are left out first, where there is no room."""

    @property
    def width(self) -> int:
        """What the widest line in it needs."""
        return max(map(cell_len, (*self.heading.split("\n"), *self.cells)), default=1)


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
        return text


def fitted(columns: Sequence[Column], room: int) -> list[Fitted]:
    """The columns that `room` has place for, each with its width."""
    kept = [column for column in columns if column.cells and any(column.cells)]
    while sum(_least(column) for column in kept) > room and any(column.rank for column in kept):
        kept.remove(max(kept, key=lambda column: column.rank))
    rest = max(room - sum(_least(column) for column in kept if not column.takes_rest) - _GAP, _NARROWEST)
    return [Fitted(column, rest if column.takes_rest else column.width) for column in kept]


def of_runs(runs: Sequence[Run], now: datetime.datetime) -> list[Column]:
    """Runs: when, how, against which gold, how far, and the means."""
    names = _ordered(mean.name for run in runs for mean in run.means)
    means = [{mean.name: mean for mean in run.means} for run in runs]
    return [
        Column("started", tuple(when(run.started, now) or run.id for run in runs)),
        Column("answered by", tuple(run.problem or how(run) for run in runs), takes_rest=True),
        Column("gold", tuple(PurePath(run.gold).stem for run in runs), rank=1),
        Column(
            "done", tuple("" if run.problem else f"{len(run.results)}/{run.questions}" for run in runs), is_number=True
        ),
        Column("errors", tuple(str(run.errors) if run.errors else "" for run in runs), is_number=True, rank=2),
        *(
            Column(_heading(name), tuple(_mean(held.get(name)) for held in means), is_number=True, rank=at * 3)
            for at, name in enumerate(names)
        ),
    ]


def of_results(results: Sequence[Result], glyphs: Glyphs) -> list[Column]:
    """The questions of a run, with their scores and what they come to."""
    names = _ordered(name for result in results for name in result.scores)
    return [
        Column("", tuple(mark(result, glyphs) for result in results)),
        Column("id", tuple(result.id for result in results), rank=1),
        Column("kind", tuple(result.kind for result in results), rank=2),
        Column("question", tuple(result.question for result in results), takes_rest=True),
        *(
            Column(_heading(name), tuple(score(result.scores.get(name)) for result in results), True, rank=at * 3)
            for at, name in enumerate(names)
        ),
        Column("seconds", tuple(_seconds(result.seconds) for result in results), is_number=True, rank=99),
    ]


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
    if deciding.value >= 1:
        return f"{glyphs.supported} right"
    return f"{glyphs.weak} partly" if deciding.value > 0 else f"{glyphs.uncited} wrong"


def score(value: float | None) -> str:
    """A score with two digits; nothing where there is none."""
    return "" if value is None else f"{value:.2f}"


def summary(run: Run, glyphs: Glyphs) -> Content:
    """A run in some lines: what it is, its means, and what is not as it should be."""
    between = f" {glyphs.separator} "
    started = f"started {run.started[:16].replace('T', ' ')} UTC" if run.started else ""
    facts = (how(run), PurePath(run.gold).name, started, "finished" if run.finished else "not finished")
    means = between.join(f"{spoken(mean.name)} {mean.value:.2f} (n {mean.n})" for mean in run.means) or "no score yet"
    lines = [Content(between.join(part for part in facts if part)).stylize("$muted"), Content(means)]
    if run.errors:
        counted = "1 error, counted" if run.errors == 1 else f"{run.errors} errors, each counted"
        lines.append(Content(f"{glyphs.uncited} {counted} as 0 in every mean").stylize("$uncited"))
    if run.damaged:
        said = "1 damaged line is" if run.damaged == 1 else f"{run.damaged} damaged lines are"
        lines.append(Content(f"{glyphs.weak} {said} left out of all this").stylize("$weak"))
    return Content("\n").join(lines)


def against_gold(result: Result, titles: Mapping[str, str], glyphs: Glyphs) -> Content:
    """A question, its scores, the answer, and the cited papers against the gold ones."""
    scores = f" {glyphs.separator} ".join(
        f"{spoken(name)} {score(value) or glyphs.dash}" for name, value in result.scores.items()
    )
    parts = [Content(result.question).stylize("bold"), Content("\n".join(filter(None, (mark(result, glyphs), scores))))]
    if result.error is not None:
        parts.append(Content(f"Error: {printable(result.error)}").stylize("$uncited"))
    if result.given:
        parts.append(Content(printable(result.given.text).strip() or "(an empty answer)"))
    parts.append(_papers(result, titles, glyphs))
    return Content("\n\n").join(parts)


def spoken(name: str) -> str:
    """The name of a score as words."""
    return name.replace("_", " ")


def _papers(result: Result, titles: Mapping[str, str], glyphs: Glyphs) -> Content:
    cited = result.cited
    lines = [
        *_listed(f"{glyphs.supported} hit   ", "$supported", cited.hit, titles),
        *_listed(f"{glyphs.uncited} missed", "$uncited", cited.missed, titles),
        *_listed(f"{glyphs.weak} extra ", "$weak", cited.extra, titles),
    ]
    head = "Cited papers against the gold" if result.gold else "Gold: the library does not answer this"
    if not lines:
        lines = [Content("no paper is cited").stylize("$muted")]
    return Content("\n").join([Content(head).stylize("bold"), *lines])


def _listed(word: str, style: str, keys: Iterable[str], titles: Mapping[str, str]) -> list[Content]:
    return [
        Content.assemble((word, style), f"  {key}", (f"  {printable(titles[key])}" if key in titles else "", "$muted"))
        for key in keys
    ]


def _least(column: Column) -> int:
    return (_NARROWEST if column.takes_rest else column.width) + _GAP


def _ordered(names: Iterable[str]) -> list[str]:
    """Each name once, the citation F1 first, which no table leaves out."""
    return sorted(dict.fromkeys(names), key=lambda name: not is_main(name))


def _heading(name: str) -> str:
    """The words of a score's name on two lines at the most."""
    first, _, rest = spoken(name).partition(" ")
    return f"{first}\n{rest}" if rest else first


def _mean(mean: Mean | None) -> str:
    return f"{mean.value:.2f} n {mean.n}" if mean else ""


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
