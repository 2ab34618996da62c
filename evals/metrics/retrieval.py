"""How well a ranking finds the gold papers: ir-measures' values, which are trec_eval's; pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence

NAMES = ("ndcg@10", "recall@10", "recall@100", "mrr", "map")


def retrieval_scores(ranking: Sequence[str], gold: Collection[str]) -> dict[str, float]:
    """The scores of one ranking, best paper first, by name; each from 0 to 1. `gold` must not be empty.

    A paper is relevant if it is gold and irrelevant otherwise, acceptable ones too. With rel(i),
    1 or 0, the relevance at rank i:

    ndcg@10     Σ rel(i) / log2(i + 1) over the first ten, over the same sum of the best ranking there
                could be (Järvelin and Kekäläinen, ACM TOIS 20, 2002)
    recall@k    gold papers among the first k / gold papers
    mrr         1 / rank of the first gold paper, 0 where there is none (Voorhees, TREC-8, 1999)
    map         mean over all gold papers of the precision at their rank, 0 for those that the ranking
                lacks (Buckley and Voorhees, SIGIR 2000)

    A key that stands twice counts where it stands first. What ir-measures gets are scores made
    from the ranks, so that there is no tie to break.
    """
    from ir_measures import AP, RR, Qrel, R, ScoredDoc, iter_calc, nDCG

    measures = dict(zip((nDCG @ 10, R @ 10, R @ 100, RR, AP), NAMES, strict=True))
    papers = list(dict.fromkeys(ranking))
    truth = [Qrel("q", key, 1) for key in set(gold)]
    run = [ScoredDoc("q", key, float(len(papers) - place)) for place, key in enumerate(papers)]
    found = {measures[metric.measure]: float(metric.value) for metric in iter_calc(list(measures), truth, run)}
    return {name: found[name] for name in NAMES}
