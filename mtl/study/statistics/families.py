"""Many comparisons at once: Holm's adjustment, which keeps the chance of any false one at its level."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from mtl.study.statistics.gains import Estimate


@dataclass(frozen=True, kw_only=True)
class FamilyMember:
    """An answer that is one of a family of answers."""

    adjusted: float | None = None
    """Its p after Holm, over the family; None: it has no p."""
    family: int = 0
    """How many of the family have one."""


Answer = TypeVar("Answer", bound=FamilyMember)


def as_family(answers: Sequence[Answer], estimates: Sequence[Estimate | None]) -> tuple[Answer, ...]:
    """The answers with their p-values adjusted; those that have no estimate stay as they are."""
    values = [estimate.p for estimate in estimates if estimate is not None]
    adjusted = iter(holm(values))
    return tuple(
        answer if estimate is None else replace(answer, adjusted=next(adjusted), family=len(values))
        for answer, estimate in zip(answers, estimates, strict=True)
    )


def holm(values: Sequence[float]) -> list[float]:
    """Each p-value, adjusted for the family that they form: significant at a level where it is below it."""
    adjusted = [0.0] * len(values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        largest = max(largest, min((len(values) - rank) * values[place], 1.0))
        adjusted[place] = largest
    return adjusted
