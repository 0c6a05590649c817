"""The mixture: how many draws each task gets in each block of a run, in whole numbers that deliver its share.

A run is cut into blocks of a few steps. Within a block the shares are constant and each task's quota is a
whole number, so proportions are equalities, and where a task stands at any block is a prefix sum.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mtl.data.mixture_spec import MixtureSpec, TaskSize, base_shares, check_names, least_units, most_units
from mtl.data.quotas import ideal_units, whole_units
from mtl.errors import UserError

_MOST_DRAWS = 2**32


@dataclass(frozen=True, kw_only=True)
class MixtureRow:
    """One task's line of the table that is shown before the first step."""

    task: str
    records: int
    examples: int
    share: float
    """Of the draws of the whole run."""
    draws: int
    """Examples that the whole run draws."""
    epochs: float
    """Passes over the task's examples that those draws make."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixture:
    """A planned run: what each task has drawn by the start, and by the end of each block."""

    sizes: tuple[TaskSize, ...]
    by: Literal["example", "step"]
    block_steps: int
    examples_per_step: int
    steps: int
    ideal: NDArray[np.float64]
    """Real-valued units [blocks + 1, tasks] that are due; a unit is an example, or a step of one task."""
    units: NDArray[np.int64]
    """Whole units [blocks + 1, tasks] that are drawn: less than one from `ideal`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The tasks, in the order that indexes everything here."""
        return tuple(size.name for size in self.sizes)

    @property
    def unit(self) -> int:
        """Examples in a unit."""
        return 1 if self.by == "example" else self.examples_per_step

    def shares(self, step: int) -> dict[str, float]:
        """The wanted share of each task in the block of a step."""
        assert 0 <= step < self.steps, step
        block = step // self.block_steps
        due = self.ideal[block + 1] - self.ideal[block]
        return dict(zip(self.names, (due / due.sum()).tolist(), strict=True))

    def rows(self) -> tuple[MixtureRow, ...]:
        """The table: what each task has, and what the run draws of it."""
        total = int(self.units[-1].sum())
        return tuple(
            MixtureRow(
                task=size.name,
                records=size.num_records,
                examples=size.num_examples,
                share=units / total,
                draws=units * self.unit,
                epochs=units * self.unit / size.num_examples,
            )
            for size, units in zip(self.sizes, self.units[-1].tolist(), strict=True)
        )


def plan_mixture(
    sizes: Sequence[TaskSize], spec: MixtureSpec, *, examples_per_step: int, steps: int
) -> Mixture:
    """The quotas of a run of `steps` steps; a mixture that the data cannot deliver is the user's error."""
    _check_length(steps, examples_per_step, exhausted_at(sizes, spec, examples_per_step=examples_per_step))
    lengths = np.diff(np.append(np.arange(0, steps, spec.block_steps), steps))
    unit = 1 if spec.by == "example" else examples_per_step
    totals = lengths * (examples_per_step // unit)
    least, most = least_units(sizes, spec, unit=unit), most_units(sizes, spec, unit=unit)
    _check_floors(sizes, least, most, total=int(totals.sum()), unit=unit)
    ideal = ideal_units(_block_shares(sizes, spec, len(totals)), totals, least=least, most=most)
    units = whole_units(ideal, totals)
    ideal.setflags(write=False)
    units.setflags(write=False)
    return Mixture(
        sizes=tuple(sizes),
        by=spec.by,
        block_steps=spec.block_steps,
        examples_per_step=examples_per_step,
        steps=steps,
        ideal=ideal,
        units=units,
    )


def exhausted_at(sizes: Sequence[TaskSize], spec: MixtureSpec, *, examples_per_step: int) -> int | None:
    """How many whole steps the epoch limits allow; None where a task has no limit."""
    check_names(sizes, spec)
    assert examples_per_step > 0, examples_per_step
    if spec.by == "step":
        units = sum(most_units(sizes, spec, unit=examples_per_step))
        return None if math.isinf(units) else int(units)
    examples = sum(most_units(sizes, spec, unit=1))
    return None if math.isinf(examples) else int(examples) // examples_per_step


def _block_shares(sizes: Sequence[TaskSize], spec: MixtureSpec, num_blocks: int) -> NDArray[np.float64]:
    """Shares [blocks, tasks]; a block's temperature is the schedule's at its first step."""
    steps, values = zip(*spec.schedule, strict=True)
    starts = np.arange(num_blocks) * spec.block_steps
    temperatures = np.interp(starts, steps, values) if len(steps) > 1 else np.full(num_blocks, values[0])
    distinct, block = np.unique(temperatures, return_inverse=True)
    shares = np.array([base_shares(sizes, spec, temperature=value) for value in distinct.tolist()])
    return shares[block]


def _check_length(steps: int, examples_per_step: int, limit: int | None) -> None:
    """Refuse a run that has no steps, too many to count, or more than the data is allowed to serve."""
    if steps < 1:
        raise UserError(f"train.steps: {steps} must be at least 1")
    if steps * examples_per_step > _MOST_DRAWS:
        draws = f"{steps} steps of {examples_per_step} examples"
        raise UserError(f"train.steps: {draws} are more than {_MOST_DRAWS} draws; lower either number")
    if limit is not None and steps > limit:
        raise UserError(
            f"mixture.max_epochs: the data is used up after step {limit}, but the run has {steps} steps; "
            "lower train.steps or raise mixture.max_epochs"
        )


def _check_floors(
    sizes: Sequence[TaskSize], least: list[int], most: list[float], *, total: int, unit: int
) -> None:
    """Refuse floors that a limit forbids, or that the run is too short for."""
    for size, low, high in zip(sizes, least, most, strict=True):
        if low > high:
            demand = f"{size.name} must draw {low * unit} examples, but max_epochs allows {high * unit:.0f}"
            raise UserError(f"mixture.min_epochs: {demand}; lower the floor or raise the limit")
    if sum(least) > total:
        demand = f"the floors ask for {sum(least) * unit} examples, but the run draws {total * unit}"
        raise UserError(f"mixture.min_epochs: {demand}; lower them or raise train.steps")
