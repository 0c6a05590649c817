"""The draw: which examples a step consists of, as a pure function of (seed, step, the planned mixture).

Nothing is remembered between steps, so any step can be asked for at any time, on any machine, in any order: a
block's order is one keyed shuffle of its quotas, and a task's epoch is one keyed permutation of its examples.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from mtl import seeds
from mtl.data.mixture import Mixture

_SCHEME = "draw 1"
"""Names the rules below: change it with them, and runs that began under other rules refuse to go on."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StepDraw:
    """A step's examples, as arrays of equal length, in canonical order: by task, then epoch, then example."""

    task: NDArray[np.int32]
    """Index into the mixture's names."""
    example: NDArray[np.int64]
    """Index into the task's examples."""
    epoch: NDArray[np.int32]
    """Passes over the task's examples that were complete before this draw."""


@dataclass(frozen=True, eq=False)
class _Block:
    """A block's units in the order in which they are drawn."""

    task: NDArray[np.int64]
    ordinal: NDArray[np.int64]
    """The unit's number among all that the run draws of its task."""


class Draw:
    """Asks a planned mixture for the examples of any step."""

    def __init__(
        self, mixture: Mixture, *, seed: int, chosen: Mapping[str, NDArray[np.int64]] | None = None
    ) -> None:
        """Keys depend on the seed and on tasks' names, not on who asks or how many there are.

        `chosen`: the examples of a task, where they are not all that its store has.
        """
        self.mixture = mixture
        self._chosen = chosen or {}
        for size in mixture.sizes:
            assert len(self._chosen.get(size.name, range(size.num_examples))) == size.num_examples, size.name
        self._seed = seed
        self._num_examples = np.array([size.num_examples for size in mixture.sizes], dtype=np.int64)
        task_keys = [seeds.key(seed, "epoch", name) for name in mixture.names]
        self._task_keys = np.array(task_keys, dtype=np.uint64)
        self._last: tuple[int, _Block] | None = None

    def step(self, step: int) -> StepDraw:
        """The examples of one step."""
        mixture = self.mixture
        assert 0 <= step < mixture.steps, f"step {step} of {mixture.steps}"
        block = self._block(step // mixture.block_steps)
        place = step % mixture.block_steps
        per_step = mixture.examples_per_step // mixture.unit
        units = slice(place * per_step, (place + 1) * per_step)
        task = np.repeat(block.task[units], mixture.unit)
        ordinal = (block.ordinal[units, None] * mixture.unit + np.arange(mixture.unit)).reshape(-1)
        epoch, place_in_epoch = np.divmod(ordinal, self._num_examples[task])
        keys = seeds.words_at(self._task_keys[task], epoch)
        example = seeds.permute(keys, self._num_examples[task], place_in_epoch)
        for index, name in enumerate(mixture.names):
            if name in self._chosen:
                example[task == index] = self._chosen[name][example[task == index]]
        order = np.lexsort((example, epoch, task))
        return StepDraw(
            task=task[order].astype(np.int32),
            example=example[order],
            epoch=epoch[order].astype(np.int32),
        )

    def fingerprint(self) -> str:
        """A hash of all that decides what is drawn: where equal, every step has the same examples."""
        mixture = self.mixture
        run = [self._seed, mixture.by, mixture.block_steps, mixture.examples_per_step, mixture.steps]
        tasks = [(size.name, size.num_examples) for size in mixture.sizes]
        digest = blake2b(json.dumps([_SCHEME, run, tasks]).encode(), digest_size=16)
        digest.update(mixture.units.astype("<i8").tobytes())
        for name in sorted(self._chosen):
            digest.update(name.encode() + b"\0" + self._chosen[name].astype("<i8").tobytes())
        return digest.hexdigest()

    def _block(self, index: int) -> _Block:
        """The units of a block; the last one asked for is kept."""
        last = self._last
        if last is None or last[0] != index:
            last = self._last = (index, self._deal(index))
        return last[1]

    def _deal(self, index: int) -> _Block:
        """Shuffle a block's quotas, and number each task's units in the order that came out."""
        start, end = self.mixture.units[index : index + 2]
        quotas = end - start
        by_task = np.repeat(np.arange(quotas.size), quotas)
        order = seeds.shuffled(seeds.key(self._seed, "block", index), by_task.size)
        task = by_task[order]
        first = start - (np.cumsum(quotas) - quotas)
        ordinal = np.empty_like(task)
        ordinal[np.argsort(task, kind="stable")] = np.arange(task.size) + first[by_task]
        return _Block(task=task, ordinal=ordinal)
