"""Attention within each document of a strip, and never across: the one place that chooses kernels.

On CUDA in half precision the flash kernel takes the documents' bounds directly. Elsewhere stacks of documents
go one group after another through PyTorch's own attention, or, where a CPU trains, through products written
out, which are faster.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from mtl.model.documents import Documents, Group, Stack, split
from mtl.model.flash import flash
from mtl.model.written_out import WrittenOut


def attend(qkv: Tensor, documents: Documents, *, heads: int, dropout: float) -> Tensor:
    """Of all rows of a strip: queries, keys and values [tokens, 3 * hidden] in, [tokens, hidden] out."""
    if documents.bounds is not None:
        q, k, v = qkv.view(len(qkv), 3, heads, -1).unbind(1)
        return flash(q, k, v, documents.bounds, dropout).reshape(len(qkv), -1)
    if _trains_on_cpu(qkv):
        return _written_out(documents, heads, dropout, qkv)
    *rows, rest = split(qkv, [group.keys for group in documents.groups])
    parts = [
        _attend_group(*_by_head(own, group.keys, 3, heads), group=group, dropout=dropout)
        for own, group in zip(rows, documents.groups, strict=True)
    ]
    return _join(parts, rest)


def attend_asking(q: Tensor, kv: Tensor, documents: Documents, *, heads: int, dropout: float) -> Tensor:
    """Of the asking rows alone: [asking, hidden] and [tokens, 2 * hidden] in, [asking, hidden] out."""
    if documents.bounds is not None:
        k, v = kv.view(len(kv), 2, heads, -1).unbind(1)
        return flash(q.view(len(q), heads, -1), k, v, documents.bounds, dropout).reshape(q.shape)
    if _trains_on_cpu(kv):
        return _written_out(documents, heads, dropout, q, kv)
    *asking, rest = split(q, [group.queries for group in documents.groups])
    *rows, _ = split(kv, [group.keys for group in documents.groups])
    parts = [
        _attend_group(
            *_by_head(ask, group.queries, 1, heads),
            *_by_head(own, group.keys, 2, heads),
            group=group,
            dropout=dropout,
        )
        for ask, own, group in zip(asking, rows, documents.groups, strict=True)
    ]
    return _join(parts, rest)


def _trains_on_cpu(rows: Tensor) -> bool:
    return rows.requires_grad and rows.device.type == "cpu"


def _written_out(documents: Documents, heads: int, dropout: float, *inputs: Tensor) -> Tensor:
    mixed: Tensor = WrittenOut.apply(documents.groups, heads, dropout, *inputs)  # type: ignore[no-untyped-call]
    return mixed


def _join(parts: list[Tensor], rest: Tensor) -> Tensor:
    """The rows of all groups; those of no document get nothing."""
    if len(rest):
        parts = [*parts, parts[0].new_zeros(len(rest), parts[0].shape[1])]
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _by_head(rows: Tensor, stack: Stack, parts: int, heads: int) -> Sequence[Tensor]:
    """Rows of so many parts [size, parts * hidden] as stacks, each [count, heads, length, width]."""
    stacked = rows if stack.uneven is None else rows.index_select(0, stack.uneven.gather)
    width = rows.shape[1] // parts // heads
    return stacked.view(-1, stack.length, parts, heads, width).permute(2, 0, 3, 1, 4).unbind()


def _attend_group(q: Tensor, k: Tensor, v: Tensor, *, group: Group, dropout: float) -> Tensor:
    out = functional.scaled_dot_product_attention(q, k, v, attn_mask=group.bias, dropout_p=dropout)
    stack = group.queries
    flat = out.transpose(1, 2).reshape(stack.count * stack.length, -1)
    return flat if stack.uneven is None else flat.index_select(0, stack.uneven.real)
