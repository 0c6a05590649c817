"""The record of a phase that begins."""

from mtl.languages import ENGLISH
from mtl.phase_record import Identity, PhaseRecord
from mtl.run.phase_tasks import choose_tasks, has_dev
from mtl.run.recipe.schema import Phase, Recipe
from mtl.tasks.registry import label_languages


def new_record(recipe: Recipe, phase: Phase, identity: Identity) -> PhaseRecord:
    """What a phase's folder says of it before it is done."""
    trains = phase.kind == "train"
    tasks = choose_tasks(recipe, phase) if trains else ()
    return PhaseRecord(
        name=phase.name,
        kind=phase.kind,
        after=phase.after,
        arm=recipe.arm_of(phase),
        seed=phase.seed,
        tasks=tuple(phase.tasks),
        identity=identity,
        dev_languages=tuple(sorted({task.language for task in tasks if has_dev(task, phase)}))
        if trains
        else None,
        labels_in={
            task.name: others for task in tasks if (others := sorted({*label_languages(task)} - {ENGLISH}))
        },
        tested_split=phase.tested_split,
    )
