"""Made-up arms: every model's item scores as a sum of what varies over seeds, over items, and over both."""

from dataclasses import dataclass

import numpy as np

from mtl.study.statistics.paired import ItemScores, Models, Paired, contrast


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Standard deviations, in shares of an item's score."""

    seed: float = 0.0
    """Of a training run."""
    item: float = 0.0
    """Of how much an item suits one arm better than the other; translations share it."""
    rest: float = 0.0


def items(*scores: float, clusters: str | None = None) -> ItemScores:
    """A metric that is a mean over items."""
    keys = tuple(clusters) if clusters else tuple(map(str, range(len(scores))))
    return ItemScores(keys, np.array(scores, dtype=float), np.ones(len(scores)))


def pair(first: Models, second: Models) -> Paired:
    """The gain of a second arm over a first."""
    return contrast((first, second), (-1.0, 1.0))


def one_cell(first: list[ItemScores], second: list[ItemScores]) -> Paired:
    """Two arms in one language."""
    return pair([{("xnli", "en"): each} for each in first], [{("xnli", "en"): each} for each in second])


def made_up(
    generator: np.random.Generator,
    noise: Noise,
    *,
    gain: float,
    seeds: int,
    items: int,
    cells: int = 1,
) -> Paired:
    """Two arms whose true difference is `gain` points."""
    suits = generator.normal(0, noise.item, items)

    def arm(advantage: float, by_item: np.ndarray) -> Models:
        models = []
        for _ in range(seeds):
            run = generator.normal(0, noise.seed)
            tops = 0.5 + advantage + by_item + run + generator.normal(0, noise.rest, (cells, items))
            keys = tuple(map(str, range(items)))
            models.append(
                {("xnli", f"l{i}"): ItemScores(keys, top, np.ones(items)) for i, top in enumerate(tops)}
            )
        return models

    return pair(arm(0.0, np.zeros(items)), arm(gain / 100, suits))
