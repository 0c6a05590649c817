"""A budget that a recipe leaves open is the largest that fits, and stays what it was when its phase began."""

from pathlib import Path

import pytest

from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.run.budget import Capacity, find_budget, look_around, write_budget
from mtl.run.lineage import note_start
from mtl.run.memory import Sharding, memory_of
from mtl.run.plan import work_of
from mtl.run.prepare import Prepared, prepare
from mtl.run.recipe.read import load_recipe
from mtl.runfolder import PhaseFolder
from tests.kit.ranks import ROOT
from tests.kit.worlds import prepared, settings


def test_auto_is_the_largest_budget_that_fits_and_is_kept(cache: Path) -> None:
    ready = prepared(cache, "train.examples_per_step=64", "train.bins_multiple=1")
    sizes, sharding = work_of(ready).sizes, Sharding.of(ready.ds_config)

    def find(capacity: Capacity) -> int:
        return find_budget(ready.phase, ready.config, sizes, sharding, capacity, longest=ready.longest)

    small, large = (find(Capacity(ranks=2, bytes=gib * 2**30)) for gib in (1, 4))
    assert 256 <= small < large and small & (small - 1) == 0
    assert find(Capacity(ranks=2, bytes=2**30, chosen=777)) == 777
    with pytest.raises(UserError, match=r"model\.recompute"):
        find(Capacity(ranks=2, bytes=2**20))


def test_the_plan_and_an_open_budget_count_what_the_recipe_s_attention_dropout_leaves_on_cpus(
    cache: Path,
) -> None:
    def ready_with(attention: float, budget: int | str = 2048, capacity: Capacity | None = None) -> Prepared:
        changes = [f"model.attention_dropout={attention}", f"train.token_budget={budget}"]
        recipe = load_recipe(ROOT / "recipes" / "world_nine.yaml", settings(cache, changes))
        return prepare(recipe, recipe.phase_list()[0], device="cpu", capacity=capacity)

    works = [work_of(ready_with(rate), on_cpus=True) for rate in (0.0, 0.2)]
    few, many = (work.activations for work in works)
    # Once more in fp32: each token's weights of all others, in 4 layers of 4 heads.
    assert many - few == pytest.approx(2048 * 4 * 4 * 4 * ready_with(0.0).longest)
    held = memory_of(works[0].sizes, works[0].sharding, ranks=1, precision="fp32").total
    capacity = Capacity(ranks=1, bytes=(held + 2 * few) / 0.9 + 1, on_cpus=True)
    assert [ready_with(rate, "auto", capacity).budget for rate in (0.0, 0.2)] == [4096, 2048]


def test_a_budget_of_a_start_that_came_to_nothing_is_forgotten(tmp_path: Path) -> None:
    alone, folder = Ranks.alone(), PhaseFolder(tmp_path)
    write_budget(folder, 4096)
    assert look_around(alone, folder).chosen is None
    note_start(folder, origin="random weights", step=0, ranks=1)
    assert look_around(alone, folder).chosen == 4096
