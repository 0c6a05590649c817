"""How much scores vary: over random seeds, which is training's own noise, and over test items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from mtl.study.models import distinct_seeds
from mtl.study.results import Result, StudyResults
from mtl.study.statistics.paired import ItemScores, Place, contrast
from mtl.study.statistics.summary import LEVEL, t_quantile

MOST_SEEDS = 999


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The deviations of a target's scores in points, pooled over arms."""

    target: str
    num_arms: int
    num_seeds: int
    seeds: float
    """Of an arm's score, from one training run to the next."""
    low: float
    high: float
    """The interval of that deviation (chi-squared)."""
    gains: float | None
    """Of an arm's gain over the control with the same seed."""
    items: float | None
    """Of one model's score on other test items; None: the metric has no items."""

    @property
    def needed(self) -> int | None:
        """So many seeds make a gain's interval no wider than one point to either side.

        None: there are no gains, or more than MOST_SEEDS are needed.
        """
        if self.gains is None:
            return None
        spread = self.gains
        counts = range(2, MOST_SEEDS + 1)
        return next((n for n in counts if t_quantile(n - 1) * spread / n**0.5 <= 1), None)


def find_spreads(results: StudyResults) -> tuple[Spread, ...]:
    """By target, over the arms that have at least two models; one that no seed changes has no scatter."""
    from scipy.stats import chi2

    found = []
    for target in results.languages:
        arms = [results.over_seeds(row.label, target) for row in results.rows]
        arms = [arm for arm in arms if len(arm) > 1]
        freedom = sum(len(arm) - 1 for arm in arms)
        if freedom == 0:
            continue
        squares = sum(float(np.var([results.score(each) for each in arm]) * len(arm)) for arm in arms)
        low, high = (
            (squares / float(chi2.ppf(level, freedom))) ** 0.5 for level in ((1 + LEVEL) / 2, (1 - LEVEL) / 2)
        )
        found.append(
            Spread(
                target=target,
                num_arms=len(arms),
                num_seeds=max(map(len, arms)),
                seeds=(squares / freedom) ** 0.5,
                low=low,
                high=high,
                gains=_of_gains(results, target),
                items=_of_items(results, target, arms),
            )
        )
    return tuple(found)


def _of_gains(results: StudyResults, target: str) -> float | None:
    """Pooled over all arms but the control."""
    control = results.matrix.study.control
    squares, freedom = 0.0, 0
    for row in results.rows:
        pairs = [
            (results.by_cell[row.label, target, seed], results.by_cell[control, target, seed])
            for seed in distinct_seeds(results, (control, row.label), (target,))
        ]
        gains = [results.score(one) - results.score(base) for one, base in pairs]
        if row.label != control and len(gains) > 1:
            squares += float(np.var(gains) * len(gains))
            freedom += len(gains) - 1
    return sqrt(squares / freedom) if freedom else None


def _of_items(results: StudyResults, target: str, arms: Sequence[Sequence[Result]]) -> float | None:
    """The standard error that a model's score has by its clusters of items, as a mean over models."""
    variances: list[float] = []
    for arm in arms:
        models = [_items(results, target, each) for each in arm]
        whole = [model for model in models if model is not None]
        if len(whole) < len(models):
            return None
        paired = contrast((whole,), (1.0,))
        more = paired.num_clusters / max(paired.num_clusters - 1, 1)
        variances += ((paired.influence**2).sum(1) * more).tolist()
    return sqrt(np.mean(variances))


def _items(results: StudyResults, target: str, result: Result) -> Mapping[Place, ItemScores] | None:
    items = result.items()
    return None if items is None else {(target, code): items[code] for code in results.languages[target]}
