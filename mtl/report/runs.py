"""Reads run folders: what each phase was, whether it is done, and what it scored.

Whatever is missing, unfinished or damaged is a problem, one line each; nothing is left out without one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml  # type: ignore[import-untyped]

from mtl.errors import UserError
from mtl.languages import ENGLISH
from mtl.phase_record import Identity, PhaseRecord, read_record
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
class Phase(PhaseRecord):
    """A node of a run's graph: its record, or where there is none what the recipe says, and what it left."""

    folder: PhaseFolder
    begun: bool
    scores: TaskScores
    """Empty but for phases that evaluate or retrieve."""
    dev: BestDev | None

    @property
    def state(self) -> State:
        """How far it has come."""
        return "done" if self.done else "unfinished" if self.begun else "not begun"

    @property
    def selection(self) -> str | None:
        """In words, what decided which step's weights were kept; None where the phase does not say."""
        if self.dev_languages is None:
            return None
        if not self.dev_languages:
            return "last step"
        is_english = self.dev_languages == (ENGLISH,)
        return "English dev" if is_english else f"dev of {', '.join(self.dev_languages)}"


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
        return tuple(phase for phase in self.phases if phase.done)

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


def _read_phase(folder: PhaseFolder, name: str, plan: Mapping[str, Any], problems: list[str]) -> Phase:
    """A phase as its record says it is, or, where there is none, as the recipe plans it."""
    record, done = _planned(name, plan), False
    scores: TaskScores = {}
    dev: BestDev | None = None
    try:
        record = read_record(folder) or record
        if record.kind == "train":
            dev = read_dev(folder.scores) if folder.scores.exists() else None
        elif record.done:
            scores = {_named(task, record): each for task, each in read_scores(folder.scores).items()}
        done = record.done
    except (DamagedError, UserError, OSError) as error:
        problems.append(str(error))
    problems += [*read_restarts(folder, name), *read_collapses(folder, name)]
    phase = Phase(
        **{**vars(record), "name": name, "done": done},
        folder=folder,
        begun=folder.record.exists(),
        scores=scores,
        dev=dev,
    )
    if not done:
        problems.append(f"phase {name}: {phase.state}")
    elif phase.kind != "train" and not scores:
        problems.append(f"phase {name}: predicted, but had no labels to be scored against")
    return phase


def _planned(name: str, plan: Mapping[str, Any]) -> PhaseRecord:
    """What a recipe says of a phase, as far as a report tells it of one without a record."""
    after, tasks = plan.get("after"), plan.get("tasks")
    return PhaseRecord(
        name=name,
        kind=str(plan.get("kind", "train")),
        after=None if after is None else str(after),
        arm=str(plan.get("arm") or "none"),
        seed=0,
        tasks=tuple(map(str, tasks)) if isinstance(tasks, list | dict) else (),
        identity=Identity(settings={}, data={}, start=""),
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
    yield f"phase {name}: {told} (collapsed); with another seed, or a lower train.lr, it mostly learns"


def _named(task: str, record: PhaseRecord) -> str:
    """A task under another name where another split than test was scored: they are no seeds of each other."""
    return task if record.tested_split == "test" else f"{task}, {record.tested_split}"


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
