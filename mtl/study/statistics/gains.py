"""Is one arm better than another? Three answers, for three meanings of the question.

items and seeds   would other training runs, on another test set, differ too: the answer about methods
bootstrap         would these models differ on another test set of this kind
permutation       could the arms have swapped their answers without anybody noticing
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mtl import seeds
from mtl.study.statistics.paired import Floats, Paired, PairedCell
from mtl.study.statistics.summary import LEVEL, summarise, t_quantile, too_few

RESAMPLES = 2000
EXACT = 12
"""Up to so many clusters, every one of the swaps is tried."""
AT_ONCE = 1 << 22
"""Numbers of one batch of resamples."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A gain in points with its interval, and the probability of one as large where there is none."""

    gain: float
    low: float
    high: float
    p: float


def items_and_seeds(paired: Paired) -> Estimate | None:
    """Clusters and seeds both as samples (a quasi-F of two crossed random factors); None: too few seeds.

    What varies over seeds and what varies over clusters add up; what varies over both is in either, and is
    taken away once. Satterthwaite's rule gives the degrees of freedom.
    """
    from scipy.stats import t

    num_seeds, clusters = paired.num_seeds, paired.num_clusters
    if too_few(num_seeds) is not None or clusters < 2:
        return None
    influence = paired.influence
    by_cluster = influence.mean(0)
    of_seeds = float(paired.gains.var(ddof=1)) / num_seeds
    of_clusters = float((by_cluster**2).sum()) * clusters / (clusters - 1)
    freedom_of_both = (num_seeds - 1) * (clusters - 1)
    of_both = float(((influence - by_cluster) ** 2).sum()) * clusters / (num_seeds * freedom_of_both)
    variance = max(of_seeds + of_clusters - of_both, of_seeds, of_clusters)
    if variance == 0:
        return Estimate(gain=paired.gain, low=paired.gain, high=paired.gain, p=float(paired.gain == 0))
    parts = ((of_seeds, num_seeds - 1), (of_clusters, clusters - 1), (of_both, freedom_of_both))
    freedom = variance**2 / sum(part**2 / own for part, own in parts)
    error = variance**0.5
    reach = t_quantile(freedom) * error
    return Estimate(
        gain=paired.gain,
        low=paired.gain - reach,
        high=paired.gain + reach,
        p=float(2 * t.sf(abs(paired.gain) / error, freedom)),
    )


def seeds_alone(gains: Sequence[float]) -> Estimate | None:
    """Student's test over seeds, where the items cannot be told apart; None: too few seeds."""
    from scipy.stats import t

    if too_few(len(gains)) is not None:
        return None
    summary = summarise(gains)
    assert summary.deviation is not None and summary.low is not None and summary.high is not None
    if summary.deviation == 0:
        return Estimate(gain=summary.mean, low=summary.low, high=summary.high, p=float(summary.mean == 0))
    ratio = abs(summary.mean) / (summary.deviation / len(gains) ** 0.5)
    p = float(2 * t.sf(ratio, len(gains) - 1))
    return Estimate(gain=summary.mean, low=summary.low, high=summary.high, p=p)


def bootstrap(paired: Paired, *, key: int, resamples: int = RESAMPLES) -> Estimate:
    """Draw clusters with replacement: the middle of the gains that come out, and how few cross 0."""
    gains = np.concatenate([_gains(paired, counts) for counts in _drawn(paired, key, resamples)])
    low, high = np.quantile(gains, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    rarer = min(int((gains <= 0).sum()), int((gains >= 0).sum()))
    return Estimate(
        gain=paired.gain, low=float(low), high=float(high), p=min(2 * (rarer + 1) / (resamples + 1), 1.0)
    )


def permutation(paired: Paired, *, key: int, resamples: int = RESAMPLES) -> float:
    """The share of swaps, each of half the clusters' answers, that give as large a gain; exact where few."""
    exact = paired.num_clusters <= EXACT
    gains = np.concatenate([_swapped(paired, swaps) for swaps in _swaps(paired, key, resamples, exact=exact)])
    # Sums in another order differ in the last bits.
    as_large = int((np.abs(gains) >= abs(paired.gain) * (1 - 1e-9)).sum())
    return as_large / len(gains) if exact else (as_large + 1) / (len(gains) + 1)


def _drawn(paired: Paired, key: int, resamples: int) -> Iterator[NDArray[np.float64]]:
    """Batches [resamples, clusters]: how often each cluster is drawn."""
    clusters = paired.num_clusters
    for first, batch in _batches(resamples, clusters):
        drawn = seeds.integers(seeds.key(key, "bootstrap", first), batch * clusters, clusters)
        flat = drawn + np.repeat(np.arange(batch) * clusters, clusters)
        yield np.bincount(flat, minlength=batch * clusters).reshape(batch, clusters).astype(np.float64)


def _swaps(paired: Paired, key: int, resamples: int, *, exact: bool) -> Iterator[NDArray[np.float64]]:
    """Batches [resamples, clusters]: 1 where arms swap a cluster's answers."""
    clusters = paired.num_clusters
    if exact:
        yield np.array(list(product((0.0, 1.0), repeat=clusters)))
        return
    for first, batch in _batches(resamples, clusters):
        bits = seeds.words(seeds.key(key, "permutation", first), batch * clusters) >> np.uint64(63)
        yield bits.reshape(batch, clusters).astype(np.float64)


def _batches(resamples: int, clusters: int) -> Iterator[tuple[int, int]]:
    size = max(AT_ONCE // clusters, 1)
    for first in range(0, resamples, size):
        yield first, min(size, resamples - first)


def _gains(paired: Paired, counts: Floats) -> Floats:
    """[resamples] the gain where each cluster counts so often."""
    total = np.zeros(len(counts))
    for cell in paired.cells:
        drawn = counts[:, cell.clusters]
        for weight, top, bottom in zip(cell.weights, cell.top, cell.bottom, strict=True):
            total += weight * _weighted(cell, top, bottom, drawn).mean(1)
    return total


def _swapped(paired: Paired, swaps: Floats) -> Floats:
    """[resamples] the gain where each two arms, of which one adds what the other takes away, have swapped."""
    total = np.zeros(len(swaps))
    for cell in paired.cells:
        assert (cell.weights[0::2] == -cell.weights[1::2]).all(), "only arms of opposite weights can swap"
        there = swaps[:, cell.clusters]
        for arm, weight in enumerate(cell.weights):
            top, bottom = (_moved(parts[arm], parts[arm ^ 1], there) for parts in (cell.top, cell.bottom))
            total += weight * cell.scores(top, bottom).mean(1)
    return total


def _weighted(cell: PairedCell, top: Floats, bottom: Floats, weights: Floats) -> Floats:
    """[resamples, seeds] the metric."""
    return cell.scores(weights @ top.T, weights @ bottom.T)


def _moved(own: Floats, other: Floats, there: Floats) -> Floats:
    """[resamples, seeds] an arm's sum, with the other's clusters in place of its own where they swap."""
    moved: Floats = own.sum(1) + there @ (other - own).T
    return moved


def resampled_scores(paired: Paired, *, key: int, resamples: int = RESAMPLES) -> Floats:
    """[resamples, arms] each arm's score with clusters and seeds drawn anew, the same ones for all arms.

    One seed less is drawn than there are: as many would make the mean of a few vary too little.
    """
    num_seeds = paired.num_seeds
    picked = seeds.integers(seeds.key(key, "seeds"), resamples * (num_seeds - 1), num_seeds)
    rows = np.repeat(np.arange(resamples), num_seeds - 1)
    shares = np.zeros((resamples, num_seeds))
    np.add.at(shares, (rows, picked), 1 / (num_seeds - 1))
    parts, first = [], 0
    for counts in _drawn(paired, key, resamples):
        drawn_seeds = shares[first : first + len(counts)]
        total = np.zeros((len(counts), len(paired.cells[0].weights)))
        for cell in paired.cells:
            drawn = counts[:, cell.clusters]
            for arm, weight in enumerate(cell.weights):
                scores = _weighted(cell, cell.top[arm], cell.bottom[arm], drawn)
                total[:, arm] += weight * (scores * drawn_seeds).sum(1)
        parts.append(total)
        first += len(counts)
    return np.concatenate(parts)
