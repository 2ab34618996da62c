"""PubMedQA: questions that the conclusion of one abstract answers with yes, no or maybe.

As pubmedqa/pubmedqa publishes it, a JSON object whose names are PubMed ids:

    ori_pqal.json, ori_pqaa.json, ori_pqau.json, *_set.json
        QUESTION, CONTEXTS (list of texts), LABELS, MESHES, YEAR, LONG_ANSWER (the conclusion), final_decision

and as JSON Lines or a JSON list, the form in which it is mirrored:

    pubid, question, context: {contexts, labels, meshes}, long_answer, final_decision

The paper is the whole abstract: its contexts, then its conclusion. It gets no title, since the question is its
title or was made of it. Gold is the paper, facts are the sentences of its conclusion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evals.adapters.base import Dataset, Files, Paper, Wanted, objects, paper
from evals.adapters.files import Item, heads, members, object_of, records, text_of, texts_of
from evals.gold import Fact, Flaw, Question
from store import sentences

_FIELDS = {"QUESTION", "CONTEXTS"}
_MIRRORED = {"question", "context", "long_answer"}


class _Entry(NamedTuple):
    """One record, whichever of the two forms it came in."""

    place: str
    number: str
    question: str
    context: str
    conclusion: str
    year: str

    @property
    def abstract(self) -> str:
        """The whole abstract."""
        return f"{self.context} {self.conclusion}".strip()


def papers(files: Files) -> Iterator[Paper | Flaw]:
    """The abstracts."""
    for entry in _entries(files):
        yield entry if isinstance(entry, Flaw) else _paper(entry)


def questions(files: Files) -> Iterator[Question | Flaw]:
    """The questions; what is wrong with a record is told among the papers."""
    for entry in _entries(files):
        if isinstance(entry, Flaw) or isinstance(_paper(entry), Flaw):
            continue
        if not entry.question:
            yield Flaw(entry.place, "a record without a question")
            continue
        name = f"pmid:{entry.number}"
        yield Question(
            id=entry.number,
            text=entry.question,
            kind="yes-no",
            gold=(name,),
            facts=tuple(Fact(name, item.text) for item in sentences.cut(entry.conclusion)),
            answerable=True,
        )


def _paper(entry: _Entry) -> Paper | Flaw:
    name = f"pmid-{entry.number}" if entry.number else ""
    identifiers = {"pmid": entry.number}
    return paper(entry.place, name, title="", abstract=entry.abstract, identifiers=identifiers, year=entry.year)


def _entries(files: Files) -> Iterator[_Entry | Flaw]:
    path = files["questions"][0]
    for item in objects(members(path) if _is_object(path) else records(path)):
        yield item if isinstance(item, Flaw) else _entry(item)


def _entry(item: Item) -> _Entry:
    fields: Mapping[str, Any] = item.value
    if item.name:
        number, contexts = item.name, fields.get("CONTEXTS")
    else:
        number, contexts = fields.get("pubid", ""), object_of(fields.get("context")).get("contexts")
    return _Entry(
        place=item.place,
        number=text_of(number),
        question=text_of(fields.get("QUESTION") or fields.get("question")),
        context=" ".join(texts_of(contexts)),
        conclusion=text_of(fields.get("LONG_ANSWER") or fields.get("long_answer")),
        year=text_of(fields.get("YEAR")),
    )


def _is_object(path: Path) -> bool:
    """Whether the file is one object whose members are the records."""
    for fields in heads(path):
        return any(object_of(value).keys() >= _FIELDS for value in fields.values())
    return False


def _fits(path: Path) -> bool:
    return _is_object(path) or any(fields.keys() >= _MIRRORED for fields in heads(path))


DATASET = Dataset(
    name="pubmedqa",
    says="Research questions that one abstract on medicine answers with yes, no or maybe.",
    wanted=(Wanted("questions", "the questions", ("ori_pqa*.json", "*_set.json", "*pqa*.json*"), _fits),),
    papers=papers,
    questions=questions,
    note="The papers get no titles, since each question is the title of the paper that answers it.",
)
