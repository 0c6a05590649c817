"""Vectors as the first pass sees them: less their mean, in low precision, with a bound on what that does.

Encoders' vectors point more or less one way, and what they share drowns in rounding what tells them apart. So
both sides lose their mean first:

    x . y  =  (x - mx).(y - my)  +  (x - mx).my  +  mx.(y - my)  +  mx.my

The second and third term are a number for each row and for each column; as columns of their own, in two parts
of which the second makes up for the rounding of the first, they travel inside the same matrix product.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from mtl.retrieval.vectors import Vectors

Precision = Literal["auto", "bf16", "fp32"]
EDGE = 64
"""Rows are filled up to whole blocks of as many."""
EXTRA = 32
"""Columns for the row's own number: four are used, and the product is fast in whole steps of 32."""
WORTH = 0.1
"""The means' product from which they are taken off."""
_SAFE = 1.001
"""Makes up for the rounding in a norm itself."""


@dataclass(frozen=True, kw_only=True)
class Means:
    """What both sides lose; None where it would change little."""

    x: Tensor | None
    y: Tensor | None

    @property
    def product(self) -> float:
        """What every score loses with them."""
        return 0.0 if self.x is None or self.y is None else float(self.x @ self.y)


@dataclass(frozen=True, kw_only=True)
class Rounded:
    """Some vectors in low precision, with what that did to them."""

    rows: Tensor
    """[a whole number of blocks, columns]; rows of zeros at the end."""
    size: int
    norm: float
    """The largest length of a row, its own number apart."""
    error: float
    """The largest distance of a row from what it was."""
    number: float
    """The largest of the rows' own numbers."""
    number_error: float


@dataclass(frozen=True, kw_only=True)
class Bound:
    """How a score in a tile relates to the exact one: off by a share of its size, and by an amount."""

    product: float
    """What was taken off with the means."""
    share: float
    amount: float

    def lower(self, scores: Tensor) -> Tensor:
        """What the exact scores reach at least."""
        wide = scores.float()
        return wide - (wide.abs() * self.share + (self.amount - self.product))

    def upper(self, scores: Tensor) -> Tensor:
        """What the exact scores reach at most."""
        wide = scores.float()
        return wide + (wide.abs() * self.share + (self.amount + self.product))

    def least(self, floor: Tensor) -> Tensor:
        """The score in a tile from which an exact score may reach a floor; a little less, to be safe."""
        rest = floor - (self.amount + self.product)
        return rest / torch.where(rest > 0, 1 + self.share, 1 - self.share) - 2.0**-20


def means(x: Vectors, y: Vectors) -> Means:
    """The means of both sides."""
    product = float(x.mean @ y.mean)
    if abs(product) < WORTH:
        return Means(x=None, y=None)
    return Means(x=torch.from_numpy(x.mean), y=torch.from_numpy(y.mean))


def rounded_x(rows: Tensor, means: Means, dtype: torch.dtype) -> Rounded:
    """Unit vectors of the first side."""
    return _rounded(rows, means.x, means.y, dtype, own=0, ones=2)


def rounded_y(rows: Tensor, means: Means, dtype: torch.dtype) -> Rounded:
    """Unit vectors of the second side."""
    return _rounded(rows, means.y, means.x, dtype, own=2, ones=0)


def _rounded(
    rows: Tensor, mean: Tensor | None, other: Tensor | None, dtype: torch.dtype, *, own: int, ones: int
) -> Rounded:
    size, width = rows.shape
    filled = -(-size // EDGE) * EDGE
    if mean is None or other is None:
        result = rows.new_zeros(filled, width, dtype=dtype)
        number, rest = rows.new_zeros(1), rows.new_zeros(1)
    else:
        rows = rows - mean.to(rows)
        number = rows.double() @ other.to(rows.device)
        first = number.to(dtype)
        second = (number - first).to(dtype)
        rest = number - first.double() - second.double()
        result = rows.new_zeros(filled, width + EXTRA, dtype=dtype)
        result[:size, width + own], result[:size, width + own + 1] = first, second
        result[:size, width + ones : width + ones + 2] = 1
    result[:size, :width] = rows
    back = result[:size, :width].float()
    return Rounded(
        rows=result,
        size=size,
        norm=float(back.norm(dim=1).max()) * _SAFE,
        error=float((rows - back).norm(dim=1).max()) * _SAFE,
        number=float(number.abs().max()),
        number_error=float(rest.abs().max()),
    )


def bound(x: Rounded, y: Rounded, product: float) -> Bound:
    """What rounding, the order of additions and the product's own type can change in a score."""
    rounding = x.error * (y.norm + y.error) + x.norm * y.error + x.number_error + y.number_error
    sizes = x.norm * y.norm + x.number + y.number
    # Twice what n additions can lose; and a few roundings of numbers up to 1, before and after.
    adding = (2 * x.rows.shape[1] + 16) * 2.0**-24 * sizes + 2.0**-20
    return Bound(
        product=product,
        share=2.0**-8 if x.rows.dtype == torch.bfloat16 else 0.0,
        amount=rounding + adding,
    )


def choose_dtype(precision: Precision, device: torch.device, width: int) -> torch.dtype:
    """The first pass's type; `auto` is the faster of the two, as measured here and now."""
    if precision != "auto":
        return torch.bfloat16 if precision == "bf16" else torch.float32
    if device.type != "cpu":
        return torch.bfloat16
    rows = torch.ones(512, width)
    return min((torch.bfloat16, torch.float32), key=lambda dtype: _seconds(rows.to(dtype)))


def _seconds(rows: Tensor) -> float:
    times = []
    for _ in range(4):
        begin = time.perf_counter()
        rows @ rows.T
        times.append(time.perf_counter() - begin)
    return min(times)


@contextmanager
def full_precision() -> Iterator[None]:
    """Products as exact as their types allow: the bound counts on it."""
    matmul = torch.backends.cuda.matmul
    before = torch.get_float32_matmul_precision(), matmul.allow_bf16_reduced_precision_reduction
    torch.set_float32_matmul_precision("highest")
    matmul.allow_bf16_reduced_precision_reduction = False
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        matmul.allow_bf16_reduced_precision_reduction = before[1]
