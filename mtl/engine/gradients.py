"""What happens to gradients between the backward pass and the optimizer, where DeepSpeed's way is a long one.

Fewer copies and fewer passes over them. Results differ from DeepSpeed's own by roundings alone: the norm adds
up in another order, AdamW divides by what clipping would multiply by, and on a CPU with one rank the word
table's gradient adds up token by token, in half precision without rounding in between.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, distributed, nn

from mtl.engine.optimizer import IdleAwareAdamW
from mtl.engine.table_gradient import TableGradient

BLOCK = 1 << 17
"""Numbers whose squares a CPU sums up in fp32; the sums of blocks are summed up in fp64."""
Place = tuple[int, int]
"""A group of parameters, and the number of one in it."""


def install_gradient_paths(
    engine: Any, optimizer: IdleAwareAdamW, *, world: int, on_cpu: bool
) -> "Stage0Gradients | None":
    """Put what is below in place of a DeepSpeed engine's methods; gives what handles gradients at stage 0.

    Where rows that a step touches are known, the word table's gradient becomes a sparse one.
    """
    if world == 1:
        engine.buffered_allreduce_fallback = reduce_nothing
    zero, table = engine.optimizer, engine.module.encoder.embeddings.word
    kind = type(zero).__name__
    table.sparse = world == 1 and on_cpu and (zero is optimizer or kind == "BF16_Optimizer")
    if zero is optimizer:
        return Stage0Gradients(engine.module, optimizer)
    if kind == "BF16_Optimizer":
        Bf16Stage1Gradients(zero, optimizer).install()
    elif kind == "DeepSpeedZeroOptimizer" and zero.cpu_offload:
        zero.reset_cpu_buffers = partial(end_offloaded_step, zero, zero.reset_cpu_buffers)
    elif kind == "DeepSpeedZeroOptimizer":
        zero.scaled_global_norm = partial(global_norm, zero)
    return None


def reduce_nothing(**_: Any) -> None:
    """What one rank alone has to share; all gradients would be flattened, and copied back."""


class Stage0Gradients:
    """Gradients at stage 0, of which DeepSpeed neither tells the norm nor refuses what is not finite."""

    def __init__(self, model: Any, optimizer: IdleAwareAdamW) -> None:
        """Of the parameters of `model` that train."""
        self._optimizer = optimizer
        self._training = [parameter for parameter in model.parameters() if parameter.requires_grad]
        table = model.encoder.embeddings.word
        self._word = table.weight
        self._table: TableGradient | None = None
        if table.sparse and self._word.requires_grad:
            self._table = TableGradient(torch.zeros_like(self._word))
            self._hook = self._word.register_post_accumulate_grad_hook(self._add)
        self._begun = False

    def complete(self) -> float:
        """Give AdamW all that it wants to see, and what to clip by; gives the gradient's norm before."""
        parts = [self._complete(parameter) for parameter in self._training]
        norm = squares(parts).sqrt()
        self._optimizer.clip(norm)
        self._begun = False
        return float(norm)

    def close(self) -> None:
        """Let go of the model, which may live on."""
        if self._table is not None:
            self._hook.remove()

    def _add(self, table: Tensor) -> None:
        """Take a bin's gradient of the word table into the sum."""
        assert self._table is not None and table.grad is not None
        self._table.add(table.grad, first=not self._begun)
        self._begun, table.grad = True, None

    def _complete(self, parameter: nn.Parameter) -> Tensor:
        """Give a parameter its gradient; gives the part of it that may differ from zero."""
        if parameter is self._word and self._table is not None and self._begun:
            parameter.grad = self._table.total
            return self._table.touched()
        if parameter.grad is None:  # a head without one would stand still
            parameter.grad = torch.zeros_like(parameter)
            return parameter.grad[:0]
        return parameter.grad


class Bf16Stage1Gradients:
    """Gradients in bf16 and their fp32 sums, at stage 1."""

    def __init__(self, zero: Any, optimizer: IdleAwareAdamW) -> None:
        """Those of `zero`, DeepSpeed's optimizer around `optimizer`."""
        self._zero, self._optimizer = zero, optimizer
        self._tables: dict[Place, TableGradient] = {}
        self._filled: set[Place] = set()
        """Sums that may differ from zero."""

    def install(self) -> None:
        """Stand in for methods of DeepSpeed's."""
        zero = self._zero
        zero.clip_grad = 0.0  # would be one more pass over them
        zero._update_hp_grad = self.add
        zero.clear_hp_grads = self.begin_anew
        zero.get_grads_for_norm = self.norms

    def add(self, weights: Any, group: int, number: int, clear_lp_grads: bool) -> None:
        """Take the half-precision gradient of `weights` into the fp32 sum: a step's first by copy.

        Each would be copied to fp32, added to zeros at the least, and kept to be cleared.
        """
        gradient = weights.grad
        if gradient is None:
            return
        total = self._zero.fp32_groups_gradients[group][number].view(weights.shape)
        begun = self._zero.fp32_groups_has_gradients[group]
        self._filled.add((group, number))
        if gradient.is_sparse:
            self._tables.setdefault((group, number), TableGradient(total))
        if table := self._tables.get((group, number)):
            table.add(gradient, first=not begun[number])
        elif begun[number]:
            total.add_(gradient)
        else:
            total.copy_(gradient)
        begun[number] = True
        weights._hp_grad = total
        weights.grad = None

    def begin_anew(self) -> None:
        """Let the next gradients be copied over those of this step, which would be set to zero, twice."""
        for begun in self._zero.fp32_groups_has_gradients:
            begun[:] = [False] * len(begun)

    def norms(self, for_clipping: bool = False) -> tuple[list[Tensor], dict[str, Any]]:
        """Clear what idle heads left, and tell AdamW the norm; gives it, and DeepSpeed takes its norm."""
        assert not for_clipping
        sums, begun = self._zero.fp32_groups_gradients, self._zero.fp32_groups_has_gradients
        old = [(group, number) for group, number in self._filled if not begun[group][number]]
        if old:
            torch._foreach_zero_([sums[group][number] for group, number in old])
            self._filled.difference_update(old)
        fresh = [
            self._tables[place].touched() if place in self._tables else sums[place[0]][place[1]]
            for place in sorted(self._filled)
        ]
        norm = squares(fresh).sqrt()
        self._optimizer.clip(norm)
        return [norm.float()], {}


def end_offloaded_step(zero: Any, reset: Callable[[], None]) -> None:
    """Let go of a step's sums, also where it was skipped: infinite ones would never become finite again."""
    reset()
    zero.averaged_gradients.clear()


def global_norm(zero: Any, norm_type: int = 2) -> Tensor:
    """The norm of all gradients, of which each rank has a part; infinite if one is not finite.

    One sum over ranks, not one for each group of parameters, and no copy of each gradient in fp64.
    """
    assert norm_type == 2
    squared = squares([part for group in zero.averaged_gradients.values() for part in group])
    distributed.all_reduce(squared, group=zero.dp_process_group)
    norm = squared.sqrt().float()
    return torch.where(norm.isfinite(), norm, torch.inf)


def squares(parts: Sequence[Tensor]) -> Tensor:
    """The sum of all squares, fp64."""
    if parts[0].is_cuda:
        return torch.stack(torch._foreach_norm(list(parts), 2, dtype=torch.float32)).double().square().sum()
    blocks = (block.float() for part in parts for block in torch.split(part.reshape(-1), BLOCK))
    # On CPUs twice as fast as a norm, and nearer to the truth.
    return torch.stack([torch.dot(block, block) for block in blocks]).double().sum()
