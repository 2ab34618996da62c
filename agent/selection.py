"""Which candidates to cite: the set whose expected F1 is highest; pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from agent.relevance import Candidate


def best_set(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates to cite: the set whose expected F1 is highest, best first.

    Taking each candidate's probability for independent, no set is better than some number of
    the likeliest ones (Lewis, 1995), so as many sets are compared as there are candidates.
    """
    ordered = sorted(candidates, key=lambda candidate: (-candidate.probability, candidate.hit.rank))
    likely = [candidate.probability for candidate in ordered]
    scores = [expected_f1(likely[:size], likely[size:]) for size in range(1, len(likely) + 1)]
    return ordered[: scores.index(max(scores)) + 1] if scores else []


def expected_f1(cited: Sequence[float], left_out: Sequence[float]) -> float:
    """The expected F1 of citing papers that are right with these independent probabilities.

    With h right papers cited and m left out, F1 = 2h / (number cited + h + m).
    """
    missed = list(enumerate(_count_distribution(left_out)))
    return sum(
        hit_chance * miss_chance * 2 * hits / (len(cited) + hits + misses)
        for hits, hit_chance in enumerate(_count_distribution(cited))
        if hits
        for misses, miss_chance in missed
    )


def _count_distribution(chances: Sequence[float]) -> list[float]:
    """How likely each number of successes is, from 0 to len(chances) (Poisson binomial)."""
    distribution = [1.0]
    for chance in chances:
        longer = [*distribution, 0.0]
        for count in range(len(longer)):
            longer[count] = longer[count] * (1 - chance) + (distribution[count - 1] * chance if count else 0.0)
        distribution = longer
    return distribution
