"""How fast the device multiplies matrices, measured at start: what FLOP utilisation is a share of."""

import time
from dataclasses import dataclass

import torch
from torch import distributed

from mtl.engine.launch import wait_for_all

ROWS = 2048
SECONDS = 0.1
"""The least time that says something; up to four times as long passes before the first step."""


@dataclass(frozen=True, kw_only=True)
class MatmulRate:
    """Floating-point operations a second of one rank, and the product that was timed."""

    flops: float
    shape: tuple[int, int, int]


def measure_matmul(*, hidden: int, intermediate: int, dtype: torch.dtype, device: torch.device) -> MatmulRate:
    """Time the encoder's widest product on all ranks at once; the mean over ranks."""
    a = torch.randn(ROWS, hidden, dtype=dtype, device=device)
    b = torch.randn(hidden, intermediate, dtype=dtype, device=device)
    _multiply(a, b, 3)
    wait_for_all()
    times = 1
    while (elapsed := _multiply(a, b, times)) < SECONDS:
        times *= 2
    flops = torch.tensor(
        2.0 * ROWS * hidden * intermediate * times / elapsed, dtype=torch.float64, device=device
    )
    if distributed.get_world_size() > 1:
        distributed.all_reduce(flops)
    return MatmulRate(flops=float(flops) / distributed.get_world_size(), shape=(ROWS, hidden, intermediate))


def _multiply(a: torch.Tensor, b: torch.Tensor, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        a @ b
    if a.is_cuda:
        torch.cuda.synchronize(a.device)
    return time.perf_counter() - start
