"""BioASQ, task B: questions of physicians and biologists, and the papers at PubMed that answer them.

As the participants' area of BioASQ publishes it, a JSON object with one list:

    training*b.json, *_golden.json
        questions: list of {id, body, type (yesno, factoid, list, summary), documents (links to PubMed),
        snippets: list of {document, text, beginSection, offsetInBeginSection, ...}}

The kind of a question is its type, gold are its papers as `pmid:N`. BioASQ ships no abstracts, so by itself it gives
questions alone, for a library that holds those papers. Where a file of papers is named as well (such as pubmed.jsonl:
JSON Lines with the abstract and the PubMed id, as `citeloom papers list --jsonl` prints them), its papers are written
too, gold is kept to them, and a snippet becomes a fact where it is whole sentences of its paper's abstract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.adapters.base import Dataset, Files, Paper, Wanted, objects, paper
from evals.adapters.files import Item, heads, members, object_of, records, text_of, texts_of
from evals.gold import Fact, Flaw, Question
from store import sentences

_PUBMED = re.compile(r"(?:pubmed(?:\.ncbi\.nlm\.nih\.gov)?/|^)(\d{1,9})/?$")


def papers(files: Files) -> Iterator[Paper | Flaw]:
    """The papers of the file of papers, if there is one."""
    for path in files["papers"]:
        for item in objects(records(path)):
            yield item if isinstance(item, Flaw) else _paper(item)


def questions(files: Files) -> Iterator[Question | Flaw]:
    """The questions."""
    abstracts = _abstracts(files)
    for path in files["questions"]:
        for item in objects(members(path, "questions")):
            if isinstance(item, Flaw):
                yield item
            else:
                yield from _question(item, abstracts)


def _question(item: Item, abstracts: Mapping[str, str]) -> Iterator[Question | Flaw]:
    number, text = text_of(item.value.get("id")), text_of(item.value.get("body"))
    if not number or not text:
        yield Flaw(item.place, "a question without an id or a text")
        return
    found = [(link, _PUBMED.search(link)) for link in texts_of(item.value.get("documents"))]
    for link, match in found:
        if not match:
            yield Flaw(f"{item.place}, {link}", "a document that is not at PubMed")
    numbers = list(dict.fromkeys(match[1] for _, match in found if match))
    if not numbers:
        yield Flaw(item.place, "a question without papers, as in a test set")
        return
    facts: list[Fact] = []
    if abstracts:
        snippets = item.value.get("snippets")
        for position, snippet in enumerate(snippets if isinstance(snippets, list) else []):
            match = _PUBMED.search(text_of(object_of(snippet).get("document")))
            abstract = abstracts.get(match[1], "") if match and match[1] in numbers else ""
            if quote := _whole_sentences(text_of(object_of(snippet).get("text")), abstract):
                facts.append(Fact(f"pmid:{match[1] if match else ''}", quote))
            elif abstract:
                yield Flaw(f"{item.place}, snippet {position}", "a snippet that is no whole sentences of its abstract")
    yield Question(
        id=number,
        text=text,
        kind=text_of(item.value.get("type")) or "question",
        gold=tuple(f"pmid:{own}" for own in numbers),
        facts=tuple(dict.fromkeys(facts)),
        answerable=True,
    )


def _whole_sentences(text: str, abstract: str) -> str:
    """The sentences of the abstract that `text` is, but for a stop at its end; empty where it is none."""
    start = abstract.find(text) if text else -1
    end = start + len(text)
    inside = [item for item in sentences.cut(abstract) if item.start < end and item.end > start] if start >= 0 else []
    if not inside or inside[0].start != start or abstract[end : inside[-1].end].strip(".!?)\"'"):
        return ""
    return abstract[start : inside[-1].end]


def _abstracts(files: Files) -> dict[str, str]:
    """PubMed id → abstract, of the papers that some question names."""
    needed = {
        match[1]
        for path in files["questions"]
        for item in objects(members(path, "questions"))
        if files["papers"] and isinstance(item, Item)
        for link in texts_of(item.value.get("documents"))
        if (match := _PUBMED.search(link))
    }
    found: dict[str, str] = {}
    for item in papers(files):
        if not isinstance(item, Flaw) and (number := item["identifiers"]["pmid"]) in needed:
            found.setdefault(number, item["abstract"])
    return found


def _paper(item: Item) -> Paper | Flaw:
    number = _pmid(item.value)
    return paper(
        item.place,
        f"pmid-{number}" if number else "",
        title=item.value.get("title"),
        abstract=item.value.get("abstract"),
        identifiers={"pmid": number},
        year=item.value.get("year"),
    )


def _pmid(fields: Mapping[str, Any]) -> str:
    return text_of(object_of(fields.get("identifiers")).get("pmid")) or text_of(fields.get("pmid"))


def _has_questions(path: Path) -> bool:
    return any("questions" in fields for fields in heads(path))


def _has_papers(path: Path) -> bool:
    return any("abstract" in fields and _pmid(fields) for fields in heads(path))


DATASET = Dataset(
    name="bioasq",
    says="Questions of physicians and biologists, and the papers at PubMed that answer them.",
    wanted=(
        Wanted("questions", "the questions", ("training*.json", "*_golden.json"), _has_questions, several=True),
        Wanted("papers", "papers with their PubMed ids", ("pubmed*.jsonl",), _has_papers, required=False),
    ),
    papers=papers,
    questions=questions,
    note="BioASQ ships no abstracts: ask it of a library that holds the papers, or name a file of them as well.",
)
