"""The contest with the Trainer runs, its rivals do the same work, and ours has not become slow."""

from pathlib import Path

from tests.kit.rehearsal import rehearse

FLOORS = {"default sampling": 0.8, "length grouping": 0.7}
"""Far under what is usual for so small a model: the best round has to reach it, so that a busy machine is forgiven."""


def test_ours_does_the_trainers_work_and_is_not_slower_by_far(tmp_path: Path) -> None:
    """The script itself stops where a step's losses differ by more than rounding."""
    (record,) = rehearse("trainer.py", out=tmp_path, timeout=600)
    found = {ratio["what"].partition("Trainer with ")[2]: ratio["high"] for ratio in record["ratios"]}
    assert {name for name, floor in FLOORS.items() if found[name] < floor} == set(), found
    assert any("No step's loss differs by more than" in note for note in record["notes"])
