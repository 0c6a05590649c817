"""The fused way of a linear layer says what PyTorch's own operators say, and serves prediction alone."""

import pytest
import torch
from torch.nn import functional

from mtl.model import linear
from mtl.model.linear import Linear, project


@pytest.mark.parametrize("gelu", [False, True])
@pytest.mark.parametrize("shape", [(1, 8, 24), (130, 64, 16), (256, 256, 1024)])
def test_predicting_in_bf16_is_as_near_to_fp32_as_the_plain_way(
    shape: tuple[int, int, int], gelu: bool
) -> None:
    generator = torch.Generator().manual_seed(sum(shape))
    num_rows, width, to = shape
    rows, weight = (torch.randn(n, width, generator=generator).bfloat16() for n in (num_rows, to))
    bias = torch.randn(to, generator=generator).bfloat16()
    exact = functional.linear(rows.float(), weight.float(), bias.float())
    plain = functional.linear(rows, weight, bias)
    wanted = functional.gelu(exact) if gelu else exact
    with torch.no_grad():
        fused = project(rows, weight, bias, gelu=gelu)
    by_the_way = (functional.gelu(plain) if gelu else plain).float()
    assert fused.dtype == torch.bfloat16
    assert (fused.float() - wanted).abs().max() <= 1.1 * (by_the_way - wanted).abs().max() + 1e-6


def test_slices_of_a_weight_are_projected_as_they_stand() -> None:
    rows, weight, bias = (
        torch.randn(32, 16).bfloat16(),
        torch.randn(48, 16).bfloat16(),
        torch.zeros(48).bfloat16(),
    )
    with torch.no_grad():
        whole, part = project(rows, weight, bias), project(rows, weight[16:], bias[16:])
    torch.testing.assert_close(part, whole[:, 16:])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_training_goes_the_plain_way(monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype) -> None:
    monkeypatch.setattr(linear, "_fused", None)  # calling it would fail
    layer = Linear(8, 4, gelu=True).to(dtype)
    layer(torch.randn(3, 8, dtype=dtype)).sum().backward()
    assert layer.weight.grad is not None


def test_without_the_operator_the_plain_way_serves_prediction_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "has_fused", lambda: False)
    layer = Linear(8, 4, gelu=True).bfloat16()
    rows = torch.randn(3, 8).bfloat16()
    with torch.no_grad():
        assert torch.equal(layer(rows), functional.gelu(functional.linear(rows, layer.weight, layer.bias)))
