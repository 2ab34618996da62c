"""BEIR: queries and the papers that were judged relevant to them; any set in its format will do.

As beir-cellar/beir reads it (beir/datasets/data_loader.py there):

    corpus.jsonl     _id, title, text, metadata (url, and what a set adds)
    queries.jsonl    _id, text, metadata
    qrels/*.tsv      query-id, corpus-id, score, with tabs between; of a folder, test.tsv is taken if there are several

Ids may be texts or numbers. The table of judgements may lack its first line; it may also be TREC's, of four
columns with blanks between, or JSON Lines with the fields query-id, corpus-id and score. Gold are the papers whose
score is above 0. Queries that the table does not judge belong to another split, and are passed over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from evals.adapters.base import Dataset, Files, Paper, Wanted, having, name_of, objects, paper
from evals.adapters.files import Item, heads, lines, object_of, records, start_of, text_of
from evals.gold import Flaw, Question

_NAME = "beir"
_JUDGED = ("query-id", "corpus-id", "score")


def papers(files: Files) -> Iterator[Paper | Flaw]:
    """The papers of the corpus."""
    for item in objects(records(files["corpus"][0])):
        if isinstance(item, Flaw):
            yield item
            continue
        name = name_of(_NAME, item.value.get("_id"))
        year = object_of(item.value.get("metadata")).get("year")
        yield paper(item.place, name, title=item.value.get("title"), abstract=item.value.get("text"), year=year)


def questions(files: Files) -> Iterator[Question | Flaw]:
    """The queries that were judged, in the order of their file."""
    judged: dict[str, dict[str, float]] = defaultdict(dict)
    for path in files["judgements"]:
        for row in _judgements(path):
            if isinstance(row, Flaw):
                yield row
            else:
                query, doc, score = row
                judged[query][doc] = score
    for item in objects(records(files["queries"][0])):
        if isinstance(item, Flaw):
            yield item
            continue
        number, text = text_of(item.value.get("_id")), text_of(item.value.get("text"))
        if not number or not text:
            yield Flaw(item.place, "a query without an id or a text")
        elif number in judged:
            gold = tuple(name_of(_NAME, doc) for doc, score in judged.pop(number).items() if score > 0)
            if gold:
                yield Question(id=number, text=text, kind="retrieval", gold=gold, answerable=True)
            else:
                yield Flaw(f"query {number}", "a query for which no paper was judged relevant")
    for number in judged:
        yield Flaw(f"query {number}", "a judged query that is not among the queries")


def _judgements(path: Path) -> Iterator[tuple[str, str, float] | Flaw]:
    """Query, paper and score of each line."""
    if any(fields.keys() >= set(_JUDGED) for fields in heads(path)):
        for item in objects(records(path)):
            if isinstance(item, Item):
                yield _judgement(item.place, [str(item.value.get(name, "")) for name in _JUDGED])
            else:
                yield item
        return
    is_first = True
    for place, line in lines(path):
        if isinstance(line, Flaw):
            yield line
        elif line.strip():
            row = _judgement(place, _columns(line))
            if not (is_first and isinstance(row, Flaw)):  # the names of the columns
                yield row
            is_first = False


def _judgement(place: str, columns: list[str]) -> tuple[str, str, float] | Flaw:
    if len(columns) == 4:
        del columns[1]  # TREC's iteration, which nobody uses
    try:
        query, doc, score = columns
        return (text_of(query), text_of(doc), float(score))
    except ValueError:
        return Flaw(place, "a judgement that is no query, paper and number")


def _columns(line: str) -> list[str]:
    columns = line.split("\t")
    return columns if len(columns) > 2 else line.split()


def _is_table(path: Path) -> bool:
    """Whether a file holds judgements: in one of its first lines they can be read."""
    if any(fields.keys() >= set(_JUDGED) for fields in heads(path)):
        return True
    first = [line for line in start_of(path).splitlines()[:5] if line.strip()]
    return any(not isinstance(_judgement("", _columns(line)), Flaw) for line in first)


DATASET = Dataset(
    name=_NAME,
    says="Queries, and the papers that people judged relevant; every set in BEIR's format.",
    wanted=(
        Wanted("corpus", "the corpus", ("corpus.jsonl", "corpus.jsonl.gz"), having("_id", "text")),
        Wanted("queries", "the queries", ("queries.jsonl", "queries.jsonl.gz"), having("_id", "text")),
        Wanted(
            "judgements",
            "the judgements",
            ("qrels/*.tsv", "qrels/*.jsonl", "*qrels*.tsv", "*qrels*.txt"),
            _is_table,
            several=False,
            usual="test.tsv",
        ),
    ),
    papers=papers,
    questions=questions,
)
