"""The one door of exports: each paper once under a key of its own, whatever answers it came from."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pybtex.database import parse_string

from agent import quoting
from agent.answer import Answer
from agent.errors import UsageError
from agent.export import FORMATS, render
from store.library import Library
from store.paper import Paper
from tests.agent.export_samples import disagreement, hostile_papers, model_answer, paper

QUESTIONS = ("What success rate does Goedel-Prover reach on miniF2F?", "process reward models")
FIRST, SECOND = paper("one2020a"), paper("two2021b", title="Another", abstract="It falls. It is slow.")


def keys(answers: list[Answer], more: tuple[Paper, ...] = ()) -> list[str]:
    return list(parse_string(render(answers, "bib", more=more), "bibtex").entries)


def test_a_paper_that_several_answers_cite_is_listed_once_in_the_order_of_citing() -> None:
    answers = [model_answer(SECOND), model_answer(FIRST, SECOND)]

    assert keys(answers) == ["two2021b", "one2020a"]


def test_only_cited_papers_are_listed_and_then_those_that_were_asked_for() -> None:
    abstained = Answer("Q?", "quote", "The library does not answer this.", nearest=(SECOND,), abstained=True)

    assert keys([abstained]) == []
    assert keys([model_answer(FIRST)], (SECOND, FIRST, SECOND)) == ["one2020a", "two2021b"]


def test_two_papers_never_share_a_key_even_if_it_differs_in_case_alone() -> None:
    others = [replace(SECOND, key="one2020a"), replace(SECOND, key="One2020A", abstract="It is a third."), FIRST]
    answers = [model_answer(one) for one in others]

    assert keys(answers) == ["one2020a", "One2020A-2", "one2020a-3"]
    assert "[@one2020a-3]" in render(answers, "md")


def test_a_paper_that_changed_between_two_answers_is_one_paper_in_its_last_state() -> None:
    changed = replace(FIRST, abstract="We prove more. It reaches 60%.", venue="Nature")

    entries = parse_string(render([model_answer(FIRST), model_answer(changed)], "bib"), "bibtex").entries

    assert [(key, entry.fields["journal"]) for key, entry in entries.items()] == [("one2020a", "Nature")]


def test_a_key_that_a_format_could_not_hold_is_made_safe_everywhere() -> None:
    evil = paper('x} , @misc{y"><b>')
    answers = [model_answer(evil, disagreements=(disagreement(evil, SECOND),))]

    assert keys(answers) == ["x-misc-y-b-"]
    assert evil.key not in "".join(render(answers, fmt) for fmt in FORMATS)


def test_json_holds_all_that_is_needed_to_read_the_answers_back(seed_library: Library) -> None:
    abstained = quoting.answer(seed_library, "Which enzyme breaks down PET plastic fastest?")
    answers = [*(quoting.answer(seed_library, question) for question in QUESTIONS), abstained]
    assert abstained.abstained

    content = json.loads(render(answers, "json", title="Mine"))

    assert (content["schema"], content["title"]) == ("citeloom.export/1", "Mine")
    papers = {item["key"]: Paper.from_dict(item) for item in content["papers"]}
    assert len(papers) == len(content["papers"])
    assert [Answer.from_dict(item, papers) for item in content["answers"]] == answers


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_takes_no_answers_real_ones_and_hostile_ones(fmt: str, seed_library: Library) -> None:
    real = [quoting.answer(seed_library, question) for question in QUESTIONS]

    for answers in ([], real, [model_answer(*hostile_papers())]):
        written = render(answers, fmt, title="A \x1b[31m title\n", more=list(seed_library.papers()))

        assert "lin2025goedel" in written
        assert "\x1b" not in written
        assert render(answers, fmt, title="A \x1b[31m title\n", more=list(seed_library.papers())) == written


def test_an_unknown_format_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError) as refused:
        render([], "docx")

    assert refused.value.hint == "choose one of: md, bib, ris, csl-json, html, json"
