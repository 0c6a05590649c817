"""A run's predictions, phase by phase, as one folder of a benchmark's submission."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mtl.errors import UserError, unknown_name
from mtl.evaluate.submission import write_submission
from mtl.run.recipe import recipe_of_run
from mtl.runfolder import RunFolder
from mtl.tasks.benchmarks import Benchmark


def submit_run(root: Path, into: Path, benchmark: Benchmark, *, arms: Sequence[str] = ()) -> int:
    """Gather what a run, or some arms of it, have predicted, and write the submission; gives its files.

    Of a task that several of the named arms have, the last one's counts.
    """
    folder = RunFolder(root)
    recipe = recipe_of_run(folder)
    arm_of = {phase.name: recipe.arm_of(phase) for phase in recipe.phase_list() if phase.kind != "train"}
    for arm in arms:
        if arm not in arm_of.values():
            raise unknown_name("arm", arm, arm_of.values(), where=str(root))
    origin: dict[str, str] = {}
    for phase in sorted(arm_of, key=lambda name: arms.index(arm_of[name]) if arm_of[name] in arms else 0):
        for task in sorted(folder.phase(phase).predictions.glob("*")):
            if arms and arm_of[phase] not in arms:
                continue
            first = origin.setdefault(task.name, phase)
            if first != phase and (not arms or arm_of[first] == arm_of[phase]):
                both = " or ".join(f"--arm {arm_of[one]!r}" for one in (first, phase))
                raise UserError(
                    f"{root}: {task.name} was predicted by {first} and by {phase}; say which is meant: {both}"
                )
            origin[task.name] = phase
    with tempfile.TemporaryDirectory() as gathered:
        for task_name, phase in origin.items():
            shutil.copytree(folder.phase(phase).predictions / task_name, Path(gathered) / task_name)
        try:
            return write_submission(Path(gathered), into, benchmark)
        except UserError as error:  # about files that the user has elsewhere
            raise UserError(str(error).replace(f"{gathered}/", f"{root}: ")) from None
