"""The plan as a person asks for it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.kit.ranks import ROOT


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "launchers/plan.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=200,
    )


def test_the_plan_says_memory_time_and_cost_for_1_to_1024_gpus(tmp_path: Path) -> None:
    small = [f"data.cache={tmp_path}", "data.world.scale=0.05", "train.token_budget=auto"]
    done = start("recipes/world_nine.yaml", *small, "--rate", "1e5", "--bandwidth", "10", "--price", "2")
    assert done.returncode == 0, done.stderr[-2000:]
    for words in ("memory of each of 8 ranks", "advice for 8 GPUs of 80 GiB: deepspeed=", "model: "):
        assert words in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith("│")]
    assert [row.split()[1] for row in rows[-11:]] == [f"{2**power:,}" for power in range(11)]


def test_without_a_rate_there_is_no_plan() -> None:
    done = start("recipes/world_nine.yaml")
    assert done.returncode == 2 and "--rate" in done.stderr
