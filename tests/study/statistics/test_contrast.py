"""Questions to more than two arms: interactions and slopes, by hand, by SciPy, and where the truth is known."""

import numpy as np
import pytest
from scipy import stats

from mtl.study.statistics.gains import bootstrap, items_and_seeds, permutation
from mtl.study.statistics.paired import ItemScores, Models, contrast
from tests.study.statistics.arms import items, pair

INTERACTION = (1.0, -1.0, -1.0, 1.0)
PLACES = (("xnli", "en"), ("xnli", "sw"))


def arm(generator: np.random.Generator, level: float, *, seeds: int = 3, num: int = 60) -> Models:
    """Models of a level, with noise of seeds, and of items that both languages share."""
    models = []
    for _ in range(seeds):
        tops = level + generator.normal(0, 0.02) + generator.normal(0, 0.2, num)
        keys = tuple(map(str, range(num)))
        models.append({place: ItemScores(keys, tops, np.ones(num)) for place in PLACES})
    return models


def test_an_interaction_is_what_two_do_together_beyond_each_alone() -> None:
    both, one, other, none = ([{PLACES[0]: items(*[level] * 4)}] * 3 for level in (0.9, 0.6, 0.65, 0.5))
    found = contrast((both, one, other, none), INTERACTION)
    assert found.gain == pytest.approx(90 - 60 - 65 + 50)
    assert found.num_items == 4 and found.num_seeds == 3


@pytest.mark.parametrize(("by_item", "p"), [((0.3, 0.2, 0.1), 2 / 8), ((0.3, 0.2, -0.1), 4 / 8)])
def test_an_interaction_is_permuted_by_swapping_a_measure_in_and_out_of_each_item(
    by_item: tuple[float, ...], p: float
) -> None:
    """Of three items: every swap turns the sign of the item's interaction, so eight sums of three numbers.

    3 + 2 + 1 is reached by two of them (it and its opposite), 3 + 2 - 1 or more by four.
    """
    one, other, none = (items(*[level] * 3) for level in (0.6, 0.5, 0.4))
    both = items(*[0.6 + 0.5 - 0.4 + more for more in by_item])
    found = contrast([[{PLACES[0]: arm}] for arm in (both, one, other, none)], INTERACTION)
    assert permutation(found, key=0) == p


def test_an_interaction_is_permuted_as_a_gain_is_where_the_one_stands_for_both_measures() -> None:
    generator = np.random.default_rng(7)
    first, second, none = (arm(generator, level) for level in (0.4, 0.45, 0.3))
    alone = permutation(pair(first, second), key=1)
    assert permutation(contrast((second, first, none, none), INTERACTION), key=1) == alone


def test_two_arms_are_the_gain_as_ever() -> None:
    generator = np.random.default_rng(1)
    first, second = arm(generator, 0.4), arm(generator, 0.5)
    assert items_and_seeds(contrast((second, first), (1, -1))) == items_and_seeds(pair(first, second))
    assert bootstrap(contrast((second, first), (1, -1)), key=1).low == pytest.approx(
        bootstrap(pair(first, second), key=1).low
    )


def test_places_may_weigh_differently_and_some_not_at_all() -> None:
    generator = np.random.default_rng(2)
    first, second = arm(generator, 0.4), arm(generator, 0.5)
    by_place = {PLACES[1]: 1.0}
    assert contrast((first, second), (-1, 1), by_place).num_items == 60
    assert pair(first, second).num_items == 120
    zero = contrast((first, second), (-1, 1), {PLACES[0]: 1.0, PLACES[1]: -1.0})
    assert zero.gain == pytest.approx(0), "both languages have the same scores here"


def test_targets_with_one_test_set_share_its_items() -> None:
    generator = np.random.default_rng(5)
    tops = generator.normal(0.5, 0.2, (2, 3, 40))

    def models(arm: int, test_set: str) -> Models:
        keys = tuple(map(str, range(40)))
        return [
            {(target, "de"): ItemScores(keys, top, np.ones(40), test_set) for target in ("one", "two")}
            for top in tops[arm]
        ]

    own, same = (contrast([models(0, name), models(1, name)], (-1.0, 1.0)) for name in ("", "same"))
    assert (own.num_clusters, same.num_clusters) == (80, 40)
    assert own.gain == pytest.approx(same.gain)
    alone = contrast(
        [[{("one", "de"): m["one", "de"]} for m in models(arm, "")] for arm in (0, 1)], (-1.0, 1.0)
    )
    assert items_and_seeds(same) == items_and_seeds(alone), "the same items twice tell no more than once"


def test_a_slope_is_that_of_the_regression_line() -> None:
    generator = np.random.default_rng(3)
    sizes = np.array([5.0, 7.0, 8.0, 10.0])
    arms = [arm(generator, level) for level in (0.4, 0.45, 0.5, 0.48)]
    weights = (sizes - sizes.mean()) / ((sizes - sizes.mean()) ** 2).sum()
    means = [100 * np.mean([model[PLACES[0]].top.mean() for model in models]) for models in arms]
    assert contrast(arms, weights).gain == pytest.approx(stats.linregress(sizes, means).slope)


def test_without_an_interaction_it_is_found_as_rarely_as_stated_and_a_large_one_mostly() -> None:
    def significant(seed: int, more: float) -> bool:
        generator = np.random.default_rng(seed)
        levels = (0.6 + more, 0.55, 0.5, 0.45)
        estimate = items_and_seeds(contrast([arm(generator, level) for level in levels], INTERACTION))
        assert estimate is not None
        return estimate.p < 0.05

    assert np.mean([significant(seed, 0.0) for seed in range(300)]) < 0.08
    assert np.mean([significant(seed, 0.25) for seed in range(60)]) > 0.7
