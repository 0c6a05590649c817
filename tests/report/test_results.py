"""Deviations are those of the seeds; a task's main number is the one that its metric declares."""

import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.evaluate.metrics import METRICS, Metric, SpanAnswer
from mtl.report.results import Results, Sample, difference, mean_of
from tests.kit.runs import results_of, scores_of

ANSWERS = ([SpanAnswer("Paris")], [("Paris",)])
SAMPLES: dict[str, tuple[list[Any], list[Any]]] = {
    "accuracy": (["a"], ["a"]),
    "accuracy_f1": (["0", "1"], ["0", "1"]),
    "squad": ANSWERS,
    "squad_v2": ANSWERS,
    "mlqa": ANSWERS,
    "tag_accuracy": ([["O"]], [["O"]]),
    "span_f1": ([["B-LOC"]], [["B-LOC"]]),
    "bucc_f1": ([("x-1", "en-1")], [("x-1", "en-1")]),
    "tatoeba": (["0"], ["0"]),
    "map_at_20": ([["Q1"]], [["Q1"]]),
}


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_the_main_number_is_the_one_that_the_metric_declares(metric: Metric) -> None:
    numbers = metric.compute(*SAMPLES[metric.name])
    scores = {"task": {"avg": numbers, "en": numbers}}
    results = Results(arms={"none": {0: scores}}, baseline=None, problems=())
    assert results.main("task") == metric.main


@given(st.lists(st.floats(0, 100), min_size=2, max_size=8))
def test_a_deviation_is_that_of_the_statistics_module(values: list[float]) -> None:
    sample = Sample(tuple(values))
    assert sample.mean == pytest.approx(statistics.fmean(values))
    assert sample.deviation == pytest.approx(statistics.stdev(values), abs=1e-6)
    assert Sample(tuple(values[:1])).deviation is None


def test_a_measure_of_measures_is_there_only_where_all_of_them_are() -> None:
    scores = {**scores_of("xnli", ("en",), english=60.0), **scores_of("xcopa", ("et",), english=50.0)}
    results = results_of(none=scores)
    xnli, xcopa = results.of_task("xnli"), results.of_task("xcopa")
    assert (mean_of([xnli, xcopa])(scores), difference(xnli, xcopa)(scores)) == (55.0, 10.0)
    half = {"xnli": scores["xnli"]}
    assert (mean_of([xnli, xcopa])(half), difference(xnli, xcopa)(half)) == (None, None)
    assert mean_of([])(scores) is None
