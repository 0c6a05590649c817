"""A study's job arrays: what a task of one runs, with which cores, and which models it takes away afterwards."""

import os
import subprocess
from pathlib import Path

import pytest

from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.schema import Recipe
from mtl.study.slurm import write_submission
from tests.study.test_jobs import GRAPH


def graph(folder: Path) -> Recipe:
    (folder / "g.yaml").write_text(GRAPH)
    recipe = load_recipe(folder / "g.yaml", [f"out={folder}"])
    for name in recipe.phases:
        for models in ("checkpoints", "export"):
            (recipe.folder / name / models).mkdir(parents=True)
    return recipe


def round_of(script: Path, number: int) -> list[str]:
    return (script.parent / f"round{number}.txt").read_text().splitlines()


def start(script: Path, number: int, task: int, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a task of a round with a stand-in for srun, which says what it was given."""
    srun = script.parent / "srun"
    srun.write_text('#!/bin/sh\necho "cores ${SRUN_CPUS_PER_TASK:-none}"\nexec "$@"\n')
    srun.chmod(0o755)
    return subprocess.run(
        ["bash", str(script.parent / "job.sh"), str(script.parent / f"round{number}.txt")],
        env={"PATH": f"{script.parent}:{os.environ['PATH']}", "SLURM_ARRAY_TASK_ID": str(task), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_task_removes_the_models_that_it_has_made_and_tested_and_no_others(tmp_path: Path) -> None:
    recipe = graph(tmp_path)
    script = write_submission(recipe, ("true",), drop={"a1", "a2", "b1", "a"})
    assert [" && rm -rf " in line for number in range(3) for line in round_of(script, number)] == [
        False,
        False,  # a: others start from it, each in its own job
        True,
        True,
        True,
    ]
    assert start(script, 2, 1).returncode == 0
    left = {name for name in recipe.phases if (recipe.folder / name / "export").exists()}
    assert left == {*recipe.phases} - {"a1"}
    assert not (recipe.folder / "a1" / "checkpoints").exists()
    assert "rm -rf" not in "".join(round_of(write_submission(recipe, ("true",)), 2))


def test_a_task_that_has_not_ended_well_removes_nothing(tmp_path: Path) -> None:
    recipe = graph(tmp_path)
    script = write_submission(recipe, ("false",), drop={"a1"})
    assert start(script, 2, 1).returncode == 1
    assert (recipe.folder / "a1" / "checkpoints").exists()


@pytest.mark.parametrize(("asked", "given"), [({}, "none"), ({"SLURM_CPUS_PER_TASK": "8"}, "8")])
def test_srun_hears_of_the_cores_that_sbatch_was_asked_for(
    tmp_path: Path, asked: dict[str, str], given: str
) -> None:
    script = write_submission(graph(tmp_path), ("true",))
    assert start(script, 0, 1, **asked).stdout == f"cores {given}\n"
