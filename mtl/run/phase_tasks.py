"""The tasks of a phase: declared in the package or the recipe, with what the phase changes about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from torch import nn

from mtl.errors import UserError, unknown_name
from mtl.evaluate.decode import DECODERS
from mtl.evaluate.metrics import METRICS
from mtl.run.recipe.schema import Phase, Recipe
from mtl.tasks.declared import declare
from mtl.tasks.registry import check_same_answers, find_tasks, get_task, in_language, joined
from mtl.tasks.task import Task


def known_tasks(recipe: Recipe) -> Mapping[str, Task]:
    """The tasks of the package, and those that the recipe declares."""
    return {**find_tasks(), **{name: declare(name, spec) for name, spec in recipe.declare.items()}}


def choose_tasks(recipe: Recipe, phase: Phase) -> tuple[Task, ...]:
    """The phase's tasks, as declared in the package or the recipe, with the phase's changes."""
    known = known_tasks(recipe)
    chosen = []
    for name, changes in phase.tasks.items():
        if hasattr(nn.ModuleDict, name):
            raise UserError(
                f"tasks: {name!r} is a word of PyTorch's own, so no head can bear it; rename the task"
            )
        task = get_task(name, known)
        if changes.language is not None:
            task = in_language(task, changes.language, known)
        given = {key: getattr(changes, key) for key in ("max_length", "stride", "max_question", "group")}
        task = replace(task, **{key: value for key, value in given.items() if value is not None})
        if phase.kind == "train":
            others = (with_training(get_task(other, known), known) for other in changes.also or ())
            task = joined(with_training(task, known), others)
            if changes.language not in (None, task.language):
                raise UserError(
                    f"tasks.{name}.language: {name} trains on {task.train_on}, whose data are in "
                    f"{task.language}, not in {changes.language!r}; leave the key out, or name "
                    "a task that has such data"
                )
        chosen.append(task)
    if not chosen:
        raise UserError(f"phase {phase.name}: no task; name some under tasks")
    return tuple(chosen)


def with_training(task: Task, known: Mapping[str, Task]) -> Task:
    """The task with the training and dev data of the one that it trains on, if there is one."""
    if task.train_on is None or "train" in task.splits or task.kind == "bitext":
        return task
    if task.train_on not in known:
        raise unknown_name("task", task.train_on, known, where=f"task {task.name}: train_on")
    other = known[task.train_on]
    check_same_answers(task, other, key="train_on")
    borrowed = {split: other.splits[split] for split in ("train", "dev") if split in other.splits}
    return replace(
        task,
        splits={**task.splits, **borrowed},
        language=other.language,
        origin=f"{task.origin}+{other.origin}",
    )


def check_metric(task: Task) -> None:
    """Refuse a metric that does not exist, or that cannot score the answers of the task's kind."""
    if task.metric not in METRICS:
        raise unknown_name("metric", task.metric, METRICS, where=f"task {task.name}")
    metric = METRICS[task.metric]
    if task.kind not in metric.kinds:
        fitting = ", ".join(name for name, each in METRICS.items() if task.kind in each.kinds)
        raise UserError(
            f"task {task.name}: the metric {task.metric} does not score {task.kind} tasks; use {fitting}"
        )
    if task.kind == "pair":
        metric.compute(task.labels, task.labels)  # a metric may have a say about the labels' names


def check_languages(task: Task, metric: str, languages: Iterable[str], *, where: str) -> None:
    """Refuse languages that the metric has no rules for, before hours are spent on answers in them."""
    strange = [code for code in languages if not METRICS[metric].knows(code)]
    if strange:
        raise UserError(
            f"{where}: the metric {metric} of {task.name} has no rules for {', '.join(strange)}; leave that "
            "out, or choose another metric"
        )


def has_dev(task: Task, phase: Phase) -> bool:
    """Whether the phase is evaluated on a dev split of the task."""
    return phase.train.eval_every is not None and task.kind in DECODERS and "dev" in task.splits


def choose_languages(
    task: Task, found: Sequence[str], wanted: Sequence[str] | None, *, where: str
) -> tuple[str, ...]:
    """Those languages of a task's files that the phase names; all where it names none."""
    chosen = tuple(language for language in found if wanted is None or language in wanted)
    if not chosen:
        raise UserError(f"{where}: {task.name} is there in {', '.join(found)} only; name some of these")
    return chosen


def told_languages(chosen: Sequence[str], wanted: Sequence[str] | None, *, unread: str = "") -> str:
    """How many languages and which; those that the phase names in vain; and the files that are of none."""
    lacking = [language for language in wanted or () if language not in chosen]
    without = f"; not there: {' '.join(lacking)}" if lacking else ""
    strange = f"; not read, for want of a language code in their names: {unread}" if unread else ""
    return f"in {len(chosen)} languages: {' '.join(chosen)}{without}{strange}"
