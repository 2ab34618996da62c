"""Papers and answers that exports are tried on: plain ones, and such as try to be more than text."""

from __future__ import annotations

from typing import Any

from agent.answer import Answer, Citation, Claim, Disagreement, Reference, Usage
from agent.evidence import Evidence
from store.paper import Paper
from store.text import clean

LATEX = r"50% of C_{max} & #1 costs $5 and $6 ~ ^ \input{/etc/passwd} {"
MARKUP = "<script>alert(1)</script> \"onload='x' `code`{=html} ![i](http://x.test/) [1.1] @smith2000 ^up^ ~down~ <b>"
BRACES = "}} @article{evil, title = {x}} {"
HOSTILE_TEXTS = [
    LATEX,
    MARKUP,
    BRACES,
    "TY  - JOUR ER  - ",
    "深層学習による数学の証明 — Ünïcödé",
    "A very long title " * 400,
    "(1) We show --- what... ends #here",
    "1. First",
    "--- title: x",
    "| a line",
    "$\\ell_1$ and $\\input{x}$ and $}{$",
    "a\\",
    "''quoted'' \"twice\"",
]


def paper(key: str = "lin2025goedel", **fields: Any) -> Paper:
    """A paper; what a test does not care about has a default."""
    given: dict[str, Any] = {"title": "Goedel-Prover", "abstract": "We prove theorems. It reaches 57.6%.", **fields}
    return Paper(key=key, **given)


def hostile_papers() -> list[Paper]:
    """Every hostile text in every field that a source fills, cleaned as the store cleans what it reads."""
    return [
        paper(
            f"hostile{number}",
            title=text,
            abstract=f"{text} This is another sentence.",
            authors=(text[:80].strip(), "Ann Lee"),
            venue=text[:80].strip(),
            date="2024-02",
            identifiers={"doi": "10.1000/a_b%c<d>"},
            categories=("cs.LG", text[:20].strip()),
        )
        for number, text in enumerate(map(clean, HOSTILE_TEXTS))
    ]


def cite(found: Paper, number: int = 1, sentence: int = 1) -> Citation:
    """The citation of a stored sentence under a number."""
    evidence = Evidence()
    for place in range(1, number):
        evidence.add(paper(f"other{place}"))
    made = evidence.cite(evidence.add(found), sentence, 0.9)
    assert made
    return made


def model_answer(*papers: Paper, marked: str | None = None, **fields: Any) -> Answer:
    """An answer of a model: a supported, a weak and an uncited claim."""
    cited = [cite(found, number) for number, found in enumerate(papers, 1)]
    marks = "".join(f"[{citation.number}.{citation.sentence}]" for citation in cited)
    given: dict[str, Any] = {
        "question": "What is proved?",
        "mode": "model",
        "model": "m-1",
        "marked": marked or f"Theorems are proved {marks}. It reaches 99% {marks} *(weak)*. It is fast *(uncited)*.",
        "claims": (
            Claim("Theorems are proved.", "supported", tuple(cited)),
            Claim("It reaches 99%.", "weak", tuple(cited), ("99% stands in no cited sentence",)),
            Claim("It is fast.", "uncited", ()),
        ),
        "references": tuple(Reference(number, found) for number, found in enumerate(papers, 1)),
        "usage": Usage(1, 3000, 200, 0.01),
        **fields,
    }
    return Answer(**given)


def disagreement(one: Paper, other: Paper) -> Disagreement:
    """The first sentences of two papers, numbered 1 and 2, said to disagree."""
    return Disagreement(cite(one, 1), cite(other, 2), "one rises where the other falls")
