"""Analysis of variance with two factors, and models that stand in all columns."""

import numpy as np
import pytest
from scipy import stats

from mtl.study.statistics.effects import two_way

NAMES = ("arm", "models", "target")


def test_hand_worked() -> None:
    # Cell means 2 4 / 6 12, mean 6: rows 3 9, columns 4 8. The first row's models are 1 off in both columns, the
    # second row's in one this way and in the other that way.
    lines = two_way([[[1, 3], [3, 5]], [[5, 7], [13, 11]]], names=NAMES)
    assert [line.name for line in lines] == ["arm", "models", "target", "arm x target", "rest"]
    assert [line.squares for line in lines] == pytest.approx([72, 4, 32, 8, 4])
    assert [line.freedom for line in lines] == [1, 2, 1, 1, 2]
    wanted = [72 / (4 / 2), 32 / (4 / 2), 8 / (4 / 2)]
    tested = [lines[0], lines[2], lines[3]]
    assert [line.f for line in tested] == pytest.approx(wanted)
    assert [line.p for line in tested] == pytest.approx([stats.f.sf(f, 1, 2) for f in wanted])
    assert sum(line.share for line in lines) == pytest.approx(1)
    assert lines[1].f is None and lines[4].f is None and lines[4].p is None


def test_equal_to_least_squares_of_nested_models() -> None:
    values = np.random.default_rng(0).normal(size=(3, 4, 5))
    row, column, unit = (index.ravel() for index in np.indices((3, 4, 5)))
    ones, by_row, by_column = np.ones((60, 1)), np.eye(3)[row], np.eye(4)[column]
    crossed = (by_row[:, :, None] * by_column[:, None, :]).reshape(60, 12)
    models = np.eye(15)[5 * row + unit]

    def left(*blocks: np.ndarray) -> float:
        design = np.hstack(blocks)
        found = np.linalg.lstsq(design, values.ravel())[0]
        return float(((values.ravel() - design @ found) ** 2).sum())

    additive, full, rest = left(ones, by_row, by_column), left(crossed), left(crossed, models)
    lines = {line.name: line for line in two_way(values, names=NAMES)}
    assert lines["arm"].squares == pytest.approx(left(ones, by_column) - additive)
    assert lines["target"].squares == pytest.approx(left(ones, by_row) - additive)
    assert lines["arm x target"].squares == pytest.approx(additive - full)
    assert lines["models"].squares == pytest.approx(full - rest)
    assert lines["rest"].squares == pytest.approx(rest)
    assert lines["arm x target"].f == pytest.approx((additive - full) / 6 / (rest / 36))


def test_with_one_number_a_cell_the_interaction_is_the_noise() -> None:
    rows, _columns, both = two_way([[[1], [2]], [[2], [4]], [[3], [9]]], names=NAMES)
    assert both.f is None and both.freedom == 2
    assert rows.f == pytest.approx(rows.squares / 2 / (both.squares / 2))


def test_no_noise_is_no_test() -> None:
    assert all(line.p is None for line in two_way(np.ones((2, 2, 2)), names=NAMES))


@pytest.mark.parametrize("of_models", [0.0, 2.0])
def test_without_effects_false_positives_are_as_rare_as_stated(of_models: float) -> None:
    dice = np.random.default_rng(1)
    draws = (dice.normal(size=(4, 3, 3)) + of_models * dice.normal(size=(4, 1, 3)) for _ in range(1000))
    tables = [{line.name: line.p for line in two_way(values, names=NAMES)} for values in draws]
    for name in ("arm", "target", "arm x target"):
        rate = np.mean([(table[name] or 0) < 0.05 for table in tables])
        assert 0.03 < rate < 0.07, (name, rate)
