"""A run scored again from its files: the way to try another scorer, or labels that came late or changed."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from mtl.errors import unknown_name
from mtl.evaluate.exam import member_of
from mtl.phase_record import PhaseRecord, read_record
from mtl.run.phase_tasks import known_tasks
from mtl.run.recipe.read import recipe_of_run
from mtl.run.recipe.schema import Recipe
from mtl.run.reporting import report_run
from mtl.run.scoring import score_phase
from mtl.run.terminal import Terminal
from mtl.runfolder import PhaseFolder, RunFolder
from mtl.tasks.benchmarks import Member
from mtl.tasks.registry import get_task


def score_run(root: Path, *, targets: Collection[str] = (), languages: Collection[str] = ()) -> None:
    """Score the phases that have predicted, all or those of some targets, and write the run's report anew.

    Labels are those of the phase's folder, and of its data folder if that is still there.
    """
    folder, terminal = RunFolder(root), Terminal(enabled=True)
    recipe = recipe_of_run(folder)
    known = {name for phase in recipe.phase_list() if phase.kind != "train" for name in phase.tasks}
    for name in targets:
        if name not in known:
            raise unknown_name("target", name, known, where=str(root))
    predicted: dict[str, dict[str, Member]] = {}
    for phase in recipe.phase_list():
        if phase.kind == "train" or (targets and not set(targets) & set(phase.tasks)):
            continue
        record = read_record(folder.phase(phase.name))
        if record is None or not record.done:
            terminal.say(f"phase {phase.name}: not done; go on: launchers/train.py {folder.recipe} --resume")
        else:
            predicted[phase.name] = predicted_members(recipe, record, folder.phase(phase.name))
    there = {code for members in predicted.values() for one in members.values() for code in one.languages}
    for code in languages:
        if code not in there:
            raise unknown_name("language", code, there, where=str(root))
    for name, members in predicted.items():
        terminal.say(f"phase {name}, arm {recipe.arm_of(recipe.phases[name])}:")
        place, data = folder.phase(name), recipe.phases[name].data.root
        if data is not None and not data.is_dir():
            data = None
        score_phase(place, members, data, terminal, targets=targets, languages=languages)
    report_run(root, terminal)


def predicted_members(recipe: Recipe, record: PhaseRecord, folder: PhaseFolder) -> dict[str, Member]:
    """What a phase has predicted, by task."""
    tasks = known_tasks(recipe)
    split = recipe.phases[record.name].tested_split
    members = {name: member_of(get_task(name, tasks), (), split) for name in record.tasks}
    return {name: with_languages(member, folder.predictions) for name, member in members.items()}


def with_languages(member: Member, predictions: Path) -> Member:
    """The member in the languages that predictions are there for."""
    start, end = Path(member.file("\0")).name.split("\0")
    there = {
        file.name.removeprefix(start).removesuffix(end)
        for file in (predictions / member.folder).glob(f"{start}*{end}")
    }
    return replace(member, languages=tuple(sorted(there)))
