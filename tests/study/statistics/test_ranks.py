"""Rank correlation: hand-worked and library values, an interval that never claims certainty, and what is too little."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from mtl.study.statistics.ranks import rank_correlation


def test_the_correlation_is_the_library_s_also_with_ties() -> None:
    generator = np.random.default_rng(0)
    for num in (4, 6, 9):
        first, second = generator.integers(0, 5, num), generator.normal(size=num)
        found = rank_correlation(first.tolist(), second.tolist(), key=1)
        assert found is not None and found.rho == pytest.approx(spearmanr(first, second).statistic)
        assert -1 <= found.low <= found.rho <= found.high <= 1


def test_few_pairs_try_every_order() -> None:
    found = rank_correlation([1, 2, 3, 4], [9, 7, 5, 3], key=1)
    assert found is not None and found.rho == pytest.approx(-1)
    assert found.p == pytest.approx(2 / 24)  # this order and its reverse, of 4! orders


def test_a_perfect_order_of_few_leaves_room_for_doubt() -> None:
    found = rank_correlation([1, 2, 3, 4, 5], [5, 4, 3, 2, 1], key=1)
    assert found is not None and found.low == pytest.approx(-1, abs=0.02) and -0.5 < found.high < 0
    more = rank_correlation(list(range(20)), list(range(20)), key=1)
    assert more is not None and more.low > 0.9


def test_of_unrelated_orders_one_in_twenty_seems_related() -> None:
    generator = np.random.default_rng(1)
    found = [
        rank_correlation(generator.normal(size=6).tolist(), generator.normal(size=6).tolist(), key=n)
        for n in range(150)
    ]
    share = np.mean([each.p < 0.05 for each in found if each is not None])
    assert share < 0.1


@pytest.mark.parametrize("first", [[1, 2, 3], [1, 1, 1, 1, 1]])
def test_too_few_or_all_alike_say_nothing(first: list[float]) -> None:
    assert rank_correlation(first, list(range(len(first))), key=1) is None
