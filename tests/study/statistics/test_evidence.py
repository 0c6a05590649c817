"""A question's tests are those over the items of its arms, or over seeds alone; its names decide what is drawn."""

import numpy as np
import pytest

from mtl import seeds
from mtl.study.statistics.evidence import Evidence, evidence_for
from mtl.study.statistics.gains import bootstrap, items_and_seeds, permutation, seeds_alone
from mtl.study.statistics.paired import even_weights
from tests.study.statistics.arms import pair
from tests.study.statistics.test_contrast import PLACES, arm

NAMES = ("mnli", "none", "xnli")
GENERATOR = np.random.default_rng(5)
ARMS = (arm(GENERATOR, 0.5), arm(GENERATOR, 0.6))
PAIRED = pair(*ARMS)
GAINS = tuple(PAIRED.gains.tolist())


def asked(*, names: tuple[str, ...] = NAMES, resamples: int | None = 50) -> Evidence:
    return evidence_for(GAINS, ARMS, (-1.0, 1.0), even_weights(PLACES), names=names, resamples=resamples)


def test_arms_with_items_have_all_three_tests_with_a_key_of_the_questions_names() -> None:
    found, key = asked(), seeds.key("study", *NAMES)
    assert found.value == PAIRED.gain and not found.is_over_seeds_alone
    assert (found.num_items, found.num_clusters) == (PAIRED.num_items, PAIRED.num_clusters)
    assert found.estimate == items_and_seeds(PAIRED)
    assert found.bootstrap == bootstrap(PAIRED, key=key, resamples=50)
    assert found.permutation == permutation(PAIRED, key=key, resamples=50)
    assert asked(names=("mnli", "none", "pawsx")).bootstrap != found.bootstrap


def test_without_resamples_the_estimate_stands_alone() -> None:
    found = asked(resamples=None)
    assert found.estimate == asked().estimate and found.num_items is not None
    assert (found.bootstrap, found.permutation) == (None, None)


def test_without_items_seeds_alone_are_tested() -> None:
    found = evidence_for(GAINS, None, (-1.0, 1.0), even_weights(PLACES), names=NAMES, resamples=50)
    assert found.estimate == seeds_alone(GAINS) and found.is_over_seeds_alone
    assert not evidence_for(GAINS[:1], None, (-1.0, 1.0), {}, names=NAMES, resamples=50).is_over_seeds_alone


def test_scores_of_other_models_than_the_items_are_refused() -> None:
    with pytest.raises(AssertionError, match="mnli"):
        evidence_for((1.0, 2.0, 3.0), ARMS, (-1.0, 1.0), even_weights(PLACES), names=NAMES, resamples=50)
