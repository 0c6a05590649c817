"""Attention within each document of a strip, and never across: the one place that chooses kernels.

On CUDA in half precision the flash kernel takes the documents' bounds directly. Elsewhere stacks of documents
go through PyTorch's own attention, one group after another; where half precision trains on a CPU, through
products written out, which are faster.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from mtl.model.documents import Documents, Group, Stack
from mtl.model.flash import flash


def attend(qkv: Tensor, documents: Documents, *, heads: int, dropout: float) -> Tensor:
    """Of all rows of a strip: queries, keys and values [tokens, 3 * hidden] in, [tokens, hidden] out."""
    if documents.told is not None:
        q, k, v = qkv.view(len(qkv), 3, heads, -1).unbind(1)
        return flash(q, k, v, documents.told, dropout).reshape(len(qkv), -1)
    *rows, rest = _split(qkv, [group.keys for group in documents.groups])
    parts = [
        _attend_group(*_by_head(own, group.keys, 3, heads), group=group, dropout=dropout)
        for own, group in zip(rows, documents.groups, strict=True)
    ]
    return _join(parts, rest)


def attend_asking(q: Tensor, kv: Tensor, documents: Documents, *, heads: int, dropout: float) -> Tensor:
    """Of the asking rows alone: [asking, hidden] and [tokens, 2 * hidden] in, [asking, hidden] out."""
    if documents.told is not None:
        k, v = kv.view(len(kv), 2, heads, -1).unbind(1)
        return flash(q.view(len(q), heads, -1), k, v, documents.told, dropout).reshape(q.shape)
    *asking, rest = _split(q, [group.queries for group in documents.groups])
    *rows, _ = _split(kv, [group.keys for group in documents.groups])
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


def _split(rows: Tensor, stacks: Sequence[Stack]) -> Sequence[Tensor]:
    """The rows of each stack, and those of no document, which fill the strip.

    One split, not a slice a group: the backward of a slice fills a whole strip with zeros.
    """
    sizes = [stack.size for stack in stacks]
    return torch.split(rows, [*sizes, len(rows) - sum(sizes)])


def _join(parts: list[Tensor], rest: Tensor) -> Tensor:
    """The rows of all groups; those of no document get nothing."""
    if len(rest):
        parts = [*parts, parts[0].new_zeros(len(rest), parts[0].shape[1])]
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _by_head(rows: Tensor, stack: Stack, parts: int, heads: int) -> Sequence[Tensor]:
    """Rows of so many parts [size, parts * hidden] as stacks, each [count, heads, length, width]."""
    stacked = rows if stack.gather is None else rows.index_select(0, stack.gather)
    width = rows.shape[1] // parts // heads
    return stacked.view(-1, stack.length, parts, heads, width).permute(2, 0, 3, 1, 4).unbind()


def _attend_group(q: Tensor, k: Tensor, v: Tensor, *, group: Group, dropout: float) -> Tensor:
    if k.requires_grad and k.device.type == "cpu" and k.dtype != torch.float32:
        out = _written_out(q, k, v, group.mask, dropout)
    else:
        out = functional.scaled_dot_product_attention(q, k, v, attn_mask=group.mask, dropout_p=dropout)
    flat = out.transpose(1, 2).reshape(group.count * group.queries.length, -1)
    return flat if group.queries.scatter is None else flat.index_select(0, group.queries.scatter)


def _written_out(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropout: float) -> Tensor:
    """Attention as the definition has it: PyTorch's backward for CPUs is slow in half precision."""
    count, heads, asking, width = q.shape
    q, k, v = (part.reshape(count * heads, -1, width) for part in (q, k, v))
    scores = torch.baddbmm(q.new_empty(()), q, k.transpose(1, 2), beta=0, alpha=width**-0.5)
    if mask is not None:
        scores.view(count, heads, asking, -1).masked_fill_(~mask, -torch.inf)
    weights = functional.dropout(torch.softmax(scores, dim=-1), dropout)
    return torch.bmm(weights, v).view(count, heads, asking, width)
