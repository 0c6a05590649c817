"""Every benchmark can be rehearsed, and then leaves a record from which the page can be composed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.ranks import ROOT

# With tests of their own, and the page itself.
OTHERS = {"results.py", "gpu.py", "trainer.py"}
SCRIPTS = sorted(file.name for file in (ROOT / "benchmarks").glob("*.py") if file.name not in OTHERS)


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_benchmark_can_be_rehearsed(script: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, "--quick", "--out", tmp_path],
        cwd=ROOT, capture_output=True, text=True, timeout=1200, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("*.json"))
