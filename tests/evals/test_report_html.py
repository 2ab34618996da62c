"""The HTML report: one page that loads nothing, on which everything of a run can be read and nothing of it runs."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from evals.records import Record
from evals.report import html
from evals.resolving import Nugget
from evals.summary import Figure, RunData
from tests.evals import report_samples as samples

HOSTILE = "</style></summary><script>alert('x')</script><img src=x onerror=\"y\"> & \x1b[31m\u202e '"
EMPTY_TAGS = {"meta", "input", "br", "hr", "line", "rect", "circle", "path"}


class Page(HTMLParser):
    """What a browser would make of a page: its elements, whether they are closed, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), attrs
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY_TAGS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.said.append(data)

    @property
    def text(self) -> str:
        """What is to be read, without line ends."""
        return " ".join(" ".join(self.said).split())

    def all(self, tag: str) -> list[dict[str, Any]]:
        """The attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def page(*records: Record, **manifest: Any) -> Page:
    """The page of a run of these records, or of one that has everything."""
    return Page(html.render(samples.summary(), samples.run(*records, **manifest)))


def hostile() -> Record:
    """A record all of whose texts would be markup, if they could."""
    cited = samples.citation(1, HOSTILE, 1, HOSTILE)
    claim = samples.claim(HOSTILE, cited, samples.citation(1, HOSTILE, 2, "b"), support=HOSTILE, problems=[HOSTILE])
    given = samples.answer(HOSTILE, f"{HOSTILE} [1.1]\n\n{HOSTILE}", claim, titles={HOSTILE: HOSTILE})
    both = {"one": cited, "other": cited, "reason": HOSTILE}
    return replace(
        samples.partly(),
        id=HOSTILE,
        kind=HOSTILE,
        question=HOSTILE,
        gold=(HOSTILE, "unknown"),
        facts=(Nugget(HOSTILE, (1,), 0, 5, HOSTILE, True),),
        answer={**given, "warnings": [HOSTILE], "disagreements": [both]},
        ranking=(HOSTILE,),
        scores={HOSTILE: 1.0},
        judged={"nuggets": [1], HOSTILE: HOSTILE},
        error=HOSTILE,
    )


def test_the_page_is_well_formed_and_has_each_id_once() -> None:
    shown = page()

    assert shown.open == []
    ids = [attributes["id"] for _, attributes in shown.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_a_sentence_that_is_cited_twice_has_its_id_once() -> None:
    record = samples.right()
    twice = samples.claim(samples.RATE, samples.citation(1, "lin2025goedel", 8, samples.RATE))
    given = samples.answer(record.question, f"{samples.RATE} [1.8]", twice, twice)

    shown = page(replace(record, answer=given))

    assert [each.get("id") for each in shown.all("blockquote")] == ["q1-1.8", None]


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    shown = page(*samples.run().records, hostile())

    loading = {"src", "srcset", "data", "action", "poster", "background", "style", "formaction", "ping"}
    for tag, attributes in shown.elements:
        assert tag not in {"script", "iframe", "object", "embed", "link", "base", "form", "img", "image", "use"}
        assert not loading & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
        assert all((value or "").startswith("#") for name, value in attributes.items() if name.endswith("href"))


def test_the_policy_of_the_page_lets_in_its_own_style_and_nothing_else() -> None:
    source = html.render(samples.summary(), samples.run())

    style = source.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert (
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'\">"
    ) in source
    assert not re.search(r"url\(|@import|https?:", style)


def test_text_of_a_run_stays_text() -> None:
    given = samples.summary(
        run=HOSTILE, head={HOSTILE: HOSTILE}, warnings=(HOSTILE,), by_kind={HOSTILE: (Figure("correct", 0.5, n=1),)}
    )

    source = html.render(given, samples.run(hostile(), hostile(), titles={"unknown": HOSTILE}))

    shown = Page(source)
    assert shown.open == []
    assert source.count("<style") == 1
    assert "<script" not in source
    assert "alert('x')" in shown.text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", source)
    assert {tag for tag, _ in shown.elements} <= {tag for tag, _ in page().elements}


def test_the_head_and_the_warnings_stand_before_the_figures() -> None:
    shown = page().text

    assert shown.startswith("Eval run 2026-11-21-model 237 of 238 questions asked, 1 error.")
    assert shown.index("overlap/1") < shown.index("1 of 238 questions has not been asked yet") < shown.index("Figures")


def test_a_run_without_warnings_has_no_box_for_them() -> None:
    assert "Before you read on" not in html.render(samples.summary(warnings=()), samples.run())


def test_there_are_four_figures_each_with_its_numbers() -> None:
    shown = page()

    assert [each["id"] for each in shown.all("svg")] == ["score-by-kind", "abstention", "latency", "calibration"]
    assert shown.text.count("The numbers") == 4


def test_a_figure_without_a_value_is_a_dash_in_the_tables() -> None:
    assert "nugget_recall – 0" in page().text


def test_a_question_that_went_right_shows_answer_gold_fact_claim_and_ranking() -> None:
    shown = page(samples.right(), titles=samples.TITLES).text
    gold, acceptable = (f"{samples.TITLES[key]} {key}" for key in ("lin2025goedel", "xin2024deepseek"))

    for said in (
        "✓ right How often does Goedel-Prover prove the problems of miniF2F? F1 1.000 · fact-1",
        "1 of 1 gold paper cited.",
        f"{samples.RATE} [1.8]",
        f"✓ gold, cited {gold}",
        f"○ acceptable, not cited {acceptable}",
        f"✓ cited {samples.RATE} ( lin2025goedel , sentence 8)",
        f"supported ✓ entailed by what it cites {samples.RATE} [1.8] lin2025goedel ✓ gold support 0.91, "
        "✓ correct by ALCE",
        f"{gold} ✓ gold {acceptable} acceptable",
        "citation_f1 1.000",
        "0.21 seconds, 22 words",
    ):
        assert said in shown, said


def test_a_question_that_went_partly_right_shows_what_is_wrong_with_it() -> None:
    shown = page(samples.partly()).text

    for said in (
        "◐ partly right What data are provers in Lean trained on?",
        "1 of 2 gold papers cited, and 1 paper that is not gold.",
        "✗ gold, missed wu2024lean",
        f"✗ cited, neither gold nor acceptable {samples.TITLES['yang2023leandojo']} yang2023leandojo",
        "✗ not cited It compiles almost all Lean repositories of GitHub. ( wu2024lean , not vital, sentence 2, 3, "
        "by the judge unscored)",
        "weak And code of repositories. ✗ not entailed by what it cites LeanDojo takes data out of Lean. [2.2] "
        "yang2023leandojo ✗ not gold support 0.41, ✗ incorrect by ALCE",
        "uncited It takes no time. ✗ not entailed by what it cites [7.1] is no sentence of the evidence",
        "Gold papers further down: place 14, 15.",
        "nugget_recall_strict 1.000",
        "names the repositories, 0 to 2: 2 says how many, 0 to 2: 1",
        "1.45 seconds, 14 words, 1 call, 2,100 tokens read",
    ):
        assert said in shown, said
    assert "other9" not in shown


def test_silence_and_errors_say_what_they_are() -> None:
    shown = page(samples.silent(answerable=True), samples.silent(answerable=False), samples.failed()).text

    assert "✗ wrong How does LeanDojo find premises?" in shown
    assert "Silent, although 1 gold paper would answer." in shown
    assert "✓ right Which prover won the olympiad of 2031?" in shown
    assert "Error the model at http://localhost:9 does not answer" in shown


def test_papers_of_a_question_without_gold_are_neither_right_nor_wrong() -> None:
    shown = page(replace(samples.right(), gold=(), also=(), facts=())).text

    assert "○ no gold How often" in shown
    assert f"○ cited {samples.TITLES['lin2025goedel']}" in shown
    assert "✗ cited" not in shown
    assert "✗ not gold" not in shown


def test_a_title_that_one_answer_knows_stands_with_every_question() -> None:
    alone = page(samples.partly()).text
    beside = page(samples.partly(), titles={"wu2024lean": "LEAN-GitHub"}).text

    assert "✗ gold, missed wu2024lean" in alone
    assert "✗ gold, missed LEAN-GitHub wu2024lean" in beside


def test_a_mark_leads_to_the_quoted_sentence_of_its_own_question() -> None:
    shown = page(samples.right(), samples.right())

    assert [each["href"] for each in shown.all("a")] == ["#q1-1.8", "#q2-1.8"]
    assert [each["id"] for each in shown.all("blockquote") if "id" in each] == ["q1-1.8", "q2-1.8"]


def test_a_mark_that_resolves_to_nothing_is_no_link() -> None:
    shown = page(samples.partly())

    assert "It takes no time [7.1]." in shown.text
    assert {each["href"] for each in shown.all("a")} == {"#q1-1.3", "#q1-2.2"}


def test_the_filters_count_verdicts_and_kinds() -> None:
    shown = page().text

    assert "all ✓ right (2) ◐ partly right (1) ✗ wrong (1) ! error (1)" in shown
    assert "all fact (2) synthesis (1) unanswerable (1) comparison (1)" in shown


def test_a_run_of_one_kind_and_verdict_has_no_filter() -> None:
    assert page(samples.right()).all("input") == []


def test_very_many_kinds_have_no_filter() -> None:
    records = [replace(samples.right(), kind=f"kind {number}") for number in range(40)]

    assert page(*records).all("input") == []


def test_a_run_without_records_is_a_page_all_the_same() -> None:
    empty = samples.summary(sections=(), by_kind={}, calibration=(), head={}, warnings=(), asked=0, done=0, errors=0)

    shown = Page(html.render(empty, RunData("empty", {}, ())))

    assert shown.open == []
    assert "0 of 0 questions asked, 0 errors." in shown.text


def test_the_same_run_gives_the_same_page() -> None:
    assert html.render(samples.summary(), samples.run()) == html.render(samples.summary(), samples.run())


def test_a_page_of_500_long_answers_has_less_than_6_megabytes() -> None:
    assert len(html.render(samples.summary(), samples.many(500)).encode()) < 6_000_000
