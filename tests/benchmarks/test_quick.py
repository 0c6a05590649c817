"""Every benchmark can be rehearsed, and then leaves a record from which the page can be composed."""

from pathlib import Path

import pytest

from tests.kit.ranks import ROOT
from tests.kit.rehearsal import rehearse

# With tests of their own, and the page itself.
OTHERS = {"results.py", "gpu.py", "trainer.py", "predict.py"}
SCRIPTS = sorted(file.name for file in (ROOT / "benchmarks").glob("*.py") if file.name not in OTHERS)


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_benchmark_can_be_rehearsed(script: str, tmp_path: Path) -> None:
    assert rehearse(script, out=tmp_path, timeout=1200)
