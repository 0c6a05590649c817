"""A run's predictions, phase by phase, as one folder of a benchmark's submission."""

import shutil
import tempfile
from pathlib import Path

from mtl.errors import UserError, unknown_name
from mtl.evaluate.submission import write_submission
from mtl.run.recipe import recipe_of_run
from mtl.runfolder import RunFolder
from mtl.tasks.benchmarks import Benchmark


def submit_run(root: Path, into: Path, benchmark: Benchmark, *, arm: str | None = None) -> int:
    """Gather what a run, or an arm of it, has predicted, and write the submission; gives its files."""
    folder = RunFolder(root)
    recipe = recipe_of_run(folder)
    arms = {phase.name: recipe.arm_of(phase) for phase in recipe.phase_list() if phase.kind != "train"}
    if arm is not None and arm not in arms.values():
        raise unknown_name("arm", arm, arms.values(), where=str(root))
    origin: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as gathered:
        for phase, its_arm in arms.items():
            predictions = folder.phase(phase).predictions
            for task in sorted(predictions.glob("*")) if arm in (None, its_arm) else ():
                if task.name in origin:
                    raise UserError(
                        f"{root}: {task.name} was predicted by {origin[task.name]} and by {phase}; "
                        f"say which arm is meant: --arm {its_arm!r}"
                    )
                origin[task.name] = phase
                shutil.copytree(task, Path(gathered) / task.name)
        return write_submission(Path(gathered), into, benchmark)
