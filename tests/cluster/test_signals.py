"""Signals under the deepspeed command: to its ranks they end a run with 75; to itself, with whatever it pleases."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.kit import small_run
from tests.kit.ranks import ROOT
from tests.kit.waiting import wait_until

LAUNCH = "deepspeed.launcher.launch"
PATTERN = re.findall(r"pgrep -d, -f [\"']([^\"']+)", (ROOT / "docs/clusters.md").read_text(encoding="utf-8"))
"""How docs/clusters.md finds the launcher: on a line of its own, and in a script."""


def test_the_launcher_is_found_and_not_what_carries_its_command_to_other_hosts() -> None:
    assert len(PATTERN) == 2
    launch = f"/x/bin/python3.11 -u -m {LAUNCH} --world_info=e30= launchers/train.py"
    for pattern in PATTERN:
        assert re.search(pattern, launch)
        for carrier in ("pdsh -S -f 1024 -w a,b cd /x;", "ssh -x a cd /x;", "bash -c cd /x;"):
            assert not re.search(pattern, f"{carrier} {launch}")


def test_sigusr1_to_the_ranks_is_75_from_the_deepspeed_command(tmp_path: Path) -> None:
    """By the command that docs/clusters.md gives."""
    recipe = small_run.write(tmp_path)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with (tmp_path / "said").open("wb") as said:
        run = subprocess.Popen(
            ["deepspeed", "--num_gpus", "2", "launchers/train.py", str(recipe), "train.steps=2000"],
            cwd=ROOT,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "DS_ACCELERATOR": "cpu"},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        metrics = tmp_path / "runs" / "small" / "intermediate" / "metrics.jsonl"
        wait_until(lambda: metrics.exists() and metrics.stat().st_size > 0, 300, "steps")
        below = psutil.Process(run.pid).children(recursive=True)
        (launch,) = [process for process in below if re.search(PATTERN[0], " ".join(process.cmdline()))]
        ranks = [process for process in launch.children() if "launchers/train.py" in process.cmdline()]
        assert len(ranks) == 2
        for rank in ranks:
            rank.send_signal(signal.SIGUSR1)
        code, text = run.wait(120), (tmp_path / "said").read_text(errors="replace")
        assert code == 75, text[-2000:]
        assert "stopped: phase intermediate after step" in text
    finally:
        for process in psutil.Process(run.pid).children(recursive=True) if run.poll() is None else ():
            process.kill()
        run.kill()
