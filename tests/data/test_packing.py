"""Bins hold each example once, keep to budget and multiple, and are balanced for any number of ranks."""

import math
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.packing import Largest, check_budget, pack, sweep
from mtl.errors import UserError

STEPS = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 500)), max_size=80)
BUDGETS = st.one_of(st.integers(50, 60), st.integers(60, 200))


def members(packing):
    return [bin.tolist() for bin in packing.bins]


def realistic_lengths(n, longest):
    """Lengths like those of a mixture: many short, some long."""
    dice = np.random.RandomState(n)
    lengths = np.where(dice.random_sample(n) < 0.7, dice.gamma(4, 12, n), dice.gamma(9, 35, n))
    return np.clip(lengths, 6, longest).astype(np.int64)


def check(packing, tokens, cost, *, budget, multiple):
    assert sorted(slot for bin in members(packing) for slot in bin) == list(range(len(tokens)))
    assert len(packing.bins) % multiple == 0 and packing.bins
    assert packing.tokens.tolist() == [sum(tokens[slot] for slot in bin) for bin in members(packing)]
    assert packing.cost.tolist() == [sum(cost[slot] for slot in bin) for bin in members(packing)]
    assert max(packing.tokens) <= budget
    assert all(bin == sorted(bin) for bin in members(packing))
    assert packing.cost.tolist() == sorted(packing.cost.tolist(), reverse=True)


def test_the_dearest_goes_first_into_the_cheapest_bin():
    packing = pack([4, 3, 3, 2], [4, 3, 3, 2], budget=10, multiple=1)
    assert members(packing) == [[0, 3], [1, 2]]
    assert (packing.tokens.tolist(), packing.cost.tolist()) == ([6, 6], [6.0, 6.0])


def test_bins_are_balanced_by_cost_and_not_by_tokens():
    packing = pack([2, 2, 2, 2, 2], [9, 3, 3, 2, 1], budget=8, multiple=2)
    assert members(packing) == [[0], [1, 2, 3, 4]]


def test_a_cheap_bin_without_room_is_passed_over_and_taken_up_again():
    # The first bin has 8 tokens at a cost of 10, the second 2 at 17: the 5 tokens fit the dearer one alone,
    # the 2 tokens that follow fit both.
    packing = pack([8, 1, 1, 5, 2], [10, 9, 8, 7, 6], budget=10, multiple=2)
    assert members(packing) == [[1, 2, 3], [0, 4]]


def test_where_balancing_gets_stuck_the_bins_are_filled_up_instead():
    # Balancing makes 6+3 and 5+4, and has no room for 2; the fullest bin first makes 6+4 and 5+3+2.
    packing = pack([6, 5, 4, 3, 2], [6, 5, 4, 3, 2], budget=10, multiple=1)
    assert members(packing) == [[0, 2], [1, 3, 4]]


def test_where_no_packing_of_the_fewest_bins_exists_there_are_more():
    # 20 tokens would fill two bins of 10, but three sixes need three: balanced again, over three or four.
    assert members(pack([6, 6, 6], [6, 6, 6], budget=10, multiple=2)) == [[0], [1], [2], []]
    tokens = [6, 6, 6, 1, 1]
    assert members(pack(tokens, tokens, budget=10, multiple=1)) == [[0, 3], [1, 4], [2]]
    assert members(pack(tokens, tokens, budget=10, multiple=2)) == [[0], [1], [2], [3, 4]]


def test_the_number_of_bins_is_the_smallest_multiple_that_fits():
    tokens = [5] * 9
    assert [len(pack(tokens, tokens, budget=10, multiple=m).bins) for m in (1, 2, 4, 8)] == [5, 6, 8, 8]
    assert [len(pack(tokens, tokens, budget=budget, multiple=4).bins) for budget in (5, 10, 100)] == [
        12,
        8,
        4,
    ]


def test_a_step_of_fewer_examples_than_bins_leaves_bins_empty_at_the_end():
    packing = pack([5, 7], [5, 7], budget=10, multiple=4)
    assert members(packing) == [[1], [0], [], []]
    assert packing.fill == 12 / 20
    assert packing.imbalance == 7 / 3


def test_no_examples_make_empty_bins():
    packing = pack([], [], budget=10, multiple=4)
    assert members(packing) == [[], [], [], []]
    assert (packing.fill, packing.imbalance) == (1.0, 1.0)


@given(STEPS, BUDGETS, st.integers(1, 8))
@settings(max_examples=100, deadline=None)
def test_any_step_is_packed_whole_within_budget_and_multiple(step, budget, multiple):
    tokens, cost = [tokens for tokens, _ in step], [cost for _, cost in step]
    packing = pack(tokens, cost, budget=budget, multiple=multiple)
    check(packing, tokens, cost, budget=budget, multiple=multiple)
    assert members(packing) == members(
        pack(np.array(tokens), np.array(cost), budget=budget, multiple=multiple)
    )


@given(STEPS, BUDGETS, st.integers(1, 8))
@settings(max_examples=100, deadline=None)
def test_there_are_no_more_bins_than_a_tight_packing_takes(step, budget, multiple):
    rooms = []
    for tokens in sorted((tokens for tokens, _ in step), reverse=True):
        fitting = [i for i, room in enumerate(rooms) if room >= tokens]
        tightest = min(fitting, key=rooms.__getitem__, default=None)
        if tightest is None:
            rooms.append(budget - tokens)
        else:
            rooms[tightest] -= tokens
    packing = pack(*zip(*step, strict=True), budget=budget, multiple=multiple) if step else None
    assert packing is None or len(packing.bins) <= math.ceil(len(rooms) / multiple) * multiple


@given(STEPS, st.sampled_from([1, 2, 3, 4, 6, 12]))
@settings(deadline=None)
def test_bins_that_run_at_the_same_time_cost_alike_for_any_number_of_ranks(step, ranks):
    tokens, cost = [tokens for tokens, _ in step], [cost for _, cost in step]
    rows = pack(tokens, cost, budget=50, multiple=12).cost.reshape(-1, ranks)
    waiting = (rows.max(axis=1) - rows.min(axis=1)).sum()
    assert waiting <= rows.max() - rows.min() + 1e-9


def test_a_realistic_step_wastes_next_to_nothing():
    tokens = realistic_lengths(512, 512)
    cost = tokens + tokens.astype(float) ** 2 / 3000
    packing = pack(tokens, cost, budget=4096, multiple=8)
    assert packing.imbalance < 1.02
    for ranks in (2, 4, 8):
        rows = packing.cost.reshape(-1, ranks)
        assert rows.max(axis=1).sum() * ranks < rows.sum() * 1.005


@pytest.mark.parametrize(
    ("n", "budget", "seconds"), [(512, 4096, 0.05), (8192, 16384, 0.5), (8192, 1024, 1.0)]
)
def test_a_step_is_laid_out_quickly(n, budget, seconds):
    tokens = realistic_lengths(n, 512)
    cost = tokens * np.where(np.arange(n) % 2, 1.0, 4.0)
    start = time.perf_counter()
    pack(tokens, cost, budget=budget, multiple=8)
    assert time.perf_counter() - start < seconds


@pytest.mark.parametrize(
    ("tokens", "cost"),
    [
        ([11], [1]),
        ([0], [1]),
        ([-1], [1]),
        ([1], [-1]),
        ([1], [math.nan]),
        ([1], [math.inf]),
        ([1, 2], [1]),
        ([[1]], [[1]]),
    ],
)
@pytest.mark.parametrize(
    "packer", [lambda *a: pack(*a, budget=10, multiple=1), lambda *a: sweep(*a, budget=10, ranks=1)]
)
def test_rubbish_is_refused(packer, tokens, cost):
    with pytest.raises(AssertionError):
        packer(tokens, cost)


def test_a_sweep_puts_examples_of_like_length_together():
    # By falling length: 9, 8, 4 + 3 + 2, 2 + 1; then two more bins for three ranks.
    packing = sweep([2, 9, 3, 8, 1, 4, 2], [2, 9, 3, 8, 1, 4, 2], budget=10, ranks=3)
    assert members(packing) == [[1], [0, 2, 5], [3], [4, 6], [], []]
    assert packing.tokens.tolist() == [9, 9, 8, 3, 0, 0]


@given(STEPS, BUDGETS, st.integers(1, 8))
@settings(deadline=None)
def test_a_sweep_has_every_example_once_within_budget_and_ranks(step, budget, ranks):
    tokens, cost = [tokens for tokens, _ in step], [cost for _, cost in step]
    packing = sweep(tokens, cost, budget=budget, ranks=ranks)
    check(packing, tokens, cost, budget=budget, multiple=ranks)
    used = sorted(
        (min(bin_tokens), max(bin_tokens))
        for bin in members(packing)
        if (bin_tokens := [tokens[s] for s in bin])
    )
    assert all(longest <= shortest for (_, longest), (shortest, _) in pairwise(used))


def test_a_whole_store_is_swept_quickly():
    tokens = realistic_lengths(1_000_000, 512)
    start = time.perf_counter()
    packing = sweep(tokens, tokens, budget=16384, ranks=8)
    assert time.perf_counter() - start < 3
    assert packing.tokens.sum() == tokens.sum() and packing.fill > 0.97


def test_a_budget_below_the_largest_example_names_task_row_and_both_numbers():
    largest = [
        Largest(task="mnli", where="train.jsonl:7", num_tokens=90, key="tasks.mnli.max_length"),
        Largest(task="squad_v1", where="train-v1.1.json:12", num_tokens=384, key="tasks.squad_v1.max_length"),
    ]
    check_budget(largest, budget=384)
    with pytest.raises(UserError) as caught:
        check_budget(largest, budget=128)
    text = str(caught.value)
    assert all(
        part in text
        for part in (
            "train.token_budget",
            "train-v1.1.json:12",
            "384",
            "128",
            "lower tasks.squad_v1.max_length",
        )
    )
    assert "\n" not in text
