"""Scores of retrieval: F1 of mined sentence pairs (BUCC), and mean average precision of ranked lists."""

from collections.abc import Sequence

from mtl.evaluate.metrics.arithmetic import check_aligned, mean, precision_recall_f1

DEPTH = 20


def bucc_f1(
    predictions: Sequence[tuple[str, str]], golds: Sequence[tuple[str, str]], *, language: str = "en"
) -> dict[str, float]:
    """F1, precision and recall of two sets of (source id, target id); order and repetition do not matter."""
    found, wanted = set(predictions), set(golds)
    assert wanted, "nothing to score"
    precision, recall, f1 = precision_recall_f1(len(found & wanted), predicted=len(found), gold=len(wanted))
    return {"f1": f1 * 100, "precision": precision * 100, "recall": recall * 100}


def map_at_20(
    predictions: Sequence[Sequence[str]], golds: Sequence[Sequence[str]], *, language: str = "en"
) -> dict[str, float]:
    """Mean average precision within the first 20; with one target a query, the mean reciprocal rank."""
    check_aligned(predictions, golds)
    precisions = [average_precision(p, g) for p, g in zip(predictions, golds, strict=True)]
    return {f"map@{DEPTH}": mean(precisions) * 100}


def average_precision(ranking: Sequence[str], targets: Sequence[str], *, depth: int = DEPTH) -> float:
    """The precision at each hit within the depth, summed, over as many hits as could have been."""
    remaining = set(targets)
    assert remaining, "a query without a target"
    most = min(len(remaining), depth)
    precisions = 0.0
    hits = 0
    for rank, candidate in enumerate(ranking[:depth], start=1):
        if candidate in remaining:
            remaining.remove(candidate)  # a candidate that is listed twice is found once
            hits += 1
            precisions += hits / rank
    return precisions / most
