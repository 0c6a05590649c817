"""Learning curves of which the truth is known: the law is found again, and what is level is called so."""

import numpy as np
import pytest

from mtl.study.statistics.curves import fit_law, line_weights
from mtl.study.statistics.gains import resampled_scores
from mtl.study.statistics.paired import ItemScores, contrast

SIZES = (62, 250, 1000, 4000, 16000)


def law(limit: float, drop: float, rate: float) -> np.ndarray:
    return limit - drop * (np.array(SIZES) / SIZES[0]) ** -rate


def test_a_law_without_noise_is_found_again() -> None:
    scores = law(70, 30, 0.6)
    found = fit_law(SIZES, scores, np.tile(scores, (20, 1)))
    assert found.limit.value == pytest.approx(70, abs=0.2)
    assert found.drop.value == pytest.approx(30, abs=0.3)
    assert found.rate.value == pytest.approx(0.6, rel=0.03)
    assert found.saturation.value == pytest.approx(62 * 10 ** (1 / 0.6), rel=0.2)
    assert found.score(SIZES) == pytest.approx(scores, abs=0.1)
    assert (found.limit.low, found.limit.high) == (found.limit.value, found.limit.value)


@pytest.mark.parametrize("scores", [(50.0,) * 5, (60.0, 55.0, 52.0, 51.0, 50.0)])
def test_a_curve_that_does_not_rise_is_level_from_its_first_size_on(scores: tuple[float, ...]) -> None:
    found = fit_law(SIZES, scores, np.tile(scores, (5, 1)))
    assert found.drop.value == 0 and found.limit.value == pytest.approx(np.mean(scores))
    assert found.saturation.value == SIZES[0]


def test_what_grows_by_the_same_with_each_doubling_never_saturates() -> None:
    scores = 40 + 2 * np.log2(np.array(SIZES) / 62)
    found = fit_law(SIZES, scores, np.tile(scores, (5, 1)))
    assert found.saturation.value > 100 * SIZES[-1]
    assert np.array(line_weights(SIZES)) @ scores == pytest.approx(2)


def test_an_interval_holds_the_truth_about_as_often_as_stated() -> None:
    """Item scores around a law; the limit's interval and the slope's are to cover it, seeds and items drawn anew."""
    covered = []
    truth = law(0.7, 0.3, 0.6)
    for number in range(40):
        generator = np.random.default_rng(number)
        shared = generator.normal(0, 0.1, 80)  # what suits an item, whatever the size
        arms = []
        for level in truth:
            runs = (
                level + generator.normal(0, 0.01) + shared + generator.normal(0, 0.1, 80) for _ in range(3)
            )
            keys = tuple(map(str, range(80)))
            arms.append([{("xnli", "en"): ItemScores(keys, run, np.ones(80))} for run in runs])
        apart = contrast(arms, [1.0] * len(arms))
        means = [float(np.mean([cell.values[arm] for cell in apart.cells])) for arm in range(len(arms))]
        found = fit_law(SIZES, means, resampled_scores(apart, key=number, resamples=200))
        covered.append(found.limit.low <= 70 <= found.limit.high)
    assert np.mean(covered) > 0.8


def test_resampled_scores_vary_as_the_mean_of_seeds_does() -> None:
    """As many seeds drawn as there are would say too little; items are all alike here."""
    levels = (0.4, 0.5, 0.6)
    arm = [{("xnli", "en"): ItemScores(("a", "b"), np.full(2, level), np.ones(2))} for level in levels]
    found = resampled_scores(contrast([arm, arm], [1.0, 1.0]), key=1, resamples=4000)
    assert found.shape == (4000, 2) and np.array_equal(found[:, 0], found[:, 1])
    assert found[:, 0].std() == pytest.approx(100 * np.std(levels, ddof=1) / 3**0.5, rel=0.05)


def test_no_limit_is_above_what_can_be_scored() -> None:
    scores = 60 + 3 * np.log2(np.array(SIZES) / 62)
    found = fit_law(SIZES, scores, np.tile(scores, (5, 1)))
    assert found.limit.value == 100 and found.saturation.value > 10 * SIZES[-1]
    assert found.score(SIZES) == pytest.approx(scores, abs=2)
