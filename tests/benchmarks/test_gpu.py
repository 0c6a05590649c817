"""The measurements for a GPU can be rehearsed without one, and say so where there is none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.kit.ranks import ROOT


def run(*options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "gpu.py", *options],
        cwd=ROOT, capture_output=True, text=True, timeout=600, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_nothing_is_measured_and_that_is_no_success(tmp_path: Path) -> None:
    done = run("--out", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: no GPU: ") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_every_measurement_can_be_rehearsed_on_a_cpu(tmp_path: Path) -> None:
    """Of its results, only that packed attention is exact means anything here; the search checks itself."""
    done = run("--device", "cpu", "--quick", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    values = {ratio["what"].partition(":")[0]: ratio for ratio in record["ratios"]}
    assert set(values) == {"training", "attention", "search"}
    assert values["attention"]["value"] <= values["attention"]["at_most"]
