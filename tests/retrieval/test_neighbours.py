"""Search equals brute force bit for bit, on any vectors, tiles and ranks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.retrieval import neighbours
from mtl.retrieval.neighbours import Neighbours, SearchSettings, nearest, search
from mtl.retrieval.rounded import Precision
from mtl.retrieval.shortlist import Nearest
from mtl.retrieval.vectors import check_vectors
from tests.kit.ranks import run_on_ranks
from tests.kit.vectors import SORTS, brute_force, make_vectors


def find(x, y, **changes) -> Neighbours:
    return search(check_vectors(x, name="x"), check_vectors(y, name="y"), SearchSettings(**changes))


def assert_same(found: Nearest, wanted: Nearest) -> None:
    assert np.array_equal(found.index, wanted.index)
    assert np.array_equal(found.score, wanted.score)


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("sort", SORTS)
def test_both_directions_equal_brute_force_bit_for_bit(sort: str, precision: Precision) -> None:
    x, y = make_vectors(sort, 700, 533, 48)
    forward, backward = brute_force(x, y, 4)
    found = find(x, y, precision=precision)
    assert_same(found.forward, forward)
    assert_same(found.backward, backward)


@settings(max_examples=25, deadline=None)
@given(
    sort=st.sampled_from(SORTS),
    n=st.integers(1, 150),
    m=st.integers(1, 150),
    width=st.integers(1, 20),
    k=st.integers(1, 6),
    seed=st.integers(0, 99),
)
def test_any_sizes_equal_brute_force(sort: str, n: int, m: int, width: int, k: int, seed: int) -> None:
    x, y = make_vectors(sort, n, m, width, seed=seed)
    forward, backward = brute_force(x, y, k)
    found = find(x, y, k=k, precision="bf16")
    assert_same(found.forward, forward)
    assert_same(found.backward, backward)


@pytest.mark.parametrize("sort", ["random", "duplicates"])
def test_the_tile_and_the_memory_change_nothing(sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = make_vectors(sort, 600, 500, 24)
    wanted = find(x, y)
    monkeypatch.setitem(neighbours.TILES, "cpu", (64, 128))
    monkeypatch.setattr(neighbours, "BYTES_WAITING", 2**17)  # two candidates may wait
    found = find(x, y, memory_mb=1)
    assert_same(found.forward, wanted.forward)
    assert_same(found.backward, wanted.backward)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("sort", ["random", "one way", "clusters"])
def test_many_tiles_of_positive_or_negative_scores_equal_brute_force(
    sort: str, sign: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive bf16 scores are compared as whole numbers, and where there is no positive one, they are not."""
    monkeypatch.setitem(neighbours.TILES, "cpu", (64, 64))
    x, y = make_vectors(sort, 300, 260, 24)
    y *= sign
    forward, backward = brute_force(x, y, 4)
    found = find(x, y, precision="bf16", memory_mb=1)
    assert_same(found.forward, forward)
    assert_same(found.backward, backward)


@pytest.mark.parametrize("side", [0, 1])
def test_a_few_owners_without_positive_scores_equal_brute_force(
    side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Theirs alone are not compared as whole numbers."""
    monkeypatch.setitem(neighbours.TILES, "cpu", (64, 64))
    x, y = make_vectors("one way", 300, 260, 24)
    (x, y)[side][::30] *= -1
    forward, backward = brute_force(x, y, 4)
    found = find(x, y, precision="bf16", memory_mb=1)
    assert_same(found.forward, forward)
    assert_same(found.backward, backward)


@pytest.mark.parametrize("sort", ["random", "duplicates"])
def test_large_tiles_are_looked_through_in_portions(sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU, where not all scores of a tile may become candidates at once."""
    x, y = make_vectors(sort, 600, 500, 24)
    wanted = find(x, y)
    monkeypatch.setitem(neighbours.BYTES_A_SCORE, "cpu", 1)
    monkeypatch.setattr(neighbours, "BYTES_A_HIT", 2**10)  # four blocks at a time
    found = find(x, y, memory_mb=1)
    assert_same(found.forward, wanted.forward)
    assert_same(found.backward, wanted.backward)


def test_equal_vectors_are_listed_by_index() -> None:
    x = np.ones((300, 8), dtype=np.float32)
    found = find(x, 2 * x, k=3)
    assert (found.forward.index == [0, 1, 2]).all()
    assert (found.backward.index == [0, 1, 2]).all()


def search_on_rank(sort: str, n: int) -> Neighbours:
    return find(*make_vectors(sort, n, 257, 16), precision="bf16")


@pytest.mark.parametrize(("sort", "n"), [("duplicates", 301), ("random", 5)])
def test_two_ranks_find_what_one_does(sort: str, n: int) -> None:
    wanted = search_on_rank(sort, n)
    for found in run_on_ranks(search_on_rank, 2, sort, n):
        assert_same(found.forward, wanted.forward)
        assert_same(found.backward, wanted.backward)


def test_more_ranks_than_rows_is_fine() -> None:
    wanted = search_on_rank("random", 1)
    for found in run_on_ranks(search_on_rank, 2, "random", 1):
        assert_same(found.forward, wanted.forward)
        assert_same(found.backward, wanted.backward)


def forward_on_rank(sort: str, n: int, k: int) -> Nearest:
    x, y = make_vectors(sort, n, 257, 16)
    return nearest(check_vectors(x, name="x"), check_vectors(y, name="y"), SearchSettings(k=k))


@pytest.mark.parametrize("sort", SORTS)
def test_one_direction_is_that_of_both(sort: str) -> None:
    x, y = make_vectors(sort, 60, 257, 16)
    assert_same(forward_on_rank(sort, 60, 20), brute_force(x, y, 20)[0])


@pytest.mark.parametrize("n", [1, 301])
def test_one_direction_is_the_same_on_two_ranks(n: int) -> None:
    wanted = forward_on_rank("duplicates", n, 20)
    for found in run_on_ranks(forward_on_rank, 2, "duplicates", n, 20):
        assert_same(found, wanted)
