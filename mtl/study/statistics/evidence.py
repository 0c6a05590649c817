"""A question to several arms with its answer: by seed, and how surely, over items where there are any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mtl import seeds
from mtl.study.statistics.gains import Estimate, bootstrap, items_and_seeds, permutation, seeds_alone
from mtl.study.statistics.paired import Models, Place, contrast


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A weighted sum of arms' scores, and what may be said of it."""

    by_seed: tuple[float, ...]
    """In points."""
    estimate: Estimate | None
    """Of other training runs on other items; None: too few seeds."""
    bootstrap: Estimate | None = None
    """Of these models on other items."""
    permutation: float | None = None
    """How often as much comes of arms that swap their answers, cluster by cluster."""
    num_items: int | None = None
    """None: some metric has no items to resample."""
    num_clusters: int | None = None

    @property
    def value(self) -> float:
        """The mean over seeds."""
        return float(np.mean(self.by_seed))

    @property
    def is_over_seeds_alone(self) -> bool:
        """Whether there is an estimate, and it knows no items."""
        return self.estimate is not None and self.num_items is None


def evidence_for(
    by_seed: tuple[float, ...],
    arms: Sequence[Models] | None,
    coefficients: Sequence[float],
    by_place: Mapping[Place, float],
    *,
    names: Sequence[str],
    resamples: int | None,
) -> Evidence:
    """The sum with its tests, over the items of the arms; over seeds alone where that is None.

    The question's names decide what is drawn. Without `resamples` there are no bootstrap and no permutation.
    """
    if arms is None:
        return Evidence(by_seed=by_seed, estimate=seeds_alone(by_seed))
    paired = contrast(arms, coefficients, by_place)
    assert np.allclose(paired.gains, by_seed), names
    found = Evidence(
        by_seed=by_seed,
        estimate=items_and_seeds(paired),
        num_items=paired.num_items,
        num_clusters=paired.num_clusters,
    )
    if resamples is None:
        return found
    key = seeds.key("study", *names)
    return replace(
        found,
        bootstrap=bootstrap(paired, key=key, resamples=resamples),
        permutation=permutation(paired, key=key, resamples=resamples),
    )
