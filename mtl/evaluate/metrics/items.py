"""What one test item adds to a metric that is a ratio of sums over items, so that items can be resampled.

Every `count(prediction, gold, *, language="en")` answers what the item adds above and below the line.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mtl.evaluate.metrics.tags import spans

Parts = tuple[float, float]
"""Above and below the line."""


def right(prediction: Any, gold: Any, *, language: str = "en") -> Parts:
    """One that is right counts one, of one."""
    return float(prediction == gold), 1.0


def right_words(prediction: Sequence[str], gold: Sequence[str], *, language: str = "en") -> Parts:
    """The words of a sentence that are right, of all."""
    return float(sum(p == g for p, g in zip(prediction, gold, strict=True))), float(len(gold))


def found_spans(prediction: Sequence[str], gold: Sequence[str], *, language: str = "en") -> Parts:
    """F1 is twice the spans found over those predicted and those there; none crosses a sentence's end."""
    said, true = spans([prediction]), spans([gold])
    return 2.0 * len(said & true), float(len(said) + len(true))


def worth_alone(compute: Callable[..., dict[str, float]], main: str) -> Callable[..., Parts]:
    """For a mean over items: each counts what the metric's main number says of it alone, of one."""

    def count(prediction: Any, gold: Any, *, language: str = "en") -> Parts:
        return compute([prediction], [gold], language=language)[main] / 100, 1.0

    return count
