"""The study files that come with the repository lay out, each in three sizes."""

from pathlib import Path

import pytest

from mtl.languages import find_language
from mtl.study.file import load_study
from mtl.study.graph import lay_out
from mtl.study.matrix import StudyMatrix
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
    layers = {phase.retrieve.layer for phase in matrix.recipe.phase_list()}
    assert layers == {None}, "the usual one, so that a study serves encoders of any size"


def of(name: str) -> StudyMatrix:
    return lay_out(load_study(ROOT / f"recipes/studies/{name}.yaml"))


@pytest.mark.parametrize("name", ["domain", "paper"])
def test_an_epoch_of_one_task_is_all_of_its_records(name: str) -> None:
    matrix = of(name)
    phases = [matrix.recipe.phases[own] for own in {cell.intermediate for cell in matrix.cells} if own]
    capped = {len(phase.tasks) > 1 for phase in phases if phase.train.epochs and phase.mixture.cap}
    whole = {len(phase.tasks) > 1 for phase in phases if phase.train.epochs and not phase.mixture.cap}
    assert (capped, whole) == ({True}, {False})


def test_augmented_intermediate_training_is_no_longer_and_has_no_more_of_a_task() -> None:
    matrix = of("augmentation")
    phases = [matrix.recipe.phases[own] for own in {cell.intermediate for cell in matrix.cells} if own]
    assert len({(phase.train.steps, str(phase.mixture)) for phase in phases}) == 1
    assert phases[0].train.steps == -(-2 * (131_072 + 87_599) // 32)


def test_names_in_two_languages_are_half_of_each() -> None:
    matrix = of("resource")
    own = next(cell.intermediate for cell in matrix.cells if cell.row.label == "names en + sw")
    tasks = matrix.recipe.phases[str(own)].tasks
    assert {name: each.records for name, each in tasks.items()} == {"panx": 500, "panx-sw": 500}


def test_every_language_of_a_class_is_in_its_average_and_shares_are_no_points_among_numbers() -> None:
    matrix = of("scale")
    averages = matrix.study.averages
    for target in ("XNLI", "TyDiQA"):
        low, high = (averages[f"{target}, {kind}-resource"].languages for kind in ("low", "high"))
        difference = averages[f"{target}, low less high"]
        assert (difference.languages, difference.less) == (low, high)
        assert {find_language(code).resource for code in high} == {"high"}  # type: ignore[union-attr]
        assert len({*low, *high}) == {"XNLI": 14, "TyDiQA": 8}[target]
    curves: dict[str | None, set[bool]] = {}
    for row in matrix.rows:
        if row.curve is not None:
            curves.setdefault(row.curve, set()).add(matrix.study.variants[row.variant].fraction is None)
    assert all(len(ways) == 1 for ways in curves.values())


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
