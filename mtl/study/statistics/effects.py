"""Two factors and their interaction: how much of the scatter of scores each explains."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


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


def two_way(values: ArrayLike, *, names: tuple[str, str]) -> tuple[Effect, ...]:
    """The effects of rows and columns [rows, columns, repetitions], of both together, and the rest.

    Without repetitions there is no telling an interaction from noise, so it serves as the noise.
    """
    table = np.asarray(values, dtype=np.float64)
    rows, columns, repetitions = table.shape
    assert rows > 1 and columns > 1, "a factor with one level has no effect"
    mean, cells = table.mean(), table.mean(2)
    by_row, by_column = cells.mean(1), cells.mean(0)
    crossed = cells - by_row[:, None] - by_column[None, :] + mean
    squares = {
        names[0]: columns * repetitions * float(((by_row - mean) ** 2).sum()),
        names[1]: rows * repetitions * float(((by_column - mean) ** 2).sum()),
        f"{names[0]} x {names[1]}": repetitions * float((crossed**2).sum()),
        "rest": float(((table - cells[:, :, None]) ** 2).sum()),
    }
    freedom = (rows - 1, columns - 1, (rows - 1) * (columns - 1), rows * columns * (repetitions - 1))
    lines = list(zip(squares, squares.values(), freedom, strict=True))
    if repetitions == 1:
        lines.pop()
    noise = lines[-1][1] / lines[-1][2]
    total = sum(squares.values())
    return tuple(_effect(*line, noise, lines[-1][2], total, last=line is lines[-1]) for line in lines)


def _effect(
    name: str, squares: float, freedom: int, noise: float, left: int, total: float, *, last: bool
) -> Effect:
    from scipy.stats import f as distribution

    share = squares / total if total else 0.0
    if last or noise == 0:
        return Effect(name=name, squares=squares, freedom=freedom, f=None, p=None, share=share)
    ratio = squares / freedom / noise
    p = float(distribution.sf(ratio, freedom, left))
    return Effect(name=name, squares=squares, freedom=freedom, f=ratio, p=p, share=share)
