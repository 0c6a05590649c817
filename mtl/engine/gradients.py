"""Stand-ins for methods of DeepSpeed's that handle gradients between the backward pass and the optimizer.

They make fewer copies; results are the same, but for the order of additions in the gradient's norm.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, distributed

BLOCK = 1 << 20
"""Numbers whose squares are summed up in fp32; the sums of blocks are summed up in fp64."""


def shorten(engine: Any, *, world: int) -> None:
    """Put the functions below in place of a DeepSpeed engine's methods."""
    if world == 1:
        engine.buffered_allreduce_fallback = reduce_nothing
    optimizer = engine.optimizer
    kind = type(optimizer).__name__
    if kind == "BF16_Optimizer":
        optimizer._update_hp_grad = partial(accumulate, optimizer)
        optimizer.clear_hp_grads = partial(begin_anew, optimizer)
        optimizer.get_grads_for_norm = partial(without_old, optimizer, optimizer.get_grads_for_norm)
    elif kind == "DeepSpeedZeroOptimizer" and not optimizer.cpu_offload:
        optimizer.scaled_global_norm = partial(global_norm, optimizer)


def reduce_nothing(**_: Any) -> None:
    """What one rank alone has to share; all gradients would be flattened, and copied back."""


def accumulate(optimizer: Any, weights: Any, group: int, number: int, clear_lp_grads: bool) -> None:
    """Take the half-precision gradient of `weights` into the fp32 one: a step's first by copy, others by sum.

    Each would be copied to fp32, added to zeros at the least, and kept to be cleared.
    """
    if weights.grad is None:
        return
    total = optimizer.fp32_groups_gradients[group][number]
    begun = optimizer.fp32_groups_has_gradients[group]
    gradient = weights.grad.view(total.shape)
    if begun[number]:
        total.add_(gradient)
    else:
        total.copy_(gradient)
        begun[number] = True
    weights._hp_grad = total
    weights.grad = None


def begin_anew(optimizer: Any) -> None:
    """Let the next gradients be copied over those of this step, which would be filled with zeros, twice."""
    for begun in optimizer.fp32_groups_has_gradients:
        begun[:] = [False] * len(begun)


def without_old(optimizer: Any, theirs: Callable[[bool], Any], for_clipping: bool = False) -> Any:
    """What DeepSpeed gives, idle heads' gradients of an earlier step set to zero first."""
    if not for_clipping:
        groups = zip(optimizer.fp32_groups_gradients, optimizer.fp32_groups_has_gradients, strict=True)
        old = [part for parts, begun in groups for part, new in zip(parts, begun, strict=True) if not new]
        if old:
            torch._foreach_zero_(old)
    return theirs(for_clipping)


def global_norm(optimizer: Any, norm_type: int = 2) -> Tensor:
    """The norm of all gradients, of which each rank has a part; infinite if one is not finite.

    One sum over ranks, not one for each group of parameters, and no copy of each gradient in fp64.
    """
    parts = [part.reshape(-1) for group in optimizer.averaged_gradients.values() for part in group]
    blocks = [block for part in parts for block in (part.split(BLOCK) if len(part) > BLOCK else [part])]
    norms = torch.stack(torch._foreach_norm(blocks, norm_type, dtype=torch.float32)).double()
    squared = norms.square().sum()
    distributed.all_reduce(squared, group=optimizer.dp_process_group)
    norm = squared.sqrt().float()
    return torch.where(norm.isfinite(), norm, torch.inf)
