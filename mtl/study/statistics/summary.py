"""Several numbers as one: mean, deviation, the interval of the mean; and when they are too few for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
"""Of every interval."""
ENOUGH_SEEDS = 3
"""Fewer random seeds carry no statement about training."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The mean of some numbers, and what their scatter says about it; one number alone says nothing."""

    count: int
    mean: float
    deviation: float | None = None
    low: float | None = None
    """Of the mean's interval by Student's t."""
    high: float | None = None


def summarise(values: Sequence[float]) -> Summary:
    """Mean, sample deviation and the interval of the mean."""
    count, mean = len(values), float(np.mean(values))
    if count < 2:
        return Summary(count=count, mean=mean)
    deviation = float(np.std(values, ddof=1))
    reach = t_quantile(count - 1) * deviation / count**0.5
    return Summary(count=count, mean=mean, deviation=deviation, low=mean - reach, high=mean + reach)


def t_quantile(freedom: float) -> float:
    """How many standard errors an interval reaches to either side."""
    from scipy.stats import t

    return float(t.ppf((1 + LEVEL) / 2, freedom))


def too_few(seeds: int) -> str | None:
    """The sentence that stands in for a test where there are too few seeds; None where there are enough."""
    if seeds >= ENOUGH_SEEDS:
        return None
    count = f"{seeds} random seed{'s' * (seeds != 1)}"
    return f"too few seeds to say anything about training: {count}, {ENOUGH_SEEDS} are needed"
