"""Keyed randomness never changes, and is as random as its users need."""

import time
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl import seeds

MASK = 2**64 - 1
KEYS = st.integers(0, MASK)
GOLDEN = seeds.key("golden")


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def plain_mixed(word: int) -> int:
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
    return word ^ (word >> 31)


def plain_word(key: int, counter: int) -> int:
    """A word in Python's own unbounded integers."""
    return plain_mixed(plain_mixed((key + (counter + 1) * 0x9E3779B97F4A7C15) & MASK) ^ key)


def test_keys_never_change():
    assert seeds.key() == 13020603013274838756
    assert seeds.key(1, "mask", 2) == 1584778693301381382


def test_a_key_tells_types_order_and_boundaries_of_its_parts_apart():
    parts = [
        (),
        (1,),
        ("1",),
        (-1,),
        (1, 2),
        (2, 1),
        (12,),
        ("a", "bc"),
        ("ab", "c"),
        ("abc",),
        ("",),
        ("", ""),
    ]
    assert len({seeds.key(*part) for part in parts}) == len(parts)


def test_a_numpy_integer_makes_the_same_key_as_a_plain_one_and_a_float_makes_none():
    assert seeds.key(np.int64(7)) == seeds.key(7)
    with pytest.raises(TypeError):
        seeds.key(7.0)  # type: ignore[arg-type]


def test_streams_never_change():
    assert [hex(word) for word in seeds.words(GOLDEN, 3).tolist()] == [
        "0x3b81119353ae30e2",
        "0xb0504182bae07c82",
        "0xc97ff8de8df8355a",
    ]
    assert seeds.uniform(GOLDEN, 2).tolist() == [0.2324381813702352, 0.6887246078648576]
    assert seeds.integers(GOLDEN, 6, 100).tolist() == [23, 68, 78, 43, 14, 96]
    assert seeds.shuffled(GOLDEN, 8).tolist() == [4, 0, 7, 3, 1, 2, 6, 5]
    assert seeds.permute(GOLDEN, 10, np.arange(10)).tolist() == [5, 9, 4, 0, 1, 6, 8, 2, 3, 7]
    assert seeds.permute(GOLDEN, 1_000_000, [0, 1, 999_999]).tolist() == [269179, 80116, 135727]


@given(KEYS, st.integers(0, 2**63), st.integers(0, 20))
def test_words_equal_unbounded_arithmetic(key, start, n):
    assert seeds.words(key, n, start=start).tolist() == [plain_word(key, start + i) for i in range(n)]


@given(st.lists(st.tuples(KEYS, st.integers(0, 2**63)), min_size=1, max_size=20))
def test_words_at_goes_element_by_element(pairs):
    keys, counters = (np.array(column, dtype=np.uint64) for column in zip(*pairs, strict=True))
    assert seeds.words_at(keys, counters).tolist() == [plain_word(key, counter) for key, counter in pairs]


@given(KEYS, st.integers(1, 2**32), st.integers(0, 50))
def test_integers_scale_whole_words(key, high, n):
    assert seeds.integers(key, n, high).tolist() == [plain_word(key, i) * high >> 64 for i in range(n)]


@pytest.mark.parametrize("high", [0, -1, 2**32 + 1])
def test_integers_refuse_an_impossible_bound(high):
    with pytest.raises(AssertionError):
        seeds.integers(GOLDEN, 1, high)


def test_uniform_numbers_fill_the_unit_interval_evenly():
    numbers = seeds.uniform(GOLDEN, 100_000)
    counts = np.bincount((numbers * 10).astype(int), minlength=10)
    assert numbers.min() >= 0 and numbers.max() < 1
    assert counts.size == 10 and abs(counts - 10_000).max() < 500


def test_streams_of_neighbouring_keys_and_places_are_unrelated():
    left, right = seeds.uniform(1, 100_000), seeds.uniform(2, 100_000)
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.02
    assert abs(np.corrcoef(left[1:], left[:-1])[0, 1]) < 0.02
    bits = np.unpackbits(seeds.words(3, 20_000).view(np.uint8)).reshape(-1, 64)
    assert abs(bits.mean(axis=0) - 0.5).max() < 0.02


@given(KEYS, st.integers(0, 200))
def test_shuffled_is_an_order(key, n):
    assert sorted(seeds.shuffled(key, n).tolist()) == list(range(n))


@given(KEYS, st.integers(1, 300))
def test_permute_is_a_bijection(key, n):
    assert sorted(seeds.permute(key, n, np.arange(n)).tolist()) == list(range(n))


@given(KEYS, st.integers(1, 2**40), st.data())
def test_permute_answers_alike_however_it_is_asked(key, n, data):
    indices = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=8))
    together = seeds.permute(key, n, indices)
    assert together.tolist() == [int(seeds.permute(key, n, index)) for index in indices]
    assert ((together >= 0) & (together < n)).all()
    assert len(set(together.tolist())) == len(set(indices))


def test_permute_takes_a_key_and_a_size_for_each_element():
    keys, sizes = seeds.words(GOLDEN, 6), np.array([1, 2, 5, 30, 31, 10**9])
    indices = np.array([0, 1, 4, 7, 0, 123_456_789])
    triples = zip(keys.tolist(), sizes.tolist(), indices.tolist(), strict=True)
    expected = [int(seeds.permute(*triple)) for triple in triples]
    assert seeds.permute(keys, sizes, indices).tolist() == expected
    assert seeds.permute(keys.reshape(2, 3), sizes.reshape(2, 3), indices.reshape(2, 3)).shape == (2, 3)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_every_order_of_a_few_things_is_equally_likely(n):
    times = 12_000
    keys = seeds.words(GOLDEN, times)[:, None]
    orders, counts = np.unique(seeds.permute(keys, n, np.arange(n)), axis=0, return_counts=True)
    expected = times / len(orders)
    assert len(orders) == [1, 1, 2, 6, 24, 120][n]
    assert ((counts - expected) ** 2 / expected).sum() < 2 * len(orders) + 10


@pytest.mark.parametrize(("n", "index"), [(3, 3), (3, -1), (0, 0)])
def test_permute_refuses_an_index_outside(n, index):
    with pytest.raises(AssertionError):
        seeds.permute(GOLDEN, n, index)


def test_a_place_in_a_huge_permutation_costs_nothing():
    start = time.perf_counter()
    seeds.permute(GOLDEN, 2**40, np.arange(512))
    assert time.perf_counter() - start < 0.2
