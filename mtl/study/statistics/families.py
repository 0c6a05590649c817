"""Many comparisons at once: Holm's adjustment, which keeps the chance of any false one at its level."""

from collections.abc import Sequence


def holm(values: Sequence[float]) -> list[float]:
    """Each p-value, adjusted for the family that they form: significant at a level where it is below it."""
    adjusted = [0.0] * len(values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        largest = max(largest, min((len(values) - rank) * values[place], 1.0))
        adjusted[place] = largest
    return adjusted
