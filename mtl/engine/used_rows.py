"""The word table cut down to the rows that a run's texts can touch: the same run, with less to move.

A row that no text holds has no gradient, so AdamW's averages of it stay zero, and all that moves it is weight
decay, the same factor for all such rows. They wait outside the model, and decay once somebody asks for the
whole table: factor by factor, so that on CPUs every bit is what step after step would have left (CUDA's AdamW
rounds its decay otherwise, in the last bit).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtl.model.multihead import MultiHead

TABLE = "encoder.embeddings.word.weight"
MANTISSA_BITS = 23
MANTISSAS = 1 << MANTISSA_BITS
ONE = 127 << MANTISSA_BITS
"""The bits of 1.0 in fp32."""
FEW = MANTISSAS
"""Of more numbers, it is cheaper to find out what becomes of all mantissas first."""
BLOCK = 1 << 15
"""Numbers that stay in a core's cache while all factors pass over them."""


class UsedRows:
    """The rows of the word table that train, and the table that the others wait in."""

    def __init__(self, model: MultiHead, used_tokens: NDArray[np.int32], *, dtype: torch.dtype) -> None:
        """Leave in the model the rows of `used_tokens`, ascending; `dtype` is that of the run's weights."""
        embedding = model.encoder.embeddings.word
        # DeepSpeed rounds weights to their type before it makes their fp32 masters: the waiting ones, too.
        self._table = embedding.weight.detach().to(dtype).float()
        self._used_tokens = torch.from_numpy(used_tokens.astype(np.int64))
        self._row_of = np.full(len(self._table), -1, dtype=np.int64)
        self._row_of[used_tokens] = np.arange(len(used_tokens))
        self._factors: list[float] = []
        """By which the rows that wait have yet to decay."""
        embedding.weight = nn.Parameter(self.cut(self._table), embedding.weight.requires_grad)

    @property
    def shape(self) -> tuple[int, ...]:
        """The whole table's shape."""
        return tuple(self._table.shape)

    def find(self, tokens: NDArray[Any]) -> NDArray[np.int64]:
        """The row of each token."""
        rows: NDArray[np.int64] = self._row_of[tokens]
        assert rows.min() >= 0, "a text holds a word that its store does not name"
        return rows

    def decay(self, factor: float) -> None:
        """Note that every row was multiplied by `factor`."""
        if factor != 1.0:
            self._factors.append(factor)

    def cut(self, whole: Tensor) -> Tensor:
        """The rows that train, of the whole table or of one of its averages."""
        return whole.index_select(0, self._used_tokens)

    def put(self, whole: Tensor) -> None:
        """Make `whole` the table in which the other rows wait."""
        self._table.copy_(whole)
        self._factors.clear()

    def complete(self, rows: Tensor) -> Tensor:
        """The whole table, where `rows` are those that train."""
        multiply(self._table, self._factors)
        self._factors.clear()
        return self._table.index_copy(0, self._used_tokens, rows.cpu())

    def complete_average(self, rows: Tensor) -> Tensor:
        """The whole table's average: nothing ever moved the other rows."""
        return torch.zeros(self.shape).index_copy(0, self._used_tokens, rows.cpu())


def multiply(values: Tensor, factors: Sequence[float]) -> None:
    """Multiply fp32 numbers by all factors, one after the other, in place."""
    if values.numel() > FEW and factors:
        _multiply_by_mantissa(values, factors)
    else:
        _multiply_each(values, factors)


def _multiply_each(values: Tensor, factors: Sequence[float]) -> None:
    for block in torch.split(values.view(-1), BLOCK):
        for factor in factors:
            block.mul_(factor)


def _multiply_by_mantissa(values: Tensor, factors: Sequence[float]) -> None:
    """Powers of two pass through products and roundings, so a number's mantissa alone decides its fate."""
    fates = torch.arange(ONE, ONE + MANTISSAS, dtype=torch.int32).view(torch.float32)
    _multiply_each(fates, factors)
    for part in torch.split(values.view(-1), MANTISSAS):
        bits = part.view(torch.int32)
        powers = (bits & -MANTISSAS).view(torch.float32)
        torch.mul(powers, fates.index_select(0, bits & (MANTISSAS - 1)), out=part)
