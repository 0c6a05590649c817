"""Arms and targets as two factors and their interaction: how much of the scatter of scores each explains.

The numbers of a model on several targets go together: chance that made it better made it so everywhere. So
what arms do is held against the scatter of an arm's models, all else against the rest (a split plot).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

NOTHING = 1e-20
"""Squares below this share of all are rounding."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A line of the table; F and p are None where nothing is left to compare with."""

    name: str
    squares: float
    """The sum of squares."""
    freedom: int
    f: float | None
    p: float | None
    share: float
    """Of all squares (eta squared)."""


def two_way(values: ArrayLike, *, names: tuple[str, str, str]) -> tuple[Effect, ...]:
    """The effects of rows, of units within them, of columns and of rows with columns, and the rest.

    `values` are [rows, columns, units]: a unit of a row has a number in each column. With one unit a row
    there is no telling an interaction from noise, so it serves as the noise.
    """
    table = np.asarray(values, dtype=np.float64)
    rows, columns, units = table.shape
    assert rows > 1 and columns > 1, "a factor with one level has no effect"
    mean, cells, by_unit = table.mean(), table.mean(2), table.mean(1)
    by_row, by_column = cells.mean(1), cells.mean(0)
    crossed = cells - by_row[:, None] - by_column[None, :] + mean
    left = table - cells[:, :, None] - by_unit[:, None, :] + by_row[:, None, None]
    row, unit, column = names
    squares = {
        row: columns * units * float(((by_row - mean) ** 2).sum()),
        unit: columns * float(((by_unit - by_row[:, None]) ** 2).sum()),
        column: rows * units * float(((by_column - mean) ** 2).sum()),
        f"{row} x {column}": units * float((crossed**2).sum()),
        "rest": float((left**2).sum()),
    }
    freedom = dict(
        zip(
            squares,
            (
                rows - 1,
                rows * (units - 1),
                columns - 1,
                (rows - 1) * (columns - 1),
                rows * (columns - 1) * (units - 1),
            ),
            strict=True,
        )
    )
    *tested, noise = [name for name in squares if freedom[name]]
    against = {name: unit if name == row and unit in tested else noise for name in tested if name != unit}
    total = sum(squares.values())

    def effect(name: str) -> Effect:
        other = against.get(name)
        f = p = None
        if other is not None and squares[other] > NOTHING * total:
            f = squares[name] / freedom[name] / (squares[other] / freedom[other])
            p = _above(f, freedom[name], freedom[other])
        share = squares[name] / total if total else 0.0
        return Effect(name=name, squares=squares[name], freedom=freedom[name], f=f, p=p, share=share)

    return tuple(map(effect, (*tested, noise)))


def _above(f: float, freedom: int, other: int) -> float:
    from scipy.stats import f as distribution

    return float(distribution.sf(f, freedom, other))
