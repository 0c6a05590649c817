"""Time, memory and advice for any number of GPUs follow from the packing and the model that is stated."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from mtl.data.packing import pack
from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.run.budget import Room, find_budget, look_around, write_budget
from mtl.run.lineage import note_start
from mtl.run.memory import Sharding, activation_bytes, memory_of
from mtl.run.plan import work_of
from mtl.run.prepare import Prepared, prepare
from mtl.run.recipe.read import load_recipe
from mtl.run.recipe_plan import measured_rate
from mtl.run.scaling import Machine, ScaledPhase, advise, critical_cost, scale
from mtl.runfolder import PhaseFolder
from tests.kit.ranks import ROOT
from tests.kit.worlds import prepared, settings

MINIMUM = ["train.steps=1", "tasks=[mnli]", "data.root=rows", "model.name=x"]
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


def test_auto_is_the_largest_budget_that_fits_and_is_kept(ready: Prepared, work: ScaledPhase) -> None:
    sharding = Sharding.of(ready.ds_config)
    phase = ready.phase

    def find(room: Room) -> int:
        return find_budget(phase, ready.config, work.sizes, sharding, room, longest=ready.longest)

    small, large = (find(Room(ranks=2, bytes=gib * 2**30)) for gib in (1, 4))
    assert 256 <= small < large and small & (small - 1) == 0
    assert find(Room(ranks=2, bytes=2**30, chosen=777)) == 777
    with pytest.raises(UserError, match=r"model\.recompute"):
        find(Room(ranks=2, bytes=2**20))


def test_the_plan_and_an_open_budget_count_what_the_recipe_s_attention_dropout_leaves_on_cpus(
    cache: Path,
) -> None:
    def ready_with(attention: float, budget: int | str = 2048, room: Room | None = None) -> Prepared:
        changes = [f"model.attention_dropout={attention}", f"train.token_budget={budget}"]
        recipe = load_recipe(ROOT / "recipes" / "world_nine.yaml", settings(cache, changes))
        return prepare(recipe, recipe.phase_list()[0], device="cpu", room=room)

    works = [work_of(ready_with(rate), on_cpus=True) for rate in (0.0, 0.2)]
    few, many = (work.activations for work in works)
    # Once more in fp32: each token's weights of all others, in 4 layers of 4 heads.
    assert many - few == pytest.approx(2048 * 4 * 4 * 4 * ready_with(0.0).longest)
    held = memory_of(works[0].sizes, works[0].sharding, ranks=1, precision="fp32").total
    room = Room(ranks=1, bytes=(held + 2 * few) / 0.9 + 1, on_cpus=True)
    assert [ready_with(rate, "auto", room).budget for rate in (0.0, 0.2)] == [4096, 2048]


def test_a_budget_of_a_start_that_came_to_nothing_is_forgotten(tmp_path: Path) -> None:
    alone = Ranks(rank=0, world=1, local_rank=0, local_world=1, device=torch.device("cpu"))
    folder = PhaseFolder(tmp_path)
    write_budget(folder, 4096)
    assert look_around(alone, folder).chosen is None
    note_start(folder, origin="random weights", step=0, ranks=1)
    assert look_around(alone, folder).chosen == 4096


def test_a_recipe_may_leave_the_budget_open(tmp_path: Path) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text("train: {token_budget: auto}\n")
    assert load_recipe(recipe, MINIMUM).train.token_budget == "auto"
    for wrong in ("most", "8", "-5", "1e30"):
        with pytest.raises(UserError, match=r"train\.token_budget"):
            load_recipe(recipe, [*MINIMUM, f"train.token_budget={wrong}"])


def test_a_rate_is_read_from_an_earlier_run(tmp_path: Path) -> None:
    phase = tmp_path / "run" / "phase"
    phase.mkdir(parents=True)
    (tmp_path / "run" / "versions.json").write_text('{"ranks": 7}')  # a later start, of another phase
    (phase / "lineage.json").write_text('[{"step": 0, "ranks": 2}]')
    lines = [f'{{"step": {i}, "tokens_per_second": {rate}}}' for i, rate in enumerate((10, 100, 300, 200))]
    (phase / "metrics.jsonl").write_text("\n".join([*lines, '{"step": 3, "dev/mean": 4.0}']) + "\n")
    assert measured_rate(phase) == 100  # the median of all but the first, for one of two ranks
    (phase / "lineage.json").write_text('[{"step": 0, "ranks": 2}, {"step": 2, "ranks": 4}]')
    assert measured_rate(phase) == 50, "what the last start measured, for one of its four ranks"
    with pytest.raises(UserError, match=r"metrics\.jsonl"):
        measured_rate(tmp_path)
