"""Attention within each document of a strip, and never across: the one place that knows kernels.

On CUDA in half precision the flash kernel takes the documents' bounds directly. Elsewhere documents of equal
or nearly equal length are stacked (they lie sorted in the strip) and go through PyTorch's own attention, one
group after another; where half precision trains on a CPU, through products written out, which are faster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mtl.model.moving import move

WASTE = 0.05
"""A group may spend this share of its rows on filling shorter documents up to its longest."""
FLASH_LENGTHS = (64, 128, 256, 512)
"""The bounds told to the flash kernel: few distinct numbers, so that compiled code is reused."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Neighbouring documents of a strip, stacked to [count, length]."""

    size: int
    """Rows of the strip."""
    count: int
    length: int
    gather: Tensor | None
    """[count * length] rows of the group that fill the stack; None where all documents are equally long."""
    scatter: Tensor | None
    """[size] rows of the stack that are real."""
    mask: Tensor | None
    """[count, 1, 1, length] true where a key is real."""


@dataclass(frozen=True, kw_only=True)
class Documents:
    """The documents of a strip as the kernels want them, made once a strip and used by every layer."""

    groups: tuple[Group, ...]
    """Empty where the flash kernel is used."""
    bounds: Tensor | None
    """int32 [num_documents + 1] on the device, for the flash kernel."""
    longest: int


def plan_documents(bounds: NDArray[np.int64], *, device: torch.device, dtype: torch.dtype) -> Documents:
    """Prepare the documents between `bounds`, which fall in length."""
    longest = int(bounds[1] - bounds[0])
    if _has_flash(device, dtype):
        upper = next((n for n in FLASH_LENGTHS if n >= longest), longest)
        (on_device,) = move([bounds], device)
        return Documents(groups=(), bounds=on_device.int(), longest=upper)
    groups = tuple(_group(bounds, first, last, device) for first, last in _runs(np.diff(bounds)))
    return Documents(groups=groups, bounds=None, longest=longest)


@cache
def _has_flash(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether the flash kernel runs here, tried once with two short documents; older cards have none."""
    if device.type != "cuda" or dtype not in (torch.bfloat16, torch.float16):
        return False
    bounds = torch.tensor([0, 5, 8], dtype=torch.int32, device=device)
    qkv = torch.zeros(8, 3, 1, 64, dtype=dtype, device=device, requires_grad=True)
    try:
        with torch.enable_grad():
            _flash(qkv, Documents(groups=(), bounds=bounds, longest=FLASH_LENGTHS[0]), 0.1).sum().backward()  # type: ignore[no-untyped-call]
    except (RuntimeError, TypeError, AttributeError):
        return False
    return True


def _runs(lengths: NDArray[np.int64]) -> Sequence[tuple[int, int]]:
    """Ranges of documents whose stack wastes at most WASTE of its rows."""
    runs = []
    first, total = 0, 0
    for i, length in enumerate(lengths.tolist()):
        stacked = int(lengths[first]) * (i + 1 - first)
        if stacked - (total + length) > WASTE * stacked:
            runs.append((first, i))
            first, total = i, 0
        total += length
    return [*runs, (first, len(lengths))]


def _group(bounds: NDArray[np.int64], first: int, last: int, device: torch.device) -> Group:
    start, stop = int(bounds[first]), int(bounds[last])
    lengths = np.diff(bounds[first : last + 1])
    count, length = last - first, int(lengths[0])
    if count * length == stop - start:
        return Group(size=stop - start, count=count, length=length, gather=None, scatter=None, mask=None)
    column = np.arange(length)
    real = column < lengths[:, None]
    # What fills a short document is its own last row: another's would carry a NaN across, masked or not.
    gather = bounds[first:last, None] - start + np.minimum(column, lengths[:, None] - 1)
    return Group(
        size=stop - start,
        count=count,
        length=length,
        gather=torch.as_tensor(gather.reshape(-1), device=device),
        scatter=torch.as_tensor(np.flatnonzero(real), device=device),
        mask=torch.as_tensor(real[:, None, None, :], device=device),
    )


def attend(qkv: Tensor, documents: Documents, *, heads: int, dropout: float) -> Tensor:
    """Self-attention over a strip: queries, keys and values [tokens, 3 * hidden] in, [tokens, hidden] out."""
    tokens, width = qkv.shape
    if documents.bounds is not None:
        return _flash(qkv.view(tokens, 3, heads, -1), documents, dropout).reshape(tokens, width // 3)
    # One split, not a slice a group: the backward of a slice fills a whole strip with zeros.
    rows = torch.split(qkv, [group.size for group in documents.groups])
    parts = [
        _attend_group(part, group, heads, dropout) for part, group in zip(rows, documents.groups, strict=True)
    ]
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _attend_group(rows: Tensor, group: Group, heads: int, dropout: float) -> Tensor:
    stacked = rows if group.gather is None else rows.index_select(0, group.gather)
    qkv = stacked.view(group.count, group.length, 3, heads, -1).permute(2, 0, 3, 1, 4)
    if qkv.requires_grad and qkv.device.type == "cpu" and qkv.dtype != torch.float32:
        out = _written_out(qkv, group.mask, dropout)
    else:
        q, k, v = qkv
        out = functional.scaled_dot_product_attention(q, k, v, attn_mask=group.mask, dropout_p=dropout)
    flat = out.transpose(1, 2).reshape(group.count * group.length, -1)
    return flat if group.scatter is None else flat.index_select(0, group.scatter)


def _written_out(qkv: Tensor, mask: Tensor | None, dropout: float) -> Tensor:
    """Attention as the definition has it: PyTorch's backward for CPUs is slow in half precision."""
    _, count, heads, length, width = qkv.shape
    q, k, v = qkv.reshape(3, count * heads, length, width).unbind()
    scores = torch.baddbmm(q.new_empty(()), q, k.transpose(1, 2), beta=0, alpha=width**-0.5)
    if mask is not None:
        scores.view(count, heads, length, length).masked_fill_(~mask, -torch.inf)
    weights = functional.dropout(torch.softmax(scores, dim=-1), dropout)
    return torch.bmm(weights, v).view(count, heads, length, width)


def _flash(qkv: Tensor, documents: Documents, dropout: float) -> Tensor:
    """The flash kernel over documents of any lengths; private in PyTorch, so it is called here alone."""
    q, k, v = qkv.unbind(1)
    bounds, longest = documents.bounds, documents.longest
    out: Tensor = torch.ops.aten._flash_attention_forward(
        q, k, v, bounds, bounds, longest, longest, dropout, False, False, scale=q.shape[-1] ** -0.5
    )[0]
    return out
