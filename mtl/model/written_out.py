"""Attention of stacked documents as the definition has it, with a backward pass of its own: training on CPUs.

PyTorch's kernels for CPUs are slow in their backward pass, in half precision and for short documents, and its
autograd moves every stack's share of the strip several times. Here each is taken and put in place once.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mtl.model.documents import Group, Stack, split
from mtl.model.dropout import noise


class Stacked:
    """A tensor [rows, parts * heads * width] of which each group has some rows, read and written by head."""

    def __init__(self, tensor: Tensor, stacks: Sequence[Stack], *, heads: int, width: int) -> None:
        """Cut `tensor` where the stacks' rows end; those behind them are nobody's."""
        *self._shares, self._rest = split(tensor, stacks)
        self._stacks = stacks
        self._parts, self._heads, self._width = tensor.shape[1] // (heads * width), heads, width

    def take(self, number: int, *, zeros: bool = False) -> Tensor:
        """A group's rows [parts, documents * heads, length, width]; `zeros`: short ones filled so."""
        share, stack = self._shares[number], self._stacks[number]
        if stack.uneven is not None:
            share = share.index_select(0, stack.uneven.gather)
            if zeros:
                share.index_fill_(0, stack.uneven.filling, 0)
        by_row = share.view(-1, stack.length, self._parts, self._heads, self._width)
        return by_row.permute(2, 0, 3, 1, 4).reshape(self._parts, -1, stack.length, self._width)

    def room(self, number: int) -> Tensor:
        """What `put` wants, without values."""
        share, stack = self._shares[number], self._stacks[number]
        return share.new_empty(self._parts, stack.count * self._heads, stack.length, self._width)

    def put(self, number: int, by_head: Tensor) -> None:
        """Write a group's rows."""
        share, stack = self._shares[number], self._stacks[number]
        by_head = by_head.view(self._parts, -1, self._heads, stack.length, self._width)
        by_row = by_head.permute(1, 3, 0, 2, 4)
        if stack.uneven is None:
            share.view(by_row.shape).copy_(by_row)
        else:
            torch.index_select(by_row.reshape(-1, share.shape[1]), 0, stack.uneven.real, out=share)

    def clear_rest(self) -> None:
        """Write zeros where nobody's rows are."""
        self._rest.zero_()


class WrittenOut(torch.autograd.Function):
    """Attention from queries, keys and values in one tensor, or keys and values in another one."""

    @staticmethod
    def forward(ctx: Any, groups: Sequence[Group], heads: int, dropout: float, *inputs: Tensor) -> Tensor:
        """[tokens, 3 * hidden], or [asking, hidden] and [tokens, 2 * hidden]: [asking, hidden] come out."""
        hidden = sum(rows.shape[1] for rows in inputs) // 3
        mixed = inputs[0].new_empty(len(inputs[0]), hidden)
        (out,), sources = (_stacked(groups, each, heads, hidden // heads) for each in ([mixed], inputs))
        kept: list[Tensor | None] = []
        for number, group in enumerate(groups):
            q, k, v = (part for source in sources for part in source.take(number))
            weights = _weights(q, k, group.bias)
            thinning = noise(weights, dropout) if dropout else None
            out.put(number, torch.bmm(weights if thinning is None else weights * thinning, v))
            kept += [q, k, v, weights, thinning]
        out.clear_rest()
        ctx.save_for_backward(*kept)
        ctx.groups, ctx.heads, ctx.shapes = groups, heads, [rows.shape for rows in inputs]
        return mixed

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Any:
        """The gradients of the inputs."""
        kept, gradients = iter(ctx.saved_tensors), [upstream.new_empty(shape) for shape in ctx.shapes]
        width = upstream.shape[1] // ctx.heads
        (above,), targets = (_stacked(ctx.groups, each, ctx.heads, width) for each in ([upstream], gradients))
        for number in range(len(ctx.groups)):
            q, k, v, weights, thinning = (next(kept) for _ in range(5))
            # Where a short document is filled up nobody read: what goes back from there must be nothing.
            grad = above.take(number, zeros=True)[0]
            rooms = [target.room(number) for target in targets]
            to_q, to_k, to_v = (part for room in rooms for part in room)
            torch.bmm((weights if thinning is None else weights * thinning).transpose(1, 2), grad, out=to_v)
            to_weights = torch.bmm(grad, v.transpose(1, 2))
            if thinning is not None:
                to_weights *= thinning
            to_scores = torch._softmax_backward_data(to_weights, weights, -1, weights.dtype)
            scale = q.shape[2] ** -0.5
            torch.baddbmm(to_q, to_scores, k, beta=0, alpha=scale, out=to_q)
            torch.baddbmm(to_k, to_scores.transpose(1, 2), q, beta=0, alpha=scale, out=to_k)
            for target, room in zip(targets, rooms, strict=True):
                target.put(number, room)
        for target in targets:
            target.clear_rest()
        return None, None, None, *gradients


def _stacked(groups: Sequence[Group], tensors: Sequence[Tensor], heads: int, width: int) -> list[Stacked]:
    """The first tensor has the rows that ask; keys and values of all are in it too, or in a second one."""
    stacks = [[group.queries for group in groups], [group.keys for group in groups]]
    return [
        Stacked(tensor, own, heads=heads, width=width) for tensor, own in zip(tensors, stacks, strict=False)
    ]


def _weights(q: Tensor, k: Tensor, bias: Tensor | None) -> Tensor:
    """What each query takes of each key's value."""
    scores = torch.baddbmm(q.new_empty(()), q, k.transpose(1, 2), beta=0, alpha=q.shape[2] ** -0.5)
    if bias is not None:
        scores.view(len(bias), -1, *scores.shape[1:]).add_(bias)
    return torch.softmax(scores, dim=-1)
