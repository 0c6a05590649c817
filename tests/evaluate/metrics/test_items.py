"""Every metric says how its items are counted, or that they are not; what they add gives the metric's number."""

from typing import Any

import pytest

from mtl.evaluate.metrics import METRICS, SpanAnswer

ANSWERS = (
    [SpanAnswer("la casa roja"), SpanAnswer("Bern"), None],
    [("casa roja grande",), ("Bern", "Basel"), ("Roma",)],
)
HALF_RIGHT: dict[str, tuple[list[Any], list[Any]]] = {
    "accuracy": (["b", "a", "a"], ["b", "a", "b"]),
    "squad": ANSWERS,
    "mlqa": ANSWERS,
    "tag_accuracy": ([["A", "B"], ["B"]], [["A", "A"], ["B"]]),
    "span_f1": (
        [["B-PER", "I-PER", "O"], ["B-LOC", "B-LOC"], ["O"]],
        [["B-PER", "I-PER", "O"], ["B-LOC", "I-LOC"], ["B-PER"]],
    ),
    "tatoeba": (["4", "7"], ["4", "8"]),
    "map_at_20": ([["x", "y", "z"], ["x"]], [["y", "z"], ["x"]]),
}
UNCOUNTED = {"accuracy_f1", "squad_v2", "bucc_f1"}
"""Means of two ratios, numbers at a threshold, sets of pairs: studies test them over seeds alone."""


def test_every_metric_counts_its_items_or_is_known_not_to() -> None:
    assert {name for name, metric in METRICS.items() if metric.count is None} == UNCOUNTED
    assert {name for name, metric in METRICS.items() if metric.is_share_of_items} == {"accuracy", "tatoeba"}


@pytest.mark.parametrize("name", sorted(METRICS.keys() - UNCOUNTED))
def test_what_items_add_gives_the_number(name: str) -> None:
    metric, (predictions, golds) = METRICS[name], HALF_RIGHT[name]
    assert metric.count is not None
    parts = [metric.count(p, g, language="es") for p, g in zip(predictions, golds, strict=True)]
    top, bottom = (sum(values) for values in zip(*parts, strict=True))
    number = metric.compute(predictions, golds, language="es")[metric.main]
    assert 100 * top / bottom == pytest.approx(number) and 0 < number < 100
