"""The backends that need no model, and how the threshold of the one that counts words was chosen."""

from __future__ import annotations

import asyncio
import hashlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from evals import fit_overlap
from evals.entailment import Entailment, Overlap, Pair, Passage, Support, overlap
from evals.fit_overlap import THRESHOLDS, best_threshold, figures, held_out, pairs_of, shares_of
from evals.fit_support import load_pairs
from store import embedding
from tests.agent.conftest import LATENCY, SOLVES, TRAINING
from tests.agent.test_fit_support import by_letters, write_set

TITLE = "Zeppelin: Open Provers for Formal Mathematics"


def entailed(backend: Entailment, *pairs: Pair) -> list[bool | None]:
    return asyncio.run(backend.entails(pairs))


def by_overlap(claim: str, *texts: str, title: str = TITLE) -> bool | None:
    return entailed(Overlap(), (tuple(Passage(title, text) for text in texts), claim))[0]


def test_a_sentence_entails_itself() -> None:
    assert by_overlap(SOLVES, SOLVES) is True
    assert overlap((Passage("", SOLVES),), SOLVES) == 1.0


def test_a_claim_of_other_words_is_not_entailed() -> None:
    assert by_overlap(LATENCY, SOLVES) is False


def test_the_share_is_of_the_claims_own_terms_in_whatever_form() -> None:
    # Terms of the claim: otter, swim, cold, river; the text has the first three in other forms.
    assert overlap((Passage("", "The otter swims when the cold comes."),), "Otters swimming in cold rivers") == 0.75


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_claim_is_entailed_from_the_threshold_on(share: float) -> None:
    pair = ((Passage("", "Otters and beavers."),), "otters lichens" + (" comets magnets" if share == 0.25 else ""))

    assert overlap(*pair) == share
    assert entailed(Overlap(share), pair) == [True]
    assert entailed(Overlap(share + 0.01), pair) == [False]


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ("57.6%", True),
        ("57.60%", True),
        ("58%", False),
        ("7.6%", False),
        ("32 of 57.6", True),
        ("33 of 57.6", False),
    ],
)
def test_a_claim_with_a_number_that_stands_in_no_passage_is_not_entailed(said: str, stands: bool) -> None:
    assert by_overlap(f"Zeppelin-7B solves {said} of the problems of miniF2F", SOLVES) is stands


def test_numbers_are_compared_by_value_and_may_stand_in_several_passages() -> None:
    assert by_overlap("1000 otters eat 1,234.50 fish", "1,000 otters swim", "They eat 1234.5 fish") is True
    assert by_overlap("100 otters eat fish", "1,000 otters eat fish") is False


def test_a_title_is_no_evidence() -> None:
    # AstaBench gives half a point to a claim that a title alone supports.
    assert by_overlap("open provers for formal mathematics", "We measure what it costs.") is False
    assert by_overlap("Open Provers for Formal Mathematics", "We measure what it costs.") is False
    assert by_overlap("It solves 7 problems", "It solves problems.", title="Solving 7 problems") is False


def test_a_name_that_only_the_title_has_does_not_count_against_the_claim() -> None:
    text, title = "Our model solves most problems within 32 attempts.", "Zeppelin-7B: Open Provers"

    assert overlap((Passage(title, text),), "Zeppelin-7B solves most problems") == 1.0
    # Without that title: zeppelin and 7b are missing of zeppelin, 7b, solves, problems.
    assert overlap((Passage("", text),), "zeppelin solves problems") == pytest.approx(2 / 3)
    assert overlap((Passage("", text),), "Zeppelin-7B solves most problems") is None, "the 7 stands nowhere"


def test_the_number_of_a_name_in_the_title_excuses_no_other_number() -> None:
    assert by_overlap("Zeppelin-7B solves 7 problems", "Our model solves problems.", title="Zeppelin-7B") is False


def test_a_claim_of_a_name_alone_has_nothing_that_could_be_entailed() -> None:
    assert overlap((Passage("Zeppelin", "We solve problems."),), "Zeppelin.") is None


def test_a_claim_of_a_number_alone_is_entailed_where_it_stands() -> None:
    assert by_overlap("57.6%", SOLVES) is True
    assert by_overlap("57.7%", SOLVES) is False


@pytest.mark.parametrize(
    "backend", [Overlap(), Support(lambda _: np.zeros((0, 8), np.float32))], ids=["words", "model"]
)
def test_no_passage_entails_nothing(backend: Entailment) -> None:
    assert entailed(backend, ((), SOLVES)) == [False]
    assert entailed(backend) == []


def test_what_overlap_cannot_see_is_known() -> None:
    assert by_overlap("Zeppelin-7B never solves 57.6% of miniF2F within 32 attempts", SOLVES) is True


def test_the_products_own_model_tells_a_claim_from_another() -> None:
    backend = Support(embedding.create(embedding.EmbedderChoice()).embed)
    both = (Passage(TITLE, f"{SOLVES}. {TRAINING}."),)

    assert entailed(backend, (both, SOLVES), ((), SOLVES), (both, LATENCY), (both, "It solves 60% of miniF2F")) == [
        True,
        False,
        False,
        False,
    ]


def test_each_backend_is_named_to_its_version() -> None:
    digest = hashlib.sha256(files("agent").joinpath("support.json").read_bytes()).hexdigest()

    assert Overlap().name == "overlap/1"
    assert Support(by_letters).name == f"support/{digest[:8]}"


# How the threshold was chosen


def test_figures_are_those_of_the_counts() -> None:
    # Passed: 0.9 (true), 0.6 (false), 0.5 (true). True pairs 3, false 3.
    shares = np.array([0.9, 0.6, 0.5, 0.4, 0.3, -1.0])
    truth = np.array([True, False, True, True, False, False])

    found = figures(shares, truth, 0.5)

    assert found.recall == pytest.approx(2 / 3)
    assert found.precision == pytest.approx(2 / 3)
    assert found.balanced_accuracy == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert figures(shares, truth, 0.95) == (0.5, 0.0, 0.0), "where nothing passes, nothing is precise"


def test_the_best_threshold_has_the_highest_balanced_accuracy_and_of_several_it_is_the_highest() -> None:
    shares = np.array([0.9, 0.8, 0.52, 0.3])

    assert best_threshold(shares, np.array([True, True, False, False])) == 0.8
    assert best_threshold(shares, np.array([True, True, True, False])) == 0.5


def test_no_fold_chooses_its_threshold_by_a_group_that_it_is_tried_on() -> None:
    # In each group the false pair shares less than the true one, on a level of the group's own.
    groups = [str(number) for number in range(5) for _ in range(2)]
    shares = np.array([share for number in range(5) for share in (0.3 + 0.1 * number, 0.2 + 0.1 * number)])
    truth = np.array([True, False] * 5)

    found = held_out(shares, truth, groups)

    assert len(found) == fit_overlap.FOLDS
    assert {level for level, _ in found} <= set(THRESHOLDS)
    # The group at the top has its false pair at 0.6 and its true one at 0.7, which all others lie under.
    assert min(one.balanced_accuracy for _, one in found) == 0.5


def test_the_table_is_of_supporting_contradicting_and_unrelated_sentences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_set(tmp_path)
    pairs = pairs_of(load_pairs(tmp_path / "scifact", by_letters))

    assert {pair.kind for pair in pairs} == {"support", "contradict", "no evidence"}
    assert (shares_of(pairs)[[pair.kind == "support" for pair in pairs]] > 0.9).all()

    fit_overlap.report(pairs)

    out = capsys.readouterr().out
    assert out.startswith(f"{len(pairs)} pairs, 10 of them entailed; groups: 10\n")
    assert out.count("fold ") == fit_overlap.FOLDS
    assert out.count("*") == 1
