"""A look at what phases will read and do, before the first of them spends hours.

Tasks, heads, files, amounts, settings: what is wrong with them the phase itself would find, but late.
"""

from collections.abc import Callable, Iterable, Mapping

from mtl.errors import UserError
from mtl.run.prepare import check, check_ranks
from mtl.run.recipe.schema import Phase, Recipe
from mtl.run.searched import searched_members, searched_tasks
from mtl.run.tested import tested_members, tested_tasks


def look_ahead(
    recipe: Recipe, phases: Iterable[Phase], *, device: str | None = None, ranks: int | None = None
) -> None:
    """Refuse what cannot be read, drawn or computed; the token stores of training are built here.

    A study does not know yet where its phases will run: neither their device nor how many ranks.
    """

    def at_training(recipe: Recipe, phase: Phase) -> None:
        if ranks is not None:
            check_ranks(phase, ranks)
        check(recipe, phase, device=device)

    looks: Mapping[str, Callable[[Recipe, Phase], None]] = {
        "train": at_training,
        "evaluate": _at_tests,
        "retrieve": _at_searches,
    }
    # Looking for files takes no time, so that comes before the stores.
    for phase in sorted(phases, key=lambda phase: phase.kind == "train"):
        try:
            looks[phase.kind](recipe, phase)
        except UserError as error:
            where = f"phase {phase.name}"
            raise error if str(error).startswith(where) else UserError(f"{where}: {error}") from None


def _at_tests(recipe: Recipe, phase: Phase) -> None:
    tested_members(phase, tested_tasks(recipe, phase))


def _at_searches(recipe: Recipe, phase: Phase) -> None:
    searched_members(phase, searched_tasks(recipe, phase))
