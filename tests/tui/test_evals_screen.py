"""The screen of evals, driven by keys, and the reader of their files."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from agent import settings
from agent.evalruns import Run, read
from agent.tui.glyphs import ASCII, UNICODE
from agent.tui.screens import eval_rows
from agent.tui.screens.chat import ChatScreen
from agent.tui.screens.evals import AnswerDialog
from agent.tui.screens.help import TextDialog
from agent.tui.widgets.cited import CitedMarkdown
from tests.tui.driving import Size, running, screen_text, told, wait_for
from tests.tui.exercises_evals import dialog, evals, failed, line, look, write_run

Story = Callable[[Pilot[None]], Coroutine[Any, Any, None]]


SCORES = (
    "citation_f1 citation_precision citation_recall citation_f1_also citation_precision_also fact_recall correct "
    "citation_validity span_validity coverage alce_recall alce_precision ndcg@10 recall@10 recall@100 mrr map"
).split()
"""As a run writes them."""


def fact(key: str, sentences: list[int], **fields: object) -> dict[str, object]:
    """A fact of a question."""
    return {
        "key": key,
        "sentences": sentences,
        "start": 0,
        "end": 9,
        "text": f"A fact of {key}.",
        "vital": True,
        **fields,
    }


def headings(columns: Sequence[eval_rows.Column | eval_rows.Fitted]) -> list[str]:
    return [one.column.heading if isinstance(one, eval_rows.Fitted) else one.heading for one in columns]


def of_runs(run: Run) -> list[eval_rows.Column]:
    return eval_rows.of_runs([run], datetime.datetime.now(datetime.UTC), UNICODE)


def play(library: Path, story: Story, size: Size = (100, 30)) -> None:
    async def scene() -> None:
        async with running(library, size) as pilot:
            await story(pilot)

    asyncio.run(scene())


def means(run: Run) -> dict[str, tuple[float, int]]:
    return {mean.name: (round(mean.value, 3), mean.n) for mean in run.means}


# The rows


@pytest.mark.parametrize(
    ("content", "mark"),
    [
        (line("q", 1.0), "✓ right"),
        (line("q", 0.5), "~ partly"),
        (line("q", 0.0), "✗ wrong"),
        (failed("q"), "✗ error"),
        (line("q", None, scores={"correct": 0.0, "citation_validity": 1.0}), "✗ wrong"),
        (line("q", None, scores={"abstained": 1.0, "later": 0.0}), "✓ right"),
        (line("q", None, scores={}), "  no score"),
    ],
    ids=["right", "partly", "wrong", "error", "correct", "first-score", "none"],
)
def test_a_question_has_a_glyph_and_a_word(content: dict[str, object], mark: str) -> None:
    (result,) = read(write_run("one", [content])).results
    assert eval_rows.mark(result, UNICODE) == mark


@pytest.mark.parametrize("room", [40, 60, 80, 200])
def test_columns_fit_and_the_citation_f1_is_never_left_out(room: int) -> None:
    scores = {f"long_score_{number}": 0.5 for number in range(8)} | {"citation_f1": 0.5}
    run = read(write_run("one", [line("q1", None, scores=scores)]))
    shown = eval_rows.fitted(eval_rows.of_results(run.results, ASCII), room)
    assert sum(column.width + 2 for column in shown) <= room
    assert {"question", "citation\nf1"} <= set(headings(shown))


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_the_questions_have_two_fifths_of_the_width_and_the_figures_that_decide_come_before_the_others(
    width: int,
) -> None:
    run = read(write_run("one", [line("sa001", None, kind="unanswerable", scores=dict.fromkeys(SCORES, 1.0))]))
    shown = eval_rows.fitted(eval_rows.of_results(run.results, UNICODE), width - 2)
    (question,) = (column for column in shown if column.column.heading == "question")
    assert question.width >= 0.4 * width
    figures = [heading for heading in headings(shown) if heading not in ("", "id", "kind", "question", "seconds")]
    decide = ["citation\nf1", "correct", "fact\nrecall", "ndcg@10", "coverage", "alce\nrecall"]
    assert len(figures) >= 2
    assert figures[: len(decide)] == decide[: len(figures)]


def test_no_table_has_acceptable_papers_and_validities_that_are_1() -> None:
    run = read(write_run("one", [line("q1", None, scores=dict.fromkeys(SCORES, 1.0)), failed("q2")]))
    for columns in (of_runs(run), eval_rows.of_results(run.results, UNICODE)):
        assert not [heading for heading in headings(columns) if "also" in heading or "validity" in heading]


@pytest.mark.parametrize("room", [58, 78, 118])
def test_a_validity_below_1_is_never_left_out_and_never_looks_like_1(room: int) -> None:
    scores = dict.fromkeys(SCORES, 1.0)
    asked = [line("q1", None, scores=scores), line("q2", None, scores=scores | {"span_validity": 0.9999})]
    run = read(write_run("one", asked))
    for columns, row, figure in (
        (of_runs(run), 0, f"{UNICODE.uncited} 0.999"),
        (eval_rows.of_results(run.results, UNICODE), 1, f"{UNICODE.uncited} 0.999"),
    ):
        shown = {column.column.heading: column for column in eval_rows.fitted(columns, room)}
        cell = shown["span\nvalidity"].cell(row, UNICODE)
        assert cell.plain == figure
        assert "reverse" in str(cell.spans[0].style)
        assert "citation\nvalidity" not in shown
    assert "span validity is below 1 in 1 answer" in eval_rows.summary(run, UNICODE).plain


# The screen


def test_without_runs_the_screen_says_how_they_are_made_and_where_they_would_be(shelf_folder: Path) -> None:
    async def story(pilot: Pilot[None]) -> None:
        await pilot.press("f10")
        await wait_for(pilot, lambda: "`citeloom eval run` makes them" in screen_text(pilot))
        assert str(settings.data_folder() / "evals")[:40] in screen_text(pilot)
        await pilot.press("enter", "f", "ctrl+l", "escape")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))

    play(shelf_folder, story)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 50)], ids=["narrow", "usual", "wide"])
def test_a_run_stands_in_a_line_with_its_mean_and_n_and_how_errors_count(size: Size, shelf_folder: Path) -> None:
    write_run("one", [line("q1", 1.0), line("q2", 0.5), failed("q3")], model="small-1")

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        row = next(text for text in screen_text(pilot).splitlines() if "small-1" in text)
        assert "3/4" in row
        assert "0.50 n 3" in row
        assert "An error counts as 0 in every mean" in screen_text(pilot)

    play(shelf_folder, story, size)


def test_the_questions_of_a_run_stand_under_its_means_errors_and_damage(shelf_folder: Path) -> None:
    write_run("one", [line("q1", 1.0), line("q2", 0.5), failed("q3")], tail="{\n")

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.press("enter")
        await wait_for(pilot, lambda: "Run one" in screen_text(pilot))
        shown = screen_text(pilot)
        for text in ("citation f1 0.50 (n 3)", "1 error, counted as 0", "1 damaged line", "not finished", "2 of 3"):
            assert text in shown
        assert "citeloom eval report one" in shown
        rows = [text for text in shown.splitlines() if "What of" in text]
        assert [text.split()[1] for text in rows] == ["right", "partly", "error"]

    play(shelf_folder, story)


@pytest.mark.parametrize("width", [80, 120])
def test_the_head_of_a_run_has_two_lines_of_figures_at_most(width: int, shelf_folder: Path) -> None:
    scores = dict.fromkeys(SCORES, 1.0)
    write_run("one", [line(f"q{number}", None, scores=scores) for number in range(40)])

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.press("enter")
        await wait_for(pilot, lambda: "Run one" in screen_text(pilot))
        assert evals(pilot).query_one("#evals-head").size.height <= 4
        assert sum("What of" in text for text in screen_text(pilot).splitlines()) >= 13

    play(shelf_folder, story, (width, 24))


def test_an_answer_stands_against_its_gold_with_words_and_titles(shelf_folder: Path) -> None:
    write_run("one", [line("[b]q1[/b]", 0.5)])

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.press("enter", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, AnswerDialog))
        await wait_for(pilot, lambda: "hit" in screen_text(pilot))
        shown = screen_text(pilot)
        assert "An answer to [b]q1[/b]. [1]" in shown
        assert f"{UNICODE.supported} hit     [1] lee2024one  The First" in shown
        assert f"{UNICODE.uncited} missed  lee2024two" in shown
        assert f"{UNICODE.weak} extra   [2] lee2024three  The Third" in shown
        await pilot.press("escape")
        await wait_for(pilot, lambda: evals(pilot).opened == "one")

    play(shelf_folder, story)


def test_the_answer_is_rendered_with_its_marks_and_the_facts_and_scores_stand_under_it(shelf_folder: Path) -> None:
    citations = [{"key": "lee2024one", "sentence": 8}]
    answer = {
        "text": "**The First**\n\n> It holds. [1]",
        "marked": "**The First**\n\n> It holds. [1.8] [a](http://a.example) [b]c[/b]",
        "claims": [{"text": "It holds.", "citations": citations}],
        "references": [{"number": 1, "key": "lee2024one", "title": "The First"}],
    }
    facts = [fact("lee2024one", [8]), fact("lee2024two", [1], text="**Not** [b]so[/b].", vital=False)]
    write_run("one", [line("q1", 0.5, facts=facts, answer=answer)])

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.press("enter", "enter")
        await wait_for(pilot, lambda: "Facts, 1 of 2 cited" in screen_text(pilot))
        shown = screen_text(pilot)
        assert "**The First" not in shown
        assert "> It holds." not in shown
        for text in (
            "It holds. [1.8] [a](http://a.example) [b]c[/b]",
            f"{UNICODE.supported} cited      A fact of lee2024one.",
            "sentence 8 of lee2024one: The First",
            f"{UNICODE.uncited} not cited  **Not** [b]so[/b].",
            "not vital, sentence 1 of lee2024two",
        ):
            assert text in shown
        parts = ("It holds.", "Cited papers", "Facts,", f"citation f1 0.50 {UNICODE.separator} support 0.50")
        assert sorted(parts, key=shown.index) == list(parts)

    play(shelf_folder, story)


def test_a_dialog_leads_to_the_questions_around_and_closes_on_the_row_of_the_last(shelf_folder: Path) -> None:
    write_run("one", [line("q1", 1.0), line("q2", 0.5), failed("q3"), line("q4", 0.0)])

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.press("enter", "f", "enter")  # without the first question
        await wait_for(pilot, lambda: "What of q2?" in screen_text(pilot) and "1 of 3" in screen_text(pilot))
        await pilot.press("N", "n")
        await wait_for(pilot, lambda: "the endpoint is silent" in screen_text(pilot))
        assert not dialog(pilot).query_one(CitedMarkdown).display
        await pilot.press("n", "n")
        await wait_for(pilot, lambda: "An answer to q4" in screen_text(pilot))
        assert "the endpoint is silent" not in screen_text(pilot)
        await pilot.press("f1")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
        await wait_for(pilot, lambda: "N  question before" in screen_text(pilot))
        await pilot.press("escape", "escape")
        await wait_for(pilot, lambda: pilot.app.screen is not None and "What of q3?" in screen_text(pilot))
        assert evals(pilot).table.cursor_row == 2

    play(shelf_folder, story)


def test_a_missed_paper_has_its_title_from_the_library(shelf_folder: Path) -> None:
    write_run("one", [line("q1", 0.5, gold=["lee2024coral"])])

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.press("enter", "enter")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, AnswerDialog))
        await wait_for(pilot, lambda: "Coral Reefs under Heat" in screen_text(pilot))

    play(shelf_folder, story)


def test_an_error_and_its_text_are_shown_in_place_of_the_answer(shelf_folder: Path) -> None:
    write_run("one", [failed("q1")])

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.press("enter", "enter")
        await wait_for(pilot, lambda: "Error: the endpoint is silent" in screen_text(pilot))

    play(shelf_folder, story)


def test_reading_again_keeps_the_place(shelf_folder: Path) -> None:
    folder = write_run("one", [line("q1", 1.0), line("q2", 0.5), line("q3", 0.5)])

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.press("enter", "down", "down")
        with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line("q4", 0.0)) + "\n")
        await pilot.press("ctrl+l")
        await wait_for(pilot, lambda: evals(pilot).table.row_count == 4)
        assert evals(pilot).table.cursor_row == 2

    play(shelf_folder, story)


def test_leaving_a_run_leads_back_to_its_line(shelf_folder: Path) -> None:
    for number in (1, 2, 3):
        write_run(f"run-{number}", [line("q1", 1.0), line("q2", 1.0), line("q3", 1.0)], started=f"2026-11-2{number}")

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 3)
        await pilot.press("down", "enter")
        await wait_for(pilot, lambda: evals(pilot).opened == "run-2")
        await pilot.press("end", "down", "down", "escape")
        await wait_for(pilot, lambda: not evals(pilot).opened)
        assert evals(pilot).table.cursor_row == 1

    play(shelf_folder, story)


def test_a_run_that_cannot_be_read_is_not_opened_and_says_why(shelf_folder: Path) -> None:
    write_run("one", [], schema="citeloom.eval/9")

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.press("enter")
        await wait_for(pilot, lambda: "another version of Citeloom" in told(pilot))
        assert not evals(pilot).opened

    play(shelf_folder, story)


def test_a_run_in_which_nothing_went_wrong_says_so(shelf_folder: Path) -> None:
    write_run("one", [line("q1", 1.0)])

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.press("f")
        await wait_for(pilot, lambda: "open a run to see what went wrong" in told(pilot))
        await pilot.press("enter", "f")
        await wait_for(pilot, lambda: "Nothing went wrong." in screen_text(pilot))
        await pilot.press("f")
        await wait_for(pilot, lambda: evals(pilot).table.row_count == 1)

    play(shelf_folder, story)


def test_a_click_on_the_row_under_the_cursor_opens_it(shelf_folder: Path) -> None:
    write_run("one", [line("q1", 1.0)])

    async def story(pilot: Pilot[None]) -> None:
        await look(pilot, 1)
        await pilot.click("#evals-rows", offset=(5, 2))
        await wait_for(pilot, lambda: evals(pilot).opened == "one")

    play(shelf_folder, story)


def test_an_answer_that_waits_for_its_judge_is_no_result_yet() -> None:
    run = read(write_run("one", [line("q1", 1.0), line("q2", None, scores={}, unjudged=True)]))
    assert [result.id for result in run.results] == ["q1"]


def test_a_paper_that_may_be_cited_is_not_called_extra() -> None:
    run = read(write_run("one", [line("q1", 0.5, also=["lee2024three"], answerable=True)]))
    found = eval_rows.cited(run.results[0])
    assert (found.hit, found.missed) == (("lee2024one",), ("lee2024two",))
    assert (found.also, found.extra) == (("lee2024three",), ())
