"""Runs made by hand for the tests of the reports: a handful of questions that went in every way, or many alike."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from evals.records import Record
from evals.resolving import Nugget
from evals.summary import Bin, Figure, RunData, Section, Summary

RATE = "Goedel-Prover-SFT reaches a success rate of 57.6% (Pass@32) on miniF2F, 7.6% above the best model before it."
DATA = "The prover is trained on 1.64 million statements that two models put into Lean 4 from natural language."
TITLES = {
    "lin2025goedel": "Goedel-Prover: A Frontier Model for Open-Source Automated Theorem Proving",
    "xin2024deepseek": "DeepSeek-Prover-V1.5: Harnessing Proof Assistant Feedback for Reinforcement Learning",
    "wu2024lean": "LEAN-GitHub: Compiling GitHub LEAN repositories for a versatile LEAN prover",
    "yang2023leandojo": "LeanDojo: Theorem Proving with Retrieval-Augmented Language Models",
}
HASH = "5bc0b97c801f322e365aee0122e90a58b519686cee1e8817b1086472cb59480a"


def citation(number: int, key: str, sentence: int, quote: str, score: float = 0.91) -> dict[str, Any]:
    """A citation as it stands in an answer's JSON."""
    place = {"sentence": sentence, "start": 120 * sentence, "end": 120 * sentence + len(quote)}
    named = {"number": number, "key": key, "quote": quote, "sha256": HASH}
    return {**named, **place, "support_score": score, "chosen_by_code": False}


def claim(text: str, *citations: dict[str, Any], support: str = "supported", problems: Iterable[str] = ()) -> Any:
    """A claim as it stands in an answer's JSON."""
    return {"text": text, "support": support, "citations": list(citations), "problems": list(problems)}


def answer(question: str, marked: str, *claims: Any, titles: dict[str, str] | None = None) -> dict[str, Any]:
    """An answer's JSON; without claims it is silent, and the first of its papers came nearest."""
    known = TITLES if titles is None else titles
    cited = {one["key"]: one["number"] for each in claims for one in each["citations"]}
    return {
        **{"schema": "citeloom.answer/1", "question": question, "asked": None, "scope": ""},
        **{"mode": "model", "model": "scripted", "abstained": not claims, "stopped": False},
        **{"text": marked, "marked": marked},
        "claims": list(claims),
        "references": [_reference(number, key, known.get(key, "")) for key, number in cited.items()],
        "disagreements": [],
        "nearest": [] if claims else [{"key": key, "title": title} for key, title in list(known.items())[:2]],
        "prompts": {},
        "usage": {"calls": 1, "prompt_tokens": 2100, "completion_tokens": 140, "cost_usd": None, "is_estimate": False},
        "timings": {"retrieve_ms": 21.0, "first_token_ms": 320.0, "total_ms": 1450.0},
        "warnings": [],
    }


def right() -> Record:
    """A question whose one gold paper is cited, with its fact, and nothing else."""
    question = "How often does Goedel-Prover prove the problems of miniF2F?"
    marked = f"> {RATE} [1.8]"
    return Record(
        id="fact-1",
        kind="fact",
        question=question,
        answerable=True,
        gold=("lin2025goedel",),
        also=("xin2024deepseek",),
        facts=(Nugget("lin2025goedel", (8,), 960, 960 + len(RATE), RATE, True),),
        answer=answer(question, marked, claim(RATE, citation(1, "lin2025goedel", 8, RATE))),
        ranking=tuple(TITLES),
        retrieved=tuple(TITLES),
        scores={
            "citation_f1": 1.0,
            "citation_precision": 1.0,
            "citation_recall": 1.0,
            "fact_recall": 1.0,
            "rubric": None,
        },
        counts={"total_ms": 210.0, "first_token_ms": 180.0, "words": 22, "calls": 0},
        verdicts=({"entailed": True, "citations": [True]},),
        seconds=0.21,
    )


def partly() -> Record:
    """A question with two gold papers: one cited, one missed, one cited that is neither; a judge has seen it."""
    question = "What data are provers in Lean trained on?"
    marked = "Statements put into Lean by models [1.3], and code of repositories [2.2]. It takes **no time** [7.1]."
    return Record(
        id="synthesis-1",
        kind="synthesis",
        question=question,
        answerable=True,
        gold=("lin2025goedel", "wu2024lean"),
        also=("xin2024deepseek",),
        facts=(
            Nugget("lin2025goedel", (3,), 360, 360 + len(DATA), DATA, True),
            Nugget("wu2024lean", (2, 3), 100, 160, "It compiles almost all Lean repositories of GitHub.", False),
        ),
        answer=answer(
            question,
            marked,
            claim("Statements put into Lean by models.", citation(1, "lin2025goedel", 3, DATA)),
            claim(
                "And code of repositories.",
                citation(2, "yang2023leandojo", 2, "LeanDojo takes data out of Lean.", 0.41),
                support="weak",
            ),
            claim("It takes no time.", support="uncited", problems=["[7.1] is no sentence of the evidence"]),
        ),
        ranking=("yang2023leandojo", *[f"other{number}" for number in range(12)], "wu2024lean", "lin2025goedel"),
        retrieved=tuple(TITLES),
        scores={
            "citation_f1": 0.5,
            "citation_precision": 0.5,
            "citation_recall": 0.5,
            "fact_recall": 1.0,
            "ndcg@10": 0.0,
        },
        counts={"total_ms": 1450.0, "first_token_ms": 320.0, "words": 14, "calls": 1, "prompt_tokens": 2100},
        verdicts=(
            {"entailed": True, "citations": [True]},
            {"entailed": False, "citations": [False]},
            {"entailed": False, "citations": []},
        ),
        judged={
            "nuggets": [1, None],
            "nugget_recall": 1.0,
            "nugget_recall_strict": 1.0,
            "rubric": [2, 1],
            "criteria": ["names the repositories", "says how many"],
            "rubric_score": 0.75,
            "unscored": 1,
            "usage": {"calls": 2, "cached": 0, "prompt_tokens": 1800, "completion_tokens": 24, "is_estimate": False},
        },
        seconds=1.45,
    )


def silent(*, answerable: bool) -> Record:
    """A question that was answered by silence, rightly where it is not answerable."""
    question = "Which prover won the olympiad of 2031?" if not answerable else "How does LeanDojo find premises?"
    return Record(
        id="missed-1" if answerable else "none-1",
        kind="fact" if answerable else "unanswerable",
        question=question,
        answerable=answerable,
        gold=("yang2023leandojo",) if answerable else (),
        also=(),
        facts=(),
        answer=answer(question, "The library does not answer this."),
        ranking=("lin2025goedel",),
        scores={"citation_f1": 0.0 if answerable else None, "correct": 0.0 if answerable else 1.0},
        counts={"total_ms": 95.0, "words": 6},
        seconds=0.095,
    )


def failed() -> Record:
    """A question that ended in an error."""
    return Record(
        id="error-1",
        kind="comparison",
        question="Is Goedel-Prover better than DeepSeek-Prover?",
        answerable=True,
        gold=("lin2025goedel", "unseen2020paper"),
        also=(),
        facts=(),
        scores={"citation_f1": 0.0, "correct": 0.0},
        error="the model at http://localhost:9 does not answer",
        seconds=30.0,
    )


def run(*records: Record, **manifest: Any) -> RunData:
    """A run of these records, or of one of each kind."""
    known = records or (right(), partly(), silent(answerable=True), silent(answerable=False), failed())
    return RunData("2026-11-21-model", manifest, known)


def many(count: int) -> RunData:
    """A run of so many questions, whose answers are as long as those of a topic: six sentences of five papers."""
    chance = Random(7)
    words = RATE.split() + DATA.split()
    kinds = ("fact", "topic", "synthesis", "comparison", "paraphrase", "unanswerable")

    def sentence() -> str:
        return " ".join(chance.choices(words, k=24))

    def one(number: int) -> Record:
        keys = [f"paper{chance.randrange(450)}" for _ in range(12)]
        titles = {key: " ".join(chance.choices(words, k=10)) for key in keys}
        quotes = [(place, keys[place % 5], sentence()) for place in range(1, 7)]
        cited = [claim(sentence(), citation(place, key, place, quote)) for place, key, quote in quotes]
        marked = "\n\n".join(f"{each['text']} [{place}.{place}]" for place, each in enumerate(cited, 1))
        kind = kinds[number % len(kinds)]
        question = f"{' '.join(chance.choices(words, k=14))}?"
        gold = () if kind == "unanswerable" else tuple(dict.fromkeys(keys[:3]))
        return Record(
            id=f"q{number}",
            kind=kind,
            question=question,
            answerable=bool(gold),
            gold=gold,
            also=tuple(dict.fromkeys(key for key in keys[6:9] if key not in gold)),
            facts=tuple(Nugget(key, (1,), 0, 100, sentence(), True) for key in gold),
            answer=answer(question, marked, *cited, titles=titles),
            ranking=tuple(dict.fromkeys(keys)),
            scores={name: chance.random() for name in ("citation_f1", "citation_precision", "fact_recall", "ndcg@10")},
            counts={"total_ms": chance.lognormvariate(5, 0.5), "words": 150},
            verdicts=tuple({"entailed": chance.random() < 0.8, "citations": [True]} for _ in cited),
            seconds=0.2,
        )

    return RunData("many", {}, tuple(one(number) for number in range(count)))


def summary(**fields: Any) -> Summary:
    """A summary with every part; `fields` replace its own."""
    shares = (
        ("citation_f1", 0.7184, 0.6771, 0.7598),
        ("citation_precision", 0.741, 0.69, 0.79),
        ("citation_recall", 0.7, 0.65, 0.75),
    )
    given: dict[str, Any] = {
        "run": "2026-11-21-model",
        "head": {
            "gold": "evals/gold/seeds.jsonl (238 questions, 1f0c9a77)",
            "system": "model",
            "model": "scripted",
            "library": "450 papers, 77aa01be",
            "entailment": "overlap/1",
            "started": "2026-11-21 17:31",
        },
        "asked": 238,
        "done": 237,
        "errors": 1,
        "sections": (
            Section(
                "Citations against gold",
                tuple(Figure(name, value, low, high, 187) for name, value, low, high in shares),
                "Cited papers against gold papers; silence and errors count as 0.",
            ),
            Section(
                "Evidence",
                (
                    Figure("citation_validity", 1.0, 1.0, 1.0, 186),
                    Figure("invented_marks", 2.0, n=237, unit="marks"),
                    Figure("nugget_recall", None, note="no judge was asked"),
                ),
            ),
            Section(
                "Abstention",
                (
                    Figure("abstention_precision", 0.87, 0.75, 0.96, 47),
                    Figure("abstention_recall", 0.8039, 0.6863, 0.902, 51),
                    Figure("abstention_f1", 0.8367, 0.7447, 0.9111, 238),
                ),
                "A question counts where no paper answers it.",
            ),
            Section(
                "Cost",
                (
                    Figure("words", 84.2, 79.0, 89.9, 237, "words"),
                    Figure("prompt_tokens", 2140.4, 2090.0, 2195.1, 237, "tokens"),
                    Figure("cost_of_all", 0.0312, n=237, unit="USD"),
                    Figure("latency_p95", 1834.2, 1620.0, 2401.7, 237, "ms"),
                ),
            ),
        ),
        "by_kind": {
            "fact": _kind(63, 0.81, 0.9),
            "topic": _kind(22, 0.55, 0.77),
            "synthesis": _kind(30, 0.61, 0.8),
            "comparison": _kind(29, 0.7, 0.83),
            "paraphrase": _kind(43, 0.66, 0.7),
            "unanswerable": (Figure("citation_f1", None), Figure("correct", 0.8039, 0.6863, 0.902, 51)),
        },
        "calibration": (
            Bin(0.2, 0.3, 4, 0.26, 0.25),
            Bin(0.4, 0.5, 19, 0.46, 0.53),
            Bin(0.6, 0.7, 88, 0.66, 0.61),
            Bin(0.8, 0.9, 240, 0.86, 0.79),
            Bin(0.9, 1.0, 1204, 0.95, 0.9),
        ),
        "calibration_note": "A citation is right if overlap/1 says so, which is no human judgement.",
        "warnings": ("1 of 238 questions has not been asked yet", "1 question ended in an error, and counts as 0"),
    }
    return Summary(**given | fields)


def _kind(n: int, f1: float, correct: float) -> tuple[Figure, ...]:
    return (
        Figure("citation_f1", f1, f1 - 0.06, f1 + 0.06, n),
        Figure("correct", correct, correct - 0.08, correct + 0.08, n),
    )


def _reference(number: int, key: str, title: str) -> dict[str, Any]:
    facts = {"authors": ["Yong Lin"], "year": 2025, "date": "2025-02-11", "url": None, "sha256": HASH, "variant": None}
    return {"number": number, "key": key, "title": title, **facts}
