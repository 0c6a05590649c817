"""What the metrics compute alike, in the order of operations that gives the benchmarks' last digits."""

from collections.abc import Iterable, Sequence
from typing import Any


def total(values: Iterable[float]) -> float:
    """The sum from left to right: the built-in `sum` rounds differently from Python 3.12 on."""
    result = 0.0
    for value in values:
        result += value
    return result


def mean(values: Sequence[float]) -> float:
    """The plain mean of at least one value."""
    assert values, "the mean of nothing"
    return total(values) / len(values)


def percentage(values: Sequence[float]) -> float:
    """The mean of fractions as a percentage, in the order of SQuAD's arithmetic."""
    assert values, "the percentage of nothing"
    return 100.0 * total(values) / len(values)


def precision_recall_f1(correct: int, *, predicted: int, gold: int) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean as fractions; what cannot be divided is 0."""
    precision = correct / predicted if predicted else 0.0
    recall = correct / gold if gold else 0.0
    f1 = 2 * precision * recall / (precision + recall) if correct else 0.0
    return precision, recall, f1


def check_aligned(predictions: Sequence[Any], golds: Sequence[Any]) -> None:
    """Our own invariant: as many predictions as golds, and something to score."""
    assert len(predictions) == len(golds), f"{len(predictions)} predictions for {len(golds)} golds"
    assert golds, "nothing to score"
