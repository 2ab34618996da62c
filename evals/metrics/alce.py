"""Citation recall and precision by ALCE's rules (Gao et al., 2023, arXiv 2305.14627), of verdicts; pure functions.

For a claim with the citations C, and a backend that says whether texts entail a claim:

    recalled    the texts of C together entail the claim
    correct     a citation c of a recalled claim that entails it alone, or without which the
                rest of C does not; of a claim that is not recalled, no citation is correct
    recall      recalled claims / claims
    precision   correct citations / citations

What ALCE's own program leaves open is closed here. A citation that names nothing counts among
the citations, so that an invented one lowers precision; a claim without a citation is not
recalled, and has none from its neighbours; a citation that is given twice counts once. What
the backend could not judge is in no share, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Verdict(NamedTuple):
    """What a backend says of one claim; None where it could not judge."""

    entailed: bool | None
    """Whether all that the claim cites, taken together, entails it."""
    citations: tuple[bool | None, ...]
    """Whether each citation is correct: one value for each distinct passage, in the order of the claim."""


class Counts(NamedTuple):
    """What recall and precision are the shares of; counts of several answers may be added field by field."""

    claims: int
    """Claims that could be judged."""
    recalled: int
    citations: int
    """Citations that could be judged, and those that name nothing."""
    correct: int
    unscored: int
    """Claims of which something could not be judged: the claim itself, or one of its citations."""

    @property
    def recall(self) -> float | None:
        """`recalled / claims`, from 0 to 1; None where no claim could be judged."""
        return self.recalled / self.claims if self.claims else None

    @property
    def precision(self) -> float | None:
        """`correct / citations`, from 0 to 1.

        Claims that cite nothing at all have 0, as in ALCE: an answer does not get round the
        measure by citing nothing. None where there is no claim, or no citation could be judged.
        """
        if self.citations:
            return self.correct / self.citations
        return 0.0 if self.claims and not self.unscored else None

    @property
    def f1(self) -> float | None:
        """2PR / (P + R), the harmonic mean; 0 where both are 0, None where one of them is None."""
        precision, recall = self.precision, self.recall
        if precision is None or recall is None:
            return None
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def counts(verdicts: Sequence[Verdict], out_of_range: int) -> Counts:
    """The counts of an answer with these verdicts, and so many citations that name nothing."""
    judged = [one.entailed for one in verdicts if one.entailed is not None]
    citations = [correct for one in verdicts for correct in one.citations if correct is not None]
    return Counts(
        claims=len(judged),
        recalled=sum(judged),
        citations=len(citations) + out_of_range,
        correct=sum(citations),
        unscored=sum(one.entailed is None or None in one.citations for one in verdicts),
    )


def with_invented(verdict: Verdict) -> Verdict:
    """The verdict of a claim that also cites what does not exist: not recalled, and no citation of it correct.

    ALCE gives nothing to a sentence of which any citation is out of range. That holds
    whatever the backend says of the rest, and where it says nothing.
    """
    return Verdict(False, (False,) * len(verdict.citations))
