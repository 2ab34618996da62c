"""The HTML report in a real browser: the figures have their size, questions open, filters filter, nothing is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.report import html
from tests.evals import report_samples as samples
from tests.tui import browser
from tests.tui.browser import Browser, colours, wait

pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="Chromium is not installed")
_FEW_COLOURS = 20
_BOXES = """
[...document.querySelectorAll("%s")].map((each) => {
    const box = each.getBoundingClientRect();
    return {name: each.id, width: box.width, height: box.height, left: box.left, right: box.right};
})
"""
_IS_READ = "location.protocol === 'file:' && document.readyState === 'complete'"
_IN_A_FRAME = """
new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.width = 400;
    frame.onload = () => {
        const own = frame.contentDocument.documentElement;
        own.querySelectorAll("details").forEach((each) => { each.open = true; });
        done({wide: own.scrollWidth, room: own.clientWidth, column: own.querySelector("svg").clientWidth});
    };
    frame.srcdoc = %s;
    document.body.append(frame);
})
"""
_SHOWN = "[...document.querySelectorAll('.question')].filter((each) => each.checkVisibility()).map((each) => each.id)"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    """A browser that has the report of one run open."""
    report = tmp_path / "report.html"
    report.write_text(html.render(samples.summary(), samples.run()), encoding="utf-8")
    with Browser(tmp_path / "profile", width=1000, height=900) as opened:
        opened.open(report.as_uri())
        wait(lambda: "read" if opened.evaluate(_IS_READ) else None)
        yield opened


def boxes(page: Browser, selector: str) -> list[dict[str, Any]]:
    found = page.evaluate(_BOXES % selector)
    assert isinstance(found, list)
    return found


def choose(page: Browser, name: str) -> list[str]:
    """Clicks the radio button of that label; the ids of the questions that are then shown."""
    label = f"[...document.querySelectorAll('label')].find((each) => each.innerText.includes({json.dumps(name)}))"
    page.evaluate(f"{label}.click()")
    shown = page.evaluate(_SHOWN)
    assert isinstance(shown, list)
    return shown


def test_each_figure_has_a_box_of_a_sensible_size_within_the_page(page: Browser) -> None:
    found = {box.pop("name"): box for box in boxes(page, "svg")}

    assert set(found) == {"score-by-kind", "abstention", "latency", "calibration"}
    for box in found.values():
        assert 300 < box["width"] < 500
        assert 150 < box["height"] < 600
        assert box["left"] >= 0
        assert box["right"] <= 1000


def test_marks_of_a_figure_lie_within_it(page: Browser) -> None:
    inside = page.evaluate(
        """[...document.querySelectorAll("svg")].every((svg) => {
            const own = svg.getBoundingClientRect();
            return [...svg.querySelectorAll("text, rect, circle, path, line")].every((each) => {
                const box = each.getBoundingClientRect();
                return box.left >= own.left - 1 && box.right <= own.right + 1
                    && box.top >= own.top - 1 && box.bottom <= own.bottom + 1;
            });
        })"""
    )

    assert inside


def test_the_style_is_let_in_by_the_policy_and_the_page_is_drawn_in_colours(page: Browser) -> None:
    assert page.evaluate("getComputedStyle(document.querySelector('.mark0')).fill") == "rgb(26, 82, 168)"
    assert colours(page.screenshot()) > _FEW_COLOURS


def test_a_question_expands_on_a_click_and_folds_on_another(page: Browser) -> None:
    quotation = "document.querySelector('#q1 blockquote').checkVisibility()"
    assert page.evaluate(quotation) is False

    page.evaluate("document.querySelector('#q1 > summary').click()")
    assert page.evaluate(quotation) is True
    assert "Claims and the sentences that they cite" in page.text()

    page.evaluate("document.querySelector('#q1 > summary').click()")
    assert page.evaluate(quotation) is False


def test_the_filters_work_without_a_script(page: Browser) -> None:
    assert page.evaluate(_SHOWN) == ["q1", "q2", "q3", "q4", "q5"]
    assert choose(page, "fact (2)") == ["q1", "q3"]
    assert choose(page, "✓ right (2)") == ["q1"]
    assert "No question of this kind went so." not in page.text()
    assert choose(page, "comparison (1)") == []
    assert "No question of this kind went so." in page.text()


def test_on_a_phone_the_page_is_no_wider_than_the_screen(tmp_path: Path) -> None:
    # A window cannot be as narrow as a phone; a frame can.
    source = json.dumps(html.render(samples.summary(), samples.run()))
    with Browser(tmp_path / "profile") as page:
        found = page.evaluate(_IN_A_FRAME % source)

    assert found["wide"] == found["room"] <= 400
    assert found["column"] > 300


def test_nothing_but_the_page_itself_is_asked_for(page: Browser) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")

    assert [address for address in page.requests if address != "about:blank"] == [page.evaluate("location.href")]
