"""Is one arm better? The tests against textbooks, SciPy, and made-up arms of which the truth is known."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from mtl.study.statistics.gains import bootstrap, items_and_seeds, permutation, seeds_alone
from mtl.study.statistics.paired import ItemScores, Paired
from tests.study.statistics.arms import Noise, items, made_up, one_cell, pair

NOISES = {
    "seeds": Noise(seed=0.03, item=0.05, rest=0.1),
    "items": Noise(seed=0.001, item=0.3, rest=0.1),
    "all": Noise(seed=0.02, item=0.2, rest=0.2),
}


def rate(count: int, rejects: Callable[[np.random.Generator], bool]) -> float:
    return float(np.mean([rejects(np.random.default_rng(i)) for i in range(count)]))


def estimated_p(paired: Paired) -> float:
    estimate = items_and_seeds(paired)
    assert estimate is not None
    return estimate.p


def test_where_seeds_agree_it_is_the_paired_t_test_over_items() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.random((2, 30))
    estimate = items_and_seeds(one_cell([items(*first)] * 3, [items(*second)] * 3))
    expected = stats.ttest_rel(second, first)
    assert estimate is not None and estimate.p == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval(0.95)
    assert (estimate.low, estimate.high) == pytest.approx((100 * interval.low, 100 * interval.high))


def test_where_items_agree_it_is_the_t_test_over_seeds() -> None:
    levels = (0.4, 0.5, 0.7, 0.65)
    paired = one_cell([items(*[0.5] * 20)] * 4, [items(*[level] * 20) for level in levels])
    estimate = items_and_seeds(paired)
    expected = stats.ttest_1samp([100 * level - 50 for level in levels], 0)
    assert estimate is not None and estimate.p == pytest.approx(expected.pvalue)


def test_too_few_seeds_are_no_test() -> None:
    generator = np.random.default_rng(0)
    assert items_and_seeds(made_up(generator, NOISES["all"], gain=5, seeds=2, items=20)) is None


def test_equal_arms_do_not_differ_in_any_sense() -> None:
    same = [items(1, 0, 1, 1)] * 3
    paired = one_cell(same, same)
    assert estimated_p(paired) == 1.0
    assert bootstrap(paired, key=0, resamples=99).p == 1.0
    assert permutation(paired, key=0) == 1.0


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
def test_without_an_effect_false_positives_are_no_more_than_stated(noise: Noise, seeds: int) -> None:
    found = rate(
        400, lambda generator: estimated_p(made_up(generator, noise, gain=0, seeds=seeds, items=100)) < 0.05
    )
    assert 0.01 < found < 0.085


def test_translations_of_a_sentence_are_one_item() -> None:
    noise = Noise(item=0.3, rest=0.05)

    def apart(paired: Paired) -> Paired:
        """The same numbers, each language's items taken for items of their own."""
        arms: list[list[dict[tuple[str, str], ItemScores]]] = [[], []]
        for arm in (0, 1):
            for seed in range(paired.num_seeds):
                arms[arm].append(
                    {
                        ("xnli", str(i)): ItemScores(
                            tuple(f"{i} {number}" for number in cell.clusters),
                            cell.top[arm, seed],
                            cell.bottom[arm, seed],
                        )
                        for i, cell in enumerate(paired.cells)
                    }
                )
        return pair(arms[0], arms[1])

    worlds = [
        made_up(np.random.default_rng(i), noise, gain=0, seeds=3, items=60, cells=6) for i in range(200)
    ]
    assert np.mean([estimated_p(world) < 0.05 for world in worlds]) < 0.09
    assert np.mean([estimated_p(apart(world)) < 0.05 for world in worlds]) > 0.25


@pytest.mark.parametrize(("noise", "gain"), [(NOISES["items"], 9.0), (NOISES["all"], 7.0)])
def test_a_planted_effect_is_found_as_often_as_theory_says(noise: Noise, gain: float) -> None:
    seeds, num_items = 6, 100
    parts = (
        (2 * noise.seed**2 / seeds, seeds - 1),
        (noise.item**2 / num_items, num_items - 1),
        (2 * noise.rest**2 / (seeds * num_items), (seeds - 1) * (num_items - 1)),
    )
    variance = sum(part for part, _ in parts)
    # The estimates that are summed are of a part plus the rest; the rest is small here.
    freedom = variance**2 / sum(part**2 / own for part, own in parts)
    reach = stats.t.ppf(0.975, freedom)
    expected = stats.nct.sf(reach, freedom, gain / 100 / variance**0.5)
    found = rate(
        400, lambda rng: estimated_p(made_up(rng, noise, gain=gain, seeds=seeds, items=num_items)) < 0.05
    )
    assert 0.5 < expected < 0.95
    assert found == pytest.approx(expected, abs=0.08)


def test_the_bootstrap_s_interval_is_scipy_s() -> None:
    generator = np.random.default_rng(3)
    first, second = generator.random((2, 80))
    estimate = bootstrap(one_cell([items(*first)], [items(*second)]), key=1)
    theirs = stats.bootstrap(
        (100 * (second - first),), np.mean, n_resamples=4000, method="percentile", rng=generator
    ).confidence_interval
    assert (estimate.low, estimate.high) == pytest.approx((theirs.low, theirs.high), abs=0.8)


def test_the_bootstrap_is_the_same_each_time_and_in_batches() -> None:
    paired = made_up(np.random.default_rng(0), NOISES["all"], gain=5, seeds=3, items=40)
    assert bootstrap(paired, key=4, resamples=50) == bootstrap(paired, key=4, resamples=50)
    assert bootstrap(paired, key=4, resamples=50) != bootstrap(paired, key=5, resamples=50)


def test_few_items_are_permuted_exactly_as_scipy_does() -> None:
    first, second = np.random.default_rng(5).random((2, 8))
    theirs = stats.permutation_test(
        (first, second), lambda a, b: np.mean(b - a), permutation_type="samples", n_resamples=np.inf
    ).pvalue
    assert permutation(one_cell([items(*first)], [items(*second)]), key=0) == pytest.approx(theirs)


@pytest.mark.parametrize("test", ["bootstrap", "permutation"])
def test_resampling_finds_no_difference_between_equal_models_more_often_than_stated(test: str) -> None:
    def rejects(generator: np.random.Generator) -> bool:
        paired = made_up(generator, Noise(item=0.3, rest=0.1), gain=0, seeds=1, items=60)
        if test == "bootstrap":
            return bootstrap(paired, key=1, resamples=400).p < 0.05
        return permutation(paired, key=1, resamples=400) < 0.05

    assert 0.02 < rate(400, rejects) < 0.085


def test_seeds_alone_are_the_one_sample_t_test() -> None:
    gains = [1.0, 2.5, 0.5, 3.0]
    estimate, expected = seeds_alone(gains), stats.ttest_1samp(gains, 0)
    assert estimate is not None and estimate.p == pytest.approx(expected.pvalue)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert seeds_alone([1.0, 2.0]) is None
    assert seeds_alone([0.0] * 3).p == 1.0
