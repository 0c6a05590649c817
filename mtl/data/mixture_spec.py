"""What a recipe says about the mixture, and what that means for tasks of given sizes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from mtl.errors import UserError, unknown_name

_SMALLEST_SHARE = 1e-30

LARGEST_WEIGHT = 1e12


@dataclass(frozen=True, kw_only=True)
class TaskSize:
    """How much data a task has; a record may become several examples, as a long context has windows."""

    name: str
    num_records: int
    num_examples: int


@dataclass(frozen=True, kw_only=True)
class MixtureSpec:
    """How tasks share the draws: as min(records, cap) ** (1 / temperature), or by fixed weights."""

    by: Literal["example", "step"] = "example"
    """The unit that is drawn: an example, or a step whose examples are all of one task."""
    temperature: float | tuple[tuple[int, float], ...] = 1.0
    """A number, or (step, value) points: linear in between, constant outside and within a block."""
    cap: int | None = None
    """A task counts for at most this many records; applied before the temperature."""
    weights: Mapping[str, float] | None = None
    """Fixed shares, in any unit, in place of sizes, cap and temperature."""
    min_epochs: Mapping[str, float] = field(default_factory=dict)
    """By task: passes over its examples that the whole run makes at least."""
    max_epochs: float | Mapping[str, float] | None = None
    """Passes over a task's examples that the run makes at most, for all tasks or by task."""
    block_steps: int = 64
    """Steps of a block."""

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing, or that exclude each other."""
        points = self.schedule
        if not points or any(not value > 0 for _, value in points):
            raise UserError(f"mixture.temperature: {self.temperature} must be above 0; 1 keeps the sizes")
        if len(points) > 1 and any(math.isinf(value) for _, value in points):
            raise UserError("mixture.temperature: a schedule cannot pass infinity; use a large number")
        if any(left >= right for (left, _), (right, _) in pairwise(points)):
            raise UserError("mixture.temperature: a schedule's steps must rise; put its points in order")
        if self.cap is not None and self.cap < 1:
            raise UserError(f"mixture.cap: {self.cap} must be at least 1; null means no cap")
        if self.block_steps < 1:
            raise UserError(f"mixture.block: {self.block_steps} must be at least 1")
        if self.weights is not None and (self.cap is not None or points != ((0, 1.0),)):
            raise UserError("mixture.weights: they replace cap and temperature; remove those, or the weights")

    @property
    def schedule(self) -> tuple[tuple[int, float], ...]:
        """The temperature's (step, value) points; a plain number is one point."""
        return self.temperature if isinstance(self.temperature, tuple) else ((0, float(self.temperature)),)


def check_names(sizes: Sequence[TaskSize], spec: MixtureSpec) -> None:
    """Refuse a mixture without tasks, a task without data, and settings for tasks that are not there."""
    names = [size.name for size in sizes]
    assert len(set(names)) == len(names), names
    if not sizes:
        raise UserError("tasks: the mixture has no task; name at least one")
    for size in sizes:
        if size.num_records < 1 or size.num_examples < 1:
            raise UserError(f"tasks: {size.name} has no training example; check its files or leave it out")
    limits = spec.max_epochs if isinstance(spec.max_epochs, Mapping) else {}
    by_task = {"weights": spec.weights or {}, "min_epochs": spec.min_epochs, "max_epochs": limits}
    for key, settings in by_task.items():
        for name in settings:
            if name not in names:
                raise unknown_name("task", name, names, where=f"mixture.{key}")


def base_shares(sizes: Sequence[TaskSize], spec: MixtureSpec, *, temperature: float) -> list[float]:
    """The tasks' shares before floors and limits; they sum to one."""
    if spec.weights is not None:
        raw = [_weight(spec.weights, size.name) for size in sizes]
    else:
        counts = [min(size.num_records, spec.cap or size.num_records) for size in sizes]
        raw = [(count / max(counts)) ** (1 / temperature) for count in counts]
    total = math.fsum(raw)
    for size, value in zip(sizes, raw, strict=True):
        if not value / total >= _SMALLEST_SHARE:
            share = f"{size.name} has a share of {value / total:g}"
            raise UserError(f"mixture: {share} and would never be drawn; leave it out or even the shares")
    return [value / total for value in raw]


def least_units(sizes: Sequence[TaskSize], spec: MixtureSpec, *, unit: int) -> list[int]:
    """The draws, of `unit` examples each, that the floors ask of each task."""
    epochs = [_exact("min_epochs", spec.min_epochs.get(size.name, 0)) for size in sizes]
    return [math.ceil(floor * size.num_examples / unit) for size, floor in zip(sizes, epochs, strict=True)]


def most_units(sizes: Sequence[TaskSize], spec: MixtureSpec, *, unit: int) -> list[float]:
    """The draws, of `unit` examples each, at which each task stops; infinity where it has no limit."""
    most: list[float] = []
    for size in sizes:
        epochs = most_epochs(size.name, spec)
        if epochs == math.inf:
            most.append(math.inf)
            continue
        most.append(math.floor(epochs * size.num_examples / unit))
        if most[-1] < 1:
            data = f"{float(epochs):g} epochs of the {size.num_examples} examples of {size.name}"
            raise UserError(f"mixture.max_epochs: {data} are less than one draw of {unit}; raise the limit")
    return most


def most_epochs(name: str, spec: MixtureSpec) -> Fraction | float:
    """The passes over its examples at which a task stops; infinity where it has no limit."""
    epochs = spec.max_epochs.get(name) if isinstance(spec.max_epochs, Mapping) else spec.max_epochs
    return math.inf if epochs is None else _exact("max_epochs", epochs)


def _weight(weights: Mapping[str, float], name: str) -> float:
    """A task's fixed weight."""
    if name not in weights:
        raise UserError(f"mixture.weights: no weight for {name}; give every task one, or leave the task out")
    if not 0 < weights[name] <= LARGEST_WEIGHT:
        raise UserError(
            f"mixture.weights.{name}: {weights[name]} must be above zero, and {LARGEST_WEIGHT:g} at most"
        )
    return weights[name]


def _exact(key: str, epochs: float) -> Fraction:
    """The number that was written, not the nearest binary one: 0.29 epochs of 100 examples are 29."""
    if not 0 <= epochs < math.inf:
        raise UserError(f"mixture.{key}: {epochs} must be a finite number that is not below zero")
    return Fraction(str(epochs))
