"""Names in a run folder are distinct and stay inside it."""

from pathlib import Path

import pytest

from mtl.runfolder import PhaseFolder, RunFolder


def paths_of(folder):
    return [getattr(folder, name) for name, kind in vars(type(folder)).items() if isinstance(kind, property)]


@pytest.mark.parametrize("folder", [RunFolder(Path("runs/demo")), PhaseFolder(Path("runs/demo/first"))])
def test_every_name_is_distinct_and_inside(folder):
    paths = paths_of(folder)
    assert len(set(paths)) == len(paths) > 2
    assert all(path.parent == folder.root for path in paths)


def test_the_names_that_others_rely_on():
    phase = RunFolder(Path("runs/demo")).phase("intermediate")
    assert phase.root == Path("runs/demo/intermediate")
    assert phase.metrics == Path("runs/demo/intermediate/metrics.jsonl")
    assert RunFolder(Path("runs/demo")).recipe == Path("runs/demo/recipe.yaml")
