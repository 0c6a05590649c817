"""A budget that a recipe leaves open is the largest that fits, and stays what it was when its phase began."""

from pathlib import Path

import pytest

from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.run.budget import Capacity, find_budget, look_around, write_budget
from mtl.run.lineage import note_start
from mtl.run.memory import Sharding
from mtl.run.plan import work_of
from mtl.runfolder import PhaseFolder
from tests.kit.worlds import prepared


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


def test_a_budget_of_a_start_that_came_to_nothing_is_forgotten(tmp_path: Path) -> None:
    alone, folder = Ranks.alone(), PhaseFolder(tmp_path)
    write_budget(folder, 4096)
    assert look_around(alone, folder).chosen is None
    note_start(folder, origin="random weights", step=0, ranks=1)
    assert look_around(alone, folder).chosen == 4096
