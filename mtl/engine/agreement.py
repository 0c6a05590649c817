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
    ready: tuple[float, ...] = ()
    """Per rank: the seconds that it took, from the end of the step before, to have something to share."""


def agree(
    loss_sums: Tensor,
    counts: Sequence[int],
    *,
    stop: bool,
    mine: int,
    rank: int,
    world: int,
    ready: float = 0.0,
) -> Agreement:
    """Combine all ranks' losses and counts per task, wishes to stop, hashes of 48 bits, and delays."""
    tasks = len(counts)
    head = torch.tensor([*counts, float(stop)], dtype=torch.float64)
    by_rank = torch.zeros(2, world, dtype=torch.float64)
    by_rank[:, rank] = torch.tensor([float(mine), ready], dtype=torch.float64)
    vector = torch.cat([loss_sums.double(), torch.cat([head, by_rank.view(-1)]).to(loss_sums.device)])
    if world > 1:
        distributed.all_reduce(vector)
    values = vector.tolist()
    seen, delays = values[2 * tasks + 1 : -world], values[-world:]
    majority = max(seen, key=seen.count)  # of two that disagree, the second is the stranger
    return Agreement(
        loss_sums=tuple(values[:tasks]),
        counts=tuple(int(count) for count in values[tasks : 2 * tasks]),
        stop=values[2 * tasks] > 0,
        strangers=tuple(r for r, one in enumerate(seen) if one != majority),
        ready=tuple(delays),
    )
