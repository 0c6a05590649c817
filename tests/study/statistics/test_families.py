"""Holm's adjustment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.study.statistics.families import holm

P = st.floats(0, 1)


def test_hand_worked() -> None:
    # Sorted 0.005 0.01 0.03 0.04, times 4 3 2 1: 0.02 0.03 0.06 0.04; the last may not fall below the third.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.2, 0.9]) == pytest.approx([0.4, 0.9])
    assert holm([]) == []


@given(st.lists(P, min_size=1, max_size=20))
def test_between_the_value_and_bonferroni_and_in_the_same_order(values: list[float]) -> None:
    adjusted = holm(values)
    for value, after in zip(values, adjusted, strict=True):
        assert value <= after <= max(min(1.0, value * len(values)), value)
    for i in np.argsort(values)[:-1]:
        assert all(adjusted[i] <= adjusted[j] for j in range(len(values)) if values[j] >= values[i])


def test_any_false_positive_in_a_family_is_as_rare_as_stated() -> None:
    families = np.random.default_rng(0).random((4000, 10))
    rate = np.mean([min(holm(list(family))) < 0.05 for family in families])
    assert 0.04 < rate < 0.06
    assert (families.min(1) < 0.05).mean() > 0.35  # without it
