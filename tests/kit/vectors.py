"""Made-up vectors of the sorts that make search and mining hard, and nearest neighbours by brute force."""

import numpy as np
from numpy.typing import NDArray

from mtl.retrieval.shortlist import Nearest
from mtl.retrieval.vectors import check_vectors, cosines

SORTS = ("random", "one way", "clusters", "duplicates", "parallel")


def make_vectors(
    sort: str, n: int, m: int, width: int, *, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two sides of n and m vectors."""
    dice = np.random.default_rng(seed)
    x, y = dice.standard_normal((n, width)), dice.standard_normal((m, width))
    if sort == "one way":
        x, y = x + 4, y + 4
    if sort == "clusters":
        centres = dice.standard_normal((5, width))
        x, y = centres[dice.integers(0, 5, n)] + 1e-3 * x, centres[dice.integers(0, 5, m)] + 1e-3 * y
    if sort == "duplicates":
        pool = dice.standard_normal((max(n // 6, 2), width))
        x, y = pool[dice.integers(0, len(pool), n)], pool[dice.integers(0, len(pool), m)]
    if sort == "parallel":
        x, y = x, np.resize(x, (m, width)) + 0.8 * y
    return x.astype(np.float32), y.astype(np.float32)


def brute_force(x: NDArray[np.float32], y: NDArray[np.float32], k: int) -> tuple[Nearest, Nearest]:
    """Every pair scored and sorted; targets of sources, and sources of targets."""
    i, j = (place.ravel() for place in np.indices((len(x), len(y))))
    scores = cosines(check_vectors(x, name="x"), check_vectors(y, name="y"), i, j).reshape(len(x), len(y))
    return _sorted(scores, k), _sorted(scores.T, k)


def _sorted(scores: NDArray[np.float64], k: int) -> Nearest:
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return Nearest(index=order, score=np.take_along_axis(scores, order, 1))
