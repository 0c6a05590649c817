"""Arms on the same items: each seed's models answered the same test, so that items and seeds pair up.

Every metric here is a ratio of sums over items (accuracy: right over 1; F1: twice the found over predicted
plus true). A question is a weighted sum of such ratios over arms and cells, that is languages of targets: the
gain of one arm over another, what two do together beyond each alone, the slope of a score over sizes. Items
that must be drawn together, as the translations of one sentence, form a cluster.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NOTHING = 1e-10
"""Points below which there is no difference."""


@dataclass(frozen=True, eq=False)
class ItemScores:
    """One model on one test file, item by item."""

    clusters: tuple[str, ...]
    """By item: what it must be drawn together with, also across the cells of a comparison."""
    top: Floats
    bottom: Floats
    test_set: str = ""
    """What the items are of: targets with the same one have the same items. Empty: the target's own."""

    @property
    def score(self) -> float:
        """The metric, in percent."""
        return 100 * float(self.top.sum() / self.bottom.sum())


@dataclass(frozen=True, eq=False)
class PairedCell:
    """A language of a target: what the items of each of its clusters add to the metric's two sums."""

    weights: Floats
    """[arms] of each arm's score here in the sum that is asked for."""
    clusters: NDArray[np.int64]
    """[n] the clusters that it has items of, as numbers among those of all cells."""
    top: Floats
    """[arms, seeds, n]."""
    bottom: Floats

    def scores(self, top: Floats, bottom: Floats) -> Floats:
        """Sums as percentages; a resample without a single predicted or true unit scores nothing."""
        shares: Floats = np.divide(top, bottom, out=np.zeros_like(top), where=bottom != 0)
        return 100 * shares

    @cached_property
    def values(self) -> Floats:
        """[arms, seeds] the metric."""
        return self.scores(self.top.sum(2), self.bottom.sum(2))

    @cached_property
    def influence(self) -> Floats:
        """[arms, seeds, n] by how much each cluster moves the metric: its linear part, which sums to 0."""
        total = self.bottom.sum(2, keepdims=True)
        left_over = 100 * self.top - self.values[:, :, None] * self.bottom
        moved: Floats = np.divide(left_over, total, out=np.zeros_like(left_over), where=total != 0)
        return moved


@dataclass(frozen=True, eq=False)
class Paired:
    """A question to several arms, mostly the gain of a second over a first."""

    cells: tuple[PairedCell, ...]
    num_items: int
    num_clusters: int

    @property
    def num_seeds(self) -> int:
        """Models of each arm."""
        return int(self.cells[0].top.shape[1])

    @cached_property
    def gains(self) -> Floats:
        """[seeds] the sum: by how much the second arm is better, in points."""
        total = np.zeros(self.num_seeds)
        for cell in self.cells:
            total += cell.weights @ cell.values
        return _exact(total)

    @property
    def gain(self) -> float:
        """The mean over seeds."""
        return float(self.gains.mean())

    @cached_property
    def influence(self) -> Floats:
        """[seeds, clusters] by how much each cluster moves the gain."""
        total = np.zeros((self.num_seeds, self.num_clusters))
        for cell in self.cells:
            total[:, cell.clusters] += np.tensordot(cell.weights, cell.influence, 1)
        return _exact(total)


Place = tuple[str, str]
"""A target and a language."""
Models = Sequence[Mapping[Place, ItemScores]]
"""By seed: a model's results by cell."""


def even_weights(places: Iterable[Place]) -> dict[Place, float]:
    """Languages weigh alike in a target, and targets in the whole."""
    known = list(places)
    languages = Counter(target for target, _ in known)
    return {place: 1 / (len(languages) * languages[place[0]]) for place in known}


def contrast(
    arms: Sequence[Models], weights: Sequence[float], by_place: Mapping[Place, float] | None = None
) -> Paired:
    """Match arms, seed by seed and item by item; all have the same cells with the same items.

    A score weighs what its arm does, times what its place does: all alike, unless `by_place` says otherwise
    and which places count at all. A cluster is of one test set.
    """
    assert len({len(arm) for arm in arms}) == 1 and len(arms) == len(weights), [len(arm) for arm in arms]
    places = even_weights(arms[0][0]) if by_place is None else by_place
    numbers: dict[tuple[str, str], int] = {}
    cells = []
    for name, weight in places.items():
        target, _ = name
        models = [[model[name] for model in arm] for arm in arms]
        keys, owner = models[0][0].clusters, models[0][0].test_set or target
        assert all(model.clusters == keys for arm in models for model in arm), f"{name}: other items"
        found = np.array([numbers.setdefault((owner, key), len(numbers)) for key in keys], dtype=np.int64)
        distinct, place = np.unique(found, return_inverse=True)
        cells.append(
            PairedCell(
                weights=weight * np.array(weights),
                clusters=distinct,
                top=_summed([[model.top for model in arm] for arm in models], place, len(distinct)),
                bottom=_summed([[model.bottom for model in arm] for arm in models], place, len(distinct)),
            )
        )
    return Paired(
        cells=tuple(cells),
        num_items=sum(len(arms[0][0][name].clusters) for name in places),
        num_clusters=len(numbers),
    )


def _exact(points: Floats) -> Floats:
    """What is nothing but rounding is nothing, for a test divides by it."""
    return np.where(np.abs(points) < NOTHING, 0.0, points)


def _summed(values: Sequence[Sequence[Floats]], place: NDArray[np.int64], count: int) -> Floats:
    """[arms, seeds, count] the sums of each cluster's items."""
    return np.array([[np.bincount(place, each, count) for each in arm] for arm in values])
