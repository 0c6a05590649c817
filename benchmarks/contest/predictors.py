"""The rivals in prediction: the Hugging Face Trainer over stock models, and ours as an evaluate phase has it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from contest.allocator import allocate_by_default
from contest.problem import Problem
from contest.stock import pad, padded_operations, stock_models
from numpy.typing import NDArray
from torch import Tensor
from transformers import PrinterCallback, Trainer, TrainingArguments

from mtl.data.costs import example_costs
from mtl.data.store import Store
from mtl.data.strip import HeadStore
from mtl.engine.heap import keep_freed_memory
from mtl.evaluate.plain import PlainPredictor
from mtl.evaluate.predict import examples_of, predict
from mtl.model.precision import DTYPES

BUDGET = 4096
Scores = list[NDArray[Any]]
"""Of each example, as our decoders keep them."""


class TrainersPredictor:
    """`Trainer.predict` of one task after another: examples in the data's order, padded to the batch's longest."""

    def __init__(self, problem: Problem, *, batch: int) -> None:
        """Batches of so many examples."""
        self._problem, self._batch = problem, batch
        self._arguments = TrainingArguments(
            per_device_eval_batch_size=batch,
            bf16=problem.precision == "bf16",
            use_cpu=True,
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
        )
        self._trainers = {
            source.head: self._trainer(model, source.store)
            for source, model in zip(problem.sources, stock_models(problem).eval().values(), strict=True)
        }

    def _trainer(self, model: Any, store: Store) -> Trainer:
        trainer = Trainer(model, self._arguments, data_collator=partial(_collate, store))
        trainer.remove_callback(PrinterCallback)
        return trainer

    def predict(self, source: HeadStore) -> Any:
        """What the Trainer gives back: scores of all examples, padded to the longest of all."""
        allocate_by_default()
        dataset: Any = range(source.store.header.num_examples)
        return self._trainers[source.head].predict(dataset).predictions

    def scores(self, source: HeadStore) -> Scores:
        """The same as ours says it: at the positions that our head reads."""
        store, said = source.store, self.predict(source)
        rows = np.stack(said, axis=-1) if store.header.kind == "span" else said
        return [_read(store, example, row) for example, row in enumerate(rows)]

    def operations(self, source: HeadStore) -> float:
        """The encoder's, forward, on all of a task's batches."""
        return sum(
            padded_operations(self._problem, pad(source.store, examples).ids)
            for examples in self._batches(source.store.header.num_examples)
        )

    def _batches(self, count: int) -> Iterator[NDArray[np.int64]]:
        return (np.arange(first, min(first + self._batch, count)) for first in range(0, count, self._batch))


def _collate(store: Store, examples: Sequence[int]) -> Mapping[str, Tensor]:
    padded = pad(store, np.array(examples))
    return {"input_ids": padded.ids, "attention_mask": padded.mask}


def _read(store: Store, example: int, scores: NDArray[Any]) -> NDArray[Any]:
    sites = store.sites[store.site_starts[example] : store.site_starts[example + 1]]
    if store.header.kind == "tag":
        best: NDArray[Any] = scores[sites].argmax(-1)
        return best
    return scores[sites] if store.header.kind == "span" else scores.reshape(len(sites), -1)


class PackedPredictor:
    """Examples of like length in one strip, without padding."""

    def __init__(self, problem: Problem) -> None:
        """Take the weights that the Trainer's models have."""
        model = problem.model()
        self._costs = model.config.costs
        self._predictor = PlainPredictor(model, device=torch.device("cpu"), dtype=DTYPES[problem.precision])

    def predict(self, source: HeadStore) -> Scores:
        """As an evaluate phase does it."""
        keep_freed_memory()
        scores = predict(self._predictor, source, examples_of(source, None), budget=BUDGET, rank=0, world=1)
        assert scores is not None
        return [scores[example] for example in sorted(scores)]

    def operations(self, source: HeadStore) -> float:
        """The encoder's, forward, on a task's examples."""
        examples = np.arange(source.store.header.num_examples)
        return float(example_costs(source.store, self._costs, examples).sum())
