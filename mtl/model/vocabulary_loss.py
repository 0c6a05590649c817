"""Cross-entropy over a large vocabulary without the scores of all rows at once: a few at a time, twice."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

CHUNK = 256
"""Rows whose scores exist at one time: 256 x 250,002 in fp32 are 256 MB."""


class _ChunkedCrossEntropy(torch.autograd.Function):
    """Scores are computed in the forward pass for the losses, and again in the backward one for gradients."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, gold: Tensor) -> Tensor:
        ctx.save_for_backward(hidden, weight, bias, gold)
        losses = hidden.new_zeros(len(hidden), dtype=torch.float32)
        for i in range(0, len(hidden), CHUNK):
            scores = functional.linear(hidden[i : i + CHUNK], weight, bias).float()
            losses[i : i + CHUNK] = functional.cross_entropy(scores, gold[i : i + CHUNK], reduction="none")
        return losses

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor | None, Tensor, None]:
        (grad,) = grads
        hidden, weight, bias, gold = ctx.saved_tensors
        if not len(hidden):  # the table has a gradient from the encoder's input, also without one from here
            return torch.zeros_like(hidden), None, torch.zeros_like(bias), None
        grad_hidden = torch.zeros_like(hidden)
        # A frozen table needs no gradient, which would be the largest tensor of all.
        grad_weight = torch.zeros_like(weight, dtype=torch.float32) if ctx.needs_input_grad[1] else None
        grad_bias = torch.zeros_like(bias, dtype=torch.float32)
        for i in range(0, len(hidden), CHUNK):
            rows = hidden[i : i + CHUNK]
            scores = functional.linear(rows, weight, bias).float().softmax(-1)
            scores[torch.arange(len(rows), device=rows.device), gold[i : i + CHUNK]] -= 1
            scores *= grad[i : i + CHUNK, None]
            grad_bias += scores.sum(0)
            delta = scores.to(rows.dtype)
            grad_hidden[i : i + CHUNK] = delta @ weight
            if grad_weight is not None:
                grad_weight += delta.t() @ rows
        of_weight = None if grad_weight is None else grad_weight.to(weight.dtype)
        return grad_hidden, of_weight, grad_bias.to(bias.dtype), None


def vocabulary_cross_entropy(hidden: Tensor, weight: Tensor, bias: Tensor, gold: Tensor) -> Tensor:
    """The loss of each row of `hidden` [rows, width] for scores `hidden @ weight.T + bias`; fp32."""
    result: Tensor = _ChunkedCrossEntropy.apply(hidden, weight, bias, gold)  # type: ignore[no-untyped-call]
    return result
