"""The Makefile starts what the recipes can share."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("gpus", "ranks"), [(0, 2), (1, 1), (2, 2), (8, 2)])
def test_the_demo_has_no_more_ranks_than_its_steps_have_bins(gpus: int, ranks: int) -> None:
    said = subprocess.run(
        ["make", "--dry-run", "demo", f"GPUS={gpus}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert f"--num_gpus {ranks} launchers/train.py" in said
