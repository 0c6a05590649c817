"""Which examples every step of a contest trains on: batches of one task, drawn at random or grouped by length.

Both kinds come from the same pool. Grouping is that of the Hugging Face Trainer: examples shuffled, cut into
megabatches of 50 batches, sorted within each; of its batches as many as the contest needs, taken at random.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from contest.problem import SEED, Problem
from numpy.typing import NDArray
from transformers.trainer_pt_utils import get_length_grouped_indices

from mtl.data.draw import Draw, StepDraw
from mtl.data.mixture import plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.data.store import Store

SAMPLINGS = ("random", "grouped")
POOL = 50
"""Batches of the pool, for each task: the size of the Trainer's megabatches."""

Examples = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Examples of one task, in the order in which padded rivals take them."""

    task: int
    examples: Examples


class Schedule:
    """The steps of a contest, one after another; each round has a part for each sampling."""

    def __init__(self, problem: Problem) -> None:
        """Draw every round's batches."""
        self._problem = problem
        dice = np.random.default_rng(SEED)
        stores = [source.store for source in problem.sources]
        drawn = [_random(stores, problem, dice), _grouped(stores, problem, dice)]
        self.batches: list[Batch] = []
        for number in range(problem.all_rounds):
            for sampling in drawn:
                order = dice.permutation(len(stores))
                self.batches += [Batch(int(task), sampling[task][number]) for task in order]
        self._dice = dice

    def steps(self, number: int, sampling: str) -> range:
        """The steps of a round's part."""
        size = len(self._problem.tasks)
        first = (number * len(SAMPLINGS) + SAMPLINGS.index(sampling)) * size
        return range(first, first + size)

    def one_task(self) -> list[StepDraw]:
        """The steps as the padded rivals have them."""
        return [_draw([(batch.task, batch.examples)]) for batch in self.batches]

    def mixed(self) -> list[StepDraw]:
        """As many steps with the same examples in every part, dealt anew, so that every step mixes all tasks."""
        size, steps = len(self._problem.tasks), []
        for first in range(0, len(self.batches), size):
            part = self.batches[first : first + size]
            dealt = [np.array_split(self._dice.permutation(batch.examples), size) for batch in part]
            for place in range(size):
                # Hands of unequal size go round, so that steps are of equal size.
                steps.append(
                    _draw(
                        [
                            (b.task, hand[(place + i) % size])
                            for i, (b, hand) in enumerate(zip(part, dealt, strict=True))
                        ]
                    )
                )
        return steps


class WrittenDraw(Draw):
    """A draw whose steps are written down."""

    def __init__(self, problem: Problem, steps: Sequence[StepDraw]) -> None:
        """Stand where a mixture's draw would."""
        sizes = [
            TaskSize(
                name=s.head, num_records=s.store.header.num_records, num_examples=s.store.header.num_examples
            )
            for s in problem.sources
        ]
        super().__init__(
            plan_mixture(sizes, MixtureSpec(), examples_per_step=problem.batch, steps=len(steps)), seed=SEED
        )
        self._steps = steps

    def step(self, step: int) -> StepDraw:
        """The examples of one step."""
        return self._steps[step]


def _random(stores: Sequence[Store], problem: Problem, dice: np.random.Generator) -> list[list[Examples]]:
    size = problem.batch * problem.all_rounds
    orders = [dice.permutation(store.header.num_examples)[:size] for store in stores]
    return [np.split(order, problem.all_rounds) for order in orders]


def _grouped(stores: Sequence[Store], problem: Problem, dice: np.random.Generator) -> list[list[Examples]]:
    generator, found = torch.Generator().manual_seed(SEED), []
    for store in stores:
        lengths = longest_documents(store).tolist()
        order = np.array(get_length_grouped_indices(lengths, problem.batch, POOL, generator))
        batches = np.split(order, range(problem.batch, len(order), problem.batch))
        whole = [batch for batch in batches if len(batch) == problem.batch]
        found.append([whole[i] for i in dice.permutation(len(whole))[: problem.all_rounds]])
    return found


def longest_documents(store: Store) -> Examples:
    """What an example pads its batch to."""
    lengths = np.diff(store.doc_starts)
    return np.maximum.reduceat(lengths, store.example_docs[:-1])


def _draw(parts: Sequence[tuple[int, Examples]]) -> StepDraw:
    task = np.concatenate([np.full(len(examples), task) for task, examples in parts])
    example = np.concatenate([examples for _, examples in parts])
    order = np.lexsort((example, task))
    return StepDraw(
        task=task[order].astype(np.int32), example=example[order], epoch=np.zeros(len(task), dtype=np.int32)
    )
