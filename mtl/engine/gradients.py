"""What happens to gradients between the backward pass and the optimizer, where DeepSpeed's way is a long one.

Fewer copies and fewer passes over them; results are the same, but for the order of additions in the norm.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, distributed, nn

from mtl.engine.optimizer import IdleAwareAdamW
from mtl.engine.table_gradient import TableGradient

BLOCK = 1 << 17
"""Numbers whose squares a CPU sums up in fp32; the sums of blocks are summed up in fp64."""


def shorten(engine: Any, optimizer: IdleAwareAdamW, *, world: int, on_cpu: bool, clip: float) -> None:
    """Put what is below in place of a DeepSpeed engine's methods."""
    if world == 1:
        engine.buffered_allreduce_fallback = reduce_nothing
    zero = engine.optimizer
    kind = type(zero).__name__
    if kind == "BF16_Optimizer":
        HalfPrecision(zero, optimizer, clip=clip)
    elif kind == "DeepSpeedZeroOptimizer" and not zero.cpu_offload:
        zero.scaled_global_norm = partial(global_norm, zero)
    if world == 1 and on_cpu and (kind == "BF16_Optimizer" or zero is optimizer):
        engine.module.encoder.embeddings.word.sparse = True


def reduce_nothing(**_: Any) -> None:
    """What one rank alone has to share; all gradients would be flattened, and copied back."""


class Unsharded:
    """Gradients at stage 0, of which DeepSpeed neither tells the norm nor refuses what is not finite."""

    def __init__(self, model: nn.Module, optimizer: IdleAwareAdamW, *, clip: float) -> None:
        """Of the parameters of `model` that train."""
        self._optimizer, self._clip = optimizer, clip
        self._training = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._table: TableGradient | None = None

    def clip(self) -> float:
        """Have the optimizer clip them; gives their norm before."""
        parts = [self._complete(parameter) for parameter in self._training]
        norm = squares(parts).sqrt()
        self._optimizer.clip(norm, self._clip)
        return float(norm)

    def _complete(self, parameter: nn.Parameter) -> Tensor:
        """Give a parameter the gradient that AdamW wants to see; gives the part that may differ from zero."""
        gradient = parameter.grad
        if gradient is None:  # a head without one would stand still
            parameter.grad = torch.zeros_like(parameter)
            return parameter.grad[:0]
        if not gradient.is_sparse:
            return gradient
        if self._table is None:
            self._table = TableGradient(torch.zeros_like(parameter))
        self._table.add(gradient, first=True)
        parameter.grad = self._table.total
        return self._table.touched()


class HalfPrecision:
    """Gradients in bf16 and their fp32 sums, at stage 1."""

    def __init__(self, zero: Any, optimizer: IdleAwareAdamW, *, clip: float) -> None:
        """Stand in for methods of `zero`, DeepSpeed's optimizer."""
        self._zero, self._optimizer, self._clip = zero, optimizer, clip
        self._tables: dict[tuple[int, int], TableGradient] = {}
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
        """Have the optimizer clip the sums; gives their norm, whose own norm DeepSpeed takes."""
        assert not for_clipping
        fresh, old = [], []
        for group, begun in enumerate(self._zero.fp32_groups_has_gradients):
            for number, total in enumerate(self._zero.fp32_groups_gradients[group]):
                if not begun[number]:
                    old.append(total)
                else:
                    table = self._tables.get((group, number))
                    fresh.append(table.touched() if table else total)
        if old:  # of an earlier step, of heads that are idle now
            torch._foreach_zero_(old)
        norm = squares(fresh).sqrt()
        self._optimizer.clip(norm, self._clip)
        return [norm.float()], {}


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
        return torch.stack(torch._foreach_norm(parts, 2, dtype=torch.float32)).double().square().sum()
    blocks = (block.float() for part in parts for block in torch.split(part.reshape(-1), BLOCK))
    # On CPUs twice as fast as a norm, and nearer to the truth.
    return torch.stack([torch.dot(block, block) for block in blocks]).double().sum()
