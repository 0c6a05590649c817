"""A few of the soak's faults; `python -m tests.faults.soak` lets a hundred befall a training."""

from pathlib import Path

import pytest

from tests.faults.soak import ENDS, FAULTS, Soaked, soak


def check(soaked: Soaked) -> None:
    *disturbed, last, whole = soaked.ends
    for fault, end in zip(soaked.faults, disturbed, strict=True):
        assert set(end.codes) <= ENDS, (fault, end.codes, end.said)
        assert "Traceback" not in end.said[fault.rank] or fault.kind == "stopped for good", (fault, end.said)
    met = [end for end in disturbed if end.codes != [0, 0]]
    assert len(met) > len(disturbed) / 2, "the others came when the training was over"
    assert last.codes == whole.codes == [0, 0], last.said
    assert soaked.same


def test_a_fault_of_each_kind_and_the_weights_are_those_of_the_undisturbed_run(tmp_path: Path) -> None:
    check(soak(tmp_path, faults=len(FAULTS), seed=1))


@pytest.mark.slow
def test_thirty_faults(tmp_path: Path) -> None:
    check(soak(tmp_path, faults=30, seed=2))
