"""Linear layers of the encoder: where a CPU predicts in bf16, product, bias and GELU in one pass.

That operator is oneDNN's and private in PyTorch, so it is called here alone.
"""

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional


class Linear(nn.Linear):
    """A linear layer, if asked with a GELU behind it."""

    def __init__(self, width: int, to: int, *, gelu: bool = False) -> None:
        """Make the layer, without values."""
        super().__init__(width, to)
        self.gelu = gelu

    def forward(self, rows: Tensor) -> Tensor:
        """[rows, width] to [rows, to]."""
        return project(rows, self.weight, self.bias, gelu=self.gelu)


def project(rows: Tensor, weight: Tensor, bias: Tensor, *, gelu: bool = False) -> Tensor:
    """A product and a bias, and a GELU if asked for."""
    predicts = not torch.is_grad_enabled() and rows.dtype == torch.bfloat16 and rows.device.type == "cpu"
    if predicts and has_fused():
        return _fused(rows, weight, bias, gelu)
    projected = functional.linear(rows, weight, bias)
    return functional.gelu(projected) if gelu else projected


@cache
def has_fused() -> bool:
    """Whether the operator is there and says what PyTorch's own say, tried once."""
    generator = torch.Generator().manual_seed(0)
    rows, weight = (torch.randn(16, 16, generator=generator).bfloat16() for _ in range(2))
    bias = torch.randn(16, generator=generator).bfloat16()
    try:
        with torch.no_grad():
            wanted = functional.gelu(functional.linear(rows.float(), weight.float(), bias.float()))
            return torch.allclose(_fused(rows, weight, bias, True).float(), wanted, rtol=0.02, atol=0.02)
    except (RuntimeError, AttributeError, NotImplementedError):
        return False


def _fused(rows: Tensor, weight: Tensor, bias: Tensor, gelu: bool) -> Tensor:
    what, how = ("gelu", "none") if gelu else ("none", "")
    out: Tensor = torch.ops.mkldnn._linear_pointwise(rows, weight, bias, what, [], how)
    return out
