"""What fails the check: flagged, mended in one call at most, and never shown as supported."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent import events
from agent.answer import ABSTENTION, Claim
from tests.agent.conftest import LATENCY, SOLVES, TRAINING, Asked, Desk, by_turns, citing, place_of
from tests.support.replies import Reply, Request, Status, Text

KEEP = Text("1: DELETE it if you must, I keep it")
"""A reply from which nothing can be taken over."""


def repair_prompt(asked: Asked) -> str:
    """What the one repair call says of the failed claims."""
    assert len(asked.requests) == 2
    system, user = (message["content"] for message in asked.requests[1].body["messages"])
    assert "failed the check" in system or "were checked" in system or "was checked" in system
    assert "tools" not in asked.requests[1].body
    return str(user.split("Failed claims:")[1])


def only_claim(asked: Asked) -> Claim:
    (claim,) = asked.answer.claims
    return claim


def saying(text: str, words: str = SOLVES) -> Callable[[Request], Reply]:
    """A reply with `{place}` put in for the place of a sentence."""
    return lambda request: Text(text.replace("{place}", place_of(request, words)))


@pytest.mark.parametrize(
    ("text", "words", "wrong"),
    [
        ("Zeppelin-7B solves 75.6% of the problems of miniF2F within 32 attempts [{place}].", SOLVES, "75.6%"),
        ("Zeppelin-7B solves 57.6% of the problems of miniF2F within 64 attempts [{place}].", SOLVES, "64"),
        (f"{SOLVES} [{{place}}].", TRAINING, "57.6%"),
        (f"{SOLVES} [{{place}}].", LATENCY, "57.6%"),
        ("As Gondola-9 showed, Zeppelin-7B solves 57.6% of miniF2F [{place}].", SOLVES, "Gondola-9"),
        ('It "solves every problem that was ever put to it" [{place}].', SOLVES, "solves every problem"),
        (f"{SOLVES} (https://example.org/zeppelin) [{{place}}].", SOLVES, "example.org/zeppelin"),
        (f"{SOLVES}, see arXiv:2401.99999 [{{place}}].", SOLVES, "2401.99999"),
    ],
    ids=["number", "count", "wrong sentence", "wrong paper", "name", "quotation", "address", "identifier"],
)
def test_what_stands_in_no_cited_sentence_is_named_to_the_model_and_to_the_reader(
    desk: Desk, text: str, words: str, wrong: str
) -> None:
    asked = desk.ask(by_turns(saying(text, words), KEEP))

    claim = only_claim(asked)
    assert claim.support == "weak"
    assert any(wrong in problem for problem in claim.problems)
    assert "*(weak)*" in asked.answer.marked
    said = repair_prompt(asked)
    assert all(problem in said for problem in claim.problems)
    assert asked.all(events.Repairing) == [events.Repairing((claim,))]


@pytest.mark.parametrize("mark", ["[99.1]", "[1.99]", "[0]", "[1.0]", "[0.1]", "[99]", "(Lee et al., 2024)"])
def test_a_mark_that_names_nothing_is_not_shown_and_its_claim_is_uncited(desk: Desk, mark: str) -> None:
    asked = desk.ask(by_turns(Text(f"{SOLVES} {mark}."), KEEP))

    claim = only_claim(asked)
    assert (claim.support, claim.citations) == ("uncited", ())
    assert claim.problems
    assert "*(uncited)*" in asked.answer.marked
    assert asked.answer.references == ()
    assert all(problem in repair_prompt(asked) for problem in claim.problems)
    assert any("no claim of this answer is tied to a paper" in warning for warning in asked.answer.warnings)


@pytest.mark.parametrize("mark", ["[99.1]", "[1.99]", "[99]"])
def test_the_problem_says_which_mark_names_nothing(desk: Desk, mark: str) -> None:
    asked = desk.ask(by_turns(Text(f"{SOLVES} {mark}."), KEEP))

    assert only_claim(asked).problems == (f"{mark} is no sentence of the evidence",)
    assert mark not in asked.answer.marked


def test_a_made_up_title_is_no_citation(desk: Desk) -> None:
    asked = desk.ask(by_turns(Text("[Zeppelin: The Final Proof](https://example.org) solves everything."), KEEP))

    assert only_claim(asked).support == "uncited"
    assert "](" not in asked.answer.marked.replace("\\]", "")


def test_a_mended_claim_is_taken_over(desk: Desk) -> None:
    asked = desk.ask(
        by_turns(
            saying("Zeppelin-7B solves 75.6% of the problems of miniF2F [{place}]."),
            citing(SOLVES, "1: {words} [{place}]."),
        )
    )

    assert only_claim(asked).support == "supported"
    assert asked.answer.marked.startswith(SOLVES)
    assert "weak" not in asked.answer.marked
    assert asked.answer.usage.calls == len(asked.requests) == 2


def test_a_claim_that_the_model_takes_back_is_left_out(desk: Desk) -> None:
    asked = desk.ask(
        by_turns(
            saying(f"{SOLVES} [{{place}}]. The moon is made of cheese. It is said to be old [99.1]."),
            Text("1: DELETE\n2: DELETE."),
        )
    )

    assert [claim.support for claim in asked.answer.claims] == ["supported"]
    assert "moon" not in asked.answer.marked
    assert "old" not in asked.answer.marked


def test_what_is_taken_back_whole_stays_flagged_rather_than_empty(desk: Desk) -> None:
    asked = desk.ask(by_turns(Text("The moon is made of cheese."), Text("1: DELETE")))

    assert only_claim(asked).support == "uncited"
    assert "*(uncited)*" in asked.answer.marked


@pytest.mark.parametrize(
    "reply",
    [
        "1: Zeppelin-7B solves 99.9% of miniF2F [1.3].",
        "1: Zeppelin-7B solves everything.",
        "1: Zeppelin-7B solves everything [99.9].",
        "2: DELETE",
        "I am sorry, I cannot do that.",
        "1:",
        "{}",
        "1: The library does not say this.",
        "1: [1.3]",
    ],
)
def test_a_reply_that_makes_nothing_better_is_not_taken_over(desk: Desk, reply: str) -> None:
    wrong = "Zeppelin-7B solves 75.6% of the problems of miniF2F within 32 attempts [{place}]."
    asked = desk.ask(by_turns(saying(wrong), Text(reply)))

    claim = only_claim(asked)
    assert claim.support == "weak"
    assert "75.6%" in claim.text
    assert claim.text in asked.answer.marked.replace(" [1.3]", "")
    assert len(asked.requests) == 2


def test_only_the_failed_claims_are_touched(desk: Desk) -> None:
    def three(request: Request) -> Reply:
        good, bad = place_of(request, SOLVES), place_of(request, LATENCY)
        return Text(
            f"{SOLVES} [{good}].\nQuokka plans in 400 ms [{bad}].\n- {TRAINING} [{place_of(request, TRAINING)}].\n"
        )

    asked = desk.ask(by_turns(three, citing(LATENCY, "1: {words} [{place}].")))

    assert [claim.text for claim in asked.answer.claims] == [f"{SOLVES}.", f"{LATENCY}.", f"{TRAINING}."]
    assert [claim.support for claim in asked.answer.claims] == ["supported"] * 3
    assert asked.answer.marked.splitlines()[2].startswith(f"- {TRAINING}")
    assert SOLVES not in repair_prompt(asked)


def test_a_mended_sentence_without_a_full_stop_does_not_swallow_the_next(desk: Desk) -> None:
    def two(request: Request) -> Reply:
        return Text(f"Quokka plans in 400 ms [{place_of(request, LATENCY)}]. {SOLVES} [{place_of(request, SOLVES)}].")

    asked = desk.ask(by_turns(two, citing(LATENCY, "1: {words} [{place}]")))

    assert [claim.text.rstrip(".") for claim in asked.answer.claims] == [LATENCY, SOLVES]


def test_a_repair_that_cannot_be_had_leaves_the_answer_flagged_and_says_so(desk: Desk) -> None:
    desk.mode = "auto"
    asked = desk.ask(by_turns(saying("Zeppelin-7B solves 75.6% of miniF2F [{place}]."), Status(401)))

    assert asked.answer.mode == "model"
    assert only_claim(asked).support == "weak"
    assert any("could not be mended" in warning for warning in asked.answer.warnings)


def test_a_second_repair_is_never_asked_for(desk: Desk) -> None:
    asked = desk.ask(by_turns(Text("Cheese [9.99]."), Text("1: Cheese is [8.88] round.")))

    assert asked.answer.usage.calls == 2
    assert only_claim(asked).support == "uncited"


def test_an_abstention_is_not_mended(desk: Desk) -> None:
    asked = desk.ask(by_turns(Text(ABSTENTION)))

    assert asked.answer.abstained
    assert asked.answer.marked == ABSTENTION
    assert asked.answer.nearest
    assert asked.answer.claims == ()


def test_what_a_model_adds_to_an_abstention_without_a_mark_is_not_shown(desk: Desk) -> None:
    asked = desk.ask(by_turns(Text(f"{ABSTENTION} But I know that it is 91%.")))

    assert asked.answer.abstained
    assert "91" not in asked.answer.marked


@pytest.mark.parametrize(
    "gap",
    [
        "The library does not say how Zeppelin was named.",
        "The evidence doesn't report its cost.",
        "The library does not say how Zeppelin-7B was named.",
    ],
)
def test_a_part_that_the_library_lacks_needs_no_mark(desk: Desk, gap: str) -> None:
    asked = desk.ask(by_turns(saying(f"{SOLVES} [{{place}}]. {gap}"), KEEP))

    assert [claim.support for claim in asked.answer.claims] == ["supported"]
    assert asked.answer.marked.endswith(gap)
    assert not asked.answer.abstained
    assert len(asked.requests) == 1
