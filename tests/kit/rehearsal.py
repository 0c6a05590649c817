"""A benchmark in its smallest sizes, and what it found."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.kit.ranks import ROOT

LAUNCHERS = {"RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}
"""What a test that was a rank leaves in its process: the Trainer would look for the others."""


def rehearse(script: str, *words: str, out: Path, timeout: float) -> list[dict[str, Any]]:
    """Run `script` on one thread; gives its records."""
    alone = {name: value for name, value in os.environ.items() if name not in LAUNCHERS}
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, *words, "--quick", "--out", out],
        cwd=ROOT, capture_output=True, text=True, timeout=timeout, env={**alone, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(out.glob("*.json"))]
