"""Reads run folders: what each phase was, whether it is done, and what it scored.

Whatever is missing, unfinished or damaged is a problem, one line each; nothing is left out without one.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml  # type: ignore[import-untyped]

from mtl.errors import UserError
from mtl.report.files import DamagedError, as_mapping, as_numbers, read_json, read_list
from mtl.runfolder import PhaseFolder, RunFolder

State = Literal["done", "unfinished", "not begun"]
Numbers = Mapping[str, float]
TaskScores = Mapping[str, Mapping[str, Numbers]]
"""By task, by language or `avg`, by metric: percentages."""


@dataclass(frozen=True, kw_only=True)
class BestDev:
    """The best evaluation of a train phase on its dev splits."""

    step: int
    mean: float
    tasks: Mapping[str, Numbers]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A node of a run's graph."""

    name: str
    kind: str
    after: str | None
    arm: str
    seed: int
    tasks: tuple[str, ...]
    selection: str | None
    """What decided which step's weights were kept; None where the phase does not say."""
    labels_in: Mapping[str, Sequence[str]]
    """By task, the languages other than English of the labels that it learned from."""
    seconds: float
    state: State
    folder: PhaseFolder
    scores: TaskScores
    """Empty but for phases that evaluate or retrieve."""
    dev: BestDev | None


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run folder, read."""

    name: str
    folder: RunFolder
    recipe: str
    settings: Mapping[str, Any]
    """The recipe, parsed."""
    versions: Mapping[str, Any]
    phases: tuple[Phase, ...]
    problems: tuple[str, ...]

    @property
    def done(self) -> tuple[Phase, ...]:
        """The phases whose results count."""
        return tuple(phase for phase in self.phases if phase.state == "done")

    def way_to(self, phase: Phase) -> tuple[Phase, ...]:
        """What a phase grew out of, from the first phase on, and itself; damaged records may form a ring."""
        left, way, name = {each.name: each for each in self.phases}, list[Phase](), phase.name
        while name in left:
            way.append(left.pop(name))
            name = way[-1].after or ""
        return tuple(reversed(way))


def read_run(root: Path) -> Run:
    """Read a run folder; a UserError where it is none."""
    folder = RunFolder(root)
    try:
        recipe = folder.recipe.read_text(encoding="utf-8")
        settings = yaml.safe_load(recipe)
        planned = {str(name): dict(phase or {}) for name, phase in settings["phases"].items()}
    except (OSError, UnicodeDecodeError):
        raise UserError(
            f"{root}: no folder of a run: {folder.recipe.name} cannot be read; name one, as runs/demo"
        ) from None
    except (yaml.YAMLError, TypeError, KeyError, ValueError, AttributeError, RecursionError):
        raise UserError(f"{folder.recipe}: not a recipe with phases; is it another program's file?") from None
    problems: list[str] = []
    phases = tuple(_read_phase(folder.phase(name), name, plan, problems) for name, plan in planned.items())
    problems += _strangers(root, list(planned))
    return Run(
        name=root.resolve().name,
        folder=folder,
        recipe=recipe,
        settings=settings,
        versions=_read_versions(folder, problems),
        phases=phases,
        problems=tuple(problems),
    )


def _read_phase(folder: PhaseFolder, name: str, planned: Mapping[str, Any], problems: list[str]) -> Phase:
    """A phase as its record says it is, or, where there is none, as the recipe plans it."""
    record: Mapping[str, Any] = planned
    state: State = "not begun"
    scores: TaskScores = {}
    dev = None
    try:
        if folder.record.exists():
            record = read_json(folder.record)
            state = "done" if record.get("done") is True else "unfinished"
        kind = str(record.get("kind", "train"))
        if state == "done" and kind != "train":
            scores = {_named(task, record): each for task, each in read_scores(folder.scores).items()}
        elif kind == "train" and folder.scores.exists():
            dev = read_dev(folder.scores)
    except DamagedError as error:
        problems.append(str(error))
        state = "unfinished"
    problems += [*read_restarts(folder, name), *read_collapses(folder, name)]
    if state != "done":
        problems.append(f"phase {name}: {state}")
    elif kind != "train" and not scores:
        problems.append(f"phase {name}: predicted, but had no labels to be scored against")
    after, selection, labels_in, seed, seconds, tasks = map(
        record.get, ("after", "selection", "labels_in", "seed", "seconds", "tasks")
    )
    return Phase(
        name=name,
        kind=str(record.get("kind", "train")),
        after=None if after is None else str(after),
        arm=str(record.get("arm") or "none"),
        seed=seed if isinstance(seed, int) else 0,
        tasks=tuple(map(str, tasks)) if isinstance(tasks, list | dict) else (),
        selection=None if selection is None else str(selection),
        labels_in={
            task: [str(code) for code in codes]
            for task, codes in (labels_in.items() if isinstance(labels_in, dict) else ())
            if isinstance(codes, list)
        },
        seconds=float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < math.inf else 0.0,
        state=state,
        folder=folder,
        scores=scores,
        dev=dev,
    )


def read_restarts(folder: PhaseFolder, name: str) -> Iterator[str]:
    """A line about a train phase that was begun anew, whose seed is then no longer the recipe's."""
    if not folder.restarts.exists():
        return
    try:
        reasons = read_list(folder.restarts)
    except DamagedError as error:
        yield str(error)
        return
    told = "; ".join(" ".join(str(reason).split()) for reason in reasons)
    yield f"phase {name}: begun anew with another seed after {told}"


def read_collapses(folder: PhaseFolder, name: str) -> Iterator[str]:
    """A line about the tasks of a train phase that learned nothing, if there are any."""
    if not folder.collapsed.exists():
        return
    try:
        steps = as_numbers(read_json(folder.collapsed), folder.collapsed)
    except DamagedError as error:
        yield str(error)
        return
    told = ", ".join(f"{task} had learned nothing by step {step:.0f}" for task, step in steps.items())
    yield f"phase {name}: {told} (collapsed): another seed mostly does not, nor a lower rate"


def _named(task: str, record: Mapping[str, Any]) -> str:
    """A task under another name where another split than test was scored: they are no seeds of each other."""
    try:
        split = str(record["identity"]["settings"]["evaluate"]["split"])
    except (KeyError, TypeError):
        split = "test"
    return task if split == "test" else f"{task}, {split}"


def read_scores(path: Path) -> TaskScores:
    """The scores of an evaluation: tasks alone, without a benchmark's means; none where no labels were."""
    facts = read_json(path)
    tasks = {
        task: {language: as_numbers(each, path) for language, each in by_language.items()}
        for task, by_language in facts.items()
        if as_mapping(by_language, path).get("avg")
    }
    if facts and not tasks:
        raise DamagedError(f"{path}: holds no task with an average")
    return tasks


def read_dev(path: Path) -> BestDev:
    """The best dev scores of a train phase."""
    facts = read_json(path)
    try:
        step, mean, tasks = int(facts["step"]), float(facts["mean"]), as_mapping(facts["tasks"], path)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise DamagedError(f"{path}: no dev scores with step, mean and tasks") from None
    return BestDev(step=step, mean=mean, tasks={task: as_numbers(each, path) for task, each in tasks.items()})


def _read_versions(folder: RunFolder, problems: list[str]) -> Mapping[str, Any]:
    try:
        return read_json(folder.versions)
    except DamagedError as error:
        problems.append(str(error))
        return {}


def _strangers(root: Path, names: Sequence[str]) -> Iterator[str]:
    """Phases that lie in the folder without being part of its recipe."""
    for entry in sorted(root.iterdir()):
        if entry.name not in names and PhaseFolder(entry).record.exists():
            yield f"phase {entry.name}: no part of the recipe; left out"
