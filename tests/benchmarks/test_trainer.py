"""The contest with the Trainer runs, its rivals do the same work, and ours has not become slow."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.kit.ranks import ROOT

FLOORS = {"default sampling": 0.8, "length grouping": 0.7}
"""Far under what is usual for so small a model: the best round has to reach it, so that a busy machine is forgiven."""


def test_ours_does_the_trainers_work_and_is_not_slower_by_far(tmp_path: Path) -> None:
    """The script itself stops where a step's losses differ by more than rounding."""
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "trainer.py", "--quick", "--out", tmp_path],
        cwd=ROOT, capture_output=True, text=True, timeout=600, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "trainer-quick.json").read_text(encoding="utf-8"))
    found = {ratio["what"].partition("Trainer with ")[2]: ratio["high"] for ratio in record["ratios"]}
    assert {name for name, floor in FLOORS.items() if found[name] < floor} == set(), found
    assert any("No step's loss differs by more than" in note for note in record["notes"])
