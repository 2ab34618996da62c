"""The evidence of an answer as exports show it: paper by paper, each quoted sentence once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agent.answer import Answer, Citation, Claim, Reference, Support
from store.text import clean

CHOSEN_BY_CODE = "sentence chosen by Citeloom"


class Quotation(NamedTuple):
    """A quoted sentence, and how well it supports the claims that rest on it."""

    citation: Citation
    supports: tuple[Support, ...]

    @property
    def notes(self) -> list[str]:
        """What is to be said of it besides its place."""
        return [*self.supports, *([CHOSEN_BY_CODE] if self.citation.chosen_by_code else [])]


class Quoted(NamedTuple):
    """A paper of an answer, and the sentences quoted from it, in their order in the abstract."""

    reference: Reference
    quotations: tuple[Quotation, ...]


def by_paper(answer: Answer) -> tuple[Quoted, ...]:
    """The cited papers of `answer`, in the order of its references."""
    return tuple(Quoted(reference, _quotations(answer.claims, reference)) for reference in answer.references)


def doubtful(answer: Answer) -> tuple[Claim, ...]:
    """The claims that a reader should check: weak, uncited, or with a problem."""
    return tuple(claim for claim in answer.claims if claim.support != "supported" or claim.problems)


def is_quotation(claim: Claim) -> bool:
    """Whether the claim is nothing but its quotation, as in quote mode."""
    return len(claim.citations) == 1 and claim.text == claim.citations[0].quote


def origin(answer: Answer) -> list[str]:
    """Short lines on how the answer came to be: mode, model, what was asked, what it cost."""
    usage = answer.usage
    how = "Quote mode: sentences of the library, no model" if answer.mode == "quote" else "Model mode"
    lines = [f"{how}: {clean(answer.model)}" if answer.model else how]
    if usage.calls:
        about = "about " if usage.is_estimate else ""
        lines.append(
            f"{usage.calls} {'call' if usage.calls == 1 else 'calls'}, {about}{usage.prompt_tokens:,} tokens read, "
            f"{usage.completion_tokens:,} written" + (f", {usage.cost_usd:.4f} USD" if usage.cost_usd else "")
        )
    if answer.asked and answer.asked != answer.question:
        lines.append(f"Looked for: {clean(answer.asked)}")
    if answer.scope:
        lines.append(f"Scope: {clean(answer.scope)}")
    if answer.stopped:
        lines.append("Stopped before its end")
    return lines


def _quotations(claims: Sequence[Claim], reference: Reference) -> tuple[Quotation, ...]:
    found: dict[tuple[int, int, str], tuple[Citation, Mapping[Support, None]]] = {}
    for claim in claims:
        for citation in claim.citations:
            if citation.number == reference.number:
                place = (citation.start, citation.end, citation.quote)
                first, supports = found.get(place, (citation, {}))
                found[place] = (first, {**supports, claim.support: None})
    return tuple(Quotation(citation, tuple(supports)) for _, (citation, supports) in sorted(found.items()))
