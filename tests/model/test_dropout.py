"""Dropout on CPUs: the share that is asked for, the mean kept, places independent, draws that follow the seed."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.model.dropout import drop_out, noise

MANY = 1 << 20


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("probability", [0.001, 0.1, 0.5, 0.9])
def test_so_many_are_dropped_and_the_mean_stays(probability: float, dtype: torch.dtype) -> None:
    torch.manual_seed(7)
    dropped = drop_out(torch.ones(MANY, dtype=dtype), probability, training=True)
    zeros = float((dropped == 0).double().mean())
    spread = (probability * (1 - probability) / MANY) ** 0.5
    assert abs(zeros - probability) < 5 * spread + 2**-17
    (scale,) = dropped[dropped != 0].unique().tolist()
    assert scale == pytest.approx(1 / (1 - probability), rel=0.004 if dtype == torch.bfloat16 else 1e-4)


def test_neighbours_of_any_distance_are_dropped_independently() -> None:
    torch.manual_seed(8)
    dropped = (noise(torch.empty(MANY), 0.25) == 0).double()
    for distance in (1, 2, 3, 4, 5, 64, 256):
        both = float((dropped[distance:] * dropped[:-distance]).mean())
        assert abs(both - 0.25**2) < 5 * (0.25**2 / MANY) ** 0.5


def test_the_draws_follow_the_seed_and_go_on() -> None:
    values = torch.randn(3, 5)
    torch.manual_seed(1)
    first, second = drop_out(values, 0.5, training=True), drop_out(values, 0.5, training=True)
    torch.manual_seed(1)
    assert torch.equal(drop_out(values, 0.5, training=True), first)
    assert not torch.equal(first, second)


def test_what_is_empty_draws_nothing() -> None:
    torch.manual_seed(1)
    first = noise(torch.empty(5), 0.5)
    torch.manual_seed(1)
    noise(torch.empty(0, 3), 0.5)
    assert torch.equal(noise(torch.empty(5), 0.5), first)


@given(shape=st.lists(st.integers(0, 9), min_size=1, max_size=3))
@settings(max_examples=40)
def test_any_shape_also_an_empty_one(shape: list[int]) -> None:
    values = torch.ones(shape, requires_grad=True)
    dropped = drop_out(values, 0.5, training=True)
    dropped.sum().backward()
    assert values.grad is not None
    assert dropped.shape == values.shape
    assert torch.equal(values.grad, dropped.detach())  # of ones, what remains is the factor itself


@pytest.mark.parametrize("probability", [0.0, 1e-6, 1.0])
def test_the_ends_are_finite(probability: float) -> None:
    dropped = drop_out(torch.ones(1000), probability, training=True)
    assert torch.isfinite(dropped).all()
    assert float((dropped == 0).float().mean()) == pytest.approx(probability, abs=0.01)


def test_nothing_is_dropped_in_evaluation() -> None:
    values = torch.randn(100)
    assert torch.equal(drop_out(values, 0.9, training=False), values)
