"""LitSearch: requests for literature as researchers put them, and the papers that fit.

As princeton-nlp/LitSearch publishes it, its two parts exported as JSON Lines or as a JSON list:

    query             query, query_set (inline_acl, inline_nonacl, manual_acl, manual_iclr), corpusids (numbers),
                      specificity (0 broad, 1 specific), quality
    corpus_clean      corpusid (number), title, abstract, citations, full_paper

Gold are the papers of `corpusids`; the kind is the query's set and how broad it is. `citations` are a paper's own
references and say nothing of relevance. The queries have no ids: they are numbered in the order of their file.
The corpus in the form of S2ORC (corpus_s2orc) is not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from evals.adapters.base import Dataset, Files, Paper, Wanted, having, name_of, objects, paper
from evals.adapters.files import records, text_of, texts_of
from evals.gold import Flaw, Question

_NAME = "litsearch"
_BREADTH = {"0": "broad", "1": "specific"}


def papers(files: Files) -> Iterator[Paper | Flaw]:
    """The papers of the corpus."""
    for item in objects(records(files["corpus"][0])):
        if isinstance(item, Flaw):
            yield item
        else:
            name = name_of(_NAME, item.value.get("corpusid"))
            yield paper(item.place, name, title=item.value.get("title"), abstract=item.value.get("abstract"))


def questions(files: Files) -> Iterator[Question | Flaw]:
    """The queries."""
    for number, item in enumerate(objects(records(files["queries"][0])), 1):
        if isinstance(item, Flaw):
            yield item
            continue
        text, docs = text_of(item.value.get("query")), texts_of(item.value.get("corpusids"))
        if not text:
            yield Flaw(item.place, "a query without a text")
        elif not docs:
            yield Flaw(item.place, "a query without papers")
        else:
            breadth = _BREADTH.get(text_of(item.value.get("specificity")), "")
            kind = " ".join(part for part in (text_of(item.value.get("query_set")), breadth) if part)
            gold = tuple(dict.fromkeys(name_of(_NAME, doc) for doc in docs))
            yield Question(id=f"{_NAME}-{number}", text=text, kind=kind or "retrieval", gold=gold, answerable=True)


DATASET = Dataset(
    name=_NAME,
    says="Requests for literature on machine learning and language, and the papers that fit.",
    wanted=(
        Wanted("queries", "the queries", ("quer*.json*",), having("query", "corpusids")),
        Wanted("corpus", "the corpus", ("corpus*.json*",), having("corpusid", "title")),
    ),
    papers=papers,
    questions=questions,
)
