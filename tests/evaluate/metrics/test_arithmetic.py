"""Sums and quotients keep the last digit that the benchmarks print."""

import pytest

from mtl.evaluate.metrics.arithmetic import check_aligned, mean, percentage, precision_recall_f1, total


def test_a_sum_is_rounded_after_each_step_in_every_version_of_python() -> None:
    assert total([0.1] * 10) == 0.9999999999999999
    assert mean([0.1] * 10) == 0.09999999999999999


def test_a_percentage_multiplies_before_it_divides() -> None:
    assert percentage([1.0, 1.0, 0.0]) == 200.0 / 3


def test_what_cannot_be_divided_is_zero() -> None:
    assert precision_recall_f1(0, predicted=0, gold=0) == (0.0, 0.0, 0.0)
    assert precision_recall_f1(0, predicted=3, gold=0) == (0.0, 0.0, 0.0)
    assert precision_recall_f1(1, predicted=2, gold=1) == (0.5, 1.0, 2 / 3)


@pytest.mark.parametrize(("predictions", "golds"), [([1], [1, 2]), ([], [])])
def test_unequal_or_empty_lists_are_refused(predictions: list[int], golds: list[int]) -> None:
    with pytest.raises(AssertionError):
        check_aligned(predictions, golds)
