"""Sentence vectors on disk or in memory, checked once, and the one exact score of two of them.

The score is the cosine: a dot product in 64-bit arithmetic, summed in a fixed order, over the two lengths. It
depends on the two vectors alone, never on what else is computed beside it.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl.errors import UserError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 256
"""Rows that are checked at a time: few enough to stay in a core's cache."""
PAIRS = {"cpu": 128, "cuda": 32_768}
"""Pairs that are scored at a time: few enough to stay in a core's cache, enough to keep a GPU busy."""


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """Finite vectors, none of them zero, and what makes each of length one."""

    rows: NDArray[Any]
    """[size, width] float16 or float32; may be a memory map."""
    scale: Floats
    """[size] one over each length."""
    mean: Floats
    """[width] of the vectors at length one, near enough; it speeds a search up and changes no result."""

    @property
    def size(self) -> int:
        """How many vectors there are."""
        return int(self.rows.shape[0])

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self.rows.shape[1])

    def on(self, device: torch.device | str) -> "Placed":
        """The vectors as tensors of a device; on the CPU without a copy."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a map that may not be written is only read here
            rows, scale = torch.from_numpy(self.rows), torch.from_numpy(self.scale)
        return Placed(rows=rows.to(device), scale=scale.to(device))


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Vectors on a device."""

    rows: Tensor
    """[size, width], as they are."""
    scale: Tensor
    """[size] one over each length, in fp64."""

    def unit(self, first: int, last: int) -> Tensor:
        """A range of the vectors at length one, in fp32."""
        return self.rows[first:last].float() * self.scale[first:last, None].float()


def check_vectors(rows: NDArray[Any], *, name: str) -> Vectors:
    """Vectors ready for search; a UserError names the first row that is not finite or has no direction."""
    if rows.ndim != 2 or rows.dtype not in (np.float16, np.float32):
        raise UserError(f"{name}: expected a float16 or float32 matrix, found {rows.dtype} {rows.shape}")
    scale = np.empty(len(rows), dtype=np.float64)
    total = np.zeros(rows.shape[1])
    for first, block in _blocks(rows):
        squares = fixed_sum(block.square()).numpy()
        wrong = np.flatnonzero(~(np.isfinite(squares) & (squares > 0)))
        if wrong.size:
            row = first + int(wrong[0])
            trouble = "is all zeros" if squares[wrong[0]] == 0 else "holds a NaN or an infinity"
            raise UserError(f"{name}: row {row} {trouble}; embed that sentence again, or leave it out")
        scale[first : first + len(squares)] = 1.0 / np.sqrt(squares)
        total += scale[first : first + len(squares)] @ block.numpy()
    return Vectors(rows=rows, scale=scale, mean=total / max(len(rows), 1))


def cosines(x: Vectors, y: Vectors, i: Ints, j: Ints) -> Floats:
    """The exact score of each pair (i, j)."""
    pairs = (torch.from_numpy(np.ascontiguousarray(places)) for places in (i, j))
    found: Floats = placed_cosines(x.on("cpu"), y.on("cpu"), *pairs).numpy()
    return found


def placed_cosines(x: Placed, y: Placed, i: Tensor, j: Tensor) -> Tensor:
    """The same, to the bit, of vectors and pairs on any one device."""
    scores = x.scale.new_empty(len(i))
    size = PAIRS[i.device.type]
    for part, own, other in zip(*(torch.split(each, size) for each in (scores, i, j)), strict=True):
        products = x.rows.index_select(0, own).double().mul_(y.rows.index_select(0, other))
        part.copy_(fixed_sum(products) * (x.scale[own] * y.scale[other]))
    return scores


def fixed_sum(terms: Tensor) -> Tensor:
    """The sum of each row by halving: the same additions on every device and for any number of rows."""
    while terms.shape[1] > 1:
        width = terms.shape[1]
        half = (width + 1) // 2
        folded = terms[:, : width - half] + terms[:, half:]
        terms = folded if 2 * half == width else torch.cat([folded, terms[:, half - 1 : half]], 1)
    return terms[:, 0]


def _blocks(rows: NDArray[Any]) -> Iterator[tuple[int, Tensor]]:
    for first in range(0, len(rows), BLOCK):
        yield first, torch.from_numpy(np.asarray(rows[first : first + BLOCK], dtype=np.float64))
