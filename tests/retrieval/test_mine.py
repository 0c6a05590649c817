"""Mining equals one pair at a time, for every margin and retrieval; thresholds are the best ones."""

from itertools import product

import numpy as np
import pytest

from mtl.retrieval.mine import MiningSettings, mine, tune_threshold
from mtl.retrieval.neighbours import Neighbours, SearchSettings, search
from mtl.retrieval.vectors import check_vectors
from tests.kit.vectors import brute_force, make_vectors

MARGINS = {
    "ratio": lambda cosine, usual: cosine / usual if usual > 0 else float("-inf"),
    "distance": lambda cosine, usual: cosine - usual,
    "absolute": lambda cosine, usual: cosine,
}


def naive(x, y, k: int, margin: str, retrieval: str) -> list[tuple[int, int, float]]:
    """LASER's way, one pair at a time."""
    forward, backward = brute_force(x, y, k)
    of_x = [sum(row) / len(row) for row in forward.score.tolist()]
    of_y = [sum(row) / len(row) for row in backward.score.tolist()]

    def best(index, score, usual) -> list[tuple[int, float]]:
        rows = []
        for owner, (others, cosines) in enumerate(zip(index.tolist(), score.tolist(), strict=True)):
            scored = [
                MARGINS[margin](c, usual(owner, other)) for other, c in zip(others, cosines, strict=True)
            ]
            place = max(range(len(scored)), key=scored.__getitem__)
            rows.append((others[place], scored[place]))
        return rows

    ahead = best(forward.index, forward.score, lambda i, j: (of_x[i] + of_y[j]) / 2)
    back = best(backward.index, backward.score, lambda j, i: (of_x[i] + of_y[j]) / 2)
    fore = [(i, j, score) for i, (j, score) in enumerate(ahead)]
    rear = [(i, j, score) for j, (i, score) in enumerate(back)]
    if retrieval == "max":
        pairs, seen_x, seen_y = [], set(), set()
        for i, j, score in sorted(fore + rear, key=lambda pair: (-pair[2], pair[0], pair[1])):
            if i not in seen_x and j not in seen_y and score > 0:
                pairs.append((i, j, score))
                seen_x.add(i)
                seen_y.add(j)
    else:
        pairs = {
            "forward": fore,
            "backward": rear,
            "intersect": [pair for pair in fore if back[pair[1]][0] == pair[0]],
        }[retrieval]
    pairs = [pair for pair in pairs if pair[2] > float("-inf")]
    return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))


def found_by(x, y, k: int) -> Neighbours:
    return search(check_vectors(x, name="x"), check_vectors(y, name="y"), SearchSettings(k=k))


@pytest.mark.parametrize("retrieval", ["max", "forward", "backward", "intersect"])
@pytest.mark.parametrize("margin", MARGINS)
def test_pairs_and_scores_are_those_of_one_pair_at_a_time(margin, retrieval) -> None:
    for sort, (n, m, width) in product(
        ("random", "clusters", "duplicates", "parallel"), [(90, 60, 12), (1, 7, 3)]
    ):
        x, y = make_vectors(sort, n, m, width)
        pairs = mine(found_by(x, y, 4), MiningSettings(margin=margin, retrieval=retrieval))
        wanted = naive(x, y, 4, margin, retrieval)
        assert list(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True)) == [p[:2] for p in wanted]
        assert np.allclose(pairs.score, [p[2] for p in wanted], rtol=1e-14, atol=0)


def test_csls_orders_pairs_as_the_distance_does() -> None:
    neighbours = found_by(*make_vectors("parallel", 50, 50, 8), 3)
    forward = neighbours.forward
    csls = (
        2 * forward.score
        - forward.score.mean(1)[:, None]
        - neighbours.backward.score.mean(1)[neighbours.forward.index]
    )
    pairs = mine(neighbours, MiningSettings(margin="distance", retrieval="forward"))
    assert np.allclose(2 * pairs.score, np.sort(csls.max(1))[::-1], atol=1e-15)


def test_a_chain_of_rivals_is_resolved_from_the_top() -> None:
    """Each pair's source is wanted by the one before: one pair a round, as greedily."""
    angles = np.cumsum(1 / np.arange(4, 44))
    x = np.stack([np.cos(angles[::2]), np.sin(angles[::2])], 1).astype(np.float32)
    y = np.stack([np.cos(angles[1::2]), np.sin(angles[1::2])], 1).astype(np.float32)
    pairs = mine(found_by(x, y, 4), MiningSettings(margin="absolute"))
    wanted = naive(x, y, 4, "absolute", "max")
    assert list(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True)) == [p[:2] for p in wanted]


def test_the_threshold_is_the_best_of_all_cuts() -> None:
    dice = np.random.default_rng(0)
    for _ in range(50):
        size = int(dice.integers(1, 30))
        score = np.sort(dice.integers(0, 8, size) / 4)[::-1]
        right = dice.random(size) < 0.4
        num_gold = int(right.sum()) + int(dice.integers(1, 4))
        tuned = tune_threshold(right.tolist(), score, num_gold)
        f1 = {
            float(cut): 2 * right[score >= cut].sum() / ((score >= cut).sum() + num_gold)
            for cut in np.unique(score)
        }
        assert tuned.f1 == pytest.approx(max(f1.values()))
        kept = score >= tuned.threshold
        if right.any():
            assert 2 * right[kept].sum() / (kept.sum() + num_gold) == pytest.approx(tuned.f1)


def test_the_threshold_lies_halfway_to_the_next_candidate() -> None:
    tuned = tune_threshold([True, True, False, False], np.array([1.5, 1.25, 1.0, 0.5]), 2)
    assert (tuned.threshold, tuned.f1) == (1.125, 1.0)


def test_the_last_candidate_may_be_the_best_cut() -> None:
    assert tune_threshold([True, True], np.array([1.5, 1.25]), 2).threshold == 1.25


def test_nothing_right_is_no_threshold() -> None:
    assert tune_threshold([False], np.array([1.5]), 2).threshold == 0
    assert tune_threshold([], np.zeros(0), 2).threshold == 0
