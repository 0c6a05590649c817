"""Dropout; on CPUs from sixteen random bits a number, of a generator that gives many at once.

PyTorch's own draws number by number there, which takes as long as a layer's matrix products.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

ALL = 1 << 16
"""So many different draws there are."""


def drop_out(values: Tensor, probability: float, training: bool) -> Tensor:
    """Zeros with this probability in training, the others scaled up to keep the mean."""
    if not training or not 0 < probability < 1 or values.device.type != "cpu":
        return functional.dropout(values, probability, training)
    return values * noise(values, probability)


def noise(like: Tensor, probability: float) -> Tensor:
    """By what dropout multiplies numbers on a CPU; the probability is rounded to a multiple of 2^-16.

    The scale is rounded like all numbers of `like`: in bf16, at 0.1, it is 0.2% too small, as PyTorch's is.
    """
    dropped = min(round(probability * ALL), ALL - 1)
    if not like.numel():  # of an idle head, which runs at some stages alone: it must not draw
        return torch.empty_like(like)
    # Seeded by PyTorch's generator, so that whoever sets or restores that one has the same noise again.
    dice = np.random.SFC64(int(torch.empty((), dtype=torch.int64).random_()))
    words = dice.random_raw(-(-like.numel() // 4)).view(np.int16)
    draws = torch.from_numpy(words)[: like.numel()].view(like.shape)
    kept = torch.ge(
        draws, dropped - ALL // 2, out=torch.empty_like(like, memory_format=torch.contiguous_format)
    )
    return kept.mul_(ALL / (ALL - dropped))
