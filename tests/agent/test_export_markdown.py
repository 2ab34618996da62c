"""Markdown: marks become pandoc's citations, quotations stay exact, and no text of others is markup."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agent import quoting
from agent.answer import Answer, Claim, Reference
from agent.export import pandoc, render
from store.library import Library
from tests.agent.export_samples import HOSTILE_TEXTS, cite, disagreement, hostile_papers, model_answer, paper

ONE, TWO = paper("one2020a"), paper("two2021b", title="Another", abstract="It falls. It is slow.")
PANDOC_MARKUP = "ab1 \\`*_[]()<>#+-.!|~\"'@$^{}:=%&"
UNESCAPED = re.compile(r"(?<!\\)(?:\\\\)*([@$^~{}<\[*_`#])")


def front_matter(written: str) -> dict[str, Any]:
    """The fields of the front matter, each of which is JSON."""
    matter = written.split("\n---\n")[0].removeprefix("---\n")
    references = re.search(r"^references: (\[.*^\])$", matter, re.MULTILINE | re.DOTALL)
    title = re.search(r"^title: (.*)$", matter, re.MULTILINE)
    assert title
    return {"title": json.loads(title[1]), "references": json.loads(references[1]) if references else []}


def unescaped(markdown: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)


def quotations(written: str) -> list[str]:
    return [unescaped(line.removeprefix("> ")) for line in written.splitlines() if line.startswith("> ")]


def section(written: str, heading: str) -> str:
    return written.split(f"\n## {heading}\n")[1].split("\n#")[0]


@pytest.mark.parametrize(
    ("marked", "written"),
    [
        ("One [1.1].", "One [@one2020a]."),
        ("Both [1.1][2.2].", "Both [@one2020a; @two2021b]."),
        ("Twice [1.1][1.2] and apart [2.1] [1.1].", "Twice [@one2020a] and apart [@two2021b; @one2020a]."),
        (r"Escaped \[1.1\] and `code [1.1]`.", r"Escaped \[1.1\] and `code [1.1]`."),
        ("Unknown [1.1][7.1].", r"Unknown [@one2020a]\[7.1\]."),
        ("It is *so* **weak** *(weak)*.", "It is *so* **weak** *(weak)*."),
        ("me@x.org, $5 and {.c}", r"me\@x.org, \$5 and \{.c}"),
        ("[a](http://x.test) ![b](http://x.test)", r"\[a](http://x.test) !\[b](http://x.test)"),
        ("<b>x</b> `a`{=html}", r"\<b>x\</b> `a`\{=html}"),
        ("```{=html}\n<script>\n```", "\\`\\`\\`\\{=html}\n\\<script>\n\\`\\`\\`"),
        ("x\n\n---\ntitle: y\n---", "x\n\n* * *\ntitle: y\n* * *"),
        (r"\input{x}", r"\\input\{x}"),
        ("# Part\n\n- [1.1]", "## Part\n\n- [@one2020a]"),
    ],
)
def test_an_answer_keeps_its_markup_and_its_marks_cite_keys(marked: str, written: str) -> None:
    exported = render([model_answer(ONE, TWO, marked=marked)], "md")

    assert f"\n# What is proved?\n\n{written}\n\n*Model mode" in exported


def test_a_key_that_pandoc_would_cut_short_is_held_by_braces() -> None:
    assert "[@{a..b-}]" in render([model_answer(paper("a..b-"), marked="x [1.1]")], "md")


def test_each_supporting_sentence_stands_under_the_answer_exactly(seed_library: Library) -> None:
    answers = [quoting.answer(seed_library, "process reward models"), model_answer(*hostile_papers())]

    for answer in answers:
        shown = quotations(section(render([answer], "md"), "Evidence"))

        cited = {citation.quote for claim in answer.claims for citation in claim.citations}
        assert set(shown) == cited
        assert len(shown) == len(cited)


def test_evidence_names_the_paper_its_key_the_sentence_and_the_support() -> None:
    found = paper(authors=("Yong Lin",), date="2025", venue="Nature", identifiers={"doi": "10.1/x_y"})
    other = Claim("Other.", "weak", (cite(found, 1, 2),))

    shown = section(render([model_answer(found, claims=(*model_answer(found).claims, other))], "md"), "Evidence")

    assert shown.strip().split("\n\n") == [
        r"**Goedel-Prover** (Lin, 2025). Nature. doi:10.1/x\_y. `lin2025goedel`",
        "> We prove theorems.",
        "`lin2025goedel`, sentence 1, supported, weak",
        "> It reaches 57.6%.",
        "`lin2025goedel`, sentence 2, weak",
    ]


def test_weak_and_uncited_claims_are_listed_with_what_is_wrong_with_them() -> None:
    shown = section(render([model_answer(ONE)], "md"), "Claims to check")

    assert shown.strip().splitlines() == [
        "- **weak**: It reaches 99%. 99% stands in no cited sentence.",
        "- **uncited**: It is fast.",
    ]


def test_disagreements_warnings_other_wordings_and_the_origin_are_told() -> None:
    answer = model_answer(
        ONE,
        TWO,
        references=(Reference(1, ONE, "Another wording."), Reference(2, TWO)),
        disagreements=(disagreement(ONE, TWO),),
        warnings=("it took long",),
        asked="What does it prove?",
        scope="year:2020-",
        stopped=True,
    )

    written = render([answer], "md")

    assert quotations(section(written, "Disagreements")) == ["We prove theorems.", "It falls."]
    assert "one rises where the other falls" in section(written, "Disagreements")
    assert section(written, "Warnings").strip() == "- it took long"
    assert "In another wording of the abstract:\n\n> Another wording." in written
    assert (
        "*Model mode: m-1. 1 call, 3,000 tokens read, 200 written, 0.0100 USD. "
        "Looked for: What does it prove?. Scope: year:2020-. Stopped before its end.*"
    ) in written


def test_an_abstention_shows_the_nearest_papers_as_no_answer() -> None:
    abstained = Answer("Q?", "quote", "The library does not answer this.", nearest=(TWO,), abstained=True)

    written = render([abstained], "md")

    assert "The library does not answer this.\n\n*Quote mode" in written
    assert section(written, "Nearest papers, which do not answer it").strip() == "- **Another**. `two2021b`"
    assert front_matter(written)["references"] == []


def test_the_front_matter_holds_every_cited_reference_so_that_the_file_stands_alone() -> None:
    written = render([model_answer(*hostile_papers())], "md", title="Mine: @x")

    matter = front_matter(written)
    assert matter["title"] == "Mine: \\@x"
    assert [item["id"] for item in matter["references"]] == [one.key for one in hostile_papers()]
    assert [unescaped(item["title"]) for item in matter["references"]] == [one.title for one in hostile_papers()]


def test_further_papers_are_listed_and_named_in_the_references_of_pandoc() -> None:
    written = render([model_answer(ONE)], "md", more=[TWO])

    assert '\nnocite: "@*"\n' in written
    assert written.endswith("# Further papers\n\n- **Another**. `two2021b`\n")


@given(st.text(alphabet=PANDOC_MARKUP, max_size=40))
def test_no_text_of_a_paper_is_markup_of_markdown_or_of_pandoc(text: str) -> None:
    line = " ".join(text.split())
    escaped = pandoc.escaped(line)

    assert UNESCAPED.search(escaped) is None
    assert unescaped(escaped) == line
    blocks = MarkdownIt("commonmark").parse(f"x\n\n{escaped}")[3:]
    assert {block.type for block in blocks} <= {"paragraph_open", "inline", "paragraph_close"}
    assert "".join(piece.content for block in blocks for piece in block.children or []) == line


@pytest.mark.parametrize("text", ["(1) one", "a. one", "iv) one", "#. one", ":   a term", "% title", "| a", "(@x) one"])
def test_what_only_pandoc_takes_for_the_start_of_a_block_is_escaped(text: str) -> None:
    assert re.match(r"\\|\(\\|\w+\\", pandoc.escaped(text))


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_a_hostile_question_is_one_heading(text: str) -> None:
    written = render([model_answer(ONE, question=text)], "md")

    headings = [line for line in written.splitlines() if line.startswith("# ")]
    assert [unescaped(heading) for heading in headings] == [f"# {' '.join(text.split())}"]
