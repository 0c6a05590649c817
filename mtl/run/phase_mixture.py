"""What a training phase draws: which examples of each task, in which proportions, over how many steps."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from mtl import seeds
from mtl.data.mixture import Mixture, exhausted_at, plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.data.strip import HeadStore
from mtl.data.subset import chosen_examples, num_chosen, smoothed
from mtl.errors import UserError
from mtl.run.recipe import Phase


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
    steps = train.steps
    if steps is None:
        assert train.epochs is not None
        capped = sum(min(size.num_records, settings.cap or size.num_records) for size in sizes)
        # As the recipe writes it: 2.2 * 100 / 20 is more than 11 in binary.
        epochs = Fraction(str(train.epochs))
        steps = max(ceil(epochs * capped / train.examples_per_step), 1)
        # Rounding up may ask for a step more than epoch limits leave.
        steps = min(steps, exhausted_at(sizes, spec, examples_per_step=train.examples_per_step) or steps)
        if train.warmup > steps:
            raise UserError(
                f"train.warmup: {train.warmup:g} steps of warm-up are more than the {steps} steps of "
                f"train.epochs {train.epochs:g}; lower it"
            )
    return plan_mixture(sizes, spec, examples_per_step=train.examples_per_step, steps=steps)


def _num_records(phase: Phase, source: HeadStore) -> int:
    settings = phase.tasks[source.head]
    return num_chosen(
        source.store.header.num_records,
        records=settings.records,
        fraction=settings.fraction,
        where=f"phase {phase.name}: tasks.{source.head}",
    )
