"""The contest in prediction runs, both sides say the same, and ours has not become slow."""

from pathlib import Path

from tests.kit.rehearsal import rehearse

FLOORS = {"fp32": 1.2, "bf16": 0.9}
"""Far under what is usual for so small a model (2.1 and 1.6)."""


def test_ours_predicts_what_the_trainer_does_and_is_not_slower_by_far(tmp_path: Path) -> None:
    """The script itself stops where scores differ by more than rounding."""
    records = rehearse("predict.py", out=tmp_path, timeout=600)
    found = {record["name"].removeprefix("predict-"): record["ratios"][0]["high"] for record in records}
    assert found.keys() == FLOORS.keys()
    assert {name for name, floor in FLOORS.items() if found[name] < floor} == set(), found
