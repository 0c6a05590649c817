"""The vocabulary's loss equals PyTorch's cross-entropy, and never holds all rows' scores."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from mtl.model import vocabulary_loss
from mtl.model.vocabulary_loss import vocabulary_cross_entropy

WIDTH, VOCABULARY = 6, 50


def make(rows: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(rows)
    hidden, weight, bias, upstream = (
        torch.randn(shape, generator=generator).to(dtype)
        for shape in ((rows, WIDTH), (VOCABULARY, WIDTH), (VOCABULARY,), (rows,))
    )
    gold = torch.randint(VOCABULARY, (rows,), generator=generator)
    return hidden.requires_grad_(), weight.requires_grad_(), bias.requires_grad_(), gold, upstream.float()


@given(rows=st.integers(1, 40), chunk=st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_values_and_gradients_are_cross_entropys(rows: int, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabulary_loss, "CHUNK", chunk)
        *ours, gold, upstream = make(rows)
        losses = vocabulary_cross_entropy(*ours, gold)
        losses.backward(upstream)
    *wanted, gold, upstream = make(rows)
    theirs = functional.cross_entropy(functional.linear(*wanted), gold, reduction="none")
    theirs.backward(upstream)
    torch.testing.assert_close(losses, theirs, rtol=1e-5, atol=1e-5)
    for own, other in zip(ours, wanted, strict=True):
        assert own.grad is not None
        torch.testing.assert_close(own.grad, other.grad, rtol=1e-4, atol=1e-5)


def test_no_rows_give_no_loss_zero_gradients_and_none_for_the_table_which_the_encoder_gives_one() -> None:
    hidden, weight, bias, gold, _ = make(0)
    losses = vocabulary_cross_entropy(hidden, weight, bias, gold)
    assert losses.shape == (0,)
    losses.sum().backward()
    assert weight.grad is None
    assert all(tensor.grad is not None and not tensor.grad.any() for tensor in (hidden, bias))


def test_half_precision_is_close_and_gives_fp32_losses() -> None:
    *ours, gold, upstream = make(30, torch.bfloat16)
    losses = vocabulary_cross_entropy(*ours, gold)
    losses.backward(upstream)
    assert losses.dtype == torch.float32
    exact = [tensor.detach().float().requires_grad_() for tensor in ours]
    wanted = functional.cross_entropy(functional.linear(*exact), gold, reduction="none")
    wanted.backward(upstream)
    torch.testing.assert_close(losses, wanted, rtol=0.02, atol=0.05)
    for own, other in zip(ours, exact, strict=True):
        assert own.grad is not None and own.grad.dtype == torch.bfloat16
        assert other.grad is not None
        assert (own.grad.float() - other.grad).norm() < 0.02 * other.grad.norm()


class Largest(TorchDispatchMode):
    """Notes the largest tensor that any operation gives."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.elements = max(self.elements, result.numel())
        return result


def test_the_scores_of_all_rows_never_exist_at_once() -> None:
    rows, width, vocabulary = 4 * vocabulary_loss.CHUNK, 4, 2000
    hidden, weight = (
        torch.randn(rows, width, requires_grad=True),
        torch.randn(vocabulary, width, requires_grad=True),
    )
    bias = torch.zeros(vocabulary, requires_grad=True)
    with Largest() as ours:
        vocabulary_cross_entropy(hidden, weight, bias, torch.zeros(rows, dtype=torch.long)).sum().backward()
    with Largest() as theirs:
        functional.cross_entropy(
            functional.linear(hidden, weight, bias), torch.zeros(rows, dtype=torch.long)
        ).backward()
    assert theirs.elements >= rows * vocabulary, "the measure sees what it should"
    assert ours.elements == vocabulary_loss.CHUNK * vocabulary
