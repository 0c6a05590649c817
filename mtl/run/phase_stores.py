"""The tasks of a train phase with their token stores, which are built where they are not there yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtl.data.build import StorePlace, labels_of, open_store, store_folder
from mtl.data.rewrite.copies import Rewriting
from mtl.data.rewrite.dictionary import find_dictionaries
from mtl.data.store import Store
from mtl.data.strip import HeadStore
from mtl.evaluate.dev import DevSet
from mtl.model.heads import HeadSpec
from mtl.model.trained import LENGTHS, TrainedHead
from mtl.run.phase_tasks import choose_tasks, has_dev
from mtl.run.places import store_place
from mtl.run.recipe.schema import Phase, Recipe
from mtl.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class PhaseTask:
    """A task of the phase: the examples that it is trained and evaluated on, and its head."""

    task: Task
    source: HeadStore
    dev: DevSet | None
    """None where the phase does not evaluate it."""
    spec: HeadSpec

    @property
    def head(self) -> TrainedHead:
        """The head, with the labels of its scores."""
        lengths = {key: getattr(self.task, key) for key in LENGTHS}
        return TrainedHead(spec=self.spec, labels=self.source.store.header.labels, **lengths)


def open_tasks(phase: Phase, tasks: Iterable[Task], place: StorePlace) -> tuple[PhaseTask, ...]:
    """The tasks with their stores: those of all training splits come first, then the dev splits'."""
    trains = [(task, _training_store(phase, task, place)) for task in tasks]
    return tuple(
        PhaseTask(
            task=task,
            source=HeadStore(head=task.name, store=train),
            dev=_dev_set(task, place, train) if has_dev(task, phase) else None,
            spec=HeadSpec.of(task, train.header.labels),
        )
        for task, train in trains
    )


def all_stores(parts: Sequence[PhaseTask]) -> list[Store]:
    """The stores of all training splits, then those of the dev splits."""
    dev_sets = (part.dev for part in parts if part.dev is not None)
    return [*(part.source.store for part in parts), *(dev.source.store for dev in dev_sets)]


def stores_read(recipe: Recipe, phase: Phase) -> list[Path]:
    """The folders of the stores that a train phase reads; nothing is checked or built."""
    place, tasks = store_place(phase), choose_tasks(recipe, phase)
    trains = [
        store_folder(task, "train", place=place, rewriting=_rewriting(phase, task, place)) for task in tasks
    ]
    devs = [
        store_folder(task, "dev", place=place, labels=labels_of(task, "train", place=place))
        for task in tasks
        if has_dev(task, phase)
    ]
    return [*trains, *devs]


def _training_store(phase: Phase, task: Task, place: StorePlace) -> Store:
    return open_store(task, "train", place=place, rewriting=_rewriting(phase, task, place))


def _rewriting(phase: Phase, task: Task, place: StorePlace) -> Rewriting | None:
    """The copies that the phase wants of a task's records; a seed of its own makes its own ones."""
    wish = phase.tasks[task.name].rewrite
    if wish is None:
        return None
    return Rewriting(
        dictionaries=find_dictionaries(
            wish.dictionaries,
            wish.languages,
            root=place.root,
            where=f"tasks.{task.name}.rewrite.dictionaries",
        ),
        rate=wish.rate,
        copies=wish.copies,
        seed=phase.seed,
    )


def _dev_set(task: Task, place: StorePlace, train: Store) -> DevSet:
    store = open_store(task, "dev", place=place, labels=train.header.labels)
    source = HeadStore(head=task.name, store=store)
    return DevSet(task=task.name, metric=task.metric, language=task.language, source=source)
