"""One small all-reduce before each step: is all finite, do all ranks do the same, does one wish to stop.

Everything travels in one vector of doubles, so that a step costs one collective and one wait for the device.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What all ranks know after the all-reduce."""

    loss_sums: tuple[float, ...]
    """Per task: the sum of its examples' losses over all ranks."""
    counts: tuple[int, ...]
    stop: bool
    strangers: tuple[int, ...]
    """Ranks whose hash is not that of the majority."""


def agree(
    loss_sums: Tensor, counts: Sequence[int], *, stop: bool, mine: int, rank: int, world: int
) -> Agreement:
    """Combine all ranks' losses and counts per task, wishes to stop, and hashes of 48 bits."""
    tasks = len(counts)
    head = torch.tensor([*counts, float(stop)], dtype=torch.float64)
    hashes = torch.zeros(world, dtype=torch.float64)
    hashes[rank] = mine
    vector = torch.cat([loss_sums.double(), torch.cat([head, hashes]).to(loss_sums.device)])
    if world > 1:
        distributed.all_reduce(vector)
    values = vector.tolist()
    seen = values[2 * tasks + 1 :]
    majority = max(seen, key=seen.count)  # of two that disagree, the second is the stranger
    return Agreement(
        loss_sums=tuple(values[:tasks]),
        counts=tuple(int(count) for count in values[tasks : 2 * tasks]),
        stop=values[2 * tasks] > 0,
        strangers=tuple(r for r, one in enumerate(seen) if one != majority),
    )
