"""Sentence vectors on disk or in memory, checked once, and the one exact score of two of them.

The score is the cosine: a dot product in 64-bit arithmetic, summed in a fixed order, over the two lengths. It
depends on the two vectors alone, never on what else is computed beside it.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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
PAIRS = 128
"""Pairs that are scored at a time: few enough to stay in a core's cache."""


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

    def unit(self, first: int, last: int) -> Tensor:
        """A range of the vectors at length one, in fp32."""
        rows = np.asarray(self.rows[first:last], dtype=np.float32)
        return torch.from_numpy(rows * self.scale[first:last, None].astype(np.float32))

    def take(self, places: Ints) -> Tensor:
        """Some of the vectors, as they are, in fp64."""
        return self._tensor.index_select(0, torch.from_numpy(np.ascontiguousarray(places))).double()

    @cached_property
    def _tensor(self) -> Tensor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a map that may not be written is only read here
            return torch.from_numpy(self.rows)


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
    scores = np.empty(len(i), dtype=np.float64)
    for first in range(0, len(i), PAIRS):
        part = slice(first, first + PAIRS)
        dots = fixed_sum(x.take(i[part]).mul_(y.take(j[part]))).numpy()
        scores[part] = dots * (x.scale[i[part]] * y.scale[j[part]])
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
