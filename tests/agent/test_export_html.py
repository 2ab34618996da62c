"""HTML: one page that loads nothing, in which every mark leads to the sentence that it cites."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from agent import quoting
from agent.answer import Answer, Claim
from agent.export import render
from store.library import Library
from store.paper import Paper
from tests.agent.export_samples import HOSTILE_TEXTS, cite, disagreement, hostile_papers, model_answer, paper

VOID = {"meta", "br", "hr"}
TAGS = {
    *("html", "head", "title", "style", "body", "main", "article", "section", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("p", "a", "b", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "mark", "span", *VOID),
}
ATTRIBUTES = {"lang", "charset", "name", "content", "http-equiv", "class", "href", "id", "rel", "start"}
ONE, TWO = paper("one2020a"), paper("two2021b", title="Another", abstract="It falls. It is slow.")


class Page(HTMLParser):
    """What stands in a page: tags, attributes, anchors, and texts by the tag around them."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.classes: set[str] = set()
        self.texts: dict[str, list[str]] = {}
        self.marked: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []
        self.feed(written)
        self.close()
        assert self._open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes |= given.keys()
        self.classes |= set(given.get("class", "").split())
        self.links += [given["href"]] if "href" in given else []
        self.anchors += [given["id"]] if "id" in given else []
        if tag not in VOID:
            self._open.append((tag, given.get("id", "")))
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for tag, anchor in self._open:
            self.texts[tag][-1] += data
            if tag == "mark":
                self.marked[anchor] = self.marked.get(anchor, "") + data


def hostile_answer() -> Answer:
    papers = hostile_papers()
    return model_answer(
        *papers,
        marked="\n\n".join([*HOSTILE_TEXTS, "<b onclick=x>y</b> [a](http://x.test/) <http://x.test/> [1.1]"]),
        question=HOSTILE_TEXTS[1],
        disagreements=(replace(disagreement(papers[0], papers[1]), reason=HOSTILE_TEXTS[1]),),
        warnings=(HOSTILE_TEXTS[1],),
        model=HOSTILE_TEXTS[1],
    )


def test_no_tag_and_no_attribute_comes_out_of_a_hostile_text() -> None:
    page = Page(render([hostile_answer()], "html", title=HOSTILE_TEXTS[1], more=hostile_papers()))

    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert {link.split("/")[2] for link in page.links if not link.startswith("#")} == {"doi.org"}
    assert page.classes <= {"mark", "origin", "where", "support", "supported", "weak", "uncited"}


def test_hostile_texts_are_shown_as_they_are() -> None:
    page = Page(render([hostile_answer()], "html", title=HOSTILE_TEXTS[1]))

    assert page.texts["h2"][0] == HOSTILE_TEXTS[1]
    assert page.texts["title"] == page.texts["h1"] == [HOSTILE_TEXTS[1]]
    shown = page.texts["main"][0]
    assert all(one.abstract in shown and str(one.title) in shown for one in hostile_papers())


def test_every_mark_leads_to_the_marked_sentence_of_the_abstract(seed_library: Library) -> None:
    questions = ("process reward models", "What success rate does Goedel-Prover reach on miniF2F?")
    answers = [quoting.answer(seed_library, question) for question in questions]

    page = Page(render(answers, "html"))

    inner = [link.removeprefix("#") for link in page.links if link.startswith("#")]
    cited = {f"{item.key}.{item.sentence}": item.quote for one in answers for c in one.claims for item in c.citations}
    assert page.marked == cited
    assert set(inner) == set(cited)
    assert len(page.anchors) == len(set(page.anchors))


def test_numbers_are_those_of_the_page_where_answers_number_differently() -> None:
    page = Page(render([model_answer(ONE, TWO), model_answer(TWO, marked="It falls [1.1].")], "html"))

    assert "It falls [2.1]." in page.texts["p"]
    assert page.links.count("#two2021b.1") > page.links.count("#one2020a.1") > 0


def test_support_and_what_is_wrong_are_words() -> None:
    page = Page(render([model_answer(ONE)], "html"))

    words = [text for text in page.texts["span"] if text in ("supported", "weak", "uncited")]
    assert words == ["supported", "weak", "uncited"]
    assert "99% stands in no cited sentence" in page.texts["p"]
    assert page.texts["em"] == ["(weak)", "(uncited)"]


def test_a_quotation_of_an_abstract_that_changed_is_shown_and_said_to_be_old() -> None:
    changed = replace(ONE, abstract="We prove more. It reaches 60%.")

    page = Page(render([model_answer(ONE), model_answer(changed)], "html"))

    assert page.marked == {"one2020a.1": "We prove more."}
    assert any(
        text.startswith("We prove theorems.") and "the abstract has changed since" in text
        for text in page.texts["blockquote"]
    )


def test_a_mark_without_a_paper_and_a_mark_in_code_or_escaped_stay_text() -> None:
    page = Page(render([model_answer(ONE, marked=r"A [9.1], `[1.1]` and \[1.1\].", claims=())], "html"))

    assert page.links == []
    assert "A [9.1], [1.1] and [1.1]." in page.texts["p"]


def test_a_claim_may_cite_a_paper_that_is_not_among_the_references() -> None:
    page = Page(render([model_answer(ONE, claims=(Claim("It falls.", "weak", (cite(TWO, 2),)),))], "html"))

    assert any("two2021b" in text for text in page.texts["code"])


def test_the_page_loads_nothing_and_fits_light_dark_and_small_screens() -> None:
    written = render([model_answer(ONE)], "html")

    assert "default-src 'none'" in written
    assert "prefers-color-scheme: dark" in written
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in written
    assert all(word not in written for word in ("src=", "url(", "@import", "<script", "<link"))


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({"url": "https://example.org/?a=1&b=2"}, "https://example.org/?a=1&b=2"),
        ({"url": "javascript:alert(1)"}, None),
        ({"url": "javascript:alert(1)", "identifiers": {"arxiv": "2502.07640"}}, "https://arxiv.org/abs/2502.07640"),
        ({"identifiers": {"doi": '10.1000/"><b>'}}, "https://doi.org/10.1000/%22%3E%3Cb%3E"),
    ],
)
def test_a_title_is_a_link_only_to_a_web_address(fields: dict[str, object], address: str | None) -> None:
    found: Paper = paper("one2020a", **fields)

    page = Page(render([], "html", more=[found]))

    assert page.links == ([address] if address else [])
