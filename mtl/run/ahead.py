"""A look at what phases will read, before the first of them spends hours: tasks, heads, files, amounts.

What is found here would be found by the phase itself, but late.
"""

from collections.abc import Callable, Iterable, Mapping

from mtl.run.prepare import read_rows
from mtl.run.recipe import Phase, Recipe
from mtl.run.searched import searched_members, searched_tasks
from mtl.run.tested import tested_members, tested_tasks


def look_ahead(recipe: Recipe, phases: Iterable[Phase]) -> None:
    """Refuse what cannot be read or drawn; the token stores of training are built here."""
    # Looking for files takes no time, so that comes before the stores.
    for phase in sorted(phases, key=lambda phase: phase.kind == "train"):
        LOOKS[phase.kind](recipe, phase)


def _at_tests(recipe: Recipe, phase: Phase) -> None:
    tested_members(phase, tested_tasks(recipe, phase))


def _at_searches(recipe: Recipe, phase: Phase) -> None:
    searched_members(phase, searched_tasks(recipe, phase))


LOOKS: Mapping[str, Callable[[Recipe, Phase], object]] = {
    "train": read_rows,
    "evaluate": _at_tests,
    "retrieve": _at_searches,
}
