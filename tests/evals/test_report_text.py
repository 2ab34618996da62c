"""A run in a terminal, as Markdown and as JSON."""

from __future__ import annotations

import asyncio
import json
import math
import re

import pytest
from markdown_it import MarkdownIt

from evals.entailment import Overlap
from evals.report import markdown, numbers, terminal, to_dict
from evals.report.columns import size
from evals.scoring import scored
from evals.summary import Figure, RunData, Section, Summary, summarize
from tests.evals import report_samples as samples

ESCAPE = "\x1b[31mred\x1b]0;title\x07 \u202eback"
HOSTILE = f"a | b `c` <script>alert(1)</script> *d* @somebody #7 {ESCAPE}\n# head"


def hostile() -> Summary:
    """A summary all of whose texts that come from outside would do harm."""
    kinds = {HOSTILE: (Figure("citation_f1", 0.5, 0.4, 0.6, 3),)}
    return samples.summary(run=HOSTILE, head={"gold": HOSTILE}, warnings=(HOSTILE,), by_kind=kinds)


def cells(line: str) -> list[str]:
    return line.split()


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (Figure("x", 0.71845), "0.718"),
        (Figure("x", 1.0), "1.000"),
        (Figure("x", 1834.6, unit="ms"), "1,835 ms"),
        (Figure("x", 21400.4, unit="tokens"), "21,400 tokens"),
        (Figure("x", 0.03124, unit="USD"), "0.0312 USD"),
        (Figure("x", 84.21, unit="words"), "84.2 words"),
        (Figure("x", 2.0, unit="marks"), "2 marks"),
        (Figure("x", None, unit="ms"), "–"),
        (Figure("x", math.nan), "–"),
    ],
    ids=["share", "one", "time", "tokens", "money", "words", "count", "none", "no number"],
)
def test_a_number_is_printed_as_its_unit_asks(figure: Figure, shown: str) -> None:
    assert numbers.value(figure) == shown


def test_the_ends_of_an_interval_have_as_many_digits_as_each_other() -> None:
    assert numbers.interval(Figure("x", 84.2, 79.0, 89.9, 10, "words")) == "79.0 to 89.9"


def test_a_figure_without_value_has_no_interval() -> None:
    assert numbers.interval(Figure("x", None, 0.1, 0.2)) == ""


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_no_line_of_the_terminal_is_wider_than_the_terminal(width: int) -> None:
    wide = samples.summary(by_kind={"比較" * 20: samples.summary().by_kind["fact"]}, warnings=("警告" * 60,))

    for shown in (samples.summary(), wide):
        assert max(map(size, terminal.render(shown, width).split("\n"))) <= width


def test_warnings_stand_before_the_first_figure_in_the_terminal() -> None:
    shown = terminal.render(samples.summary(), 80)

    assert shown.index("Warning: 1 of 238") < shown.index("citation_f1")


def test_every_figure_of_a_section_has_value_interval_and_n_in_the_terminal() -> None:
    lines = terminal.render(samples.summary(), 80).split("\n")

    row = next(line for line in lines if line.strip().startswith("citation_f1"))
    assert cells(row) == ["citation_f1", "0.718", "0.677", "to", "0.760", "187"]
    row = next(line for line in lines if line.strip().startswith("nugget_recall"))
    assert cells(row) == ["nugget_recall", "–", "0"]
    assert "  nugget_recall: no judge was asked" in lines


def test_the_terminal_has_a_row_a_kind_with_the_interval_below() -> None:
    lines = terminal.render(samples.summary(), 80).split("\n")

    fact = next(place for place, line in enumerate(lines) if line.strip().startswith("fact "))
    assert cells(lines[fact]) == ["fact", "0.810", "n=63", "0.900", "n=63"]
    assert cells(lines[fact + 1]) == ["0.750", "to", "0.870", "0.820", "to", "0.980"]
    none = next(line for line in lines if line.strip().startswith("unanswerable"))
    assert cells(none) == ["unanswerable", "–", "0.804", "n=51"]


def test_columns_by_kind_that_do_not_fit_stand_in_a_table_below() -> None:
    many = tuple(Figure(f"figure_{place}", 0.5, 0.4, 0.6, 9) for place in range(9))

    shown = terminal.render(samples.summary(by_kind={"fact": many}), 80)

    assert shown.count("By kind") == 3
    assert all(f"figure_{place}" in shown for place in range(9))


def test_nothing_that_a_terminal_obeys_comes_through() -> None:
    shown = terminal.render(hostile(), 80)

    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert "red" in shown


def test_markdown_has_head_warnings_sections_and_kinds() -> None:
    shown = markdown.render(samples.summary())

    assert "- gold: evals/gold/seeds.jsonl (238 questions, 1f0c9a77)" in shown
    assert "- **Warning:** 1 question ended in an error, and counts as 0" in shown
    assert "| citation_f1 | 0.718 | 0.677 to 0.760 | 187 |" in shown
    assert "| nugget_recall | – |  | 0 |" in shown
    assert "| fact | 0.810 [0.750, 0.870] n = 63 | 0.900 [0.820, 0.980] n = 63 |" in shown


def test_text_of_a_run_stays_text_in_markdown() -> None:
    made = MarkdownIt("commonmark").enable("table").render(markdown.render(hostile()))

    assert "<script>" not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made
    assert "<em>" not in made
    assert "<code>" not in made
    assert made.count("<h1>") == 1
    assert "\x1b" not in made
    row = next(line for line in made.split("</tr>") if "0.500" in line)
    assert row.count("<td") == 2


def test_a_name_in_markdown_calls_nobody() -> None:
    assert markdown.escaped("@somebody and a@b.c, #7") == r"\@somebody and a@b.c, \#7"


@pytest.mark.parametrize("text", ["3. of all", "12) of all", "- of all", "+ of all", "= of all", "# of all"], ids=str)
def test_a_text_that_begins_like_a_list_or_a_heading_is_none_in_markdown(text: str) -> None:
    assert MarkdownIt("commonmark").render(markdown.escaped(text)) == f"<p>{text}</p>\n"


def test_several_runs_are_rows_with_n_in_the_head_where_it_is_one() -> None:
    one = samples.summary()
    other = samples.summary(
        sections=(
            Section("Citations against gold", (Figure("citation_f1", 0.5, 0.4, 0.6, 187),)),
            Section("Evidence", (Figure("citation_validity", 0.98, 0.95, 1.0, 90),)),
        )
    )

    shown = markdown.render_table([one, other], ["Citeloom, quoting", "a | b"])

    assert "citation_f1 (n = 187) |" in shown
    assert "| Citeloom, quoting | 0.718 [0.677, 0.760] | 0.741 [0.690, 0.790] | 0.700 [0.650, 0.750] |" in shown
    assert "| a \\| b | 0.500 [0.400, 0.600] | – | – |" in shown
    assert "| Citeloom, quoting | 1.000 [1.000, 1.000] n = 186 |" in shown
    assert "| a \\| b | 0.980 [0.950, 1.000] n = 90 |" in shown


def test_a_figure_that_no_run_has_is_no_column() -> None:
    assert "nugget_recall" not in markdown.render_table([samples.summary()], ["one"])


def test_the_figures_of_the_tables_are_those_of_a_summary() -> None:
    scored_records = [asyncio.run(scored(record, {}, Overlap())) for record in samples.run().records]
    made = summarize(RunData("run", {}, tuple(scored_records)))
    of_judges = {"nugget_recall_strict", "rubric", "nugget_recall"}

    known = {figure.name for section in made.sections for figure in section.figures}

    assert {name for names in markdown.TABLES for name in names} - of_judges <= known
    assert {"abstention_precision", "abstention_recall", "abstention_f1"} <= known


def test_json_has_every_part_and_null_where_there_is_no_value() -> None:
    given = samples.summary(by_kind={"fact": (Figure("citation_f1", math.nan, math.nan, math.nan, 3),)})

    made = json.loads(json.dumps(to_dict(given), allow_nan=False))

    assert made["schema"] == "citeloom.eval-report/1"
    assert (made["run"], made["asked"], made["done"], made["errors"]) == ("2026-11-21-model", 238, 237, 1)
    assert made["head"]["entailment"] == "overlap/1"
    assert made["warnings"] == list(given.warnings)
    assert made["sections"][0]["figures"][0] == {
        "name": "citation_f1",
        "value": 0.7184,
        "low": 0.6771,
        "high": 0.7598,
        "n": 187,
        "unit": "",
        "note": "",
    }
    assert made["by_kind"]["fact"][0]["value"] is None
    assert made["calibration"]["bins"][0] == {"low": 0.2, "high": 0.3, "n": 4, "mean_score": 0.26, "right": 0.25}
