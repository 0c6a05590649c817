"""Learning curves: how scores grow with the size of the data, as a line over its logarithm, as a power law.

    score = limit - drop * (size / first size) ** -rate

The line asks whether more data help; the power law, where they stop to. For a given rate the power law is a
straight-line fit, so the best rate is found on a grid: no start values, and the same answer everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mtl.study.statistics.summary import LEVEL

Floats = NDArray[np.float64]
RATES = np.geomspace(0.05, 5.0, 120)
HIGHEST = 100.0
"""No limit is above it."""
LEAST_SIZES = 3
"""A line through two points fits whatever happens."""
LEAST_FOR_LAW = 4
NEAR = 0.9
"""The share of the way from the smallest size to the limit at which a curve is called saturated."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """A number and its interval; an end may be infinite."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Law:
    """A saturating power law, as it fits the scores."""

    first: float
    """The smallest size."""
    limit: Range
    drop: Range
    """How far the smallest size is below the limit, in points."""
    rate: Range
    saturation: Range
    """The size that is nearly at the limit; infinite where nothing saturates."""

    def score(self, sizes: ArrayLike) -> Floats:
        """What the law says of sizes."""
        return _score(
            np.asarray(sizes, dtype=np.float64) / self.first,
            self.limit.value,
            self.drop.value,
            self.rate.value,
        )


def line_weights(sizes: Sequence[int]) -> list[float]:
    """By size: what its score weighs in the slope of the line over log2(size), in points a doubling."""
    assert len(set(sizes)) >= LEAST_SIZES, sizes
    doublings = np.log2(np.asarray(sizes, dtype=np.float64))
    apart = doublings - doublings.mean()
    weights: list[float] = (apart / (apart**2).sum()).tolist()
    return weights


def fit_law(sizes: Sequence[int], scores: ArrayLike, resampled: ArrayLike) -> Law:
    """The law through scores [sizes], with intervals from fits to resampled scores [resamples, sizes]."""
    assert len(set(sizes)) >= LEAST_FOR_LAW, sizes
    relative = np.asarray(sizes, dtype=np.float64) / min(sizes)
    once = _fits(relative, np.asarray(scores, dtype=np.float64)[None, :])
    often = _fits(relative, np.asarray(resampled, dtype=np.float64))
    limit, drop, rate = (_range(first, all_of_them) for first, all_of_them in zip(once, often, strict=True))
    saturation = _range(_saturation(*once) * min(sizes), _saturation(*often) * min(sizes))
    return Law(first=float(min(sizes)), limit=limit, drop=drop, rate=rate, saturation=saturation)


def _fits(relative: Floats, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """By row of scores: limit, drop and rate; a curve that does not rise is level, its drop 0."""
    best = np.full(len(scores), np.inf)
    limit, drop, rate = scores.mean(1), np.zeros(len(scores)), np.full(len(scores), RATES[-1])
    level = ((scores - limit[:, None]) ** 2).sum(1)
    for tried in RATES:
        fallen = relative**-tried
        apart = fallen - fallen.mean()
        found_drop = -(scores @ apart) / (apart @ apart)
        found_limit = scores.mean(1) + found_drop * fallen.mean()
        over = found_limit > HIGHEST
        found_limit[over] = HIGHEST
        found_drop[over] = (HIGHEST - scores[over]) @ fallen / (fallen @ fallen)
        error = ((scores - _score(relative, found_limit[:, None], found_drop[:, None], tried)) ** 2).sum(1)
        better = (error < best) & (error < level) & (found_drop > 0)
        best[better], limit[better], drop[better] = error[better], found_limit[better], found_drop[better]
        rate[better] = tried
    return limit, drop, rate


def _score(relative: Floats, limit: Floats | float, drop: Floats | float, rate: float) -> Floats:
    score: Floats = limit - drop * relative**-rate
    return score


def _saturation(limit: Floats, drop: Floats, rate: Floats) -> Floats:
    """In smallest sizes: one where the curve is level, infinite at the slowest rate."""
    sizes: Floats = np.where(drop > 0, (1 / (1 - NEAR)) ** (1 / rate), 1.0)
    return np.where((drop > 0) & (rate <= RATES[0]), np.inf, sizes)


def _range(value: Floats, resampled: Floats) -> Range:
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="nearest")
    return Range(value=float(value[0]), low=float(low), high=float(high))
