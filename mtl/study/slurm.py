"""A study on a Slurm cluster: rounds of job arrays, each of which waits for the one before."""

import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from mtl.errors import PREEMPTED
from mtl.files import make_folder, write_atomic
from mtl.run.recipe.read import resolved
from mtl.run.recipe.schema import Recipe
from mtl.runfolder import StudyFolder
from mtl.study.jobs import StudyJob, levels, split
from mtl.study.processes import command, seconds_spent

JOB = """\
#!/usr/bin/env bash
# A round of the study: line n of the given file is for task n. What is done already takes a moment.
set -u
# srun takes no --cpus-per-task from sbatch by itself, and would give the task one core.
if [ -n "${{SLURM_CPUS_PER_TASK:-}}" ]; then export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK; fi
command=$(sed -n "${{SLURM_ARRAY_TASK_ID}}p" "$1")
eval "srun $command"
code=$?
# Preempted, and saved: back into the queue; --resume goes on.
[ "$code" = {preempted} ] && scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
exit "$code"
"""
SUBMIT = """\
#!/usr/bin/env bash
# Submits the whole study. What each site changes is this line:
SITE=${SBATCH_SITE:---gres=gpu:1 --cpus-per-task=8 --time=24:00:00}
set -eu
"""


def write_submission(recipe: Recipe, launcher: Sequence[str], *, drop: Collection[str] = frozenset()) -> Path:
    """The files of all rounds, and the script that submits them.

    A job removes the models of phases in `drop` once all that starts from them is done, for hundreds of them
    would fill a disk before somebody calls for the page.
    """
    folder = StudyFolder(make_folder(recipe.folder, key="out"))
    write_atomic(folder.graph, resolved(recipe))
    done = seconds_spent(recipe, folder)
    jobs = split(recipe, [name for name in recipe.phases if name not in done], together=False)
    write_atomic(folder.slurm / "job.sh", JOB.format(preempted=PREEMPTED))
    rounds = list(levels(jobs))
    lines = [_submission(folder, number, each) for number, each in enumerate(rounds)]
    for number, each in enumerate(rounds):
        commands = []
        for job in each:
            said = shlex.join(command(launcher, folder.graph, job.phases))
            served = [folder.phase(name) for name in _served(recipe, job, done) if name in drop]
            models = [str(part) for phase in served for part in (phase.checkpoints, phase.export)]
            commands.append(f"{said} && rm -rf {shlex.join(models)}" if models else said)
        write_atomic(folder.slurm / f"round{number}.txt", "\n".join(commands) + "\n")
    script = folder.slurm / "submit.sh"
    write_atomic(script, SUBMIT + "\n".join(lines) + "\n")
    return script


def _served(recipe: Recipe, job: StudyJob, done: Collection[str]) -> list[str]:
    """The phases of a job, or that it starts from, from which nothing is to start once it has ended."""
    left = {phase.after for name, phase in recipe.phases.items() if name not in {*done, *job.phases}}
    return [name for name in (*sorted(job.needs), *job.phases) if name not in left]


def _submission(folder: StudyFolder, number: int, jobs: Sequence[StudyJob]) -> str:
    """One array; it starts when the round before has ended: what needs a phase that failed says so itself."""
    wait = f"--dependency=afterany:$round{number - 1} " if number else ""
    files = shlex.join(str(folder.slurm / name) for name in ("job.sh", f"round{number}.txt"))
    output = shlex.quote(str(folder.slurm / f"round{number}-%a.log"))
    options = f"--parsable --requeue --signal=USR1@300 --array=1-{len(jobs)} {wait}--output={output}"
    return f"round{number}=$(sbatch {options} $SITE {files})"
