"""Time, memory and advice for any number of GPUs follow from the packing and the model that is stated."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from mtl.data.packing import pack
from mtl.run.memory import Sharding, activation_bytes, memory_of
from mtl.run.plan import work_of
from mtl.run.prepare import Prepared
from mtl.run.scaling import Machine, ScaledPhase, advise, critical_cost, scale
from tests.kit.worlds import prepared

MACHINE = Machine(tokens_per_second=1e4, price=2.0)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepared(tmp_path_factory.mktemp("cache"), "train.examples_per_step=64", "train.bins_multiple=1")


@pytest.fixture(scope="module")
def work(ready: Prepared) -> ScaledPhase:
    return work_of(ready)


def test_one_gpu_computes_every_token_at_its_rate(work: ScaledPhase) -> None:
    (alone,) = scale(work, MACHINE, [1])
    tokens = np.mean([work.steps.plan(step).packing.tokens.sum() for step in range(8)])
    assert alone.seconds == pytest.approx(tokens / 1e4)
    assert alone.sent == 0 and alone.efficiency == 1
    assert alone.cost == pytest.approx(alone.hours * 2.0)


def test_more_gpus_are_never_slower_nor_more_efficient_without_a_link(work: ScaledPhase) -> None:
    rows = scale(work, MACHINE)
    for few, many in pairwise(rows):
        assert many.seconds <= few.seconds * 1.0001 and many.efficiency <= few.efficiency * 1.05
    assert rows[-1].efficiency < 0.1, "64 examples do not feed 1024 GPUs"


def test_the_dearest_bin_of_each_wave_sets_the_pace() -> None:
    packing = pack([5, 4, 3, 2], [5.0, 4.0, 3.0, 2.0], budget=5, multiple=4)
    assert (
        critical_cost(packing, 4) == 5
        and critical_cost(packing, 2) == 5 + 3
        and critical_cost(packing, 1) == 14
    )


def test_what_is_sent_takes_time_after_the_computation_or_hides_beside_it(work: ScaledPhase) -> None:
    (row,) = scale(work, MACHINE, [4])
    link = Machine(tokens_per_second=1e4, bandwidth=row.hides_at)
    (after,) = scale(replace(work, sharding=replace(work.sharding, overlap=False)), link, [4])
    (beside,) = scale(replace(work, sharding=replace(work.sharding, overlap=True)), link, [4])
    assert after.seconds == pytest.approx(row.seconds + row.sent / row.hides_at)
    assert beside.seconds == pytest.approx(row.seconds)


def test_advice_takes_the_lowest_stage_that_fits_and_the_largest_budget(
    ready: Prepared, work: ScaledPhase
) -> None:
    stages = [Sharding.of(ready.ds_config.at_stage(stage)) for stage in (1, 2, 3)]
    how = {"precision": "bf16", "recompute": False}

    def ask(room: float):  # type: ignore[no-untyped-def]
        return advise(work.sizes, ready.config, stages, ranks=8, room=room, smallest=512, **how)

    rich = ask(2**36)
    assert rich.stage == 1 and rich.budget == 65536
    one = activation_bytes(ready.config, 1, precision="bf16", recompute=False)
    held = memory_of(work.sizes, stages[0], ranks=8, precision="bf16").total
    tight = ask((held + 1024 * one) / 0.9 + 1)
    assert (tight.stage, tight.budget) == (1, 1024)
    assert tight.memory.total <= (held + 1024 * one) * 1.001
    assert ask(2**20) is None
