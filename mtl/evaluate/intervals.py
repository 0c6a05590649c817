"""Intervals: how far a share of right answers may be off by the chance that chose the items."""

import math

Z = 1.959964
"""Of a normal distribution 95 % lie so many deviations from its mean, or nearer."""


def half_width(percent: float, items: int) -> float:
    """Half of Wilson's 95 % interval, in points; it stays sensible near 0 and 100.

    The interval's middle is not `percent` but lies nearer to 50.
    """
    share = percent / 100
    spread = math.sqrt(share * (1 - share) / items + (Z / (2 * items)) ** 2)
    return 100 * Z * spread / (1 + Z**2 / items)
