"""Gold sets: questions with the papers that answer them, as JSON Lines.

    {"id": "q1", "question": "...", "kind": "fact", "gold": ["..."], "also": ["..."],
     "facts": [{"paper": "...", "sentence": "...", "vital": true}], "rubric": [{"criterion": "...", "weight": 1.0}]}

A paper is named by its title, its citation key, its DOI, or its arXiv or PubMed id. `gold` has
every paper that answers, `also` those that may be cited too, `facts` the sentences that carry
the answer. A question that the library does not answer has no gold; one that has an answer and
still no gold, as where only a rubric is known, says `"answerable": true`. Only `id` and
`question` are required; unknown fields are errors.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from agent.errors import EvalError
from store.search import MOST_CHARACTERS
from store.text import clean

FOLDER = Path(__file__).parent / "gold"
_FIELDS = frozenset({"id", "question", "kind", "answerable", "gold", "also", "facts", "rubric"})
UNANSWERABLE = "unanswerable"
"""The kind of the questions that the library does not answer."""
_HEAVIEST = 1_000_000
_SHOWN = 3
"""Problems that an error message names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence of a gold paper that carries the answer, or a part of it."""

    paper: str
    sentence: str
    vital: bool = True
    """False for what an answer may leave out."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a good answer does, in words that a judge can check; weights count relative to each other."""

    criterion: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """A question with every paper that answers it."""

    id: str
    text: str
    kind: str = "question"
    gold: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    rubric: tuple[Criterion, ...] = ()
    answerable: bool = False
    """Whether an answer exists at all; always so where there is gold."""

    def to_dict(self) -> dict[str, Any]:
        """The question's line in a gold file; what is empty is left out, but for `gold`."""
        content: dict[str, Any] = {"id": self.id, "question": self.text, "kind": self.kind, "gold": list(self.gold)}
        if self.also:
            content["also"] = list(self.also)
        if self.facts:
            content["facts"] = [_fact_line(fact) for fact in self.facts]
        if self.rubric:
            content["rubric"] = [asdict(criterion) for criterion in self.rubric]
        if self.answerable and not self.gold:
            content["answerable"] = True
        return content


@dataclass(frozen=True, slots=True)
class GoldSet:
    """The questions of a file, and the hash of its bytes."""

    path: Path
    sha256: str
    questions: tuple[Question, ...] = field(repr=False)


class Flaw(NamedTuple):
    """What is wrong with a gold file, and where."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


def read(path: Path) -> GoldSet:
    """The gold set in a file; raises `EvalError` naming every kind of flaw it has."""
    data = content(path)
    questions, flaws = parse(data)
    if flaws:
        raise EvalError(f"{path}: {told(flaws)}", f"mend it; `citeloom eval check {path}` lists everything")
    return GoldSet(path, hashlib.sha256(data).hexdigest(), tuple(questions))


def parse(data: bytes) -> tuple[list[Question], list[Flaw]]:
    """The questions that can be read, and what is wrong with the others."""
    questions: list[Question] = []
    flaws: list[Flaw] = []
    first_seen: dict[str, str] = {}
    for place, line in _lines(data, flaws):
        try:
            question = _question(_loaded(line))
        except (ValueError, TypeError) as error:
            flaws.append(Flaw(place, str(error)))
            continue
        if question.id in first_seen:
            flaws.append(Flaw(place, f"the id {short(question.id)} stands in {first_seen[question.id]} already"))
            continue
        first_seen[question.id] = place
        questions.append(question)
    if not questions and not flaws:
        flaws.append(Flaw("", "there is no question in it"))
    return questions, flaws


def told(flaws: Iterable[Flaw]) -> str:
    """Flaws in one line: the first ones whole, the others counted."""
    listed = [clean(str(flaw)) for flaw in flaws]
    more = f"; and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return "; ".join(listed[:_SHOWN]) + more


def short(text: str) -> str:
    """What a message says of a text of the user's: quoted, its end cut off where it is long."""
    return repr(text if len(text) <= 80 else text[:79] + "…")


def content(path: Path) -> bytes:
    """The bytes of a gold file; an `EvalError` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvalError(
            f"the gold set {path} cannot be read: {error.strerror}", "name a file of JSON Lines, a question a line"
        ) from error


def _lines(data: bytes, flaws: list[Flaw]) -> Iterator[tuple[str, str]]:
    """Each line that is not blank, and where it stands."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        flaws.append(Flaw(f"byte {error.start}", "it is not UTF-8"))
        return
    lines = [(f"line {number}", line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if other := _other_format(*[line.strip() for _, line in lines[:2]]):
        flaws.append(Flaw(lines[0][0], f"{other}, and not JSON Lines: an object in each line"))
        return
    yield from lines


def _other_format(first: str = "{}", second: str = "") -> str:
    """What a file is whose lines cannot be meant as JSON Lines, by the first two; empty if they can."""
    if first[0] in "[{":
        broken = second and first[-1] in "[{," and (first[0], second[0]) != ("{", "{")
        return "the file is JSON over several lines" if broken else ""
    if second.startswith("{"):
        return ""
    with contextlib.suppress(ValueError, RecursionError):
        json.loads(first)
        return ""
    names = {name.strip(" \"'").casefold() for name in re.split("[,;\t|]", first)}
    return "the file is a table (CSV)" if len(names) > 1 and names & _FIELDS else "the file is in another format"


def _loaded(line: str) -> object:
    try:
        return json.loads(line, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at").removesuffix(" starting").rstrip(": ")
        raise ValueError(f"it is no JSON: {what[:1].lower()}{what[1:]} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else "a number in it is too long"
        raise ValueError(f"it is no JSON: {why}") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; the later of two fields of one name would hide the earlier."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise TypeError("a field stands in it twice")
    return content


def _question(content: object) -> Question:
    """The question of one line; raises ValueError or TypeError with a reason for the user."""
    if not isinstance(content, dict):
        raise TypeError("it is no JSON object")
    if unknown := sorted(content.keys() - _FIELDS):
        raise ValueError(f"there is no field {short(unknown[0])}")
    text = _text(content, "question")
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"the question has {len(text):,} characters; {MOST_CHARACTERS:,} are the most")
    if not any(char.isalnum() for char in text):
        raise ValueError("the question has no word in it")
    gold = _names(content, "gold")
    answerable = content.get("answerable", bool(gold))
    if not isinstance(answerable, bool):
        raise TypeError("answerable is neither true nor false")
    if gold and not answerable:
        raise ValueError("it has gold papers, and says that it is not answerable")
    kind = _text(content, "kind", "question" if answerable else UNANSWERABLE)
    if kind == UNANSWERABLE and answerable:
        raise ValueError("its kind is unanswerable, and it has an answer")
    facts = tuple(_fact(item) for item in _list(content, "facts"))
    if outside := [fact.paper for fact in facts if fact.paper not in gold]:
        raise ValueError(f"a fact is of {short(outside[0])}, which is none of its gold papers")
    return Question(
        id=_text(content, "id"),
        text=text,
        kind=kind,
        gold=gold,
        also=tuple(name for name in _names(content, "also") if name not in gold),
        facts=facts,
        rubric=tuple(_criterion(item) for item in _list(content, "rubric")),
        answerable=answerable,
    )


def _fact(item: object) -> Fact:
    if not isinstance(item, dict):
        raise TypeError("a fact is no object with paper and sentence")
    vital = item.get("vital", True)
    if not isinstance(vital, bool):
        raise TypeError("vital is neither true nor false")
    if unknown := sorted(item.keys() - {"paper", "sentence", "vital"}):
        raise ValueError(f"a fact has no field {short(unknown[0])}")
    return Fact(_text(item, "paper"), _text(item, "sentence"), vital)


def _fact_line(fact: Fact) -> dict[str, Any]:
    content = asdict(fact)
    if fact.vital:
        del content["vital"]
    return content


def _criterion(item: object) -> Criterion:
    if not isinstance(item, dict):
        raise TypeError("a criterion of the rubric is no object with criterion and weight")
    weight = item.get("weight", 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= _HEAVIEST:
        raise TypeError(f"the weight of a criterion is no number above 0, {_HEAVIEST:,} at most")
    if unknown := sorted(item.keys() - {"criterion", "weight"}):
        raise ValueError(f"a criterion has no field {short(unknown[0])}")
    return Criterion(_text(item, "criterion"), float(weight))


def _text(content: Mapping[str, object], name: str, default: str | None = None) -> str:
    """A text, cleaned as the library cleans its abstracts: no terminal escape outlives the reading."""
    value = content.get(name, default)
    if not isinstance(value, str) or not (text := clean(value)):
        raise TypeError(f"{name} is missing, or is no text")
    return text


def _names(content: Mapping[str, object], name: str) -> tuple[str, ...]:
    """The names of papers in a field, each once."""
    names = [clean(value) if isinstance(value, str) else "" for value in _list(content, name)]
    if not all(names):
        raise TypeError(f"{name} holds something that names no paper")
    return tuple(dict.fromkeys(names))


def _list(content: Mapping[str, object], name: str) -> list[object]:
    value = content.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError(f"{name} is no list")
    return value
