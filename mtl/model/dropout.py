"""Dropout; on CPUs from sixteen random bits a number.

PyTorch's own draws number by number there, which takes as long as a layer's matrix products.
"""

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
    """By what dropout multiplies numbers on a CPU; the probability is rounded to a multiple of 2^-16."""
    dropped = min(round(probability * ALL), ALL - 1)
    words = torch.empty(-(-like.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    draws = words.view(torch.int16)[: like.numel()].view(like.shape)
    kept = torch.ge(
        draws, dropped - ALL // 2, out=torch.empty_like(like, memory_format=torch.contiguous_format)
    )
    return kept.mul_(ALL / (ALL - dropped))
