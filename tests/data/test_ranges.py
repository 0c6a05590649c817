"""Ranges in one array: what Python's own ranges say, empty ones too."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mtl.data.ranges import ranges


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6))))
def test_ranges_follow_one_another(pairs: list[tuple[int, int]]) -> None:
    starts, lengths = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    assert ranges(starts, lengths).tolist() == [
        n for start, length in pairs for n in range(start, start + length)
    ]
