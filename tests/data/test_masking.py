"""Masks: how many, which, and what is shown instead; all of it a function of the key."""

from fractions import Fraction
from math import floor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mtl.data.features.template import SpecialTokens
from mtl.data.masking import mask, num_masked

# Special tokens at the start, in the middle and at the end, as tokenizers have them.
VOCABULARY = SpecialTokens(mask=99, vocab_size=100, special=(0, 1, 2, 3, 50, 99))
ORDINARY = sorted(set(range(100)) - set(VOCABULARY.special))
LARGE = SpecialTokens(mask=9999, vocab_size=10000, special=(0, 1, 2, 3, 9999))

documents = st.lists(st.integers(0, 99), min_size=1, max_size=80).map(lambda ids: np.array([0, *ids, 2]))


@given(n=st.integers(0, 10_000))
def test_15_percent_rounded_are_predicted_and_at_least_one(n: int) -> None:
    assert num_masked(n) == max(floor(Fraction(15, 100) * n + Fraction(1, 2)), 1)


@given(tokens=documents, key=st.integers(0, 2**64 - 1))
def test_sites_are_ordinary_tokens_and_all_others_are_shown_as_they_are(tokens: np.ndarray, key: int) -> None:
    shown, sites = mask(tokens, VOCABULARY, key)
    ordinary = np.flatnonzero(np.isin(tokens, ORDINARY))
    assert len(sites) == min(num_masked(len(ordinary)), len(ordinary))
    assert set(sites) <= set(ordinary)
    assert np.all(np.diff(sites) > 0)
    untouched = np.setdiff1d(np.arange(len(tokens)), sites)
    assert np.array_equal(shown[untouched], tokens[untouched])
    assert set(shown[sites]) <= {VOCABULARY.mask, *ORDINARY}


@given(tokens=documents, key=st.integers(0, 2**64 - 1))
def test_a_key_has_one_mask_and_the_document_is_not_written_to(tokens: np.ndarray, key: int) -> None:
    before = tokens.copy()
    first, second = mask(tokens, VOCABULARY, key), mask(tokens, VOCABULARY, key)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert np.array_equal(tokens, before)


def test_another_key_has_another_mask() -> None:
    tokens = np.arange(4, 44)
    assert len({mask(tokens, VOCABULARY, key)[1].tobytes() for key in range(50)}) == 50


def test_80_percent_are_masked_10_random_10_kept() -> None:
    tokens = np.arange(4, 204)
    masked = kept = total = 0
    for key in range(400):
        shown, sites = mask(tokens, LARGE, key)
        masked += int(np.sum(shown[sites] == LARGE.mask))
        kept += int(np.sum(shown[sites] == tokens[sites]))
        total += len(sites)
    assert total == 400 * 30
    # Four standard deviations of 12,000 tosses.
    assert abs(masked / total - 0.8) < 0.015
    assert abs(kept / total - 0.1) < 0.011


def test_every_position_has_its_turn() -> None:
    tokens = np.concatenate([[0], np.arange(4, 24), [2]])
    counts = np.zeros(len(tokens))
    for key in range(2000):
        counts[mask(tokens, VOCABULARY, key)[1]] += 1
    assert counts[0] == counts[-1] == 0
    assert np.all(np.abs(counts[1:-1] / 2000 - 0.15) < 0.035)


def test_every_ordinary_token_may_come_as_the_random_one() -> None:
    tokens = np.full(200, 7)
    seen: set[int] = set()
    for key in range(400):
        shown, sites = mask(tokens, VOCABULARY, key)
        seen.update(shown[sites].tolist())
    assert seen == {VOCABULARY.mask, *ORDINARY}
