"""The flash kernel: attention in half precision on CUDA, told where documents begin instead of a mask.

It is private in PyTorch, so it is called here alone.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mtl.model.moving import move

LENGTHS = (64, 128, 256, 512)
"""The greatest lengths told to the kernel: few distinct numbers, so that compiled code is reused."""


@dataclass(frozen=True, kw_only=True)
class FlashBounds:
    """What the kernel is told of documents: where each begins, int32 [num_documents + 1] on the device."""

    keys: Tensor
    queries: Tensor
    longest: int
    """No document has more keys."""
    most: int
    """No document has more queries."""


def flash_bounds(keys: NDArray[np.int64], queries: NDArray[np.int64], device: torch.device) -> FlashBounds:
    """Documents of so many keys and queries each."""
    starts = [np.concatenate([[0], np.cumsum(counts)]) for counts in (keys, queries)]
    of_keys, of_queries = move(starts, device)
    return FlashBounds(
        keys=of_keys.int(),
        queries=of_queries.int(),
        longest=_bound(int(keys.max())),
        most=_bound(int(queries.max())),
    )


def _bound(longest: int) -> int:
    return next((n for n in LENGTHS if n >= longest), longest)


@cache
def has_flash(device: torch.device, dtype: torch.dtype, width: int) -> bool:
    """Whether the kernel runs here for heads so wide, tried once; older cards have none."""
    if device.type != "cuda" or dtype not in (torch.bfloat16, torch.float16):
        return False
    try:
        _try(device, dtype, width)
    except torch.OutOfMemoryError:  # of these few numbers: another process fills the GPU
        raise
    except (RuntimeError, TypeError, AttributeError):
        return False
    return True


def _try(device: torch.device, dtype: torch.dtype, width: int) -> None:
    """Forward and backward of two short documents."""
    lengths = np.array([5, 3])
    # Whoever asks first may predict, and the answer is kept for those who train.
    with torch.inference_mode(False), torch.enable_grad():
        q, k, v = torch.zeros(3, 8, 1, width, dtype=dtype, device=device, requires_grad=True).unbind()
        flash(q, k, v, flash_bounds(lengths, lengths, device), 0.1).sum().backward()  # type: ignore[no-untyped-call]


def flash(q: Tensor, k: Tensor, v: Tensor, bounds: FlashBounds, dropout: float) -> Tensor:
    """Attention of [queries, heads, width] to [keys, heads, width]."""
    width = q.shape[-1]
    if width % 8:  # the kernel takes no other
        q, k, v = (functional.pad(each, (0, -width % 8)) for each in (q, k, v))
    out: Tensor = torch.ops.aten._flash_attention_forward(
        q,
        k,
        v,
        bounds.queries,
        bounds.keys,
        bounds.most,
        bounds.longest,
        dropout,
        False,
        False,
        scale=width**-0.5,
    )[0]
    return out[..., :width]
