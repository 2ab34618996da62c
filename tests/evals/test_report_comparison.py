from __future__ import annotations

import json
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len

from evals.comparing import Comparison, compare
from evals.report import comparison as shown
from tests.evals.comparison_samples import GOLD, HOSTILE, pair, record, run


def test_the_text_says_better_only_of_scores_that_are() -> None:
    first = [record(f"q{i}", 0.0, "x", scores={"citation_f1": 0.0, "correct": float(i < 3)}) for i in range(8)]
    second = [record(f"q{i}", 1.0, "g", scores={"citation_f1": 1.0, "correct": float(i < 4)}) for i in range(8)]
    gold = {**GOLD, "questions": 8}
    found = compare(run("one", first, gold=gold), run("two", second, gold=gold))
    for text in (shown.terminal(found, 100), shown.markdown(found).replace("\\", "")):
        assert "B is better by citation_f1." in text
        assert "No difference that could not be chance: correct." in text
        assert "A is better" not in text


@pytest.mark.parametrize("width", [40, 60, 80, 96, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    papers = [f"a{'-very' * 20}-long-key-{i}" for i in range(3)]
    first = [
        record(f"q{i}", 0.1 * i, papers[i], question="质量 " * 60, counts={"total_ms": 1e6 * i + 5}) for i in range(3)
    ]
    second = [record(f"q{i}", 1.0, "g", counts={"total_ms": 10}) for i in range(3)]
    text = shown.terminal(compare(run("one", first), run("two", second)), width)
    assert max(map(cell_len, text.split("\n"))) <= width
    assert "total_ms" in text


def test_the_terminal_counts_what_it_does_not_show_and_markdown_shows_all() -> None:
    found = pair([0.0] * 12, [1.0] * 12)
    assert "B did better on 12 questions" in (text := shown.terminal(found, 80))
    assert ("q9 (fact)" in text, "q10 (fact)" in text, "2 more: see --format md" in text) == (True, False, True)
    assert "q11 (fact)" in shown.markdown(found).replace("\\", "")


def hostile() -> Comparison:
    given = {"kind": HOSTILE, "question": HOSTILE, "gold": (HOSTILE,)}
    first = record(f"q{HOSTILE}", 0.0, "x", **given)
    second = record(f"q{HOSTILE}", 1.0, HOSTILE, **given)
    second = replace(second, scores={**second.scores, HOSTILE: 1.0})
    first = replace(first, scores={**first.scores, HOSTILE: 0.0})
    versions = {"versions": {HOSTILE: "1"}}, {"versions": {HOSTILE: HOSTILE}}
    return compare(run(HOSTILE, [first], **versions[0]), run("two", [second], system=HOSTILE, **versions[1]))


def test_hostile_text_cannot_command_a_terminal() -> None:
    text = shown.terminal(hostile(), 80) + json.dumps(shown.to_dict(hostile()), ensure_ascii=False)
    assert "alert(1)" in text
    assert not {"\x1b", "\x9b", "\u202e", "\r"} & set(text)


def test_hostile_text_cannot_become_markup_or_break_a_table() -> None:
    html = MarkdownIt("gfm-like", {"linkify": False}).render(shown.markdown(hostile()))
    assert "alert(1)" in html
    assert not [tag for tag in ("<script", "<a ", "<code", "<em", "<h3") if tag in html]
    assert html.count("<h1") == 1
    rows = [row for row in html.split("<tr>")[1:] if "alert" in row]
    assert [row.count("<td") for row in rows] == [9, 7]


def test_the_json_holds_every_figure_under_its_schema() -> None:
    found = compare(run("one", [record("q1", 0.0, "x")]), run("two", [record("q1", 1.0, "g")]))
    content = json.loads(json.dumps(shown.to_dict(found), allow_nan=False))
    assert content["schema"] == "citeloom.eval-compare/1"
    assert content["scores"][0] == {
        "name": "citation_f1",
        "n": 1,
        "a": 0.0,
        "b": 1.0,
        "difference": 1.0,
        "low": 1.0,
        "high": 1.0,
        "p": 1.0,
        "p_holm": 1.0,
        "wins": 1,
        "losses": 0,
        "ties": 0,
        "better": None,
    }
    assert content["wins"][0]["only_b"] == [{"key": "g", "title": "A paper on g", "standing": "gold"}]
    assert content["losses"] == []
