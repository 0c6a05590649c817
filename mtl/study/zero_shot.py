"""Which results are not zero-shot: a model was trained on labels in the language that it is tested in."""

from collections.abc import Mapping

from mtl.languages import ENGLISH
from mtl.run.phase_tasks import choose_tasks
from mtl.study.matrix import StudyCell, StudyMatrix
from mtl.tasks.registry import label_languages

Seen = Mapping[tuple[str, str], tuple[str, ...]]
"""By arm and target: the languages of all labelled data on the way to it."""


def find_seen(matrix: StudyMatrix) -> Seen:
    """The languages in which each arm has seen labels before each target's test; plain text has none."""
    first = matrix.study.seeds[0]
    return {
        (cell.row.label, cell.target): _languages(matrix, cell) for cell in matrix.cells if cell.seed == first
    }


def _languages(matrix: StudyMatrix, cell: StudyCell) -> tuple[str, ...]:
    phases = [matrix.recipe.phases[name] for name in cell.phases]
    tasks = [task for phase in phases if phase.kind == "train" for task in choose_tasks(matrix.recipe, phase)]
    return tuple(sorted({language for task in tasks for language in label_languages(task)}))


def warnings_of(seen: Seen) -> tuple[str, ...]:
    """A line for each arm that is not zero-shot everywhere but in English."""
    arms: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for (label, target), languages in seen.items():
        others = tuple(language for language in languages if language != ENGLISH)
        if others:
            arms.setdefault(label, {}).setdefault(others, []).append(target)
    return tuple(
        f"Not zero-shot: “{label}” has seen labels in {', '.join(languages)} ({', '.join(targets)})."
        for label, by_languages in arms.items()
        for languages, targets in by_languages.items()
    )
