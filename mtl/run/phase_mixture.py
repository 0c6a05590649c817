"""What a training phase draws: which examples of each task, in which proportions, over how many steps."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from mtl import seeds
from mtl.data.mixture import Mixture, exhausted_at, plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize, most_epochs
from mtl.data.strip import HeadStore
from mtl.data.subset import chosen_examples, num_chosen, smoothed
from mtl.errors import UserError
from mtl.run.recipe.schema import Phase, TrainSettings


def choose_examples(phase: Phase, sources: Sequence[HeadStore]) -> dict[str, NDArray[np.int64]]:
    """By task that draws only a part of its examples, or some more often than others: its examples."""
    chosen = {}
    for source in sources:
        name, settings = source.head, phase.tasks[source.head]
        key = seeds.key(phase.seed, "subset", name)
        examples = chosen_examples(source.store, _num_records(phase, source), key=key)
        if settings.smoothing < 1:
            examples = smoothed(source.store, examples, settings.smoothing, key=key)
        if settings.records or settings.fraction or settings.smoothing < 1:
            chosen[name] = examples
    return chosen


def plan_draw(phase: Phase, sources: Sequence[HeadStore], chosen: Mapping[str, NDArray[np.int64]]) -> Mixture:
    """The proportions and the steps; epochs become steps."""
    settings = phase.mixture
    sizes = [
        TaskSize(
            name=s.head,
            num_records=_num_records(phase, s),
            num_examples=len(chosen[s.head]) if s.head in chosen else s.store.header.num_examples,
        )
        for s in sources
    ]
    spec = MixtureSpec(
        by=settings.by,
        temperature=settings.temperature,
        cap=settings.cap,
        weights=settings.weights,
        min_epochs=settings.min_epochs,
        max_epochs=settings.max_epochs,
        block_steps=settings.block,
    )
    train = phase.train
    steps = steps_of_epochs(train, sizes, spec) if train.steps is None else train.steps
    return plan_mixture(sizes, spec, examples_per_step=train.examples_per_step, steps=steps)


def steps_of_epochs(train: TrainSettings, sizes: Sequence[TaskSize], spec: MixtureSpec) -> int:
    """The steps of so many passes over the tasks' records."""
    assert train.epochs is not None
    # As the recipe writes it: 2.2 * 100 / 20 is more than 11 in binary.
    draws = Fraction(str(train.epochs)) * sum(min(s.num_records, spec.cap or s.num_records) for s in sizes)
    # Limits count examples, which are fewer than the records where some have none.
    most = sum(most_epochs(s.name, spec) * max(s.num_records, s.num_examples) for s in sizes)
    if draws > most:
        raise UserError(
            f"train.epochs: {train.epochs:g} are {ceil(draws):,} draws, but mixture.max_epochs allows "
            f"{int(most):,}; lower train.epochs or raise mixture.max_epochs"
        )
    steps = max(ceil(draws / train.examples_per_step), 1)
    # Rounding may ask for more than whole steps within the limits.
    steps = min(steps, exhausted_at(sizes, spec, examples_per_step=train.examples_per_step) or steps)
    if train.warmup > steps:
        raise UserError(
            f"train.warmup: {train.warmup:g} steps of warm-up are more than the {steps} steps of "
            f"train.epochs {train.epochs:g}; lower it"
        )
    return steps


def _num_records(phase: Phase, source: HeadStore) -> int:
    settings = phase.tasks[source.head]
    return num_chosen(
        source.store.header.num_records,
        records=settings.records,
        fraction=settings.fraction,
        where=f"phase {phase.name}: tasks.{source.head}",
    )
