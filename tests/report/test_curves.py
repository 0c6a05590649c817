"""Curves come from the diary whole, and are thinned without losing their ends."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.journal import metrics_line
from mtl.report.curves import Curve, read_curves, smoothed, thinned
from mtl.report.files import DamagedError


def test_every_scalar_is_a_curve_over_its_own_steps(tmp_path: Path) -> None:
    lines = [{"loss": 2.0}, {"loss": 1.0, "loss/xnli": 0.5}]
    text = "".join(f"{metrics_line(step, line)}\n" for step, line in enumerate(lines))
    (tmp_path / "metrics.jsonl").write_text(text + '{"step": 2, "lo', encoding="utf-8")
    curves = read_curves(tmp_path / "metrics.jsonl")
    assert curves == {"loss": Curve((0, 1), (2.0, 1.0)), "loss/xnli": Curve((1,), (0.5,))}


def test_a_number_that_is_not_finite_is_no_point(tmp_path: Path) -> None:
    text = "".join(
        f"{metrics_line(step, {'loss': loss})}\n" for step, loss in enumerate([1.0, math.nan, 3.0])
    )
    (tmp_path / "metrics.jsonl").write_text(text, encoding="utf-8")
    assert read_curves(tmp_path / "metrics.jsonl") == {"loss": Curve((0, 2), (1.0, 3.0))}


def test_no_diary_is_no_curve(tmp_path: Path) -> None:
    assert read_curves(tmp_path / "metrics.jsonl") == {}


@pytest.mark.parametrize(
    "line", ["{", "{}", '{"step": "x", "loss": 1}', "[1]", '{"loss": 1}', '{"step": 1, "loss": "low"}', "7"]
)
def test_a_damaged_diary_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "metrics.jsonl"
    file.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(DamagedError, match=r"metrics\.jsonl: not a diary"):
        read_curves(file)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=400), st.integers(1, 60))
def test_thinning_keeps_the_mean_the_last_step_and_the_bound(values: list[float], most: int) -> None:
    curve = Curve(tuple(range(len(values))), tuple(values))
    thin = thinned(curve, most)
    assert len(thin.steps) == len(thin.values) <= most
    assert thin.steps[-1] == len(values) - 1
    assert min(values) - 1e-9 <= min(thin.values) and max(thin.values) <= max(values) + 1e-9
    assert thinned(curve, len(values)) == curve


@given(st.floats(-1e3, 1e3), st.integers(1, 50))
def test_smoothing_leaves_a_constant_alone(value: float, count: int) -> None:
    curve = smoothed(Curve(tuple(range(count)), (value,) * count))
    assert all(math.isclose(each, value, rel_tol=1e-9, abs_tol=1e-9) for each in curve.values)
