"""Planning: groups cover all documents and waste little; few queries do not stand among many."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.model import documents
from mtl.model.documents import plan_asking, plan_documents

CPU = torch.device("cpu")

lengths = st.lists(st.integers(1, 40), min_size=1, max_size=12).map(lambda ns: sorted(ns, reverse=True))


def bounds_of(lengths: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)])


@given(lengths=lengths, waste=st.sampled_from([0.0, 0.05, 0.5]))
@settings(max_examples=60)
def test_groups_are_neighbours_that_cover_all_and_waste_no_more_than_allowed(
    lengths: list[int], waste: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "WASTE", waste)
        groups = plan_documents(bounds_of(lengths), device=CPU, dtype=torch.float32, width=8).groups
    assert sum(group.keys.size for group in groups) == sum(lengths)
    assert sum(group.keys.count for group in groups) == len(lengths)
    for group in groups:
        stacked = group.keys.count * group.keys.length
        assert stacked - group.keys.size <= waste * stacked
        assert (group.bias is None) == (stacked == group.keys.size)


def test_documents_of_one_length_are_one_group_that_nothing_fills() -> None:
    planned = plan_documents(bounds_of([7] * 5), device=CPU, dtype=torch.float32, width=8)
    (group,) = planned.groups
    assert (group.keys.count, group.keys.length, group.keys.uneven, group.bias) == (5, 7, None, None)
    assert planned.bounds is None


def test_near_equal_lengths_share_a_group_and_far_ones_do_not() -> None:
    planned = plan_documents(bounds_of([100, 99, 98, 40, 40, 5]), device=CPU, dtype=torch.float32, width=8)
    assert [(group.keys.count, group.keys.length) for group in planned.groups] == [(3, 100), (2, 40), (1, 5)]


def test_documents_read_in_few_places_stand_behind_the_others() -> None:
    bounds = bounds_of([8, 8, 8, 4])
    rows = np.array([0, *range(8, 16), 16, 17, 24, 25, 26, 27])
    asking, put_out = plan_asking(bounds, rows, device=CPU, dtype=torch.float32, width=8)
    queries = [(g.keys.count, g.keys.length, g.queries.length) for g in asking.documents.groups]
    assert queries == [(1, 8, 8), (1, 4, 4), (2, 8, 2)]
    assert put_out.tolist() == [*range(8, 16), 24, 25, 26, 27, 0, 16, 17]
    assert asking.order is not None
    assert asking.order[asking.rows].tolist() == put_out.tolist()


def test_documents_that_nobody_reads_are_left_out() -> None:
    asking, put_out = plan_asking(
        bounds_of([5, 4, 3]), np.array([0, 9]), device=CPU, dtype=torch.float32, width=8
    )
    assert asking.order is not None and asking.order.tolist() == [0, 1, 2, 3, 4, 9, 10, 11]
    assert (asking.rows.tolist(), put_out.tolist()) == ([0, 5], [0, 9])


def test_where_all_documents_are_read_alike_nothing_is_moved() -> None:
    asking, _ = plan_asking(
        bounds_of([5, 4, 3]), np.array([0, 5, 9]), device=CPU, dtype=torch.float32, width=8
    )
    assert asking.order is None and asking.rows.tolist() == [0, 5, 9]
