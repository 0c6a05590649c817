"""Two arms on the same items."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.study.statistics.paired import ItemScores, Models
from tests.study.statistics.arms import items, one_cell, pair


def test_a_gain_is_the_mean_over_languages_and_seeds() -> None:
    first = [
        {("xnli", "en"): items(1, 0, 0, 0), ("xnli", "de"): items(0, 0)},
        {("xnli", "en"): items(1, 1, 0, 0), ("xnli", "de"): items(1, 0)},
    ]
    second = [
        {("xnli", "en"): items(1, 1, 1, 0), ("xnli", "de"): items(0, 1)},
        {("xnli", "en"): items(1, 1, 0, 0), ("xnli", "de"): items(1, 1)},
    ]
    paired = pair(first, second)
    assert paired.gains == pytest.approx([50, 25])
    assert paired.gain == pytest.approx(37.5)
    assert (paired.num_items, paired.num_clusters, paired.num_seeds) == (6, 4, 2)


def test_targets_weigh_alike_however_many_languages_they_have() -> None:
    first = {("a", "en"): items(0, 0), ("a", "de"): items(0, 0), ("b", "en"): items(0, 0)}
    second = {("a", "en"): items(1, 0), ("a", "de"): items(0, 0), ("b", "en"): items(1, 1)}
    paired = pair([first], [second])
    assert paired.gain == pytest.approx((25 + 100) / 2)
    assert paired.num_clusters == 4  # a sentence of one target is none of another


def test_items_of_a_cluster_count_as_one() -> None:
    paired = one_cell([items(0, 0, 0, clusters="aab")], [items(1, 0, 1, clusters="aab")])
    assert (paired.num_items, paired.num_clusters) == (3, 2)
    assert paired.gain == pytest.approx(200 / 3)


def test_other_items_are_no_pair() -> None:
    with pytest.raises(AssertionError, match=r"'en'.*: other items"):
        one_cell([items(1, clusters="a")], [items(1, clusters="b")])


def test_a_ratio_of_sums_is_the_f1_of_a_whole_file() -> None:
    # Two sentences: 1 of 1 predicted and 2 true; 2 of 4 and 2: F1 is 2 * 3 / (5 + 4), not a mean over sentences.
    assert ItemScores(("a", "b"), np.array([2.0, 4.0]), np.array([3.0, 6.0])).score == pytest.approx(600 / 9)


@given(st.integers(0, 2**31))
def test_influence_is_the_derivative_of_the_gain(seed: int) -> None:
    generator = np.random.default_rng(seed)

    def model() -> dict[tuple[str, str], ItemScores]:
        keys = ("a", "a", "b", "c")
        return {
            ("xquad", lang): ItemScores(keys, generator.random(4), 0.5 + generator.random(4))
            for lang in ("en", "de")
        }

    first, second = [model(), model()], [model(), model()]
    paired = pair(first, second)
    assert paired.influence.sum(1) == pytest.approx(0, abs=1e-9)
    small = 1e-6

    def heavier(models: Models) -> Models:
        weights = np.array([1 + small, 1 + small, 1, 1])  # the cluster "a" counts a little more
        return [
            {
                lang: ItemScores(each.clusters, each.top * weights, each.bottom * weights)
                for lang, each in m.items()
            }
            for m in models
        ]

    moved = (pair(heavier(first), heavier(second)).gains - paired.gains) / small
    assert moved == pytest.approx(paired.influence[:, 0], abs=1e-3)
