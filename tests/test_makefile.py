"""The Makefile starts what the recipes can share."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("gpus", "ranks"), [(0, 2), (1, 1), (2, 2), (8, 2)])
def test_the_demo_has_no_more_ranks_than_its_steps_have_bins(
    gpus: int, ranks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    said = subprocess.run(
        ["make", "--dry-run", "demo", f"GPUS={gpus}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert f"--num_gpus {ranks} launchers/train.py" in said


@pytest.mark.parametrize(("chosen", "ranks"), [("3", 1), ("5,2,1", 2), ("GPU-8932f937,MIG-a1b2", 2)])
def test_the_demo_leaves_the_gpus_that_were_chosen_by_number_or_name_to_its_ranks(
    chosen: str, ranks: int
) -> None:
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": chosen}
    said = subprocess.run(
        ["make", "--dry-run", "demo", "GPUS=8"], cwd=ROOT, capture_output=True, text=True, check=True, env=env
    ).stdout
    assert f"torchrun --standalone --nproc_per_node {ranks} launchers/train.py" in said
