"""Fits the model of agent/support.json on SciFact and prints how it does on claims and abstracts it has not seen.

usage: python -m evals.fit_support [--data DIR] [--write]

DIR holds scifact/corpus.jsonl and scifact/claims_train.jsonl (../shared/data unless told).
Needs scikit-learn (extra `dev`); a few minutes, most of them for the built-in embedder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from agent.relevance import Logistic
from agent.support import Cited, Embed, signals_of_all
from agent.support_signals import problems
from store import embedding
from store.embedding import Vector
from store.text import clean

Kind = Literal["support", "contradict", "no evidence", "other sentence"]
NEGATIVES: tuple[Kind, ...] = ("contradict", "no evidence", "other sentence")
INPUTS = "coverage coverage_paper rival similarity negation opposed agreed length missing_numbers".split()
FOLDS = 10
INVERSE_REGULARISATION = 0.1
RIGHT_CITATIONS = 0.7
"""The share of citations that hold before any check: peers' published figures lie between 0.55 and 0.8."""
THRESHOLD = 0.5
"""At least as likely as not, in a mix in which a quarter is right: in use, where most is right, nine of ten hold."""
THRESHOLDS = [round(0.05 * step, 2) for step in range(4, 19)]
TARGET = Path(str(files("agent").joinpath("support.json")))


class Pair(NamedTuple):
    """A claim, sentences, what they are to it, and the group that no fold divides."""

    claim: str
    cited: tuple[Cited, ...]
    kind: Kind
    group: str


class Figures(NamedTuple):
    """What a threshold does: shares of all that it lets through, and of all that it should."""

    precision: float
    recall: float


def main(arguments: Sequence[str] | None = None, *, target: Path = TARGET) -> None:
    """Fits, prints the held-out figures, and writes the coefficients if asked to."""
    parser = argparse.ArgumentParser(prog="python -m evals.fit_support")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--write", action="store_true")
    told = parser.parse_args(arguments)
    embed = _embedder()
    pairs = load_pairs(told.data / "scifact", embed)
    found = signals_of_all([(pair.claim, pair.cited) for pair in pairs], embed)
    matrix = np.array([[signals[name] for name in INPUTS] for signals in found])
    scores = held_out_scores(matrix, pairs)
    report(scores, pairs)
    if told.write:
        model = fit(matrix, truths(pairs))
        target.write_text(json.dumps(_content(model, pairs, told.data), indent=2) + "\n", encoding="utf-8")


def load_pairs(folder: Path, embed: Embed) -> list[Pair]:
    """The pairs of SciFact's claims.

    Positive is each set of sentences that supports its claim by itself. Negative are the sets
    that contradict it, and of each other cited abstract two sentences that are no evidence, each
    alone: of one that holds none at all, or of one that supports the claim.
    """
    claims = _lines(folder / "claims_train.jsonl")
    cited = {key for claim in claims for key in claim["cited_doc_ids"]}
    corpus = {
        one["doc_id"]: one | {"abstract": [clean(text) for text in one["abstract"]]}
        for one in _lines(folder / "corpus.jsonl")
        if one["doc_id"] in cited
    }
    groups = _groups(claims)
    pairs: list[Pair] = []
    for claim in claims:
        for key in claim["cited_doc_ids"]:
            paper, evidence = corpus[key], claim["evidence"].get(str(key), [])
            for one in evidence:
                kind: Kind = "support" if one["label"] == "SUPPORT" else "contradict"
                chosen = [paper["abstract"][at] for at in one["sentences"]]
                pairs.append(Pair(claim["claim"], _cite(paper, chosen), kind, groups[key]))
            if any(one["label"] == "CONTRADICT" for one in evidence):
                continue
            told = {at for one in evidence for at in one["sentences"]}
            others = [text for at, text in enumerate(paper["abstract"]) if at not in told]
            kind = "other sentence" if evidence else "no evidence"
            chosen = _others(claim["claim"], others, embed)
            pairs += [Pair(claim["claim"], _cite(paper, [text]), kind, groups[key]) for text in chosen]
    return pairs


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _cite(paper: Mapping[str, Any], sentences: Sequence[str]) -> tuple[Cited, ...]:
    return tuple(Cited(text, paper["title"], " ".join(paper["abstract"])) for text in sentences)


def _others(claim: str, sentences: Sequence[str], embed: Embed) -> list[str]:
    """Of `sentences` the likest to the claim, and another by chance, which is the same in every run."""
    if len(sentences) < 2:
        return list(sentences)
    vectors = embed([claim, *sentences])
    likest = sentences[int(np.argmax(vectors[1:] @ vectors[0]))]
    rest = [text for text in sentences if text != likest]
    return [likest, *sorted(rest, key=lambda text: zlib.crc32(f"{claim} {text}".encode()))[:1]]


def _groups(claims: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """For each abstract the name of its group: abstracts that claims tie together, directly or by others.

    Claims of one wording are one claim.
    """
    parent: dict[Any, Any] = {}

    def root(node: Any) -> Any:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for claim in claims:
        for key in claim["cited_doc_ids"]:
            parent[root(claim["claim"].casefold())] = root(key)
    return {key: str(root(key)) for claim in claims for key in claim["cited_doc_ids"]}


def _embedder() -> Embed:
    """The built-in embedder, which embeds no text twice."""
    built_in = embedding.create(embedding.EmbedderChoice())
    known: dict[str, Vector] = {}

    def embed(texts: list[str]) -> Vector:
        new = sorted({text for text in texts if text not in known}, key=len)
        for at in range(0, len(new), built_in.batch_size):
            batch = new[at : at + built_in.batch_size]
            known.update(zip(batch, built_in.embed(batch), strict=True))
        return np.array([known[text] for text in texts], dtype=np.float32)

    return embed


def truths(pairs: Sequence[Pair]) -> Vector:
    """1 for a pair that supports, 0 for another."""
    return np.array([pair.kind == "support" for pair in pairs], dtype=np.float32)


def fit(matrix: Vector, truth: Vector) -> Logistic:
    """A fitted regression with its weights taken back to the signals' own units."""
    scale = StandardScaler().fit(matrix)
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=5000).fit(scale.transform(matrix), truth)
    weights = model.coef_[0] / scale.scale_
    intercept = float(model.intercept_[0] - (weights * scale.mean_).sum())
    return Logistic(
        round(intercept, 5), {name: round(float(value), 5) for name, value in zip(INPUTS, weights, strict=True)}
    )


def held_out_scores(matrix: Vector, pairs: Sequence[Pair]) -> Vector:
    """The score of each pair by a model that saw neither its claim nor any abstract of its group."""
    truth, groups = truths(pairs), [pair.group for pair in pairs]
    scores = np.zeros(len(pairs), dtype=np.float32)
    for seen, held in GroupKFold(min(FOLDS, len(set(groups)))).split(matrix, truth, groups):
        model = fit(matrix[seen], truth[seen])
        scores[held] = [model(dict(zip(INPUTS, row, strict=True))) for row in matrix[held]]
    return scores


def figures(passed: NDArray[np.bool_], truth: Vector) -> Figures:
    """Precision and recall of the pairs that passed; nothing that passed is precision 1."""
    right = float((passed * truth).sum())
    return Figures(right / max(float(passed.sum()), right, 1e-9) if passed.any() else 1.0, right / float(truth.sum()))


def precision_in_use(passed: NDArray[np.bool_], truth: Vector) -> float:
    """The precision of what passed, if `RIGHT_CITATIONS` of all citations were right.

    With the shares t of right and f of wrong pairs that pass, and a share r of right ones,
    it is rt / (rt + (1 - r)f), by Bayes' rule.
    """
    right = RIGHT_CITATIONS * float(passed[truth == 1].mean())
    wrong = (1 - RIGHT_CITATIONS) * float(passed[truth == 0].mean()) if (truth == 0).any() else 0.0
    return right / (right + wrong) if right + wrong else 1.0


def report(scores: Vector, pairs: Sequence[Pair]) -> None:
    """Prints the mix, the AROC, what each threshold does, and what the checks do."""
    truth = truths(pairs)
    kinds = np.array([pair.kind for pair in pairs])
    print(f"pairs: {dict(Counter(str(kind) for kind in kinds))}; groups: {len({pair.group for pair in pairs})}")
    print(f"AROC {roc_auc_score(truth, scores):.3f}, Brier {brier_score_loss(truth, scores):.3f} (all kinds)")
    for kind in NEGATIVES:
        chosen = (kinds == kind) | (kinds == "support")
        if (kinds == kind).any():
            print(f"AROC {roc_auc_score(truth[chosen], scores[chosen]):.3f} against {kind}")
    wrong = [problems(pair.claim, pair.cited) for pair in pairs]
    clean = np.array([not one for one in wrong])
    print("threshold   precision / recall   with the checks   in use   passed: " + ", ".join(NEGATIVES))
    for level in THRESHOLDS:
        _print_level(level, scores >= level, (truth, kinds, clean), "*" if level == THRESHOLD else " ")
    print("flagged by a check, by kind (numbers / names / opposite / any):")
    for kind in ("support", *NEGATIVES):
        own = [one for one, pair in zip(wrong, pairs, strict=True) if pair.kind == kind]
        shares = [
            sum(any(word in item for item in one) for one in own) / max(len(own), 1)
            for word in (" number ", " name ", "opposite", "")
        ]
        print(f"  {kind:<15} {shares[0]:.3f} / {shares[1]:.3f} / {shares[2]:.3f} / {shares[3]:.3f} of {len(own)}")


def _print_level(level: float, passed: NDArray[np.bool_], known: tuple[Vector, Any, Any], mark: str) -> None:
    truth, kinds, clean = known
    one, checked = figures(passed, truth), figures(passed & clean, truth)
    in_use = precision_in_use(passed & clean, truth)
    shares = [float((passed & clean)[kinds == kind].mean()) if (kinds == kind).any() else 0.0 for kind in NEGATIVES]
    print(
        f"{level:.2f}{mark}       {one.precision:.3f} / {one.recall:.3f}"
        f"        {checked.precision:.3f} / {checked.recall:.3f}     {in_use:.3f}"
        f"     {' '.join(f'{share:.3f}' for share in shares)}"
    )


def _content(model: Logistic, pairs: Sequence[Pair], data: Path) -> dict[str, Any]:
    digests = {
        name: hashlib.sha256((data / "scifact" / name).read_bytes()).hexdigest()
        for name in ("corpus.jsonl", "claims_train.jsonl")
    }
    return {
        "provenance": {
            "made_by": "python -m evals.fit_support --data DIR --write",
            "pairs": dict(Counter(pair.kind for pair in pairs)),
            "data_sha256": digests,
            "threshold": "as likely as not in this mix, in which a quarter of the pairs support",
        },
        "threshold": THRESHOLD,
        "support": asdict(model),
    }


if __name__ == "__main__":
    main()
