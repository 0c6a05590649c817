"""The study files that come with the repository lay out, each in three sizes."""

from pathlib import Path

import pytest

from mtl.study.file import load_study
from mtl.study.graph import lay_out
from mtl.tasks.benchmarks import XTREME, XTREME_R
from tests.kit.ranks import ROOT

STUDIES = sorted((ROOT / "recipes" / "studies").glob("*.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_lays_out(path: Path) -> None:
    matrix = lay_out(load_study(path))
    assert len(matrix.study.seeds) >= 3
    run = [row for row in matrix.rows if row.empty is None]
    places = len(run) * len(matrix.study.targets) - len(matrix.gaps)
    assert len(matrix.cells) == places * len(matrix.study.seeds)
    assert f"launchers/study.py recipes/studies/{path.name}" in path.read_text()


@pytest.mark.parametrize("name", ["domain", "paper", "resource", "augmentation", "scale", "finnish"])
def test_each_study_comes_in_three_sizes(name: str) -> None:
    real, small, smoke = (
        lay_out(load_study(ROOT / f"recipes/studies/{name}{size}.yaml")) for size in ("", "_small", "_smoke")
    )
    assert real.study.data.world is None and small.study.data.world is not None
    assert real.study.question == small.study.question == smoke.study.question
    assert len(real.rows) > len(small.rows) > len(smoke.rows)


def test_the_paper_s_table_is_over_xtreme_s_languages_whatever_the_data_hold() -> None:
    """Those that XTREME-R added lie in the same folders."""
    phases = lay_out(load_study(ROOT / "recipes/studies/paper.yaml")).recipe.phase_list()
    there = {member.task: {*member.languages} for member in XTREME_R.members}
    there["tatoeba"] = there["tatoeba_squad"]
    for member in XTREME.members:
        tests = [phase for phase in phases if phase.kind != "train" and member.task in phase.tasks]
        assert tests
        for phase in tests:
            asked = {*(phase.tested_languages or ())}
            assert {*member.languages} == asked & (there.get(member.task, set()) | {*member.languages})


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_that_keeps_few_models_keeps_few_checkpoints_of_each(path: Path) -> None:
    matrix = lay_out(load_study(path))
    kept = {phase.train.keep_checkpoints for phase in matrix.recipe.phase_list() if phase.kind == "train"}
    assert matrix.study.keep == "all" or matrix.study.data.world is not None or kept == {1}
