"""A step's examples are a pure function of seed, step and mixture, and no example comes twice in an epoch."""

import time
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl import seeds
from mtl.data.draw import Draw
from mtl.data.mixture import plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize


def make(seed=1, *, n=10, steps=40, block=4, by="example", **examples):
    sizes = [TaskSize(name=name, num_records=count, num_examples=count) for name, count in examples.items()]
    spec = MixtureSpec(block_steps=block, by=by)
    return Draw(plan_mixture(sizes, spec, examples_per_step=n, steps=steps), seed=seed)


def listed(draw, step):
    drawn = draw.step(step)
    return list(zip(drawn.task.tolist(), drawn.epoch.tolist(), drawn.example.tolist(), strict=True))


def test_a_step_never_changes():
    draw = make(a=7, b=60, c=133)
    first, last = draw.step(0), draw.step(39)
    assert first.task.tolist() == [0, 1, 1, 2, 2, 2, 2, 2, 2, 2]
    assert first.example.tolist() == [4, 11, 59, 16, 39, 90, 95, 98, 108, 129]
    assert last.epoch.tolist() == [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert last.example.tolist() == [30, 32, 35, 33, 52, 72, 76, 87, 119, 121]
    assert draw.fingerprint() == "2b78623f585351a1eac7047622e791e1"


@pytest.mark.parametrize("by", ["example", "step"])
def test_each_block_draws_its_quotas(by):
    draw = make(a=1000, b=2000, c=7000, by=by)
    for block in range(10):
        tasks = np.concatenate([draw.step(step).task for step in range(block * 4, block * 4 + 4)])
        quotas = np.diff(draw.mixture.units, axis=0)[block] * draw.mixture.unit
        assert np.bincount(tasks, minlength=3).tolist() == quotas.tolist()


def test_in_the_classical_regime_a_step_is_of_one_task():
    draw = make(a=1000, b=3000, by="step")
    firsts = [draw.step(step).task[0] for step in range(40)]
    assert all((draw.step(step).task == first).all() for step, first in enumerate(firsts))
    assert np.bincount(firsts).tolist() == [10, 30]


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=5),
    st.integers(1, 20),
    st.integers(1, 30),
    st.integers(1, 10),
    st.sampled_from(["example", "step"]),
    st.integers(0, 2**31),
)
@settings(max_examples=40, deadline=None)
def test_epochs_follow_each_other_and_hold_every_example_once(counts, n, steps, block, by, seed):
    draw = make(
        seed, n=n, steps=steps, block=block, by=by, **{f"t{i}": count for i, count in enumerate(counts)}
    )
    seen = defaultdict(list)
    for step in range(steps):
        drawn = listed(draw, step)
        assert len(drawn) == n and drawn == sorted(drawn)
        for task, epoch, example in drawn:
            seen[task].append((epoch, example))
    for task, pairs in seen.items():
        assert len(set(pairs)) == len(pairs)
        epochs = [epoch for epoch, _ in pairs]
        assert epochs == sorted(epochs)
        full, rest = divmod(len(pairs), counts[task])
        assert np.bincount(epochs).tolist() == [counts[task]] * full + [rest] * (rest > 0)
        assert all(0 <= example < counts[task] for _, example in pairs)


def test_any_step_can_be_asked_for_in_any_order():
    running = make(a=7, b=60, c=133)
    steps = [listed(running, step) for step in range(40)]
    jumping = make(a=7, b=60, c=133)
    assert all(listed(jumping, step) == steps[step] for step in seeds.shuffled(3, 40).tolist() * 2)
    assert all(listed(make(a=7, b=60, c=133), step) == steps[step] for step in (0, 3, 4, 21, 39))


def test_epochs_and_seeds_have_orders_of_their_own():
    def epochs(seed):
        draw = make(seed, n=1, steps=100, block=8, a=50)
        return [int(draw.step(step).example[0]) for step in range(100)]

    orders = [tuple(epochs(seed)[half : half + 50]) for seed in (1, 2) for half in (0, 50)]
    assert len({*orders, tuple(range(50))}) == 5


def test_what_a_task_draws_depends_on_its_own_name_alone():
    def of_a(draw, task):
        drawn = [pair for step in range(4) for pair in listed(draw, step)]
        return sorted((epoch, example) for index, epoch, example in drawn if index == task)

    assert of_a(make(a=30, b=30), 0) == of_a(make(other=30, a=30), 1)
    assert of_a(make(a=30, b=30), 0) != of_a(make(c=30, b=30), 0)


def test_tasks_are_mixed_within_a_block_and_not_in_one_order_for_all_blocks():
    draw = make(a=500, b=500, n=8, block=4, steps=400)
    counts = [int((draw.step(step).task == 0).sum()) for step in range(400)]
    blocks = np.array(counts).reshape(100, 4)
    assert (blocks.sum(axis=1) == 16).all()
    assert len({tuple(block) for block in blocks.tolist()}) > 50
    assert abs(blocks.mean(axis=0) - 4).max() < 0.5


def test_the_fingerprint_tells_apart_what_draws_differently():
    base = {"seed": 1, "n": 10, "steps": 40, "block": 4, "by": "example", "a": 7, "b": 60}
    changes = [{}, {"seed": 2}, {"n": 20}, {"steps": 41}, {"block": 5}, {"by": "step"}, {"a": 8}, {"c": 9}]
    prints = {make(**{**base, **change}).fingerprint() for change in changes}
    assert len(prints) == len(changes)
    assert make(**base).fingerprint() in prints


def test_the_fingerprint_ignores_what_does_not_change_the_draw():
    draw = make(a=50, b=50)
    doubled = tuple(replace(size, num_records=100) for size in draw.mixture.sizes)
    mixture = plan_mixture(doubled, MixtureSpec(block_steps=4), examples_per_step=10, steps=40)
    assert Draw(mixture, seed=1).fingerprint() == draw.fingerprint()


@pytest.mark.parametrize("step", [-1, 40])
def test_a_step_outside_the_run_is_refused(step):
    with pytest.raises(AssertionError):
        make(a=7).step(step)


def test_a_late_step_costs_no_more_than_an_early_one():
    draw = make(n=256, steps=100_000, block=64, **{f"t{i}": 10**6 - i for i in range(9)})
    start = time.perf_counter()
    draw.step(99_999)
    assert time.perf_counter() - start < 0.3


def test_where_a_task_has_a_part_of_its_examples_each_epoch_draws_all_of_that_part_and_nothing_else():
    whole, chosen = make(a=5, b=8), np.array([3, 40, 41, 99, 250])
    draw = Draw(whole.mixture, seed=1, chosen={"a": chosen})
    drawn = defaultdict(list)
    for step in range(40):
        for task, epoch, example in listed(draw, step):
            drawn[task, epoch].append(example)
    assert sorted(drawn[0, 0]) == sorted(drawn[0, 1]) == chosen.tolist()
    assert sorted(drawn[1, 0]) == list(range(8))
    assert draw.fingerprint() != whole.fingerprint()
    assert draw.fingerprint() != Draw(whole.mixture, seed=1, chosen={"a": chosen + 1}).fingerprint()
