"""A look at what phases will read and do, before the first of them spends hours.

Tasks, heads, files, amounts, settings: what is wrong with them the phase itself would find, but late.
"""

from collections.abc import Callable, Iterable, Mapping

from mtl.errors import UserError
from mtl.model.config import read_config
from mtl.model.export import ENCODER_FOLDER
from mtl.model.load import config_of
from mtl.retrieval.embed import chosen_layer
from mtl.run.places import model_source, store_place
from mtl.run.prepare import assemble, check_ranks
from mtl.run.recipe.schema import Phase, Recipe
from mtl.run.scoring import check_labels
from mtl.run.searched import searched_members, searched_tasks
from mtl.run.tested import tested_members, tested_tasks
from mtl.runfolder import RunFolder


def look_ahead(
    recipe: Recipe, phases: Iterable[Phase], *, device: str | None = None, ranks: int | None = None
) -> None:
    """Refuse what cannot be read, drawn or computed; the token stores of training are built here.

    A study does not know yet where its phases will run: neither their device nor how many ranks.
    """

    def at_training(recipe: Recipe, phase: Phase) -> None:
        if ranks is not None:
            check_ranks(phase, ranks)
        assemble(recipe, phase, device=device)

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
    members = tested_members(phase, tested_tasks(recipe, phase))
    check_labels(store_place(phase).root, members.values())


def _at_searches(recipe: Recipe, phase: Phase) -> None:
    tasks = searched_tasks(recipe, phase)
    check_labels(store_place(phase).root, searched_members(phase, tasks).values())
    layer = phase.retrieve.layer
    if isinstance(layer, int) and any(task.kind == "bitext" for task in tasks):  # a head has its own
        chosen_layer(layer, _num_layers(recipe, phase), model=phase.model.name or "model.config")


def _num_layers(recipe: Recipe, phase: Phase) -> int:
    """How many layers the encoder has that a retrieve phase reads, by its configuration alone."""
    if phase.model.config is not None:
        return phase.model.config.num_hidden_layers
    source = model_source(phase)
    if phase.after is not None:  # once it has exported the encoder, the model that it began with may go
        exported = RunFolder(recipe.folder).phase(phase.after).export / ENCODER_FOLDER
        source = str(exported) if exported.is_dir() else source
    return read_config(config_of(source, None, vocab_size=0), name=str(phase.model.name)).num_layers
