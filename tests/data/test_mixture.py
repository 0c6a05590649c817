"""The quotas of a run deliver the mixture: as equalities per block, and known before the first step."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.mixture import exhausted_at, plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.errors import UserError


def sizes(**examples):
    return [TaskSize(name=name, num_records=n, num_examples=n) for name, n in examples.items()]


def plan(tasks, *, n, steps, **spec):
    return plan_mixture(tasks, MixtureSpec(**spec), examples_per_step=n, steps=steps)


def test_every_block_has_the_exact_proportions():
    mixture = plan(sizes(a=1000, b=2000, c=7000), n=10, steps=40, block_steps=4)
    assert np.diff(mixture.units, axis=0).tolist() == [[4, 8, 28]] * 10


def test_a_last_block_that_is_shorter_is_exact_as_well():
    mixture = plan(sizes(a=1000, b=2000, c=7000), n=10, steps=9, block_steps=4)
    assert np.diff(mixture.units, axis=0).tolist() == [[4, 8, 28], [4, 8, 28], [1, 2, 7]]


def test_in_the_classical_regime_the_quotas_count_steps():
    mixture = plan(sizes(a=1000, b=2000, c=7000), n=32, steps=20, block_steps=10, by="step")
    assert np.diff(mixture.units, axis=0).tolist() == [[1, 2, 7]] * 2
    assert [row.draws for row in mixture.rows()] == [64, 128, 448]


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=12),
    st.integers(1, 200),
    st.integers(1, 400),
    st.integers(1, 70),
    st.sampled_from([0.5, 1.0, 2.0, 5.0, float("inf"), ((0, 5.0), (300, 1.0))]),
    st.sampled_from(["example", "step"]),
)
@settings(max_examples=100, deadline=None)
def test_draws_never_differ_from_the_ideal_by_one_or_more(counts, n, steps, block, temperature, by):
    tasks = sizes(**{f"t{i}": count for i, count in enumerate(counts)})
    mixture = plan(tasks, n=n, steps=steps, block_steps=block, temperature=temperature, by=by)
    blocks = -(-steps // block)
    ideal = np.zeros(len(counts))
    for index in range(blocks):
        value = temperature if isinstance(temperature, float) else max(5.0 - index * block * 4 / 300, 1.0)
        raw = (np.array(counts) / max(counts)) ** (1 / value)
        ideal += raw / raw.sum() * min(block, steps - index * block) * (n if by == "example" else 1)
        assert abs(mixture.units[index + 1] - ideal).max() < 1


def test_an_epoch_limit_is_met_exactly_and_the_others_share_what_it_leaves():
    mixture = plan(sizes(a=10, b=100, c=300), n=10, steps=20, block_steps=2, max_epochs={"a": 0.5})
    a, b, c = mixture.units[-1].tolist()
    assert a == 5
    assert (b, c) in [(48, 147), (49, 146)]  # 195 as one to three


def test_a_limit_for_all_tasks_spends_all_data_at_the_last_step_that_there_is():
    tasks, spec = sizes(a=10, b=50, c=300), {"max_epochs": 1.5, "temperature": 3.0}
    assert exhausted_at(tasks, MixtureSpec(**spec), examples_per_step=4) == 135
    mixture = plan(tasks, n=4, steps=135, **spec)
    assert [row.epochs for row in mixture.rows()] == [1.5, 1.5, 1.5]


def test_a_run_beyond_the_data_is_refused_with_the_step_at_which_it_ends():
    with pytest.raises(
        UserError, match=r"used up after step 135, but the run has 136 steps; lower train\.steps"
    ):
        plan(sizes(a=10, b=50, c=300), n=4, steps=136, max_epochs=1.5)


def test_in_the_classical_regime_data_runs_out_by_whole_steps():
    assert exhausted_at(sizes(a=10, b=50), MixtureSpec(by="step", max_epochs=1), examples_per_step=8) == 1 + 6
    with pytest.raises(UserError, match="1 epochs of the 10 examples of a are less than one draw of 16"):
        exhausted_at(sizes(a=10, b=50), MixtureSpec(by="step", max_epochs=1), examples_per_step=16)


def test_without_a_limit_on_every_task_data_never_runs_out():
    assert exhausted_at(sizes(a=10, b=50), MixtureSpec(max_epochs={"a": 1}), examples_per_step=8) is None


def test_a_floor_of_epochs_is_met_over_the_whole_run():
    mixture = plan(sizes(a=100, b=10_000), n=10, steps=100, min_epochs={"a": 4})
    assert mixture.units[-1].tolist() == [400, 600]
    free = plan(sizes(a=100, b=10_000), n=10, steps=100, min_epochs={"a": 0.05})
    assert free.units[-1].tolist() == [10, 990]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"min_epochs": {"a": 20}}, "the floors ask for 2000 examples, but the run draws 1000"),
        (
            {"min_epochs": {"a": 2}, "max_epochs": {"a": 1}},
            "a must draw 200 examples, but max_epochs allows 100",
        ),
    ],
)
def test_floors_that_cannot_be_met_are_refused(spec, words):
    with pytest.raises(UserError, match=words):
        plan(sizes(a=100, b=10_000), n=10, steps=100, **spec)


@pytest.mark.parametrize(("n", "steps"), [(10, 0), (2**20, 2**20)])
def test_a_run_without_steps_or_beyond_counting_is_refused(n, steps):
    with pytest.raises(UserError, match=r"train\.steps"):
        plan(sizes(a=100), n=n, steps=steps)


def test_a_temperature_schedule_is_linear_between_points_and_constant_within_a_block():
    # Square roots at T = 2 (1 to 2), sizes at T = 1 (1 to 4); T is 1.5 at step 10.
    mixture = plan(sizes(a=100, b=400), n=30, steps=40, block_steps=10, temperature=((0, 2.0), (20, 1.0)))
    halfway = 1 / (1 + 4 ** (1 / 1.5))
    wanted = [mixture.shares(step)["a"] for step in (0, 9, 10, 19, 20, 39)]
    assert wanted == pytest.approx([1 / 3, 1 / 3, halfway, halfway, 1 / 5, 1 / 5])
    assert np.diff(mixture.units[:, 0])[[0, 2, 3]].tolist() == [100, 60, 60]


def test_the_table_says_what_each_task_has_and_gives():
    tasks = [TaskSize(name="long", num_records=100, num_examples=250), *sizes(short=300)]
    long, short = plan(tasks, n=8, steps=100).rows()
    assert (long.task, long.records, long.examples, long.share, long.draws) == ("long", 100, 250, 0.25, 200)
    assert (long.epochs, short.draws, short.epochs) == (0.8, 600, 2.0)


def test_a_plan_cannot_be_changed_by_its_readers():
    mixture = plan(sizes(a=100), n=8, steps=100)
    for array in (mixture.units, mixture.ideal):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_long_run_of_many_tasks_is_planned_at_once():
    tasks = sizes(**{f"t{i}": int(1.3**i * 100) for i in range(50)})
    limits = {f"t{i}": 20.0 for i in range(20)}
    start = time.perf_counter()
    plan(tasks, n=512, steps=100_000, temperature=2.0, max_epochs=limits)
    assert time.perf_counter() - start < 2
