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


@pytest.mark.parametrize(("chosen", "taken"), [("3", "3"), ("5,2,1", "5,2")])
def test_the_demo_takes_the_gpus_that_were_chosen(chosen: str, taken: str) -> None:
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": chosen}
    said = subprocess.run(
        ["make", "--dry-run", "demo", "GPUS=8"], cwd=ROOT, capture_output=True, text=True, check=True, env=env
    ).stdout
    assert f"--include localhost:{taken} launchers/train.py" in said
