"""What each test item adds to a metric: files of predictions and labels as sums that can be resampled."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtl.evaluate.layouts import LAYOUTS, Aligned
from mtl.evaluate.metrics import METRICS
from mtl.evaluate.metrics.tags import spans
from mtl.study.statistics.paired import ItemScores
from mtl.tasks.benchmarks import Layout, Member

Parts = tuple[float, float]
"""What an item adds above and below the line of a metric that is a ratio of sums."""

PARALLEL: frozenset[Layout] = frozenset({"labels", "choices", "answers", "rankings"})
"""Layouts of test sets whose items are translations: line or id n is the same item in every language.

Where they are not, as in TyDiQA and Mewsli-X, no id is in two languages.
"""
KEYED: frozenset[Layout] = frozenset({"answers", "rankings"})


def read_items(member: Member, language: str, predictions: Path, labels: Path) -> ItemScores | None:
    """The items of one language; None where the metric is no ratio of sums over items."""
    if member.metric not in PARTS:
        return None
    layout = LAYOUTS[member.layout]
    found, wanted = predictions / member.file(language), labels / member.file(language)
    golds = layout.read_golds(wanted, member)
    aligned = layout.align(layout.read(found, member), golds, found, wanted)
    keys = list(golds) if member.layout in KEYED else list(map(str, range(len(aligned.golds))))
    own = "" if member.layout in PARALLEL else f"{language}:"
    parts = np.array(PARTS[member.metric](aligned, member, language), dtype=np.float64)
    return ItemScores(tuple(own + key for key in keys), parts[:, 0], parts[:, 1])


def _right(aligned: Aligned, member: Member, language: str) -> list[Parts]:
    return [(float(p == g), 1.0) for p, g in zip(aligned.predictions, aligned.golds, strict=True)]


def _each(aligned: Aligned, member: Member, language: str) -> list[Parts]:
    """A mean over items: each is worth what the metric says of it alone."""
    return [
        (_alone(member, p, g, language), 1.0) for p, g in zip(aligned.predictions, aligned.golds, strict=True)
    ]


def _alone(member: Member, prediction: Any, gold: Any, language: str) -> float:
    numbers = METRICS[member.metric].compute([prediction], [gold], language=language)
    return sum(numbers[key] for key in member.main) / len(member.main) / 100


def _words(aligned: Aligned, member: Member, language: str) -> list[Parts]:
    return [
        (float(sum(p == g for p, g in zip(said, true, strict=True))), float(len(true)))
        for said, true in _pairs(aligned)
    ]


def _spans(aligned: Aligned, member: Member, language: str) -> list[Parts]:
    """F1 is twice the spans found over those predicted and those there; none crosses a sentence's end."""
    found = ((spans([said]), spans([true])) for said, true in _pairs(aligned))
    return [(2.0 * len(said & true), float(len(said) + len(true))) for said, true in found]


def _pairs(aligned: Aligned) -> Sequence[tuple[Sequence[str], Sequence[str]]]:
    return list(zip(aligned.predictions, aligned.golds, strict=True))


PARTS: Mapping[str, Callable[[Aligned, Member, str], list[Parts]]] = {
    "accuracy": _right,
    "tatoeba": _right,
    "squad": _each,
    "mlqa": _each,
    "map_at_20": _each,
    "tag_accuracy": _words,
    "span_f1": _spans,
}
"""By metric; one that is not here (a threshold is tuned, a set compared) has no items to resample."""
