"""Margins: how far a pair's cosine stands out from those of both sentences' nearest neighbours.

With b half the sum of the two mean cosines to the k nearest, `ratio` is cosine / b, `distance` cosine - b,
and `absolute` the cosine. CSLS is twice the distance: 2 cosine - mean - mean. Pairs are compared by it just
so. A ratio to a mean that is not positive says nothing: such a pair is never mined.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mtl.retrieval.names import Margin
from mtl.retrieval.neighbours import Neighbours
from mtl.retrieval.vectors import Floats


@dataclass(frozen=True, kw_only=True)
class Margins:
    """The margin of every pair of neighbours."""

    forward: Floats
    """[sources, k], as the sources' neighbours are listed."""
    backward: Floats
    """[targets, k], as the targets' are."""


def margins(neighbours: Neighbours, margin: Margin) -> Margins:
    """The margins of all pairs that a search has found, from its own cosines."""
    forward, backward = neighbours.forward, neighbours.backward
    sources, targets = forward.score.mean(1), backward.score.mean(1)
    compare = _COMPARE[margin]
    return Margins(
        forward=compare(forward.score, (sources[:, None] + targets[forward.index]) / 2),
        backward=compare(backward.score, (sources[backward.index] + targets[:, None]) / 2),
    )


def _ratio(cosine: Floats, usual: Floats) -> Floats:
    return np.divide(cosine, usual, out=np.full_like(cosine, -np.inf), where=usual > 0)


_COMPARE: Mapping[Margin, Callable[[Floats, Floats], Floats]] = {
    "ratio": _ratio,
    "distance": lambda cosine, usual: cosine - usual,
    "absolute": lambda cosine, usual: cosine,
}
