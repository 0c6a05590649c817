"""A run's predictions, phase by phase, as one folder of a benchmark's submission."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from mtl.errors import UserError, unknown_name
from mtl.evaluate.submission import write_submission
from mtl.run.recipe.read import recipe_of_run
from mtl.run.recipe.schema import Phase
from mtl.runfolder import RunFolder
from mtl.tasks.benchmarks import Benchmark, Member


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
    origin: dict[Member, str] = {}
    for phase in sorted(arm_of, key=lambda name: arms.index(arm_of[name]) if arm_of[name] in arms else 0):
        if arms and arm_of[phase] not in arms:
            continue
        for member in _predicted(folder, recipe.phases[phase], benchmark):
            first = origin.setdefault(member, phase)
            if first != phase and (not arms or arm_of[first] == arm_of[phase]):
                raise _conflict(folder, member, {one: arm_of[one] for one in (first, phase)})
            origin[member] = phase
    if missing := [member.task for member in benchmark.members if member not in origin]:
        which = "of these arms " if arms else ""
        raise UserError(
            f"{root}: no phase {which}has predicted {', '.join(missing)}; {benchmark.name} wants all"
        )
    with tempfile.TemporaryDirectory() as gathered:
        for member, phase in origin.items():
            shutil.copytree(folder.phase(phase).predictions / member.folder, Path(gathered) / member.folder)
        try:
            return write_submission(Path(gathered), into, benchmark)
        except UserError as error:  # about files that the user has elsewhere
            raise UserError(str(error).replace(f"{gathered}/", f"{root}: ")) from None


def _predicted(folder: RunFolder, phase: Phase, benchmark: Benchmark) -> list[Member]:
    """The benchmark's tasks that a phase has predictions of; those of another split are none."""
    there = folder.phase(phase.name).predictions
    return [
        one
        for one in benchmark.members
        if one.task in phase.tasks and any((there / one.file(code)).is_file() for code in one.languages)
    ]


def _conflict(folder: RunFolder, member: Member, arm_of: Mapping[str, str]) -> UserError:
    """The error for a task that two phases have predicted."""
    trouble = f"{folder.root}: {member.task} was predicted by {' and by '.join(arm_of)}"
    arms = dict.fromkeys(arm_of.values())
    if len(arms) > 1:
        return UserError(f"{trouble}; say which is meant: {' or '.join(f'--arm {arm!r}' for arm in arms)}")
    both = " or ".join(str(folder.phase(name).predictions / member.folder) for name in arm_of)
    return UserError(f"{trouble}, both of the arm {arms.popitem()[0]!r}; move one aside: {both}")
