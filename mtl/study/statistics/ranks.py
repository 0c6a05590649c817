"""Do two orders agree? Spearman's rank correlation, with its interval and the chance of one as large."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import atanh, factorial, sqrt, tanh

import numpy as np
from numpy.typing import NDArray

from mtl import seeds
from mtl.study.statistics.summary import LEVEL

RESAMPLES = 2000
LEAST = 4
"""Fewer pairs have no interval: its error would be that of n - 3."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """The correlation of the ranks of some pairs of numbers."""

    rho: float
    low: float
    high: float
    p: float


def rank_correlation(first: Sequence[float], second: Sequence[float], *, key: int) -> Agreement | None:
    """The pairs are the sample; None where they are too few, or one side is all alike.

    The interval is Bonett and Wright's (2000); a perfect order counts as half a step less than perfect, for
    it proves no more. p is the share of all orders, or of 2,000, that agree as well or as badly.
    """
    from scipy.stats import norm, rankdata

    num = len(first)
    if num < LEAST or len(set(first)) == 1 or len(set(second)) == 1:
        return None
    one, other = (_standard(rankdata(values)) for values in (first, second))
    rho = float(one @ other)
    most = 1 - 6 / (num**3 - num)
    middle = atanh(max(-most, min(most, rho)))
    reach = float(norm.ppf((1 + LEVEL) / 2)) * sqrt((1 + rho**2 / 2) / (num - 3))
    others = np.array([one[order] @ other for order in _orders(num, key)])
    as_large = int((np.abs(others) >= abs(rho) - 1e-9).sum())
    exact = factorial(num) <= RESAMPLES * 4
    p = as_large / len(others) if exact else (as_large + 1) / (len(others) + 1)
    return Agreement(rho=rho, low=min(tanh(middle - reach), rho), high=max(tanh(middle + reach), rho), p=p)


def _standard(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of mean 0 and length 1."""
    centred = ranks - ranks.mean()
    standard: NDArray[np.float64] = centred / np.sqrt(centred @ centred)
    return standard


def _orders(num: int, key: int) -> list[NDArray[np.int64]]:
    """All orders of so many things where they are few, else some."""
    if factorial(num) <= RESAMPLES * 4:
        return [np.array(order) for order in permutations(range(num))]
    return [np.array(seeds.shuffled(seeds.key(key, "order", n), num)) for n in range(RESAMPLES)]
