"""Analysis of variance with two factors."""

import numpy as np
import pytest
from scipy import stats

from mtl.study.statistics.effects import two_way

NAMES = ("arm", "target")


def test_hand_worked() -> None:
    # Cell means 2 4 / 6 12, mean 6: rows 3 9, columns 4 8; every cell scatters by +-1.
    rows, columns, both, rest = two_way([[[1, 3], [3, 5]], [[5, 7], [11, 13]]], names=NAMES)
    assert [line.name for line in (rows, columns, both, rest)] == ["arm", "target", "arm x target", "rest"]
    assert [line.squares for line in (rows, columns, both, rest)] == pytest.approx([72, 32, 8, 8])
    assert [line.freedom for line in (rows, columns, both, rest)] == [1, 1, 1, 4]
    assert [line.f for line in (rows, columns, both)] == pytest.approx([36, 16, 4])
    assert [line.p for line in (rows, columns, both)] == pytest.approx(
        [stats.f.sf(f, 1, 4) for f in (36, 16, 4)]
    )
    assert sum(line.share for line in (rows, columns, both, rest)) == pytest.approx(1)
    assert rest.f is None and rest.p is None


def test_equal_to_least_squares_of_nested_models() -> None:
    values = np.random.default_rng(0).normal(size=(3, 4, 5))
    row, column = (index.ravel() for index in np.indices((3, 4, 5))[:2])
    ones, by_row, by_column = np.ones((60, 1)), np.eye(3)[row], np.eye(4)[column]
    crossed = (by_row[:, :, None] * by_column[:, None, :]).reshape(60, 12)

    def left(*blocks: np.ndarray) -> float:
        design = np.hstack(blocks)
        found = np.linalg.lstsq(design, values.ravel())[0]
        return float(((values.ravel() - design @ found) ** 2).sum())

    additive, full = left(ones, by_row, by_column), left(crossed)
    lines = {line.name: line for line in two_way(values, names=NAMES)}
    assert lines["arm"].squares == pytest.approx(left(ones, by_column) - additive)
    assert lines["target"].squares == pytest.approx(left(ones, by_row) - additive)
    assert lines["arm x target"].squares == pytest.approx(additive - full)
    assert lines["rest"].squares == pytest.approx(full)
    assert lines["arm x target"].f == pytest.approx((additive - full) / 6 / (full / 48))


def test_with_one_number_a_cell_the_interaction_is_the_noise() -> None:
    rows, _columns, both = two_way([[[1], [2]], [[2], [4]], [[3], [9]]], names=NAMES)
    assert both.f is None and both.freedom == 2
    assert rows.f == pytest.approx(rows.squares / 2 / (both.squares / 2))


def test_no_noise_is_no_test() -> None:
    assert all(line.p is None for line in two_way(np.ones((2, 2, 2)), names=NAMES))


def test_without_effects_false_positives_are_as_rare_as_stated() -> None:
    generator = np.random.default_rng(1)
    tables = [two_way(generator.normal(size=(4, 3, 3)), names=NAMES) for _ in range(1000)]
    for place in range(3):
        rate = np.mean([(table[place].p or 0) < 0.05 for table in tables])
        assert 0.03 < rate < 0.07, (place, rate)
