"""The table of metrics: every name that tasks use, each with a main number that it really gives."""

from typing import Any

import pytest

from mtl.evaluate.metrics import METRICS, SpanAnswer

RIGHT: dict[str, tuple[list[Any], list[Any]]] = {
    "accuracy": (["yes", "no"], ["yes", "no"]),
    "accuracy_f1": (["0", "1"], ["0", "1"]),
    "squad": ([SpanAnswer("Paris")], [("paris", "Rome")]),
    "squad_v2": ([SpanAnswer("Paris", -3.0), SpanAnswer("", 5.0)], [("paris",), ()]),
    "mlqa": ([SpanAnswer("la casa")], [("casa",)]),
    "tag_accuracy": ([["N", "V"], ["N"]], [["N", "V"], ["N"]]),
    "span_f1": ([["B-PER", "I-PER"], ["O"]], [["B-PER", "I-PER"], ["O"]]),
    "bucc_f1": ([("de-1", "en-2")], [("de-1", "en-2")]),
    "tatoeba": (["4", "7"], ["4", "7"]),
    "map_at_20": ([["Q1", "Q2"]], [("Q1",)]),
}


def test_the_names_are_the_contract() -> None:
    assert set(METRICS) == set(RIGHT)
    assert all(metric.name == name for name, metric in METRICS.items())


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_all_right_scores_one_hundred(name: str) -> None:
    predictions, golds = RIGHT[name]
    numbers = METRICS[name].compute(predictions, golds, language="es")
    assert numbers[METRICS[name].main] == 100.0


@pytest.mark.parametrize("name", sorted(set(RIGHT) - {"bucc_f1"}))
def test_lists_of_unequal_length_are_refused(name: str) -> None:
    predictions, golds = RIGHT[name]
    with pytest.raises(AssertionError):
        METRICS[name].compute(predictions, [*golds, golds[0]], language="es")


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_to_score_is_refused(name: str) -> None:
    with pytest.raises(AssertionError):
        METRICS[name].compute([], [])
