"""A run goes on bit for bit where ranks and stage are the same, and to rounding where they are not."""

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.engine.checkpoint import open_newest
from mtl.engine.checkpoint_files import MARKER, folder_name, list_checkpoints, read_checkpoint
from mtl.engine.launch import Ranks
from mtl.errors import UserError
from tests.kit import cells, checkpoints
from tests.kit.cells import Cell
from tests.kit.checkpoints import HARMS
from tests.kit.legs import SAVED, Leg, Walked, walk_all
from tests.kit.ranks import run_on_ranks

STEPS = 6
ALONE = Ranks.alone()
# The small budget comes with tiny buckets and, at stage 3, with every parameter sharded.
SAME = {
    "zero0": Cell(0, 170, dropout=0.1, steps=STEPS),
    "zero1": Cell(1, 170, dropout=0.1, steps=STEPS),
    "zero2": Cell(2, 170, dropout=0.1, steps=STEPS),
    "zero3": Cell(3, 170, dropout=0.1, steps=STEPS),
    **{
        f"{half}-{stage}": Cell(stage, precision=half, dropout=0.1, steps=STEPS)
        for half in cells.HALVES
        for stage in (1, 3)
    },
    "lazy-0": Cell(0, by="step", lazy=True, steps=STEPS),
    "lazy-2-offload": Cell(2, by="step", lazy=True, offload=True, steps=STEPS),
    "lazy-3": Cell(3, by="step", lazy=True, steps=STEPS),
    "frozen-1": Cell(1, freeze=True, steps=STEPS),
    "frozen-3": Cell(3, 170, freeze=True, steps=STEPS),
    "plain": Cell(1, steps=STEPS),
}
# From the plain run's checkpoint, written at stage 1 by two ranks.
ELASTIC = [Cell(0, steps=STEPS), Cell(2, offload=True, steps=STEPS), Cell(3, 170, steps=STEPS)]
ONE_RANK = [Cell(1, steps=STEPS), Cell(3, steps=STEPS)]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("stores")
    cells.make_stores(made)
    return made


@pytest.fixture(scope="module")
def on_two(root: Path, stores: Path) -> dict[str, Walked]:
    whole = [Leg(name, cell, save=True, room=name != "plain") for name, cell in SAME.items()]
    resumed = [Leg(f"{name} resumed", cell, load=name) for name, cell in SAME.items()]
    elastic = [Leg(str(cell), cell, load="plain") for cell in ELASTIC]
    return dict(run_on_ranks(walk_all, 2, [*whole, *resumed, *elastic], stores, root)[0])


@pytest.mark.parametrize("name", SAME)
def test_a_resumed_run_is_the_undisturbed_one_bit_for_bit(on_two: dict[str, Walked], name: str) -> None:
    whole, resumed = on_two[name], on_two[f"{name} resumed"]
    assert resumed.losses == whole.losses[SAVED:]
    assert resumed.state.keys() == whole.state.keys()
    assert [key for key in whole.state if not torch.equal(whole.state[key], resumed.state[key])] == []


def test_in_lazy_mode_heads_have_counts_of_their_own(on_two: dict[str, Walked], root: Path) -> None:
    updates = read_checkpoint(root / "lazy-3" / folder_name(SAVED)).updates
    assert {updates[name] for name in updates if name.startswith("encoder.")} == {SAVED}
    heads = {name.split(".")[1]: count for name, count in updates.items() if name.startswith("heads.")}
    assert sum(heads.values()) == SAVED


def assert_close(walked: Walked, whole: Walked) -> None:
    assert walked.losses == pytest.approx(whole.losses[SAVED:], rel=1e-5)
    for name, value in whole.state.items():
        assert torch.allclose(walked.state[name], value, rtol=1e-3, atol=2e-5), name


@pytest.mark.parametrize("cell", ELASTIC, ids=str)
def test_it_goes_on_at_another_stage(on_two: dict[str, Walked], cell: Cell) -> None:
    assert_close(on_two[str(cell)], on_two["plain"])


def test_it_goes_on_on_another_number_of_ranks(on_two: dict[str, Walked], root: Path, stores: Path) -> None:
    legs = [Leg(str(cell), cell, load="plain") for cell in ONE_RANK]
    legs.append(Leg("from stage 3", replace(SAME["zero3"], stage=1), load="zero3"))
    alone = run_on_ranks(walk_all, 1, legs, stores, root)[0]
    for cell in ONE_RANK:
        assert_close(alone[str(cell)], on_two["plain"])
    assert_close(alone["from stage 3"], on_two["zero3"])


def test_the_newest_whole_one_is_taken_and_the_damage_of_the_others_told(tmp_path: Path) -> None:
    for step in (3, 12, 100):
        checkpoints.write(tmp_path, step)
    assert [path.name for path in list_checkpoints(tmp_path)] == [folder_name(step) for step in (100, 12, 3)]
    (tmp_path / folder_name(100) / MARKER).unlink()
    HARMS["truncated"](tmp_path / folder_name(12) / "averages-0001.safetensors")
    told: list[str] = []
    newest = open_newest(tmp_path, ALONE, warn=told.append)
    assert newest is not None and newest.step == 3
    assert len(told) == 2
    assert "step-00000100: checkpoint.json is missing" in told[0]
    assert "step-00000012: averages-0001.safetensors has" in told[1]
    assert open_newest(tmp_path / "nothing", ALONE, warn=told.append) is None


def test_where_all_are_damaged_that_is_an_error_with_the_way_out_and_no_new_beginning(tmp_path: Path) -> None:
    for step in (3, 12):
        HARMS["missing"](checkpoints.write(tmp_path, step).folder / MARKER)
    told: list[str] = []
    with pytest.raises(UserError, match=r"holds 2 checkpoints, and none can be used.*or remove that folder"):
        open_newest(tmp_path, ALONE, warn=told.append)
    assert len(told) == 2


def test_a_folder_that_cannot_be_looked_into_is_not_taken_for_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(path: Path) -> Any:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))

    monkeypatch.setattr(Path, "iterdir", stale)
    monkeypatch.setattr(Path, "is_dir", lambda path: False)  # as newer versions of Python say then
    with pytest.raises(OSError, match=os.strerror(errno.ESTALE)):
        open_newest(tmp_path, ALONE, warn=print)
