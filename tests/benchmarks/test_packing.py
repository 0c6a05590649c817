"""The contest of packed against padded training runs, and its rivals do the same work."""

import re
import subprocess
import sys

from tests.kit.ranks import ROOT


def test_the_contest_runs_and_both_rivals_have_the_same_losses() -> None:
    """The script itself stops where a step's losses differ by more than rounding."""
    small = ["--rows", "made-up", "--layers", "1", "--hidden", "64", "--rounds", "1", "--batch", "4"]
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "packing.py", *small],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"packed, one task a step .*\d", done.stdout)
    assert "no step's loss differs by more than" in done.stdout
