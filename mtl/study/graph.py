"""From a study to one recipe: every arm, target and seed as phases, and each phase once."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mtl.errors import unknown_name
from mtl.run.recipe.layers import merged
from mtl.run.recipe.mistakes import Origin, problem
from mtl.run.recipe.read import check_recipe
from mtl.run.recipe.schema import Settings
from mtl.run.recipe.yaml_text import KeyPath
from mtl.study.file import StudyFile
from mtl.study.matrix import Row, StudyCell, StudyMatrix
from mtl.study.schema import Amount, Arm, Comparison, Study
from mtl.tasks.registry import find_tasks

Raw = dict[str, Any]
TEST_SECTIONS = ("data", "model", "evaluate", "retrieve", "deepspeed")
"""What a test has of its target's settings."""
CUTS = ("max_length", "stride", "max_question")
"""What a test has of the settings of the task that its head learned: how texts are cut."""
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.+]+")


@dataclass
class _Phases:
    """The phases so far, and where in the study's file each has its settings from."""

    raw: dict[str, Raw] = field(default_factory=dict)
    parts: dict[str, tuple[KeyPath, ...]] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    gaps: dict[str, None] = field(default_factory=dict)
    """What is left out, and why."""

    def add(self, name: str, phase: Raw, *, parts: tuple[KeyPath, ...], **marks: Any) -> str:
        """The name of the phase that does this: a new one, or one that does the same already.

        Marks are keys that a phase bears without being another one for them.
        """
        content = json.dumps(phase, sort_keys=True)
        if content not in self.known:
            name = _free_name(NOT_IN_NAMES.sub("-", name).strip("-."), self.raw)
            self.known[content] = name
            self.raw[name] = {**phase, **marks}
            self.parts[name] = parts
        return self.known[content]

    def export_for_retrieval(self) -> None:
        """What retrieval starts from is exported, whatever the study says of the others."""
        for phase in list(self.raw.values()):
            if phase.get("kind") == "retrieve" and "after" in phase:
                start = self.raw[phase["after"]]
                start["train"] = {**start.get("train", {}), "export": True}


def lay_out(file: StudyFile) -> StudyMatrix:
    """The phases of a study, checked as a recipe is."""
    study, origin = file.study, file.origin
    rows = tuple(_rows(study))
    _check_names(study, rows, origin)
    comparisons = _comparisons(study, rows, origin)
    phases = _Phases()
    before = _before(study, phases)
    cells = tuple(
        cell
        for row in rows
        if row.empty is None
        for seed in study.seeds
        for cell in _cells(study, row, seed, before, phases)
    )
    phases.export_for_retrieval()
    own = study.model_dump(mode="json", include={"name", "out", "declare"})
    raw = {**own, **_written(study, Settings.model_fields), "phases": phases.raw}
    recipe = check_recipe(raw, Origin(origin.file, dict(_places(origin, phases))))
    return StudyMatrix(
        study=study,
        rows=rows,
        cells=cells,
        comparisons=comparisons,
        recipe=recipe,
        gaps=tuple(phases.gaps),
    )


def _rows(study: Study) -> Iterator[Row]:
    for name, arm in study.arms.items():
        trains = bool(_intermediate(study, arm, Amount()).get("tasks"))
        for variant in study.variants if trains and study.variants else ("",):
            label = f"{name}, {variant}" if variant else name
            amount = study.variants.get(variant, Amount())
            curve = (amount.curve or arm.curve) if trains else None
            yield Row(
                label=label,
                arm=name,
                variant=variant,
                family=arm.family or name,
                aside=arm.aside,
                empty=arm.empty,
                curve=f"{arm.family or name}, {curve}" if curve else None,
                augmentation=arm.augment.target,
            )


def _check_names(study: Study, rows: tuple[Row, ...], origin: Origin) -> None:
    """Refuse seeds that are named twice, and augmentations and arms that there are none of."""
    if twice := [seed for place, seed in enumerate(study.seeds) if seed in study.seeds[:place]]:
        raise problem(("seeds",), f"{twice[0]} stands twice; name each seed once", origin)
    for name, arm in study.arms.items():
        for key, label in (("intermediate", arm.augment.intermediate), ("target", arm.augment.target)):
            if label is not None and label not in study.augmentations:
                trouble = str(unknown_name("augmentation", label, study.augmentations))
                raise problem(("arms", name, "augment", key), trouble, origin)
        known = study.augmentations.get(arm.augment.intermediate or "", {})
        if arm.augment.intermediate is not None and not known.keys() & arm.tasks.keys():
            trouble = f"{arm.augment.intermediate} has nothing for the arm's tasks: {', '.join(arm.tasks)}"
            raise problem(("arms", name, "augment", "intermediate"), trouble, origin)
    labels = [row.label for row in rows]
    for place, interaction in enumerate(study.interactions):
        for key, label in interaction.model_dump().items():
            if label not in labels:
                raise problem(("interactions", place, key), str(unknown_name("arm", label, labels)), origin)


def _comparisons(study: Study, rows: tuple[Row, ...], origin: Origin) -> tuple[Comparison, ...]:
    """Those that the study names, else every arm against the control."""
    labels = [row.label for row in rows]
    if study.control not in labels:
        raise problem(("control",), str(unknown_name("arm", study.control, labels)), origin)
    if study.comparisons is None:
        others = [row.label for row in rows if row.label != study.control and row.empty is None]
        return tuple(Comparison(arm=label, against=study.control) for label in others)
    for place, comparison in enumerate(study.comparisons):
        for key, label in (("arm", comparison.arm), ("against", comparison.against)):
            if label not in labels:
                raise problem(("comparisons", place, key), str(unknown_name("arm", label, labels)), origin)
    return study.comparisons


def _before(study: Study, phases: _Phases) -> tuple[str, ...]:
    """The phases that all arms share."""
    names: list[str] = []
    for name, settings in study.before.items():
        phase = {**_start(names), **_written(settings)}
        names.append(phases.add(name, phase, parts=(("before", name),)))
    return tuple(names)


def _cells(
    study: Study, row: Row, seed: int, before: tuple[str, ...], phases: _Phases
) -> Iterator[StudyCell]:
    """An arm with one seed on every target."""
    arm, chain, own = study.arms[row.arm], list(before), None
    settings = _intermediate(study, arm, study.variants.get(row.variant, Amount()))
    if settings.get("tasks"):
        own_seed = seed if study.vary == "all" else study.seeds[0]
        phase = {**_start(chain), **settings, "seed": own_seed}
        parts: tuple[KeyPath, ...] = (("intermediate",), ("arms", row.arm), ("variants", row.variant))
        own = phases.add(f"{row.label}-{own_seed}", phase, parts=parts, arm=row.label)
        chain.append(own)
    for name in study.targets:
        if not _has_augmentation(study, arm, name):
            phases.gaps[f"{row.label}, {name}: {arm.augment.target} has nothing for it"] = None
            continue
        steps = _target(study, row, seed, name, chain, phases)
        yield StudyCell(row=row, target=name, seed=seed, phases=(*chain, *steps), intermediate=own)


def _intermediate(study: Study, arm: Arm, amount: Amount) -> Raw:
    """The settings of an arm's own training; the variant's amount, else its own, is shared out over tasks."""
    settings: Raw = merged(merged(_written(study.intermediate), _written(arm)), _written(amount))
    tasks = settings.get("tasks") or {}
    own = amount if amount.records or amount.fraction else arm
    records, fraction = own.records, own.fraction
    if records is not None:
        shares = [records // len(tasks) + (place < records % len(tasks)) for place in range(len(tasks))]
        tasks = {task: {**each, "records": n} for (task, each), n in zip(tasks.items(), shares, strict=True)}
    elif fraction is not None:
        tasks = {task: {**each, "fraction": fraction} for task, each in tasks.items()}
    return _augmented({**settings, "tasks": tasks}, study, arm.augment.intermediate)


def _augmented(phase: Raw, study: Study, name: str | None) -> Raw:
    """A phase whose tasks have what the augmentation changes about them."""
    known = study.augmentations.get(name or "", {})
    changes = {task: each.model_dump(mode="json", exclude_unset=True) for task, each in known.items()}
    tasks = {task: {**own, **changes.get(task, {})} for task, own in phase["tasks"].items()}
    return {**phase, "tasks": tasks}


def _has_augmentation(study: Study, arm: Arm, target: str) -> bool:
    """Whether the arm's augmentation, if it has one, changes anything about a target's training."""
    if arm.augment.target is None:
        return True
    own = study.targets[target]
    tasks = {*(own.tasks or (study.task_of(target),)), *(own.first.tasks if own.first is not None else ())}
    return bool(tasks & study.augmentations[arm.augment.target].keys())


def _target(
    study: Study, row: Row, seed: int, name: str, chain: list[str], phases: _Phases
) -> tuple[str, ...]:
    """The phases of a target, after those of `chain`: perhaps a first training, fine-tuning, the test."""
    target, change = study.targets[name], _written(study.arms[row.arm].target)
    augmentation = study.arms[row.arm].augment.target
    common: tuple[KeyPath, ...] = (("target",), ("targets", name), ("arms", row.arm, "target"))
    stem, names = f"{row.label}-{seed}-{name}", list(chain)
    own = merged(merged(_written(study.target), _written(target)), change)
    trained = own
    if target.first is not None:
        first = merged(merged(_written(study.target), _written(target.first)), change)
        parts = (("target",), ("targets", name, "first"), ("arms", row.arm, "target"))
        phase = _augmented({**_start(names), **first, "seed": seed}, study, augmentation)
        names.append(phases.add(f"{stem}-first", phase, parts=parts, arm=row.label))
    if target.kind == "train":
        phase = {**_start(names), "tasks": {study.task_of(name): {}}, **own, "seed": seed}
        trained = _augmented(phase, study, augmentation)
        if target.carry:
            trained["carry"] = dict(target.carry)
        names.append(phases.add(stem, trained, parts=common, arm=row.label))
    test = {key: own[key] for key in TEST_SECTIONS if key in own}
    phase = {**_start(names), **test, **_test(study, name, trained.get("tasks", {}))}
    names.append(phases.add(f"{stem}-test", phase, parts=common, arm=row.label, seed=seed))
    return tuple(names[len(chain) :])


def _test(study: Study, name: str, trained: Raw) -> Raw:
    """How a target is scored: predicted by its head, or found among candidates; its texts are cut alike."""
    scored = study.task_of(name)
    task = find_tasks().get(scored)
    train_on = study.declare.get(scored, {}).get("train_on") if task is None else task.train_on
    own = trained.get(scored if scored in trained else train_on or "", {})
    searches = task is not None and bool(task.searches)
    return {
        "kind": "retrieve" if study.targets[name].kind == "retrieve" or searches else "evaluate",
        "tasks": {scored: {key: own[key] for key in CUTS if key in own}},
    }


def _start(names: list[str]) -> Raw:
    return {"after": names[-1]} if names else {}


def _written(settings: Settings, keys: Any = Settings.model_fields) -> Raw:
    """What a part of the study's file says of a phase's settings, and no default."""
    return settings.model_dump(
        mode="json", include=set(keys) & set(Settings.model_fields), exclude_unset=True
    )


def _free_name(wanted: str, taken: Mapping[str, Any]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}.{number}"
    return name


def _places(origin: Origin, phases: _Phases) -> Iterator[tuple[KeyPath, str]]:
    """Where the recipe's keys stand in the study's file."""
    yield from origin.places.items()
    for name, parts in phases.parts.items():
        for part in parts:
            for path, place in origin.places.items():
                if path[: len(part)] == part:
                    yield ("phases", name, *path[len(part) :]), place
