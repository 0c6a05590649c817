"""The batch script as Slurm would run it: the ranks' 75 puts the job back into the queue, nothing else does."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.kit.ranks import ROOT


def submit(folder: Path, code: int, *words: str, **env: str) -> tuple[int, list[str], list[str]]:
    """The script's exit code, what srun was asked, and what scontrol was asked."""
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/activate").touch()
    for name, end in (("srun", code), ("scontrol", 0)):
        tool = folder / name
        cores = "${SRUN_CPUS_PER_TASK:+cores=$SRUN_CPUS_PER_TASK }"
        tool.write_text(f'#!/bin/sh\necho "{cores}$@" >> {folder}/{name}.asked\nexit {end}\n')
        tool.chmod(0o755)
    done = subprocess.run(
        ["bash", str(ROOT / "launchers/slurm.sh"), *words],
        cwd=folder,
        env={"PATH": f"{folder}:{os.environ['PATH']}", "SLURM_JOB_ID": "7", **env},
        check=False,
    )
    asked = [folder / f"{name}.asked" for name in ("srun", "scontrol")]
    srun, scontrol = (each.read_text().splitlines() if each.exists() else [] for each in asked)
    return done.returncode, srun, scontrol


def test_a_preempted_job_goes_back_into_the_queue(tmp_path: Path) -> None:
    code, srun, scontrol = submit(tmp_path, 75, "r.yaml", "train.lr=1e-5")
    assert (code, scontrol) == (75, ["requeue 7"])
    assert srun == ["--kill-on-bad-exit=0 python launchers/train.py r.yaml train.lr=1e-5 --resume"]


def test_a_task_of_an_array_does_its_phase_and_is_put_back_by_its_own_number(tmp_path: Path) -> None:
    array = {"SLURM_ARRAY_JOB_ID": "6", "SLURM_ARRAY_TASK_ID": "1"}
    _, srun, scontrol = submit(tmp_path, 75, "r.yaml", "--only", "xnli,panx", **array)
    assert srun[0].endswith("r.yaml --only panx --resume") and scontrol == ["requeue 6_1"]


def test_srun_hears_of_the_cores_that_sbatch_was_asked_for(tmp_path: Path) -> None:
    _, (asked,), _ = submit(tmp_path, 0, "r.yaml", SLURM_CPUS_PER_TASK="8")
    assert asked.startswith("cores=8 --kill-on-bad-exit=0 python launchers/train.py")


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_job_that_ended_otherwise_stays_out(tmp_path: Path, code: int) -> None:
    assert submit(tmp_path, code, "r.yaml")[::2] == (code, [])
