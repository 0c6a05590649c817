"""What a plan takes from an earlier run."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run.recipe_plan import measured_rate


def test_a_rate_is_read_from_an_earlier_run(tmp_path: Path) -> None:
    phase = tmp_path / "run" / "phase"
    phase.mkdir(parents=True)
    (tmp_path / "run" / "versions.json").write_text('{"ranks": 7}')  # a later start, of another phase
    (phase / "lineage.json").write_text('[{"step": 0, "ranks": 2}]')
    lines = [f'{{"step": {i}, "tokens_per_second": {rate}}}' for i, rate in enumerate((10, 100, 300, 200))]
    (phase / "metrics.jsonl").write_text("\n".join([*lines, '{"step": 3, "dev/mean": 4.0}']) + "\n")
    assert measured_rate(phase) == 100  # the median of all but the first, for one of two ranks
    (phase / "lineage.json").write_text('[{"step": 0, "ranks": 2}, {"step": 2, "ranks": 4}]')
    assert measured_rate(phase) == 50, "what the last start measured, for one of its four ranks"
    with pytest.raises(UserError, match=r"metrics\.jsonl"):
        measured_rate(tmp_path)
