"""Whole quotas keep to real-valued shares, exactly as a plain computation in fractions does."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.quotas import ideal_units, whole_units

GRID = 2**20
NO_LIMIT = 10**9


@st.composite
def problems(draw):
    """Small integer weights per block, block sizes, floors and limits that can be met."""
    num_tasks, num_blocks = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    weight = st.integers(1, 30)
    weights = [draw(st.lists(weight, min_size=num_tasks, max_size=num_tasks)) for _ in range(num_blocks)]
    if draw(st.booleans()):
        weights = [weights[0]] * num_blocks
    totals = draw(st.lists(st.integers(1, 12), min_size=num_blocks, max_size=num_blocks))
    limited = st.one_of(st.just(NO_LIMIT), st.integers(1, max(sum(totals), 1)))
    most = draw(st.lists(limited, min_size=num_tasks, max_size=num_tasks))
    most[0] += max(sum(totals) - sum(most), 0)
    floors = draw(st.lists(st.integers(0, sum(totals) // num_tasks), min_size=num_tasks, max_size=num_tasks))
    least = [min(low, high) for low, high in zip(floors, most, strict=True)]
    return weights, totals, least if draw(st.booleans()) else [0] * num_tasks, most


def plain_ideal(weights, totals, most):
    """The ideal without floors: pour each block's units out by weight, task after task filling up."""
    due = [[Fraction(0)] * len(most)]
    for block, total in zip(weights, totals, strict=True):
        row, left = list(due[-1]), Fraction(total)
        while left > 0:
            pouring = [i for i in range(len(most)) if row[i] < most[i]]
            weight = sum(block[i] for i in pouring)
            stretch = min([left] + [(most[i] - row[i]) * weight / block[i] for i in pouring])
            for i in pouring:
                row[i] += stretch * block[i] / weight
            left -= stretch
        due.append(row)
    return due


def plain_whole(ideal, totals):
    """Whole units one at a time: whatever falls due first, at equal dates the largest remainder."""
    num_tasks = len(ideal[0])
    margin = Fraction(GRID // (4 * num_tasks), GRID)
    due = [[Fraction(round(value * GRID), GRID) for value in row] for row in ideal]
    rows = [[0] * num_tasks]

    def falls_due(task, number):
        blocks = (block for block in range(len(due)) if math.floor(due[block][task] + margin) >= number)
        return next(blocks, len(due))

    for block in range(1, len(due)):
        row = list(rows[-1])
        for _ in range(totals[block - 1]):
            ready = [i for i in range(num_tasks) if row[i] < math.floor(due[block][i] - margin) + 1]
            keys = {i: (max(falls_due(i, row[i] + 1), block), row[i] - due[block][i], i) for i in ready}
            row[min(ready, key=keys.__getitem__)] += 1
        rows.append(row)
    return rows


def solve(weights, totals, least, most):
    shares = np.array(weights) / np.sum(weights, axis=1, keepdims=True)
    ideal = ideal_units(
        shares, np.array(totals), least=least, most=[math.inf if m >= NO_LIMIT else m for m in most]
    )
    return ideal, whole_units(ideal, np.array(totals))


@given(problems())
@settings(max_examples=150, deadline=None)
def test_ideal_and_whole_units_equal_the_plain_computation(problem):
    weights, totals, _, most = problem
    ideal, whole = solve(weights, totals, [0] * len(most), most)
    expected = plain_ideal(weights, totals, most)
    np.testing.assert_allclose(ideal, np.array(expected, dtype=float), atol=1e-9)
    assert whole.tolist() == plain_whole(expected, totals)


@given(problems())
@settings(max_examples=150, deadline=None)
def test_whole_units_stay_within_one_of_the_ideal_and_fill_every_block(problem):
    weights, totals, least, most = problem
    ideal, whole = solve(weights, totals, least, most)
    assert abs(whole - ideal).max() < 1
    assert whole.sum(axis=1).tolist() == [0, *np.cumsum(totals).tolist()]
    assert (np.diff(whole, axis=0) >= 0).all()
    assert (whole <= most).all() and (whole[-1] >= least).all()


@pytest.mark.parametrize("num_tasks", [3, 30, 200])
def test_wildly_changing_shares_of_many_tasks_are_followed_too(num_tasks):
    shares = np.random.RandomState(num_tasks).dirichlet(np.full(num_tasks, 0.05), size=150) + 1e-9
    shares /= shares.sum(axis=1, keepdims=True)
    totals = np.full(150, 7)
    ideal = ideal_units(shares, totals, least=[0] * num_tasks, most=[math.inf] * num_tasks)
    whole = whole_units(ideal, totals)
    assert abs(whole - ideal).max() < 1
    assert (np.diff(whole.sum(axis=1)) == 7).all() and (np.diff(whole, axis=0) >= 0).all()


def test_units_go_to_those_who_need_them_next_where_the_largest_remainder_would_fail():
    # Block one is worth 0.51 of a unit to the first three tasks, 0.49 to the others; block two lifts the
    # others to one whole unit. Rounding the larger 0.51s up would make 6 units by then, out of 5.
    shares = np.array([[0.17] * 3 + [0.49 / 3] * 3, [0.47 / 6] * 3 + [0.255] * 3])
    ideal = ideal_units(shares, np.array([3, 2]), least=[0] * 6, most=[math.inf] * 6)
    assert whole_units(ideal, np.array([3, 2])).tolist() == [[0] * 6, [0, 0, 0, 1, 1, 1], [1, 1, 0, 1, 1, 1]]


def test_a_task_with_a_share_below_one_draw_a_block_gets_its_due_in_time():
    shares, totals = np.full((20, 2), [0.95, 0.05]), np.full(20, 4)
    whole = whole_units(ideal_units(shares, totals, least=[0, 0], most=[math.inf] * 2), totals)
    assert whole[[5, 10, 15, 20], 1].tolist() == [1, 2, 3, 4]


def test_a_full_task_stops_at_its_limit_and_leaves_its_share_in_proportion():
    # Shares 1/2, 1/3, 1/6 of 12: the first has room for 9 of 6 + 6; 3 units pass on as 2 to 1.
    shares, totals = np.full((2, 3), [1 / 2, 1 / 3, 1 / 6]), np.array([12, 12])
    ideal = ideal_units(shares, totals, least=[0] * 3, most=[9, math.inf, math.inf])
    np.testing.assert_allclose(ideal[1:], [[6, 4, 2], [9, 10, 5]], rtol=1e-12)


def test_a_floor_raises_one_share_and_shrinks_the_others_in_proportion():
    shares, totals = np.full((2, 3), [0.6, 0.3, 0.1]), np.array([50, 50])
    ideal = ideal_units(shares, totals, least=[0, 0, 40], most=[math.inf] * 3)
    np.testing.assert_allclose(ideal[1:], [[20, 10, 20], [40, 20, 40]], rtol=1e-12)


def test_a_floor_that_shrinks_another_task_below_its_own_floor_raises_that_too():
    shares, totals = np.full((1, 3), [0.7, 0.2, 0.1]), np.array([100])
    ideal = ideal_units(shares, totals, least=[0, 20, 60], most=[math.inf] * 3)
    np.testing.assert_allclose(ideal[1], [20, 20, 60], rtol=1e-12)


def test_floors_that_take_the_whole_run_are_met_to_the_unit():
    shares, totals = np.full((3, 3), [0.7, 0.2, 0.1]), np.array([7, 7, 7])
    whole = whole_units(ideal_units(shares, totals, least=[3, 5, 13], most=[3, 5, 13]), totals)
    assert whole[-1].tolist() == [3, 5, 13]
