"""ScholarQABench: questions that ask for a synthesis over several papers.

As AkariAsai/ScholarQABench publishes it under data/, and allenai/multidoc_qa_eval before it:

    scholarqa_cs/test_configs*.json    list of: case_id, initial_prompt, metric_config (an object, or a list with
                                       one) → config → question, other_properties: list of {name, criterion, weight}
    scholarqa_multi/human_answers.json list of: id, input, output (marks such as [0], counted from 0), subject,
                                       ctxs: list of {title, text, url, year, authors}
    scholarqa_bio/*.jsonl, scholarqa_neuro/*.jsonl    input, and an id where there is one

The first become questions with a rubric and without gold: they are answerable, and a judge scores them. Of the
second, gold are the papers that the human's answer cites, the other papers of `ctxs` are acceptable; a paper's text
is the excerpt that the set gives, which may be shorter than its abstract. An answer that cites a number which `ctxs`
does not have leaves unclear what it counts from, and its question is left out. The last are bare questions.
The single-paper tasks of the set are not read: SciFact and PubMedQA have formats of their own here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.adapters.base import Dataset, Files, Paper, Wanted, name_of, objects, paper
from evals.adapters.files import Item, heads, object_of, records, text_of
from evals.gold import Criterion, Flaw, Question
from store.text import title_key

_NAME = "scholarqa"
_KIND = "synthesis"
_MARKS = re.compile(r"\[(\d+(?:\s*,\s*\d+)*)\]")
_PAPER_ID = re.compile(r"semanticscholar\.org/paper/(?:[^/]+/)?([0-9a-fA-F]{40})")
_SINGLE = ("gold_ctx", "gold_ctxs")


def papers(files: Files) -> Iterator[Paper | Flaw]:
    """The papers of the answers, each excerpt once; a library makes one paper of several excerpts."""
    seen: set[tuple[str, str]] = set()
    for item in _records(files):
        if isinstance(item, Flaw):
            continue
        for position, context in enumerate(_contexts(item.value)):
            place = f"{item.place}, ctxs {position}"
            name, text = _paper_name(context), text_of(context.get("text"))
            if (name, text) not in seen:
                seen.add((name, text))
                title, year = context.get("title"), context.get("year")
                yield paper(place, name, title=title, abstract=text, year=year)


def questions(files: Files) -> Iterator[Question | Flaw]:
    """The questions of all files."""
    for item in _records(files):
        if isinstance(item, Flaw):
            yield item
        elif "metric_config" in item.value:
            yield _with_rubric(item)
        else:
            yield _with_papers(item)


def _with_rubric(item: Item) -> Question | Flaw:
    given = item.value["metric_config"]
    config = object_of(object_of(given[0] if isinstance(given, list) and given else given).get("config"))
    text = text_of(item.value.get("initial_prompt") or config.get("question"))
    number = text_of(item.value.get("case_id"))
    if not number or not text:
        return Flaw(item.place, "a question without an id or a text")
    rubric = []
    listed = config.get("other_properties")
    for part in listed if isinstance(listed, list) else []:
        criterion, weight = text_of(object_of(part).get("criterion")), object_of(part).get("weight", 1.0)
        if not criterion or isinstance(weight, bool) or not isinstance(weight, int | float) or not weight > 0:
            return Flaw(item.place, "a question with a criterion that has no text, or no weight above 0")
        rubric.append(Criterion(criterion, float(weight)))
    if not rubric:
        return Flaw(item.place, "a question without a rubric")
    return Question(id=number, text=text, kind=_KIND, rubric=tuple(rubric), answerable=True)


def _with_papers(item: Item) -> Question | Flaw:
    text = text_of(item.value.get("input"))
    if not text:
        return Flaw(item.place, "a question without a text")
    number = text_of(item.value.get("id")) or f"{item.place.split('.')[0]}-{re.findall('[0-9]+', item.place)[-1]}"
    names = [_paper_name(context) for context in _contexts(item.value)]
    cited = _cited(text_of(item.value.get("output")))
    if names and any(position >= len(names) for position in cited):
        return Flaw(item.place, "a question whose answer cites a paper that it does not have")
    gold = tuple(dict.fromkeys(names[position] for position in cited if names and names[position]))
    if names and not gold:
        return Flaw(item.place, "a question whose answer cites none of its papers")
    also = tuple(dict.fromkeys(name for name in names if name and name not in gold))
    return Question(id=number, text=text, kind=_KIND, gold=gold, also=also, answerable=True)


def _cited(answer: str) -> list[int]:
    """The papers that an answer cites, by their position in `ctxs`."""
    return sorted({int(number) for marks in _MARKS.findall(answer) for number in marks.split(",")})


def _contexts(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = record.get("ctxs")
    return [object_of(part) for part in given] if isinstance(given, list) else []


def _paper_name(context: Mapping[str, Any]) -> str:
    """By its id at Semantic Scholar where the address tells it, else by its title."""
    found = _PAPER_ID.search(text_of(context.get("url")))
    own = found[1].lower() if found else title_key(text_of(context.get("title"))).replace(" ", "-")
    return name_of(_NAME, own)


def _records(files: Files) -> Iterator[Item | Flaw]:
    for path in files["questions"]:
        yield from objects(records(path))


def _fits(path: Path) -> bool:
    return any(
        "metric_config" in fields or ("input" in fields and not any(name in fields for name in _SINGLE))
        for fields in heads(path)
    )


DATASET = Dataset(
    name=_NAME,
    says="Questions that ask for a synthesis over several papers, with rubrics or with the papers that experts cited.",
    wanted=(
        Wanted(
            "questions",
            "the questions",
            ("test_configs*.json", "human_answers*.json", "scholarqabench_*.jsonl"),
            _fits,
            several=True,
        ),
    ),
    papers=papers,
    questions=questions,
    note="The questions with a rubric ship no papers: they are asked of a library of yours, and a judge scores them.",
)
