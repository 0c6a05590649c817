"""What each test item adds to a metric: files of predictions and labels as sums that can be resampled."""

from pathlib import Path

import numpy as np

from mtl.evaluate.layouts import LAYOUTS
from mtl.evaluate.metrics import METRICS
from mtl.study.statistics.paired import ItemScores
from mtl.tasks.benchmarks import Layout, Member

PARALLEL: frozenset[Layout] = frozenset({"labels", "choices", "answers", "rankings"})
"""Layouts of test sets whose items are translations: line or id n is the same item in every language.

Where they are not, as in TyDiQA and Mewsli-X, no id is in two languages.
"""
KEYED: frozenset[Layout] = frozenset({"answers", "rankings"})


def read_items(member: Member, language: str, predictions: Path, labels: Path) -> ItemScores | None:
    """The items of one language; None where the metric is no ratio of sums over items."""
    count = METRICS[member.metric].count
    if count is None:
        return None
    layout = LAYOUTS[member.layout]
    found, wanted = predictions / member.file(language), labels / member.file(language)
    golds = layout.read_golds(wanted, member)
    aligned = layout.align(layout.read(found, member), golds, found, wanted)
    keys = list(golds) if member.layout in KEYED else list(map(str, range(len(aligned.golds))))
    own = "" if member.layout in PARALLEL else f"{language}:"
    pairs = zip(aligned.predictions, aligned.golds, strict=True)
    parts = np.array([count(said, true, language=language) for said, true in pairs], dtype=np.float64)
    return ItemScores(tuple(own + key for key in keys), parts[:, 0], parts[:, 1])
