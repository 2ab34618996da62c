"""SciFact: claims and the sentences of abstracts that support or contradict them.

As allenai/scifact publishes it (doc/data.md there):

    corpus.jsonl      doc_id (number), title, abstract (list of sentences), structured
    claims_*.jsonl    id (number), claim, cited_doc_ids (numbers),
                      evidence: doc_id (text) → list of {sentences: positions from 0, label: SUPPORT | CONTRADICT}

A claim becomes a question of the kind `claim`. Gold are the cited papers that hold evidence for or against it,
facts the evidence sentences, and the other cited papers are acceptable. A claim without evidence is one that
the library does not answer, of the kind `unanswerable`. The several rationales of one abstract are
alternatives, each enough by itself; as facts they all count, so fact recall is strict here. The claims of the
test set are published without their evidence, and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evals.adapters.base import Dataset, Files, Paper, Wanted, having, name_of, objects, paper
from evals.adapters.files import Item, object_of, records, text_of, texts_of
from evals.gold import UNANSWERABLE, Fact, Flaw, Question
from store.text import clean

_NAME = "scifact"
_LABELS = ("SUPPORT", "CONTRADICT")


def papers(files: Files) -> Iterator[Paper | Flaw]:
    """The abstracts of the corpus."""
    for item in objects(records(files["corpus"][0])):
        if isinstance(item, Flaw):
            yield item
        else:
            name = name_of(_NAME, item.value.get("doc_id"))
            sentences = _sentences(item.value)
            yield paper(item.place, name, title=item.value.get("title"), abstract=" ".join(sentences))


def questions(files: Files) -> Iterator[Question | Flaw]:
    """The claims."""
    needed = {
        doc
        for path in files["claims"]
        for item in objects(records(path))
        if isinstance(item, Item)
        for doc in _evidence(item.value)
    }
    sentences: dict[str, list[str]] = {}
    for item in records(files["corpus"][0]):
        if isinstance(item, Item) and (doc := text_of(object_of(item.value).get("doc_id"))) in needed:
            sentences.setdefault(doc, _sentences(item.value))
    for path in files["claims"]:
        for item in objects(records(path)):
            if isinstance(item, Flaw):
                yield item
            else:
                yield from _claim(item, sentences)


def _claim(item: Item, sentences: Mapping[str, list[str]]) -> Iterator[Question | Flaw]:
    number, text = text_of(item.value.get("id")), text_of(item.value.get("claim"))
    if not number or not text:
        yield Flaw(item.place, "a claim without an id or a text")
        return
    if not isinstance(item.value.get("evidence"), dict):
        yield Flaw(item.place, "a claim whose evidence is not told, as in the test set")
        return
    evidence = _evidence(item.value)
    facts: list[Fact] = []
    for doc, rationales in evidence.items():
        for position in sorted({position for rationale in rationales for position in rationale}):
            if 0 <= position < len(sentences.get(doc, ())) and sentences[doc][position]:
                facts.append(Fact(name_of(_NAME, doc), sentences[doc][position]))
            else:
                yield Flaw(
                    f"{item.place}, paper {doc}, sentence {position}", "evidence that the abstract does not hold"
                )
    cited = texts_of(item.value.get("cited_doc_ids"))
    yield Question(
        id=number,
        text=text,
        kind="claim" if evidence else UNANSWERABLE,
        gold=tuple(name_of(_NAME, doc) for doc in evidence),
        also=tuple(dict.fromkeys(name_of(_NAME, doc) for doc in cited if doc not in evidence)),
        facts=tuple(facts),
        answerable=bool(evidence),
    )


def _evidence(claim: Mapping[str, Any]) -> dict[str, list[list[int]]]:
    """Paper → positions of the sentences of each rationale; papers without a verdict are none."""
    given = claim.get("evidence")
    found: dict[str, list[list[int]]] = {}
    for doc, rationales in given.items() if isinstance(given, dict) else ():
        told = [part for part in rationales if isinstance(part, dict)] if isinstance(rationales, list) else []
        positions = [part["sentences"] for part in told if part.get("label") in _LABELS and "sentences" in part]
        if positions:
            found[doc] = [[at for at in own if isinstance(at, int)] for own in positions if isinstance(own, list)]
    return found


def _sentences(record: Mapping[str, Any]) -> list[str]:
    """The sentences of an abstract by their position, cleaned as the library stores them."""
    given = record.get("abstract")
    return [clean(part) if isinstance(part, str) else "" for part in given] if isinstance(given, list) else []


DATASET = Dataset(
    name=_NAME,
    says="Claims from papers on medicine, and the sentences that support or contradict them.",
    wanted=(
        Wanted("corpus", "the corpus", ("corpus.jsonl", "corpus.jsonl.gz"), having("doc_id", "abstract")),
        Wanted("claims", "the claims", ("claims*.jsonl", "claims*.jsonl.gz"), having("id", "claim")),
    ),
    papers=papers,
    questions=questions,
)
